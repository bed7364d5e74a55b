from odoo import api, models


class EcRoutingApply(models.AbstractModel):
    _inherit = "ec.routing.apply"

    @api.model
    def _do_cancel(self, order, said):
        """A shop's order is cancelled in the shop too: nobody shall pay there for what is not shipped."""
        super()._do_cancel(order, said)
        if order.state == "cancel" and order.ec_can_cancel:
            order.sudo().action_ec_cancel_in_shop()  # the rules do it, on behalf of whoever changed an order
