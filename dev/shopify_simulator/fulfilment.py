"""Fulfilment orders: how they are made, held, moved, split, shipped and put back. A state machine over one order's dict.

OPEN ⇄ IN_PROGRESS, OPEN/IN_PROGRESS → ON_HOLD → OPEN, SCHEDULED → OPEN, all open ones → CLOSED | CANCELLED. What is cut off a
fulfilment order becomes a new one with a new id. Messages are those of recorded answers where such exist.
"""
from __future__ import annotations

from collections import defaultdict
from typing import Any

from . import stock
from .errors import UserErrors, refuse, user_error

Node = dict[str, Any]

SHIPPABLE = ("OPEN", "IN_PROGRESS")
LIVE = ("OPEN", "IN_PROGRESS", "ON_HOLD", "SCHEDULED")
_HOLD_TEXT = {"AWAITING_PAYMENT": "Awaiting payment", "AWAITING_RETURN_ITEMS": "Exchange items awaiting return delivery",
              "HIGH_RISK_OF_FRAUD": "High risk of fraud", "INCORRECT_ADDRESS": "Incorrect address",
              "INVENTORY_OUT_OF_STOCK": "Inventory out of stock", "UNKNOWN_DELIVERY_DATE": "Unknown delivery date",
              "ONLINE_STORE_POST_PURCHASE_CROSS_SELL": "Upsell offer in progress", "OTHER": "Other"}
MAX_HOLDS_PER_APP = 10


def carrier_url(company: str | None, number: str | None) -> str | None:
    """Shopify links the numbers of carriers it knows (a few of the documented list)."""
    patterns = {"ups": "https://www.ups.com/WebTracking?loc=en_US&requester=ST&trackNums={}",
                "fedex": "https://www.fedex.com/fedextrack/?trknbr={}",
                "yamato": "https://toi.kuronekoyamato.co.jp/cgi-bin/tneko?number01={}",
                "yamato (ja)": "https://toi.kuronekoyamato.co.jp/cgi-bin/tneko?number01={}",
                "sagawa": "https://k2k.sagawa-exp.co.jp/p/web/okurijosearch.do?okurijoNo={}",
                "sagawa (ja)": "https://k2k.sagawa-exp.co.jp/p/web/okurijosearch.do?okurijoNo={}",
                "japan post": "https://trackings.post.japanpost.jp/services/srv/search/direct?reqCodeNo1={}"}
    pattern = patterns.get((company or "").lower())
    return pattern.format(number) if pattern and number else None


def new_fulfillment_order(shop: Any, order: Node, location: str, items: list[tuple[str, int]], **values: Any) -> Node:
    """A fulfilment order over (line gid, quantity) pairs."""
    now = shop.now()
    made = shop.node("FulfillmentOrder", order, status=values.pop("status", "OPEN"), requestStatus="UNSUBMITTED",
                     location=location, fulfillAt=values.pop("fulfillAt", now.replace(minute=0, second=0, microsecond=0)),
                     fulfillBy=None, createdAt=now, updatedAt=now, holds=[], items=[], **values)
    for line, quantity in items:
        made["items"].append(shop.node("FulfillmentOrderLineItem", order, fulfillment_order=made["id"], line=line,
                                       total=quantity, remaining=quantity))
    order["fulfillment_orders"].append(made)
    return made


def route(shop: Any, order: Node, lines: list[Node] | None = None, location: str | None = None,
          commit: bool = True) -> list[Node]:
    """Assign lines to a location and promise the stock there: the given location, else the first with enough, else the primary."""
    groups: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for line in order["lines"] if lines is None else lines:
        if line["isTip"]:  # lines that need no shipping are routed too, as recorded
            continue
        place = location or _place(shop, line)
        groups[place].append((line["id"], line["quantity"] - line["removed"]))
        if commit:
            stock.commit_line(shop, line, place, line["quantity"] - line["removed"])
    made = [new_fulfillment_order(shop, order, place, items) for place, items in groups.items()]
    for fulfillment_order in made:
        shop.emit("fulfillment_orders/order_routing_complete", fulfillment_order)
    return made


