import logging
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

_logger = logging.getLogger(__name__)

LOT = 20


class EcTradeClosing(models.Model):
    """One closing day of one account: to do, done, parked with the reason, or skipped by somebody with theirs.

    A row is done in one transaction with its invoice and statement, and there is one a day and account: run again or killed in
    between, nothing is missed and nothing doubled.
    """

    _name = "ec.trade.closing"
    _description = "Closing"
    _order = "date_to desc, id desc"
    _rec_name = "account_id"

    account_id = fields.Many2one(
        "ec.trade.account", "Customer", required=True, readonly=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="account_id.company_id", store=True)
    date_to = fields.Date("Closing Date", required=True, readonly=True)
    wanted = fields.Selection(
        [("draft", "Draft Statement"), ("issue", "Issue"), ("send", "Issue and Mail")],
        "Make",
        default="draft",
        required=True,
        readonly=True,
    )
    state = fields.Selection(
        [("todo", "To Do"), ("parked", "Parked"), ("skipped", "Skipped"), ("done", "Done")],
        default="todo",
        required=True,
        readonly=True,
        index=True,
    )
    reason = fields.Text(readonly=True, help="Why it is parked, or skipped.")
    done_at = fields.Datetime(readonly=True)
    move_ids = fields.One2many("account.move", "ec_closing_id", "Invoices", readonly=True)
    statement_ids = fields.One2many("ec.trade.statement", "closing_id", "Statements", readonly=True)

    _account_day_uniq = models.Constraint("UNIQUE (account_id, date_to)", "This closing exists already.")

    def write(self, vals):
        if not self.env.su:
            raise AccessError(self.env._("Closings are not changed by hand. Use the buttons."))
        return super().write(vals)

    def action_retry(self):
        self.check_access("write")
        # sudo: rows are written by nobody by hand
        rows = self.sudo().filtered(lambda row: row.state in ("parked", "skipped"))
        rows.write({"state": "todo", "reason": False})
        rows._wake()

    def action_skip(self):
        """Ask for the reason."""
        self.check_access("write")
        action = self.env["ir.actions.act_window"]._for_xml_id("ec_trade_statement.ec_trade_skip_action")
        return {**action, "context": {"default_closing_ids": self.ids}}

    def _skip(self, reason):
        """Leave parked closings out for good: what they would have billed comes with the next one; superuser."""
        if any(row.state != "parked" for row in self):
            raise UserError(self.env._("Only a parked closing is skipped."))
        self.write({"state": "skipped", "reason": reason})

    def action_view_statements(self):
        action = self.env["ir.actions.act_window"]._for_xml_id("ec_trade_statement.ec_trade_statement_action")
        return {**action, "domain": [("closing_id", "in", self.ids)]}

    @api.model
    def _plan(self, days, wanted):
        """Rows to do for {account: closing dates}; done and skipped ones stay, parked ones and those without a statement are
        done again. Superuser.
        """
        rows = self.search([("account_id", "in", [account.id for account in days])])
        there = {(row.account_id, row.date_to): row for row in rows}
        named = [(account, day) for account, dates in days.items() for day in dates]
        again = self.concat(*(there[key] for key in named if key in there)).filtered(lambda row: not row._is_done())
        again.write({"state": "todo", "reason": False, "wanted": wanted})
        new = self.create(
            [
                {"account_id": account.id, "date_to": day, "wanted": wanted}
                for account, day in named
                if (account, day) not in there
            ]
        )
        if again | new:
            self._wake()
        return again | new

    @api.model
    def _wake(self):
        self.env.ref("ec_trade_statement.cron_close")._trigger()

    def _is_done(self):
        made = self.state == "done" and any(statement.state != "cancelled" for statement in self.statement_ids)
        return made or self.state == "skipped"

    @api.model
    def _cron_close(self):
        lane = self.env["ec.lane"]
        lane._run(self._plan_due)
        # where time ran out, the rest does not wait for tomorrow
        if lane._run(self._work) and self.search_count([("state", "=", "todo")], limit=1):
            self._wake()

    @api.model
    def _plan_due(self):
        """Closings of the day before and earlier that no row stands for, of companies that close by themselves."""
        planned = 0
        for company in self.env["res.company"].search([("ec_closing_auto", "!=", "no")]):
            accounts = self.env["ec.trade.account"].search(
                [("company_id", "=", company.id), ("state", "!=", "draft"), ("closing_days", "not in", (False, ""))]
            )
            yesterday = fields.Date.context_today(self.with_context(tz=company._ec_zone())) - timedelta(days=1)
            known = {(row.account_id, row.date_to) for row in self.search([("account_id", "in", accounts.ids)])}
            days = {
                account: [day for day in dates if (account, day) not in known]
                for account, dates in accounts._due_closings(yesterday).items()
            }
            planned += len(self._plan(days, company.ec_closing_auto))
        return planned

    @api.model
    def _work(self):
        """Do some rows; answers how many. An account's closings are done one after the other."""
        locked = self.search([("state", "=", "todo")], order="date_to, id").try_lock_for_update(limit=LOT)
        lot = self.concat(*(rows[:1] for rows in locked.sorted("date_to").grouped("account_id").values()))
        waiting = self.search([("state", "=", "todo"), ("account_id", "in", lot.account_id.ids)])
        first = {account: min(rows.mapped("date_to")) for account, rows in waiting.grouped("account_id").items()}
        lot = lot.filtered(lambda row: row.date_to == first[row.account_id])
        for company, rows in lot.grouped("company_id").items():
            rows = rows.with_company(company)
            self.env["ec.lane"]._halving(
                rows, lambda rows: rows._close(), lambda row, error, trace: row._park(error, trace)
            )
        return len(lot)

    def _park(self, error, trace):
        _logger.info("closing of %s on %s parked: %s", self.account_id.name, self.date_to, trace)
        self.write({"state": "parked", "reason": str(error)})

    def _close(self):
        """Invoice what is due, make the statements; rows of one company, superuser."""
        previous = self._check_previous()
        self._bill()
        statements = self.env["ec.trade.statement"].create(
            [
                {
                    "closing_id": row.id,
                    "account_id": row.account_id.id,
                    "date_from": row.account_id._period_start(row.date_to, previous[row.account_id]),
                    "date_to": row.date_to,
                    "previous_id": previous[row.account_id].id,
                    "replaces_id": row.statement_ids[:1].id,
                }
                for row in self
            ]
        )
        statements._figure()
        self.write({"state": "done", "reason": False, "done_at": fields.Datetime.now()})
        issued = statements.filtered(lambda statement: statement.closing_id.wanted != "draft")
        issued._issue()
        issued.filtered(lambda statement: statement.closing_id.wanted == "send")._send()

    def _check_previous(self):
        """{account: its last statement}, if that is issued and before this closing, and nothing before it is parked."""
        previous = self.account_id._last_statements()
        company = self.company_id
        if not company._ec_own_zone():
            raise UserError(
                self.env._(
                    "When does a day end? Set the time zone of %(company)s on its contact.", company=company.name
                )
            )
        parked = self.search([("state", "=", "parked"), ("account_id", "in", self.account_id.ids)])
        for row in self:
            statement = previous[row.account_id]
            start = row.account_id.closing_start
            if start and row.date_to < start:
                raise UserError(self.env._("This customer is billed since %(day)s only.", day=start))
            if statement.state == "draft":
                raise UserError(self.env._("Issue the statement of %(day)s first.", day=statement.date_to))
            if statement and statement.date_to >= row.date_to:
                raise UserError(
                    self.env._(
                        "There is a statement of %(day)s, which is not before this closing.", day=statement.date_to
                    )
                )
            if earlier := parked.filtered(
                lambda other, row=row: other.account_id == row.account_id and other.date_to < row.date_to
            ):
                raise UserError(self.env._("The closing of %(day)s is parked.", day=earlier[0].date_to))
        return previous

    @api.model
    def _check_drafts(self, days):
        """Goods in a draft invoice would be neither billed nor on the statement."""
        for account, drafts in self.env["ec.trade.account"]._drafts(days).items():
            if drafts:
                raise UserError(account._drafts_problem(drafts))

    def _bill(self):
        """One invoice, and one credit note, of each account that is billed by closing; posted, dated on the closing day."""
        rows = {row.account_id: row for row in self if row.account_id.billing == "closing"}
        if not rows:
            return
        self._check_drafts({account: row.date_to for account, row in rows.items()})
        due = self.env["sale.order.line"]._ec_due({account: row.date_to for account, row in rows.items()})
        lines = self.env["sale.order.line"]
        moves = lines._ec_invoice({line: quantity for line, quantity in due.items() if quantity > 0}, False)
        moves |= lines._ec_invoice({line: quantity for line, quantity in due.items() if quantity < 0}, True)
        accounts = self.env["ec.trade.account"]._of_partners(moves.partner_id, self.company_id)
        for account, own in moves.grouped(lambda move: accounts[move.partner_id.id]).items():
            own.write(
                {"ec_closing_id": rows[account].id, "invoice_date": rows[account].date_to, **account._terms_vals()}
            )
        moves.action_post()
        for move in moves:
            if move.date > move.ec_closing_id.date_to:
                raise UserError(
                    self.env._(
                        "Accounting is closed for %(day)s: the invoice cannot have this date.",
                        day=move.ec_closing_id.date_to,
                    )
                )
