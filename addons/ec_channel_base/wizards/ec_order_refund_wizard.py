import uuid

from odoo import api, fields, models
from odoo.exceptions import UserError


class EcOrderRefundWizard(models.TransientModel):
    """Give money back through the shop: which units, shipping, or an amount."""

    _name = "ec.order.refund.wizard"
    _description = "Refund in the Shop"

    order_id = fields.Many2one("sale.order", required=True)
    currency_id = fields.Many2one(related="order_id.currency_id")
    line_ids = fields.One2many("ec.order.refund.wizard.line", "wizard_id")
    shipping = fields.Monetary("Shipping to Return")
    amount = fields.Monetary("Amount", help="Empty: what the shop computes for these units and shipping.")
    restock = fields.Boolean("Put Back into the Shop's Stock")
    notify = fields.Boolean("Tell the Buyer")
    note = fields.Char()

    @api.model
    def default_get(self, fields_list):
        values = super().default_get(fields_list)
        order = self.env["sale.order"].browse(values.get("order_id"))
        if "line_ids" in fields_list and order:
            values["line_ids"] = [
                fields.Command.create({"order_line_id": line.id})
                for line in order.order_line
                if line.ec_external_id and ":" not in line.ec_external_id and line.ec_external_id not in ("rounding", "cash_rounding")
            ]
        return values

    def action_refund(self):
        self.ensure_one()
        if not self.order_id.ec_can_refund or self.line_ids.order_line_id.order_id - self.order_id:
            raise UserError(self.env._("This order cannot be refunded in the shop from here."))
        lines = [[line.order_line_id.ec_external_id, f"{line.quantity:.6f}"] for line in self.line_ids if line.quantity]
        if not lines and not self.shipping and not self.amount:
            raise UserError(self.env._("Nothing to refund: enter quantities, shipping or an amount."))
        for line in self.line_ids:
            if line.quantity < 0 or line.quantity > line.order_line_id.product_uom_qty:
                raise UserError(
                    self.env._("%(name)s: between 0 and %(most)s.", name=line.order_line_id.name, most=line.order_line_id.product_uom_qty)
                )
        order = self.order_id
        # the message row belongs to the lanes; a manager may ask for it (the wizard's access)
        self.env["ec.outbound.message"].sudo()._enqueue(
            [
                {
                    "channel_id": order.ec_channel_id.id,
                    "kind": "refund",
                    "key": f"refund:{order.id}:{uuid.uuid4()}",
                    "order_id": order.id,
                    "payload": {
                        "lines": lines,
                        "shipping": f"{self.shipping:.6f}",
                        "amount": f"{self.amount:.6f}" if self.amount else None,
                        "restock": self.restock,
                        "notify": self.notify,
                        "note": self.note or "",
                    },
                }
            ]
        )
        return {"type": "ir.actions.act_window_close"}


class EcOrderRefundWizardLine(models.TransientModel):
    _name = "ec.order.refund.wizard.line"
    _description = "Line to Refund"

    wizard_id = fields.Many2one("ec.order.refund.wizard", required=True, ondelete="cascade")
    order_line_id = fields.Many2one("sale.order.line", required=True)
    name = fields.Text(related="order_line_id.name")
    ordered = fields.Float(related="order_line_id.product_uom_qty")
    delivered = fields.Float(related="order_line_id.qty_delivered")
    quantity = fields.Float("To Refund", digits="Product Unit")
