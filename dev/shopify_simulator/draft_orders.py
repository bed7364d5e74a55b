"""Draft orders: their own money, reading and writing them, and completing them into orders. They send no webhooks here."""
from __future__ import annotations

import uuid
from decimal import Decimal
from typing import Any

from . import payments
from .accounts import make_customer
from .clock import parse_instant
from .connection import connection, count
from .errors import NotModelled, refuse
from .ledger import Ledger, bag
from .money import allocate, currency_text
from .nodes import find
from .order_build import attributes, build_order, make_address
from .order_mutations import placed
from .registry import constant, field, mutation, nulls, query

Node = dict[str, Any]

_FILTERS = {
    "id": ("id", lambda d: d["n"]),
    "name": ("custom", lambda d: lambda word: d["name"].lower().lstrip("#") == word.lstrip("#")),
    "status": ("string", lambda d: d["status"]),
    "email": ("string", lambda d: d["email"]),
    "tag": ("strings", lambda d: d["tags"]),
    "created_at": ("time", lambda d: d["createdAt"]),
    "updated_at": ("time", lambda d: d["updatedAt"]),
    "customer_id": ("id", lambda d: int(d["customer"].rsplit("/", 1)[1]) if d["customer"] else None),
    "default": ("text", lambda d: [d["name"], d["email"], *d["tags"], *(line["title"] for line in d["lines"])]),
}
_SORT = {"NUMBER": lambda d: d["number"], "UPDATED_AT": lambda d: d["updatedAt"], "STATUS": lambda d: d["status"]}
_KNOWN = {"lineItems", "email", "phone", "note", "tags", "taxExempt", "customAttributes", "shippingAddress", "billingAddress",
          "shippingLine", "appliedDiscount", "customerId", "purchasingEntity", "presentmentCurrencyCode", "poNumber",
          "useCustomerDefaultAddress", "sourceName", "reserveInventoryUntil"}

# -- reading

query("draftOrder")(lambda root, args, ctx: find(ctx, args["id"], "DraftOrder"))
query("draftOrders")(lambda root, args, ctx: connection(
    ctx.shop.all("DraftOrder"), args, ctx, filters=_FILTERS, sort_keys=_SORT))
query("draftOrdersCount")(lambda root, args, ctx: count(ctx.shop.all("DraftOrder"), args, ctx, _FILTERS))


def _money(type_name: str, **table: Any) -> None:
    for name, get in table.items():
        field(f"{type_name}.{name}")(lambda obj, args, ctx, get=get: get(obj, ctx))


def _book(child: Node, ctx: Any) -> Ledger:
    return Ledger(ctx.shop.nodes[child["owner"]])


_money(
    "DraftOrder",
    totalPriceSet=lambda d, c: Ledger(d).price,
    subtotalPriceSet=lambda d, c: Ledger(d).subtotal,
    lineItemsSubtotalPrice=lambda d, c: Ledger(d).subtotal,
    totalTaxSet=lambda d, c: Ledger(d).tax,
    totalDiscountsSet=lambda d, c: Ledger(d).discounts,
    totalLineItemsPriceSet=lambda d, c: sum((line["unit"] * line["quantity"] for line in d["lines"]), Ledger(d).zero),
    totalShippingPriceSet=lambda d, c: Ledger(d).discounted_shipping,
)
for _name, _get in {"totalPrice": lambda d: Ledger(d).price, "subtotalPrice": lambda d: Ledger(d).subtotal,
                    "totalTax": lambda d: Ledger(d).tax, "totalShippingPrice": lambda d: Ledger(d).discounted_shipping}.items():
    field(f"DraftOrder.{_name}")(lambda d, args, ctx, get=_get: currency_text(get(d).shop, d["currencyCode"]))
