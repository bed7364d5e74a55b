"""Products and variants: reading them, and the few writes a connector needs."""
from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from . import stock
from .connection import connection, count, numbered, plain
from .errors import NotModelled, refuse
from .money import currency_text
from .nodes import find
from .registry import constant, field, mutation, nulls, query

Node = dict[str, Any]


def make_product(shop: Any, values: Node) -> Node:
    """A product from {title, vendor, product_type, status, tags, handle, options, variants [{sku, barcode, price, compare_at_price,
    title, options [names], taxable, tracked, bundle, requires_shipping, grams, cost, stock {location gid or name: available}}]}."""
    product: Node = shop.add(
        "Product", title=values["title"], vendor=values.get("vendor", shop.meta["settings"]["name"]),
        productType=values.get("product_type", ""), status=values.get("status", "ACTIVE"), tags=sorted(values.get("tags") or []),
        handle=values.get("handle") or re.sub(r"[^\w]+", "-", values["title"].lower()).strip("-"),
        descriptionHtml=values.get("description", ""), isGiftCard=bool(values.get("gift_card")), publishedAt=shop.now() if values.get("published", True) else None,
        variants=[], metafields=[], option_names=values.get("options") or ["Title"])
    for variant in values.get("variants") or [{}]:
        add_variant(shop, product, variant)
    shop.emit("products/create", product)
    return product


def add_variant(shop: Any, product: Node, values: Node) -> Node:
    options = values.get("options") or ["Default Title"]
    variant = shop.node(
        "ProductVariant", product, title=values.get("title") or " / ".join(options), sku=values.get("sku"), options=options,
        barcode=values.get("barcode"), price=Decimal(str(values.get("price", "0"))), position=len(product["variants"]) + 1,
        compareAtPrice=Decimal(str(values["compare_at_price"])) if values.get("compare_at_price") is not None else None,
        taxable=values.get("taxable", True), inventoryPolicy=values.get("inventory_policy", "DENY"), createdAt=shop.now(),
        updatedAt=shop.now(), metafields=[])
    item = stock.make_item(shop, variant, tracked=values.get("tracked", True),
                           requires_shipping=values.get("requires_shipping", True), grams=int(values.get("grams", 0)),
                           cost=values.get("cost"), bundle=bool(values.get("bundle")))
    variant["inventory_item"] = item["id"]
    if variant["sku"]:
        shop.meta.setdefault("skus", {}).setdefault(variant["sku"], variant["id"])
    places = {place["name"]: place["id"] for place in shop.all("Location")}
    for place, available in (values.get("stock") or {}).items():
        entry = stock.level(shop, item, places.get(place, place))
        assert entry is not None
        entry["available"] = int(available)
    product["variants"].append(variant)
    shop.listed("variants", variant)
    return variant


def variants_of(shop: Any) -> list[Node]:
    return [variant for product in shop.all("Product") for variant in product["variants"]]


def _total(product: Node, ctx: Any) -> int:
    return sum(_available(variant, ctx) for variant in product["variants"]
               if ctx.shop.nodes[variant["inventory_item"]]["tracked"])


def _available(variant: Node, ctx: Any) -> int:
    return sum(entry["available"] for entry in ctx.shop.nodes[variant["inventory_item"]]["levels"].values())


_PRODUCT_FILTERS = {
    "id": ("id", lambda p: p["n"]), "title": ("text", lambda p: [p["title"]]), "handle": ("string", lambda p: p["handle"]),
    "sku": ("strings", lambda p: [v["sku"] for v in p["variants"]]), "vendor": ("string", lambda p: p["vendor"]),
    "barcode": ("strings", lambda p: [v["barcode"] for v in p["variants"]]), "tag": ("strings", lambda p: p["tags"]),
    "status": ("string", lambda p: p["status"]), "product_type": ("string", lambda p: p["productType"]),
    "created_at": ("time", lambda p: p["createdAt"]), "updated_at": ("time", lambda p: p["updatedAt"]),
    "gift_card": ("boolean", lambda p: p["isGiftCard"]),
    "default": ("text", lambda p: [p["title"], p["vendor"], p["productType"], *p["tags"], *(v["sku"] for v in p["variants"])]),
}
_PRODUCT_SORT = {"TITLE": lambda p: p["title"].lower(), "CREATED_AT": lambda p: p["createdAt"],
                 "UPDATED_AT": lambda p: p["updatedAt"], "VENDOR": lambda p: p["vendor"].lower(),
                 "PRODUCT_TYPE": lambda p: p["productType"].lower(), "PUBLISHED_AT": lambda p: p["publishedAt"]}
