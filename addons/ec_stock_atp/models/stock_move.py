from odoo import models


class StockMove(models.Model):
    _inherit = "stock.move"

    def _action_assign(self, force_qty=False):
        self.env["ec.stock.guard"]._mark(
            self.filtered(lambda move: move.state in ("confirmed", "waiting", "partially_available"))
        )
        return super()._action_assign(force_qty=force_qty)

    def _action_done(self, cancel_backorder=False):
        self.env["ec.stock.guard"]._mark(self.filtered(lambda move: move.state not in ("done", "cancel")))
        return super()._action_done(cancel_backorder=cancel_backorder)
