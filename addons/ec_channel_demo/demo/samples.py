"""Sample orders, one of each kind that every shop has: to try what Odoo makes of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

BUYER = {"id": "501", "name": "海野 渚", "email": "nagisa@buyer.example", "phone": "090-1234-5678"}
ADDRESS = {
    "name": "海野 渚",
    "street": "千代田1-1",
    "street2": "波止場ビル 3F",
    "city": "千代田区",
    "region": "東京都",
    "zip": "100-0001",
    "country_code": "JP",
    "phone": "090-1234-5678",
}
GIFT_ADDRESS = ADDRESS | {
    "name": "浜田 汐",
    "street": "みなとみらい2-2",
    "street2": "",
    "city": "横浜市",
    "region": "神奈川県",
    "zip": "220-0012",
}


def sample_orders(listings: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Arguments for DemoShop.place, from the shop's own catalogue."""
    first, second = listings[0], listings[1 % len(listings)]

    def line(listing: Mapping[str, Any], quantity: int = 1, **more: Any) -> dict[str, Any]:
        return {
            "sku": listing["sku"],
            "title": listing["title"],
            "price": listing["price"],
            "quantity": quantity,
            **more,
        }

    shipping = {"price": "770"}
    return [
        {"lines": [line(first), line(second, 2)], "customer": BUYER, "address": ADDRESS, "shipping": shipping},
        {"lines": [line(first)], "customer": BUYER, "address": GIFT_ADDRESS, "note": "のし: 御祝"},
        {"lines": [line(second)], "address": ADDRESS},  # a guest
        {"lines": [line(first, 2)], "customer": BUYER, "address": ADDRESS, "paid": False},
        {"lines": [line(second, 3, discount="10")], "customer": BUYER, "address": ADDRESS, "shipping": shipping},
        {
            "lines": [{"sku": "UNKNOWN-SKU", "title": "Item that Odoo does not know", "price": "500", "quantity": 1}],
            "customer": BUYER,
            "address": ADDRESS,
        },
    ]
