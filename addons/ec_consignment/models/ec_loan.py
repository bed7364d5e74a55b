from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command

from ..buttons import by_hand, defaults

REMINDERS = ("before", "after")
# Written by the confirmation alone
CONFIRMED = {"confirmed", "location_id"}


class EcLoan(models.Model):
    """Goods lent to a customer until a day: returned, or sold in the end."""

    _name = "ec.loan"
    _description = "Loan"
    _inherit = ["mail.thread"]
    _order = "date_due, id"
    _check_company_auto = True

    name = fields.Char(string="Number", readonly=True, copy=False, default="/")
    partner_id = fields.Many2one(
        "res.partner", string="Customer", required=True, index=True, ondelete="restrict", check_company=True
    )
    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company, readonly=True
    )
    warehouse_id = fields.Many2one(
        "stock.warehouse",
        required=True,
        check_company=True,
        ondelete="restrict",
        default=lambda self: self.env.user._get_default_warehouse_id(),
    )
    user_id = fields.Many2one(
        "res.users", string="Salesperson", default=lambda self: self.env.user, domain="[('share', '=', False)]"
    )
    date = fields.Date(string="Lent on", required=True, default=fields.Date.context_today)
    date_due = fields.Date(string="Due", required=True, tracking=True, copy=False)
    purpose = fields.Char(help="For what the goods are lent, e.g. a photo shoot or a fair.")
    location_id = fields.Many2one(
        "stock.location", string="Goods Lie at", readonly=True, copy=False, ondelete="restrict"
    )
    confirmed = fields.Boolean(readonly=True, copy=False)
    state = fields.Selection(
        [("draft", "Draft"), ("open", "On Loan"), ("done", "Closed"), ("cancel", "Cancelled")],
        compute="_compute_state",
        store=True,
        index=True,
        tracking=True,
    )
    overdue = fields.Boolean(compute="_compute_overdue", search="_search_overdue")
    line_ids = fields.One2many("ec.loan.line", "loan_id", string="Lines", copy=True)
    picking_ids = fields.One2many("stock.picking", "ec_loan_id", string="Transfers")
    order_ids = fields.One2many("sale.order", "ec_loan_id", string="Orders")
    reminder_ids = fields.One2many("ec.loan.reminder", "loan_id", string="Reminders")

    _dates_order = models.Constraint("CHECK (date <= date_due)", "A loan is due after it begins.")

    # === Computed === #

    @api.depends("confirmed", "line_ids.lent", "line_ids.open", "line_ids.move_ids.state")
    def _compute_state(self):
        for loan in self:
            lines = loan.line_ids
            if not loan.confirmed:
                loan.state = "draft"
            elif any(line._is_open() or line._is_moving() for line in lines):
                loan.state = "open"
            else:
                loan.state = "done" if any(lines.mapped("lent")) else "cancel"

    @api.depends("state", "date_due")
    def _compute_overdue(self):
        today = fields.Date.context_today(self)
        for loan in self:
            loan.overdue = loan.state == "open" and loan.date_due < today

    def _search_overdue(self, operator, value):
        if operator != "in":
            return NotImplemented
        return [("state", "=", "open"), ("date_due", "<", fields.Date.context_today(self))]

    # === CRUD === #

    @api.model_create_multi
    def create(self, vals_list):
        self._check_confirmed([*vals_list, defaults(self.env)])
        for vals in vals_list:
            vals["name"] = self.env["ir.sequence"].next_by_code("ec.loan") or "/"
        return super().create(vals_list)

    def write(self, vals):
        self._check_confirmed([vals])
        if vals.keys() & {"partner_id", "warehouse_id", "company_id"}:
            self._check_draft()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_only_draft(self):
        self._check_draft()

    def _check_confirmed(self, vals_list):
        if by_hand(self.env, CONFIRMED, vals_list):
            raise AccessError(self.env._("A loan is confirmed by its button."))

    def _check_draft(self):
        if lent := self.filtered("confirmed"):
            raise UserError(self.env._("The goods of %s are on their way or lent.", ", ".join(lent.mapped("name"))))

    # === Actions === #

    def action_confirm(self):
        """Make the delivery, reserved as far as there is stock."""
        loans = self.filtered(lambda loan: not loan.confirmed)
        if empty := loans.filtered(lambda loan: not loan.line_ids):
            raise UserError(self.env._("%s has no lines.", ", ".join(empty.mapped("name"))))
        loans.check_access("write")
        for loan in loans:
            place = self.env["stock.location"]._ec_goods_of(
                "loan", loan.partner_id.commercial_partner_id, loan.company_id
            )
            loan.sudo().location_id = place  # nobody may write this
        loans.sudo().confirmed = True  # nobody may write this
        pickings = self.env["stock.picking"].create(
            [
                loan._picking_vals(
                    loan.warehouse_id.lot_stock_id,
                    loan.location_id,
                    {line: line.quantity for line in loan.line_ids},
                )
                for loan in loans
            ]
        )
        pickings.action_confirm()
        moves = pickings.move_ids
        for move in moves.filtered("ec_loan_line_id.lot_id"):
            move._ec_take_lot(move.ec_loan_line_id.lot_id)
        moves.filtered(lambda move: not move.ec_loan_line_id.lot_id)._action_assign()
        return True

    def action_cancel(self):
        """Before anything was lent."""
        if lent := self.filtered(lambda loan: any(loan.line_ids.mapped("lent"))):
            raise UserError(self.env._("The goods of %s are lent: take them back.", ", ".join(lent.mapped("name"))))
        self.picking_ids.action_cancel()

    def action_return(self):
        """A draft transfer of all that is still lent and in no transfer; deliver less of it for a partial return."""
        self.ensure_one()
        units = {line: line.open - line._returning() for line in self.line_ids}
        units = {line: quantity for line, quantity in units.items() if line.uom_id.compare(quantity, 0) > 0}
        if not units:
            back = self.picking_ids.filtered(
                lambda picking: picking.location_id == self.location_id and picking.state not in ("done", "cancel")
            )
            if not back:
                raise UserError(self.env._("Nothing of this loan is at the customer."))
            return self._show(back[:1], self.env._("Return"))
        picking = self.env["stock.picking"].create(
            self._picking_vals(self.location_id, self.warehouse_id.lot_stock_id, units)
        )
        picking.action_confirm()
        for move in picking.move_ids.filtered("ec_loan_line_id.lot_id"):
            move._ec_take_lot(move.ec_loan_line_id.lot_id)
        picking.move_ids.filtered(lambda move: not move.ec_loan_line_id.lot_id)._action_assign()
        return self._show(picking, self.env._("Return"))

    def action_sell(self):
        """A quotation of what is not returned; its confirmation books the goods as sold where they lie."""
        self.ensure_one()
        order = self.order_ids.filtered(lambda order: order.state in ("draft", "sent"))[:1]
        if not order:
            units = {line: line.open - line._returning() for line in self.line_ids}
            units = {line: quantity for line, quantity in units.items() if line.uom_id.compare(quantity, 0) > 0}
            if not units:
                raise UserError(self.env._("Nothing of this loan is at the customer, or all of it is being returned."))
            order = self.env["sale.order"].create(self._order_vals(units))
        return self._show(order, self.env._("Sale of a Loan"))

    def action_pickings(self):
        return self._show(self.picking_ids, self.env._("Transfers"))

    def action_orders(self):
        return self._show(self.order_ids, self.env._("Orders"))

    def _show(self, records, name):
        action = {"type": "ir.actions.act_window", "name": name, "res_model": records._name}
        if len(records) == 1:
            return {**action, "res_id": records.id, "views": [(False, "form")]}
        return {**action, "domain": [("id", "in", records.ids)], "views": [(False, "list"), (False, "form")]}

    # === Values === #

    def _picking_vals(self, source, target, units):
        """A transfer of {line: units}."""
        place = {"location_id": source.id, "location_dest_id": target.id, "company_id": self.company_id.id}
        return {
            **place,
            "picking_type_id": self.warehouse_id._ec_operation_type("loan").id,
            "partner_id": self.partner_id.id,
            "origin": self.name,
            "ec_loan_id": self.id,
            "move_ids": [
                Command.create(
                    {
                        **place,
                        "product_id": line.product_id.id,
                        "product_uom_qty": quantity,
                        "product_uom": line.uom_id.id,
                        "origin": self.name,
                        "ec_loan_line_id": line.id,
                    }
                )
                for line, quantity in units.items()
            ],
        }

    def _order_vals(self, units):
        """A quotation of {line: units}."""
        return {
            "partner_id": self.partner_id.id,
            "company_id": self.company_id.id,
            "warehouse_id": self.warehouse_id.id,
            "user_id": self.user_id.id,
            "origin": self.name,
            "ec_loan_id": self.id,
            "ec_goods_at_id": self.location_id.id,
            "order_line": [
                Command.create(
                    {
                        "product_id": line.product_id.id,
                        "product_uom_qty": quantity,
                        "product_uom_id": line.uom_id.id,
                        "ec_lot_id": line.lot_id.id,
                        "ec_loan_line_id": line.id,
                    }
                )
                for line, quantity in units.items()
            ],
        }

    # === Reminders === #

    @api.model
    def _cron_remind(self):
        """Mail whoever must be reminded today; once for each due date, before it and after it."""
        due = self._to_remind(fields.Date.today())
        for kind in REMINDERS:
            loans = self.browse([loan.id for loan, each in due if each == kind])
            if loans:
                self.env["ec.loan.reminder"].create(
                    [{"loan_id": loan.id, "kind": kind, "date_due": loan.date_due} for loan in loans]
                )
                template = self.env.ref(f"ec_consignment.mail_template_loan_{kind}")
                template.send_mail_batch(loans.ids)

    @api.model
    def _to_remind(self, today):
        """[(loan, kind)] of goods at the customer that have not been told yet. A customer without e-mail is not: the loan
        is on the overdue list.
        """
        loans = self.search([("state", "=", "open"), ("line_ids.open", ">", 0), ("partner_id.email", "!=", False)])
        told = {(reminder.loan_id, reminder.kind, reminder.date_due) for reminder in loans.reminder_ids}
        due = [(loan, kind) for loan in loans for kind in REMINDERS if loan._is_time(kind, today)]
        return [(loan, kind) for loan, kind in due if (loan, kind, loan.date_due) not in told]

    def _is_time(self, kind, today):
        before, after = self.company_id.ec_loan_remind_before, self.company_id.ec_loan_remind_after
        if kind == "before":
            return bool(before) and self.date_due - timedelta(days=before) <= today <= self.date_due
        return bool(after) and today >= self.date_due + timedelta(days=after)
