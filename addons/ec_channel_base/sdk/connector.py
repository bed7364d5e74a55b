"""The contract: what a channel must be able to do for Hatoba, and what it may."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from enum import Enum
from typing import Protocol, TypeVar

from .documents import (
    AccountInfo,
    Backfill,
    Cancellation,
    ListingPage,
    OrderCount,
    OrderDocument,
    Page,
    PushResult,
    RawEvent,
    RefundRequest,
    Shipment,
    StockLevel,
    StockPage,
    StockReading,
    WebhookHint,
)
from .errors import ChannelError, NeedsAttention, Retryable, Unsupported


class Capability(Enum):
    """What a channel can do beyond the obligatory part. The screens show only what is declared."""

    WEBHOOKS = "webhooks"  # read_webhook
    WEBHOOK_SUBSCRIPTIONS = "webhook_subscriptions"  # sync_webhooks: subscriptions are made by API
    BACKFILL = "backfill"  # start_backfill, read_backfill
    COUNT_ORDERS = "count_orders"  # count_orders
    LISTINGS = "listings"  # fetch_listings
    SHIPMENT_UPDATE = "shipment_update"  # tracking added or corrected later
    SHIPMENT_CANCEL = "shipment_cancel"
    PARTIAL_SHIPMENT = "partial_shipment"
    CANCEL = "cancel"  # push_cancellations
    REFUND = "refund"  # push_refunds
    STOCK = "stock"  # push_stock, read_stock, fetch_stock
    STOCK_COMPARE = "stock_compare"  # `expected` is compared atomically; without it, it is advice and a push overwrites
    LOCATIONS = "locations"  # more than one place to ship from


class Connector(ABC):
    """One account on one channel.

    No ORM, no commit, no sleep, no clock of its own; raises only ChannelError. Everything it needs (credentials, transport,
    settings) comes by its constructor. Methods that take several items answer one result an item, in the same order, and
    one bad item never fails its neighbours; only a failure of the whole call raises.
    """

    capabilities: frozenset[Capability] = frozenset()
    stock_batch: int = 100  # how many levels one push_stock takes best: one request of the channel, where it takes several

    # ---- obligatory

    @abstractmethod
    def check(self) -> AccountInfo:
        """Prove the credentials and tell what the account allows. Raises NeedsAttention("credentials") when they are refused."""

    @abstractmethod
    def fetch_orders(self, since: datetime, cursor: str | None = None) -> Page:
        """One page of orders changed at or after `since`, oldest change first. "Changed" is the channel's own test."""

    @abstractmethod
    def fetch_orders_by_id(self, external_ids: Sequence[str]) -> Sequence[RawEvent]:
        """Re-read these orders now, in as few requests as the channel allows; an order that is gone is left out."""

    @abstractmethod
    def parse_order(self, event: RawEvent) -> OrderDocument:
        """Pure: the same body gives the same document. Raises NeedsAttention("unreadable") for what is not an order."""

    @abstractmethod
    def push_shipments(self, shipments: Sequence[Shipment]) -> Sequence[PushResult]:
        """Tell deliveries. Re-reads the channel's state first; the same key twice has one effect."""

    # ---- by capability

    def read_webhook(self, headers: Mapping[str, str], body: bytes) -> WebhookHint:
        """Verify the raw delivery (constant time), then read what it hints at. Header names are lower case.

        Raises WebhookRefused before a byte of the body is parsed when signature or account are wrong.
        """
        raise Unsupported("read_webhook")

    def sync_webhooks(self, callback_url: str) -> tuple[str, ...]:
        """Make the channel's subscriptions what we need; returns what had to be repaired ("" sequence: all was well)."""
        raise Unsupported("sync_webhooks")

    def start_backfill(self, since: datetime | None) -> str:
        """Start a mass read of all orders (changed since); returns the token to ask with."""
        raise Unsupported("start_backfill")

    def read_backfill(self, token: str) -> Backfill:
        """Its state; once done, the orders."""
        raise Unsupported("read_backfill")

    def count_orders(self, since: datetime, until: datetime) -> OrderCount:
        """Orders placed in [since, until), for the daily audit."""
        raise Unsupported("count_orders")

    def fetch_listings(self, cursor: str | None = None) -> ListingPage:
        """One page of the catalogue's sellable items."""
        raise Unsupported("fetch_listings")

    def push_cancellations(self, cancellations: Sequence[Cancellation]) -> Sequence[PushResult]:
        """Cancel orders there."""
        raise Unsupported("push_cancellations")

    def push_refunds(self, refunds: Sequence[RefundRequest]) -> Sequence[PushResult]:
        """Give money back through the channel."""
        raise Unsupported("push_refunds")

    def push_stock(self, levels: Sequence[StockLevel]) -> Sequence[PushResult]:
        """Set absolute figures; with STOCK_COMPARE each one only where the shop shows its `expected` (None: wherever it stands).

        What the result of a level means:

        * error None: acknowledged, the shop showed `quantity` when it answered;
        * NeedsAttention("stale"): the shop showed something else than `expected`. This push is over: it was refused, and a
          late copy of it is refused too. Read what the shop shows and send that difference under a new key;
        * NeedsAttention with "unknown_item", "unknown_location", "untracked", "not_stocked", "immutable_item" or
          "quantity_refused": not applied, a person must act;
        * Retryable with `outcome_unknown`: it may have been applied, or may yet be. Send the same levels with the same keys in
          the same order, these and no others in the call: they have one effect;
        * Retryable without it (and `tried` False): this call did not apply it. A push that was unknown before stays unknown.

        An idempotency key of the channel may cover a whole call: what makes a call the same is its sequence of levels, so the
        keys must change with the quantities. Channels forget keys after some time (a day is usual): a push that old is to be
        read (`read_stock`), not repeated. Each (item, location) stands once in a call.
        """
        raise Unsupported("push_stock")

    def read_stock(self, places: Sequence[tuple[str, str]]) -> Sequence[StockReading]:
        """What the shop shows now at these (inventory id, location id), one each, in the same order, in few requests."""
        raise Unsupported("read_stock")

    def fetch_stock(self, location_external_id: str, cursor: str | None = None) -> StockPage:
        """One page of all that is stocked at a location, for the audit."""
        raise Unsupported("fetch_stock")


