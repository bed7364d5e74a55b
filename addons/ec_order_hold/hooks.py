def pre_init_hook(env):
    """Fill the columns of existing orders in one statement; the ORM would take hours on millions.

    Must give what ``sale.order._get_ec_status`` gives for an order without holds: a test compares.
    """
    env.cr.execute(
        """
        ALTER TABLE sale_order
            ADD COLUMN IF NOT EXISTS ec_hold_count int4 DEFAULT 0,
            ADD COLUMN IF NOT EXISTS ec_hold_since timestamp,
            ADD COLUMN IF NOT EXISTS ec_hold_codes varchar,
            ADD COLUMN IF NOT EXISTS ec_blocks_confirm bool DEFAULT FALSE,
            ADD COLUMN IF NOT EXISTS ec_blocks_delivery bool DEFAULT FALSE,
            ADD COLUMN IF NOT EXISTS ec_status varchar;
        ALTER TABLE sale_order
            ALTER COLUMN ec_hold_count DROP DEFAULT,
            ALTER COLUMN ec_blocks_confirm DROP DEFAULT,
            ALTER COLUMN ec_blocks_delivery DROP DEFAULT
        """
    )
    fill_status(env)


def fill_status(env):
    env.flush_all()
    env.cr.execute(
        """
        WITH deliveries AS (
            SELECT p.sale_id,
                   BOOL_OR(p.state != 'cancel') AS active,
                   BOOL_OR(p.state NOT IN ('done', 'cancel')) AS pending,
                   BOOL_OR(p.state = 'assigned') AS assigned,
                   BOOL_OR(p.state = 'done' AND t.code IN ('outgoing', 'dropship')) AS shipped
              FROM stock_picking p
              JOIN stock_picking_type t ON t.id = p.picking_type_id
             WHERE p.sale_id IS NOT NULL AND t.code != 'incoming'
             GROUP BY p.sale_id
        ), goods AS (
            SELECT DISTINCT l.order_id
              FROM sale_order_line l
              JOIN product_product v ON v.id = l.product_id
              JOIN product_template t ON t.id = v.product_tmpl_id
             WHERE l.display_type IS NULL AND t.type = 'consu'
               AND l.product_uom_qty > COALESCE(l.qty_delivered, 0)
        )
        UPDATE sale_order
           SET ec_status = CASE
                   WHEN o.state = 'cancel' THEN 'cancelled'
                   WHEN o.state != 'sale' THEN 'quotation'
                   WHEN d.active AND NOT d.pending THEN 'shipped'
                   WHEN d.active AND d.shipped THEN 'shipping'
                   WHEN d.active AND d.assigned THEN 'ready'
                   WHEN d.active THEN 'waiting_stock'
                   WHEN d.sale_id IS NULL AND g.order_id IS NOT NULL THEN 'waiting_stock'
                   ELSE 'no_delivery'
               END
          FROM sale_order o
          LEFT JOIN deliveries d ON d.sale_id = o.id
          LEFT JOIN goods g ON g.order_id = o.id
         WHERE o.id = sale_order.id
        """
    )