def _place(shop: Any, line: Node) -> str:
    active = [place for place in shop.all("Location") if place["isActive"] and place["fulfillsOnlineOrders"]]
    item = stock.item_of_line(shop, line)
    if item is not None:
        for place in active:
            entry = item["levels"].get(place["id"])
            if entry and entry["available"] >= line["quantity"]:
                return place["id"]
    return (active or shop.all("Location"))[0]["id"]


def order_of(shop: Any, fulfillment_order: Node) -> Node:
    return shop.nodes[fulfillment_order["owner"]]


def remaining(fulfillment_order: Node) -> int:
    return sum(item["remaining"] for item in fulfillment_order["items"])


def supported_actions(fulfillment_order: Node) -> list[str]:
    """Allowed actions in the order in which recorded answers list them."""
    if fulfillment_order["requestStatus"] in ("SUBMITTED", "ACCEPTED"):
        return ["REQUEST_CANCELLATION"] if fulfillment_order["requestStatus"] == "ACCEPTED" else ["CANCEL_FULFILLMENT_ORDER"]
    status = fulfillment_order["status"]
    if status == "OPEN":
        actions = ["CREATE_FULFILLMENT", "REPORT_PROGRESS", "MOVE", "HOLD"]
        return actions + (["SPLIT"] if remaining(fulfillment_order) > 1 else [])
    return {"IN_PROGRESS": ["CREATE_FULFILLMENT", "REPORT_PROGRESS", "HOLD", "MARK_AS_OPEN"],
            "ON_HOLD": ["RELEASE_HOLD", "HOLD", "MOVE"], "SCHEDULED": ["MARK_AS_OPEN"]}.get(status, [])


def choose(fulfillment_order: Node, wanted: list[Node] | None, field: list[str] | None = None) -> list[tuple[Node, int]]:
    """(item, quantity) pairs that an input names; everything that remains when it names nothing."""
    if not wanted:
        return [(item, item["remaining"]) for item in fulfillment_order["items"] if item["remaining"]]
    by_id = {item["id"]: item for item in fulfillment_order["items"]}
    chosen = []
    for row in wanted:
        item = by_id.get(row["id"])
        if item is None:
            raise refuse(field, "Fulfillment order line item does not exist.")
        if row["quantity"] <= 0 or row["quantity"] > item["remaining"]:
            raise refuse(field, "Invalid fulfillment order line item quantity requested.")
        chosen.append((item, row["quantity"]))
    return chosen


def split_off(shop: Any, order: Node, fulfillment_order: Node, chosen: list[tuple[Node, int]], **values: Any) -> Node:
    """Cut the chosen units out into a new fulfilment order; lines left with nothing leave the old one."""
    made = new_fulfillment_order(shop, order, values.pop("location", fulfillment_order["location"]),
                                 [(item["line"], quantity) for item, quantity in chosen],
                                 fulfillAt=fulfillment_order["fulfillAt"], **values)
    for item, quantity in chosen:
        item["total"] -= quantity
        item["remaining"] -= quantity
    fulfillment_order["items"] = [item for item in fulfillment_order["items"] if item["total"]]
    fulfillment_order["updatedAt"] = shop.now()
    return made


def is_everything(fulfillment_order: Node, chosen: list[tuple[Node, int]]) -> bool:
    return sum(quantity for _, quantity in chosen) == remaining(fulfillment_order)


# -- shipping

