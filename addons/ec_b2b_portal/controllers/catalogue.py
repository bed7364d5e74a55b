import hashlib
import json
import uuid
from urllib.parse import urlencode

from werkzeug.exceptions import NotFound

from odoo.fields import Datetime
from odoo.http import Controller, request, route
from odoo.tools.misc import format_amount

from ..models.ec_trade_pad import Row
from ..order_rows import MAX_ROWS
from . import reading
from .common import current_buyer, page
from .order_pad import KEY, Deal, pad_page

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
        asked = {name: reading.text(asked.get(name))[:100] for name in SEARCH}
        if asked["sort"].startswith("price") and not user._ec_trade_sees_prices():
            asked["sort"] = ""
        number = min(max(number, 1), LAST_PAGE)
        products = account._catalogue_products(
            user,
            term=asked["search"],
            category=reading.number(asked["category"]),
            brand=reading.number(asked["brand"]),
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
            key=str(uuid.uuid4()),
            link=lambda **changed: _link({**asked, **changed}),
        )

    @route("/my/trade/catalogue/add", type="http", auth="user", website=True, methods=["POST"], sitemap=False)
    def add(self, **form):
        """Add the quantities of a page to the cart; nothing is added where one of them cannot be ordered."""
        buyer = self._buyer()
        if not buyer._may("can_order"):
            return request.redirect("/my/trade?refused=order")
        rows = [
            Row(key=product_id, code="", text=reading.text(text), chosen=reading.number(product_id))
            for (prefix, _sep, product_id), text in ((name.partition("quantity_"), text) for name, text in form.items())
            if not prefix and reading.number(product_id) and reading.text(text).strip()
        ][:MAX_ROWS]
        if not rows:
            return self._back(form, "none")
        deal = Deal.of(buyer)
        deal.check(rows)
        if not all(row.is_good for row in rows):
            # nothing is added: what is wrong is told and put right on the order pad
            return pad_page(buyer, [_typed(row) for row in rows])

        def put():
            deal.put(rows)
            return {"added": len(rows)}

        key = _form_key(reading.text(form.get("key")), rows)
        answer = request.env["ec.trade.submission"]._once(buyer, key, put) if key else put()
        return self._back(form, str(answer["added"]))

    def _back(self, form, added):
        number = max(reading.number(form.get("page")), 1)
        asked = {name: reading.text(form.get(name))[:100] for name in SEARCH}
        return request.redirect(_link({**asked, "page": number, "added": added}))

    def _buyer(self):
        buyer = current_buyer()
        if not buyer._may("can_browse"):
            raise NotFound
        return buyer


def _typed(row):
    return {
        "code": row.product.default_code or row.product.barcode or "" if row.product else "",
        "quantity": row.text,
        "product_id": row.chosen,
    }


def _form_key(key, rows):
    """The same quantities of the same page are one order; a page that was left and come back to may bring others."""
    if not KEY.fullmatch(key):
        return ""
    typed = json.dumps(sorted((row.chosen, row.text) for row in rows)).encode()
    return f"{key[:36]}-{hashlib.sha256(typed).hexdigest()[:16]}"


def _link(asked):
    number = asked.pop("page", 1)
    query = {name: value for name, value in asked.items() if value}
    path = "/my/trade/catalogue" + (f"/page/{number}" if number > 1 else "")
    return f"{path}?{urlencode(query)}" if query else path
