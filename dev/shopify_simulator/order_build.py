"""Making an order from a plain description: used by the control port's `place_order` and by `orderCreate`.

The description is a dict in the order's own words (see :func:`build_order`); every amount in it is a decimal string or Decimal
in shop currency, with an optional presentment amount beside it. Taxes and discount allocations are taken as given, or spread
from the simple rates of the seed.
"""
from __future__ import annotations

import string
from decimal import Decimal
from typing import Any

from .clock import parse_instant
from .ledger import Ledger, bag
from .money import Bag, allocate, quantize

Node = dict[str, Any]
_ADDRESS_KEYS = "firstName lastName company address1 address2 city province provinceCode country countryCode zip phone".split()
_COUNTRIES = {"JP": "Japan", "US": "United States", "CA": "Canada", "GB": "United Kingdom", "DE": "Germany", "FR": "France",
              "BH": "Bahrain", "AU": "Australia"}


def make_address(shop: Any, owner: Node, values: Node | None) -> Node | None:
    if not values:
        return None
    address = {name: values.get(name) for name in _ADDRESS_KEYS}
    if address["countryCode"] and not address["country"]:
        address["country"] = _COUNTRIES.get(address["countryCode"], address["countryCode"])
    return shop.node("MailingAddress", owner, **address)


def attributes(values: Any) -> list[Node]:
    """Attributes from {"key": …, "value": …} / {"name": …, "value": …} rows or a mapping."""
    rows = [{"key": k, "value": v} for k, v in values.items()] if isinstance(values, dict) else values or []
    return [{"__typename": "Attribute", "key": row.get("key") or row.get("name"), "value": row.get("value")} for row in rows]


def build_order(shop: Any, values: Node) -> Node:
    """A new Order aggregate with lines, shipping, discounts and customer; without fulfilment orders or payment.

    Keys: lines [{sku|variant|title, quantity, price, presentment_price, tax_rate, tax_lines [{title, rate, amount,
    presentment_amount}], discounts [{application, amount}], requires_shipping, taxable, gift_card, properties, grams}], shipping
    [{title, code, price, tax_rate, tax_lines, discount}], discounts [{code|title, kind automatic|manual|code, percentage|amount,
    target lines|shipping}], duties [{line (position), amount, country, hs_code}], tip, taxes_included, currency, presentment_currency, rate, email, phone, customer (gid),
    shipping_address, billing_address, note, tags, test, attributes, po_number, source_name, processed_at, created_at, name.
    """
    shop.meta["order_number"] += 1
    number = shop.meta["order_number"]
    settings = shop.meta["settings"]
    currency = values.get("currency") or settings["currency"]
    now = parse_instant(values["created_at"]) if isinstance(values.get("created_at"), str) else shop.now()
    processed = values.get("processed_at")
    order: Node = shop.add(
        "Order", number=number, name=values.get("name") or f"#{number}", email=values.get("email"), phone=values.get("phone"),
        note=values.get("note"), tags=sorted(set(values.get("tags") or []), key=str.lower), test=bool(values.get("test")),
        currencyCode=currency, presentmentCurrencyCode=values.get("presentment_currency") or currency,
        rate=Decimal(str(values.get("rate", 1))),
        taxesIncluded=bool(values.get("taxes_included", settings["taxes_included"])), taxExempt=bool(values.get("tax_exempt")),
        createdAt=now, processedAt=(parse_instant(processed) if isinstance(processed, str) else processed) or now,
        closedAt=None, cancelledAt=None, cancelReason=None, staffNote=None, customer=values.get("customer"),
        customerLocale=values.get("locale") or settings["locale"], poNumber=values.get("po_number"),
        sourceName=values.get("source_name", "web"), confirmationNumber="".join(
            shop.random.choices(string.ascii_uppercase + string.digits, k=9)),
        customAttributes=attributes(values.get("attributes")), edited=False, financial_hint=values.get("financial_hint"),
        authorization_expired=False, risk=values.get("risk", "NONE"), location=values.get("location"),
        app=settings["order_app"], lines=[], shipping=[], applications=[], transactions=[], refunds=[], fulfillment_orders=[],
        fulfillments=[], agreements=[], returns=[], events=[], duties=[], metafields=[])
    order["shippingAddress"] = make_address(shop, order, values.get("shipping_address"))
    order["billingAddress"] = make_address(shop, order, values.get("billing_address"))
    for line in values.get("lines") or []:
        add_line(shop, order, line)
    for shipping in values.get("shipping") or []:
        add_shipping(shop, order, shipping)
    for discount in values.get("discounts") or []:
        add_discount(order, discount)
    for line in order["lines"]:
        spread_tax(order, line, line.pop("tax_rates"))
    for shipping in order["shipping"]:
        spread_tax(order, shipping, shipping.pop("tax_rates"))
    for duty in values.get("duties") or []:
        order["duties"].append(shop.node(
            "Duty", order, line=order["lines"][duty.get("line", 0)]["id"], price=bag(order, duty["amount"]), tax_lines=[],
            countryCodeOfOrigin=duty.get("country"), harmonizedSystemCode=duty.get("hs_code")))
    if values.get("tip"):
        add_line(shop, order, {"title": "Tip", "quantity": 1, "price": values["tip"], "tip": True, "requires_shipping": False,
                               "taxable": False})
        order["lines"][-1].pop("tax_rates")
    order["original_total"] = Ledger(order).price
    return order


