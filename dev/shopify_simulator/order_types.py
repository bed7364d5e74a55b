"""How an order, its lines, taxes, discounts, transactions and refunds read in GraphQL."""
from __future__ import annotations

from decimal import Decimal
from typing import Any

from .connection import connection
from .ledger import Ledger
from .money import Bag, currency_text, decimal_text
from .registry import constant, field, nulls

Node = dict[str, Any]


def ledger(order: Node, ctx: Any) -> Ledger:
    """The order's ledger, computed once per request (a mutation clears the memo)."""
    found = ctx.memo.get(order["id"])
    if found is None:
        found = ctx.memo[order["id"]] = Ledger(order)
    return found


def order_of(child: Node, ctx: Any) -> Node:
    return ctx.shop.nodes[child["owner"]]


# -- money

field("MoneyBag.shopMoney")(lambda bag, args, ctx: (bag.shop, bag.shop_currency))
field("MoneyBag.presentmentMoney")(lambda bag, args, ctx: (bag.presentment, bag.presentment_currency))
field("MoneyV2.amount")(lambda money, args, ctx: decimal_text(money["amount"] if isinstance(money, dict) else money[0]))
field("MoneyV2.currencyCode")(
    lambda money, args, ctx: money["currencyCode"] if isinstance(money, dict) else money[1])


def _shop_money(bag: Bag) -> str:
    return currency_text(bag.shop, bag.shop_currency)


def _bags(type_name: str, table: dict[str, Any], legacy: dict[str, str] | None = None) -> None:
    """Register money fields; `legacy` maps deprecated scalar fields to the Set field they shadow."""
    for name, get in table.items():
        field(f"{type_name}.{name}")(lambda obj, args, ctx, get=get: get(obj, ctx))
    for name, source in (legacy or {}).items():
        field(f"{type_name}.{name}")(lambda obj, args, ctx, get=table[source]: _shop_money(get(obj, ctx)))


_bags("Order", {
    "totalPriceSet": lambda o, c: ledger(o, c).price,
    "currentTotalPriceSet": lambda o, c: ledger(o, c).current_price,
    "originalTotalPriceSet": lambda o, c: o["original_total"],
    "subtotalPriceSet": lambda o, c: ledger(o, c).subtotal,
    "currentSubtotalPriceSet": lambda o, c: ledger(o, c).current_subtotal,
    "totalTaxSet": lambda o, c: ledger(o, c).tax,
    "currentTotalTaxSet": lambda o, c: ledger(o, c).current_tax,
    "totalDiscountsSet": lambda o, c: ledger(o, c).discounts,
    "currentTotalDiscountsSet": lambda o, c: ledger(o, c).current_discounts,
    "totalShippingPriceSet": lambda o, c: ledger(o, c).shipping,
    "currentShippingPriceSet": lambda o, c: ledger(o, c).current_shipping,
    "totalReceivedSet": lambda o, c: ledger(o, c).received,
    "totalRefundedSet": lambda o, c: ledger(o, c).money_refunded,
    "totalRefundedShippingSet": lambda o, c: ledger(o, c).refunded_shipping,
    "netPaymentSet": lambda o, c: ledger(o, c).net_payment,
    "totalOutstandingSet": lambda o, c: ledger(o, c).outstanding - ledger(o, c).capturable,  # as recorded: authorised is not open
    "totalCapturableSet": lambda o, c: ledger(o, c).capturable,
    "totalTipReceivedSet": lambda o, c: ledger(o, c).tips,
    "refundDiscrepancySet": lambda o, c: ledger(o, c).adjustments,
    "cartDiscountAmountSet": lambda o, c: _cart_discount(o, c, current=False),
    "currentCartDiscountAmountSet": lambda o, c: _cart_discount(o, c, current=True),
    "originalTotalDutiesSet": lambda o, c: ledger(o, c).duties if o["duties"] else None,
    "currentTotalDutiesSet": lambda o, c: ledger(o, c).duties if o["duties"] else None,
}, {"totalPrice": "totalPriceSet", "subtotalPrice": "subtotalPriceSet", "totalTax": "totalTaxSet",
    "totalDiscounts": "totalDiscountsSet", "totalReceived": "totalReceivedSet", "totalRefunded": "totalRefundedSet",
    "totalShippingPrice": "totalShippingPriceSet", "netPayment": "netPaymentSet", "totalCapturable": "totalCapturableSet",
    "cartDiscountAmount": "cartDiscountAmountSet"})