def shipments_by_order(shipments: Iterable[Shipment]) -> dict[str, list[Shipment]]:
    """Group so that a connector reads each order's state once."""
    groups: dict[str, list[Shipment]] = {}
    for shipment in shipments:
        groups.setdefault(shipment.order_external_id, []).append(shipment)
    return groups


class Pushed(Protocol):
    @property
    def key(self) -> str: ...


Item = TypeVar("Item", bound=Pushed)

# Not this item's fault: the next request would end the same way
_WHOLE_ACCOUNT = frozenset({"credentials", "forbidden", "account_frozen"})


def one_by_one(items: Sequence[Item], push: Callable[[Item], PushResult]) -> list[PushResult]:
    """For a channel that takes one item a request: one result an item, in order, and a bad one does not fail its neighbours.

    When the channel itself fails (an outage, throttling, refused credentials), the rest is not sent but answered with the
    same error: a dead channel is not hammered, and what was acknowledged before stays acknowledged. Nothing acknowledged: it raises.
    """
    results: list[PushResult] = []
    dead: ChannelError | None = None
    for item in items:
        if dead is not None:
            results.append(PushResult(key=item.key, error=dead))
            continue
        try:
            results.append(push(item))
        except ChannelError as error:
            if isinstance(error, Retryable):
                # only the item that was on its way may have had its effect
                dead = Retryable(str(error), code=error.code, retry_after=error.retry_after, tried=False)
            elif isinstance(error, NeedsAttention) and error.code in _WHOLE_ACCOUNT:
                dead = error
            if dead is not None and not results and not getattr(error, "outcome_unknown", False):
                raise
            results.append(PushResult(key=item.key, error=error))
    return results