def find_variant(shop: Any, line: Node) -> Node | None:
    """The variant a line names by gid or by SKU."""
    if line.get("variant"):
        return shop.find(line["variant"], "ProductVariant")
    if line.get("sku"):
        number = shop.meta.setdefault("skus", {}).get(line["sku"])
        return shop.find(number, "ProductVariant") if number else None
    return None


def add_line(shop: Any, order: Node, values: Node) -> Node:
    variant = None if values.get("custom") else find_variant(shop, values)
    product = shop.nodes[variant["owner"]] if variant else None
    price = values.get("price")
    if price is None:
        if variant is None:
            raise ValueError(f"a line needs a known SKU or a price: {values}")
        price = variant["price"]
    item = shop.nodes[variant["inventory_item"]] if variant else None
    title = values.get("title") or (product["title"] if product else values.get("sku") or "Custom item")
    has_option = bool(variant) and variant["title"] != "Default Title"
    line = shop.node(
        "LineItem", order, title=title, variantTitle=values.get("variant_title") or (variant["title"] if has_option else None),
        sku=values.get("sku") if values.get("sku") is not None else variant["sku"] if variant else None,
        vendor=values.get("vendor") or (product["vendor"] if product else None), quantity=int(values["quantity"]), removed=0,
        unit=bag(order, price, values.get("presentment_price")), allocations=[], tax_lines=[],
        requiresShipping=values.get("requires_shipping", item["requiresShipping"] if item else True),
        taxable=values.get("taxable", variant["taxable"] if variant else True), isGiftCard=bool(values.get("gift_card")),
        isTip=bool(values.get("tip")), variant=variant["id"] if variant else None, product=product["id"] if product else None,
        customAttributes=attributes(values.get("properties")), grams=int(values.get("grams", item["grams"] if item else 0)))
    order["lines"].append(line)
    for discount in values.get("discounts") or []:
        line["allocations"].append({"application": discount["application"],
                                    "amount": bag(order, discount["amount"], discount.get("presentment_amount"))})
    line["tax_rates"] = _tax_rates(shop, values) if line["taxable"] and not line["isTip"] else []
    return line


def add_shipping(shop: Any, order: Node, values: Node) -> Node:
    line = shop.node("ShippingLine", order, title=values.get("title", "Standard"), code=values.get("code", "standard"),
                     source=values.get("source", "shopify"), price=bag(order, values.get("price", "0"),
                                                                     values.get("presentment_price")),
                     allocations=[], tax_lines=[], isRemoved=False)
    line["tax_rates"] = _tax_rates(shop, values)
    order["shipping"].append(line)
    return line