field("DraftOrder.note2")(lambda d, args, ctx: d["note"])
field("DraftOrder.legacyResourceId")(lambda d, args, ctx: d["n"])
field("DraftOrder.customer", "DraftOrder.purchasingEntity")(lambda d, args, ctx: ctx.shop.find(d["customer"], "Customer"))
field("DraftOrder.order")(lambda d, args, ctx: ctx.shop.find(d["order"], "Order"))
field("DraftOrder.lineItems")(lambda d, args, ctx: connection(d["lines"], args, ctx))
field("ShippingLine.custom")(lambda x, args, ctx: bool(x.get("custom")))
field("DraftOrder.shippingLine")(lambda d, args, ctx: next(iter(d["shipping"]), None))
field("DraftOrder.appliedDiscount")(lambda d, args, ctx: d["discount"])
field("DraftOrder.totalQuantityOfLineItems")(lambda d, args, ctx: sum(line["quantity"] for line in d["lines"]))
field("DraftOrder.subtotalLineItemsQuantity")(lambda d, args, ctx: sum(line["quantity"] for line in d["lines"]))
field("DraftOrder.totalWeight")(lambda d, args, ctx: sum(line["quantity"] * line["grams"] for line in d["lines"]))
field("DraftOrder.taxLines")(lambda d, args, ctx: Ledger(d).aggregated_taxes(current=False))
field("DraftOrder.paymentTerms")(lambda d, args, ctx: d.get("payment_terms"))
field("DraftOrder.metafields")(lambda d, args, ctx: connection(d["metafields"], args, ctx))
constant("DraftOrder", ready=True, marketName="Canada", allowDiscountCodesInCheckout=False, acceptAutomaticDiscounts=False,
         discountCodes=[], platformDiscounts=[], warnings=[], transformerFingerprint=None, hasTimelineComment=False)
nulls("DraftOrder", "invoiceSentAt defaultCursor invoiceEmailTemplateSubject marketRegionCountryCode "
      "localizedFields")

field("DraftOrderLineItem.name")(lambda x, args, ctx: f"{x['title']} - {x['variantTitle']}" if x["variantTitle"] else x["title"])
field("DraftOrderLineItem.custom")(lambda x, args, ctx: x["variant"] is None)
field("DraftOrderLineItem.variant")(lambda x, args, ctx: ctx.shop.find(x["variant"], "ProductVariant"))
field("DraftOrderLineItem.product")(lambda x, args, ctx: ctx.shop.find(x["product"], "Product"))
field("DraftOrderLineItem.appliedDiscount")(lambda x, args, ctx: x["discount"])
field("DraftOrderLineItem.taxLines")(lambda x, args, ctx: x["tax_lines"])
constant("DraftOrderLineItem", components=[], bundleComponents=[])
nulls("DraftOrderLineItem", "image weight fulfillmentService priceOverride")


def _own_discount(line: Node) -> Any:
    """What the line's own discount takes off, without its share of the draft's."""
    return sum((a["amount"] for a in line["allocations"] if not a.get("whole")), line["unit"].zero())


_money(
    "DraftOrderLineItem",
    originalUnitPriceSet=lambda x, c: x["unit"],
    originalTotalSet=lambda x, c: x["unit"] * x["quantity"],
    discountedTotalSet=lambda x, c: x["unit"] * x["quantity"] - _own_discount(x),
    totalDiscountSet=lambda x, c: _own_discount(x),
    discountedUnitPriceSet=lambda x, c: (x["unit"] * x["quantity"] - _own_discount(x)).share(1, x["quantity"]),
)
for _name, _get in {"originalUnitPrice": lambda x: x["unit"], "originalTotal": lambda x: x["unit"] * x["quantity"]}.items():
    field(f"DraftOrderLineItem.{_name}")(
        lambda x, args, ctx, get=_get: currency_text(get(x).shop, get(x).shop_currency))

# -- writing


@mutation("draftOrderCreate")
def _create(args: Node, ctx: Any) -> Node:
    shop, values = ctx.shop, args["input"]
    _refuse_unknown(values)
    if not values.get("lineItems"):
        raise refuse(None, "Add at least 1 product")
    shop.meta["draft_number"] = number = shop.meta.get("draft_number", 0) + 1
    currency = shop.meta["settings"]["currency"]
    token = uuid.UUID(int=shop.random.getrandbits(128), version=4).hex
    draft = shop.add(
        "DraftOrder", number=number, name=f"#D{number}", status="OPEN", email=None, phone=None, note=None, tags=[],
        taxExempt=False, taxesIncluded=shop.meta["settings"]["taxes_included"], currencyCode=currency,
        presentmentCurrencyCode=values.get("presentmentCurrencyCode") or currency, rate=Decimal(1), customer=None, order=None,
        invoiceUrl=f"https://{shop.domain}/{shop.meta['shop_number']}/invoices/{token}", completedAt=None, customAttributes=[],
        shippingAddress=None, billingAddress=None, discount=None, poNumber=None, reserveInventoryUntil=None, lines=[], shipping=[], applications=[],
        transactions=[], refunds=[], fulfillments=[], fulfillment_orders=[], returns=[], duties=[], metafields=[])
    _write(draft, values, ctx)
    return {"draftOrder": draft}


@mutation("draftOrderUpdate")
def _update(args: Node, ctx: Any) -> Node:
    draft = _needed(args["id"], ctx)
    _refuse_unknown(args["input"])
    ctx.shop.touch(draft)
    _write(draft, args["input"], ctx)
    return {"draftOrder": draft}


