from datetime import date, datetime

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain

from ..closing import closings, days_of, end_of, first_day
from .res_company import ROUNDING


class EcTradeAccount(models.Model):
    """How an account is billed. The head company pays for its branches."""

    _inherit = "ec.trade.account"

    billing = fields.Selection(
        [("closing", "One Invoice per Closing"), ("each", "Invoices as They Come")],
        default="each",
        required=True,
        tracking=True,
        help="One invoice per closing: what was delivered and not invoiced by the closing day. Else the statement lists the invoices.",
    )
    closing_days = fields.Char(
        "Closing Day",
        tracking=True,
        help="1 to 31, 31 is the end of the month; several like 10, 20, 31. Empty: no statements.",
    )
    closing_start = fields.Date(
        "Billed since",
        compute="_compute_closing_start",
        store=True,
        readonly=False,
        tracking=True,
        help="Closing days before are not closed, and deliveries before are not billed by closings. "
        "Empty: the first day of the running period.",
    )
    tax_rounding = fields.Selection(ROUNDING, tracking=True, help="Empty: as the company does.")
    statement_ids = fields.One2many("ec.trade.statement", "account_id", "Statements")

    @api.depends("billing", "closing_days")
    def _compute_closing_start(self):
        for account in self:
            days = account._days()
            if days and not account.closing_start:
                zone = account.company_id._ec_zone()
                account.closing_start = first_day(days, fields.Date.context_today(account.with_context(tz=zone)))

    def _days(self):
        """The closing days, none if they cannot be read."""
        try:
            return days_of(self.closing_days)
        except ValueError:
            return []

    @api.constrains("closing_days", "billing", "closing_start")
    def _check_closing_days(self):
        for account in self:
            try:
                days = days_of(account.closing_days)
                if account.billing == "closing" and not days:
                    raise ValidationError(
                        self.env._(
                            "%(customer)s: one invoice per closing needs a closing day.", customer=account.display_name
                        )
                    )
                if days and not account.closing_start:
                    raise ValidationError(
                        self.env._("%(customer)s: say since when it is billed.", customer=account.display_name)
                    )
            except ValueError as error:
                raise ValidationError(
                    self.env._("A closing day is a number from 1 to 31, not %(text)s.", text=account.closing_days)
                ) from error

    def action_view_statements(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("ec_trade_statement.ec_trade_statement_action")
        return {**action, "domain": [("account_id", "=", self.id)]}

    @api.model
    def _of_partners(self, partners, company):
        """{partner: account in force} of contacts and branches; superuser. Who belongs to none is left out."""
        # sudo: asked for invoices and orders of whoever makes them
        partners = partners.sudo()
        paths = {partner: partner._ec_ancestors().ids for partner in partners}
        accounts = self.sudo().search(
            [
                ("company_id", "=", company.id),
                ("state", "!=", "draft"),
                ("partner_id", "in", [number for path in paths.values() for number in path]),
            ]
        )
        by_head = {account.partner_id.id: account for account in accounts}
        found = ((partner, next((by_head[n] for n in path if n in by_head), None)) for partner, path in paths.items())
        return {partner.id: account for partner, account in found if account}

    def _ledger_partners(self):
        """{partner id: account} of all contacts and branches, archived ones too; superuser."""
        partners = (
            self.env["res.partner"]
            # sudo: a balance is of the whole account, whoever asks
            .sudo()
            .with_context(active_test=False)
            .search([("id", "child_of", self.partner_id.ids)])
        )
        by_head = {account.partner_id.id: account for account in self}
        return {
            partner.id: by_head[next(n for n in partner._ec_ancestors().ids if n in by_head)] for partner in partners
        }

    def _ledger(self, company, partner_ids):
        """Posted journal items that make up what these partners owe."""
        return (
            Domain("company_id", "=", company.id)
            & Domain("parent_state", "=", "posted")
            & Domain("account_id.account_type", "=", "asset_receivable")
            & Domain("partner_id", "in", partner_ids)
        )

    def _balances(self, company, until=None):
        """{account: what it owes}, counting entries until a date (all: None), in the company's currency; superuser."""
        partners = self._ledger_partners()
        domain = self._ledger(company, list(partners))
        if until:
            domain &= Domain("date", "<=", until)
        totals = dict.fromkeys(self, 0.0)
        # sudo: a balance is of the whole account, whoever asks
        for partner, balance in (
            self.env["account.move.line"].sudo()._read_group(domain, ["partner_id"], ["balance:sum"])
        ):
            totals[partners[partner.id]] += balance
        return {account: company.currency_id.round(total) for account, total in totals.items()}

    def _open_items(self):
        """Journal items of this account that are not settled; their residuals make up what it owes. Superuser."""
        self.ensure_one()
        # sudo: a balance is of the whole account, whoever asks
        items = self.env["account.move.line"].sudo()
        domain = self._ledger(self.company_id, list(self._ledger_partners())) & Domain("amount_residual", "!=", 0)
        return items.search(domain, order="date_maturity, date, id")

    def _last_statements(self):
        """{account: its newest statement that is not cancelled}; superuser."""
        # sudo: whoever plans closings may see fewer statements
        statements = self.env["ec.trade.statement"].sudo()
        found = statements.search(
            [("account_id", "in", self.ids), ("state", "!=", "cancelled")], order="account_id, date_to desc"
        )
        newest = {}
        for statement in found:
            newest.setdefault(statement.account_id, statement)
        return {account: newest.get(account, statements) for account in self}

    def _due_closings(self, until):
        """{account: closing dates until a date that have no statement and are not skipped}; those of the past only after a
        first statement, and none before the account's start.
        """
        # sudo: whoever plans closings may see fewer of them
        rows = self.env["ec.trade.closing"].sudo()
        skipped = {
            (row.account_id, row.date_to)
            for row in rows.search([("account_id", "in", self.ids), ("state", "=", "skipped")])
        }
        return {
            account: [
                day
                for day in closings(days_of(account.closing_days), statement.date_to or None, until)
                if (not account.closing_start or day >= account.closing_start) and (account, day) not in skipped
            ]
            for account, statement in self._last_statements().items()
        }

    def _period_start(self, last, previous):
        """The first day of the period that ends with `last`: after the previous statement, if there is one."""
        if previous:
            return fields.Date.add(previous.date_to, days=1)
        return max(first_day(days_of(self.closing_days), last), self.closing_start or date.min)

    def _cutoff(self, last):
        """The first instant after a day of the seller, UTC."""
        return end_of(last, self.company_id._ec_zone())

    def _started(self):
        """The first instant of the account's start, UTC; deliveries before are not billed by closings."""
        if not self.closing_start:
            return datetime.min
        return end_of(fields.Date.subtract(self.closing_start, days=1), self.company_id._ec_zone())

    def _drafts(self, days):
        """{account: draft invoices and credit notes} dated by its day or undated, for {account: day} of one company; superuser."""
        if not days:
            return {}
        accounts = self.concat(*days)
        partners = accounts._ledger_partners()
        # sudo: an account is billed whole, whoever asks
        drafts = (
            self.env["account.move"]
            .sudo()
            .search(
                [
                    ("state", "=", "draft"),
                    ("move_type", "in", ("out_invoice", "out_refund")),
                    ("company_id", "=", accounts.company_id.id),
                    ("partner_id", "in", list(partners)),
                ]
            )
        )
        found = dict.fromkeys(days, drafts.browse())
        for move in drafts:
            account = partners[move.partner_id.id]
            if not move.invoice_date or move.invoice_date <= days[account]:
                found[account] |= move
        return found

    def _drafts_problem(self, drafts):
        names = ", ".join(drafts[:5].mapped("display_name"))
        return self.env._("Post or delete these draft invoices first: %(names)s", names=names)

    def _terms_vals(self):
        """What an invoice takes from the account, if the account says it."""
        return {"invoice_payment_term_id": self.payment_term_id.id} if self.payment_term_id else {}

    def _date_due(self, last):
        """When a statement that ends on a day is to be paid: the last day of the payment terms, reckoned from there."""
        terms = self.payment_term_id or self.partner_id.with_company(self.company_id).property_payment_term_id
        return max((line._get_due_date(last) for line in terms.line_ids), default=last)
