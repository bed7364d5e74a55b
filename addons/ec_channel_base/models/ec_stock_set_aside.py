from collections import defaultdict

from odoo import api, models
from odoo.tools import SQL

from .ec_stock_level import EXPOSURE


class EcStockSetAside(models.AbstractModel):
    """Where units are divided among shops, those that a shop shows are set aside for its buyers."""

    _inherit = "ec.stock.set.aside"

    @api.model
    def _sources(self):
        return [*super()._sources(), SQL("SELECT product_id FROM ec_stock_level WHERE strict")]

    @api.model
    def _entries(self, product_ids):
        """Cancellations that are not taken in yet count already: the shop may have put those units on show again."""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT level.product_id, level.channel_id, place.warehouses,
                       %s + COALESCE((SELECT sum(-sale.units) FROM ec_stock_sale sale JOIN ec_listing listing
                                          ON listing.channel_id = sale.channel_id AND listing.external_id = sale.listing_key
                                       WHERE sale.units < 0 AND sale.channel_id = level.channel_id AND listing.id = level.listing_id), 0)
                  FROM ec_stock_level level
                 CROSS JOIN LATERAL (SELECT array_agg(line.warehouse_id) AS warehouses FROM ec_stock_policy_line line
                                      WHERE line.policy_id = level.policy_id AND line.share > 0) place
                 WHERE level.strict AND level.product_id = ANY(%s) AND place.warehouses IS NOT NULL
              ORDER BY level.product_id, level.id
                """,
                SQL(EXPOSURE.format("level")),
                list(product_ids),
            )
        )
        pools, entries = self.env["ec.stock.pool"]._shop_units(product_ids), []
        for product, channel, warehouses, units in rows:
            # what is held for the shop's buyers is an entry of its own already
            own = sum(held for warehouse, held in pools.pop((product, channel), ()) if warehouse in warehouses)
            entries.append((product, frozenset(warehouses), max(0, units - own), ("shown", channel)))
        return self._sold_elsewhere(product_ids, super()._entries(product_ids)) + entries

    @api.model
    def _sold_elsewhere(self, product_ids, entries):
        """Entries with what orders of shops still want, confirmed or not: it may come from each warehouse that the shop sells from.

        An order names one warehouse, the units that its shop showed may lie in another. They are sold: nobody else takes them.
        """
        rows = self.env.execute_query(
            SQL(
                """
                WITH shop AS (
                    SELECT level.product_id, level.channel_id, array_agg(DISTINCT line.warehouse_id) AS warehouses
                      FROM ec_stock_level level
                      JOIN ec_stock_policy_line line ON line.policy_id = level.policy_id AND line.share > 0
                     WHERE level.strict AND level.product_id = ANY(%s)
                  GROUP BY 1, 2
                )
                SELECT shop.product_id, o.warehouse_id, shop.warehouses, TRUE,
                       sum(round(l.product_uom_qty::numeric * unit.factor::numeric / base.factor::numeric, 6))
                  FROM shop
                  JOIN sale_order o ON o.ec_channel_id = shop.channel_id AND o.ec_claims_stock AND o.state IN ('draft', 'sent')
                  JOIN sale_order_line l ON l.order_id = o.id AND l.product_id = shop.product_id AND l.product_uom_qty > 0
                  JOIN product_product product ON product.id = l.product_id
                  JOIN product_template template ON template.id = product.product_tmpl_id
                  JOIN uom_uom base ON base.id = template.uom_id
                  JOIN uom_uom unit ON unit.id = l.product_uom_id
                 WHERE o.warehouse_id IS NOT NULL
              GROUP BY 1, 2, 3
                 UNION ALL
                SELECT shop.product_id, o.warehouse_id, shop.warehouses, FALSE,
                       sum(GREATEST(m.product_qty::numeric - COALESCE(m.quantity, 0)::numeric * unit.factor::numeric / base.factor::numeric, 0))
                  FROM shop
                  JOIN stock_move m ON m.product_id = shop.product_id AND m.state IN ('confirmed', 'waiting', 'partially_available')
                  JOIN sale_order_line l ON l.id = m.sale_line_id
                  JOIN sale_order o ON o.id = l.order_id AND o.ec_channel_id = shop.channel_id AND o.ec_claims_stock
                  JOIN stock_location place ON place.id = m.location_id AND place.usage IN ('internal', 'view')
                  JOIN product_product product ON product.id = m.product_id
                  JOIN product_template template ON template.id = product.product_tmpl_id
                  JOIN uom_uom base ON base.id = template.uom_id
                  JOIN uom_uom unit ON unit.id = m.product_uom
                 WHERE o.warehouse_id IS NOT NULL AND NOT EXISTS (SELECT FROM stock_move_move_rel chain WHERE chain.move_dest_id = m.id)
              GROUP BY 1, 2, 3
              ORDER BY 1, 2, 3
                """,
                list(product_ids),
            )
        )
        moved, wider = defaultdict(int), []
        for product, warehouse, warehouses, claimed, units in rows:
            wider.append((product, frozenset(warehouses) | {warehouse}, units, ("claims",)))
            if claimed:  # these stand in the entries already, bound to one warehouse
                moved[product, frozenset({warehouse})] += units
        narrow = [
            (product, places, units - (moved.pop((product, places), 0) if key == ("claims",) else 0), key)
            for product, places, units, key in entries
        ]
        return narrow + wider

    @api.model
    def _bars(self, key, move):
        """What another shop shows of one warehouse bars an order whose shop sells from others too: it is served from there."""
        if key[0] == "shown":
            order = move.sale_line_id.sudo().order_id  # who reserves may not read sale orders
            if order.ec_claims_stock and order.ec_channel_id and order.ec_channel_id.id != key[1]:
                places = self.env["ec.mapping"]._warehouses_beside(order.ec_channel_id.ids)
                return (order.ec_channel_id.id, move.location_id.warehouse_id.id) in places
        return super()._bars(key, move)

    @api.model
    def _reason(self, key):
        if key[0] == "shown":
            # the name of the shop that shows the units, and no more, whoever reserves
            name = self.env["ec.channel"].sudo().browse(key[1]).exists().name or self.env._("a shop")
            return self.env._("buyers of %s, which shows them; they are free as soon as the shop shows fewer", name)
        return super()._reason(key)
