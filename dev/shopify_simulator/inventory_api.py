"""Inventory in GraphQL: items, levels, and the set / adjust / activate mutations with their checks and user errors."""
from __future__ import annotations

from collections import Counter
from typing import Any
from urllib.parse import urlsplit

from . import stock
from .connection import connection, numbered, plain
from .errors import TopLevelError, UserErrors, refuse, user_error
from .nodes import find
from .registry import constant, field, mutation, nulls, query

Node = dict[str, Any]

REASONS = ("correction", "cycle_count_available", "damaged", "movement_canceled", "movement_created", "movement_received",
           "movement_updated", "other", "promotion", "quality_control", "received", "reservation_created",
           "reservation_deleted", "reservation_updated", "restock", "safety_stock", "shrinkage")
LIMIT = 1_000_000_000
GROUPS_KEPT = 1000  # older ones are forgotten: a replayed answer then says null

# -- reading

_ITEM_FILTERS = {
    "id": ("id", lambda i: i["n"]), "sku": ("string", lambda i: i["sku"]),
    "created_at": ("time", lambda i: i["createdAt"]), "updated_at": ("time", lambda i: i["updatedAt"]),
}
_LEVEL_FILTERS = {"id": ("id", lambda x: x["n"]), "updated_at": ("time", lambda x: x["updatedAt"]),
                  "created_at": ("time", lambda x: x["createdAt"])}

query("inventoryItems")(lambda root, args, ctx: connection(
    ctx.shop.all("InventoryItem"), args, ctx, filters=_ITEM_FILTERS, sort_keys={}))
query("inventoryItem")(lambda root, args, ctx: find(ctx, args["id"], "InventoryItem"))


@query("inventoryLevel")
def _level(root: Any, args: Node, ctx: Any) -> Any:
    found = find(ctx, args["id"], "InventoryLevel")
    if found is None:
        raise TopLevelError("The product couldn't be found.", "NOT_FOUND")
    return found


field("InventoryItem.legacyResourceId")(lambda i, args, ctx: i["n"])
field("InventoryItem.variant")(lambda i, args, ctx: ctx.shop.nodes[i["variant"]])
field("InventoryItem.variants")(lambda i, args, ctx: connection([ctx.shop.nodes[i["variant"]]], args, ctx))
field("InventoryItem.inventoryLevel")(lambda i, args, ctx: _stocked(i, args["locationId"], args))
field("InventoryItem.inventoryLevels")(lambda i, args, ctx: connection(
    [x for x in i["levels"].values() if x["isActive"] or args.get("includeInactive")], args, ctx, filters=_LEVEL_FILTERS))
field("InventoryItem.locationsCount")(lambda i, args, ctx: {"count": len(i["levels"]), "precision": "EXACT"})
field("InventoryItem.duplicateSkuCount")(lambda i, args, ctx: sum(
    1 for other in ctx.shop.all("InventoryItem") if other is not i and other["sku"] == i["sku"] and i["sku"]))
_GRAMS = {"GRAMS": 1, "KILOGRAMS": 1000, "OUNCES": 28.349523125, "POUNDS": 453.59237}


def _weight(grams: int, ctx: Any) -> Node:
    unit = ctx.shop.meta["settings"]["weight_unit"]
    return {"unit": unit, "value": float(grams) if unit == "GRAMS" else round(grams / _GRAMS[unit], 4)}


field("InventoryItem.measurement")(lambda i, args, ctx: {
    "id": f"gid://shopify/InventoryItemMeasurement/{i['n']}", "weight": _weight(i["grams"], ctx)})
field("InventoryItem.unitCost")(lambda i, args, ctx: {
    "amount": i["cost"], "currencyCode": ctx.shop.meta["settings"]["currency"]} if i["cost"] is not None else None)
constant("InventoryItem", trackedEditable={"locked": False, "reason": None})
nulls("InventoryItem", "inventoryHistoryUrl")



def _stocked(item: Node | None, location: str, args: Node) -> Node | None:
    """The item's level at a location where it is stocked (`includeInactive`: or was)."""
    entry = item["levels"].get(location) if item else None
    return entry if entry and (entry["isActive"] or args.get("includeInactive")) else None


