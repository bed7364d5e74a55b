from odoo import api, fields, models


class EcOrderRefund(models.Model):
    """A refund made in the shop, booked once: units that had not left reduce the order; what went back otherwise becomes a
    negative order line before invoicing and a draft credit note after it."""

    _name = "ec.order.refund"
    _description = "Refund Made in a Shop"
    _order = "refunded_at desc, id desc"

    order_id = fields.Many2one("sale.order", required=True, ondelete="cascade", index=True, readonly=True)
    channel_id = fields.Many2one("ec.channel", required=True, ondelete="cascade", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True, index=True)
    external_id = fields.Char(required=True, readonly=True)
    refunded_at = fields.Datetime(readonly=True)
    currency_id = fields.Many2one("res.currency", readonly=True)
    amount = fields.Monetary("Money Returned", readonly=True)
    pending = fields.Monetary("On Its Way", readonly=True)
    state = fields.Selection(
        [
            ("pending", "Money on Its Way"),
            ("covered", "In the Order: Units Removed"),
            ("in_order", "In the Order: Refund Line"),
            ("credit_note", "Draft Credit Note"),
            ("review", "To Settle"),
        ],
        required=True,
        readonly=True,
    )
    move_id = fields.Many2one("account.move", "Credit Note", readonly=True, ondelete="set null", index="btree_not_null")
    note = fields.Char(readonly=True)

    _external_uniq = models.UniqueIndex("(channel_id, external_id)")

    @api.depends("order_id", "refunded_at")
    def _compute_display_name(self):
        for refund in self:
            refund.display_name = f"{refund.order_id.ec_name} {fields.Date.to_string(refund.refunded_at)}"

    def action_open_order(self):
        self.ensure_one()
        return {"type": "ir.actions.act_window", "res_model": "sale.order", "res_id": self.order_id.id, "view_mode": "form"}
