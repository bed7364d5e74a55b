"""Fulfilment in GraphQL: fulfilment orders, fulfilments, holds, tracking and events."""
from __future__ import annotations

from typing import Any

from . import fulfilment
from .clock import parse_instant
from .connection import connection
from .errors import UserErrors, refuse, user_error
from .nodes import find
from .order_types import ledger, order_of
from .registry import constant, field, mutation, nulls, query

Node = dict[str, Any]

# -- reading

FULFILLMENT_ORDER_FILTERS = {
    "id": ("id", lambda fo: fo["n"]),
    "status": ("string", lambda fo: fo["status"]),
    "updated_at": ("time", lambda fo: fo["updatedAt"]),
    "assigned_location_id": ("custom", lambda fo: lambda word: fo["location"].endswith("/" + word)),
}
_SORT = {"CREATED_AT": lambda fo: fo["createdAt"], "UPDATED_AT": lambda fo: fo["updatedAt"],
         "FULFILL_AT": lambda fo: fo["fulfillAt"]}


@query("fulfillmentOrders")
def _fulfillment_orders(root: Any, args: Node, ctx: Any) -> Any:
    rows = [fo for order in ctx.shop.all("Order") for fo in order["fulfillment_orders"]
            if args.get("includeClosed") or fo["status"] not in ("CLOSED", "CANCELLED")]
    return connection(rows, args, ctx, filters=FULFILLMENT_ORDER_FILTERS, sort_keys=_SORT)


query("fulfillmentOrder")(lambda root, args, ctx: find(ctx, args["id"], "FulfillmentOrder"))
query("fulfillment")(lambda root, args, ctx: find(ctx, args["id"], "Fulfillment"))


@field("Order.fulfillmentOrders")
def _of_order(order: Node, args: Node, ctx: Any) -> Any:
    return connection(order["fulfillment_orders"], args, ctx, filters=FULFILLMENT_ORDER_FILTERS)


field("FulfillmentOrder.order")(lambda fo, args, ctx: order_of(fo, ctx))
field("FulfillmentOrder.orderId")(lambda fo, args, ctx: fo["owner"])
field("FulfillmentOrder.orderName")(lambda fo, args, ctx: order_of(fo, ctx)["name"])
field("FulfillmentOrder.orderProcessedAt")(lambda fo, args, ctx: order_of(fo, ctx)["processedAt"])
field("FulfillmentOrder.lineItems")(lambda fo, args, ctx: connection(fo["items"], args, ctx))
field("FulfillmentOrder.fulfillmentHolds")(lambda fo, args, ctx: fo["holds"])
field("FulfillmentOrder.supportedActions")(
    lambda fo, args, ctx: [{"action": action, "externalUrl": None} for action in fulfilment.supported_actions(fo)])
field("FulfillmentOrder.merchantRequests")(lambda fo, args, ctx: connection((), args, ctx))
field("FulfillmentOrder.fulfillmentOrdersForMerge")(lambda fo, args, ctx: connection((), args, ctx))
field("FulfillmentOrder.fulfillments")(lambda fo, args, ctx: connection(
    [f for f in order_of(fo, ctx)["fulfillments"] if any(p["fulfillment_order"] == fo["id"] for p in f["parts"])], args, ctx))
nulls("FulfillmentOrder", "channelId internationalDuties")


@field("FulfillmentOrder.assignedLocation")
def _assigned(fulfillment_order: Node, args: Node, ctx: Any) -> Node:
    location = ctx.shop.nodes[fulfillment_order["location"]]
    address = location["address"]
    return {**{key: address.get(key) for key in "address1 address2 city phone province zip countryCode".split()},
            "name": location["name"], "location": location}


@field("FulfillmentOrder.destination")
def _destination(fulfillment_order: Node, args: Node, ctx: Any) -> Node | None:
    order = order_of(fulfillment_order, ctx)
    address = order["shippingAddress"]
    if address is None:
        return None
    return {**{key: address[key] for key in "address1 address2 city company countryCode firstName lastName phone province "
               "zip".split()}, "email": order["email"], "location": None,
            "id": f"gid://shopify/FulfillmentOrderDestination/{fulfillment_order['n']}"}


@field("FulfillmentOrder.deliveryMethod")
def _delivery_method(fulfillment_order: Node, args: Node, ctx: Any) -> Node:
    line = next(iter(ledger(order_of(fulfillment_order, ctx), ctx).shipping_lines), None)
    return {"id": f"gid://shopify/DeliveryMethod/{fulfillment_order['n']}", "methodType": "SHIPPING",
            "presentedName": line and line["title"], "serviceCode": line and line["code"], "sourceReference": None,
            "minDeliveryDateTime": None, "maxDeliveryDateTime": None, "additionalInformation": None, "brandedPromise": None}