@field("Location.inventoryLevels")
def _levels_here(place: Node, args: Node, ctx: Any) -> Any:
    rows = ctx.shop.levels_at(place["id"])
    inactive = bool(args.get("includeInactive"))
    if plain(args, ctx):
        return numbered(rows, args, ctx, lambda entry: inactive or entry["isActive"])
    return connection([x for x in rows if inactive or x["isActive"]], args, ctx, filters=_LEVEL_FILTERS)


field("Location.inventoryLevel")(lambda place, args, ctx: _stocked(
    ctx.shop.find(args["inventoryItemId"], "InventoryItem"), place["id"], args))

field("InventoryLevel.item")(lambda x, args, ctx: ctx.shop.nodes[x["owner"]])
field("InventoryLevel.location")(lambda x, args, ctx: ctx.shop.nodes[x["location"]])
constant("InventoryLevel", canDeactivate=True)
nulls("InventoryLevel", "deactivationAlert")


@field("InventoryLevel.quantities")
def _quantities(entry: Node, args: Node, ctx: Any) -> list[Node]:
    for name in args["names"]:
        if name not in stock.NAMES:
            raise TopLevelError(f"The quantity name '{name}' is invalid.", "BAD_REQUEST")
    return [{"id": f"gid://shopify/InventoryQuantity/{entry['n']}?inventory_item_id={entry['owner'].rsplit('/', 1)[1]}"
             f"&name={name}", "name": name, "quantity": stock.quantity(entry, name),
             "updatedAt": None if name == "on_hand" else entry["updatedAt"]}
            for name in args["names"]]


# -- writing


def _stale(index: int, part: str) -> Node:
    return user_error(["input", part, str(index), "changeFromQuantity"],
                      "The changeFromQuantity argument no longer matches the persisted quantity.", "CHANGE_FROM_QUANTITY_STALE")


def _check_rows(rows: list[Node], part: str, ctx: Any) -> list[tuple[Node, Node]]:
    """(item, location) per row; refuses unknown ones, duplicates and, since 2026-04, rows without changeFromQuantity."""
    if ctx.version >= "2026-04":
        for row in rows:
            if "changeFromQuantity" not in row:
                raise TopLevelError("changeFromQuantity is required", "INVALID_FIELD_ARGUMENTS")
    pairs = Counter((row["inventoryItemId"], row["locationId"]) for row in rows)
    errors: list[Node] = []
    found: list[tuple[Node, Node]] = []
    for index, row in enumerate(rows):
        item, location = ctx.shop.find(row["inventoryItemId"], "InventoryItem"), ctx.shop.find(row["locationId"], "Location")
        where = ["input", part, str(index)]
        if pairs[row["inventoryItemId"], row["locationId"]] > 1 and part == "quantities":
            errors.append(user_error([*where, "locationId"], "The combination of inventoryItemId and locationId must be unique.",
                                     "NO_DUPLICATE_INVENTORY_ITEM_ID_GROUP_ID_PAIR"))
        if item is None:
            errors.append(user_error([*where, "inventoryItemId"], "The specified inventory item could not be found.",
                                     "INVALID_INVENTORY_ITEM"))
        elif location is None:
            errors.append(user_error([*where, "locationId"], "The specified location could not be found.", "INVALID_LOCATION"))
        else:
            if item.get("bundle"):
                errors.append(user_error([*where, "inventoryItemId"], "The specified inventory item is not allowed to be adjusted "
                                         "via API. Example: if the inventory item is a parent bundle.",
                                         "NON_MUTABLE_INVENTORY_ITEM"))
            elif _stocked(item, location["id"], {}) is None and ctx.version < "2026-10":
                errors.append(user_error([*where, "locationId"], "The specified inventory item is not stocked at the location.",
                                         "ITEM_NOT_STOCKED_AT_LOCATION"))
            found.append((item, location))
    if errors:
        raise UserErrors(*errors)
    return found


def _check_reason(values: Node) -> None:
    if values["reason"] not in REASONS:
        raise refuse(["input", "reason"], f"The specified reason is invalid. Valid values are: {', '.join(REASONS)}.",
                     "INVALID_REASON")


