"""Deliveries of Shopify: proven before a byte is parsed, and read only as far as a hint needs."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

from odoo.addons.ec_channel_base.sdk.documents import StockReading, WebhookHint
from odoo.addons.ec_channel_base.sdk.errors import NeedsAttention, WebhookRefused

from .client import GraphQL, Refused

Json = dict[str, Any]
MAX_BODY = 4 * 1024 * 1024

# Topic → fields of the body that are enough (None: the whole body). `updated_at` must be among them: Shopify merges
# deliveries whose bodies are the same.
ORDER_FIELDS = ("id", "admin_graphql_api_id", "updated_at")
TOPICS: Mapping[str, tuple[str, ...] | None] = {
    "ORDERS_CREATE": ORDER_FIELDS,
    "ORDERS_UPDATED": ORDER_FIELDS,
    "ORDERS_CANCELLED": ORDER_FIELDS,
    "ORDERS_EDITED": None,
    "ORDERS_RISK_ASSESSMENT_CHANGED": None,
    "REFUNDS_CREATE": ("id", "order_id", "created_at"),
    "FULFILLMENT_ORDERS_ORDER_ROUTING_COMPLETE": None,
    "FULFILLMENT_ORDERS_PLACED_ON_HOLD": None,
    "FULFILLMENT_ORDERS_HOLD_RELEASED": None,
    "FULFILLMENT_ORDERS_MOVED": None,
    "FULFILLMENT_ORDERS_CANCELLED": None,
    "INVENTORY_LEVELS_UPDATE": ("inventory_item_id", "location_id", "available", "updated_at"),
    "BULK_OPERATIONS_FINISH": None,
    "APP_UNINSTALLED": ("id", "updated_at"),
    "APP_SCOPES_UPDATE": None,
}
KINDS = {
    "inventory_levels/update": "stock",
    "bulk_operations/finish": "backfill",
    "app/uninstalled": "uninstalled",
    "app/scopes_update": "scopes",
    "customers/data_request": "privacy",
    "customers/redact": "privacy",
    "shop/redact": "privacy",
}


@dataclass(frozen=True)
class Receiver:
    """`secrets` are the app's client secret and, for a while after a rotation, the old one."""

    shop_domain: str
    secrets: tuple[str, ...] = field(default=(), repr=False)

    def read(self, headers: Mapping[str, str], body: bytes) -> WebhookHint:
        self._prove(headers, body)
        topic = headers.get("x-shopify-topic", "").lower()
        kind, external_id = KINDS.get(topic, ""), ""
        occurred_at = _instant(headers.get("x-shopify-triggered-at", ""))
        reading = None
        if kind == "stock":
            payload = _json(body)
            reading = _reading(payload)
            external_id = reading.inventory_external_id
            occurred_at = _instant(str(payload.get("updated_at") or "")) or occurred_at
        elif kind == "backfill":
            external_id = str(_json(body).get("admin_graphql_api_id") or "")
        elif not kind:
            external_id = _thing(topic, body)
            kind = "order" if external_id else "ignore"
        return WebhookHint(
            topic=topic,
            delivery_id=headers.get("x-shopify-webhook-id") or hashlib.sha256(topic.encode() + body).hexdigest(),
            kind=kind,
            external_id=external_id,
            occurred_at=occurred_at,
            reading=reading,
        )

    def _prove(self, headers: Mapping[str, str], body: bytes) -> None:
        if len(body) > MAX_BODY:
            raise WebhookRefused(f"a body of {len(body)} bytes")
        if headers.get("x-shopify-shop-domain", "").lower() != self.shop_domain.lower():
            raise WebhookRefused("a delivery for another shop")
        try:
            given = base64.b64decode(headers.get("x-shopify-hmac-sha256", ""), validate=True)
        except (binascii.Error, ValueError):
            given = b""
        # Every secret is tried, so that the time taken tells nothing
        if not sum(hmac.compare_digest(signature(secret, body), given) for secret in self.secrets if secret):
            raise WebhookRefused("the signature is wrong")


