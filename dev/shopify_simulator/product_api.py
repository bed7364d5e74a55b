"""Products: updating, changing their status, deleting them."""
from __future__ import annotations

from typing import Any

from .errors import NotModelled, refuse
from .nodes import find
from .registry import mutation

Node = dict[str, Any]

_FIELDS = {"title": "title", "vendor": "vendor", "productType": "productType", "status": "status", "handle": "handle",
           "descriptionHtml": "descriptionHtml"}
_TAG_LENGTH = 255


@mutation("productUpdate")
def _update(args: Node, ctx: Any) -> Node:
    values = dict(args.get("product") or args.get("input") or {})
    product = _needed(values.pop("id", None), ctx, ["id"])
    unknown = {name for name, value in values.items() if value not in (None, False)} - set(_FIELDS) - {"tags"}
    if unknown or args.get("media"):
        raise NotModelled(f"productUpdate({', '.join(sorted(unknown)) or 'media'})")
    if "title" in values and not (values["title"] or "").strip():
        raise refuse(["title"], "Title can't be blank", product=product)
    tags = normal_tags(values.get("tags") or [])
    if any(len(tag) > _TAG_LENGTH for tag in tags):
        raise refuse(["tags"], "Product tags is invalid", product=product)
    ctx.shop.touch(product)
    product.update({key: values[name] for name, key in _FIELDS.items() if values.get(name) is not None})
    if "tags" in values:
        product["tags"] = tags
    ctx.shop.emit("products/update", product)
    return {"product": product}


@mutation("productChangeStatus")
def _change_status(args: Node, ctx: Any) -> Node:
    product = _needed(args["productId"], ctx, ["productId"], "PRODUCT_NOT_FOUND")
    ctx.shop.touch(product)
    product["status"] = args["status"]
    ctx.shop.emit("products/update", product)
    return {"product": product}


@mutation("productDelete")
def _delete(args: Node, ctx: Any) -> Node:
    product = _needed(args["input"]["id"], ctx, ["id"])
    for variant in product["variants"]:
        ctx.shop.remove(ctx.shop.nodes[variant["inventory_item"]])
        skus = ctx.shop.meta.get("skus") or {}
        if skus.get(variant["sku"]) == variant["id"]:
            del skus[variant["sku"]]
    ctx.shop.emit("products/delete", product)
    ctx.shop.remove(product)
    return {"deletedProductId": product["id"]}


def normal_tags(tags: list[str]) -> list[str]:
    """Trimmed, without blanks, one spelling each, in order of the alphabet."""
    kept: dict[str, str] = {}
    for tag in (part.strip() for text in tags for part in text.split(",")):
        if tag:
            kept.setdefault(tag.lower(), tag)
    return sorted(kept.values(), key=str.lower)


def _needed(gid: str | None, ctx: Any, where: list[str], code: str | None = None) -> Node:
    product: Node | None = find(ctx, gid, "Product") if gid else None
    if product is None:
        raise refuse(where, "Product does not exist", code)
    return product
