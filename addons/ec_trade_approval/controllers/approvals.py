from werkzeug.exceptions import NotFound

from odoo.fields import Domain
from odoo.http import Controller, request, route

from odoo.addons.ec_b2b_portal.controllers import reading
from odoo.addons.ec_b2b_portal.controllers.common import current_buyer, page

MAX_COMMENT = 2000
SHOWN = 40
# What the page answers after a form was sent
ANSWERS = ("approved", "rejected", "late", "changed")


def approval_buyer():
    """The buyer, if he orders or approves; anybody else has nothing to do here."""
    buyer = current_buyer()
    if not (buyer._may("can_order") or buyer._may("can_approve")):
        raise NotFound
    return buyer


def approvals_of(order_id, buyer):
    """The approvals of an order that the buyer may see; any other order is not found. Superuser."""
    # sudo: searched among those of this buyer alone
    approvals = request.env["ec.trade.approval"].sudo()
    found = approvals.search(approvals._seen_by(buyer) & Domain("order_id", "=", order_id))
    if not found:
        raise NotFound
    return found


def seen(order, mine):
    """What the page showed: another one if the order or what is asked is another."""
    return "/".join([order._ec_fingerprint(), *(f"{one.id}:{one.step}" for one in mine.sorted("id"))])


class TradeApprovals(Controller):
    """Orders that wait for somebody of the buyer's own company."""

    @route("/my/trade/approvals", type="http", auth="user", website=True, sitemap=False)
    def approvals(self, done=None, **kwargs):
        buyer = approval_buyer()
        # sudo: searched among those of this buyer alone
        approvals = request.env["ec.trade.approval"].sudo()
        visible = approvals._seen_by(buyer)
        waiting = approvals.search(visible & Domain("state", "=", "waiting"))
        mine = waiting._waiting_for(buyer)
        decided = approvals.search(visible & Domain("state", "!=", "waiting"), limit=SHOWN)
        return page(
            "ec_trade_approval.approvals",
            buyer,
            mine=mine.order_id,
            others=(waiting.order_id - mine.order_id),
            decided=decided.order_id - waiting.order_id,
            substitutions=buyer.ec_substitution_ids,
            possible=buyer._possible_substitutes(),
            today=buyer.account_id._approval_day(),
            done=done,
        )

    @route("/my/trade/approvals/<int:order_id>", type="http", auth="user", website=True, sitemap=False)
    def approval(self, order_id, done=None, **kwargs):
        buyer = approval_buyer()
        return self._page(buyer, approvals_of(order_id, buyer), done=done if done in ANSWERS else None)

    @route(
        "/my/trade/approvals/<int:order_id>/decide",
        type="http",
        auth="user",
        website=True,
        methods=["POST"],
        sitemap=False,
    )
    def decide(self, order_id, **form):
        buyer = approval_buyer()
        approvals = approvals_of(order_id, buyer)
        mine = approvals._waiting_for(buyer)
        verdict = "rejected" if form.get("verdict") == "rejected" else "approved"
        comment = reading.text(form.get("comment")).strip()
        if not mine:
            return self._answer(order_id, self._late(approvals, buyer))
        if form.get("seen") != seen(approvals.order_id, mine):
            return self._answer(order_id, "changed")
        if error := self._wrong(verdict, comment):
            return self._page(buyer, approvals, error=error, comment=comment)
        mine._decide(buyer, verdict, comment)
        return self._answer(order_id, verdict)

    def _wrong(self, verdict, comment):
        if len(comment) > MAX_COMMENT:
            return request.env._("%(length)s characters at most.", length=MAX_COMMENT)
        if verdict == "rejected" and not comment:
            return request.env._("Please write why you reject the order: the buyer reads it.")
        return False

    def _late(self, approvals, buyer):
        """A second click of the same person is answered like the first."""
        last = approvals.decision_ids.sorted("id")[-1:]
        return last.verdict if last and last.buyer_id == buyer else "late"

    def _answer(self, order_id, done):
        return request.redirect(f"/my/trade/approvals/{order_id}?done={done}")

    def _page(self, buyer, approvals, done=None, error=None, comment=""):
        order, mine = approvals.order_id, approvals._waiting_for(buyer)
        return page(
            "ec_trade_approval.approval",
            buyer,
            document=order,
            lines=order._ec_pad_lines(),
            money=request.env["ec.trade.pad"]._money,
            approvals=approvals._newest(),
            history=approvals._history(),
            mine=mine,
            alone=mine.filtered(lambda one: one.requester_id == buyer),
            seen=seen(order, mine),
            # his role may show him only what he ordered himself
            again=buyer._may("can_order") and request.env["sale.order"].search_count([("id", "=", order.id)]),
            waits=order._ec_waits(),
            done=done,
            error=error,
            comment=comment,
        )
