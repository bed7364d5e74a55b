"""The demo shop's web API, answering in memory: a stand-in for the network below the SDK's transport.

Only the shop's side is made up. The connector speaks to it through the real transport, so its errors, limits and secrecy
are the real ones.
"""

from __future__ import annotations

import hashlib
import hmac
import io
import json
import uuid
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import requests

from odoo.addons.ec_channel_base.sdk.transport import Transport

from .shop import DemoShop, Refused

PAGE_SIZE = 50
BASE_URL = "https://demo.invalid"


class NotFound(Exception):
    pass


class ShopSession(requests.Session):
    """Looks like a connection to the shop. `load` and `save` keep the shop's state, so that every worker sees the same shop."""

    def __init__(
        self, load: Callable[[], DemoShop], save: Callable[[DemoShop], None], page_size: int = PAGE_SIZE
    ) -> None:
        super().__init__()
        self._load, self._save, self._page_size = load, save, page_size

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        shop = self._load()
        parts = urlsplit(request.url or "")
        query = {name: values[0] for name, values in parse_qs(str(parts.query)).items()}
        body = json.loads(request.body) if request.body else {}
        status, result = handle(
            shop, str(request.method), str(parts.path), query, body, request.headers, page_size=self._page_size
        )
        if request.method != "GET" and status == 200:
            self._save(shop)
        return answer(status, result)


def handle(
    shop: DemoShop,
    method: str,
    path: str,
    query: Mapping[str, str],
    body: Any,
    headers: Mapping[str, str],
    *,
    page_size: int = PAGE_SIZE,
) -> tuple[int, Any]:
    """One request to the shop, over whatever wire: (status, JSON value or Lines). `body` is JSON already read, `path` as in
    the URL; header names in any case. The state of `shop` is changed by everything but GET, and only with status 200."""
    if {name.lower(): value for name, value in headers.items()}.get("x-demo-token") != shop.state["token"]:
        return 401, {"error": "wrong token"}
    try:
        return 200, _route(
            shop, method, [unquote(part) for part in path.strip("/").split("/")], query, body, page_size
        )
    except NotFound:
        return 404, {"error": "not found"}
    except Refused as refused:
        return 422, {"error": str(refused)}


def _route(
    shop: DemoShop, method: str, path: list[str], query: Mapping[str, str], body: Any, page_size: int
) -> Any:
    state = shop.state
    match method, path:
        case "GET", ["account"]:
            locations = [{"id": place, "name": name} for place, name in shop.locations.items()]
            return {"id": "demo", "name": state["name"], "currency": state["currency"], "locations": locations}
        case "GET", ["orders"] if "ids" in query:
            return {
                "orders": [
                    state["orders"][order_id] for order_id in query["ids"].split(",") if order_id in state["orders"]
                ]
            }
        case "GET", ["orders"]:
            changed = [order for order in state["orders"].values() if order["changed_at"] >= query["since"]]
            return _page("orders", changed, query, page_size, lambda order: (order["changed_at"], order["id"]))
        case "GET", ["orders", "count"]:
            found = [
                order["id"]
                for order in state["orders"].values()
                if query["since"] <= order["placed_at"] < query["until"]
            ]
            return {"count": len(found), "ids": found}
        case "GET", ["listings"]:
            return _page(
                "listings", list(state["listings"].values()), query, page_size, lambda listing: ("", listing["id"])
            )
        case "PUT", ["orders", order_id, *_rest] if order_id not in state["orders"]:
            raise NotFound
        case "PUT", ["orders", order_id, "shipments", key]:
            return shop.ship(order_id, key, body["lines"], body["tracking"])
        case "DELETE", ["orders", order_id, "shipments", key]:
            shop.unship(order_id, key)
            return {}
        case "PUT", ["orders", order_id, "cancellation"]:
            shop.cancel(order_id, reason=body["reason"], refund=body["refund"])
            return {}
        case "PUT", ["orders", order_id, "refunds", key]:
            return shop.refund(
                order_id,
                key,
                lines=body["lines"],
                amount=body["amount"] and Decimal(body["amount"]),
                note=body["note"],
            )
        case "PUT", ["stock"]:
            return {"levels": [_push_stock(shop, level) for level in body["levels"]]}
        case "GET", ["stock"] if "places" in query:
            places = [place.split(":") for place in query["places"].split(",")]
            return {"levels": [_shown(shop, item_id, location_id) for item_id, location_id in places]}
        case "GET", ["stock"]:
            here = query["location"]
            rows = [_shown(shop, item_id, here) for item_id, stock in state["stock"].items() if here in stock]
            return _page("levels", rows, query, page_size, lambda level: ("", level["item_id"]))
        case "GET", ["subscriptions"]:
            return {"subscriptions": state["subscriptions"]}
        case "PUT", ["subscriptions", topic]:
            state["subscriptions"][topic] = body["url"]
            return {}
        case "POST", ["exports"]:
            state["exports"][export_id := str(len(state["exports"]) + 1)] = body["since"]
            return {"id": export_id}
        case "GET", ["exports", export_id] if export_id in state["exports"]:
            return Lines(
                order for order in state["orders"].values() if order["changed_at"] >= state["exports"][export_id]
            )
    raise NotFound


