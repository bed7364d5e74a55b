"""What the recorded shop must have held before a scenario, made anew in the simulated one.

A request may name an order, customer or variant that no step of the scenario made.  Such a thing
is made here as any merchant would, from what the recording shows of it (an order from its lines,
addresses and payments), so that every answer about it is the simulator's own work.
"""

from contextlib import suppress

from .align import Alignment, gid_type
from .prior import Prior, shop_amount
from .seed_documents import (
    DRAFT_ORDER,
    DRAFT_ORDER_COMPLETE,
    FULFILLMENT,
    FULFILLMENT_SERVICE,
    ORDER,
    ORDER_CANCEL,
    ORDER_CLOSE,
)

_MAKERS = {}
_ADDRESS = (
    "firstName", "lastName", "company", "address1", "address2", "city", "zip", "phone",
)  # fmt: skip


class Unmade(LookupError):
    """The simulated shop refused to make a thing."""


def seed(shop, prior: Prior, alignment: Alignment) -> None:
    """Make what has to be there; what cannot be made stays unknown and explains itself later."""
    for kind, make in _MAKERS.items():
        for gid in prior.of_type(kind):
            if gid not in alignment.ours:
                with suppress(Unmade):
                    make(shop, prior, alignment, gid)


def maker(kind: str):
    def register(function):
        _MAKERS[kind] = function
        return function

    return register


@maker("Location")
def _location(shop, prior, alignment, gid):
    name = prior.fact(gid, "name", default=f"Location {gid.rsplit('/', 1)[-1]}")
    first = not any(gid_type(known) == "Location" for known in alignment.ours)
    address = _shown(prior.fact(gid, "address"), *_ADDRESS, "countryCode", "provinceCode")
    state = {
        "active": prior.fact(gid, "isActive", default=True),
        "fulfills_online_orders": prior.fact(gid, "fulfillsOnlineOrders", default=True),
    }
    alignment.pair(gid, shop.make_location(first, name=name, address=address, **state))


@maker("Customer")
def _customer(shop, prior, alignment, gid):
    email = prior.fact(gid, "email") or prior.fact(gid, "defaultEmailAddress", "emailAddress")
    name = prior.fact(gid, "displayName", default="")
    first, _, last = ("" if "@" in name else name).partition(" ")
    made = shop.make_customer(
        first_name=prior.fact(gid, "firstName", default=first or None),
        last_name=prior.fact(gid, "lastName", default=last or None),
        email=email or f"customer-{gid.rsplit('/', 1)[-1]}@example.com",
        phone=prior.fact(gid, "phone"),
        note=prior.fact(gid, "note"),
        tags=prior.fact(gid, "tags", default=[]),
        locale=prior.fact(gid, "locale", default="en"),
        tax_exempt=prior.fact(gid, "taxExempt", default=False),
        addresses=[_address(row) for row in _rows(prior.fact(gid, "addressesV2"))],
    )
    alignment.pair(gid, made)


@maker("Product")
def _product(shop, prior, alignment, gid):
    shown = prior.facts.get(gid)
    variants = _rows(shown.get("variants")) if shown else []
    made = shop.make_product(
        **_product_values(shown), variants=[_variant_values(row) for row in variants] or [{}]
    )
    alignment.pair(gid, made["id"])
    for row, ours in zip(variants, made["variants"], strict=False):
        _pair_variant(alignment, row, ours)


@maker("ProductVariant")
def _variant(shop, prior, alignment, gid):
    shown = prior.facts.get(gid, {})
    product = (shown.get("product") or {}).get("id")
    if product in alignment.ours:
        raise Unmade("a variant of a product already made")
    of_product = prior.facts.get(product) or shown.get("product")
    made = shop.make_product(**_product_values(of_product), variants=[_variant_values(shown)])
    if product:
        alignment.pair(product, made["id"])
    _pair_variant(alignment, {"id": gid, **shown}, made["variants"][0])


def _product_values(shown) -> dict:
    given = _shown(shown, "title", "handle", "vendor", "tags", "status")
    if shown and shown.get("productType"):
        given["product_type"] = shown["productType"]
    options = [row["name"] for row in (shown or {}).get("options") or () if row.get("name")]
    if options:
        given["options"] = options
    given["published"] = bool((shown or {}).get("publishedAt", True))
    return {"title": "Product", **given}


def _variant_values(shown) -> dict:
    item = shown.get("inventoryItem") or {}
    given = {
        "sku": shown.get("sku") or item.get("sku"),
        "price": shown.get("price") or "10.00",
        "compare_at_price": shown.get("compareAtPrice"),
        "barcode": shown.get("barcode"),
        "taxable": shown.get("taxable", True),
        "tracked": item.get("tracked", True),
        "requires_shipping": item.get("requiresShipping", True),
    }
    title = shown.get("title")
    if title and title != "Default Title":
        given["options"] = title.split(" / ")
    return given


