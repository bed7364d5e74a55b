"""Locations: adding, editing, switching off and on, deleting."""
from __future__ import annotations

from typing import Any

from .accounts import make_location
from .clock import iso
from .errors import NotModelled, UserErrors, refuse, user_error
from .nodes import find
from .regions import country_name, province_name
from .registry import constant, field, mutation
from .stock import NAMES, change, quantity

Node = dict[str, Any]

LOCATION_LIMIT = 200
_NAME_LENGTH, _ADDRESS_LENGTH = 100, 255
_ADDRESS_WORDS = {"address1": "name for the street", "address2": "name for the apartment", "city": "city name",
                  "zip": "postal / ZIP code", "phone": "phone number"}


@mutation("locationAdd")
def _add(args: Node, ctx: Any) -> Node:
    values = args["input"]
    _check(values, ctx, None)
    if len([x for x in ctx.shop.all("Location") if x["isActive"]]) >= LOCATION_LIMIT:
        raise refuse(["input"], f"You have reached the maximum number of locations ({LOCATION_LIMIT})", "INVALID")
    made = make_location(ctx.shop, values["name"], address=_address(values["address"], {}),
                         fulfills_online_orders=values.get("fulfillsOnlineOrders", True))
    ctx.shop.emit("locations/create", made)
    return {"location": made}


@mutation("locationEdit")
def _edit(args: Node, ctx: Any) -> Node:
    location, values = _existing(args["id"], ctx, "id"), args["input"]
    _check(values, ctx, location)
    if values.get("fulfillsOnlineOrders") is False and not _others_online(ctx, location):
        raise refuse(["input"], "Online order fulfillment could not be disabled for this location as it is the only location "
                     "that fulfills online orders.", "CANNOT_DISABLE_ONLINE_ORDER_FULFILLMENT")
    ctx.shop.touch(location)
    location["name"] = values.get("name", location["name"])
    location["fulfillsOnlineOrders"] = values.get("fulfillsOnlineOrders", location["fulfillsOnlineOrders"])
    if values.get("address"):
        location["address"] = _address(values["address"], location["address"])
    ctx.shop.emit("locations/update", location)
    return {"location": location}


@mutation("locationDeactivate")
def _deactivate(args: Node, ctx: Any) -> Node:
    location = _existing(args["locationId"], ctx, "locationId")
    destination = None
    if args.get("destinationLocationId"):
        destination = _destination(args["destinationLocationId"], location, ctx)
    elif _stocked(location, ctx):
        raise refuse(["locationId"], "Location could not be deactivated without specifying where to relocate inventory stocked "
                     "at the location.", "HAS_ACTIVE_INVENTORY_ERROR", location=location)
    if destination is not None:
        _relocate(location, destination, ctx)
    ctx.shop.touch(location)
    location.update(isActive=False, fulfillsOnlineOrders=False, deactivatedAt=iso(ctx.now))
    ctx.shop.emit("locations/deactivate", location)
    return {"location": location}


@mutation("locationActivate")
def _activate(args: Node, ctx: Any) -> Node:
    location = _existing(args["locationId"], ctx, "locationId")
    if not location["isActive"]:
        ctx.shop.touch(location)
        location.update(isActive=True, deactivatedAt=None)
        ctx.shop.emit("locations/activate", location)
    return {"location": location}


@mutation("locationDelete")
def _delete(args: Node, ctx: Any) -> Node:
    location = _existing(args["locationId"], ctx, "locationId")
    errors = []
    if location["isActive"]:
        errors.append(user_error(["locationId"], "The location cannot be deleted while it is active.", "LOCATION_IS_ACTIVE"))
    if _stocked(location, ctx):
        errors.append(user_error(["locationId"], "The location cannot be deleted while it has inventory.",
                                 "LOCATION_HAS_INVENTORY"))
    if errors:
        raise UserErrors(*errors)
    for item in ctx.shop.all("InventoryItem"):
        if location["id"] in item["levels"]:
            ctx.shop.touch(item)
            ctx.shop.nodes.pop(item["levels"].pop(location["id"])["id"], None)
    ctx.shop.emit("locations/delete", location)
    ctx.shop.remove(location)
    return {"deletedLocationId": location["id"]}


