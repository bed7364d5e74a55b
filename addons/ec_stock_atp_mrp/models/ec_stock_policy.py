from odoo import fields, models


class EcStockPolicy(models.Model):
    _inherit = "ec.stock.policy"

    kit_split = fields.Boolean(
        string="Kits from Several Warehouses",
        help="A kit may be put together of components that lie in different warehouses. Otherwise each warehouse counts the kits "
        "it can deliver alone.",
    )
