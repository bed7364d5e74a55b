from odoo import api, fields, models


class SaleOrder(models.Model):
    _inherit = "sale.order"

    ec_gift = fields.Text(compute="_compute_ec_gift", store=True, readonly=False, precompute=True)
    ec_gift_said = fields.Text(
        "Gift Wishes in the Shop", readonly=True, copy=False, groups="ec_channel_base.group_ec_operator"
    )

    @api.depends("ec_gift_said")
    def _compute_ec_gift(self):
        """What the shop says, until somebody writes something else; what it says later comes first again."""
        for order in self.sudo():  # salespeople see the wishes, not the shop's fields
            order.ec_gift = order.ec_gift_said