def fulfil(shop: Any, chosen: list[tuple[Node, list[Node] | None]], tracking: list[Node], *, notify: bool = False,
           service: str = "manual") -> Node:
    """Ship (fulfilment order, wanted items) pairs of one order and one location as one fulfilment."""
    if not chosen:
        raise refuse(["fulfillment"], "Line items by fulfillment order is blank")
    order = order_of(shop, chosen[0][0])
    for fulfillment_order, _ in chosen:
        if fulfillment_order["owner"] != order["id"]:
            raise refuse(["fulfillment"], "All fulfillment orders must belong to the same order.")
        if fulfillment_order["location"] != chosen[0][0]["location"]:
            raise refuse(["fulfillment"], "All fulfillment orders must be assigned to the same location.")
        if fulfillment_order["status"] not in SHIPPABLE:
            raise refuse(["fulfillment"], f"Fulfillment order {fulfillment_order['n']} has an unfulfillable status= "
                         f"{fulfillment_order['status'].lower()}.")
    shop.changed(order)
    units: dict[str, int] = defaultdict(int)
    parts = []
    for fulfillment_order, wanted in chosen:
        picked = choose(fulfillment_order, wanted, ["fulfillment"])
        if not picked:
            raise refuse(["fulfillment"], "Invalid fulfillment order line item quantity requested.")
        for item, quantity in picked:
            item["remaining"] -= quantity
            units[item["line"]] += quantity
            parts.append({"fulfillment_order": fulfillment_order["id"], "item": item["id"], "quantity": quantity})
            stock.ship_line(shop, shop.nodes[item["line"]], fulfillment_order["location"], quantity)
        fulfillment_order["status"] = "IN_PROGRESS" if remaining(fulfillment_order) else "CLOSED"
        fulfillment_order["updatedAt"] = shop.now()
    now = shop.now()
    made = shop.node("Fulfillment", order, status="SUCCESS", displayStatus="FULFILLED",
                     name=f"{order['name']}-F{len(order['fulfillments']) + 1}", createdAt=now, updatedAt=now, tracking=tracking,
                     location=chosen[0][0]["location"], service=service, items=[], parts=parts, events=[], deliveredAt=None,
                     inTransitAt=None, estimatedDeliveryAt=None)
    for line, quantity in units.items():
        made["items"].append(shop.node("FulfillmentLineItem", order, line=line, quantity=quantity, fulfillment=made["id"]))
    order["fulfillments"].append(made)
    shop.emit("fulfillments/create", made)
    left = any(item["remaining"] for fo in order["fulfillment_orders"] if fo["status"] in LIVE for item in fo["items"])
    shop.emit("orders/partially_fulfilled" if left else "orders/fulfilled", order)
    return made


def cancel_fulfilment(shop: Any, fulfilment: Node) -> Node:
    """Undo a shipment: units go back into their partly shipped fulfilment order, or into a new one when it was closed.

    Those of an order that was cancelled meanwhile go back on the shelf: nobody waits for them.
    """
    order = shop.nodes[fulfilment["owner"]]
    if fulfilment["status"] == "CANCELLED":
        return fulfilment
    shop.changed(order)
    again: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for part in fulfilment["parts"]:
        fulfillment_order, item = shop.nodes[part["fulfillment_order"]], shop.nodes[part["item"]]
        item["remaining"] += part["quantity"]
        stock.ship_line(shop, shop.nodes[item["line"]], fulfilment["location"], -part["quantity"])
        if order["cancelledAt"]:
            stock.commit_line(shop, shop.nodes[item["line"]], fulfilment["location"], -part["quantity"])
        elif fulfillment_order["status"] == "CLOSED":
            again[fulfillment_order["location"]].append((item["line"], part["quantity"]))
        elif all(x["remaining"] == x["total"] for x in fulfillment_order["items"]):
            fulfillment_order["status"] = "OPEN"
    for location, items in again.items():
        new_fulfillment_order(shop, order, location, items)
    fulfilment.update(status="CANCELLED", displayStatus="CANCELED", updatedAt=shop.now())
    shop.emit("fulfillments/update", fulfilment)
    return fulfilment


def set_tracking(shop: Any, fulfilment: Node, tracking: list[Node]) -> None:
    shop.changed(shop.nodes[fulfilment["owner"]])
    fulfilment.update(tracking=tracking, updatedAt=shop.now())
    shop.emit("fulfillments/update", fulfilment)


# -- holds

