from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

# What people write themselves; the rest is written by buttons and closings
HAND_FIELDS = {"cancel_reason", "message_main_attachment_id"}
# What may change after a statement was issued
OPEN_FIELDS = {"state", "cancel_reason", "issued_at", "mailed_at", "closing_id", "message_main_attachment_id"}


class EcTradeStatement(models.Model):
    """What an account and its branches owe on a closing day, and how it came to that; fixed once it is issued.

    Amounts are in the company's currency. previous balance + adjustment + other + invoices - payments - credit notes is what
    accounting says the customer owes on `date_to`.
    """

    _name = "ec.trade.statement"
    _inherit = ["mail.thread"]
    _description = "Trade Statement"
    _order = "date_to desc, id desc"

    name = fields.Char("Number", readonly=True, copy=False, index="trigram")
    account_id = fields.Many2one(
        "ec.trade.account", "Customer", required=True, readonly=True, index=True, ondelete="restrict"
    )
    partner_id = fields.Many2one(related="account_id.partner_id")
    company_id = fields.Many2one(related="account_id.company_id", store=True, index=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    closing_id = fields.Many2one("ec.trade.closing", readonly=True, index="btree_not_null", ondelete="set null")
    previous_id = fields.Many2one("ec.trade.statement", "Previous Statement", readonly=True, index="btree_not_null")
    replaces_id = fields.Many2one("ec.trade.statement", "Replaces", readonly=True, index="btree_not_null")
    date_from = fields.Date("From", required=True, readonly=True)
    date_to = fields.Date("Closing Date", required=True, readonly=True)
    date_due = fields.Date("Due", readonly=True)
    state = fields.Selection(
        [("draft", "Draft"), ("issued", "Issued"), ("cancelled", "Cancelled")],
        default="draft",
        required=True,
        readonly=True,
        tracking=True,
    )
    previous_balance = fields.Monetary(readonly=True)
    adjustment = fields.Monetary(
        "Adjustments of Earlier Periods",
        readonly=True,
        help="What was booked with a date of an earlier period after that period's statement was made.",
    )
    payment_total = fields.Monetary("Payments Received", readonly=True)
    other_total = fields.Monetary(
        "Other Entries", readonly=True, help="Neither invoices nor payments: offsets, write-offs."
    )
    carried_over = fields.Monetary(readonly=True)
    invoice_total = fields.Monetary("Invoices", readonly=True, help="With tax.")
    credit_total = fields.Monetary("Credit Notes", readonly=True, help="With tax.")
    amount_due = fields.Monetary("Total Now Due", readonly=True)
    line_ids = fields.One2many("ec.trade.statement.line", "statement_id", "Lines", readonly=True)
    tax_ids = fields.One2many("ec.trade.statement.tax", "statement_id", "Tax per Rate", readonly=True)
    issued_at = fields.Datetime(readonly=True, copy=False)
    mailed_at = fields.Datetime(readonly=True, copy=False)
    cancel_reason = fields.Char(
        "Reason", copy=False, tracking=True, help="Why it is cancelled. Customers do not see it."
    )

    _period_uniq = models.UniqueIndex(
        "(account_id, date_to) WHERE state != 'cancelled'", "There is a statement of this account and day already."
    )

    @api.depends("name", "account_id", "date_to")
    def _compute_display_name(self):
        for statement in self:
            statement.display_name = statement.name or self.env._(
                "Draft %(customer)s %(day)s", customer=statement.account_id.name or "", day=statement.date_to or ""
            )

    def write(self, vals):
        if not self.env.su and not vals.keys() <= HAND_FIELDS:
            raise AccessError(self.env._("Statements are not changed by hand. Use the buttons."))
        if not vals.keys() <= OPEN_FIELDS and any(statement.state != "draft" for statement in self):
            raise UserError(
                self.env._(
                    "A statement that was issued does not change. Cancel it, with the reason, and issue another."
                )
            )
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_issued(self):
        if any(statement.state != "draft" for statement in self):
            raise UserError(self.env._("A statement that was issued is not deleted. Cancel it, with the reason."))

    # ---- buttons

    def action_refresh(self):
        self.check_access("write")
        # sudo: lines and figures are written by nobody by hand
        self.sudo().filtered(lambda statement: statement.state == "draft")._figure()

    def action_issue(self):
        self.check_access("write")
        # sudo: figures are written by nobody by hand
        self.sudo()._issue()

    def action_send(self):
        self.check_access("write")
        # sudo: buyers and mails are not the clerk's
        self.sudo()._send()

    def action_cancel(self):
        self.check_access("write")
        # sudo: whether a later statement exists is asked of all
        self.sudo()._cancel()

    def action_reissue(self):
        """Cancel, and close the same day anew: what was delivered or booked late for it comes in."""
        self.check_access("write")
        # sudo: closings are planned by the system
        statements = self.sudo()
        statements._cancel()
        rows = statements.closing_id
        rows.write({"state": "todo", "reason": False})
        self.env.ref("ec_trade_statement.cron_close")._trigger()

    def action_view_entries(self):
        """The journal items of the period that make up the figures."""
        self.ensure_one()
        # sudo: the domain only; the list is read with the reader's rights
        account = self.sudo().account_id
        domain = account._ledger(self.company_id, list(account._ledger_partners()))
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Journal Items"),
            "res_model": "account.move.line",
            "view_mode": "list,form",
            "domain": [*domain, ("date", ">=", self.date_from), ("date", "<=", self.date_to)],
        }

    def action_print(self):
        return self.env.ref("ec_trade_statement.action_report_statement").report_action(self)

    def _addressee(self):
        """The customer as addressed on paper, in the language of the context."""
        return self.env._("To %(customer)s", customer=self.partner_id.name)

    # ---- life

    def _issue(self):
        """Number drafts and fix their figures, as they are now; superuser."""
        drafts = self.filtered(lambda statement: statement.state == "draft")
        drafts._figure()
        for statement in drafts.sorted(lambda statement: (statement.date_to, statement.id)):
            sequence = self.env["ir.sequence"].with_company(statement.company_id)
            statement.name = sequence.next_by_code("ec.trade.statement", sequence_date=statement.date_to)
        drafts.write({"state": "issued", "issued_at": fields.Datetime.now()})

    def _cancel(self):
        newest = self.account_id._last_statements()
        for statement in self:
            if statement.state != "issued":
                raise UserError(
                    self.env._("Only an issued statement is cancelled. A draft is computed anew, or deleted.")
                )
            if not (statement.cancel_reason or "").strip():
                raise UserError(self.env._("Write first why it is cancelled."))
            if newest[statement.account_id] != statement:
                raise UserError(
                    self.env._(
                        "There is a later statement of %(customer)s. Cancel that one first.",
                        customer=statement.account_id.name,
                    )
                )
        self.write({"state": "cancelled"})

    def _recipients(self):
        """Contacts who get the statement: buyers who may see it, else the customer's own address; superuser."""
        self.ensure_one()
        buyers = self.account_id.buyer_ids.filtered(lambda buyer: buyer._sees_statements() and buyer.email)
        return buyers.partner_id or self.partner_id.filtered("email")

    def _send(self):
        """Mail issued statements with the PDF, each once; superuser."""
        due = self.filtered(lambda statement: statement.state == "issued" and not statement.mailed_at)
        due = due.filtered(lambda statement: statement._recipients())
        template = self.env.ref("ec_trade_statement.mail_template_statement")
        template.send_mail_batch(due.ids, force_send=False)
        due.write({"mailed_at": fields.Datetime.now()})
        return due


class EcTradeBuyer(models.Model):
    _inherit = "ec.trade.buyer"

    def _sees_statements(self):
        """A statement is of the whole account: whose branches do not take in the head company sees none; superuser."""
        self.ensure_one()
        covers = self.all_branches or self.account_id.partner_id in self.branch_ids
        return covers and self._may("can_see_invoices") and self._may("can_see_prices")