def _pair_variant(alignment, shown, ours) -> None:
    alignment.pair(shown["id"], ours["id"])
    if (shown.get("inventoryItem") or {}).get("id"):
        alignment.pair(shown["inventoryItem"]["id"], ours["inventory_item"])


@maker("FulfillmentService")
def _fulfillment_service(shop, prior, alignment, gid):
    number = gid.rsplit("/", 1)[-1].partition("?")[0]
    name = prior.fact(gid, "serviceName", default=f"Service {number}")
    made = shop.must(FULFILLMENT_SERVICE, {"name": name})["fulfillmentServiceCreate"]
    alignment.pair(gid, made["fulfillmentService"]["id"])


@maker("InventoryItem")
def _inventory_item(shop, prior, alignment, gid):
    shown = {"sku": prior.fact(gid, "sku"), "inventoryItem": prior.facts.get(gid, {})}
    stock = {alignment.ours[place]: units for place, units in prior.stock(gid).items()}
    made = shop.make_product(title="Product", variants=[{**_variant_values(shown), "stock": stock}])
    alignment.pair(gid, made["variants"][0]["inventory_item"])


@maker("DraftOrder")
def _draft_order(shop, prior, alignment, gid):
    lines = [_draft_line(line, alignment) for line in _rows(prior.fact(gid, "lineItems"))]
    given = {"lineItems": lines or [{"title": "Item", "quantity": 1, "originalUnitPrice": "10.00"}]}
    names = ("email", "note", "tags", "taxExempt", "reserveInventoryUntil")
    given |= _shown(prior.facts.get(gid), *names)
    customer = prior.fact(gid, "customer", "id")
    if customer:
        if customer not in alignment.ours:
            _customer(shop, prior, alignment, customer)
        given["purchasingEntity"] = {"customerId": alignment.ours[customer]}
    given["customAttributes"] = _attributes(prior.fact(gid, "customAttributes"))
    for name in ("shippingAddress", "billingAddress"):
        if _address(prior.fact(gid, name)):
            given[name] = _address(prior.fact(gid, name))
    if prior.fact(gid, "appliedDiscount"):
        given["appliedDiscount"] = _draft_discount(prior.fact(gid, "appliedDiscount"))
    shipping = prior.fact(gid, "shippingLine")
    if shipping:
        price = shop_amount(shipping.get("originalPriceSet")) or "0.00"
        given["shippingLine"] = {"title": shipping.get("title") or "Shipping", "price": price}
    made = shop.must(DRAFT_ORDER, {"input": given})["draftOrderCreate"]["draftOrder"]
    alignment.pair(gid, made["id"])
    if prior.fact(gid, "status") == "COMPLETED":
        shop.must(DRAFT_ORDER_COMPLETE, {"id": made["id"]})


def _draft_discount(shown) -> dict:
    names = ("title", "description", "value", "valueType")
    return {name: shown[name] for name in names if shown.get(name) is not None}


def _attributes(shown) -> list[dict]:
    return [{"key": row["key"], "value": row["value"]} for row in shown or ()]


def _draft_line(line, alignment) -> dict:
    given = {"quantity": line.get("quantity") or 1}
    given["customAttributes"] = _attributes(line.get("customAttributes"))
    variant = (line.get("variant") or {}).get("id")
    if variant in alignment.ours:
        return {**given, "variantId": alignment.ours[variant]}
    price = (
        line.get("originalUnitPrice") or shop_amount(line.get("originalUnitPriceSet")) or "10.00"
    )
    given |= {"title": line.get("title") or "Item", "originalUnitPrice": price}
    for name in ("sku", "requiresShipping", "taxable"):
        if line.get(name) is not None:
            given[name] = line[name]
    if line.get("appliedDiscount"):
        given["appliedDiscount"] = _draft_discount(line["appliedDiscount"])
    return given


