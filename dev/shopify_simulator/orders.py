"""Reading orders: the root queries with their search filters, transactions, refunds, addresses and discounts."""
from __future__ import annotations

from typing import Any

from .connection import connection, count
from .errors import NotModelled
from .ledger import Ledger
from .money import decimal_text
from .nodes import find
from .order_types import _shop_money, ledger, order_of
from .registry import constant, field, nulls, query

Node = dict[str, Any]

_FINANCIAL = {"any": None, "paid": {"PAID"}, "pending": {"PENDING"}, "authorized": {"AUTHORIZED"},
              "partially_paid": {"PARTIALLY_PAID"}, "partially_refunded": {"PARTIALLY_REFUNDED"}, "refunded": {"REFUNDED"},
              "voided": {"VOIDED"}, "expired": {"EXPIRED"}, "unpaid": {"PENDING", "AUTHORIZED", "PARTIALLY_PAID", "EXPIRED"}}
_FULFILLMENT = {"any": None, "unshipped": {"UNFULFILLED", "OPEN", "ON_HOLD", "SCHEDULED", "IN_PROGRESS", "PENDING_FULFILLMENT"},
                "unfulfilled": {"UNFULFILLED", "PARTIALLY_FULFILLED", "OPEN"}, "shipped": {"FULFILLED"},
                "fulfilled": {"FULFILLED"}, "partial": {"PARTIALLY_FULFILLED"}, "scheduled": {"SCHEDULED"},
                "on_hold": {"ON_HOLD"}, "in_progress": {"IN_PROGRESS"}, "request_declined": {"REQUEST_DECLINED"}}


def _state(table: dict[str, Any], what: str, get: Any) -> Any:
    """A filter over a derived status: search words mean sets of enum values."""
    def test_of(order: Node) -> Any:
        def test(text: str) -> bool:
            for word in text.split(","):
                if word not in table:
                    raise NotModelled(f"search value {what}:{word}")
                if table[word] is None or get(Ledger(order)) in table[word]:
                    return True
            return False
        return test
    return "custom", test_of


def _status(order: Node) -> Any:
    def test(word: str) -> bool:
        return {"open": not order["closedAt"] and not order["cancelledAt"], "closed": bool(order["closedAt"]),
                "cancelled": bool(order["cancelledAt"]), "not_closed": not order["closedAt"], "any": True}.get(word, False)
    return test


def _not_tagged(order: Node) -> Any:
    return lambda word: word not in {tag.lower() for tag in order["tags"]}


ORDER_FILTERS = {
    "id": ("id", lambda o: o["n"]),
    "name": ("custom", lambda o: lambda word: o["name"].lower() in (word, f"#{word}") or
             (word.endswith("*") and o["name"].lower().lstrip("#").startswith(word[:-1].lstrip("#")))),
    "created_at": ("time", lambda o: o["createdAt"]),
    "updated_at": ("time", lambda o: o["updatedAt"]),
    "processed_at": ("time", lambda o: o["processedAt"]),
    "status": ("custom", _status),
    "financial_status": _state(_FINANCIAL, "financial_status", lambda book: book.financial_status),
    "fulfillment_status": _state(_FULFILLMENT, "fulfillment_status", lambda book: book.fulfillment_status),
    "return_status": ("custom", lambda o: lambda word: Ledger(o).return_status.lower() in word.split(",")),
    "email": ("string", lambda o: o["email"]),
    "tag": ("strings", lambda o: o["tags"]),
    "tag_not": ("custom", _not_tagged),
    "test": ("boolean", lambda o: o["test"]),
    "sku": ("strings", lambda o: [line["sku"] for line in o["lines"]]),
    "customer_id": ("id", lambda o: int(o["customer"].rsplit("/", 1)[1]) if o["customer"] else None),
    "gateway": ("strings", lambda o: [t["gateway"] for t in o["transactions"]]),
    "po_number": ("string", lambda o: o["poNumber"]),
    "source_name": ("string", lambda o: o["sourceName"]),
    "risk_level": ("string", lambda o: o["risk"]),
    "discount_code": ("strings", lambda o: [a["code"] for a in o["applications"] if "code" in a]),
    "current_total_price": ("number", lambda o: Ledger(o).current_price.shop),
    "confirmation_number": ("string", lambda o: o["confirmationNumber"]),
    "fulfillment_location_id": ("custom", lambda o: lambda word: any(
        fo["location"].endswith("/" + word) for fo in o["fulfillment_orders"])),
    "default": ("text", lambda o: [o["name"], o["name"].lstrip("#"), o["email"], o["note"], *o["tags"],
                                   *(line["title"] for line in o["lines"]), *(line["sku"] for line in o["lines"]),
                                   *((o["shippingAddress"] or {}).get(k) for k in ("name", "city"))]),
}

