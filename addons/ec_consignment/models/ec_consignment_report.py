from datetime import datetime, time

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command

from ..buttons import by_hand, defaults
from .ec_consignment import _said

FIXED = {
    "agreement_id",
    "key",
    "date_from",
    "date_to",
    "date",
    "source",
    "corrects_id",
    "line_ids",
    "state",
    "order_id",
}
# Written by settling alone
SETTLED = {"state", "order_id"}


class EcConsignmentReport(models.Model):
    """What a customer says was sold, or a correction of that: units that were not sold after all."""

    _name = "ec.consignment.report"
    _description = "Sell-Through Report"
    _inherit = ["mail.thread"]
    _order = "date desc, id desc"
    _check_company_auto = True

    name = fields.Char(string="Number", readonly=True, copy=False, default="/")
    agreement_id = fields.Many2one(
        "ec.consignment", string="Agreement", required=True, index=True, ondelete="restrict", check_company=True
    )
    partner_id = fields.Many2one(related="agreement_id.partner_id", store=True, index=True)
    company_id = fields.Many2one(related="agreement_id.company_id", store=True, index=True)
    key = fields.Char(
        string="Customer's Report No.",
        copy=False,
        help="What identifies the report at the customer: the same number is not taken twice.",
    )
    source = fields.Selection(
        [("manual", "Back Office"), ("file", "File"), ("portal", "Portal")],
        required=True,
        default="manual",
        readonly=True,
        copy=False,
    )
    date_from = fields.Date(string="Sold from", compute="_compute_period", store=True, readonly=False, precompute=True)
    date_to = fields.Date(string="Sold until", compute="_compute_period", store=True, readonly=False, precompute=True)
    date = fields.Date(
        string="Report Date",
        required=True,
        default=fields.Date.context_today,
        help="Prices are those of this day, and it is the day of the invoice.",
    )
    state = fields.Selection(
        [("draft", "Draft"), ("done", "Settled")],
        default="draft",
        required=True,
        readonly=True,
        copy=False,
        tracking=True,
    )
    corrects_id = fields.Many2one(
        "ec.consignment.report",
        string="Corrects",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
    )
    correction_ids = fields.One2many("ec.consignment.report", "corrects_id", string="Corrections")
    line_ids = fields.One2many("ec.consignment.report.line", "report_id", string="Lines")
    order_id = fields.Many2one("sale.order", readonly=True, copy=False, index="btree_not_null", ondelete="restrict")
    invoice_ids = fields.One2many("account.move", "ec_consignment_report_id", string="Invoices")
    picking_ids = fields.One2many("stock.picking", "ec_consignment_report_id", string="Transfers")
    has_errors = fields.Boolean(compute="_compute_has_errors")

    _key_unique = models.UniqueIndex(
        "(agreement_id, key) WHERE key IS NOT NULL", "A report of this number was taken from this customer already."
    )
    _dates_order = models.Constraint(
        "CHECK (date_from IS NULL OR date_to IS NULL OR date_from <= date_to)", "A period ends after it begins."
    )

    # === Computed === #

    @api.depends("agreement_id")
    def _compute_period(self):
        for report in self:
            if report.agreement_id and not report.date_to:
                report.date_from, report.date_to = report.agreement_id._period()

    @api.depends("line_ids.error")
    def _compute_has_errors(self):
        for report in self:
            report.has_errors = any(report.line_ids.mapped("error"))

    # === CRUD === #

    @api.model_create_multi
    def create(self, vals_list):
        sequence = self.env["ir.sequence"]
        self._check_settled([*vals_list, defaults(self.env)])
        for vals in vals_list:
            vals["key"] = (vals.get("key") or "").strip() or False
            vals["name"] = sequence.next_by_code("ec.consignment.report") or "/"
        return super().create(vals_list)

    def write(self, vals):
        self._check_settled([vals])
        if FIXED & vals.keys():
            self._check_open()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_only_open(self):
        self._check_open()

    def _check_settled(self, vals_list):
        if by_hand(self.env, SETTLED, vals_list):
            raise AccessError(self.env._("A report is settled by its button."))

    def _check_open(self):
        if settled := self.filtered(lambda report: report.state == "done"):
            raise UserError(
                self.env._("%s is settled and stays as it is: enter a correction.", ", ".join(settled.mapped("name")))
            )

    def _said(self):
        return _said(
            [
                {"product_id": line.product_id.id, "lot_id": line.lot_id.id, "quantity": line.quantity}
                for line in self.line_ids
            ]
        )

    # === Settling === #

    def action_settle(self):
        """Book what was reported: delivery, order and invoice, or return and credit note. All or nothing."""
        self.check_access("write")
        self.agreement_id._lock()
        reports = self.filtered(lambda report: report.state == "draft")
        if reports:
            reports._check_lines()
            reports.filtered(lambda report: not report.corrects_id)._settle_sales()
            reports.filtered("corrects_id")._settle_corrections()
            reports.sudo().state = "done"  # nobody may write this
            # who settles need not be allowed to change the agreement
            reports.agreement_id.sudo().settled_at = fields.Datetime.now()
        return True

    def _check_lines(self):
        self.line_ids.invalidate_recordset(["limit", "error"])
        empty = self.filtered(lambda report: not any(report.line_ids.mapped("quantity")))
        problems = [self.env._("%s has no quantities.", report.name) for report in empty]
        problems += [f"{line.product_id.display_name}: {line.error}" for line in self.line_ids if line.error]
        if problems:
            raise UserError("\n".join(problems))

    def _settle_sales(self):
        if not self:
            return
        # who settles needs no rights on orders and invoices of the customer's salesperson
        orders = self.env["sale.order"].sudo().create([report._order_vals() for report in self])
        orders.action_confirm()
        if waiting := orders.filtered(lambda order: order.state != "sale"):
            raise UserError(
                self.env._(
                    "Nothing is settled: the orders of %s could not be confirmed.", ", ".join(waiting.mapped("origin"))
                )
            )
        for report, order in zip(self, orders, strict=True):
            order.date_order = report._moment()
            for line, sold in zip(report.line_ids, order.order_line, strict=True):
                line.sale_line_id = sold
            order.picking_ids.ec_consignment_report_id = report
            report.sudo().order_id = order  # nobody may write this
            report._invoice()

    def _settle_corrections(self):
        for report in self:
            report._take_back()
            report.sudo().order_id = report.corrects_id.order_id  # nobody may write this
            report._invoice()

    def _invoice(self):
        """Invoice or credit what this report delivered or took back; a draft, for accounting to post."""
        # who settles needs no rights on orders; where a draft invoice was deleted there may be nothing to credit
        order = self.sudo().order_id.with_context(raise_if_nothing_to_invoice=False)
        invoices = order._create_invoices(final=True)
        invoices.write({"ec_consignment_report_id": self.id, "invoice_date": self.date})

    def _order_vals(self):
        self.ensure_one()
        agreement = self.agreement_id
        vals = {
            "partner_id": agreement.partner_id.id,
            "company_id": agreement.company_id.id,
            "warehouse_id": agreement.warehouse_id.id,
            "user_id": agreement.user_id.id,
            "date_order": self._moment(),
            "origin": self.name,
            "client_order_ref": self.key,
            "ec_goods_at_id": agreement.location_id.id,
            "order_line": [Command.create(line._order_line_vals()) for line in self.line_ids],
        }
        if agreement.pricelist_id:
            vals["pricelist_id"] = agreement.pricelist_id.id
        return vals

    def _moment(self):
        """Midday of the report's day: that day in every time zone from -12 to +11."""
        return datetime.combine(self.date, time(12))

    # === Correcting === #

    def _take_back(self):
        """Back to where the goods lie, at the cost and in the lots they left with."""
        lines = self.line_ids.filtered("quantity")
        original = lines.corrects_line_id.report_id
        sold_from, sold_to = original.picking_ids.location_id, original.picking_ids.location_dest_id
        # who corrects needs no rights on orders of the customer's salesperson
        picking = (
            self.env["stock.picking"]
            .sudo()
            .create(
                {
                    "picking_type_id": self.agreement_id.warehouse_id.in_type_id.id,
                    "partner_id": self.partner_id.id,
                    "origin": self.name,
                    "company_id": self.company_id.id,
                    "location_id": sold_to.id,
                    "location_dest_id": sold_from.id,
                    "ec_consignment_report_id": self.id,
                    "move_ids": [Command.create(line._return_vals(sold_to, sold_from)) for line in lines],
                }
            )
        )
        picking.move_ids._action_confirm(merge=False)
        for move, line in zip(picking.move_ids, lines, strict=True):
            move.quantity = line.quantity
            if line.lot_id:
                move.move_line_ids.lot_id = line.lot_id
        picking.move_ids.picked = True
        picking._action_done()

    def action_correct(self):
        """A draft correction of this report: enter what was not sold after all."""
        self.ensure_one()
        if self.state != "done" or self.corrects_id:
            raise UserError(self.env._("Only a settled report is corrected, by as many corrections as needed."))
        draft = self.correction_ids.filtered(lambda report: report.state == "draft")[:1]
        return self._form(draft or self._correction(), self.env._("Correction"))

    def _correction(self):
        lines = self.line_ids._correction_vals()
        if not lines:
            raise UserError(self.env._("Nothing of %s is left to correct: all of it came back.", self.name))
        return self.create(
            {
                "agreement_id": self.agreement_id.id,
                "corrects_id": self.id,
                "date_from": self.date_from,
                "date_to": self.date_to,
                "line_ids": [Command.create(vals) for vals in lines],
            }
        )

    # === Actions === #

    def action_order(self):
        return self._form(self.order_id, self.env._("Order"))

    def action_pickings(self):
        return self._list(self.picking_ids, self.env._("Transfers"))

    def action_invoices(self):
        return self._list(self.invoice_ids, self.env._("Invoices"))

    def action_corrections(self):
        return self._list(self.correction_ids, self.env._("Corrections"))

    def _form(self, record, name):
        return {
            "type": "ir.actions.act_window",
            "name": name,
            "res_model": record._name,
            "res_id": record.id,
            "views": [(False, "form")],
        }

    def _list(self, records, name):
        if len(records) == 1:
            return self._form(records, name)
        return {
            "type": "ir.actions.act_window",
            "name": name,
            "res_model": records._name,
            "domain": [("id", "in", records.ids)],
            "views": [(False, "list"), (False, "form")],
        }