@maker("Order")
def _order(shop, prior, alignment, gid):
    given = {
        "lineItems": [_order_line(line, alignment) for line in _rows(prior.fact(gid, "lineItems"))]
    }
    if not given["lineItems"]:
        price = prior.fact(gid, "currentTotalPriceSet") or prior.fact(gid, "totalPriceSet")
        price = _bag(price) if price else _money("10.00", "CAD")
        given["lineItems"] = [{"title": "Item", "quantity": 1, "priceSet": price}]
    names = ("email", "phone", "note", "tags", "test", "poNumber", "taxesIncluded")
    given |= _shown(prior.facts.get(gid), *names)
    customer = prior.fact(gid, "customer", "id")
    if customer in alignment.ours:
        given["customer"] = {"toAssociate": {"id": alignment.ours[customer]}}
    currency = prior.fact(gid, "currencyCode") or _currency(prior.facts.get(gid))
    if currency:
        given["currency"] = currency
    given["customAttributes"] = _attributes(prior.fact(gid, "customAttributes"))
    for name in ("shippingAddress", "billingAddress"):
        address = _address(prior.fact(gid, name))
        if address:
            given[name] = address
    shipping = [_shipping_line(line) for line in _rows(prior.fact(gid, "shippingLines"))]
    if shipping:
        given["shippingLines"] = shipping
    total = prior.fact(gid, "totalPriceSet") or prior.fact(gid, "currentTotalPriceSet")
    payments = [
        _payment({"amountSet": total, **row})
        for row in _rows(prior.fact(gid, "transactions"))
        if row.get("kind") in ("SALE", "AUTHORIZATION") and (row.get("amountSet") or total)
    ]
    if payments:
        given["transactions"] = payments
    made = shop.must(ORDER, {"order": given})["orderCreate"]["order"]
    alignment.pair(gid, made["id"])
    if _rows(prior.fact(gid, "fulfillments")):
        for row in made["fulfillmentOrders"]["nodes"]:
            lines = {"lineItemsByFulfillmentOrder": [{"fulfillmentOrderId": row["id"]}]}
            shop.must(FULFILLMENT, {"fulfillment": lines})
    if prior.fact(gid, "cancelledAt"):
        reason = prior.fact(gid, "cancelReason", default="OTHER")
        shop.must(ORDER_CANCEL, {"id": made["id"], "reason": reason})
    elif prior.fact(gid, "closed") or prior.fact(gid, "closedAt"):
        shop.must(ORDER_CLOSE, {"input": {"id": made["id"]}})


def _order_line(line, alignment) -> dict:
    given = {"title": line.get("title") or "Item", "quantity": line.get("quantity") or 1}
    given["requiresShipping"] = True
    variant = (line.get("variant") or {}).get("id")
    if variant in alignment.ours:
        given["variantId"] = alignment.ours[variant]
    price = line.get("originalUnitPriceSet")
    if price:
        given["priceSet"] = _bag(price)
    elif "variantId" not in given:
        given["priceSet"] = _money("10.00", "CAD")
    for name in ("sku", "requiresShipping", "taxable", "variantTitle", "vendor"):
        if line.get(name) is not None:
            given[name] = line[name]
    taxes = [_tax_line(tax) for tax in line.get("taxLines") or () if tax.get("priceSet")]
    if taxes:
        given["taxLines"] = taxes
    return given


def _shipping_line(line) -> dict:
    price = line.get("originalPriceSet") or line.get("discountedPriceSet")
    given = {
        "title": line.get("title") or "Shipping",
        "priceSet": _bag(price or _money("0.00", "CAD")),
    }
    if line.get("code"):
        given["code"] = line["code"]
    return given


def _tax_line(tax) -> dict:
    return {
        "title": tax.get("title") or "Tax",
        "rate": str(tax.get("rate") or 0),
        "priceSet": _bag(tax["priceSet"]),
    }


def _payment(row) -> dict:
    return {
        "kind": row["kind"],
        "status": row.get("status") or "SUCCESS",
        "gateway": row.get("gateway") or "manual",
        "amountSet": _bag(row["amountSet"]),
    }


def _address(shown) -> dict | None:
    given = _shown(shown, *_ADDRESS)
    country = shown and (shown.get("countryCodeV2") or shown.get("countryCode"))
    if country:
        given["countryCode"] = country
    if shown and shown.get("provinceCode"):
        given["provinceCode"] = shown["provinceCode"]
    return given or None


def _bag(shown) -> dict:
    return {
        name: dict(shown[name]) for name in ("shopMoney", "presentmentMoney") if shown.get(name)
    }


def _money(amount, currency) -> dict:
    return {"shopMoney": {"amount": amount, "currencyCode": currency}}


def _currency(facts) -> str | None:
    """The first currency shown anywhere in an order."""
    if isinstance(facts, dict):
        if facts.get("shopMoney"):
            return facts["shopMoney"].get("currencyCode")
        facts = list(facts.values())
    if isinstance(facts, list):
        return next((found for item in facts if (found := _currency(item))), None)
    return None


def _shown(facts, *names) -> dict:
    """Those of the named fields that hold something."""
    return {name: facts[name] for name in names if facts and facts.get(name)}


def _rows(shown) -> list[dict]:
    """The rows of a list, or of a connection in either form."""
    if isinstance(shown, dict):
        nodes = shown.get("nodes")
        shown = nodes if nodes is not None else [e.get("node") for e in shown.get("edges") or ()]
    return [row for row in shown or () if isinstance(row, dict)]