@mutation("draftOrderDelete")
def _delete(args: Node, ctx: Any) -> Node:
    draft = _needed(args["input"]["id"], ctx)
    ctx.shop.remove(draft)
    return {"deletedId": draft["id"]}


@mutation("draftOrderComplete")
def _complete(args: Node, ctx: Any) -> Node:
    draft = _needed(args["id"], ctx)
    if draft["status"] == "COMPLETED":
        raise refuse(None, "This order has been paid", draftOrder=draft)
    if args.get("paymentGatewayId"):
        raise refuse(None, "Invalid payment gateway", draftOrder=draft)
    shop, terms = ctx.shop, draft.get("payment_terms")
    shop.touch(draft)
    order = build_order(shop, _order_values(draft, args.get("sourceName")))
    if terms or args.get("paymentPending"):
        order["financial_hint"] = "PENDING"
    if terms:
        terms["order"] = order["id"]
        order["payment_terms"] = terms
    elif Ledger(order).price:
        pending = bool(args.get("paymentPending"))
        payments.record(shop, order, "SALE", Ledger(order).price, gateway="manual", status="PENDING" if pending else "SUCCESS")
    placed(shop, order)
    draft.update(status="COMPLETED", order=order["id"], completedAt=ctx.now)
    return {"draftOrder": draft}


def _needed(gid: str, ctx: Any) -> Node:
    draft: Node | None = find(ctx, gid, "DraftOrder")
    if draft is None:
        raise refuse(["id"], "Draft order does not exist")
    return draft


def _refuse_unknown(values: Node) -> None:
    unknown = {name for name, value in values.items() if value is not None} - _KNOWN
    if unknown:
        raise NotModelled(f"draft order input {', '.join(sorted(unknown))}")


def _write(draft: Node, values: Node, ctx: Any) -> None:
    for name in ("email", "phone", "note", "poNumber"):
        if name in values:
            draft[name] = values[name]
    if "reserveInventoryUntil" in values:
        until = values["reserveInventoryUntil"]
        draft["reserveInventoryUntil"] = parse_instant(until) if until else None
    if "taxExempt" in values:
        draft["taxExempt"] = bool(values["taxExempt"])
    if "tags" in values:
        draft["tags"] = sorted(set(values["tags"] or []), key=str.lower)
    if "customAttributes" in values:
        draft["customAttributes"] = attributes(values["customAttributes"])
    for name in ("shippingAddress", "billingAddress"):
        if name in values:
            draft[name] = make_address(ctx.shop, draft, values[name])
    customer = values.get("customerId") or (values.get("purchasingEntity") or {}).get("customerId")
    if customer:
        if find(ctx, customer, "Customer") is None:
            raise refuse(["customerId"], "Customer does not exist")
        draft["customer"] = customer
    if draft["customer"] is None and draft["email"]:  # as recorded: an address makes its customer
        known = next((c for c in ctx.shop.all("Customer") if c["email"] == draft["email"]), None)
        draft["customer"] = (known or make_customer(ctx.shop, {"email": draft["email"]}))["id"]
    if values.get("lineItems"):
        draft["lines"] = [_line(draft, row, ctx) for row in values["lineItems"]]
    if "shippingLine" in values:
        draft["shipping"] = [_shipping(draft, values["shippingLine"], ctx)] if values["shippingLine"] else []
    if "appliedDiscount" in values or values.get("lineItems"):
        _discount_order(draft, values.get("appliedDiscount", draft["discount"] and draft["discount"]["input"]))


def _line(draft: Node, row: Node, ctx: Any) -> Node:
    variant = find(ctx, row["variantId"], "ProductVariant") if row.get("variantId") else None
    if row.get("variantId") and variant is None:
        raise refuse(None, f"Product with ID {row['variantId'].rsplit('/', 1)[-1]} is no longer available.")
    if variant is None and not row.get("title"):
        raise refuse(None, "Merchandise title is empty.")
    product = ctx.shop.nodes[variant["owner"]] if variant else None
    item = ctx.shop.nodes[variant["inventory_item"]] if variant else {}
    price = (row.get("originalUnitPriceWithCurrency") or {}).get("amount") or row.get("originalUnitPrice") or 0
    line = ctx.shop.node(
        "DraftOrderLineItem", draft, title=product["title"] if product else row["title"], quantity=row["quantity"], removed=0,
        variantTitle=variant["title"] if variant and variant["title"] != "Default Title" else None,
        sku=variant["sku"] if variant else row.get("sku"), vendor=product["vendor"] if product else None,
        variant=variant and variant["id"], product=product and product["id"],
        unit=bag(draft, variant["price"] if variant else price), allocations=[], tax_lines=[], discount=None, isTip=False,
        isGiftCard=False, grams=item.get("grams", 0), taxable=variant["taxable"] if variant else row.get("taxable", True),
        requiresShipping=item.get("requiresShipping", row.get("requiresShipping", True)),
        customAttributes=attributes(row.get("customAttributes")), uuid=str(uuid.UUID(int=ctx.shop.random.getrandbits(128))))
    if row.get("appliedDiscount"):
        line["discount"] = _applied(draft, row["appliedDiscount"], line["unit"] * line["quantity"], line["quantity"])
        _allocate(draft, line, line["discount"])
    return line