@field("FulfillmentOrder.locationsForMove")
def _for_move(fulfillment_order: Node, args: Node, ctx: Any) -> Any:
    rows = [{"n": place["n"], "location": place, "movable": place["id"] != fulfillment_order["location"],
             "message": "Current location." if place["id"] == fulfillment_order["location"] else None}
            for place in ctx.shop.all("Location") if place["isActive"]
            and (args.get("locationIds") is None or place["id"] in args["locationIds"])]
    return connection(rows, args, ctx, filters={})


def _line(item: Node, ctx: Any) -> Node:
    return ctx.shop.nodes[item["line"]]


field("FulfillmentOrderLineItem.totalQuantity")(lambda item, args, ctx: item["total"])
field("FulfillmentOrderLineItem.remainingQuantity")(lambda item, args, ctx: item["remaining"])
field("FulfillmentOrderLineItem.lineItem", "FulfillmentLineItem.lineItem")(lambda item, args, ctx: _line(item, ctx))
for _name, _source in {"sku": "sku", "vendor": "vendor", "productTitle": "title", "variantTitle": "variantTitle",
                       "requiresShipping": "requiresShipping"}.items():
    field(f"FulfillmentOrderLineItem.{_name}")(lambda item, args, ctx, source=_source: _line(item, ctx)[source])
field("FulfillmentOrderLineItem.variant")(lambda item, args, ctx: ctx.shop.find(_line(item, ctx)["variant"]))
field("FulfillmentOrderLineItem.weight")(
    lambda item, args, ctx: {"unit": "GRAMS", "value": float(_line(item, ctx)["grams"])})
field("FulfillmentOrderLineItem.originalUnitPriceSet")(lambda item, args, ctx: _line(item, ctx)["unit"])


@field("FulfillmentOrderLineItem.inventoryItemId")
def _inventory_item(item: Node, args: Node, ctx: Any) -> Any:
    variant = ctx.shop.find(_line(item, ctx)["variant"])
    return variant and variant["inventory_item"]


constant("FulfillmentOrderLineItem", warnings=[])
nulls("FulfillmentOrderLineItem", "image shippingLine")
field("FulfillmentHold.heldByRequestingApp")(lambda hold, args, ctx: hold["app"] == ctx.app.client_id)
field("FulfillmentHold.heldByApp")(lambda hold, args, ctx: {
    "id": f"gid://shopify/App/{ctx.app.number}", "title": ctx.app.title} if hold["app"] == ctx.app.client_id else None)

field("Fulfillment.legacyResourceId")(lambda f, args, ctx: f["n"])
field("Fulfillment.order")(lambda f, args, ctx: order_of(f, ctx))
field("Fulfillment.location")(lambda f, args, ctx: ctx.shop.find(f["location"]))
field("Fulfillment.totalQuantity")(lambda f, args, ctx: sum(item["quantity"] for item in f["items"]))
field("Fulfillment.requiresShipping")(lambda f, args, ctx: any(_line(i, ctx)["requiresShipping"] for i in f["items"]))
field("Fulfillment.trackingInfo")(
    lambda f, args, ctx: f["tracking"] if args.get("first") is None else f["tracking"][:args["first"]])
field("Fulfillment.events")(lambda f, args, ctx: connection(
    f["events"], args, ctx, sort_keys={"HAPPENED_AT": lambda e: e["happenedAt"]}, default_sort="HAPPENED_AT"))
field("Fulfillment.fulfillmentLineItems")(lambda f, args, ctx: connection(f["items"], args, ctx))
field("Fulfillment.fulfillmentOrders")(lambda f, args, ctx: connection(
    [ctx.shop.nodes[gid] for gid in dict.fromkeys(p["fulfillment_order"] for p in f["parts"])], args, ctx))
field("Fulfillment.service")(lambda f, args, ctx: {
    "id": "gid://shopify/FulfillmentService/manual", "handle": "manual", "serviceName": "Manual", "trackingSupport": False,
    "type": "MANUAL", "location": ctx.shop.find(f["location"]), "inventoryManagement": False, "callbackUrl": None,
    "requiresShippingMethod": True, "fulfillmentOrdersOptIn": False})
nulls("Fulfillment", "originAddress")
field("FulfillmentLineItem.originalTotalSet")(lambda i, args, ctx: _line(i, ctx)["unit"] * i["quantity"])
field("FulfillmentLineItem.discountedTotalSet")(
    lambda i, args, ctx: ledger(order_of(i, ctx), ctx).line_total(_line(i, ctx), i["quantity"]))

# -- writing


