from collections import defaultdict
from datetime import date, timedelta

from odoo import api, fields, models


class EcTradeApprovalNotice(models.Model):
    """A mail about an order that waits: a row for each, written with it, so that none is sent twice."""

    _name = "ec.trade.approval.notice"
    _description = "Mail about an Approval"
    _order = "id desc"

    order_id = fields.Many2one("sale.order", required=True, readonly=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="order_id.company_id", store=True)
    buyer_id = fields.Many2one("ec.trade.buyer", "Told", required=True, readonly=True, index=True, ondelete="cascade")
    kind = fields.Selection(
        [("request", "Request"), ("reminder", "Reminder"), ("approved", "Approved"), ("rejected", "Rejected")],
        required=True,
        readonly=True,
    )
    key = fields.Char(required=True, readonly=True, help="Of a reminder the day, else what it is about.")
    day = fields.Date(required=True, readonly=True)

    _once = models.UniqueIndex("(order_id, buyer_id, kind, key)")

    @api.model
    def _send(self, wanted):
        """Write a notice for each (order, buyer, kind, key) that has none yet, with its mail; superuser."""
        # sudo: buyers cause mails and have no rights on this table
        Notice = self.sudo()
        wanted = {row: None for row in wanted if row[1].email}
        if not wanted:
            return Notice
        there = Notice.search([("order_id", "in", [order.id for order, *_rest in wanted])])
        known = {(one.order_id, one.buyer_id, one.kind, one.key) for one in there}
        notices = Notice.create(
            [
                {
                    "order_id": order.id,
                    "buyer_id": buyer.id,
                    "kind": kind,
                    "key": key,
                    "day": buyer.account_id._approval_day(),
                }
                for order, buyer, kind, key in wanted
                if (order, buyer, kind, key) not in known
            ]
        )
        for kind, own in notices.grouped("kind").items():
            template = self.env.ref(f"ec_trade_approval.mail_template_{kind}")
            # sudo: the mail is about what its reader may decide
            template.sudo().send_mail_batch(own.ids)
        return notices

    @api.model
    def _cron_remind(self):
        """Remind who was asked, and not reminded, for as many days as the account says; once a day whatever happens."""
        waiting = self.env["ec.trade.approval"].search(
            [("state", "=", "waiting"), ("account_id.approval_remind_days", ">", 0), ("order_id.state", "!=", "cancel")]
        )
        told = defaultdict(lambda: date.min)
        for notice in self.search([("order_id", "in", waiting.order_id.ids), ("kind", "in", ("request", "reminder"))]):
            pair = notice.order_id, notice.buyer_id
            told[pair] = max(told[pair], notice.day)
        due = {}
        for one in waiting:
            today = one.account_id._approval_day()
            wait = timedelta(days=one.account_id.approval_remind_days)
            for buyer in one._deciders():
                # who came to be asked without a mail (a new substitute) counts from the question
                if max(told[one.order_id, buyer], one._asked_day()) + wait <= today:
                    due[one.order_id, buyer, "reminder", today.isoformat()] = None
        self._send(due)

    # ---- for the mails

    def _approvals(self):
        """What the mail is about."""
        approvals = self.order_id.ec_approval_ids
        if self.kind in ("request", "reminder"):
            return approvals.filtered(lambda one: one.state == "waiting")._waiting_for(self.buyer_id)
        return approvals.filtered(lambda one: one.state == self.kind)

    def _lines(self):
        """[(rule, its reasons)] as this reader may see them."""
        shown = self.buyer_id._may("can_see_prices")
        return [(one.rule_id.name, one._reasons(shown)) for one in self._approvals()]

    def _salutation(self):
        return self.env._("Dear %(name)s,", name=self.buyer_id.name)

    def _requester_name(self):
        return (self.order_id.ec_approval_ids[:1].requester_id.name or self.order_id.partner_id.name) or ""

    def _last_decision(self):
        return self.order_id.ec_approval_ids.decision_ids.sorted("id")[-1:]

    def _url(self):
        """Where to decide: a page behind the login, no link that opens the order to whoever has it."""
        return f"{self.order_id.get_base_url()}/my/trade/approvals/{self.order_id.id}"