def _order_level(application: Node) -> bool:
    return application["targetType"] == "LINE_ITEM" and application["allocationMethod"] == "ACROSS"


def _cart_discount(order: Node, ctx: Any, current: bool) -> Bag:
    book = ledger(order, ctx)
    bags = [book.line_discount(line, book.current_quantity(line) if current else None, _order_level) for line in book.goods]
    return sum(bags[1:], bags[0]) if bags else book.zero


field("Order.totalTipReceived")(lambda o, args, ctx: (ledger(o, ctx).tips.shop, o["currencyCode"]))
field("Order.displayFinancialStatus")(lambda o, args, ctx: ledger(o, ctx).financial_status)


@field("Order.displayFulfillmentStatus")
def _fulfillment_status(order: Node, args: Node, ctx: Any) -> str:
    """FULFILLMENT_NOT_REQUIRED came late: older versions say UNFULFILLED."""
    status = ledger(order, ctx).fulfillment_status
    return status if status in ctx.document.schema.get_type("OrderDisplayFulfillmentStatus").values else "UNFULFILLED"


field("Order.returnStatus")(lambda o, args, ctx: ledger(o, ctx).return_status)
field("Order.taxLines")(lambda o, args, ctx: ledger(o, ctx).aggregated_taxes(current=False))
field("Order.currentTaxLines")(lambda o, args, ctx: ledger(o, ctx).aggregated_taxes(current=True))
field("Order.closed")(lambda o, args, ctx: o["closedAt"] is not None)
field("Order.legacyResourceId")(lambda o, args, ctx: o["n"])
field("Order.capturable")(lambda o, args, ctx: bool(ledger(o, ctx).capturable))
field("Order.fullyPaid")(lambda o, args, ctx: ledger(o, ctx).outstanding.shop <= 0 and bool(ledger(o, ctx).received))
field("Order.unpaid")(lambda o, args, ctx: not ledger(o, ctx).received)
field("Order.refundable")(lambda o, args, ctx: any(ledger(o, ctx).refundable_of(t) for t in o["transactions"]))
field("Order.restockable")(lambda o, args, ctx: any(ledger(o, ctx).refundable_quantity(x) for x in o["lines"]))
field("Order.requiresShipping")(lambda o, args, ctx: any(x["requiresShipping"] for x in o["lines"]))
field("Order.fulfillable")(lambda o, args, ctx: any(ledger(o, ctx).unfulfilled_quantity(x) for x in ledger(o, ctx).goods
                                                    if x["requiresShipping"]))
field("Order.canMarkAsPaid")(lambda o, args, ctx: not o["cancelledAt"] and ledger(o, ctx).outstanding.shop > 0)
field("Order.canNotifyCustomer")(lambda o, args, ctx: bool(o["email"] or o["phone"]))
field("Order.merchantEditable")(lambda o, args, ctx: not merchant_editable_errors(o, ctx))
field("Order.merchantEditableErrors")(lambda o, args, ctx: merchant_editable_errors(o, ctx))
field("Order.subtotalLineItemsQuantity")(lambda o, args, ctx: sum(x["quantity"] for x in ledger(o, ctx).goods))
field("Order.currentSubtotalLineItemsQuantity")(
    lambda o, args, ctx: sum(ledger(o, ctx).current_quantity(x) for x in ledger(o, ctx).goods))
field("Order.totalWeight")(lambda o, args, ctx: sum(x["quantity"] * x["grams"] for x in o["lines"]))
field("Order.currentTotalWeight")(
    lambda o, args, ctx: sum(ledger(o, ctx).current_quantity(x) * x["grams"] for x in o["lines"]))
field("Order.paymentGatewayNames")(
    lambda o, args, ctx: list(dict.fromkeys(t["gateway"] for t in o["transactions"] if t["kind"] != "REFUND")))
