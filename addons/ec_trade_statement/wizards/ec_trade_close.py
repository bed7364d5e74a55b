from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command


class EcTradeClose(models.TransientModel):
    """Close accounts up to a day: first what would be done, then it is done in the background, account by account."""

    _name = "ec.trade.close"
    _description = "Close Accounts"

    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company)
    until = fields.Date("Closing Days until", required=True, default=lambda self: self._yesterday())
    account_ids = fields.Many2many(
        "ec.trade.account",
        string="Customers",
        domain="[('company_id', '=', company_id), ('state', '!=', 'draft'), ('closing_days', '!=', False)]",
        help="Empty: all with a closing day.",
    )
    wanted = fields.Selection(
        [
            ("draft", "Post Invoices, Draft Statements"),
            ("issue", "Post Invoices, Issue Statements"),
            ("send", "Post Invoices, Issue and Mail Statements"),
        ],
        "Make",
        default="draft",
        required=True,
    )
    registration_number = fields.Char(related="company_id.ec_registration_number")
    posts_invoices = fields.Boolean(compute="_compute_line_ids", store=True)
    line_ids = fields.One2many(
        "ec.trade.close.line", "close_id", compute="_compute_line_ids", store=True, readonly=True
    )

    @api.model
    def _yesterday(self):
        zone = self.env.company._ec_zone()
        return fields.Date.context_today(self.with_context(tz=zone)) - timedelta(days=1)

    @api.depends("company_id", "until", "account_ids")
    def _compute_line_ids(self):
        for wizard in self:
            days = wizard._days() if wizard.until else {}
            wizard.line_ids = [Command.clear(), *map(Command.create, wizard._preview(days))]
            wizard.posts_invoices = any(line.billing == "closing" for line in wizard.line_ids)

    def action_close(self):
        self.ensure_one()
        self.env["ec.trade.closing"].check_access("write")
        if self.until > self._yesterday():
            raise UserError(self.env._("A day is closed when it is over: choose yesterday or before."))
        days = self._days()
        if not any(days.values()):
            raise UserError(self.env._("There is nothing to close."))
        # sudo: closings are planned by the system
        rows = self.env["ec.trade.closing"].sudo()._plan(days, self.wanted)
        action = self.env["ir.actions.act_window"]._for_xml_id("ec_trade_statement.ec_trade_closing_action")
        return {**action, "domain": [("id", "in", rows.ids)], "context": {}}

    def _days(self):
        """{account: closing dates}"""
        accounts = self.account_ids._origin or self.env["ec.trade.account"].search(
            [("company_id", "=", self.company_id.id), ("state", "!=", "draft"), ("closing_days", "not in", (False, ""))]
        )
        return accounts._due_closings(self.until)

    def _preview(self, days):
        """Values of lines, without doing anything: of several closings of an account the newest says what would be invoiced."""
        days = {account: dates for account, dates in days.items() if dates}
        accounts = self.env["ec.trade.account"].concat(*days)
        # sudo: what would be invoiced is that of all salespeople
        billed = {
            account: days[account][-1]
            for account in accounts.sudo().filtered(lambda account: account.billing == "closing")
        }
        lines_sudo = self.env["sale.order.line"].sudo()
        due = lines_sudo._ec_due(billed) if billed else {}
        partners = accounts._ledger_partners()
        drafts = accounts._drafts(billed)
        left_out = self._left_out(billed, partners)
        statements = accounts._last_statements()
        by_account = lines_sudo.concat(*due).grouped(lambda line: partners[line.order_partner_id.id].id)
        lines = []
        for account in accounts:
            own = by_account.get(account.id, lines_sudo)
            amounts = [line._ec_amount(due[line], days[account][-1]) for line in own]
            lines.append(
                {
                    "account_id": account.id,
                    "dates": ", ".join(map(str, days[account])),
                    "billing": account.billing,
                    "order_count": len(own.order_id),
                    "to_invoice": sum(amount for amount in amounts if amount > 0),
                    "to_credit": -sum(amount for amount in amounts if amount < 0),
                    "left_out": ", ".join(left_out.get(account.id, lines_sudo).order_id.mapped("name")),
                    "previous": statements[account].amount_due,
                    "problem": self._problem(account, statements[account], drafts.get(account)),
                }
            )
        return lines

    def _problem(self, account, statement, drafts):
        if statement.state == "draft":
            return self.env._("Issue the statement of %(day)s first.", day=statement.date_to)
        return drafts and account._drafts_problem(drafts)

    def _left_out(self, billed, partners):
        """{account id: lines of orders with down payments}"""
        if not billed:
            return {}
        # sudo: what would be invoiced is that of all salespeople
        lines = self.env["sale.order.line"].sudo()
        accounts = self.env["ec.trade.account"].concat(*billed)
        numbers = [number for number, account in partners.items() if account in accounts]
        found = lines._ec_candidates(accounts, numbers, downpaid=True)
        return found.grouped(lambda line: partners[line.order_partner_id.id].id)


class EcTradeCloseLine(models.TransientModel):
    _name = "ec.trade.close.line"
    _description = "What Would Be Closed"

    close_id = fields.Many2one("ec.trade.close", required=True, ondelete="cascade")
    account_id = fields.Many2one("ec.trade.account", "Customer")
    currency_id = fields.Many2one(related="account_id.company_id.currency_id")
    dates = fields.Char("Closing Dates")
    billing = fields.Selection(related="account_id.billing")
    order_count = fields.Integer("Orders")
    to_invoice = fields.Monetary("To Invoice", help="Without tax.")
    to_credit = fields.Monetary("To Credit", help="Without tax.")
    left_out = fields.Char("Orders Left Out", help="They have a down payment: invoice them by hand.")
    previous = fields.Monetary("Last Statement")
    problem = fields.Char("Parks Because")
