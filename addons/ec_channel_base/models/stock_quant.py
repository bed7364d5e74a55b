from odoo import api, models


class StockQuant(models.Model):
    """A change of stock wakes the lane that tells the shops, after the user's transaction."""

    _inherit = "stock.quant"

    @api.model_create_multi
    def create(self, vals_list):
        self._ec_nudge()
        return super().create(vals_list)

    def write(self, vals):
        if "quantity" in vals or "reserved_quantity" in vals:
            self._ec_nudge()
        return super().write(vals)

    def _ec_nudge(self):
        """Once a transaction, and without a statement in it: wake the stock lane when it has committed."""
        data = self.env.cr.precommit.data
        if "ec.stock.nudge" not in data:
            data["ec.stock.nudge"] = True
            lane, registry = self.env["ec.lane"], self.env.registry
            self.env.cr.postcommit.add(lambda: lane._wake_stock(registry))
