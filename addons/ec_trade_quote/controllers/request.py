from odoo.http import request, route

from odoo.addons.ec_b2b_portal.controllers import reading
from odoo.addons.ec_b2b_portal.controllers.order_pad import Deal, pad_buyer
from odoo.addons.ec_b2b_portal.controllers.order_place import TradeOrderPlace


class TradeQuoteRequest(TradeOrderPlace):
    """The draft order becomes a request for a quotation: asked on the page where it could be placed."""

    @route("/my/trade/quotes/request", type="http", auth="user", website=True, methods=["POST"], sitemap=False)
    def ask(self, **form):
        deal = Deal.of(pad_buyer())
        if asked := self._asked(deal.buyer, form.get("order_id")):
            return request.redirect(f"/my/trade/quotes/{asked.id}?done=requested")
        errors = {}
        values = self._read(deal, form, errors)
        if not values["number"]:
            # it may come with the order
            errors.pop("number", None)
        if not deal.order._ec_pad_lines():
            errors["form"] = request.env._("There is nothing on your order yet.")
        elif not deal.buyer._may("can_order"):
            errors["form"] = request.env._("Your role does not allow you to order.")
        if errors:
            return self._page(deal, form, errors)
        order_id = deal.order.id
        request.env["ec.trade.submission"]._once(deal.buyer, f"quote/{order_id}", lambda: self._ask(deal, values))
        return request.redirect(f"/my/trade/quotes/{order_id}?done=requested")

    def _ask(self, deal, values):
        account = deal.buyer.account_id
        # what the list price is at the address that was chosen
        deal.order._ec_aim(values["ship_to"], deal.pricelist)
        deal.order._ec_quote_ask(account, values["number"], values["requested"], values["note"])
        request.website.sale_reset()
        return True

    def _asked(self, buyer, order_id):
        """The buyer's own order of this id, if it was asked about already; superuser."""
        # sudo: searched among the orders of this buyer alone
        orders = request.env["sale.order"].sudo()
        return orders.search(
            [
                ("id", "=", reading.number(order_id)),
                ("partner_id", "=", buyer.partner_id.id),
                ("company_id", "=", buyer.company_id.id),
                ("ec_quote_asked_at", "!=", False),
            ]
        )
