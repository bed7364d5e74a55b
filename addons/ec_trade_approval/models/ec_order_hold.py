from odoo import models


class EcOrderHold(models.Model):
    _inherit = "ec.order.hold"

    def _release(self, note=""):
        holds = super()._release(note)
        # sudo: whoever releases a hold or cancels an order need not see approvals
        approvals = self.env["ec.trade.approval"].sudo()
        if holds:
            approvals.search([("hold_id", "in", holds.ids), ("state", "=", "waiting")])._settle()
        return holds