_VARIANT_FILTERS = {
    "id": ("id", lambda v: v["n"]), "sku": ("string", lambda v: v["sku"]), "barcode": ("string", lambda v: v["barcode"]),
    "title": ("text", lambda v: [v["title"]]), "updated_at": ("time", lambda v: v["updatedAt"]),
    "product_id": ("id", lambda v: int(v["owner"].rsplit("/", 1)[1])), "taxable": ("boolean", lambda v: v["taxable"]),
    "default": ("text", lambda v: [v["title"], v["sku"], v["barcode"]]),
}
_VARIANT_SORT = {"SKU": lambda v: v["sku"] or "", "TITLE": lambda v: v["title"].lower(), "POSITION": lambda v: v["position"]}

query("products")(lambda root, args, ctx: connection(
    ctx.shop.all("Product"), args, ctx, filters=_PRODUCT_FILTERS, sort_keys=_PRODUCT_SORT))
query("productsCount")(lambda root, args, ctx: count(ctx.shop.all("Product"), args, ctx, _PRODUCT_FILTERS))
query("product")(lambda root, args, ctx: find(ctx, args["id"], "Product"))
query("productVariants")(lambda root, args, ctx: numbered(ctx.shop.variants(), args, ctx) if plain(args, ctx) else connection(
    variants_of(ctx.shop), args, ctx, filters=_VARIANT_FILTERS, sort_keys=_VARIANT_SORT))
query("productVariantsCount")(lambda root, args, ctx: count(variants_of(ctx.shop), args, ctx, _VARIANT_FILTERS))
query("productVariant")(lambda root, args, ctx: find(ctx, args["id"], "ProductVariant"))


@query("productByIdentifier")
def _by_identifier(root: Any, args: Node, ctx: Any) -> Any:
    wanted = args["identifier"]
    if wanted.get("id"):
        return find(ctx, wanted["id"], "Product")
    if wanted.get("handle"):
        return next((p for p in ctx.shop.all("Product") if p["handle"] == wanted["handle"]), None)
    raise NotModelled("productByIdentifier(identifier: {customId})")


field("Product.legacyResourceId", "ProductVariant.legacyResourceId")(lambda p, args, ctx: p["n"])
field("Product.variants")(lambda p, args, ctx: connection(p["variants"], args, ctx, sort_keys=_VARIANT_SORT,
                                                          default_sort="POSITION"))
field("Product.variantsCount")(lambda p, args, ctx: {"count": len(p["variants"]), "precision": "EXACT"})
field("Product.totalVariants")(lambda p, args, ctx: len(p["variants"]))
field("Product.totalInventory")(lambda p, args, ctx: _total(p, ctx))
field("Product.tracksInventory")(lambda p, args, ctx: any(
    ctx.shop.nodes[v["inventory_item"]]["tracked"] for v in p["variants"]))
field("Product.hasOnlyDefaultVariant")(lambda p, args, ctx: [v["title"] for v in p["variants"]] == ["Default Title"])
field("Product.hasOutOfStockVariants")(lambda p, args, ctx: any(_available(v, ctx) <= 0 for v in p["variants"]))
field("Product.description")(lambda p, args, ctx: re.sub(r"<[^>]+>", "", p["descriptionHtml"]))
field("Product.bodyHtml")(lambda p, args, ctx: p["descriptionHtml"])
field("Product.options")(lambda p, args, ctx: [
    {"id": f"gid://shopify/ProductOption/{p['n']}{i}", "name": name, "position": i + 1,
     "values": list(dict.fromkeys(v["options"][i] for v in p["variants"] if i < len(v["options"])))}
    for i, name in enumerate(p["option_names"])])


@field("Product.priceRangeV2")
def _price_range(product: Node, args: Node, ctx: Any) -> Node:
    prices = [v["price"] for v in product["variants"]]
    currency = ctx.shop.meta["settings"]["currency"]
    return {"minVariantPrice": (min(prices), currency), "maxVariantPrice": (max(prices), currency)}


for _name in ("media", "images", "collections"):
    field(f"Product.{_name}")(lambda p, args, ctx: connection((), args, ctx, filters={}))
constant("Product", requiresSellingPlan=False, hasVariantsThatRequiresComponents=False, seo={"title": None, "description": None},
         mediaCount={"count": 0, "precision": "EXACT"})
field("Product.onlineStorePreviewUrl")(lambda p, args, ctx: f"https://{ctx.shop.domain}/products/{p['handle']}")
nulls("Product", "category featuredImage featuredMedia onlineStoreUrl templateSuffix productCategory "
      "combinedListingRole giftCardTemplateSuffix customProductType")

field("ProductVariant.product")(lambda v, args, ctx: ctx.shop.nodes[v["owner"]])
field("ProductVariant.displayName")(lambda v, args, ctx: f"{ctx.shop.nodes[v['owner']]['title']} - {v['title']}")
field("ProductVariant.price")(lambda v, args, ctx: currency_text(v["price"], ctx.shop.meta["settings"]["currency"]))
field("ProductVariant.compareAtPrice")(lambda v, args, ctx: v["compareAtPrice"] is not None and currency_text(
    v["compareAtPrice"], ctx.shop.meta["settings"]["currency"]) or None)
