"""Money coming in: payment at placing, marking as paid, capture and void. Amounts are Bags."""
from __future__ import annotations

from decimal import Decimal
from typing import Any

from .errors import refuse
from .ledger import Ledger, bag
from .money import Bag, quantize
from .order_build import add_transaction

Node = dict[str, Any]

#: payment state of `place_order` → transactions (kind, status, share of the total)
STATES = {"paid": [("SALE", "SUCCESS", 1)], "authorized": [("AUTHORIZATION", "SUCCESS", 1)],
          "pending": [("SALE", "PENDING", 1)], "partially_paid": [("SALE", "SUCCESS", Decimal("0.5"))],
          "failed": [("SALE", "FAILURE", 1)], "none": []}


def pay_at_placing(shop: Any, order: Node, state: str, gateway: str, gift_card: Any = None) -> None:
    """The transactions with which an order comes from the checkout; a gift card pays its part first."""
    total = Ledger(order).price
    if gift_card is not None:
        part = bag(order, gift_card)
        record(shop, order, "SALE", part, gateway="gift_card")
        total = total - part
    if not total and state == "paid" and not order["transactions"]:
        order["financial_hint"] = "PAID"
        return
    for kind, status, share in STATES[state]:
        amount = total if share == 1 else (total * share).rounded()
        if amount:
            record(shop, order, kind, amount, gateway=gateway, status=status)
    if state in ("pending", "failed") and order["financial_hint"] is None:
        order["financial_hint"] = "PENDING"


def record(shop: Any, order: Node, kind: str, amount: Bag, **values: Any) -> Node:
    """A transaction with its webhooks: order_transactions/create, and orders/paid when it settles the order."""
    before = Ledger(order).financial_status
    made = add_transaction(shop, order, kind, amount, **values)
    shop.emit("order_transactions/create", made)
    if Ledger(order).financial_status == "PAID" and before != "PAID":
        shop.emit("orders/paid", order)
    return made


def mark_paid(shop: Any, order: Node, gateway: str = "manual", amount: Any = None) -> Node:
    """Book what is outstanding (or an amount in shop currency) as received outside of Shopify."""
    book = Ledger(order)
    if order["cancelledAt"] or book.outstanding.shop <= 0:
        raise refuse(["id"], "Order cannot be marked as paid.", order=order)
    shop.changed(order)
    for transaction in order["transactions"]:
        if transaction["status"] == "PENDING" and transaction["kind"] == "SALE":
            transaction.update(status="SUCCESS", processedAt=shop.now())
            shop.emit("order_transactions/create", transaction)
            if Ledger(order).financial_status == "PAID":
                shop.emit("orders/paid", order)
            return transaction
    open_authorization = next((t for t in order["transactions"] if book.capturable_of(t)), None)
    if open_authorization is not None and amount is None:
        return capture(shop, order, open_authorization, book.capturable_of(open_authorization))
    return record(shop, order, "SALE", book.outstanding if amount is None else bag(order, amount), gateway=gateway)


def capture(shop: Any, order: Node, parent: Node, amount: Bag) -> Node:
    """Take (part of) an authorised amount."""
    left = Ledger(order).capturable_of(parent)
    if not left and amount.presentment > 0:
        raise refuse(None, "Can only capture successful authorizations")
    if amount.presentment <= 0:
        raise refuse(None, "Amount must be greater than zero for capture transactions")
    if amount.presentment > left.presentment:
        text = quantize(parent["amount"].presentment, parent["amount"].presentment_currency)
        raise refuse(None, f"Cannot capture more than the authorized {text} for this payment.")
    shop.changed(order)
    return record(shop, order, "CAPTURE", amount, gateway=parent["gateway"], parent=parent["id"])


def void(shop: Any, order: Node, parent: Node) -> Node:
    """Give up an authorisation."""
    shop.changed(order)
    return record(shop, order, "VOID", parent["amount"].zero(), gateway=parent["gateway"], parent=parent["id"])


def presentment_amount(order: Node, amount: Any) -> Bag:
    """An amount given in the buyer's currency, with its shop side by the order's own ratio of totals."""
    total = Ledger(order).price
    value = Decimal(str(amount))
    if order["currencyCode"] == order["presentmentCurrencyCode"] or not total.presentment:
        return Bag(value, value, order["currencyCode"], order["presentmentCurrencyCode"])
    shop_side = quantize(value * total.shop / total.presentment, order["currencyCode"])
    return Bag(shop_side, value, order["currencyCode"], order["presentmentCurrencyCode"])
