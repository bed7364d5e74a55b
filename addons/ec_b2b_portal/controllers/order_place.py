from datetime import date, timedelta

from werkzeug.exceptions import NotFound

from odoo import fields
from odoo.http import Controller, request, route

from ..models.ec_trade_pad import Row
from ..models.sale_order_place import purchase_number
from . import reading
from .common import branches_of, own, page
from .order_pad import Deal, pad_buyer

MAX_NUMBER, MAX_NOTE = 64, 2000
FARTHEST = timedelta(days=366)


class TradeOrderPlace(Controller):
    """The draft order, and what is asked when it is placed."""

    @route("/my/trade/order/review", type="http", auth="user", website=True, methods=["GET", "POST"], sitemap=False)
    def review(self, **form):
        deal = Deal.of(pad_buyer())
        if request.httprequest.method == "GET":
            return self._page(deal, {"ship_to": str(self._first_choice(deal).id)}, {})
        if placed := self._placed(deal.buyer, form.get("order_id")):
            return request.redirect(f"/my/trade/order/{placed.id}/done")
        errors, refused = {}, {}
        values = self._read(deal, form, errors)
        if not deal.order._ec_pad_lines():
            errors["form"] = request.env._("There is nothing on your order yet.")
        elif not deal.buyer._may("can_order"):
            errors["form"] = request.env._("Your role does not allow you to order.")
        else:
            # another address may mean other taxes and prices: they are compared with what the buyer saw
            deal.order._ec_aim(values["ship_to"], deal.pricelist)
            refused = self._refused(deal)
            if refused:
                errors["form"] = request.env._("Some lines cannot be ordered any more. Remove or change them, please.")
            elif form.get("seen") != deal.order._ec_fingerprint():
                errors["form"] = request.env._("Your order changed meanwhile. Look at it again, please.")
            elif missing := self._missing(deal):
                errors["form"] = missing
        if errors or not self._place(deal, values, errors):
            return self._page(deal, form, errors, refused)
        return request.redirect(f"/my/trade/order/{deal.order.id}/done")

    @route(
        "/my/trade/order/line/<int:line_id>/remove",
        type="http",
        auth="user",
        website=True,
        methods=["POST"],
        sitemap=False,
    )
    def remove(self, line_id, **kwargs):
        deal = Deal.of(pad_buyer())
        own(deal.order._ec_pad_lines(), line_id).unlink()
        deal.order._verify_cart_after_update()
        return request.redirect("/my/trade/order/review")

    @route("/my/trade/order/<int:order_id>/done", type="http", auth="user", website=True, sitemap=False)
    def done(self, order_id, **kwargs):
        buyer = pad_buyer()
        order = self._placed(buyer, str(order_id))
        if not order:
            raise NotFound
        money = request.env["ec.trade.pad"]._money
        return page("order_done", buyer, document=order, lines=order._ec_pad_lines(), money=money)

    def _placed(self, buyer, order_id):
        """The buyer's own order of this id, if it is a draft no more; superuser."""
        # sudo: searched among the orders of this buyer alone
        orders = request.env["sale.order"].sudo()
        return orders.search(
            [
                ("id", "=", reading.number(order_id)),
                ("partner_id", "=", buyer.partner_id.id),
                ("company_id", "=", buyer.company_id.id),
                ("state", "!=", "draft"),
            ]
        )

    def _read(self, deal, form, errors):
        """What was asked, as values; what is wrong goes into errors by field."""
        _, account = request.env._, deal.buyer.account_id
        reference = purchase_number(reading.text(form.get("number")))
        if len(reference) > MAX_NUMBER:
            errors["number"] = _("%(length)s characters at most.", length=MAX_NUMBER)
        elif account.po_required and not reference:
            errors["number"] = _("Please enter your purchase order number.")
        elif account.po_unique and reference and deal.order._ec_po_used(account, reference):
            errors["number"] = self._used()
        ship_to = self._ship_to(deal).filtered(lambda partner: str(partner.id) == form.get("ship_to"))
        if not ship_to:
            errors["ship_to"] = _("Please choose where the goods go.")
        note = reading.text(form.get("note")).strip()
        if len(note) > MAX_NOTE:
            errors["note"] = _("%(length)s characters at most.", length=MAX_NOTE)
        return {"number": reference, "ship_to": ship_to, "requested": self._day(form, errors), "note": note}

    def _day(self, form, errors):
        if not (asked := reading.text(form.get("requested"))):
            return None
        today = fields.Date.context_today(request.env.user)
        try:
            day = date.fromisoformat(asked)
        except ValueError:
            errors["requested"] = request.env._("Please enter a date.")
            return None
        if not today <= day <= today + FARTHEST:
            errors["requested"] = request.env._("Please choose a day from today on, within a year.")
        return day

    def _used(self):
        return request.env._("Your company has used this number before.")

    def _place(self, deal, values, errors):
        order, account = deal.order, deal.buyer.account_id
        if order._ec_trade_place(account, values["number"], values["requested"], values["note"]):
            request.website.sale_reset()
            return True
        errors["number"] = self._used()
        return False

    def _missing(self, deal):
        """A sentence where the goods are worth less than the account's minimum order."""
        order, minimum = deal.order, deal.buyer.account_id._order_minimum_of(deal.order)
        missing = minimum - sum(order._ec_pad_lines().mapped("price_subtotal"))
        if order.currency_id.compare_amounts(missing, 0) <= 0:
            return ""
        if not deal.buyer._may("can_see_prices"):
            return request.env._("Your order is smaller than your company's minimum order. Add more, please.")
        return request.env._(
            "Your company's minimum order is %(minimum)s without taxes: %(missing)s are missing.",
            minimum=order.currency_id.format(minimum),
            missing=order.currency_id.format(missing),
        )

    def _refused(self, deal):
        """{line id: why it cannot be ordered any more}"""
        # what is in a combo is checked with it
        rows = [_row(line) for line in deal.order._ec_pad_lines() if not line.combo_item_id]
        # against an empty order: what is checked is what is on it
        deal.check(rows, order=deal.order.browse())
        answers = request.env["ec.trade.pad"]._answers(rows, deal.currency, False)
        return {int(answer["key"]): answer["message"] for answer in answers if answer["message"]}

    def _ship_to(self, deal):
        """Companies of the buyer's branches and their delivery addresses, as far as he may see them."""
        return request.env["res.partner"].search(
            [
                ("commercial_partner_id", "in", branches_of(deal.buyer).ids),
                "|",
                ("is_company", "=", True),
                ("type", "=", "delivery"),
            ],
            order="name, id",
        )

    def _first_choice(self, deal):
        """Where the order goes to already, else the buyer's own company."""
        partner = deal.order.partner_shipping_id
        return partner if partner in self._ship_to(deal) else deal.buyer.partner_id.commercial_partner_id

    def _page(self, deal, values, errors, refused=None):
        return page(
            "order_review",
            deal.buyer,
            document=deal.order,
            money=request.env["ec.trade.pad"]._money,
            lines=deal.order._ec_pad_lines(),
            addresses=self._ship_to(deal),
            values=values,
            errors=errors,
            refused=refused or {},
            today=fields.Date.context_today(request.env.user),
            seen=deal.order._ec_fingerprint(),
        )


def _row(line):
    """An order line as a row of the pad: what the shop's page asked for beside the quantity was answered there."""
    quantity = line.product_uom_id._compute_quantity(line.product_uom_qty, line.product_id.uom_id, round=False)
    return Row(
        key=str(line.id),
        code="",
        text=f"{quantity:.6f}".rstrip("0").rstrip("."),
        chosen=line.product_id.id,
        sure=True,
        configured=bool(
            not line._ec_is_plain() or line.product_no_variant_attribute_value_ids or line.product_id.type == "combo"
        ),
    )
