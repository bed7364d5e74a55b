"""What orders wait for beside products and time is kept from now on; hold types that end by themselves say so."""


def migrate(cr, version):
    cr.execute(
        """INSERT INTO ec_routing_need (order_id, need)
           SELECT DISTINCT h.order_id, CASE t.code WHEN 'credit_limit' THEN 'credit' ELSE 'warehouse' END
             FROM ec_order_hold h JOIN ec_order_hold_type t ON t.id = h.type_id
            WHERE h.open AND t.code IN ('credit_limit', 'unroutable') ON CONFLICT DO NOTHING"""
    )
    cr.execute(
        """UPDATE ec_order_hold_type SET released_by = 'fact'
            WHERE code IN ('release_date', 'rule_failed', 'unroutable', 'preorder')"""
    )