def hold(shop: Any, fulfillment_order: Node, values: Node, app: str) -> tuple[Node, Node | None]:
    """Put (part of) a fulfilment order on hold; gives the hold and the fulfilment order with the units left free."""
    order = order_of(shop, fulfillment_order)
    if fulfillment_order["status"] not in LIVE:
        raise refuse(None, "The fulfillment order is not in a state that can be held.", "FULFILLMENT_ORDER_NOT_SPLITTABLE")
    mine = [one for one in fulfillment_order["holds"] if one["app"] == app]
    handle = values.get("handle") or ""
    if any(one["handle"] == handle for one in mine):
        raise refuse(["fulfillmentHold", "handle"], "The handle provided for the fulfillment hold is already in use by this app "
                     "for another hold on this fulfillment order.", "DUPLICATE_FULFILLMENT_HOLD_HANDLE")
    if len(mine) >= MAX_HOLDS_PER_APP:
        raise refuse(["id"], "The maximum number of fulfillment holds for this fulfillment order has been reached for this app. "
                     f"An app can only have up to {MAX_HOLDS_PER_APP} holds on a single fulfillment order at any one time.",
                     "FULFILLMENT_ORDER_HOLD_LIMIT_REACHED")
    shop.changed(order)
    rest = None
    if values.get("fulfillmentOrderLineItems"):
        chosen = choose(fulfillment_order, values["fulfillmentOrderLineItems"],
                        ["fulfillmentHold", "fulfillmentOrderLineItems"])
        if not is_everything(fulfillment_order, chosen):
            held = {item["id"]: quantity for item, quantity in chosen}
            free = [(item, item["remaining"] - held.get(item["id"], 0)) for item in fulfillment_order["items"]]
            rest = split_off(shop, order, fulfillment_order, [pair for pair in free if pair[1]])
    made = shop.node("FulfillmentHold", order, handle=handle, reason=values.get("reason", "OTHER"), app=app,
                     reasonNotes=values.get("reasonNotes"), displayReason=_HOLD_TEXT[values.get("reason", "OTHER")],
                     externalId=values.get("externalId"))
    fulfillment_order["holds"].append(made)
    fulfillment_order.update(status="ON_HOLD", updatedAt=shop.now())
    shop.emit("fulfillment_orders/placed_on_hold", fulfillment_order, hold=made, rest=rest)
    return made, rest


def release(shop: Any, fulfillment_order: Node, hold_ids: list[str] | None, app: str | None = None,
            external: str | None = None) -> None:
    """Remove holds (all, or those named); the last one released reopens the fulfilment order."""
    if fulfillment_order["status"] != "ON_HOLD":
        raise refuse(["id"], "The fulfillment order isn't on hold.", "INVALID_LINE_ITEM_QUANTITY")
    if hold_ids:
        known = {one["id"] for one in fulfillment_order["holds"]}
        if not set(hold_ids) <= known:
            raise refuse(["holdIds"], "The fulfillment hold does not exist.", "FULFILLMENT_ORDER_NOT_FOUND")
    shop.changed(order_of(shop, fulfillment_order))
    fulfillment_order["holds"] = [one for one in fulfillment_order["holds"]
                                  if (hold_ids and one["id"] not in hold_ids) or
                                  (external and one["externalId"] != external)]
    if not fulfillment_order["holds"]:
        fulfillment_order["status"] = "OPEN"
    fulfillment_order["updatedAt"] = shop.now()
    shop.emit("fulfillment_orders/hold_released", fulfillment_order)


# -- move, split, cancel

def move(shop: Any, fulfillment_order: Node, location: Node, wanted: list[Node] | None) -> tuple[Node, Node | None]:
    """Reassign to another location; gives (moved, remaining). A partial move cuts a new fulfilment order out."""
    if fulfillment_order["status"] not in ("OPEN", "ON_HOLD", "SCHEDULED") or fulfillment_order["requestStatus"] in (
            "SUBMITTED", "ACCEPTED"):
        raise UserErrors(user_error(["id"], "Fulfillment order must be open or scheduled to be moved.", "CANNOT_MOVE"))
    if fulfillment_order["location"] == location["id"]:
        raise UserErrors(user_error(["newLocationId"], "The fulfillment order is already assigned to this location.",
                                    "ALREADY_ASSIGNED"))
    if not location["isActive"]:
        raise UserErrors(user_error(["newLocationId"], "Location not found.", "LOCATION_NOT_FOUND"))
    order = order_of(shop, fulfillment_order)
    shop.changed(order)
    chosen = choose(fulfillment_order, wanted, ["fulfillmentOrderLineItems"])
    old = fulfillment_order["location"]
    for item, quantity in chosen:
        line = shop.nodes[item["line"]]
        stock.commit_line(shop, line, old, -quantity)
        stock.commit_line(shop, line, location["id"], quantity)
    if is_everything(fulfillment_order, chosen) and all(x["remaining"] == x["total"] for x in fulfillment_order["items"]):
        fulfillment_order.update(location=location["id"], updatedAt=shop.now())
        moved, rest = fulfillment_order, None
    else:
        moved = split_off(shop, order, fulfillment_order, chosen, location=location["id"])
        rest = fulfillment_order
    shop.emit("fulfillment_orders/moved", moved, original=fulfillment_order, source=old)
    return moved, rest


