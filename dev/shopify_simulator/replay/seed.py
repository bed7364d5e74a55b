"""What the recorded shop must have held before a scenario, made anew in the simulated one.

A request may name an order, customer or variant that no step of the scenario made.  Such a thing
is made here as any merchant would, from what the recording shows of it (an order from its lines,
addresses and payments), so that every answer about it is the simulator's own work.
"""

import re
from contextlib import suppress

from .align import Alignment, gid_type, gids
from .recording import Step
from .seed_documents import DRAFT_ORDER, DRAFT_ORDER_COMPLETE, FULFILLMENT, ORDER, ORDER_CANCEL, ORDER_CLOSE

_MAKERS = {}
_UNKNOWN = re.compile(r"exist|found|find|invalid|unknown|no longer", re.IGNORECASE)
_ADDRESS = (
    "firstName", "lastName", "company", "address1", "address2", "city", "zip", "phone",
)  # fmt: skip


class Unmade(LookupError):
    """The simulated shop refused to make a thing."""


class Prior:
    """The things a scenario takes for granted, and what it shows of them."""

    def __init__(self, steps: list[Step]) -> None:
        self.facts: dict[str, dict] = {}
        self.shop: dict = {}
        self.latest: dict[str, dict] = {}
        self.existing: list[str] = []
        self.assumed: set[str] = set()
        made, needed = set(), []
        for step in steps:
            asked = [gid for gid in gids([step.query, step.variables]) if gid not in made]
            shown = set(gids(step.data))
            needed += asked
            if step.is_mutation:
                made |= shown - set(asked)
                if not _refused(step.data):
                    shown |= set(asked)
                elif not _UNKNOWN.search(" ".join(_messages(step.data))):
                    self.assumed |= set(asked)
            shop = (step.data or {}).get("shop")
            if "shop" in step.root_fields and isinstance(shop, dict):
                self.shop = {**shop, **self.shop}
            for gid in asked:
                if gid in shown and gid not in self.existing:
                    self.existing.append(gid)
        self.made = made
        for step in _as_captured(steps):
            _gather(step.data, self.facts)
        for step in reversed(steps):
            _gather(step.data, self.latest)
        shown_somewhere = self.facts.keys()
        self.existing = [
            gid
            for gid in dict.fromkeys([*self.existing, *needed])
            if gid in shown_somewhere or gid in self.existing
        ]
        self.existing = [
            gid
            for gid in [*_locations(steps), *self.existing]
            if gid in shown_somewhere or gid_type(gid) != "ProductVariant"
        ]

    @property
    def sees_bulk_results(self) -> bool:
        """Whether a bulk operation that the scenario started came to its end."""
        return any(
            gid_type(gid) == "BulkOperation" and facts.get("status") == "COMPLETED"
            for gid, facts in self.latest.items()
            if gid in self.made
        )

    def of_type(self, name: str) -> list[str]:
        return [gid for gid in self.existing if gid_type(gid) == name]

    def fact(self, gid: str, *path, default=None):
        """What the recording shows at a path of a thing, the default where it shows nothing."""
        value = self.facts.get(gid, {})
        for key in path:
            value = value.get(key) if isinstance(value, dict) else None
        return default if value is None else value


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
    alignment.pair(gid, shop.make_location(first, name=name, address=address))


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
        price = _shop_amount(shipping.get("originalPriceSet")) or "0.00"
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
        line.get("originalUnitPrice") or _shop_amount(line.get("originalUnitPriceSet")) or "10.00"
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


def _shop_amount(shown):
    return ((shown or {}).get("shopMoney") or {}).get("amount")


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


def _refused(data) -> bool:
    """Whether a mutation's answer is null or holds user errors."""
    for payload in (data or {}).values():
        if not isinstance(payload, dict):
            return True
        if any(value for name, value in payload.items() if name.lower().endswith("usererrors")):
            return True
    return not data


def _as_captured(steps) -> list[Step]:
    """The steps, those first that show a shop untouched: reads before and after all mutations."""
    writes = [step.index for step in steps if step.is_mutation]
    if not writes:
        return steps
    outside = [step for step in steps if not writes[0] <= step.index <= writes[-1]]
    return outside + [step for step in steps if step not in outside]


def _locations(steps) -> list[str]:
    """Locations that no step added: every shop has had them before."""
    added = set()
    for step in steps:
        if {"locationAdd", "fulfillmentServiceCreate"} & set(step.root_fields):
            added |= set(gids(step.data))
    shown = [gid for step in steps for gid in gids(step.data) if gid_type(gid) == "Location"]
    assigned = [gid for step in steps for gid in _assigned(step.data)]
    return [gid for gid in dict.fromkeys([*assigned, *shown]) if gid not in added]


def _assigned(value) -> list[str]:
    """The locations to which the recorded shop routed orders."""
    if isinstance(value, list):
        return [gid for item in value for gid in _assigned(item)]
    if not isinstance(value, dict):
        return []
    place = value.get("assignedLocation")
    own = gids(place) if isinstance(place, dict) else []
    return own + [gid for item in value.values() for gid in _assigned(item)]


def _messages(value) -> list[str]:
    """The texts of every user error."""
    if isinstance(value, list):
        return [text for item in value for text in _messages(item)]
    if not isinstance(value, dict):
        return []
    own = [value["message"]] if isinstance(value.get("message"), str) else []
    return own + [text for item in value.values() for text in _messages(item)]


def _gather(value, facts: dict) -> None:
    """Merge every object that shows its id into the facts; what was shown first stands."""
    if isinstance(value, list):
        for item in value:
            _gather(item, facts)
    elif isinstance(value, dict):
        gid = value.get("id")
        if isinstance(gid, str) and gid.startswith("gid://"):
            known = facts.setdefault(gid, {})
            for name, item in value.items():
                if known.get(name) is None:
                    known[name] = item
        assigned = value.get("assignedLocation")
        if isinstance(assigned, dict) and (assigned.get("location") or {}).get("id"):
            known = facts.setdefault(assigned["location"]["id"], {})
            known.setdefault("name", assigned.get("name"))
        variant = value.get("variant")
        if isinstance(variant, dict) and variant.get("id"):
            shown = {
                "sku": value.get("sku"),
                "price": _shop_amount(value.get("originalUnitPriceSet")),
            }
            known = facts.setdefault(variant["id"], {})
            for name, item in shown.items():
                if known.get(name) is None:
                    known[name] = item
            known.setdefault("product", {}).setdefault("title", value.get("title"))
        for item in value.values():
            _gather(item, facts)
