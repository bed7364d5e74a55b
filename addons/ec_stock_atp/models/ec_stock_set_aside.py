from odoo import api, models
from odoo.tools import SQL

CACHE = "ec.stock.set.aside"
OPEN = ("confirmed", "waiting", "partially_available", "assigned")


class EcStockSetAside(models.AbstractModel):
    """Units set aside: what somebody holds, so that a reservation of anybody else leaves it. Pools, and whatever other addons
    add by `_sources`, `_entries`, `_may_use` and `_reason`.

    A key tells who holds units; its first item is the kind, the rest is the kind's own: ("pool", …), ("claims",).
    Whoever sets more aside calls `ec.stock.guard._mark_pairs` in the same transaction, after it wrote: of two transactions that
    cannot both be, one then gets a serialization failure.
    """

    _name = "ec.stock.set.aside"
    _description = "Units Set Aside"

    # === What is set aside: for other addons to extend === #

    @api.model
    def _sources(self):
        """SELECTs (SQL) of `product_id`, for each product of which something may be set aside now; indexed by product."""
        return [SQL("SELECT product_id FROM ec_stock_pool WHERE %s", self.env["ec.stock.pool"]._holds_sql())]

    @api.model
    def _entries(self, product_ids):
        """[(product id, frozenset of warehouse ids, units, key)]: what is set aside of these products, in their units.

        Asked only of products that `_sources` names: pools, and the claims of shops' orders that are not confirmed yet.
        """
        self._flush()
        entries = self.env["ec.stock.pool"]._entries(product_ids)
        rows = self.env.execute_query(
            SQL(
                """
                SELECT l.product_id, o.warehouse_id,
                       sum(round(l.product_uom_qty::numeric * unit.factor::numeric / base.factor::numeric, 6))
                  FROM sale_order o
                  JOIN sale_order_line l ON l.order_id = o.id
                  JOIN product_product product ON product.id = l.product_id
                  JOIN product_template template ON template.id = product.product_tmpl_id
                  JOIN uom_uom base ON base.id = template.uom_id
                  JOIN uom_uom unit ON unit.id = l.product_uom_id
                 WHERE o.ec_claims_stock AND o.state IN ('draft', 'sent') AND o.warehouse_id IS NOT NULL
                   AND l.product_uom_qty > 0 AND l.product_id = ANY(%s)
                 GROUP BY 1, 2 ORDER BY 1, 2
                """,
                list(product_ids),
            )
        )
        return entries + [(product, frozenset({warehouse}), units, ("claims",)) for product, warehouse, units in rows]

    @api.model
    def _wide_sources(self):
        """SELECTs (SQL) of `product_id` and `warehouse_id`: where units set aside are that may come from several warehouses;
        indexed by product.
        """
        return []

    @api.model
    def _may_use(self, key, move):
        """Whether the move may use the units held under this key: a buyer's order, those of its own pools."""
        return key[0] == "pool" and self.env["ec.stock.pool"]._serves(key, move)

    @api.model
    def _reason(self, key):
        """Who holds units under this key and until when, in a few words of the user's language."""
        if key[0] == "pool":
            return self.env["ec.stock.pool"]._describe(key)
        if key[0] == "claims":
            return self.env._("orders of shops until they are confirmed or cancelled")
        return ""

    # === Who is limited by what === #

    @api.model
    def _bars(self, key, move):
        """Whether the move must leave the units of this key. Orders of shops compete among themselves: pools alone bar them."""
        # who reserves may not read sale orders
        if key[0] != "pool" and move.sale_line_id.sudo().order_id.ec_claims_stock:
            return False
        return not self._may_use(key, move)

    @api.model
    def _looks_around(self, move):
        """Whether what the move may take at its warehouse depends on what is free in others (`_wide_sources`)."""
        return not move.sale_line_id.sudo().order_id.ec_claims_stock  # who reserves may not read sale orders

    @api.model
    def _consumes(self, key, move):
        """Whether what the move takes comes off the units of this key."""
        return key[0] == "pool" and self._may_use(key, move)

    @api.model
    def _claim(self, move):
        """The key under which the move's own demand is set aside, beside what `_consumes` says; None: it is not."""
        return None

    # === Reading === #

    @api.model
    def _any_sql(self, product):
        """Condition (SQL) that something is set aside of `product` (SQL)."""
        found = [
            SQL("EXISTS (SELECT FROM (%s) s WHERE s.product_id = %s)", source, product) for source in self._sources()
        ]
        return SQL("(%s)", SQL(" OR ").join(found))

    @api.model
    def _held(self, product_ids):
        """Those of the products of which something is set aside; a query only for what this transaction does not know yet."""
        known = self._known()
        unknown = sorted(set(product_ids) - known.keys())
        if unknown:
            rows = self.env.execute_query(
                SQL(
                    "SELECT id FROM unnest(%s::int[]) AS wanted (id) WHERE %s", unknown, self._any_sql(SQL("wanted.id"))
                )
            )
            self._learn(unknown, rows)
        return [product for product in product_ids if known[product]]

    @api.model
    def _known(self):
        """{product id: something is set aside}, as far as this transaction has seen."""
        return self.env.cr.precommit.data.setdefault(CACHE, {})

    @api.model
    def _learn(self, product_ids, rows):
        held = {product for (product,) in rows}
        self._known().update({product: product in held for product in product_ids})

    @api.model
    def _free(self, product_ids):
        """({(product id, warehouse id): units}, [paths of blocked locations]): what is there and not reserved.

        What a policy blocks, and what belongs to others, does not count: no shop and no pool is served from it.
        """
        self._flush()
        rows = self.env.execute_query(
            SQL(
                """
                WITH blocked AS (
                    SELECT DISTINCT b.parent_path
                      FROM ec_stock_policy_blocked_rel r
                      JOIN ec_stock_policy p ON p.id = r.policy_id AND p.active
                      JOIN stock_location b ON b.id = r.location_id
                )
                SELECT q.product_id, l.warehouse_id,
                       sum(round(COALESCE(q.quantity, 0)::numeric, 6) - round(COALESCE(q.reserved_quantity, 0)::numeric, 6)), NULL
                  FROM stock_quant q
                  JOIN stock_location l ON l.id = q.location_id AND l.usage = 'internal' AND l.warehouse_id IS NOT NULL
                  JOIN stock_warehouse w ON w.id = l.warehouse_id
                  JOIN res_company c ON c.id = w.company_id
                 WHERE q.product_id = ANY(%s) AND (q.owner_id IS NULL OR q.owner_id = c.partner_id)
                   AND NOT EXISTS (SELECT FROM blocked WHERE l.parent_path LIKE blocked.parent_path || '%%')
                 GROUP BY 1, 2
                 UNION ALL
                SELECT NULL, NULL, NULL, parent_path FROM blocked
                """,
                list(product_ids),
            )
        )
        free = {(product, warehouse): units for product, warehouse, units, path in rows if path is None}
        return free, [path for *_figure, path in rows if path is not None]

    @api.model
    def _flush(self):
        for name in ("stock.quant", "stock.move", "sale.order", "sale.order.line", "ec.stock.pool"):
            self.env[name].flush_model()