def _need(ctx: Any, gid: str, field_name: list[str] | None = None) -> Node:
    found = find(ctx, gid, "FulfillmentOrder")
    if found is None:
        raise refuse(field_name, "Fulfillment order does not exist.", "FULFILLMENT_ORDER_NOT_FOUND")
    return found


def tracking_rows(values: Node | None) -> list[Node]:
    """TrackingInfo rows of an input: one per number; Shopify makes the url of carriers it knows."""
    values = values or {}
    numbers = values.get("numbers") or ([values["number"]] if values.get("number") else [])
    urls = values.get("urls") or ([values["url"]] if values.get("url") else [])
    company = values.get("company")
    rows = []
    for index in range(max(len(numbers), len(urls), 1 if company else 0)):
        number = numbers[index] if index < len(numbers) else None
        url = urls[index] if index < len(urls) else fulfilment.carrier_url(company, number)
        rows.append({"number": number, "url": url, "company": company})
    return rows


@mutation("fulfillmentCreate")
def _create(args: Node, ctx: Any) -> Node:
    values = args["fulfillment"]
    chosen = []
    for row in values["lineItemsByFulfillmentOrder"]:
        fulfillment_order = find(ctx, row["fulfillmentOrderId"], "FulfillmentOrder")
        if fulfillment_order is None:
            raise refuse(["fulfillment"], "Fulfillment order does not exist.")
        items = row.get("fulfillmentOrderLineItems")
        if items and any(item["quantity"] <= 0 for item in items):
            raise refuse(["fulfillment"], "Quantity must be greater than 0")
        chosen.append((fulfillment_order, items))
    if sum(len(items or fo["items"]) for fo, items in chosen) > 512:
        raise refuse(["fulfillment"], "A fulfillment can have at most 512 line items.")
    made = fulfilment.fulfil(ctx.shop, chosen, tracking_rows(values.get("trackingInfo")),
                             notify=bool(values.get("notifyCustomer")))
    return {"fulfillment": made}


def _fulfilment(ctx: Any, gid: str, field_name: str) -> Node:
    found = find(ctx, gid, "Fulfillment")
    if found is None:
        raise refuse([field_name], "Fulfillment does not exist.")
    return found


@mutation("fulfillmentCancel")
def _cancel_fulfilment(args: Node, ctx: Any) -> Node:
    return {"fulfillment": fulfilment.cancel_fulfilment(ctx.shop, _fulfilment(ctx, args["id"], "id"))}


@mutation("fulfillmentTrackingInfoUpdate")
def _tracking(args: Node, ctx: Any) -> Node:
    found = _fulfilment(ctx, args["fulfillmentId"], "fulfillmentId")
    fulfilment.set_tracking(ctx.shop, found, tracking_rows(args["trackingInfoInput"]))
    return {"fulfillment": found}


@mutation("fulfillmentEventCreate")
def _event(args: Node, ctx: Any) -> Node:
    values = args["fulfillmentEvent"]
    found = _fulfilment(ctx, values["fulfillmentId"], "fulfillmentId")
    return {"fulfillmentEvent": add_event(ctx.shop, found, values)}


_EVENT_STATUS = {"DELIVERED": "deliveredAt", "IN_TRANSIT": "inTransitAt"}


def add_event(shop: Any, found: Node, values: Node) -> Node:
    """A carrier's scan on a fulfilment; it sets the display status and its instants."""
    shop.changed(shop.nodes[found["owner"]])
    times = {key: parse_instant(values[key]) if isinstance(values.get(key), str) else values.get(key)
             for key in ("happenedAt", "estimatedDeliveryAt")}
    plain = {key: values.get(key) for key in "status message city province country zip address1 latitude longitude".split()}
    event = shop.node("FulfillmentEvent", found, createdAt=shop.now(), estimatedDeliveryAt=times["estimatedDeliveryAt"],
                      happenedAt=times["happenedAt"] or shop.now(), **plain)
    event["owner"] = found["owner"]
    found["events"].append(event)
    found.update(displayStatus=event["status"], updatedAt=shop.now(),
                 estimatedDeliveryAt=event["estimatedDeliveryAt"] or found["estimatedDeliveryAt"])
    if event["status"] in _EVENT_STATUS:
        found[_EVENT_STATUS[event["status"]]] = event["happenedAt"]
    shop.emit("fulfillments/update", found)
    return event


@mutation("fulfillmentOrderHold")
def _hold(args: Node, ctx: Any) -> Node:
    found = _need(ctx, args["id"], ["id"])
    made, rest = fulfilment.hold(ctx.shop, found, args["fulfillmentHold"], ctx.app.client_id)
    return {"fulfillmentHold": made, "fulfillmentOrder": found, "remainingFulfillmentOrder": rest}


