"""How an app proves itself to a shop: client credentials, authorization code, refresh; and what the shop proves to us.

A static token needs nothing of this. Lifetimes are given in seconds from the answer: the caller owns the clock.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from urllib.parse import urlencode

from odoo.addons.ec_channel_base.sdk.errors import NeedsAttention, Permanent
from odoo.addons.ec_channel_base.sdk.transport import Transport

SHOP_DOMAIN = re.compile(r"\A[a-zA-Z0-9][a-zA-Z0-9\-]*\.myshopify\.com\Z")
TOKEN_PATH = "/admin/oauth/access_token"
RENEW_BEFORE = 300.0  # seconds before its end in which a token is no longer used

# What orders and fulfilment need. `write_x` contains `read_x`.
SCOPES = (
    "read_products",
    "read_inventory",
    "read_customers",
    "read_locations",
    "write_orders",
    "write_merchant_managed_fulfillment_orders",
)
# Without them the connector works, but sees or does less
WISHED_SCOPES = {
    "write_inventory": "stock cannot be sent to the shop",
    "read_all_orders": "orders older than 60 days cannot be read",
    "write_third_party_fulfillment_orders": "fulfilment orders given to a third party cannot be shipped from here",
}


@dataclass(frozen=True)
class Grant:
    """What an authorization answered. `refresh_token` "" : none; `expires_in` None: it does not end."""

    access_token: str = field(repr=False)
    scopes: tuple[str, ...] = ()
    expires_in: float | None = None
    refresh_token: str = field(default="", repr=False)
    refresh_expires_in: float | None = None


def client_credentials(transport: Transport, client_id: str, client_secret: str) -> Grant:
    """A token for a day, for an app of the shop's own organisation."""
    return _grant(
        transport, {"grant_type": "client_credentials", "client_id": client_id, "client_secret": client_secret}
    )


def exchange_code(transport: Transport, client_id: str, client_secret: str, code: str) -> Grant:
    """The first token of an authorization code; expiring, with a refresh token."""
    return _grant(transport, {"client_id": client_id, "client_secret": client_secret, "code": code, "expiring": "1"})


def refresh(transport: Transport, client_id: str, client_secret: str, refresh_token: str) -> Grant:
    """The next token. The refresh token changes every time: call it under a lock and store the answer before using it."""
    values = {
        "grant_type": "refresh_token",
        "client_id": client_id,
        "client_secret": client_secret,
        "refresh_token": refresh_token,
    }
    return _grant(transport, values)


def _grant(transport: Transport, values: dict[str, str]) -> Grant:
    refusal = ""
    try:
        answer = transport.request(
            "POST",
            TOKEN_PATH,
            headers={"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"},
            data=urlencode(values),
        ).json()
    except Permanent as error:
        refusal = error.detail or str(error)
    if refusal:
        code = "shop_not_permitted" if "shop_not_permitted" in refusal else "credentials"
        raise NeedsAttention("Shopify refuses the app's credentials", code=code, detail=refusal)
    token = answer.get("access_token") if isinstance(answer, dict) else None
    if not token:
        raise NeedsAttention("Shopify answered without a token", code="credentials")
    return Grant(
        access_token=str(token),
        scopes=tuple(filter(None, str(answer.get("scope") or "").split(","))),
        expires_in=_seconds(answer.get("expires_in")),
        refresh_token=str(answer.get("refresh_token") or ""),
        refresh_expires_in=_seconds(answer.get("refresh_token_expires_in")),
    )


def _seconds(value: object) -> float | None:
    return None if value in (None, "") else float(str(value))


def is_shop_domain(domain: str) -> bool:
    return bool(SHOP_DOMAIN.match(domain or ""))


def authorize_url(base_url: str, client_id: str, redirect_uri: str, state: str) -> str:
    """Where the shop's owner grants the app its scopes."""
    wanted = ",".join((*SCOPES, *WISHED_SCOPES))
    values = {"client_id": client_id, "scope": wanted, "redirect_uri": redirect_uri, "state": state}
    return f"{base_url.rstrip('/')}/admin/oauth/authorize?{urlencode(values)}"


def is_genuine_callback(params: Iterable[tuple[str, str]], secrets: Collection[str]) -> bool:
    """Whether Shopify made this query: hex HMAC over all other parameters, sorted."""
    rest, given = [], ""
    for name, value in params:
        if name == "hmac":
            given = value
        elif name != "signature":
            rest.append((name, value))
    message = "&".join(f"{name}={value}" for name, value in sorted(rest))
    return sum(hmac.compare_digest(_hex(secret, message), given.encode()) for secret in secrets if secret) > 0


def _hex(secret: str, message: str) -> bytes:
    return hmac.new(secret.encode(), message.encode(), hashlib.sha256).hexdigest().encode()


def missing_scopes(granted: Collection[str]) -> tuple[str, ...]:
    """Of SCOPES, those not granted; a write scope grants its read scope."""
    have = {*granted, *(f"read_{scope.removeprefix('write_')}" for scope in granted if scope.startswith("write_"))}
    return tuple(scope for scope in SCOPES if scope not in have)
