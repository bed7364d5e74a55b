from odoo import fields, models


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    ec_external_id = fields.Char(
        "Shop's Line", readonly=True, copy=False, groups="ec_channel_base.group_ec_operator", help="The line's id in the shop."
    )
    ec_listing_key = fields.Char(readonly=True, copy=False, groups="ec_channel_base.group_ec_operator", index="btree_not_null")

    _ec_external_uniq = models.UniqueIndex("(order_id, ec_external_id) WHERE ec_external_id IS NOT NULL")
