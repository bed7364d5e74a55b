from odoo import fields, models
from odoo.exceptions import UserError


class EcTradeSkip(models.TransientModel):
    """Skip parked closings, with the reason."""

    _name = "ec.trade.skip"
    _description = "Skip Closings"

    closing_ids = fields.Many2many("ec.trade.closing", string="Closings", required=True, readonly=True)
    reason = fields.Char(required=True)

    def action_skip(self):
        self.ensure_one()
        self.closing_ids.check_access("write")
        if not self.reason.strip():
            raise UserError(self.env._("Write first why it is skipped."))
        # sudo: rows are written by nobody by hand
        self.closing_ids.sudo()._skip(self.env._("%(reason)s (%(user)s)", reason=self.reason, user=self.env.user.name))
        return {"type": "ir.actions.act_window_close"}
