from odoo import fields, models


class EcOrderHoldOpen(models.TransientModel):
    _name = "ec.order.hold.open"
    _description = "Put Orders on Hold"

    order_ids = fields.Many2many("sale.order", string="Orders", required=True)
    order_count = fields.Integer(compute="_compute_order_count")
    type_id = fields.Many2one(
        "ec.order.hold.type",
        string="Hold Type",
        required=True,
        default=lambda self: self.env.ref("ec_order_hold.type_manual", raise_if_not_found=False),
    )
    advice = fields.Text(related="type_id.advice")
    reason = fields.Text(required=True)
    due = fields.Datetime()
    owner_id = fields.Many2one(
        "res.users", domain=[("share", "=", False)], default=lambda self: self.env.user
    )

    def _compute_order_count(self):
        for wizard in self:
            wizard.order_count = len(wizard.order_ids)

    def action_hold(self):
        self.ensure_one()
        self.order_ids.check_access("read")
        self.env["ec.order.hold"].check_access("write")
        self.env["ec.order.hold"]._open(
            [
                {
                    "order_id": order.id,
                    "code": self.type_id.code,
                    "reason": self.reason,
                    "due": self.due,
                    "owner_id": self.owner_id.id,
                }
                for order in self.order_ids
            ]
        )
        return {"type": "ir.actions.act_window_close"}
