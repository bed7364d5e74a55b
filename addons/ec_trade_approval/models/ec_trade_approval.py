from collections import defaultdict

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL, format_amount, format_date, format_datetime, format_list

from ..period import local_day

HOLD = "buyer_approval"
VALID = ("waiting", "approved", "released")


class EcTradeApproval(models.Model):
    """What one rule asks about one order: waits until its last step is approved, or one is rejected.

    All of it runs as superuser: customers have no rights on this table, and pages ask who may what.
    """

    _name = "ec.trade.approval"
    _description = "Approval of an Order"
    _order = "id desc"

    order_id = fields.Many2one("sale.order", required=True, readonly=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="order_id.company_id", store=True, index=True)
    rule_id = fields.Many2one(
        "ec.trade.approval.rule", "Rule", required=True, readonly=True, index=True, ondelete="restrict"
    )
    account_id = fields.Many2one(
        "ec.trade.account", "Customer", required=True, readonly=True, index=True, ondelete="restrict"
    )
    branch_id = fields.Many2one("res.partner", "Branch", required=True, readonly=True, index=True, ondelete="restrict")
    requester_id = fields.Many2one("ec.trade.buyer", "Ordered By", readonly=True, index=True, ondelete="set null")
    state = fields.Selection(
        [
            ("waiting", "Waiting"),
            ("approved", "Approved"),
            ("rejected", "Rejected"),
            ("released", "Released by Staff"),
            ("superseded", "Out of Date"),
            ("cancelled", "Order Cancelled"),
        ],
        default="waiting",
        required=True,
        readonly=True,
        index=True,
    )
    step = fields.Integer(default=1, required=True, readonly=True, help="Which approval of the rule waits.")
    asked_at = fields.Datetime(default=fields.Datetime.now, required=True, readonly=True)
    amount = fields.Monetary(readonly=True, help="Before tax, when it was asked, in the currency of the account.")
    currency_id = fields.Many2one("res.currency", required=True, readonly=True)
    order_amount = fields.Monetary(
        currency_field="order_currency_id", readonly=True, help="The same in the currency that the order had."
    )
    order_currency_id = fields.Many2one("res.currency", required=True, readonly=True)
    fingerprint = fields.Char(readonly=True, help="Of the lines that were asked about.")
    facts = fields.Json(readonly=True, help="What the rule asked and what the order was.")
    hold_id = fields.Many2one("ec.order.hold", "Hold", readonly=True, index="btree_not_null", ondelete="set null")
    decision_ids = fields.One2many("ec.trade.approval.decision", "approval_id", "Decisions")
    reasons = fields.Text(compute="_compute_reasons", string="Why")
    waits_for = fields.Char(compute="_compute_waits_for", compute_sudo=True)

    _waiting_uniq = models.UniqueIndex(
        "(order_id, rule_id) WHERE state = 'waiting'", "This rule waits for an approval of this order already."
    )

    @api.depends("order_id", "rule_id")
    def _compute_display_name(self):
        for approval in self:
            # who may see an approval may know its order's number
            approval.display_name = f"{approval.order_id.sudo().name}: {approval.rule_id.name}"

    @api.depends("facts")
    @api.depends_context("lang")
    def _compute_reasons(self):
        for approval in self:
            approval.reasons = "\n".join(approval._reasons())

    @api.depends("state", "step")
    def _compute_waits_for(self):
        for approval in self:
            approval.waits_for = approval._names() if approval.state == "waiting" else False

    def action_release(self):
        """Our staff lets an order go on; asks for a note."""
        # sudo: who may release a hold is asked when it is released
        return self.sudo().hold_id.with_env(self.env).action_release()

    # ---- asking

    @api.model
    def _ask(self, order, account, requester):
        """Ask for whatever the rules of the account ask about an order now; superuser. What is asked or answered already, and
        is not worth more now, stays. A customer's change of the lines asks again whatever it does to the amount.
        """
        found = account.approval_rule_ids._matching(order)
        before = self.search([("order_id", "=", order.id)])
        idle = before.filtered(lambda one: one.state == "waiting" and not one.decision_ids and one.rule_id not in found)
        newest = {one.rule_id: one for one in reversed(before)}
        asked, again = [], self.browse()
        for rule, facts in found.items():
            last = newest.get(rule, self.browse())
            if last.state in VALID:
                if last.state == "waiting" and not last.decision_ids:
                    last._refresh(order, facts)
                    continue
                if not last._outdated(order, facts):
                    continue
                again |= last
            asked.append(
                {
                    "order_id": order.id,
                    "rule_id": rule.id,
                    "account_id": account.id,
                    "branch_id": order.partner_id.commercial_partner_id.id,
                    "requester_id": requester.id,
                    "currency_id": facts["currency_id"],
                    **self._asked_about(order, facts),
                }
            )
        _ = order._ec_for_staff().env._
        again._supersede(_("The order changed: it is asked again."))
        idle._supersede(_("The order changed: it needs this approval no more."))
        approvals = self.create(asked)
        approvals._hold()
        approvals._tell_deciders("request")
        if idle and not order._ec_waiting_approvals():
            order._ec_go_on()
        return approvals

    def _supersede(self, note):
        self.state = "superseded"
        # before the hold goes, which asks for what waits
        self.flush_recordset(["state"])
        self.hold_id._release(note)

    def _outdated(self, order, facts):
        """Whether a customer changed the lines, or anybody raised the amount, since this was asked."""
        if self.env.user.share and self.fingerprint != order._ec_lines_fingerprint():
            return True
        if order.currency_id != self.order_currency_id:
            return self.currency_id.compare_amounts(facts["amount"], self.amount) > 0
        # rates of another day raise nothing
        return order.currency_id.compare_amounts(order.amount_untaxed, self.order_amount) > 0

    @api.model
    def _asked_about(self, order, facts):
        """What an approval keeps of the order as it is now."""
        return {
            "amount": facts["amount"],
            "order_amount": order.amount_untaxed,
            "order_currency_id": order.currency_id.id,
            "fingerprint": order._ec_lines_fingerprint(),
            "facts": facts,
        }

    def _refresh(self, order, facts):
        """Nobody has decided yet: who does sees the order as it is now."""
        if self.fingerprint != order._ec_lines_fingerprint():
            self.write(self._asked_about(order, facts))
            self._hold()

    def _hold(self):
        """Open the hold of each, or tell it what it is about now."""
        vals = []
        for one in self:
            told = one.with_env(one.order_id._ec_for_staff().env)
            reason = "\n".join([told.rule_id.name, *told._reasons(), told._names()])
            vals.append({"order_id": one.order_id.id, "code": HOLD, "key": str(one.rule_id.id), "reason": reason})
        for one, hold in zip(self, self.env["ec.order.hold"]._open(vals), strict=True):
            one.hold_id = hold

    # ---- who

    def _deciders(self):
        """{buyer: for whom, or an empty one} of those who may decide this now; superuser.

        Nobody decides about his own order, and nobody twice in one rule, as long as there is somebody else.
        """
        self.ensure_one()
        if self.state != "waiting":
            return {}
        approvers = self.rule_id._approvers(self.step, self.branch_id)
        found = {
            buyer: whom
            for buyer, whom in approvers._stand_ins(self.account_id._approval_day()).items()
            if buyer._may_approve(self.branch_id)
        }
        # who stands in for two, of whom one ordered, decides for the other
        others = {
            buyer: whom - self.requester_id
            for buyer, whom in found.items()
            if buyer != self.requester_id and (not whom or whom - self.requester_id)
        }
        decided = self.decision_ids.buyer_id
        return {buyer: whom for buyer, whom in others.items() if buyer not in decided} or others or found

    def _waiting_for(self, buyer):
        """Those of these approvals that a buyer may decide now."""
        return self.filtered(lambda one: buyer in one._deciders())

    def _names(self):
        """Whom it waits for, as a sentence."""
        deciders = self._deciders()
        if not deciders:
            return self.env._("Nobody in the company may approve it now.")
        return self.env._("Waits for %(names)s.", names=format_list(self.env, [buyer.name for buyer in deciders], "or"))

    # ---- why

    def _reasons(self, shown=True):
        """What the rule asked and what the order is, as sentences in the reader's language.

        :param shown: whether the reader may see prices
        """
        self.ensure_one()
        _, facts = self.env._, self.facts or {}
        money = self._money
        lines = []
        if shown and "min_amount" in facts:
            lines.append(
                _(
                    "The order is %(amount)s before tax; from %(limit)s on it needs approval.",
                    amount=money(facts["amount"]),
                    limit=money(facts["min_amount"]),
                )
            )
        elif "min_amount" in facts:
            lines.append(_("Its amount needs approval."))
        if "min_skus" in facts:
            lines.append(
                _(
                    "It has %(number)s different products; from %(limit)s on it needs approval.",
                    number=facts["skus"],
                    limit=facts["min_skus"],
                )
            )
        if "category_ids" in facts:
            names = self.env["product.category"].browse(facts["category_ids"]).exists().mapped("name")
            lines.append(_("It has products of %(categories)s.", categories=", ".join(names)))
        if "budget" in facts and shown:
            lines.append(
                _(
                    "Budget from %(start)s to %(end)s: %(budget)s. Ordered before: %(used)s. This order exceeds it by %(over)s.",
                    start=format_date(self.env, facts["from"]),
                    end=format_date(self.env, facts["to"]),
                    budget=money(facts["budget"]),
                    used=money(facts["used"]),
                    over=money(facts["used"] + facts["amount"] - facts["budget"]),
                )
            )
        elif "budget" in facts:
            lines.append(_("It exceeds what is left of the budget."))
        return lines or [_("All orders need approval.")]

    def _money(self, amount):
        return format_amount(self.env, amount, self.currency_id)

    # ---- deciding

    def _decide(self, buyer, verdict, comment):
        """Approve or reject those of these approvals of one order that wait for a buyer; superuser.

        Of two at once the second waits here, meets a conflict and is started again by Odoo: then nothing waits for him.

        :param verdict: "approved" or "rejected"
        :return: the approvals that were decided
        """
        mine = self._waiting_for(buyer)
        if not mine:
            return mine
        # the order, too: the last of two rules confirms it
        self.env.execute_query(SQL("SELECT id FROM sale_order WHERE id = %s FOR UPDATE", mine.order_id.id))
        self.env.execute_query(
            SQL("SELECT id FROM ec_trade_approval WHERE id = ANY(%s) ORDER BY id FOR UPDATE", mine.ids)
        )
        self.env["ec.trade.approval.decision"].create(
            [
                {
                    "approval_id": one.id,
                    "step": one.step,
                    "verdict": verdict,
                    "buyer_id": buyer.id,
                    "for_buyer_id": one._deciders()[buyer][:1].id,
                    "comment": comment,
                }
                for one in mine
            ]
        )
        mine._reject(buyer, comment) if verdict == "rejected" else mine._approve(buyer)
        return mine

    def _approve(self, buyer):
        last = self.filtered(lambda one: one.step >= len(one.rule_id._steps()))
        more = self - last
        last.state = "approved"
        last.hold_id._release(self.order_id._ec_for_staff().env._("Approved by %(name)s.", name=buyer.name))
        more.write({"step": 2, "asked_at": fields.Datetime.now()})
        more._hold()
        more._tell_deciders("request")
        order = self.order_id
        if last and not order._ec_waiting_approvals():
            order._ec_go_on()
            last[-1]._tell_requester("approved")

    def _reject(self, buyer, reason):
        self.state = "rejected"
        self.order_id._action_cancel()
        text = self.order_id._ec_for_staff().env._("Rejected by %(name)s: %(reason)s", name=buyer.name, reason=reason)
        self.order_id._message_log(body=text)
        self[-1]._tell_requester("rejected")

    def _settle(self):
        """The holds of these ended otherwise: the order was cancelled, or our staff released them; superuser."""
        waiting = self.filtered(lambda one: one.state == "waiting")
        gone = waiting.filtered(lambda one: one.order_id.state == "cancel")
        gone.state = "cancelled"
        by_hand = waiting - gone
        by_hand.state = "released"
        self.env["ec.trade.approval.decision"].create(
            [
                {
                    "approval_id": one.id,
                    "step": one.step,
                    "verdict": "released",
                    "user_id": self.env.uid,
                    "comment": one.hold_id.release_note,
                }
                for one in by_hand
            ]
        )

    # ---- telling

    def _tell_deciders(self, kind):
        """One mail a person and order, also where several rules ask him."""
        asked = defaultdict(self.browse)
        for one in self:
            for buyer in one._deciders():
                asked[one.order_id, buyer] |= one
        self.env["ec.trade.approval.notice"]._send(
            [
                (order, buyer, kind, ",".join(f"{one.id}:{one.step}" for one in own.sorted("id")))
                for (order, buyer), own in asked.items()
            ]
        )

    def _tell_requester(self, kind):
        if self.requester_id - self.decision_ids.buyer_id:
            self.env["ec.trade.approval.notice"]._send([(self.order_id, self.requester_id, kind, str(self.id))])

    def _asked_day(self):
        return local_day(self.asked_at, self.account_id._approval_zone())

    # ---- what pages show

    @api.model
    def _seen_by(self, buyer):
        """Domain of the approvals that a buyer may see: of his own orders, and of his branches' if he may approve."""
        own = Domain("requester_id", "=", buyer.id)
        if buyer._may("can_approve"):
            own |= Domain.TRUE if buyer.all_branches else Domain("branch_id", "in", buyer.branch_ids.ids)
        return Domain("account_id", "=", buyer.account_id.id) & own

    @api.model
    def _asked_of(self, buyer):
        """The approvals that wait for a buyer; superuser."""
        # sudo: customers have no rights on this table
        waiting = self.sudo().search(self._seen_by(buyer) & Domain("state", "=", "waiting"))
        return waiting._waiting_for(buyer)

    def _newest(self):
        """What each rule asked last, without what does not count any more."""
        newest = {one.rule_id: one for one in self.sorted("id")}
        return self.browse(one.id for one in newest.values() if one.state != "superseded")

    def _history(self):
        """[(moment, who, what, comment)] of these, as text in the reader's language, oldest first."""
        rows = []
        for decision in self.decision_ids.sorted("id"):
            at = format_datetime(
                self.env, decision.create_date, tz=self.env.user.tz or decision.approval_id.account_id._approval_zone()
            )
            rows.append((at, decision._who(), decision._what(), decision.comment or ""))
        return rows