field("Order.customer")(lambda o, args, ctx: ctx.shop.find(o["customer"], "Customer"))
field("Order.purchasingEntity")(lambda o, args, ctx: ctx.shop.find(o["customer"], "Customer"))
field("Order.displayAddress")(lambda o, args, ctx: o["shippingAddress"] or o["billingAddress"])
field("Order.billingAddressMatchesShippingAddress")(lambda o, args, ctx: _same_address(o))
field("Order.discountCodes")(lambda o, args, ctx: [a["code"] for a in o["applications"] if "code" in a])
field("Order.discountCode")(lambda o, args, ctx: next((a["code"] for a in o["applications"] if "code" in a), None))
field("Order.shippingLine")(lambda o, args, ctx: next(iter(ledger(o, ctx).shipping_lines), None))
field("Order.cancellation")(lambda o, args, ctx: {"staffNote": o["staffNote"]} if o["cancelledAt"] else None)
field("Order.retailLocation")(lambda o, args, ctx: ctx.shop.find(o["location"], "Location"))
field("Order.app")(lambda o, args, ctx: o["app"])
field("Order.risk")(lambda o, args, ctx: {
    "recommendation": {"HIGH": "CANCEL", "MEDIUM": "INVESTIGATE", "LOW": "ACCEPT"}.get(o["risk"], "NONE"),
    "assessments": [{"riskLevel": o["risk"], "facts": [], "provider": None}] if o["risk"] != "NONE" else []})
field("Order.riskLevel")(lambda o, args, ctx: o["risk"] if o["risk"] in ("LOW", "MEDIUM", "HIGH") else "LOW")
field("Order.totalCashRoundingAdjustment")(lambda o, args, ctx: {
    "paymentSet": ledger(o, ctx).zero, "refundSet": ledger(o, ctx).zero})
field("Order.statusPageUrl")(lambda o, args, ctx: f"https://{ctx.shop.domain}/orders/{o['n']}/authenticate")
field("Order.attribution")(lambda o, args, ctx: {
    "handle": o["sourceName"] or "web", "displayName": o["app"]["name"], "icon": None})
field("Order.transactionsCount")(lambda o, args, ctx: {"count": len(o["transactions"]), "precision": "EXACT"})
field("Order.fulfillmentsCount")(lambda o, args, ctx: {"count": len(o["fulfillments"]), "precision": "EXACT"})
constant("Order", additionalFees=[], alerts=[], disputes=[], confirmed=True, dutiesIncluded=False, productNetwork=False,
         estimatedTaxes=False, hasTimelineComment=False, customerAcceptsMarketing=False,
         paymentCollectionDetails={"additionalPaymentCollectionUrl": None, "vaultedPaymentMethods": []})
nulls("Order", "cartToken checkoutToken clientIp currentTotalAdditionalFeesSet "
      "originalTotalAdditionalFeesSet merchantOfRecordApp paymentTerms physicalLocation "
      "referralCode referrerDisplayText referrerUrl registeredSourceUrl shopifyProtect sourceIdentifier "
      "landingPageDisplayText landingPageUrl")
field("Order.metafields", "Product.metafields", "ProductVariant.metafields", "Customer.metafields")(
    lambda o, args, ctx: connection([m for m in o.get("metafields", ()) if args.get("namespace") in (None, m["namespace"])],
                                    args, ctx))
field("Order.metafield", "Product.metafield", "ProductVariant.metafield", "Customer.metafield")(
    lambda o, args, ctx: next((m for m in o.get("metafields", ())
                               if (m["namespace"], m["key"]) == (args.get("namespace"), args["key"])), None))
for _name in ("returns", "events"):
    field(f"Order.{_name}")(lambda o, args, ctx, source=_name: connection(o[source], args, ctx, filters={}))
for _name in ("localizedFields", "localizationExtensions"):
    field(f"Order.{_name}")(lambda o, args, ctx: connection((), args, ctx))
field("Order.discountApplications")(lambda o, args, ctx: connection(o["applications"], args, ctx))


def merchant_editable_errors(order: Node, ctx: Any) -> list[str]:
    if order["cancelledAt"]:
        return ["Canceled orders can't be edited"]
    if ledger(order, ctx).financial_status in ("REFUNDED",):
        return ["Refunded orders can't be edited"]
    return []


def _same_address(order: Node) -> bool:
    def plain(address: Node | None) -> Any:
        return address and {k: v for k, v in address.items() if k not in ("id", "n", "owner")}
    return plain(order["shippingAddress"]) == plain(order["billingAddress"])