def _shipping(draft: Node, values: Node, ctx: Any) -> Node:
    price = (values.get("priceWithCurrency") or {}).get("amount") or values.get("price") or 0
    return ctx.shop.node("ShippingLine", draft, title=values.get("title") or "Custom", code="custom",
                         source=None, custom=True, price=bag(draft, price), allocations=[], tax_lines=[], isRemoved=False)


def _applied(draft: Node, values: Node, base: Any, quantity: int) -> Node:
    """A manual discount of a line or the whole draft; a fixed amount is per unit on lines."""
    value = Decimal(str(values["value"]))
    if values["valueType"] == "PERCENTAGE":
        amount = (base * (value / 100)).rounded()
    else:
        amount = bag(draft, value * quantity)
    return {"__typename": "DraftOrderAppliedDiscount", "title": values.get("title"), "value": float(value), "input": values,
            "description": values.get("description") or "", "valueType": values["valueType"], "amountSet": amount}


def _allocate(draft: Node, line: Node, discount: Node) -> None:
    draft["applications"].append({"__typename": "ManualDiscountApplication", "title": discount["title"]})
    line["allocations"].append({"application": len(draft["applications"]) - 1, "amount": discount["amountSet"]})


def _discount_order(draft: Node, values: Node | None) -> None:
    """Spread a discount of the whole draft over its lines by their totals."""
    for line in draft["lines"]:
        line["allocations"] = [a for a in line["allocations"] if not a.get("whole")]
    draft["discount"] = None
    if not values:
        return
    bases = [Ledger(draft).line_total(line) for line in draft["lines"]]
    draft["discount"] = _applied(draft, values, sum(bases, Ledger(draft).zero), 1)
    draft["applications"].append({"__typename": "ManualDiscountApplication", "title": values.get("title")})
    for line, amount in zip(draft["lines"], allocate(draft["discount"]["amountSet"], [base.shop for base in bases]), strict=True):
        line["allocations"].append({"application": len(draft["applications"]) - 1, "amount": amount, "whole": True})


def _order_values(draft: Node, source: str | None) -> Node:
    """What `build_order` needs to make the draft an order."""
    lines = [{"variant": line["variant"], "custom": line["variant"] is None, "title": line["title"], "sku": line["sku"],
              "quantity": line["quantity"], "price": line["unit"].shop, "requires_shipping": line["requiresShipping"],
              "taxable": line["taxable"], "tax_lines": [], "properties": {a["key"]: a["value"] for a in line["customAttributes"]}}
             for line in draft["lines"]]
    discounts = [{"title": line["discount"]["title"] or "Custom discount", "kind": "manual", "lines": [index],
                  "amount": line["discount"]["amountSet"].shop}
                 for index, line in enumerate(draft["lines"]) if line["discount"]]
    if draft["discount"]:
        discounts.append({"title": draft["discount"]["title"] or "Custom discount", "kind": "manual",
                          "amount": draft["discount"]["amountSet"].shop})
    return {"lines": lines, "discounts": discounts, "customer": draft["customer"], "email": draft["email"],
            "phone": draft["phone"], "note": draft["note"], "tags": draft["tags"], "po_number": draft["poNumber"],
            "shipping": [{"title": row["title"], "code": row["code"], "price": row["price"].shop, "tax_lines": []}
                         for row in draft["shipping"]],
            "currency": draft["currencyCode"], "presentment_currency": draft["presentmentCurrencyCode"],
            "taxes_included": draft["taxesIncluded"], "tax_exempt": draft["taxExempt"],
            "attributes": {a["key"]: a["value"] for a in draft["customAttributes"]},
            "shipping_address": draft["shippingAddress"], "billing_address": draft["billingAddress"],
            "source_name": source or "shopify_draft_order"}
