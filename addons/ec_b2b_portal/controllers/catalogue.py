from urllib.parse import urlencode

from werkzeug.exceptions import NotFound

from odoo.fields import Datetime
from odoo.http import Controller, request, route
from odoo.tools.misc import format_amount

from .common import current_buyer, page

PER_PAGE = 80
LAST_PAGE = 10_000
SEARCH = ("search", "category", "brand", "sort")


class TradeCatalogue(Controller):
    """The products of the account: a list to order from, with the buyer's own prices and codes."""

    @route(
        ["/my/trade/catalogue", "/my/trade/catalogue/page/<int:number>"],
        type="http",
        auth="user",
        website=True,
        sitemap=False,
    )
    def catalogue(self, number=1, added=None, **asked):
        buyer = self._buyer()
        user, account = request.env.user, buyer.account_id
        asked = {name: str(asked.get(name) or "")[:100] for name in SEARCH}
        if asked["sort"].startswith("price") and not user._ec_trade_sees_prices():
            asked["sort"] = ""
        number = min(max(number, 1), LAST_PAGE)
        products = account._catalogue_products(
            user,
            term=asked["search"],
            category=_number(asked["category"]),
            brand=_number(asked["brand"]),
            order=asked["sort"] or "sku",
            offset=PER_PAGE * (number - 1),
            limit=PER_PAGE,
        )
        categories, brands = account._catalogue_filters(user, Datetime.now())
        currency = (account._catalogue_pricelist(user) or account.company_id).currency_id
        return page(
            "catalogue",
            buyer,
            rows=account._catalogue_rows(user, products[:PER_PAGE]),
            number=number,
            more=len(products) > PER_PAGE,
            asked=asked,
            categories=categories,
            brands=brands,
            money=lambda price: format_amount(request.env, price, currency),
            sees_prices=user._ec_trade_sees_prices(),
            added=added,
            link=lambda **changed: _link({**asked, **changed}),
        )

    @route("/my/trade/catalogue/add", type="http", auth="user", website=True, methods=["POST"], sitemap=False)
    def add(self, **form):
        """Add the quantities of a page to the cart; nothing is added where one of them is none."""
        buyer = self._buyer()
        if not buyer._may("can_order"):
            return request.redirect("/my/trade?refused=order")
        quantities = {}
        for name, text in form.items():
            prefix, _sep, product_id = name.partition("quantity_")
            if prefix or not text.strip():
                continue
            quantity = _number(text)
            if not quantity or not product_id.isdigit() or quantity > 999_999:
                return self._back(form, "wrong")
            quantities[int(product_id)] = quantity
        if not quantities:
            return self._back(form, "none")
        # what he may not see is not found
        products = request.env["product.product"].search([("id", "in", list(quantities)), ("sale_ok", "=", True)])
        if len(products) < len(quantities):
            raise NotFound
        cart = request.cart or request.website._create_cart()
        for product in products:
            cart.with_context(skip_cart_verification=True)._cart_add(product.id, quantities[product.id])
        cart._verify_cart_after_update()
        return self._back(form, str(len(products)))

    def _back(self, form, added):
        number = max(_number(form.get("page", "")), 1)
        asked = {name: str(form.get(name) or "")[:100] for name in SEARCH}
        return request.redirect(_link({**asked, "page": number, "added": added}))

    def _buyer(self):
        buyer = current_buyer()
        if not buyer._may("can_browse"):
            raise NotFound
        return buyer


def _number(text):
    text = str(text).strip()
    return int(text) if text.isdecimal() and len(text) < 10 else 0


def _link(asked):
    number = asked.pop("page", 1)
    query = {name: value for name, value in asked.items() if value}
    path = "/my/trade/catalogue" + (f"/page/{number}" if number > 1 else "")
    return f"{path}?{urlencode(query)}" if query else path
