from odoo import fields, models


class EcOrderHoldRelease(models.TransientModel):
    _name = "ec.order.hold.release"
    _description = "Release Holds"

    hold_ids = fields.Many2many("ec.order.hold", string="Holds", required=True)
    note = fields.Text(help="What was found or agreed. It stays in the history of the order.")

    def action_release(self):
        self.ensure_one()
        self.hold_ids.check_access("write")
        self.hold_ids._release(self.note or "")
        return {"type": "ir.actions.act_window_close"}
