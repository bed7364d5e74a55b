import json
import re
import uuid
from dataclasses import dataclass

from werkzeug.exceptions import NotFound

from odoo.http import Controller, request, route

from ..models.ec_trade_pad import Row
from ..order_rows import MAX_CODE, MAX_ROWS
from . import reading
from .common import current_buyer, own, page

KEY = re.compile(r"[\w-]{8,64}")


def pad_buyer():
    """The buyer, if he may use the pad at all: look, or order."""
    buyer = current_buyer()
    if not (buyer._may("can_browse") or buyer._may("can_order")):
        raise NotFound
    return buyer


@dataclass
class Deal:
    """What rows of a buyer are checked against: his cart (may be empty), price list and the rest; superuser."""

    buyer: object
    order: object
    pricelist: object
    fiscal_position: object

    @classmethod
    def of(cls, buyer):
        order = request.cart
        return cls(
            buyer,
            order,
            buyer.account_id._catalogue_pricelist(request.env.user),
            order.fiscal_position_id if order else request.fiscal_position,
        )

    @property
    def currency(self):
        return self.pricelist.currency_id or request.website.company_id.currency_id

    def check(self, rows, order=None):
        pad = request.env["ec.trade.pad"]
        order = self.order if order is None else order
        return pad._check(rows, request.website, order, self.pricelist, self.fiscal_position)

    def answer(self, rows):
        pad, shown = request.env["ec.trade.pad"], self.buyer._may("can_see_prices")
        return {
            "rows": pad._answers(rows, self.currency, shown),
            "totals": pad._totals(rows, self.currency, shown),
        }

    def put(self, rows):
        """Good rows go onto the buyer's order, all at once."""
        self.order = self.order or request.website._create_cart()
        self.order._ec_pad_fill(rows, self.pricelist)


def pad_page(buyer, rows):
    """The pad with rows to begin with: [{code, quantity, product_id}]."""
    return page(
        "order_pad",
        buyer,
        rows=json.dumps(rows),
        lists=request.env["ec.trade.list"]._of(buyer),
        key=str(uuid.uuid4()),
        cart=request.cart,
    )


def read_rows(data):
    """Rows that a page sent; anything else than at most 300 rows of texts is not one of our pages."""
    if not isinstance(data, list) or len(data) > MAX_ROWS or not all(isinstance(row, dict) for row in data):
        raise NotFound
    return [
        Row(
            key=reading.text(str(row.get("key") or place))[:40],
            code=reading.text(str(row.get("code") or ""))[: MAX_CODE + 1],
            text=reading.text(str(row.get("quantity") if row.get("quantity") is not None else ""))[:40],
            chosen=reading.record_id(row.get("product_id")),
            sure=row.get("sure") is True,
        )
        for place, row in enumerate(data)
    ]


class TradeOrderPad(Controller):
    """Many rows of code and quantity, onto one draft order."""

    @route("/my/trade/order", type="http", auth="user", website=True, sitemap=False)
    def pad(self, list_id="", order_id="", **kwargs):
        buyer = pad_buyer()
        return pad_page(buyer, self._start(buyer, list_id, order_id))

    @route("/my/trade/order/check", type="jsonrpc", auth="user", website=True)
    def check(self, rows=None, **kwargs):
        deal = Deal.of(pad_buyer())
        return deal.answer(deal.check(read_rows(rows)))

    @route("/my/trade/order/add", type="jsonrpc", auth="user", website=True)
    def add(self, rows=None, key="", **kwargs):
        buyer = pad_buyer()
        if not isinstance(key, str) or not KEY.fullmatch(key):
            raise NotFound
        if not buyer._may("can_order"):
            return {"error": request.env._("Your role does not allow you to order.")}
        rows = read_rows(rows)
        return request.env["ec.trade.submission"]._once(buyer, key, lambda: self._add(Deal.of(buyer), rows))

    def _add(self, deal, rows):
        """Good rows go onto the order, all at once; the others are answered and stay on the page."""
        deal.check(rows)
        if good := [row for row in rows if row.is_good]:
            deal.put(good)
        return {
            **deal.answer(rows),
            "added": len(good),
            "key": str(uuid.uuid4()),
            "lines": len(deal.order._ec_pad_lines()) if deal.order else 0,
        }

    def _start(self, buyer, list_id, order_id):
        """Rows to begin with: those of a saved list or of an order that the buyer may see."""
        if list_id:
            chosen = own(request.env["ec.trade.list"]._of(buyer), reading.number(list_id))
            items = [(line.product_id, line.quantity) for line in chosen.line_ids]
        elif order_id:
            items = self._items_of_order(reading.number(order_id))
        else:
            return []
        return [
            {
                "code": product.default_code or product.barcode or "",
                "quantity": f"{quantity:.6f}".rstrip("0").rstrip("."),
                "product_id": product.id,
            }
            for product, quantity in items[:MAX_ROWS]
        ]

    def _items_of_order(self, order_id):
        order = request.env["sale.order"].search([("id", "=", order_id), ("company_id", "=", request.env.company.id)])
        if not order:
            raise NotFound
        # sudo: the order is the buyer's to see; its products may not be any more, which the check tells
        return [
            (line.product_id, line.product_uom_id._compute_quantity(line.product_uom_qty, line.product_id.uom_id))
            for line in order.sudo()._ec_pad_lines()
        ]