def _check_document(values: Node) -> None:
    uri = values.get("referenceDocumentUri")
    if uri and not urlsplit(uri).scheme:
        raise refuse(["input", "referenceDocumentUri"], "The specified reference document is not a valid URI.",
                     "INVALID_REFERENCE_DOCUMENT")


def _group(ctx: Any, values: Node, changes: list[Node]) -> Node | None:
    """The adjustment group of the changes; null when nothing changed (recorded: a success, not an error)."""
    if not changes:
        return None
    groups = ctx.shop.tables.get("InventoryAdjustmentGroup", {})
    if len(groups) >= GROUPS_KEPT:
        ctx.shop.remove(next(iter(groups.values())))
    return ctx.shop.add("InventoryAdjustmentGroup", reason=values["reason"], changes=changes,
                        referenceDocumentUri=values.get("referenceDocumentUri"))


field("InventoryAdjustmentGroup.app")(lambda g, args, ctx: ctx.app)
nulls("InventoryAdjustmentGroup", "staffMember")
field("InventoryAdjustmentGroup.changes")(lambda g, args, ctx: [
    c for c in g["changes"] if (args.get("quantityNames") is None or c["name"] in args["quantityNames"])
    and (args.get("inventoryItemIds") is None or c["item"] in args["inventoryItemIds"])
    and (args.get("locationIds") is None or c["location"] in args["locationIds"])])
field("InventoryChange.item")(lambda c, args, ctx: ctx.shop.find(c["item"]))
field("InventoryChange.location")(lambda c, args, ctx: ctx.shop.find(c["location"]))


def _apply(ctx: Any, item: Node, location: Node, name: str, delta: int, document: str | None = None) -> list[Node]:
    """Change one stored name; what on_hand mirrors is listed beside it, as recorded."""
    if not delta:
        return []
    shop = ctx.shop
    shop.touch(item)
    entry = stock.level(shop, item, location["id"])
    assert entry is not None
    entry[name] += delta
    entry["isActive"] = True
    entry["updatedAt"] = shop.now()
    if name == "available":
        shop.emit("inventory_levels/update", entry)
    changed = [name] + (["on_hand"] if name in ("available", *stock.UNAVAILABLE) else [])
    return [{"name": one, "delta": delta, "quantityAfterChange": stock.quantity(entry, one), "item": item["id"],
             "location": location["id"], "ledgerDocumentUri": document if one == name else None} for one in changed]


def _now_there(item: Node, location: Node, name: str) -> int:
    entry = item["levels"].get(location["id"])
    return stock.quantity(entry, name) if entry else 0


@mutation("inventorySetQuantities")
def _set(args: Node, ctx: Any) -> Node:
    values = args["input"]
    if values["name"] not in ("available", "on_hand"):
        raise refuse(["input", "name"], "The quantity name must be either 'available' or 'on_hand'.", "INVALID_NAME")
    _check_reason(values)
    _check_document(values)
    rows = values["quantities"]
    errors = []
    for index, row in enumerate(rows):
        where = ["input", "quantities", str(index), "quantity"]
        if values["name"] == "on_hand" and row["quantity"] < 0:
            errors.append(user_error(where, "The quantity can't be negative.", "INVALID_QUANTITY_NEGATIVE"))
        elif row["quantity"] < -LIMIT:
            errors.append(user_error(where, "The quantity can't be lower than -1,000,000,000.", "INVALID_QUANTITY_TOO_LOW"))
        if row["quantity"] > LIMIT:
            errors.append(user_error(where, "The quantity can't be higher than 1,000,000,000.", "INVALID_QUANTITY_TOO_HIGH"))
    if errors:
        raise UserErrors(*errors)
    pairs = _check_rows(rows, "quantities", ctx)
    fault = ctx.faults.of("inventory_stale") if ctx.faults else None
    meant = set(fault.get("rows", [0])) if fault else ()  # rows that somebody else has just changed
    stale = [_stale(index, "quantities") for index, (row, (item, location)) in enumerate(zip(rows, pairs, strict=True))
             if row.get("changeFromQuantity") is not None
             and (index in meant or row["changeFromQuantity"] != _now_there(item, location, values["name"]))]
    if stale:
        raise UserErrors(*stale)
    changes: list[Node] = []
    for row, (item, location) in zip(rows, pairs, strict=True):
        delta = row["quantity"] - _now_there(item, location, values["name"])
        changes += _apply(ctx, item, location, "available", delta)
    return {"inventoryAdjustmentGroup": _group(ctx, values, changes)}