def _tax_rates(shop: Any, values: Node) -> list[Node]:
    if values.get("tax_lines") is not None:
        return list(values["tax_lines"])
    if "tax_rate" in values:
        rate = values["tax_rate"]
        return [{"title": values.get("tax_title", shop.meta["settings"]["tax_title"]), "rate": rate}] if rate else []
    default = shop.meta["settings"]
    return [{"title": default["tax_title"], "rate": default["tax_rate"]}] if Decimal(str(default["tax_rate"])) else []


def spread_tax(order: Node, line: Node, rates: list[Node]) -> None:
    """Give the line its tax lines: amounts as given, else rate × discounted price (the tax inside it when prices include tax)."""
    base = line["unit"] * line["quantity"] if "unit" in line else line["price"]
    for allocation in line["allocations"]:
        base = base - allocation["amount"]
    together = sum((Decimal(str(rate["rate"])) for rate in rates), Decimal(0))
    for rate in rates:
        part = Decimal(str(rate["rate"]))
        if rate.get("amount") is not None:
            amount = bag(order, rate["amount"], rate.get("presentment_amount"))
        else:
            factor = part / (1 + together) if order["taxesIncluded"] else part
            amount = (base * factor).rounded()
        line["tax_lines"].append({"__typename": "TaxLine", "title": rate["title"], "rate": part, "amount": amount})


def add_discount(order: Node, values: Node) -> Node:
    """An application of a discount and its allocation over the chosen lines (by line total) or the shipping."""
    target = values.get("target", "lines")
    kind = values.get("kind") or ("code" if values.get("code") else "automatic")
    index = len(order["applications"])
    if values.get("percentage") is not None:
        percentage = Decimal(str(values["percentage"]))
        value: Node = {"__typename": "PricingPercentageValue", "percentage": percentage}
    else:
        percentage = None
        value = {"__typename": "MoneyV2", "amount": Decimal(str(values["amount"])), "currencyCode": order["currencyCode"]}
    each = values.get("allocation") == "each" or percentage is not None and values.get("lines") is not None
    application: Node = {
        "__typename": {"code": "DiscountCodeApplication", "automatic": "AutomaticDiscountApplication",
                       "manual": "ManualDiscountApplication"}[kind],
        "index": index, "n": index, "value": value, "allocationMethod": "EACH" if each else "ACROSS",
        "targetSelection": "ENTITLED" if values.get("lines") is not None else "ALL",
        "targetType": "SHIPPING_LINE" if target == "shipping" else "LINE_ITEM"}
    if kind == "code":
        application["code"] = values["code"]
    else:
        application["title"] = values.get("title", "Discount")
        application["description"] = values.get("description", application["title"])
    order["applications"].append(application)
    rows = order["shipping"] if target == "shipping" else [
        line for position, line in enumerate(order["lines"]) if not line["isTip"] and
        (values.get("lines") is None or position in values["lines"])]
    bases = [_base(row) for row in rows]
    if percentage is not None:
        amounts = [(base * (percentage / 100)).rounded() for base in bases]
    else:
        whole = bag(order, values["amount"], values.get("presentment_amount"))
        limit = sum((base.shop for base in bases), Decimal(0))
        amounts = allocate(whole if whole.shop <= limit else sum(bases[1:], bases[0]), [base.shop for base in bases])
    for row, amount in zip(rows, amounts, strict=False):
        if amount:
            row["allocations"].append({"application": index, "amount": amount})
    return application


def _base(row: Node) -> Bag:
    whole = row["unit"] * row["quantity"] if "unit" in row else row["price"]
    for allocation in row["allocations"]:
        whole = whole - allocation["amount"]
    return whole


def add_transaction(shop: Any, order: Node, kind: str, amount: Bag, *, gateway: str = "shopify_payments",
                    status: str = "SUCCESS", parent: str | None = None, refund: str | None = None,
                    processed: Any = None) -> Node:
    transaction = shop.node("OrderTransaction", order, kind=kind, status=status, gateway=gateway, amount=amount, parent=parent,
                            refund=refund, createdAt=shop.now(), processedAt=processed or shop.now(), test=order["test"])
    order["transactions"].append(transaction)
    return transaction


def to_currency(amount: Any, currency: str) -> Decimal:
    return quantize(Decimal(str(amount)), currency)