def split(shop: Any, fulfillment_order: Node, wanted: list[Node]) -> Node:
    """Cut named units out into a new fulfilment order, which is given back."""
    if fulfillment_order["status"] not in ("OPEN", "SCHEDULED"):
        raise refuse(["fulfillmentOrderSplits"], "The fulfillment order must be open to be split.", "NO_LINE_ITEMS_PROVIDED_TO_SPLIT")
    order = order_of(shop, fulfillment_order)
    shop.changed(order)
    chosen = choose(fulfillment_order, wanted, ["fulfillmentOrderSplits"])
    if is_everything(fulfillment_order, chosen):
        raise refuse(["fulfillmentOrderSplits"], "All line items of the fulfillment order can't be split off.",
                     "INVALID_LINE_ITEM_QUANTITY")
    made = split_off(shop, order, fulfillment_order, chosen)
    shop.emit("fulfillment_orders/split", fulfillment_order, rest=made, split=True)
    return made


def merge(shop: Any, chosen: list[tuple[Node, list[Node] | None]]) -> Node:
    """Put the chosen units (all when None) of several fulfilment orders into the first of them; the emptied ones close."""
    first = chosen[0][0]
    shop.changed(order_of(shop, first))
    for fulfillment_order, wanted in chosen[1:]:
        for item, quantity in choose(fulfillment_order, wanted, ["fulfillmentOrderMergeInputs"]):
            item["total"] -= quantity
            item["remaining"] -= quantity
            target = next((x for x in first["items"] if x["line"] == item["line"]), None)
            if target is None:
                target = shop.node("FulfillmentOrderLineItem", order_of(shop, first), fulfillment_order=first["id"],
                                   line=item["line"], total=0, remaining=0)
                first["items"].append(target)
            target["total"] += quantity
            target["remaining"] += quantity
        if not remaining(fulfillment_order):
            fulfillment_order["status"] = "CLOSED"
        fulfillment_order["updatedAt"] = shop.now()
    first["updatedAt"] = shop.now()
    shop.emit("fulfillment_orders/merged", first)
    return first


def cancel(shop: Any, fulfillment_order: Node) -> Node:
    """Cancel a fulfilment order; the units wait in a replacement, which is given back."""
    if fulfillment_order["status"] not in LIVE:
        raise refuse(None, "Fulfillment order is not in cancelable request state and can't be canceled.",
                     "FULFILLMENT_ORDER_CANNOT_BE_CANCELLED")
    order = order_of(shop, fulfillment_order)
    shop.changed(order)
    shipped = any(item["remaining"] != item["total"] for item in fulfillment_order["items"])
    items = [(item["line"], item["remaining"]) for item in fulfillment_order["items"] if item["remaining"]]
    made = new_fulfillment_order(shop, order, fulfillment_order["location"], items if shipped else [])
    if not shipped:  # as recorded: the items move with their ids
        made["items"], fulfillment_order["items"] = fulfillment_order["items"], []
        for item in made["items"]:
            item["fulfillment_order"] = made["id"]
    fulfillment_order.update(status="CLOSED", holds=[], updatedAt=shop.now())
    shop.emit("fulfillment_orders/cancelled", fulfillment_order, rest=made)
    return made


def take_away(shop: Any, order: Node, line: Node, quantity: int, restock: bool) -> int:
    """Remove unfulfilled units of a line from its fulfilment orders (edit, refund, cancellation); gives how many were found."""
    left = quantity
    for fulfillment_order in order["fulfillment_orders"]:
        if fulfillment_order["status"] not in LIVE:
            continue
        for item in fulfillment_order["items"]:
            taken = min(left, item["remaining"]) if item["line"] == line["id"] else 0
            if not taken:
                continue
            item["remaining"] -= taken
            item["total"] -= taken
            left -= taken
            if restock:
                stock.commit_line(shop, line, fulfillment_order["location"], -taken)
            else:
                stock.drop_promise(shop, line, fulfillment_order["location"], taken)
        fulfillment_order["items"] = [item for item in fulfillment_order["items"] if item["total"]]
        if not remaining(fulfillment_order):
            fulfillment_order.update(status="CLOSED", holds=[])
        fulfillment_order["updatedAt"] = shop.now()
    return quantity - left