def _page(name: str, rows: list[Any], query: Mapping[str, str], page_size: int, key: Any) -> dict[str, Any]:
    """The cursor is the last row's place in the order, so rows that come or go meanwhile shift nothing."""
    after = tuple(json.loads(query["cursor"])) if query.get("cursor") else ("", "")
    rows = sorted((row for row in rows if key(row) > after), key=key)
    page = rows[: page_size]
    return {name: page, "next": json.dumps(key(page[-1])) if len(rows) > len(page) else None}


def _push_stock(shop: DemoShop, level: Mapping[str, Any]) -> str:
    return shop.push_stock(
        level["key"], level["item_id"], level["location_id"], level["quantity"], level["expected"]
    )


def _shown(shop: DemoShop, item_id: str, location_id: str) -> dict[str, Any]:
    """What the shop shows of an item at a place; `quantity` null: there is no such item or place."""
    stock = shop.state["stock"].get(item_id)
    known = stock is not None and location_id in shop.locations
    return {
        "item_id": item_id,
        "location_id": location_id,
        "quantity": stock.get(location_id, 0) if known else None,
        "tracked": shop.tracked(item_id),
        "stocked": known and location_id in stock,
    }


def connect(session: ShopSession, *secrets: str) -> Transport:
    """The SDK's own transport, for which the shop lives on this machine and nowhere else."""
    return Transport(
        BASE_URL, secrets=secrets, session=session, allow_private=True, resolver=lambda host, port: ("127.0.0.1",)
    )


class Lines(list[Any]):
    """An answer of one JSON document a line."""


def answer(status: int, body: Any, headers: dict[str, str] | None = None) -> requests.Response:
    response = requests.Response()
    response.status_code = status
    response.headers.update(headers or {})
    rows = body if isinstance(body, Lines) else [body]
    response.raw = io.BytesIO(b"\n".join(json.dumps(row).encode() for row in rows))
    return response


def webhook(shop: DemoShop, order_id: str, *, topic: str = "order.changed") -> tuple[dict[str, str], bytes]:
    """What the shop would send after a change: headers and body."""
    body = json.dumps({"order_id": order_id, "changed_at": shop.now().isoformat()}).encode()
    headers = {
        "X-Demo-Account": "demo",
        "X-Demo-Topic": topic,
        "X-Demo-Delivery": str(uuid.uuid4()),
        "X-Demo-Signature": sign(shop.state["webhook_secret"], body),
    }
    return headers, body


def stock_webhook(shop: DemoShop, item_id: str, location_id: str) -> tuple[dict[str, str], bytes]:
    """What the shop would send after its figure changed: headers and body."""
    body = json.dumps(_shown(shop, item_id, location_id) | {"changed_at": shop.now().isoformat()}).encode()
    headers = {
        "X-Demo-Account": "demo",
        "X-Demo-Topic": "stock.changed",
        "X-Demo-Delivery": str(uuid.uuid4()),
        "X-Demo-Signature": sign(shop.state["webhook_secret"], body),
    }
    return headers, body


def sign(secret: str, body: bytes) -> str:
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
