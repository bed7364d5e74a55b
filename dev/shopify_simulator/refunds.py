"""Refunds: which units and money go back, what the shop suggests, and the refundCreate mutation."""
from __future__ import annotations

from collections import Counter
from typing import Any

from . import fulfilment, stock
from .errors import NotModelled, UserErrors, refuse, user_error
from .ledger import Ledger
from .money import Bag, currency_text, quantize
from .nodes import find
from .order_build import add_transaction
from .order_types import ledger
from .payments import presentment_amount
from .registry import constant, field, mutation

Node = dict[str, Any]


def refund_order(shop: Any, order: Node, *, lines: list[Node], shipping: Bag | None = None, transactions: list[Node] | None = None,
                 note: str | None = None, status: str = "SUCCESS", reason: str | None = None, processed: Any = None) -> Node:
    """Take units ({line, quantity, restock, location}) and money ({parent, amount Bag, gateway}) back.

    The difference between what the units are worth and what was paid back becomes an order adjustment (positive in the
    merchant's favour) when any money moved.
    """
    shop.changed(order)
    book = Ledger(order)
    refund = shop.node("Refund", order, createdAt=shop.now(), updatedAt=shop.now(), processedAt=processed or shop.now(), note=note,
                       lines=[], shipping=[], adjustments=[])
    refund["return"] = None
    due = book.zero
    for row in lines:
        line, quantity = row["line"], row["quantity"]
        item = shop.node("RefundLineItem", order, line=line["id"], quantity=quantity, restockType=row.get("restock", "NO_RESTOCK"),
                         location=row.get("location"), price=line["unit"],
                         subtotal=book.line_total(line, quantity), tax=book.line_tax(line, quantity))
        refund["lines"].append(item)
        due = due + item["subtotal"] + (book.zero if order["taxesIncluded"] else item["tax"])
        _move_goods(shop, order, book, line, item)
    if shipping:
        due = due + _refund_shipping(shop, order, book, refund, shipping)
    order["refunds"].append(refund)
    paid = book.zero
    for row in transactions or []:
        made = add_transaction(shop, order, "REFUND", row["amount"], gateway=row["gateway"], parent=row["parent"],
                               refund=refund["id"], status=status)
        shop.emit("order_transactions/create", made)
        paid = paid + row["amount"]
    if transactions and due != paid:
        refund["adjustments"].append(shop.node("OrderAdjustment", order, amount=due - paid, tax=book.zero,
                                               reason=reason or "REFUND_DISCREPANCY"))
    shop.emit("refunds/create", refund)
    return refund


def _move_goods(shop: Any, order: Node, book: Ledger, line: Node, item: Node) -> None:
    """Returned units go to stock where told; unfulfilled ones leave their fulfilment orders."""
    if item["restockType"] == "RETURN":
        if item["location"]:
            stock.restock_line(shop, line, item["location"], item["quantity"])
        return
    unfulfilled = min(item["quantity"], book.unfulfilled_quantity(line))
    if unfulfilled:
        fulfilment.take_away(shop, order, line, unfulfilled, restock=item["restockType"] == "CANCEL")


def _refund_shipping(shop: Any, order: Node, book: Ledger, refund: Node, amount: Bag) -> Bag:
    """Spread a shipping refund over the shipping lines in order; the amount given contains no tax unless prices do."""
    left, total = amount, book.zero
    for line in book.shipping_lines:
        price = book.shipping_total(line)
        part = left if left.shop <= price.shop else price
        if not part:
            continue
        whole_tax = book.shipping_tax(line)
        tax = whole_tax if part == price else (whole_tax * (part.shop / price.shop)).rounded()
        refund["shipping"].append(shop.node("RefundShippingLine", order, line=line["id"], amount=part, tax=tax))
        total = total + part + (book.zero if order["taxesIncluded"] else tax)
        left = left - part
    return total


def refundable_shipping(book: Ledger) -> Bag:
    return book.discounted_shipping - book.refunded_shipping


def suggested_transactions(book: Ledger, amount: Bag) -> list[Node]:
    """Where the money would go back to: each payment up to what it still allows, oldest first."""
    left, rows = amount, []
    for transaction in book.order["transactions"]:
        allowed = book.refundable_of(transaction)
        part = allowed if allowed.shop <= left.shop else left
        if part.shop > 0:
            rows.append({"parent": transaction["id"], "amount": part, "gateway": transaction["gateway"], "maximum": allowed})
            left = left - part
    return rows


