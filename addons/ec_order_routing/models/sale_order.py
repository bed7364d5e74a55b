from odoo import api, fields, models
from odoo.exceptions import UserError

GROUP = "ec_order_hold.group_hold_user"


class SaleOrder(models.Model):
    _inherit = "sale.order"

    ec_decision_ids = fields.One2many("ec.decision", "order_id", "Decisions of the Rules", groups=GROUP)
    ec_ship_date = fields.Date("Ship On", copy=False, readonly=True, groups=GROUP, help="The day that the rules planned to ship on.")
    ec_why = fields.Html("Why", compute="_compute_ec_why", sanitize=False, groups=GROUP)
    ec_sorting = fields.Boolean("Being Sorted", compute="_compute_ec_sorting", groups=GROUP, help="The rules have not looked at the newest change yet.")

    @api.model
    def _ec_free_sql(self, order="o"):
        """An order that rules shall look at first is not confirmed by itself."""
        return f"{super()._ec_free_sql(order)} AND NOT EXISTS (SELECT 1 FROM ec_routing_todo q WHERE q.order_id = {order}.id)"

    def _compute_ec_sorting(self):
        self.env.cr.execute("SELECT DISTINCT order_id FROM ec_routing_todo WHERE order_id = ANY(%s)", [self.ids])
        waiting = {row[0] for row in self.env.cr.fetchall()}
        for order in self:
            order.ec_sorting = order.id in waiting

    @api.depends("ec_decision_ids")
    @api.depends_context("lang")
    def _compute_ec_why(self):
        for order in self:
            decision = order.ec_decision_ids[:1]
            order.ec_why = decision and self.env["ir.qweb"]._render("ec_order_routing.ec_why", decision._why())

    # ---- buttons

    def action_ec_sort(self):
        """Have the rules look at these orders again."""
        self.check_access("write")
        self.env["ec.routing"]._now(self)
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {"type": "info", "message": self.env._("The rules look at %s orders again.", len(self))},
        }

    def action_ec_reject(self):
        """A warehouse cannot ship this order: say why, and have it routed again."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Warehouse Cannot Ship"),
            "res_model": "ec.routing.reject.wizard",
            "view_mode": "form",
            "target": "new",
            "context": {"default_order_id": self.id},
        }

    # ---- rerouting

    def _ec_reroute(self, warehouse):
        """Ship these confirmed orders from another warehouse: open deliveries are cancelled and made anew there.

        :raise UserError: something of the order has left, or is being picked
        """
        for order in self:
            open_pickings = order.picking_ids.filtered(lambda p: p.state not in ("done", "cancel"))
            if any(p.state == "done" and p.picking_type_id.code != "incoming" for p in order.picking_ids):
                raise UserError(self.env._("%s has left in part: ship the rest from where it is, or split the order.", order.name))
            open_pickings.action_cancel()
            order.warehouse_id = warehouse
            if order.state == "sale":
                order.order_line._action_launch_stock_rule()