def signature(secret: str, body: bytes) -> bytes:
    return hmac.new(secret.encode(), body, hashlib.sha256).digest()


def _thing(topic: str, body: bytes) -> str:
    """The order to read again, or the fulfilment order whose order it is."""
    area = topic.partition("/")[0]
    if area == "fulfillment_orders" or area == "fulfillment_holds":
        payload = _json(body)
        found = payload.get("fulfillment_order") or payload.get("original_fulfillment_order") or {}
        return str(found.get("id") or "")
    if topic == "orders/edited":
        number = (_json(body).get("order_edit") or {}).get("order_id")
    elif topic == "orders/risk_assessment_changed":
        payload = _json(body)
        number = payload.get("order_id") or str(payload.get("admin_graphql_api_order_id") or "").rpartition("/")[2]
    elif area == "orders":
        number = _json(body).get("id")
    elif area in ("refunds", "fulfillments", "order_transactions", "returns"):
        payload = _json(body)
        number = payload.get("order_id") or (payload.get("order") or {}).get("id")
    else:
        return ""
    return f"gid://shopify/Order/{number}" if number else ""


def _reading(payload: Json) -> StockReading:
    """What a level's webhook shows; `available` is null for an item that is not counted."""
    item, location, available = (payload.get(name) for name in ("inventory_item_id", "location_id", "available"))
    if not isinstance(item, int) or not isinstance(location, int) or not isinstance(available, int | None):
        raise NeedsAttention("a delivery that names no stock", code="unreadable")
    return StockReading(
        inventory_external_id=f"gid://shopify/InventoryItem/{item}",
        location_external_id=f"gid://shopify/Location/{location}",
        quantity=None if available is None else Decimal(available),
        tracked=available is not None,
    )


def _json(body: bytes) -> Json:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise NeedsAttention("a delivery that is not JSON", code="unreadable") from error
    if not isinstance(value, dict):
        raise NeedsAttention("a delivery that is no object", code="unreadable")
    return value


def _instant(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        return None
    return moment if moment.tzinfo else None


# ---- subscriptions


def sync(client: GraphQL, callback_url: str) -> tuple[str, ...]:
    """Make the app's subscriptions to `callback_url` exactly ours; those of other addresses are left alone.

    A subscription to the same path on another host is ours from before the server moved.
    """
    if urlsplit(callback_url).scheme != "https":
        raise NeedsAttention("Shopify delivers to https addresses only", code="webhook_address")
    found: list[Json] = []
    page = client.query("webhooks")["webhookSubscriptions"]
    found += page["nodes"]
    while page["pageInfo"]["hasNextPage"]:
        page = client.query("webhooks", {"after": page["pageInfo"]["endCursor"]})["webhookSubscriptions"]
        found += page["nodes"]
    path = urlsplit(callback_url).path
    ours = {
        row["topic"]: row
        for row in sorted(found, key=lambda row: row["uri"] == callback_url)
        if urlsplit(row["uri"]).path == path
    }
    repaired = []
    for topic, fields in TOPICS.items():
        wanted = {"uri": callback_url, "format": "JSON", "includeFields": list(fields or ()), "filter": ""}
        row = ours.get(topic)
        try:
            if row is None:
                client.mutate("webhook_create", {"topic": topic, "subscription": wanted})
                repaired.append(f"{topic} subscribed")
            elif any(
                (row.get(name) or ([] if name == "includeFields" else "")) != value for name, value in wanted.items()
            ):
                client.mutate("webhook_update", {"id": row["id"], "subscription": wanted})
                repaired.append(f"{topic} corrected")
        except Refused as refused:
            if not refused.says("already been taken"):
                raise NeedsAttention(str(refused), code="webhook_address", detail=refused.detail) from refused
    return tuple(repaired)
