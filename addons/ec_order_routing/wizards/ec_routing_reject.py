from odoo import fields, models


class EcRoutingRejectWizard(models.TransientModel):
    """A warehouse cannot ship an order: what that says of the stock, and the order is routed again."""

    _name = "ec.routing.reject.wizard"
    _description = "Warehouse Cannot Ship"

    order_id = fields.Many2one("sale.order", required=True, readonly=True)
    company_id = fields.Many2one(related="order_id.company_id")
    warehouse_id = fields.Many2one(related="order_id.warehouse_id", string="Warehouse")
    reason = fields.Selection(selection=lambda self: self.env["ec.routing.reject"]._fields["reason"]._description_selection(self.env), required=True, default="not_found")
    line_ids = fields.Many2many("sale.order.line", string="Items Concerned", domain="[('order_id', '=', order_id), ('display_type', '=', False)]")
    note = fields.Text()

    def action_reject(self):
        self.ensure_one()
        order = self.order_id
        order.check_access("write")
        order._ec_reject(self.warehouse_id, self.reason, self.line_ids, self.note)
        return {"type": "ir.actions.act_window_close"}