@field("Order.lineItems")
def _lines(order: Node, args: Node, ctx: Any) -> Any:
    return connection(order["lines"], args, ctx)


@field("Order.nonFulfillableLineItems")
def _non_fulfillable(order: Node, args: Node, ctx: Any) -> Any:
    return connection([x for x in order["lines"] if not x["requiresShipping"]], args, ctx)


@field("Order.shippingLines")
def _shipping_lines(order: Node, args: Node, ctx: Any) -> Any:
    rows = order["shipping"] if args.get("includeRemovals") else [x for x in order["shipping"] if not x["isRemoved"]]
    return connection(rows, args, ctx)


@field("Order.transactions")
def _transactions(order: Node, args: Node, ctx: Any) -> list[Node]:
    rows = order["transactions"]
    if args.get("capturable") is not None:
        rows = [t for t in rows if bool(ledger(order, ctx).capturable_of(t)) is args["capturable"]]
    return rows[:args["first"]] if args.get("first") is not None else rows


@field("Order.refunds")
def _refunds(order: Node, args: Node, ctx: Any) -> list[Node]:
    return order["refunds"][:args["first"]] if args.get("first") is not None else order["refunds"]


@field("Order.fulfillments")
def _fulfillments(order: Node, args: Node, ctx: Any) -> list[Node]:
    rows = list(reversed(order["fulfillments"]))  # newest first, as recorded
    return rows[:args["first"]] if args.get("first") is not None else rows


# -- lines

def _line(name: str, get: Any) -> None:
    """A LineItem field computed as get(ledger, line, args)."""
    field(f"LineItem.{name}")(lambda x, args, ctx: get(ledger(order_of(x, ctx), ctx), x, args))


def _price_per_unit(amount: Bag, quantity: int) -> Bag:
    return (amount * (Decimal(1) / Decimal(quantity or 1))).rounded()


def _line_level(application: Node) -> bool:
    return not _order_level(application) and "code" not in application


_line("currentQuantity", lambda b, x, a: b.current_quantity(x))
_line("refundableQuantity", lambda b, x, a: b.refundable_quantity(x))
_line("unfulfilledQuantity", lambda b, x, a: b.unfulfilled_quantity(x))
_line("nonFulfillableQuantity", lambda b, x, a: 0 if x["requiresShipping"] else b.current_quantity(x))
_line("originalUnitPriceSet", lambda b, x, a: x["unit"])
_line("originalUnitPrice", lambda b, x, a: _shop_money(x["unit"]))
_line("originalTotalSet", lambda b, x, a: x["unit"] * x["quantity"])
_line("originalTotal", lambda b, x, a: _shop_money(x["unit"] * x["quantity"]))
_line("totalDiscountSet", lambda b, x, a: b.line_discount(x))
_line("totalDiscount", lambda b, x, a: _shop_money(b.line_discount(x)))
_line("discountedTotalSet", lambda b, x, a: x["unit"] * x["quantity"] - b.line_discount(
    x, None, (lambda app: not _order_level(app)) if a.get("withCodeDiscounts") else _line_level))
_line("discountedTotal", lambda b, x, a: _shop_money(x["unit"] * x["quantity"] - b.line_discount(x, None, _line_level)))
_line("discountedUnitPriceSet", lambda b, x, a: _price_per_unit(
    x["unit"] * x["quantity"] - b.line_discount(x, None, _line_level), x["quantity"]))
_line("discountedUnitPrice", lambda b, x, a: _shop_money(_price_per_unit(
    x["unit"] * x["quantity"] - b.line_discount(x, None, _line_level), x["quantity"])))
_line("discountedUnitPriceAfterAllDiscountsSet", lambda b, x, a: _price_per_unit(b.line_total(x), x["quantity"]))
_line("priceAfterAllDiscountsBeforeTaxesSet", lambda b, x, a:
      b.line_total(x) - b.line_tax(x) if b.order["taxesIncluded"] else b.line_total(x))