ORDER_SORT = {
    "PROCESSED_AT": lambda o: o["processedAt"],
    "CREATED_AT": lambda o: o["createdAt"],
    "UPDATED_AT": lambda o: o["updatedAt"],
    "ORDER_NUMBER": lambda o: o["number"],
    "TOTAL_PRICE": lambda o: Ledger(o).price.shop,
    "PO_NUMBER": lambda o: o["poNumber"],
    "TOTAL_ITEMS_QUANTITY": lambda o: sum(line["quantity"] for line in o["lines"]),
}


def visible_orders(ctx: Any) -> list[Node]:
    """All orders, or those of the last 60 days when the app lacks read_all_orders."""
    rows = ctx.shop.all("Order")
    if "read_all_orders" not in ctx.scopes:
        horizon = ctx.now.timestamp() - 60 * 86400
        rows = [o for o in rows if o["processedAt"].timestamp() >= horizon]
    return rows


@query("orders")
def _orders(root: Any, args: Node, ctx: Any) -> Any:
    if args.get("savedSearchId"):
        raise NotModelled("orders(savedSearchId:)")
    return connection(visible_orders(ctx), args, ctx, filters=ORDER_FILTERS, sort_keys=ORDER_SORT,
                      default_sort="PROCESSED_AT")


@query("ordersCount")
def _orders_count(root: Any, args: Node, ctx: Any) -> Any:
    return count(visible_orders(ctx), args, ctx, ORDER_FILTERS)


@query("order")
def _order(root: Any, args: Node, ctx: Any) -> Any:
    return find(ctx, args["id"], "Order")


@query("orderByIdentifier")
def _order_by_identifier(root: Any, args: Node, ctx: Any) -> Any:
    identifier = args["identifier"]
    if identifier.get("id"):
        return find(ctx, identifier["id"], "Order")
    raise NotModelled("orderByIdentifier(identifier: {customId})")


@query("refund")
def _refund(root: Any, args: Node, ctx: Any) -> Any:
    return find(ctx, args["id"], "Refund")


# -- transactions

field("OrderTransaction.amountSet")(lambda t, args, ctx: t["amount"])
field("OrderTransaction.amount")(lambda t, args, ctx: _shop_money(t["amount"]))
field("OrderTransaction.amountV2")(lambda t, args, ctx: (t["amount"].shop, t["amount"].shop_currency))
field("OrderTransaction.parentTransaction")(lambda t, args, ctx: ctx.shop.find(t["parent"], "OrderTransaction"))
field("OrderTransaction.order")(lambda t, args, ctx: order_of(t, ctx))
field("OrderTransaction.formattedGateway")(lambda t, args, ctx: t["gateway"].replace("_", " ").capitalize())
field("OrderTransaction.manualPaymentGateway")(lambda t, args, ctx: t["gateway"] in MANUAL_GATEWAYS)
field("OrderTransaction.manuallyCapturable")(
    lambda t, args, ctx: t["gateway"] not in MANUAL_GATEWAYS and bool(ledger(order_of(t, ctx), ctx).capturable_of(t)))
field("OrderTransaction.totalUnsettledSet")(lambda t, args, ctx: ledger(order_of(t, ctx), ctx).capturable_of(t))
field("OrderTransaction.maximumRefundableV2")(
    lambda t, args, ctx: (ledger(order_of(t, ctx), ctx).refundable_of(t).presentment, t["amount"].presentment_currency))
constant("OrderTransaction", fees=[], multiCapturable=False, test=False)
nulls("OrderTransaction", "accountNumber amountRoundingSet authorizationExpiresAt currencyExchangeAdjustment device errorCode "
      "location paymentDetails paymentIcon receiptJson settlementCurrency settlementCurrencyRate shopifyPaymentsSet user "
      "authorizationCode")
field("OrderTransaction.paymentId")(lambda t, args, ctx: f"{order_of(t, ctx)['name']}.{t['n'] % 1000}")
field("OrderTransaction.test")(lambda t, args, ctx: t["test"])
MANUAL_GATEWAYS = frozenset({"manual", "Cash on Delivery (COD)", "Bank Deposit", "Money Order", "bank_deposit", "cod"})

# -- refunds

