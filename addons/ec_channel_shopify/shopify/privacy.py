"""What Shopify's three privacy deliveries ask for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from odoo.addons.ec_channel_base.sdk.errors import NeedsAttention
from odoo.addons.ec_channel_base.sdk.transport import parse_json


@dataclass(frozen=True)
class PrivacyRequest:
    """`topic` customers/data_request asks for a copy, customers/redact and shop/redact for erasure. Ids as gids."""

    topic: str
    customer_id: str = ""
    order_ids: tuple[str, ...] = ()


def read(topic: str, body: bytes) -> PrivacyRequest:
    """Raises NeedsAttention("unreadable")."""
    payload = parse_json(body)
    if not isinstance(payload, dict):
        raise NeedsAttention("a privacy request that is no object", code="unreadable")
    customer: Any = (payload.get("customer") or {}).get("id")
    orders: Any = payload.get("orders_to_redact") or payload.get("orders_requested") or ()
    return PrivacyRequest(
        topic=topic,
        customer_id=f"gid://shopify/Customer/{customer}" if customer else "",
        order_ids=tuple(f"gid://shopify/Order/{order}" for order in orders),
    )