constant("Location", activatable=True, shipsInventory=False)
field("Location.deactivatedAt")(lambda x, args, ctx: x.get("deactivatedAt"))
field("Location.deletable")(lambda x, args, ctx: not x["isActive"] and not _stocked(x, ctx))


@field("LocationAddress.formatted")
def _formatted(address: Node, args: Node, ctx: Any) -> list[str]:
    town = " ".join(address[key] for key in ("city", "provinceCode", "zip") if address.get(key))
    lines = [address.get("address1"), address.get("address2"), town, address.get("country")]
    return [line for line in lines if line]


def _existing(gid: str, ctx: Any, argument: str) -> Node:
    location: Node | None = find(ctx, gid, "Location")
    if location is None:
        raise refuse([argument], "Location not found.", "LOCATION_NOT_FOUND" if argument == "locationId" else "NOT_FOUND")
    return location


def _check(values: Node, ctx: Any, location: Node | None) -> None:
    """Names are present, short and unique; address parts are short."""
    if values.get("metafields"):
        raise NotModelled("location metafields")
    if "name" in values or location is None:
        name = (values.get("name") or "").strip()
        if not name:
            raise refuse(["input", "name"], "Add a location name", "BLANK")
        if len(name) > _NAME_LENGTH:
            raise refuse(["input", "name"], f"Use a shorter location name (up to {_NAME_LENGTH} characters)", "TOO_LONG")
        if any(other is not location and other["name"] == name for other in ctx.shop.all("Location")):
            raise refuse(["input", "name"], "You already have a location with this name", "TAKEN")
    for key, words in _ADDRESS_WORDS.items():
        if len((values.get("address") or {}).get(key) or "") > _ADDRESS_LENGTH:
            raise refuse(["input", "address", key], f"Use a shorter {words} (up to {_ADDRESS_LENGTH} characters)", "TOO_LONG")


def _address(values: Node, before: Node) -> Node:
    address = {**before, **values}
    country = address.get("countryCode")
    return {**address, "country": country_name(country), "province": province_name(country, address.get("provinceCode"))}


def _others_online(ctx: Any, location: Node) -> bool:
    return any(other is not location and other["isActive"] and other["fulfillsOnlineOrders"]
               for other in ctx.shop.all("Location"))


def _levels(location: Node, ctx: Any) -> list[tuple[Node, Node]]:
    return [(item, item["levels"][location["id"]]) for item in ctx.shop.all("InventoryItem") if location["id"] in item["levels"]]


def _stocked(location: Node, ctx: Any) -> bool:
    return any(quantity(level, name) for _, level in _levels(location, ctx) for name in NAMES)


def _destination(gid: str, location: Node, ctx: Any) -> Node:
    found = ctx.shop.find(gid, "Location")
    if found is None:
        raise refuse(["destinationLocationId"], "destination location not shopify managed",
                     "DESTINATION_LOCATION_NOT_SHOPIFY_MANAGED", location=location)
    if not found["isActive"]:
        raise refuse(["destinationLocationId"], "Location could not be deactivated because the destination location could be "
                     "not found or is inactive.", "DESTINATION_LOCATION_NOT_FOUND_OR_INACTIVE", location=location)
    return found


def _relocate(location: Node, destination: Node, ctx: Any) -> None:
    for item, level in _levels(location, ctx):
        moved = {name: level[name] for name in ("available", "committed", "incoming") if level[name]}
        change(ctx.shop, item, destination["id"], **moved)
        change(ctx.shop, item, location["id"], **{name: -units for name, units in moved.items()})
