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
        return super()._entries(product_ids) + entries

    @api.model
    def _reason(self, key):
        if key[0] == "shown":
            # the name of the shop that shows the units, and no more, whoever reserves
            name = self.env["ec.channel"].sudo().browse(key[1]).name
            return self.env._("buyers of %s, which shows them; they are free as soon as the shop shows fewer", name)
        return super()._reason(key)
