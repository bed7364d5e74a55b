from odoo import models


class EcOrderHold(models.Model):
    _inherit = "ec.order.hold"

    def _release(self, note=""):
        """A released hold may have been the last one: the order is confirmed at once, not at the next minute."""
        result = super()._release(note)
        # anybody who may release a hold does; which channel the order came from is not theirs to read
        if self.order_id.sudo().ec_channel_id:
            self.env["ec.lane"]._wake("confirm")
        return result
