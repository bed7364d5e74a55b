"""The stock ledger: quantities per (inventory item, location, name); on_hand is derived, never stored.

on_hand = available + committed + reserved + damaged + safety_stock + quality_control; incoming stands apart. Counts are whole units.
"""
from __future__ import annotations

from typing import Any

Node = dict[str, Any]

UNAVAILABLE = ("reserved", "damaged", "safety_stock", "quality_control")
STORED = ("available", "committed", "incoming", *UNAVAILABLE)
NAMES = (*STORED, "on_hand")


def make_item(shop: Any, variant: Node, *, tracked: bool = True, requires_shipping: bool = True, grams: int = 0,
              cost: Any = None, bundle: bool = False) -> Node:
    """The inventory item of a variant; that of a `bundle` has no stock of its own to set."""
    return shop.add("InventoryItem", sku=variant["sku"], tracked=tracked, requiresShipping=requires_shipping, grams=grams,
                    variant=variant["id"], cost=cost, bundle=bundle, countryCodeOfOrigin=None, provinceCodeOfOrigin=None,
                    harmonizedSystemCode=None, levels={})


def level(shop: Any, item: Node, location: str, create: bool = True) -> Node | None:
    """The item's level at a location; made with zeros on first use. Callers that write must have touched the item."""
    found = item["levels"].get(location)
    if found is None and create:
        number = shop.next_number("InventoryLevel")
        found = item["levels"][location] = {
            "__typename": "InventoryLevel", "id": f"gid://shopify/InventoryLevel/{number}?inventory_item_id={item['n']}",
            "n": number, "owner": item["id"], "location": location, "isActive": True, "createdAt": shop.now(),
            "updatedAt": shop.now(), **dict.fromkeys(STORED, 0)}
        shop.listed(location, found)
    return found


def on_hand(entry: Node) -> int:
    return entry["available"] + entry["committed"] + sum(entry[name] for name in UNAVAILABLE)


def quantity(entry: Node, name: str) -> int:
    return on_hand(entry) if name == "on_hand" else entry[name]


def change(shop: Any, item: Node, location: str, **deltas: int) -> None:
    """Add to named quantities at a location and announce it when what can be sold changed."""
    if not item["tracked"] or not any(deltas.values()):
        return
    shop.touch(item)
    entry = level(shop, item, location)
    assert entry is not None
    for name, delta in deltas.items():
        entry[name] += delta
    entry["updatedAt"] = shop.now()
    if deltas.get("available"):
        shop.emit("inventory_levels/update", entry)


def item_of_line(shop: Any, line: Node) -> Node | None:
    variant = shop.find(line["variant"], "ProductVariant")
    return shop.nodes[variant["inventory_item"]] if variant else None


def commit_line(shop: Any, line: Node, location: str, quantity: int) -> None:
    """Units promised to an order: available → committed (a negative quantity takes the promise back)."""
    item = item_of_line(shop, line)
    if item is not None:
        change(shop, item, location, available=-quantity, committed=quantity)


def ship_line(shop: Any, line: Node, location: str, quantity: int) -> None:
    """Units that left: committed falls, and with it on_hand (a negative quantity puts them back on promise)."""
    item = item_of_line(shop, line)
    if item is not None:
        change(shop, item, location, committed=-quantity)


def restock_line(shop: Any, line: Node, location: str, quantity: int) -> None:
    """Returned units: available rises."""
    item = item_of_line(shop, line)
    if item is not None:
        change(shop, item, location, available=quantity)


def drop_promise(shop: Any, line: Node, location: str, quantity: int) -> None:
    """Units no longer promised and not restocked: committed falls, on_hand with it."""
    ship_line(shop, line, location, quantity)
