from bisect import bisect_left
from collections import defaultdict

from odoo import api, models
from odoo.tools import SQL

from odoo.addons.ec_stock_atp.set_aside import room


class EcRoutingStock(models.AbstractModel):
    """What an order could be promised where: free units by warehouse, first come first served, and receipts to come."""

    _name = "ec.routing.stock"
    _description = "Stock for Rules"

    @api.model
    def _add_stock(self, snapshots):
        """Put "fact.free" {str(warehouse id): units} and "fact.incoming" [[date, units]] into lines of goods; units of the product."""
        products = sorted({line["product_id"] for snapshot in snapshots for line in snapshot["lines"] if line["product_id"] and line["fact.goods"]})
        if not products:
            return
        set_aside = self.env["ec.stock.set.aside"]
        free, held = defaultdict(dict), defaultdict(list)
        for (product, warehouse), units in set_aside._free(products)[0].items():
            free[product][warehouse] = units
        if kept := set_aside._held(products):
            for product, warehouses, units, key in set_aside._entries(kept):
                if key[0] not in ("claims", "sold"):  # who comes first of those is told by `_claims`
                    held[product].append((warehouses, units, key))
        ahead, reserved = self._claims(products), self._reserved([snapshot["order"]["id"] for snapshot in snapshots])
        incoming = self._incoming(products)
        orders = self.env["sale.order"].sudo().browse(snapshot["order"]["id"] for snapshot in snapshots)  # rules see what is there
        for snapshot, order in zip(snapshots, orders, strict=True):
            for line in snapshot["lines"]:
                product = line["product_id"]
                if product and line["fact.goods"]:
                    spare = {place: units - _before(ahead.get((product, place)), order.id) for place, units in free[product].items()}
                    entries = [(places, units) for places, units, key in held[product] if self._barred(order, key)]
                    own = reserved.get((order.id, product), {})
                    line["fact.free"] = {
                        str(place): max(0.0, float(room(spare, entries, place) if entries else spare.get(place, 0))) + own.get(place, 0.0)
                        for place in sorted({*spare, *own})
                    }
                    line["fact.incoming"] = incoming.get(product, [])

    @api.model
    def _barred(self, order, key):
        """Whether what is held under the key is not for this order."""
        if key[0] == "pool":
            return not self.env["ec.stock.pool"]._is_for(key, order)
        return not order.ec_claims_stock

    @api.model
    def _claims(self, products):
        """{(product, warehouse): ([order id], [units wanted up to and with it])} of what orders of shops wait for, quotations included."""
        self.env.flush_all()
        found = defaultdict(lambda: ([], []))
        rows = self.env.execute_query(
            SQL(
                """
                SELECT product, place, id, sum(units) FROM (
                SELECT l.product_id AS product, o.warehouse_id AS place, o.id,
                       round(l.product_uom_qty::numeric * unit.factor::numeric / base.factor::numeric, 6) AS units
                  FROM sale_order o
                  JOIN sale_order_line l ON l.order_id = o.id AND l.product_uom_qty > 0 AND l.product_id = ANY(%(products)s)
                  JOIN product_product product ON product.id = l.product_id
                  JOIN product_template template ON template.id = product.product_tmpl_id
                  JOIN uom_uom base ON base.id = template.uom_id
                  JOIN uom_uom unit ON unit.id = l.product_uom_id
                 WHERE o.ec_claims_stock AND o.state IN ('draft', 'sent') AND o.warehouse_id IS NOT NULL
                 UNION ALL
                SELECT m.product_id, place.warehouse_id, l.order_id,
                       GREATEST(m.product_qty::numeric - COALESCE(m.quantity, 0)::numeric * unit.factor::numeric / base.factor::numeric, 0)
                  FROM stock_move m
                  JOIN sale_order_line l ON l.id = m.sale_line_id
                  JOIN stock_location place ON place.id = m.location_id AND place.warehouse_id IS NOT NULL AND place.usage IN ('internal', 'view')
                  JOIN product_product product ON product.id = m.product_id
                  JOIN product_template template ON template.id = product.product_tmpl_id
                  JOIN uom_uom base ON base.id = template.uom_id
                  JOIN uom_uom unit ON unit.id = m.product_uom
                 WHERE m.product_id = ANY(%(products)s) AND m.state IN ('confirmed', 'waiting', 'partially_available')
                   AND NOT EXISTS (SELECT FROM stock_move_move_rel chain WHERE chain.move_dest_id = m.id)
                ) wanted GROUP BY product, place, id ORDER BY id
                """,
                products=list(products),
            )
        )
        for product, place, order, units in rows:
            orders, totals = found[product, place]
            orders.append(order)
            totals.append((totals[-1] if totals else 0) + units)
        return found

    @api.model
    def _reserved(self, order_ids):
        """{(order, product): {warehouse: units}} that open deliveries of these orders hold already."""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT l.order_id, ml.product_id, place.warehouse_id, sum(ml.quantity_product_uom)::float8
                  FROM sale_order_line l
                  JOIN stock_move m ON m.sale_line_id = l.id AND m.state IN ('assigned', 'partially_available')
                  JOIN stock_move_line ml ON ml.move_id = m.id
                  JOIN stock_location place ON place.id = ml.location_id AND place.warehouse_id IS NOT NULL AND place.usage = 'internal'
                 WHERE l.order_id = ANY(%s)
                   AND NOT EXISTS (SELECT FROM stock_move_move_rel chain WHERE chain.move_dest_id = m.id)
              GROUP BY 1, 2, 3
                """,
                list(order_ids),
            )
        )
        found = defaultdict(dict)
        for order, product, place, units in rows:
            found[order, product][place] = units
        return found

    @api.model
    def _incoming(self, products):
        """{product: [[date, units]]} of receipts to come, the earliest first."""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT m.product_id, to_char(m.date, 'YYYY-MM-DD'), sum(m.product_qty)::float8
                  FROM stock_move m
                  JOIN stock_location source ON source.id = m.location_id AND source.usage NOT IN ('internal', 'view', 'transit')
                  JOIN stock_location target ON target.id = m.location_dest_id AND target.usage IN ('internal', 'view')
                 WHERE m.product_id = ANY(%s) AND m.state IN ('confirmed', 'waiting', 'assigned', 'partially_available')
              GROUP BY 1, 2 ORDER BY 1, 2
                """,
                list(products),
            )
        )
        found = defaultdict(list)
        for product, day, units in rows:
            found[product].append([day, units])
        return found


def _before(claims, order):
    """Units that orders before this one wait for. claims: ([order id], [running total])."""
    if not claims:
        return 0
    orders, totals = claims
    place = bisect_left(orders, order)
    return totals[place - 1] if place else 0
