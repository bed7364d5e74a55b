from datetime import date

from werkzeug.exceptions import NotFound

from odoo.http import Controller, request, route

from odoo.addons.ec_b2b_portal.controllers import reading
from odoo.addons.ec_b2b_portal.controllers.common import own

from .approvals import approval_buyer


def approver():
    """The buyer, if his role may approve."""
    buyer = approval_buyer()
    if not buyer._may("can_approve"):
        raise NotFound
    return buyer


class TradeSubstitutes(Controller):
    """An approver names who decides while he is away."""

    @route("/my/trade/approvals/substitute", type="http", auth="user", website=True, methods=["POST"], sitemap=False)
    def substitute(self, **form):
        buyer = approver()
        other = buyer._possible_substitutes().filtered(lambda one: str(one.id) == form.get("substitute"))
        first, last = day(form.get("date_from")), day(form.get("date_to"))
        if not other:
            done = "nobody"
        elif not first or not last or last < max(first, buyer.account_id._approval_day()):
            done = "dates"
        else:
            # sudo: his role was checked, and the row is his own
            request.env["ec.trade.approval.substitute"].sudo().create(
                {"buyer_id": buyer.id, "substitute_id": other.id, "date_from": first, "date_to": last}
            )
            done = "named"
        return request.redirect(f"/my/trade/approvals?done={done}#substitute")

    @route(
        "/my/trade/approvals/substitute/<int:substitute_id>/end",
        type="http",
        auth="user",
        website=True,
        methods=["POST"],
        sitemap=False,
    )
    def end(self, substitute_id, **kwargs):
        own(approver().ec_substitution_ids, substitute_id).unlink()
        return request.redirect("/my/trade/approvals?done=ended#substitute")


def day(value):
    try:
        return date.fromisoformat(reading.text(value))
    except ValueError:
        return None
