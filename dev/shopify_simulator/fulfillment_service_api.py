"""Fulfilment services of apps, each with a location of its own: creating and deleting them."""
from __future__ import annotations

import re
from typing import Any

from .accounts import make_location
from .errors import NotModelled, refuse
from .nodes import find
from .registry import field, mutation, query

Node = dict[str, Any]

query("fulfillmentService")(lambda root, args, ctx: find(ctx, args["id"], "FulfillmentService"))
field("FulfillmentService.location")(
    lambda s, args, ctx: s["location"] if isinstance(s["location"], dict) else ctx.shop.find(s["location"], "Location"))
field("Location.isFulfillmentService")(lambda x, args, ctx: x.get("service") is not None)
field("Location.fulfillmentService")(lambda x, args, ctx: ctx.shop.find(x.get("service"), "FulfillmentService"))


@mutation("fulfillmentServiceCreate")
def _create(args: Node, ctx: Any) -> Node:
    shop, name = ctx.shop, (args.get("name") or "").strip()
    if not name:
        raise refuse(["name"], "Name can't be blank")
    if any(other["serviceName"] == name for other in shop.all("FulfillmentService")):
        raise refuse(["name"], "Name has already been taken")
    if args.get("callbackUrl"):
        raise NotModelled("fulfillmentServiceCreate(callbackUrl:)")
    made = shop.add(
        "FulfillmentService", serviceName=name, handle=re.sub(r"[^\w]+", "-", name.lower()).strip("-"), callbackUrl=None,
        type="THIRD_PARTY", inventoryManagement=bool(args.get("inventoryManagement")), productBased=True,
        trackingSupport=bool(args.get("trackingSupport")), requiresShippingMethod=bool(args.get("requiresShippingMethod", True)),
        fulfillmentOrdersOptIn=True, permitsSkuSharing=False)
    shop.nodes.pop(made["id"])
    made["id"] += "?id=true"  # as recorded: Shopify's ids of services carry this
    shop.nodes[made["id"]] = made
    location = make_location(shop, name)
    location["service"], made["location"] = made["id"], location["id"]
    return {"fulfillmentService": made}


@mutation("fulfillmentServiceDelete")
def _delete(args: Node, ctx: Any) -> Node:
    found = find(ctx, args["id"], "FulfillmentService")
    if found is None:
        raise refuse(["id"], "Fulfillment service could not be found.")
    action = args.get("inventoryAction") or "TRANSFER"
    location = ctx.shop.nodes[found["location"]]
    if action == "TRANSFER":
        target = ctx.shop.find(args.get("destinationLocationId"), "Location")
        if target is None or not target["isActive"]:
            raise refuse(None, "Invalid destination location.")
    ctx.shop.touch(found)
    if action == "KEEP":
        ctx.shop.touch(location)
        location["service"] = None
    else:
        _clear(ctx.shop, location, None if action == "DELETE" else target)
    deleted = found["id"].partition("?")[0]
    ctx.shop.tables["FulfillmentService"].pop(found["n"])
    del ctx.shop.nodes[found["id"]]
    return {"deletedId": deleted}


def _clear(shop: Any, location: Node, target: Node | None) -> None:
    """Take the service's location away, its stock moved to the target or dropped."""
    for item in shop.all("InventoryItem"):
        level = item["levels"].get(location["id"])
        if level is None:
            continue
        shop.touch(item)
        del item["levels"][location["id"]]
        shop.nodes.pop(level["id"], None)
        if target is not None and target["id"] not in item["levels"]:
            level["location"] = target["id"]
            item["levels"][target["id"]] = level
            shop.nodes[level["id"]] = level
        elif target is not None:
            item["levels"][target["id"]]["available"] += level["available"]
    shop.remove(location)
