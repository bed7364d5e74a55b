"""The shop itself, the installed app and its tokens, locations and customers (reading, and making them for a seed)."""
from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from .connection import connection, count
from .errors import NotModelled, TopLevelError
from .nodes import find
from .order_build import make_address
from .order_types import ledger
from .orders import ORDER_FILTERS, ORDER_SORT
from .registry import constant, field, nulls, query
from .schema import VERSIONS

Node = dict[str, Any]

DEFAULT_SETTINGS: Node = {
    "name": "Hatoba Test", "email": "owner@example.com", "currency": "JPY", "presentment_currencies": [], "locale": "ja",
    "timezone": "Asia/Tokyo", "country": "JP", "taxes_included": True, "tax_rate": "0.1", "tax_title": "消費税",
    "weight_unit": "GRAMS", "plan": "Basic", "order_app": None, "webhook_version": VERSIONS[-1],
}


def gid(type_name: str, ctx: Any) -> str:
    return f"gid://shopify/{type_name}/{ctx.shop.meta['shop_number']}"


@query("shop")
def _shop(root: Any, args: Node, ctx: Any) -> Node:
    return ctx.shop.meta["settings"]


def _zone(settings: Node, ctx: Any) -> datetime:
    return ctx.now.astimezone(ZoneInfo(settings["timezone"]))


