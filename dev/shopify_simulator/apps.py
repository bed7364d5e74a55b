"""The installed app: credentials, tokens and their life, scopes, and the leaky bucket of its calls."""
from __future__ import annotations

import threading
from typing import Any

from .clock import Clock

DEFAULT_TOKEN = "shpat_" + "0123456789abcdef" * 2
DEFAULT_CLIENT_ID = "hatoba0client0id0000000000000000"
DEFAULT_CLIENT_SECRET = "shpss_" + "fedcba9876543210" * 2
CLIENT_CREDENTIALS_SECONDS = 86399
OFFLINE_SECONDS = 3600
REFRESH_SECONDS = 90 * 86400
OLD_SECRET_SECONDS = 3600

DEFAULT_SCOPES = frozenset("""
read_products write_products read_inventory write_inventory read_orders write_orders read_all_orders read_customers
write_customers read_order_edits write_order_edits read_draft_orders write_draft_orders read_returns write_returns
read_merchant_managed_fulfillment_orders write_merchant_managed_fulfillment_orders read_third_party_fulfillment_orders
write_third_party_fulfillment_orders read_assigned_fulfillment_orders write_assigned_fulfillment_orders read_fulfillments
write_fulfillments read_publications read_locations write_locations read_locales read_markets read_discounts read_payment_terms
read_shipping read_translations
""".split())


class Bucket:
    """Leaky bucket of cost points, refilled by the simulator's clock."""

    def __init__(self, clock: Clock, capacity: float = 2000, restore: float = 100) -> None:
        self.clock = clock
        self.capacity, self.restore = capacity, restore
        self._level, self._at = capacity, clock.seconds()
        self._lock = threading.Lock()

    def _refill(self) -> None:
        now = self.clock.seconds()
        self._level = min(self.capacity, self._level + max(0.0, now - self._at) * self.restore)
        self._at = now

    def take(self, points: float) -> bool:
        with self._lock:
            self._refill()
            if points > self._level:
                return False
            self._level -= points
            return True

    def give_back(self, points: float) -> None:
        with self._lock:
            self._level = min(self.capacity, self._level + points)

    def report(self, requested: int, actual: int | None) -> dict[str, Any]:
        """`extensions.cost` of an answer."""
        with self._lock:
            self._refill()
            return {"requestedQueryCost": requested, "actualQueryCost": actual, "throttleStatus": {
                "maximumAvailable": self.capacity, "currentlyAvailable": int(self._level), "restoreRate": self.restore}}


class App:
    """One installation. A static token never expires; the others live as long as Shopify's do, on the simulator's clock."""

    def __init__(self, clock: Clock, random: Any, *, token: str = DEFAULT_TOKEN, client_id: str = DEFAULT_CLIENT_ID,
                 client_secret: str = DEFAULT_CLIENT_SECRET, title: str = "Hatoba", number: int = 240000001) -> None:
        self.clock, self.random, self.title, self.number = clock, random, title, number
        self.client_id, self.client_secret = client_id, client_secret
        self.old_secret: tuple[str, float] | None = None
        self.scopes = set(DEFAULT_SCOPES)
        self.installed = True
        self.same_organisation = True
        self.protected_data = True  # level 2 of protected customer data is approved
        self.tokens: dict[str, float | None] = {token: None}  # token → expiry in clock seconds, None = never
        self.refresh_tokens: dict[str, dict[str, Any]] = {}
        self.codes: set[str] = set()
        self.bucket = Bucket(clock)

    @property
    def effective_scopes(self) -> set[str]:
        """Granted scopes; `write_x` contains `read_x`, and what a few mutations call plain `x`."""
        written = {scope[6:] for scope in self.scopes if scope.startswith("write_")}
        return self.scopes | written | {"read_" + name for name in written}

    def accepts(self, token: str | None) -> bool:
        if not self.installed or token not in self.tokens:
            return False
        expiry = self.tokens[token]
        return expiry is None or self.clock.seconds() < expiry

    def _new(self, prefix: str) -> str:
        return prefix + "".join(self.random.choices("0123456789abcdef", k=32))

    def grant(self, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        """(HTTP status, JSON) of `POST /admin/oauth/access_token`."""
        if not self.installed or form.get("client_id") != self.client_id or form.get("client_secret") != self.client_secret:
            return 400, {"error": "invalid_client", "error_description": "The client credentials are invalid."}
        kind = form.get("grant_type")
        if kind == "client_credentials":
            if not self.same_organisation:
                return 400, {"error": "shop_not_permitted",
                             "error_description": "Client credentials cannot be performed on this shop."}
            return 200, {"access_token": self._issue(CLIENT_CREDENTIALS_SECONDS), "scope": self._scope_text(),
                         "expires_in": CLIENT_CREDENTIALS_SECONDS}
        if kind == "refresh_token":
            return self._refresh(form.get("refresh_token", ""))
        if kind in (None, "authorization_code") and form.get("code"):
            if form["code"] not in self.codes:
                return 400, {"error": "invalid_request",
                             "error_description": "The authorization code was not found or was already used"}
            self.codes.discard(form["code"])
            if form.get("expiring") == "1":
                return 200, self._expiring()
            return 200, {"access_token": self._issue(None), "scope": self._scope_text()}
        return 400, {"error": "unsupported_grant_type"}

    def _issue(self, seconds: float | None) -> str:
        token = self._new("shpat_")
        self.tokens[token] = None if seconds is None else self.clock.seconds() + seconds
        return token

    def _scope_text(self) -> str:
        return ",".join(sorted(self.scopes))

    def _expiring(self) -> dict[str, Any]:
        refresh = self._new("shprt_")
        access = self._issue(OFFLINE_SECONDS)
        self.refresh_tokens[refresh] = {"until": self.clock.seconds() + REFRESH_SECONDS, "access": access, "parent": None}
        return {"access_token": access, "expires_in": OFFLINE_SECONDS, "refresh_token": refresh,
                "refresh_token_expires_in": REFRESH_SECONDS, "scope": self._scope_text()}

    def _refresh(self, token: str) -> tuple[int, dict[str, Any]]:
        """Every refresh rotates the refresh token; the old one lives on until its successor is first used."""
        known = self.refresh_tokens.get(token)
        if known is None or self.clock.seconds() > known["until"]:
            return 401, {"error": "invalid_request",
                         "error_description": "This request requires an active refresh_token"}
        if known["parent"]:
            self.refresh_tokens.pop(known["parent"], None)
            known["parent"] = None
        answer = self._expiring()
        self.refresh_tokens[answer["refresh_token"]]["parent"] = token
        return 200, answer

    def rotate_secret(self, secret: str | None = None) -> str:
        """A new client secret; the old one may still sign webhooks for an hour."""
        self.old_secret = self.client_secret, self.clock.seconds() + OLD_SECRET_SECONDS
        self.client_secret = secret or self._new("shpss_")
        return self.client_secret
