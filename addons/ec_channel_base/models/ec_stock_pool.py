from collections import defaultdict

from odoo import api, fields, models
from odoo.tools import SQL


class EcStockPool(models.Model):
    """Units held for the buyers of one shop: shown there beyond its share, and nowhere else."""

    _inherit = "ec.stock.pool"

    channel_id = fields.Many2one(
        "ec.channel",
        string="Shop",
        index="btree_not_null",
        ondelete="restrict",
        groups="ec_channel_base.group_ec_operator,stock.group_stock_manager",
        help="Orders of this shop use it; the shop shows it beyond its share.",
    )

    @api.model
    def _buyers(self):
        return {**super()._buyers(), "channel_id": SQL("o.ec_channel_id")}

    @api.model
    def _buyer_of(self, order):
        return {**super()._buyer_of(order), "channel_id": order.ec_channel_id.id}

    @api.model
    def _shop_units(self, product_ids):
        """{(product id, channel id): [(warehouse id, whole units)]} of pools that serve every buyer of a shop."""
        found = defaultdict(list)
        if not self.sudo().search_count([("channel_id", "!=", False)], limit=1):  # the planner's own question
            return found
        for product, warehouses, units, (_kind, _pool, _since, _until, buyers) in self._entries(product_ids):
            named = {name: id_ for name, id_ in buyers if id_}
            if named.keys() == {"channel_id"}:
                found[product, named["channel_id"]].append((*warehouses, int(units)))
        return found