def _offset_minutes(settings: Node, ctx: Any) -> int:
    offset = _zone(settings, ctx).utcoffset()
    return int(offset.total_seconds() // 60) if offset else 0


field("Shop.id")(lambda s, args, ctx: gid("Shop", ctx))
field("Shop.myshopifyDomain")(lambda s, args, ctx: ctx.shop.domain)
field("Shop.url", "Shop.storefrontUrl")(lambda s, args, ctx: f"https://{ctx.shop.domain}")
field("Shop.primaryDomain")(lambda s, args, ctx: {"id": gid("Domain", ctx), "host": ctx.shop.domain, "sslEnabled": True,
                                                  "url": f"https://{ctx.shop.domain}"})
field("Shop.currencyCode")(lambda s, args, ctx: s["currency"])
field("Shop.enabledPresentmentCurrencies")(lambda s, args, ctx: [s["currency"], *s["presentment_currencies"]])
field("Shop.ianaTimezone")(lambda s, args, ctx: s["timezone"])
field("Shop.timezoneAbbreviation")(lambda s, args, ctx: _zone(s, ctx).tzname())
field("Shop.timezoneOffsetMinutes")(lambda s, args, ctx: _offset_minutes(s, ctx))
field("Shop.timezoneOffset")(lambda s, args, ctx: "{}{:02}{:02}".format(
    "-" if _offset_minutes(s, ctx) < 0 else "+", *divmod(abs(_offset_minutes(s, ctx)), 60)))
field("Shop.taxesIncluded")(lambda s, args, ctx: s["taxes_included"])
field("Shop.contactEmail")(lambda s, args, ctx: s["email"])
field("Shop.weightUnit")(lambda s, args, ctx: s["weight_unit"])
field("Shop.plan")(lambda s, args, ctx: {"displayName": s["plan"], "publicDisplayName": s["plan"], "partnerDevelopment": False,
                                         "shopifyPlus": s["plan"] == "Plus"})
field("Shop.shopAddress", "Shop.billingAddress")(lambda s, args, ctx: {
    "countryCodeV2": s["country"], "countryCode": s["country"], "id": gid("ShopAddress", ctx)})
field("Shop.createdAt", "Shop.updatedAt")(lambda s, args, ctx: ctx.shop.meta["since"])
constant("Shop", setupRequired=False, taxShipping=True, checkoutApiSupported=True, unitSystem="METRIC_SYSTEM",
         orderNumberFormatPrefix="#", orderNumberFormatSuffix="", shopOwnerName="Hatoba Owner")
nulls("Shop", "description")


@query("publicApiVersions")
def _versions(root: Any, args: Node, ctx: Any) -> list[Node]:
    return [{"handle": v, "displayName": v + (" (Latest)" if v == VERSIONS[-1] else ""), "supported": True} for v in VERSIONS]


@query("currentAppInstallation", "appInstallation")
def _installation(root: Any, args: Node, ctx: Any) -> Node:
    return {"id": f"gid://shopify/AppInstallation/{ctx.app.number}1", "activeSubscriptions": [], "app": ctx.app,
            "launchUrl": f"https://{ctx.shop.domain}/admin/apps/{ctx.app.client_id}", "uninstallUrl": None}


field("AppInstallation.accessScopes")(lambda i, args, ctx: [
    {"handle": handle, "description": handle.replace("_", " ").capitalize()} for handle in sorted(ctx.app.scopes)])
field("App.id")(lambda a, args, ctx: f"gid://shopify/App/{a.number}" if not isinstance(a, dict) else a["id"])
field("App.title")(lambda a, args, ctx: a.title if not isinstance(a, dict) else a["title"])
field("App.apiKey")(lambda a, args, ctx: a.client_id)
field("App.handle")(lambda a, args, ctx: a.title.lower().replace(" ", "-"))
field("App.webhookApiVersion")(lambda a, args, ctx: ctx.shop.meta["settings"]["webhook_version"])
constant("App", embedded=False, shopifyDeveloped=False, developerType="MERCHANT")


@query("app")
def _app(root: Any, args: Node, ctx: Any) -> Any:
    return ctx.app


@query("companies")
def _companies(root: Any, args: Node, ctx: Any) -> Any:
    raise TopLevelError("Access denied for companies field. Required access: `read_customers` access scope or `read_companies` "
                        "access scope. Also: The shop must have access to B2B.", "ACCESS_DENIED",
                        documentation="https://shopify.dev/api/usage/access-scopes")


# -- locations

_LOCATION_SORT = {"NAME": lambda x: x["name"].lower()}
_LOCATION_FILTERS = {
    "id": ("id", lambda x: x["n"]), "location_id": ("id", lambda x: x["n"]), "active": ("boolean", lambda x: x["isActive"]),
    "created_at": ("time", lambda x: x["createdAt"]), "city": ("string", lambda x: x["address"].get("city")),
    "country": ("string", lambda x: x["address"].get("country")), "default": ("text", lambda x: [x["name"]]),
}


def make_location(shop: Any, name: str, **values: Any) -> Node:
    address = {"countryCode": shop.meta["settings"]["country"], **(values.get("address") or {})}
    return shop.add("Location", name=name, isActive=values.get("active", True), address=address,
                    fulfillsOnlineOrders=values.get("fulfills_online_orders", True), metafields=[])


def _locations_of(ctx: Any, args: Node) -> list[Node]:
    return [x for x in ctx.shop.all("Location") if x["isActive"] or args.get("includeInactive")]


query("locations")(lambda root, args, ctx: connection(
    _locations_of(ctx, args), args, ctx, filters=_LOCATION_FILTERS, sort_keys=_LOCATION_SORT, default_sort="NAME"))
query("locationsCount")(lambda root, args, ctx: count(_locations_of(ctx, args), args, ctx, _LOCATION_FILTERS))


@query("location")
def _location(root: Any, args: Node, ctx: Any) -> Any:
    return find(ctx, args["id"], "Location") if args.get("id") else next(iter(ctx.shop.all("Location")), None)


field("Location.legacyResourceId")(lambda x, args, ctx: x["n"])
field("Location.isPrimary")(lambda x, args, ctx: x is ctx.shop.all("Location")[0])
field("Location.shipsInventory")(lambda x, args, ctx: x["fulfillsOnlineOrders"])
field("Location.hasActiveInventory")(lambda x, args, ctx: any(
    x["id"] in item["levels"] for item in ctx.shop.all("InventoryItem")))
field("Location.hasUnfulfilledOrders")(lambda x, args, ctx: any(
    fo["location"] == x["id"] and fo["status"] not in ("CLOSED", "CANCELLED")
    for order in ctx.shop.all("Order") for fo in order["fulfillment_orders"]))
constant("Location", activatable=False, addressVerified=False, deactivatable=True, deletable=False,
         suggestedAddresses=[])
nulls("Location", "localPickupSettingsV2")
for _name in "address1 address2 city country countryCode phone province provinceCode zip latitude longitude".split():
    field(f"LocationAddress.{_name}")(lambda a, args, ctx, name=_name: a.get(name))
field("LocationAddress.formatted")(lambda a, args, ctx: [a[k] for k in ("address1", "city", "country") if a.get(k)])

# -- customers

_CUSTOMER_FILTERS = {
    "id": ("id", lambda c: c["n"]), "email": ("string", lambda c: c["email"]), "phone": ("string", lambda c: c["phone"]),
    "first_name": ("string", lambda c: c["firstName"]), "last_name": ("string", lambda c: c["lastName"]),
    "tag": ("strings", lambda c: c["tags"]), "updated_at": ("time", lambda c: c["updatedAt"]),
    "customer_date": ("time", lambda c: c["createdAt"]),
    "default": ("text", lambda c: [c["email"], c["firstName"], c["lastName"], c["phone"], *c["tags"]]),
}
_CUSTOMER_SORT = {"NAME": lambda c: f"{c['lastName'] or ''}, {c['firstName'] or ''}".lower(),
                  "CREATED_AT": lambda c: c["createdAt"], "UPDATED_AT": lambda c: c["updatedAt"]}


def make_customer(shop: Any, values: Node) -> Node:
    customer: Node = shop.add(
        "Customer", firstName=values.get("first_name"), lastName=values.get("last_name"), email=values.get("email"),
        phone=values.get("phone"), note=values.get("note"), tags=sorted(values.get("tags") or []),
        taxExempt=bool(values.get("tax_exempt")), locale=values.get("locale", "ja"), state=values.get("state", "DISABLED"),
        verifiedEmail=bool(values.get("email")), addresses=[], metafields=[])
    for address in values.get("addresses") or []:
        made = make_address(shop, customer, address)
        customer["addresses"].append(made)
    shop.emit("customers/create", customer)
    return customer


query("customers")(lambda root, args, ctx: connection(
    ctx.shop.all("Customer"), args, ctx, filters=_CUSTOMER_FILTERS, sort_keys=_CUSTOMER_SORT))
query("customer")(lambda root, args, ctx: find(ctx, args["id"], "Customer"))


@query("customersCount")
def _customers_count(root: Any, args: Node, ctx: Any) -> Node:
    """The count takes no search at all on most fields: Shopify ignores it with a warning, as recorded for email and state."""
    return count(ctx.shop.all("Customer"), args, ctx, {"id": _CUSTOMER_FILTERS["id"], "updated_at": _CUSTOMER_FILTERS["updated_at"]})


@query("customerByIdentifier")
def _customer_by_identifier(root: Any, args: Node, ctx: Any) -> Any:
    wanted = args["identifier"]
    for key, source in (("emailAddress", "email"), ("phoneNumber", "phone"), ("id", "id")):
        if wanted.get(key):
            return next((c for c in ctx.shop.all("Customer") if c[source] == wanted[key]), None)
    raise NotModelled("customerByIdentifier(identifier: {customId})")


def _orders_of(customer: Node, ctx: Any) -> list[Node]:
    return [o for o in ctx.shop.all("Order") if o["customer"] == customer["id"]]


field("Customer.displayName")(lambda c, args, ctx: " ".join(x for x in (c["firstName"], c["lastName"]) if x)
                              or c["email"] or c["phone"] or "")
field("Customer.legacyResourceId")(lambda c, args, ctx: c["n"])
field("Customer.defaultAddress")(lambda c, args, ctx: next(iter(c["addresses"]), None))
field("Customer.addresses")(lambda c, args, ctx: c["addresses"][:args.get("first")])
field("Customer.addressesV2")(lambda c, args, ctx: connection(c["addresses"], args, ctx))
field("Customer.numberOfOrders")(lambda c, args, ctx: len(_orders_of(c, ctx)))
field("Customer.amountSpent")(lambda c, args, ctx: (
    sum((ledger(o, ctx).net_payment.shop for o in _orders_of(c, ctx)), Decimal(0)), ctx.shop.meta["settings"]["currency"]))
field("Customer.lastOrder")(lambda c, args, ctx: next(reversed(_orders_of(c, ctx)), None))
field("Customer.orders")(lambda c, args, ctx: connection(
    _orders_of(c, ctx), args, ctx, filters=ORDER_FILTERS, sort_keys=ORDER_SORT))
field("Customer.canDelete")(lambda c, args, ctx: not _orders_of(c, ctx))
constant("Customer", companyContactProfiles=[], dataSaleOptOut=False, taxExemptions=[], validEmailAddress=True,
         hasTimelineComment=False, productSubscriberStatus="NEVER_SUBSCRIBED", lifetimeDuration="less than a minute")
nulls("Customer", "market multipassIdentifier")