@mutation("inventoryAdjustQuantities")
def _adjust(args: Node, ctx: Any) -> Node:
    values = args["input"]
    name = values["name"]
    if name not in ("available", "damaged", "incoming", "quality_control", "reserved", "safety_stock"):
        raise refuse(["input", "name"], "The specified quantity name is invalid. Valid values are: available, damaged, incoming, "
                     "quality_control, reserved, safety_stock.", "INVALID_QUANTITY_NAME")
    _check_reason(values)
    _check_document(values)
    rows = values["changes"]
    for index, row in enumerate(rows):
        where = ["input", "changes", str(index), "ledgerDocumentUri"]
        if name == "available" and row.get("ledgerDocumentUri"):
            raise refuse(where, "A ledger document URI is not allowed when adjusting available.", "INVALID_AVAILABLE_DOCUMENT")
        if name != "available" and not row.get("ledgerDocumentUri"):
            raise refuse(where, "A ledger document URI is required except when adjusting available.", "INVALID_QUANTITY_DOCUMENT")
    pairs = _check_rows(rows, "changes", ctx)
    changes: list[Node] = []
    for index, (row, (item, location)) in enumerate(zip(rows, pairs, strict=True)):
        wanted = row.get("changeFromQuantity")
        if wanted is not None and wanted != _now_there(item, location, name):
            raise UserErrors(_stale(index, "changes"))
        changes += _apply(ctx, item, location, name, row["delta"], row.get("ledgerDocumentUri"))
    return {"inventoryAdjustmentGroup": _group(ctx, values, changes)}


@mutation("inventoryActivate")
def _activate(args: Node, ctx: Any) -> Node:
    item, location = find(ctx, args["inventoryItemId"], "InventoryItem"), find(ctx, args["locationId"], "Location")
    if item is None or location is None:
        raise refuse(["inventoryItemId" if item is None else "locationId"], "The product couldn't be stocked because it doesn't exist.")
    if args.get("available") is not None and args.get("onHand") is not None:
        text = (f"The product couldn't be stocked at {location['name']} because not allowed to set available and on_hand "
                "quantities at the same time.")
        raise UserErrors(user_error(["available"], text), user_error(["onHand"], text))
    ctx.shop.touch(item)
    entry = stock.level(ctx.shop, item, location["id"])
    assert entry is not None
    entry["isActive"] = True
    wanted = args.get("available") if args.get("available") is not None else args.get("onHand")
    if wanted is not None:
        _apply(ctx, item, location, "available", wanted - _now_there(item, location, "available"))
    ctx.shop.emit("inventory_levels/connect", entry)
    return {"inventoryLevel": entry}


@mutation("inventoryDeactivate")
def _deactivate(args: Node, ctx: Any) -> Node:
    """The item is no longer stocked at the location; not while units are promised there, nor at its only location."""
    entry = find(ctx, args["inventoryLevelId"], "InventoryLevel")
    if entry is None:
        raise refuse(["inventoryLevelId"], "The inventory level couldn't be found.")
    item = ctx.shop.nodes[entry["owner"]]
    if entry["committed"]:
        raise refuse(["inventoryLevelId"], "The inventory level couldn't be deactivated because it has committed inventory.")
    if not any(other["isActive"] for other in item["levels"].values() if other is not entry):
        raise refuse(["inventoryLevelId"], "The product couldn't be unstocked because products need to be stocked at a minimum of "
                     "1 location.")
    ctx.shop.touch(item)
    entry["isActive"] = False
    ctx.shop.emit("inventory_levels/disconnect", entry)
    return {}