field("Refund.legacyResourceId")(lambda r, args, ctx: r["n"])
field("Refund.order")(lambda r, args, ctx: order_of(r, ctx))
constant("Refund", duties=[])
nulls("Refund", "staffMember")
field("Refund.return")(lambda r, args, ctx: ctx.shop.find(r["return"], "Return"))


def _refund_transactions(refund: Node, ctx: Any) -> list[Node]:
    return [t for t in order_of(refund, ctx)["transactions"] if t["refund"] == refund["id"]]


@field("Refund.totalRefundedSet")
def _total_refunded(refund: Node, args: Node, ctx: Any) -> Any:
    paid = [t["amount"] for t in _refund_transactions(refund, ctx) if t["kind"] == "REFUND" and t["status"] == "SUCCESS"]
    return sum(paid, ledger(order_of(refund, ctx), ctx).zero)


field("Refund.totalRefunded")(lambda r, args, ctx: (_total_refunded(r, args, ctx).shop, order_of(r, ctx)["currencyCode"]))
field("Refund.transactions")(lambda r, args, ctx: connection(_refund_transactions(r, ctx), args, ctx))
field("Refund.refundLineItems")(lambda r, args, ctx: connection(r["lines"], args, ctx))
field("Refund.refundShippingLines")(lambda r, args, ctx: connection(r["shipping"], args, ctx))
field("Refund.orderAdjustments")(lambda r, args, ctx: connection(r["adjustments"], args, ctx))
field("RefundLineItem.lineItem")(lambda x, args, ctx: ctx.shop.nodes[x["line"]])
field("RefundLineItem.location")(lambda x, args, ctx: ctx.shop.find(x["location"], "Location"))
field("RefundLineItem.subtotalSet")(lambda x, args, ctx: x["subtotal"])
field("RefundLineItem.subtotal")(lambda x, args, ctx: _shop_money(x["subtotal"]))
field("RefundLineItem.totalTaxSet")(lambda x, args, ctx: x["tax"])
field("RefundLineItem.totalTax")(lambda x, args, ctx: _shop_money(x["tax"]))
field("RefundLineItem.priceSet")(lambda x, args, ctx: x["price"])
field("RefundLineItem.price")(lambda x, args, ctx: _shop_money(x["price"]))
field("RefundLineItem.restocked")(lambda x, args, ctx: x["restockType"] in ("RETURN", "CANCEL"))
field("RefundShippingLine.shippingLine")(lambda x, args, ctx: ctx.shop.nodes[x["line"]])
field("RefundShippingLine.subtotalAmountSet")(lambda x, args, ctx: x["amount"])
field("RefundShippingLine.taxAmountSet")(lambda x, args, ctx: x["tax"])
field("OrderAdjustment.amountSet")(lambda x, args, ctx: x["amount"])
field("OrderAdjustment.taxAmountSet")(lambda x, args, ctx: x["tax"])

# -- discounts, attributes, addresses

field("DiscountCodeApplication.index", "ManualDiscountApplication.index", "AutomaticDiscountApplication.index")(
    lambda a, args, ctx: a["index"])
field("PricingPercentageValue.percentage")(lambda v, args, ctx: float(v["percentage"]))

field("MailingAddress.countryCodeV2", "MailingAddress.countryCode")(lambda a, args, ctx: a["countryCode"])
field("MailingAddress.name")(lambda a, args, ctx: " ".join(x for x in (a["firstName"], a["lastName"]) if x) or None)
field("MailingAddress.formattedArea")(lambda a, args, ctx: ", ".join(x for x in (a["city"], a["provinceCode"], a["country"]) if x))


@field("MailingAddress.formatted")
def _formatted(address: Node, args: Node, ctx: Any) -> list[str]:
    """Lines of the address as Shopify prints them (name and company on request), most specific first."""
    first = [f"{address['firstName'] or ''} {address['lastName'] or ''}".strip()] if args.get("withName") else []
    company = [address["company"]] if args.get("withCompany", True) else []
    city = " ".join(x for x in (address["city"], address["provinceCode"], address["zip"]) if x)
    return [x for x in (*first, *company, address["address1"], address["address2"], city, address["country"]) if x]


constant("MailingAddress", coordinatesValidated=False)
nulls("MailingAddress", "latitude longitude timeZone validationResultSummary")


def money_v2(bag: Any) -> Node:
    """A Bag's shop side as a union-capable MoneyV2."""
    return {"__typename": "MoneyV2", "amount": bag.shop, "currencyCode": bag.shop_currency}


def decimal(value: Any) -> str:
    return decimal_text(value)