def worth(book: Ledger, lines: list[tuple[Node, int]]) -> tuple[Bag, Bag]:
    """(subtotal after discounts, tax) of units."""
    subtotal, tax = book.zero, book.zero
    for line, quantity in lines:
        subtotal = subtotal + book.line_total(line, quantity)
        tax = tax + book.line_tax(line, quantity)
    return subtotal, tax


@field("Order.suggestedRefund")
def _suggested(order: Node, args: Node, ctx: Any) -> Node:
    book = ledger(order, ctx)
    if args.get("refundDuties"):
        raise NotModelled("suggestedRefund(refundDuties:)")
    rows: list[tuple[Node, int, Node]] = []
    if args.get("suggestFullRefund"):
        rows = [(line, book.refundable_quantity(line), {}) for line in order["lines"] if book.refundable_quantity(line)]
    for wanted in args.get("refundLineItems") or []:
        line = find(ctx, wanted["lineItemId"], "LineItem")
        if line is None or line["owner"] != order["id"]:
            raise refuse(["refundLineItems"], "Line item does not exist")
        rows.append((line, min(wanted["quantity"], book.refundable_quantity(line)), wanted))
    shipping = book.zero
    if args.get("refundShipping") or args.get("suggestFullRefund"):
        shipping = refundable_shipping(book)
    elif args.get("shippingAmount") is not None:
        shipping = presentment_amount(order, args["shippingAmount"])
    subtotal, tax = worth(book, [(line, quantity) for line, quantity, _ in rows])
    shipping_tax = book.tax.zero()
    for line in book.shipping_lines:
        price = book.shipping_total(line)
        if price:
            shipping_tax = shipping_tax + (book.shipping_tax(line) * (min(shipping.shop, price.shop) / price.shop)).rounded()
    whole = subtotal + shipping + (book.zero if order["taxesIncluded"] else tax + shipping_tax)
    limit = book.net_payment
    amount = whole if whole.shop <= limit.shop else limit
    lines = [{"n": 0, "id": None, "line": line["id"], "quantity": quantity, "location": wanted.get("locationId"),
              "restockType": wanted.get("restockType") or "NO_RESTOCK", "subtotal": book.line_total(line, quantity),
              "tax": book.line_tax(line, quantity), "price": line["unit"]} for line, quantity, wanted in rows]
    return {"amount": amount, "subtotal": subtotal, "tax": tax + shipping_tax, "limit": limit, "lines": lines, "order": order,
            "shipping": {"amount": shipping, "tax": shipping_tax, "limit": refundable_shipping(book)}, "book": book}


field("SuggestedRefund.amountSet")(lambda s, args, ctx: s["amount"])
field("SuggestedRefund.subtotalSet", "SuggestedRefund.discountedSubtotalSet")(lambda s, args, ctx: s["subtotal"])
field("SuggestedRefund.totalTaxSet")(lambda s, args, ctx: s["tax"])
field("SuggestedRefund.maximumRefundableSet")(lambda s, args, ctx: s["limit"])
field("SuggestedRefund.totalCartDiscountAmountSet", "SuggestedRefund.totalDutiesSet")(lambda s, args, ctx: s["book"].zero)
for _name, _source in {"amount": "amount", "subtotal": "subtotal", "totalTaxes": "tax", "maximumRefundable": "limit"}.items():
    field(f"SuggestedRefund.{_name}")(lambda s, args, ctx, source=_source: currency_text(s[source].shop, s[source].shop_currency))
field("SuggestedRefund.refundLineItems")(lambda s, args, ctx: s["lines"])
field("SuggestedRefund.shipping")(lambda s, args, ctx: s["shipping"])
constant("SuggestedRefund", refundDuties=[], suggestedRefundMethods=[])
field("SuggestedRefund.suggestedTransactions")(lambda s, args, ctx: suggested_transactions(s["book"], s["amount"]))
field("ShippingRefund.amountSet")(lambda s, args, ctx: s["amount"])
field("ShippingRefund.taxSet")(lambda s, args, ctx: s["tax"])
field("ShippingRefund.maximumRefundableSet")(lambda s, args, ctx: s["limit"])
for _name, _source in {"amount": "amount", "tax": "tax", "maximumRefundable": "limit"}.items():
    field(f"ShippingRefund.{_name}")(lambda s, args, ctx, source=_source: currency_text(s[source].shop, s[source].shop_currency))
