from odoo import api, fields, models
from odoo.tools import SQL

from ..formula import Buffer, Terms, explain

SOLD_MINUTES = 60  # the sales rate of an adaptive buffer is measured over this time
OPEN_STATES = ("confirmed", "waiting", "partially_available")
TERMS = ("on_hand", "blocked", "expired", "reserved", "demand", "claims")


class BigInteger(fields.Integer):
    _column_type = ("int8", "int8")


class EcStockFigure(models.Model):
    """What a policy may sell of a product, in whole units of the product's unit. Written by one SQL statement only.

    The statement computes what `formula` computes. Decimals, as there: each row is rounded to 6 decimals, halves away from
    zero; shares multiply exactly; the sum is rounded down once, the buffer up, incoming units down.
    """

    _name = "ec.stock.figure"
    _description = "Sellable Stock Figure"
    _log_access = False
    _rec_name = "product_id"

    product_id = fields.Many2one("product.product", required=True, index=True, readonly=True, ondelete="cascade")
    policy_id = fields.Many2one("ec.stock.policy", required=True, readonly=True, ondelete="cascade")
    quantity = fields.Integer(required=True, default=0, readonly=True)
    version = BigInteger(required=True, default=1, readonly=True, help="One more each time the quantity changes.")
    computed_at = fields.Datetime(readonly=True, help="When the quantity last changed.")

    _policy_product_unique = models.UniqueIndex("(policy_id, product_id)")

    @api.model
    def _recompute(self, product_ids=None):
        """Bring the figures of these products (None: of all) up to date for all active policies. Returns rows written."""
        return self._upsert(product_ids)[0]

    @api.model
    def _upsert(self, product_ids=None):
        """As `_recompute`. Returns (rows written, rows of them that were wrong though no change of theirs is waiting)."""
        products = None if product_ids is None else list(product_ids)
        self.env.flush_all()
        self.env.cr.execute("SET LOCAL jit = off")
        written, drifted = self.env.execute_query(
            SQL(
                """
                WITH %(terms)s,
                weighted AS (
                    SELECT line.policy_id, free.product_id,
                           sum((on_hand - blocked - expired - reserved - demand - claims) * line.share * 0.01) AS units,
                           sum(incoming) AS incoming, sum(sold) AS sold
                      FROM line JOIN free USING (scope) GROUP BY 1, 2
                ),
                figure AS (
                    SELECT product.id AS product_id, p.id AS policy_id,
                           CASE WHEN product.active AND template.is_storable
                                 AND (template.company_id IS NULL OR template.company_id = p.company_id)
                                THEN LEAST(GREATEST(whole.units - held.units + floor(COALESCE(weighted.incoming, 0)), 0),
                                           CASE WHEN p.capped THEN p.cap ELSE 2147483647 END)::int
                                ELSE 0 END AS quantity
                      FROM product_product product
                      JOIN product_template template ON template.id = product.product_tmpl_id
                     CROSS JOIN policy p
                      LEFT JOIN weighted ON weighted.policy_id = p.id AND weighted.product_id = product.id
                      LEFT JOIN ec_stock_figure f ON f.policy_id = p.id AND f.product_id = product.id
                     CROSS JOIN LATERAL (
                           SELECT floor(COALESCE(weighted.units, 0) * p.soft_share * 0.01) AS units) whole
                     CROSS JOIN LATERAL (
                           SELECT CASE p.buffer_kind
                                  WHEN 'percent' THEN ceil(GREATEST(whole.units, 0) * p.buffer_value * 0.01)
                                  WHEN 'adaptive' THEN ceil(COALESCE(weighted.sold, 0) * p.lag_minutes / %(minutes)s)
                                  ELSE ceil(p.buffer_value) END AS units) held
                     WHERE %(products)s
                       AND (f.id IS NOT NULL OR (product.active AND template.is_storable
                            AND (template.company_id IS NULL OR template.company_id = p.company_id)))
                ),
                written AS (
                    INSERT INTO ec_stock_figure AS f (product_id, policy_id, quantity, version, computed_at)
                    SELECT product_id, policy_id, quantity, 1, now() AT TIME ZONE 'UTC' FROM figure
                     ORDER BY policy_id, product_id
                    ON CONFLICT (policy_id, product_id) DO UPDATE
                       SET quantity = EXCLUDED.quantity, version = f.version + 1, computed_at = EXCLUDED.computed_at
                     WHERE f.quantity <> EXCLUDED.quantity
                    RETURNING product_id, xmax::text <> '0' AS known
                )
                SELECT count(*), count(*) FILTER (WHERE known AND product_id NOT IN (
                           SELECT product_id FROM ec_stock_dirty WHERE product_id IS NOT NULL))
                  FROM written
                """,
                terms=self._terms_sql(products),
                products=SQL("product.id = ANY(%s)", products) if products is not None else SQL("TRUE"),
                minutes=SOLD_MINUTES,
            )
        )[0]
        self.invalidate_model(flush=False)
        return written, drifted

    @api.model
    def _terms_sql(self, products=None, policy=None):
        """CTEs: `policy`, `line` (policy, warehouse, share, scope) and `free` (the terms a scope and product, in units).

        A scope is a warehouse seen with the same blocked locations, pre-order days and need of a sales rate: its terms are
        computed once for all policies that share it.
        """

        def of_products(column):
            return (
                SQL("AND %s = ANY(%s)", SQL.identifier(*column.split(".")), products) if products is not None else SQL()
            )

        expired = SQL("FALSE")
        if "expiration_date" in self.env["stock.lot"]._fields:  # module product_expiry
            expired = SQL("COALESCE(lot.expiration_date <= now() AT TIME ZONE 'UTC', FALSE)")
        return SQL(
            """
            policy AS MATERIALIZED (
                SELECT id, company_id, buffer_kind, capped, cap, preorder, preorder_days,
                       round(buffer_value::numeric, 6) AS buffer_value, round(soft_share::numeric, 6) AS soft_share,
                       round(lag_minutes::numeric, 6) AS lag_minutes
                  FROM ec_stock_policy WHERE %(policies)s
            ),
            line AS MATERIALIZED (
                SELECT p.id AS policy_id, l.warehouse_id, round(l.share::numeric, 6) AS share, blocked.ids, own.days, own.rate,
                       dense_rank() OVER (ORDER BY l.warehouse_id, blocked.ids, own.days, own.rate) AS scope
                  FROM policy p
                  JOIN ec_stock_policy_line l ON l.policy_id = p.id
                 CROSS JOIN LATERAL (SELECT CASE WHEN p.preorder THEN p.preorder_days ELSE -1 END AS days,
                                            p.buffer_kind = 'adaptive' AS rate) own
                 CROSS JOIN LATERAL (SELECT COALESCE(array_agg(r.location_id ORDER BY r.location_id), '{}') AS ids
                                       FROM ec_stock_policy_blocked_rel r WHERE r.policy_id = p.id) blocked
            ),
            scope AS MATERIALIZED (
                SELECT DISTINCT line.scope, line.warehouse_id, line.ids, line.days, line.rate,
                       warehouse.view_location_id, company.partner_id
                  FROM line
                  JOIN stock_warehouse warehouse ON warehouse.id = line.warehouse_id
                  JOIN res_company company ON company.id = warehouse.company_id
            ),
            place AS MATERIALIZED (
                SELECT scope.scope, scope.days, scope.partner_id, l.id AS location_id, l.usage,
                       EXISTS (SELECT FROM stock_location b
                                WHERE b.id = ANY(scope.ids) AND l.parent_path LIKE b.parent_path || '%%') AS blocked
                  FROM scope
                  JOIN stock_location v ON v.id = scope.view_location_id
                  JOIN stock_location l ON l.parent_path LIKE v.parent_path || '%%'
            ),
            part AS (
                SELECT place.scope, q.product_id, kept.quantity AS on_hand,
                       CASE WHEN place.blocked THEN kept.quantity ELSE 0 END AS blocked,
                       CASE WHEN kept.expired AND NOT place.blocked THEN kept.quantity ELSE 0 END AS expired,
                       CASE WHEN kept.expired OR place.blocked THEN 0
                            ELSE round(q.reserved_quantity::numeric, 6) END AS reserved,
                       0 AS demand, 0 AS claims, 0 AS incoming, 0 AS sold
                  FROM stock_quant q
                  JOIN place ON place.location_id = q.location_id AND place.usage = 'internal'
                  LEFT JOIN stock_lot lot ON lot.id = q.lot_id
                 CROSS JOIN LATERAL (SELECT round(q.quantity::numeric, 6) AS quantity, %(expired)s AS expired) kept
                 WHERE (q.owner_id IS NULL OR q.owner_id = place.partner_id) %(quant_products)s
              UNION ALL
                SELECT place.scope, m.product_id, 0, 0, 0, 0,
                       GREATEST(round(m.product_qty::numeric - COALESCE(m.quantity, 0)::numeric * unit.factor::numeric
                                      / base.factor::numeric, 6), 0), 0, 0, 0
                  FROM stock_move m
                  JOIN place ON place.location_id = m.location_id AND place.usage IN ('internal', 'view')
                       AND NOT place.blocked
                  JOIN product_product product ON product.id = m.product_id
                  JOIN product_template template ON template.id = product.product_tmpl_id
                  JOIN uom_uom base ON base.id = template.uom_id
                  JOIN uom_uom unit ON unit.id = m.product_uom
                 WHERE m.state IN %(open)s
                   AND (m.restrict_partner_id IS NULL OR m.restrict_partner_id = place.partner_id)
                   AND NOT EXISTS (SELECT FROM place inside WHERE inside.scope = place.scope
                                      AND inside.location_id = COALESCE(m.location_final_id, m.location_dest_id))
                   -- a chain of moves takes its units once, where it starts
                   AND NOT EXISTS (
                       SELECT FROM stock_move_move_rel chain
                         JOIN stock_move o ON o.id = chain.move_orig_id
                         JOIN place source ON source.scope = place.scope AND source.location_id = o.location_id
                        WHERE chain.move_dest_id = m.id AND NOT source.blocked
                          AND o.state IN ('confirmed', 'waiting', 'partially_available', 'assigned')
                          AND NOT EXISTS (SELECT FROM place inside WHERE inside.scope = place.scope
                                             AND inside.location_id = COALESCE(o.location_final_id, o.location_dest_id)))
                   %(move_products)s
              UNION ALL
                SELECT scope.scope, l.product_id, 0, 0, 0, 0, 0,
                       round(l.product_uom_qty::numeric * unit.factor::numeric / base.factor::numeric, 6), 0, 0
                  FROM sale_order o
                  JOIN scope ON scope.warehouse_id = o.warehouse_id
                  JOIN sale_order_line l ON l.order_id = o.id
                  JOIN product_product product ON product.id = l.product_id
                  JOIN product_template template ON template.id = product.product_tmpl_id
                  JOIN uom_uom base ON base.id = template.uom_id
                  JOIN uom_uom unit ON unit.id = l.product_uom_id
                 WHERE o.ec_claims_stock AND o.state IN ('draft', 'sent') AND l.product_uom_qty > 0 %(line_products)s
              UNION ALL
                SELECT place.scope, m.product_id, 0, 0, 0, 0, 0, 0, round(m.product_qty::numeric, 6), 0
                  FROM stock_move m
                  JOIN place ON place.location_id = m.location_dest_id AND place.days >= 0
                       AND place.usage IN ('internal', 'view') AND NOT place.blocked
                 WHERE m.state IN ('confirmed', 'waiting', 'partially_available', 'assigned')
                   AND m.date <= now() AT TIME ZONE 'UTC' + make_interval(days => place.days)
                   AND (m.restrict_partner_id IS NULL OR m.restrict_partner_id = place.partner_id)
                   AND NOT EXISTS (SELECT FROM place inside
                                    WHERE inside.scope = place.scope AND inside.location_id = m.location_id)
                   %(move_products)s
              UNION ALL
                SELECT scope.scope, l.product_id, 0, 0, 0, 0, 0, 0, 0,
                       round(l.product_uom_qty::numeric * unit.factor::numeric / base.factor::numeric, 6)
                  FROM sale_order o
                  JOIN scope ON scope.warehouse_id = o.warehouse_id AND scope.rate
                  JOIN sale_order_line l ON l.order_id = o.id
                  JOIN product_product product ON product.id = l.product_id
                  JOIN product_template template ON template.id = product.product_tmpl_id
                  JOIN uom_uom base ON base.id = template.uom_id
                  JOIN uom_uom unit ON unit.id = l.product_uom_id
                 WHERE o.state = 'sale' AND l.product_uom_qty > 0 %(line_products)s
                   AND o.date_order > now() AT TIME ZONE 'UTC' - make_interval(mins => %(minutes)s)
            ),
            free AS (
                SELECT scope, product_id, sum(on_hand) AS on_hand, sum(blocked) AS blocked, sum(expired) AS expired,
                       sum(reserved) AS reserved, sum(demand) AS demand, sum(claims) AS claims,
                       sum(incoming) AS incoming, sum(sold) AS sold
                  FROM part GROUP BY 1, 2
            )
            """,
            policies=SQL("id = %s", policy) if policy is not None else SQL("active"),
            expired=expired,
            open=OPEN_STATES,
            quant_products=of_products("q.product_id"),
            move_products=of_products("m.product_id"),
            line_products=of_products("l.product_id"),
            minutes=SOLD_MINUTES,
        )

    @api.model
    def _formula_input(self, product, policy):
        """What the database says now of one product under one policy: (list of Terms, options), for `formula`."""
        self.env.flush_all()
        rows = self.env.execute_query_dict(
            SQL(
                """
                WITH %s %s
                SELECT line.share, COALESCE(free.incoming, 0) AS incoming, COALESCE(free.sold, 0) AS sold, %s
                  FROM line LEFT JOIN free ON free.scope = line.scope AND free.product_id = %s
                 ORDER BY line.warehouse_id
                """,
                policy._draft_sql(),
                self._terms_sql([product.id], policy._origin.id or 0),
                SQL(", ").join(SQL("COALESCE(free.%s, 0) AS %s", SQL(code), SQL(code)) for code in TERMS),
                product.id,
            )
        )
        buffer = Buffer(
            policy.buffer_kind,
            policy.buffer_value,
            sold=sum(row["sold"] for row in rows),
            minutes=SOLD_MINUTES,
            lag=policy.lag_minutes,
        )
        options = {
            "soft_share": policy.soft_share,
            "buffer": buffer,
            "incoming": sum(row["incoming"] for row in rows),
            "cap": policy.cap if policy.capped else None,
        }
        return [Terms(share=row["share"], **{code: row[code] for code in TERMS}) for row in rows], options

    @api.model
    def _explain(self, product, policy):
        """Why this product's figure is what it is: ordered list of (term code, signed units) that adds up to it, now."""
        product.ensure_one()
        policy.ensure_one()
        warehouses, options = self._formula_input(product, policy)
        return explain(warehouses, **options)