@mutation("fulfillmentOrderReleaseHold")
def _release(args: Node, ctx: Any) -> Node:
    found = _need(ctx, args["id"], ["id"])
    fulfilment.release(ctx.shop, found, args.get("holdIds"), ctx.app.client_id, args.get("externalId"))
    return {"fulfillmentOrder": found}


@mutation("fulfillmentOrderMove")
def _move(args: Node, ctx: Any) -> Node:
    found = _need(ctx, args["id"], ["id"])
    location = find(ctx, args["newLocationId"], "Location")
    if location is None:
        raise UserErrors(user_error(["newLocationId"], "Location not found.", "LOCATION_NOT_FOUND"))
    moved, rest = fulfilment.move(ctx.shop, found, location, args.get("fulfillmentOrderLineItems"))
    return {"movedFulfillmentOrder": moved, "originalFulfillmentOrder": found, "remainingFulfillmentOrder": rest}


@mutation("fulfillmentOrderSplit")
def _split(args: Node, ctx: Any) -> Node:
    results = []
    for row in args["fulfillmentOrderSplits"]:
        found = _need(ctx, row["fulfillmentOrderId"])
        made = fulfilment.split(ctx.shop, found, row["fulfillmentOrderLineItems"])
        results.append({"fulfillmentOrder": found, "remainingFulfillmentOrder": made, "replacementFulfillmentOrder": None})
    return {"fulfillmentOrderSplits": results}


@mutation("fulfillmentOrderMerge")
def _merge(args: Node, ctx: Any) -> Node:
    merges = []
    for number, row in enumerate(args["fulfillmentOrderMergeInputs"]):
        chosen = []
        for index, intent in enumerate(row["mergeIntents"]):
            found = find(ctx, intent["fulfillmentOrderId"], "FulfillmentOrder")
            if found is None:
                raise refuse(None, "Fulfillment order does not exist.", "FULFILLMENT_ORDER_NOT_FOUND")
            if found["status"] != "OPEN":
                raise refuse(None, f"Fulfillment order: {found['n']} is currently not in a mergeable state.")
            wanted = intent.get("fulfillmentOrderLineItems")
            where = ["fulfillmentOrderMergeInputs", str(number), "mergeIntents", str(index), "fulfillmentOrderLineItems"]
            _check_merged(found, wanted or [], where)
            chosen.append((found, wanted))
        merges.append({"fulfillmentOrder": fulfilment.merge(ctx.shop, chosen)})
    return {"fulfillmentOrderMerges": merges}


def _check_merged(found: Node, wanted: list[Node], where: list[str]) -> None:
    items = {item["id"]: item for item in found["items"]}
    for index, row in enumerate(wanted):
        if row["quantity"] <= 0:
            raise refuse([*where, str(index), "quantity"],
                         "You must select at least one item to merge into a new fulfillment order.", "GREATER_THAN")
        if row["id"] not in items:
            raise refuse(None, "Fulfillment order line item does not exist.")
        if row["quantity"] > items[row["id"]]["remaining"]:
            raise refuse(None, "Invalid fulfillment order line item quantity requested.")


@mutation("fulfillmentOrderCancel")
def _cancel(args: Node, ctx: Any) -> Node:
    found = _need(ctx, args["id"], ["id"])
    return {"replacementFulfillmentOrder": fulfilment.cancel(ctx.shop, found), "fulfillmentOrder": found}


@mutation("fulfillmentOrderReportProgress")
def _progress(args: Node, ctx: Any) -> Node:
    found = _need(ctx, args["id"], ["id"])
    if found["status"] not in ("OPEN", "IN_PROGRESS"):
        raise refuse(["id"], "Fulfillment order must be open or in progress to report progress.")
    notes = (args.get("progressReport") or {}).get("reasonNotes")
    _set_status(ctx.shop, found, "IN_PROGRESS", "fulfillment_orders/progress_reported", initial=found["status"], notes=notes)
    return {"fulfillmentOrder": found}


@mutation("fulfillmentOrderOpen")
def _open(args: Node, ctx: Any) -> Node:
    found = _need(ctx, args["id"], ["id"])
    if found["status"] not in ("IN_PROGRESS", "SCHEDULED"):
        raise refuse(["id"], "Fulfillment order must be scheduled or manually in progress to be opened.")
    topic = ("fulfillment_orders/scheduled_fulfillment_order_ready" if found["status"] == "SCHEDULED"
             else "fulfillment_orders/manually_reported_progress_stopped")
    _set_status(ctx.shop, found, "OPEN", topic)
    return {"fulfillmentOrder": found}


def _set_status(shop: Any, found: Node, status: str, topic: str, **details: Any) -> None:
    shop.changed(shop.nodes[found["owner"]])
    found.update(status=status, updatedAt=shop.now())
    shop.emit(topic, found, **details)
