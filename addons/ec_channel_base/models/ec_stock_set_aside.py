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
    def _wide_sources(self):
        """The warehouses of each figure that is made of several, and of the orders sold from it."""
        wide = SQL(
            """
            SELECT level.product_id, line.warehouse_id
              FROM ec_stock_level level
              JOIN ec_stock_policy_line line ON line.policy_id = level.policy_id AND line.share > 0
             WHERE level.strict AND EXISTS (SELECT FROM ec_stock_policy_line other
                                             WHERE other.policy_id = line.policy_id AND other.share > 0 AND other.id <> line.id)
            """
        )
        return [*super()._wide_sources(), wide]

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
        Their key names the shop: ("sold", channel id).
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
                SELECT shop.product_id, shop.channel_id, o.warehouse_id, shop.warehouses, TRUE,
                       sum(round(l.product_uom_qty::numeric * unit.factor::numeric / base.factor::numeric, 6))
                  FROM shop
                  JOIN sale_order o ON o.ec_channel_id = shop.channel_id AND o.ec_claims_stock AND o.state IN ('draft', 'sent')
                  JOIN sale_order_line l ON l.order_id = o.id AND l.product_id = shop.product_id AND l.product_uom_qty > 0
                  JOIN product_product product ON product.id = l.product_id
                  JOIN product_template template ON template.id = product.product_tmpl_id
                  JOIN uom_uom base ON base.id = template.uom_id
                  JOIN uom_uom unit ON unit.id = l.product_uom_id
                 WHERE o.warehouse_id IS NOT NULL
              GROUP BY 1, 2, 3, 4
                 UNION ALL
                SELECT shop.product_id, shop.channel_id, o.warehouse_id, shop.warehouses, FALSE,
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
              GROUP BY 1, 2, 3, 4
              ORDER BY 1, 2, 3, 4
                """,
                list(product_ids),
            )
        )
        moved, wider = defaultdict(int), []
        for product, channel, warehouse, warehouses, claimed, units in rows:
            wider.append((product, frozenset(warehouses) | {warehouse}, units, ("sold", channel)))
            if claimed:  # these stand in the entries already, bound to one warehouse
                moved[product, frozenset({warehouse})] += units
        narrow = [
            (product, places, units - (moved.pop((product, places), 0) if key == ("claims",) else 0), key)
            for product, places, units, key in entries
        ]
        return narrow + wider

    @api.model
    def _shop(self, move):
        """(the shop whose order the move serves, whether it sells from other warehouses beside the move's), or (None, False)."""
        order = move.sale_line_id.sudo().order_id  # who reserves may not read sale orders
        if not order.ec_claims_stock or not order.ec_channel_id:
            return None, False
        channel = order.ec_channel_id.id
        return channel, (channel, move.location_id.warehouse_id.id) in self.env["ec.mapping"]._warehouses_beside([channel])

    @api.model
    def _bars(self, key, move):
        """An order whose shop sells from several warehouses leaves what others show of one of them and what they sold from it: it
        can be served from another, they cannot. What its own shop shows and sold may come from the same places as its own units.
        """
        if key[0] != "pool":
            channel, wide = self._shop(move)
            if wide:
                return key not in (("shown", channel), ("sold", channel))
        return super()._bars(key, move)

    @api.model
    def _looks_around(self, move):
        return super()._looks_around(move) or self._shop(move)[1]

    @api.model
    def _claim(self, move):
        channel, _wide = self._shop(move)
        return super()._claim(move) if channel is None else ("sold", channel)

    @api.model
    def _reason(self, key):
        if key[0] == "sold":
            return super()._reason(("claims",))
        if key[0] == "shown":
            # the name of the shop that shows the units, and no more, whoever reserves
            name = self.env["ec.channel"].sudo().browse(key[1]).exists().name or self.env._("a shop")
            return self.env._("buyers of %s, which shows them; they are free as soon as the shop shows fewer", name)
        return super()._reason(key)