field("SuggestedOrderTransaction.amountSet")(lambda t, args, ctx: t["amount"])
field("SuggestedOrderTransaction.amount")(lambda t, args, ctx: currency_text(t["amount"].shop, t["amount"].shop_currency))
field("SuggestedOrderTransaction.maximumRefundableSet")(lambda t, args, ctx: t["maximum"])
field("SuggestedOrderTransaction.parentTransaction")(lambda t, args, ctx: ctx.shop.find(t["parent"]))
field("SuggestedOrderTransaction.formattedGateway")(lambda t, args, ctx: t["gateway"])
constant("SuggestedOrderTransaction", kind="SUGGESTED_REFUND", accountNumber=None, paymentDetails=None)


@mutation("refundCreate")
def _create(args: Node, ctx: Any) -> Node:
    values = args["input"]
    order = find(ctx, values["orderId"], "Order")
    if order is None:
        raise refuse(["orderId"], "Order does not exist")
    for name in ("refundDuties", "refundMethods"):
        if values.get(name):
            raise NotModelled(f"refundCreate(input: {{{name}}})")
    book = Ledger(order)
    if order["currencyCode"] != order["presentmentCurrencyCode"] and values.get("transactions") and not values.get("currency"):
        raise refuse(["currency"], "Currency must be specified when the order's presentment currency differs from its shop currency")
    lines = _lines(values.get("refundLineItems") or [], order, book, ctx)
    shipping = _shipping(values.get("shipping"), order, book)
    transactions = _transactions(values, order, book, ctx)
    if not lines and not shipping and not transactions:
        raise refuse(None, "Refund must have at least one line item, transaction or shipping amount")
    refund = refund_order(ctx.shop, order, lines=lines, shipping=shipping, transactions=transactions, note=values.get("note"),
                          reason=values.get("discrepancyReason"))
    return {"refund": refund, "order": order}


def _lines(rows: list[Node], order: Node, book: Ledger, ctx: Any) -> list[Node]:
    chosen = []
    taken: Counter[str] = Counter()
    for index, row in enumerate(rows):
        where = ["refundLineItems", str(index)]
        line = find(ctx, row["lineItemId"], "LineItem")
        if line is None or line["owner"] != order["id"]:
            raise refuse([*where, "lineItemId"], "Line item does not exist")
        taken[line["id"]] += row["quantity"]
        if row["quantity"] < 0 or taken[line["id"]] > book.refundable_quantity(line):
            raise refuse([*where, "quantity"], "Quantity cannot refund more items than were purchased")
        restock = row.get("restockType") or "NO_RESTOCK"
        if restock == "RETURN" and not row.get("locationId"):
            raise refuse([*where, "locationId"], "Location must be specified when restocking returned items")
        if row["quantity"]:
            chosen.append({"line": line, "quantity": row["quantity"], "restock": restock, "location": row.get("locationId")})
    return chosen


def _shipping(values: Node | None, order: Node, book: Ledger) -> Bag | None:
    if not values:
        return None
    limit = refundable_shipping(book)
    if values.get("fullRefund"):
        return limit
    amount = presentment_amount(order, values.get("amount") or 0)
    if amount.presentment > limit.presentment:
        raise refuse(["shipping", "amount"], "Shipping amount cannot be greater than the refundable shipping amount")
    return amount


def _transactions(values: Node, order: Node, book: Ledger, ctx: Any) -> list[Node]:
    rows = []
    whole = book.zero
    for index, row in enumerate(values.get("transactions") or []):
        where = ["transactions", str(index)]
        if row["kind"] != "REFUND":
            raise UserErrors(user_error([*where, "kind"], "Kind must be refund"))
        parent = find(ctx, row["parentId"], "OrderTransaction") if row.get("parentId") else None
        if parent is None or parent["owner"] != order["id"]:
            raise refuse([*where, "parentId"], "Parent transaction must be specified")
        amount = presentment_amount(order, row["amount"])
        if amount.presentment > book.refundable_of(parent).presentment:
            limit = quantize(book.refundable_of(parent).presentment, order["presentmentCurrencyCode"])
            raise refuse(None, f"Refund amount {amount.presentment} is greater than the refundable amount {limit}")
        whole = whole + amount
        rows.append({"parent": parent["id"], "amount": amount, "gateway": row.get("gateway") or parent["gateway"]})
    if whole.presentment > book.net_payment.presentment and not values.get("allowOverRefunding"):
        raise refuse(None, f"Refund amount {currency_text(whole.presentment, order['presentmentCurrencyCode'])} is greater than net "
                     f"payment received {currency_text(book.net_payment.presentment, order['presentmentCurrencyCode'])}")
    return rows