field("ProductVariant.inventoryItem")(lambda v, args, ctx: ctx.shop.nodes[v["inventory_item"]])
field("ProductVariant.inventoryQuantity", "ProductVariant.sellableOnlineQuantity")(lambda v, args, ctx: _available(v, ctx))
field("ProductVariant.availableForSale")(lambda v, args, ctx: v["inventoryPolicy"] == "CONTINUE" or _available(v, ctx) > 0
                                         or not ctx.shop.nodes[v["inventory_item"]]["tracked"])
field("ProductVariant.selectedOptions")(lambda v, args, ctx: [
    {"name": name, "value": value} for name, value in zip(ctx.shop.nodes[v["owner"]]["option_names"], v["options"], strict=True)])
field("ProductVariant.requiresComponents")(lambda v, args, ctx: bool(ctx.shop.nodes[v["inventory_item"]].get("bundle")))
constant("ProductVariant", showUnitPrice=False, taxCode="", unitPriceMeasurement={
    "measuredType": None, "quantityValue": 0, "quantityUnit": None, "referenceValue": 0, "referenceUnit": None})
nulls("ProductVariant", "image unitPrice deliveryProfile")


@query("productVariantByIdentifier")
def _variant_by_identifier(root: Any, args: Node, ctx: Any) -> Any:
    if args["identifier"].get("id"):
        return find(ctx, args["identifier"]["id"], "ProductVariant")
    raise NotModelled("productVariantByIdentifier(identifier: {customId})")


@mutation("productCreate")
def _create(args: Node, ctx: Any) -> Node:
    values = args.get("product") or args.get("input") or {}
    unknown = set(values) - {"title", "vendor", "productType", "status", "tags", "handle", "descriptionHtml"}
    if unknown or args.get("media"):
        raise NotModelled(f"productCreate({', '.join(sorted(unknown)) or 'media'})")
    if not (values.get("title") or "").strip():
        raise refuse(["title"], "Title can't be blank")
    product = make_product(ctx.shop, {
        "title": values["title"], "vendor": values.get("vendor") or ctx.shop.meta["settings"]["name"],
        "product_type": values.get("productType") or "", "status": values.get("status") or "ACTIVE", "tags": values.get("tags"),
        "handle": values.get("handle"), "description": values.get("descriptionHtml") or "", "published": False, "variants": [{"tracked": False}]})
    return {"product": product, "shop": ctx.shop.meta["settings"]}


_ITEM_KEYS = {"sku": "sku", "tracked": "tracked", "requiresShipping": "requiresShipping"}


@mutation("productVariantsBulkUpdate")
def _bulk_update(args: Node, ctx: Any) -> Node:
    product = find(ctx, args["productId"], "Product")
    if product is None:
        raise refuse(["productId"], "Product does not exist", "PRODUCT_DOES_NOT_EXIST")
    changed = []
    for index, values in enumerate(args["variants"]):
        unknown = set(values) - {"id", "price", "compareAtPrice", "barcode", "taxable", "inventoryPolicy", "inventoryItem"}
        if unknown:
            raise NotModelled(f"productVariantsBulkUpdate(variants: {', '.join(sorted(unknown))})")
        variant = next((v for v in product["variants"] if v["id"] == values.get("id")), None)
        if variant is None:
            raise refuse(["variants", str(index), "id"], "Product variant does not exist", "PRODUCT_VARIANT_DOES_NOT_EXIST")
        _update_variant(ctx.shop, product, variant, values, index)
        changed.append(variant)
    ctx.shop.emit("products/update", product)
    return {"product": product, "productVariants": changed}


def _update_variant(shop: Any, product: Node, variant: Node, values: Node, index: int) -> None:
    shop.touch(product)
    if values.get("price") is not None and Decimal(str(values["price"])) < 0:
        raise refuse(["variants", str(index), "price"], "Price must be greater than or equal to 0", "GREATER_THAN_OR_EQUAL_TO")
    for key in ("price", "compareAtPrice"):
        if key in values:
            variant[key] = Decimal(str(values[key])) if values[key] is not None else None
    for key in ("barcode", "taxable", "inventoryPolicy"):
        if key in values:
            variant[key] = values[key]
    changes = values.get("inventoryItem") or {}
    unknown = set(changes) - set(_ITEM_KEYS)
    if unknown:
        raise NotModelled(f"inventoryItem input {', '.join(sorted(unknown))}")
    if changes:
        item = shop.nodes[variant["inventory_item"]]
        shop.touch(item)
        item.update({_ITEM_KEYS[key]: value for key, value in changes.items()})
        if "sku" in changes:
            variant["sku"] = changes["sku"]
            if changes["sku"]:
                shop.meta.setdefault("skus", {}).setdefault(changes["sku"], variant["id"])
    variant["updatedAt"] = shop.now()
