from odoo import models


class StockMove(models.Model):
    """Units that shops show are theirs; a change of stock wakes the lane that tells the shops, after the user's transaction."""

    _inherit = "stock.move"

    def _action_assign(self, force_qty=False):
        self._ec_nudge()
        return super()._action_assign(force_qty=force_qty)

    def _action_done(self, cancel_backorder=False):
        self._ec_nudge()
        return super()._action_done(cancel_backorder=cancel_backorder)

    def _action_cancel(self):
        self._ec_nudge()
        return super()._action_cancel()

    def _do_unreserve(self):
        self._ec_nudge()
        return super()._do_unreserve()

    _action_assign.ec_batch_safe = True

    def _ec_nudge(self):
        """Once a transaction, and without a statement in it: wake the stock lane when it has committed."""
        data = self.env.cr.precommit.data
        if self and "ec.stock.nudge" not in data:
            data["ec.stock.nudge"] = True
            lane, registry = self.env["ec.lane"], self.env.registry
            self.env.cr.postcommit.add(lambda: lane._wake_stock(registry))
