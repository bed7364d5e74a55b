from odoo.http import Controller, request, route

from odoo.addons.ec_b2b_portal.controllers import reading
from odoo.addons.ec_b2b_portal.controllers.common import current_buyer
from odoo.addons.ec_b2b_portal.controllers.order_place import MAX_NOTE, MAX_NUMBER
from odoo.addons.ec_b2b_portal.models.sale_order_place import purchase_number
from odoo.addons.ec_b2b_portal.order_rows import Unread, quantity

from ..models.sale_order import OPEN
from .quotes import quote_of, quote_page

MAX_NAME = 128
PROPOSED = {"quantity": "ec_quote_quantity", "price": "ec_quote_price"}


class TradeQuoteAnswer(Controller):
    """The buyer orders what was offered, proposes something else, or declines."""

    @route(
        "/my/trade/quotes/<int:order_id>/order", type="http", auth="user", website=True, methods=["POST"], sitemap=False
    )
    def order(self, order_id, **form):
        buyer = current_buyer()
        quote = quote_of(buyer, order_id)
        if quote.ec_quote_state == "accepted":
            return self._answer(quote, "ordered")
        errors = {}
        values = self._read(buyer, quote, form, errors)
        if problem := self._refused(buyer, quote, form):
            errors["form"] = problem
        if not errors and not quote._ec_quote_order(buyer.account_id, values["number"], values["name"]):
            errors["number"] = self._used()
        return quote_page(buyer, quote, form, errors) if errors else self._answer(quote, "ordered")

    @route(
        "/my/trade/quotes/<int:order_id>/counter",
        type="http",
        auth="user",
        website=True,
        methods=["POST"],
        sitemap=False,
    )
    def counter(self, order_id, **form):
        buyer = current_buyer()
        quote = quote_of(buyer, order_id)
        errors = {}
        proposals = self._proposals(buyer, quote, form, errors)
        note = self._note(form, "note", errors)
        if not self._may_answer(buyer, quote):
            errors["form"] = self._not_now(buyer)
        elif not errors and not proposals and not note:
            errors["counter"] = request.env._("Please enter another price or quantity, or write what you wish.")
        if errors:
            return quote_page(buyer, quote, form, errors)
        quote._ec_quote_counter(proposals, note)
        return self._answer(quote, "countered")

    @route(
        "/my/trade/quotes/<int:order_id>/decline",
        type="http",
        auth="user",
        website=True,
        methods=["POST"],
        sitemap=False,
    )
    def decline(self, order_id, **form):
        buyer = current_buyer()
        quote = quote_of(buyer, order_id)
        if quote.ec_quote_state == "declined":
            return self._answer(quote, "declined")
        errors = {}
        reason = self._note(form, "reason", errors)
        if not self._may_answer(buyer, quote):
            errors["form"] = self._not_now(buyer)
        elif not reason:
            errors["reason"] = request.env._("Please write why you decline: the seller reads it.")
        if errors:
            return quote_page(buyer, quote, form, errors)
        quote._ec_quote_decline(reason)
        return self._answer(quote, "declined")

    def _answer(self, quote, done):
        return request.redirect(f"/my/trade/quotes/{quote.id}?done={done}")

    def _used(self):
        return request.env._("Your company has used this number before.")

    # ---- may it be done

    def _refused(self, buyer, quote, form):
        """Why nothing is ordered, as a sentence; empty if it may be. The offer has to be the one that the page showed."""
        if not buyer._may("can_order"):
            return self._not_now(buyer)
        if problem := quote._ec_quote_problem():
            return request.env._("Nothing was ordered. %(reason)s", reason=problem)
        if form.get("seen") != quote._ec_quote_fingerprint():
            return request.env._("Nothing was ordered. The offer changed meanwhile: look at it again, please.")
        if quote._has_to_be_paid():
            return request.env._("This offer is ordered by paying it online.")
        return ""

    def _may_answer(self, buyer, quote):
        return buyer._may("can_order") and quote.state == "sent" and quote.ec_quote_state in OPEN

    def _not_now(self, buyer):
        _ = request.env._
        if buyer.account_id.state == "blocked":
            return _("Ordering is stopped for your company at the moment. Please contact us.")
        if not buyer._may("can_order"):
            return _("Your role does not allow you to order.")
        return _("This offer is not open any more. Nothing was sent.")

    # ---- reading

    def _read(self, buyer, quote, form, errors):
        """What is asked of who orders, as values; what is wrong goes into errors by field."""
        _, account = request.env._, buyer.account_id
        number = purchase_number(reading.text(form.get("number")))
        if len(number) > MAX_NUMBER:
            errors["number"] = _("%(length)s characters at most.", length=MAX_NUMBER)
        elif account.po_required and not number:
            errors["number"] = _("Please enter your purchase order number.")
        elif account.po_unique and number and quote._ec_po_used(account, number):
            errors["number"] = self._used()
        name = reading.text(form.get("name")).strip()[:MAX_NAME] if quote.require_signature else ""
        if quote.require_signature and not name:
            errors["name"] = _("Please sign with your name.")
        return {"number": number, "name": name}

    def _note(self, form, field, errors):
        note = reading.text(form.get(field)).strip()
        if len(note) > MAX_NOTE:
            errors[field] = request.env._("%(length)s characters at most.", length=MAX_NOTE)
        return note

    def _proposals(self, buyer, quote, form, errors):
        """{line: values}, of what is another than what was offered; prices of who sees prices only."""
        asked = PROPOSED if buyer._may("can_see_prices") else {"quantity": PROPOSED["quantity"]}
        proposals = {}
        for line in quote._ec_pad_lines():
            offered = {"quantity": line.product_uom_qty, "price": line._ec_net_price()}
            for name, field in asked.items():
                text = reading.text(form.get(f"{name}_{line.id}")).strip()
                if not text:
                    continue
                try:
                    number = float(quantity(text))
                except Unread:
                    errors[f"{name}_{line.id}"] = request.env._("Please enter a number above 0, or nothing.")
                    continue
                if number != offered[name]:
                    proposals.setdefault(line, {})[field] = number
        return proposals
