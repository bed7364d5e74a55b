from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import UserError

GROUP = "ec_order_hold.group_hold_user"


class SaleOrder(models.Model):
    _inherit = "sale.order"

    ec_decision_ids = fields.One2many("ec.decision", "order_id", "Decisions of the Rules", groups=GROUP)
    ec_ship_date = fields.Date("Ship On", copy=False, readonly=True, groups=GROUP, help="The day that the rules planned to ship on.")
    ec_why = fields.Html("Why", compute="_compute_ec_why", sanitize=False, groups=GROUP)
    ec_gift = fields.Text(
        "Gift Wishes", copy=False, groups="sales_team.group_sale_salesman", help="Wrapping, noshi, message card and the like, as the buyer wishes them. Rules know the order as a gift by it."
    )
    ec_sorting = fields.Boolean("Being Sorted", compute="_compute_ec_sorting", groups=GROUP, help="The rules have not looked at the newest change yet.")

    @api.model
    def _ec_free_sql(self, order="o"):
        """An order that rules shall look at first is not confirmed by itself, nor one that waits for stock before a warehouse is chosen."""
        return f"""{super()._ec_free_sql(order)} AND NOT EXISTS (SELECT 1 FROM ec_routing_todo q WHERE q.order_id = {order}.id)
               AND NOT EXISTS (SELECT 1 FROM ec_routing_need q JOIN ec_order_hold h ON h.order_id = q.order_id AND h.open
                                 JOIN ec_order_hold_type t ON t.id = h.type_id AND t.code = 'stock_short'
                                WHERE q.need = 'warehouse' AND q.order_id = {order}.id)"""

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
            order.ec_why = self.env["ir.qweb"]._render("ec_order_routing.ec_why", decision._why()) if decision else False

    @api.model_create_multi
    def create(self, vals_list):
        orders = super().create(vals_list)
        self.env["ec.lane"]._wake_routing()  # somebody looks at a new order; its changes can wait until the lane looks by itself
        return orders

    def _ec_look(self):
        super()._ec_look()
        # superuser, as in the lane: the rules see all of an order, whoever placed it
        self.env["ec.routing"].with_user(SUPERUSER_ID)._look(self.ids)

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

    def _ec_reject(self, warehouse, reason, lines=None, note=""):
        """The warehouse cannot ship this order: remember it, what it says of the stock there, and route again.

        not_found: what is free there of the items is held back until it is counted. damaged: as many units as the order wanted.
        mismatch: a count is asked for. busy, other: the stock is as it was.
        """
        self.ensure_one()
        products = (lines or self.order_line.browse()).product_id.filtered("is_storable")
        # who ships may say what is wrong there; pools, counts and the queue of the rules are not theirs otherwise
        sudo = self.sudo()
        rejects = sudo.env["ec.routing.reject"]
        known = rejects.search([("order_id", "=", self.id), ("warehouse_id", "=", warehouse.id)])
        vals = {"reason": reason, "note": note}
        known.write(vals) if known else rejects.create({"order_id": self.id, "warehouse_id": warehouse.id, **vals})
        if sudo.state == "sale":
            sudo.picking_ids.filtered(lambda p: p.state not in ("done", "cancel")).do_unreserve()
        if reason in ("not_found", "damaged"):
            sudo._ec_hold_back(warehouse, products, reason, lines)
        if reason in ("not_found", "damaged", "mismatch"):
            sudo.env["stock.quant"].search([("product_id", "in", products.ids), ("location_id", "child_of", warehouse.view_location_id.id), ("location_id.usage", "=", "internal")]).write(
                {"inventory_date": fields.Date.context_today(self)}
            )
        sudo._message_log(body=self.env._("%(warehouse)s cannot ship: %(reason)s. %(note)s", warehouse=warehouse.name, reason=dict(rejects._fields["reason"]._description_selection(self.env))[reason], note=note or ""))
        sudo.env["ec.routing"]._now(sudo, "rejected")

    def _ec_hold_back(self, warehouse, products, reason, lines):
        """Units that are not to be sold until somebody has counted them: a pool for nobody."""
        free, _blocked = self.env["ec.stock.set.aside"]._free(products.ids)
        for product in products:
            units = float(free.get((product.id, warehouse.id), 0))
            if reason == "damaged":
                units = min(units, sum(line.product_uom_id._compute_quantity(line.product_uom_qty, product.uom_id) for line in lines if line.product_id == product))
            if units > 0:
                self.env["ec.stock.pool"].create(
                    {
                        "name": self.env._("To be counted: %s", self.name), "product_id": product.id, "warehouse_id": warehouse.id, "quantity": units,
                    }
                )  # fmt: skip
