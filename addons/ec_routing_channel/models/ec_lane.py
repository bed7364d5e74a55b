from odoo import api, models


class EcLane(models.AbstractModel):
    _inherit = "ec.lane"

    @api.model
    def _wake(self, *lanes):
        """What shall be confirmed is sorted first."""
        super()._wake(*lanes)
        if "confirm" in lanes and not self.env.context.get("ec_sorted"):
            self._wake_routing()

    @api.model
    def _wake_after_routing(self):
        super()._wake_after_routing()
        self.with_context(ec_sorted=True)._wake("confirm")