_line("unfulfilledOriginalTotalSet", lambda b, x, a: x["unit"] * b.unfulfilled_quantity(x))
_line("unfulfilledDiscountedTotalSet", lambda b, x, a: b.line_total(x, b.unfulfilled_quantity(x)))
_line("restockable", lambda b, x, a: bool(x["variant"]) and b.refundable_quantity(x) > 0)
_line("merchantEditable", lambda b, x, a: b.unfulfilled_quantity(x) > 0)
_line("fulfillmentStatus", lambda b, x, a: "fulfilled" if not b.unfulfilled_quantity(x) and b.fulfilled.get(x["id"])
      else "partial" if b.fulfilled.get(x["id"]) else "unfulfilled")
_line("taxLines", lambda b, x, a: x["tax_lines"][:a["first"]] if a.get("first") is not None else x["tax_lines"])
_line("discountAllocations", lambda b, x, a: [_allocation(b.order, y) for y in x["allocations"]])
_line("name", lambda b, x, a: f"{x['title']} - {x['variantTitle']}" if x["variantTitle"] else x["title"])


@field("LineItem.fulfillableQuantity")
def _fulfillable(line: Node, args: Node, ctx: Any) -> int:
    """Units in open fulfilment orders; a cancelled order's closed ones still count, as recorded."""
    order = order_of(line, ctx)
    live = ("OPEN", "IN_PROGRESS", "SCHEDULED", *(["CLOSED"] if order["cancelledAt"] else []))
    return sum(item["remaining"] for fo in order["fulfillment_orders"] if fo["status"] in live
               for item in fo["items"] if item["line"] == line["id"])


field("LineItem.variant")(lambda x, args, ctx: ctx.shop.find(x["variant"], "ProductVariant"))
field("LineItem.product")(lambda x, args, ctx: ctx.shop.find(x["product"], "Product"))
field("LineItem.weight")(lambda x, args, ctx: {"unit": "GRAMS", "value": float(x["grams"])})
field("LineItem.duties")(lambda x, args, ctx: [duty for duty in order_of(x, ctx)["duties"] if duty["line"] == x["id"]])
field("Duty.taxLines")(lambda duty, args, ctx: duty["tax_lines"])
nulls("LineItem", "contract image lineItemGroup sellingPlan staffMember")


def _allocation(order: Node, allocation: Node) -> Node:
    return {"amount": allocation["amount"], "discountApplication": order["applications"][allocation["application"]]}


field("DiscountAllocation.allocatedAmountSet")(lambda a, args, ctx: a["amount"])
field("DiscountAllocation.allocatedAmount")(lambda a, args, ctx: (a["amount"].shop, a["amount"].shop_currency))
field("TaxLine.priceSet")(lambda t, args, ctx: t["amount"])
field("TaxLine.price")(lambda t, args, ctx: _shop_money(t["amount"]))
field("TaxLine.rate")(lambda t, args, ctx: float(t["rate"]))
field("TaxLine.ratePercentage")(lambda t, args, ctx: float(t["rate"] * 100))
constant("TaxLine", channelLiable=False, source=None)

# -- shipping lines

field("ShippingLine.originalPriceSet")(lambda x, args, ctx: x["price"])
field("ShippingLine.originalPrice")(lambda x, args, ctx: (x["price"].shop, x["price"].shop_currency))
field("ShippingLine.price")(lambda x, args, ctx: _shop_money(x["price"]))
field("ShippingLine.discountedPriceSet")(lambda x, args, ctx: ledger(order_of(x, ctx), ctx).shipping_total(x))
field("ShippingLine.discountedPrice")(lambda x, args, ctx: (ledger(order_of(x, ctx), ctx).shipping_total(x).shop,
                                                            x["price"].shop_currency))


@field("ShippingLine.currentDiscountedPriceSet")
def _current_shipping(shipping: Node, args: Node, ctx: Any) -> Bag:
    order = order_of(shipping, ctx)
    refunded = [item["amount"] for refund in order["refunds"] for item in refund["shipping"] if item["line"] == shipping["id"]]
    return sum((-amount for amount in refunded), ledger(order, ctx).shipping_total(shipping))


field("ShippingLine.taxLines")(lambda x, args, ctx: x["tax_lines"])
field("ShippingLine.discountAllocations")(
    lambda x, args, ctx: [_allocation(order_of(x, ctx), a) for a in x["allocations"]])
nulls("ShippingLine", "carrierIdentifier deliveryCategory phone shippingRateHandle requestedFulfillmentService")
