"""Shopify as a channel: the contract's methods, each a few lines over the modules beside this one."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from odoo.addons.ec_channel_base.sdk.connector import Capability, Connector, one_by_one
from odoo.addons.ec_channel_base.sdk.documents import (
    AccountInfo,
    Backfill,
    Cancellation,
    ListingDocument,
    ListingPage,
    Location,
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
from odoo.addons.ec_channel_base.sdk.errors import NeedsAttention
from odoo.addons.ec_channel_base.sdk.transport import parse_json

from . import bulk, mapping, money_back, stock, webhooks
from .auth import WISHED_SCOPES, missing_scopes
from .client import PROTECTED, GraphQL, TooExpensive
from .fulfilment import Shipper

Json = dict[str, Any]
ORDERS_PAGE = 20  # costs about 800 of the 1000 that one query may
LISTINGS_PAGE = 250
IDS_PAGE = 100

# Lists of an order that a page may cut off: the list → where its owners are
CUT: tuple[tuple[str, Callable[[Json], Sequence[Json]]], ...] = (
    ("lineItems", lambda order: [order]),
    ("refundLineItems", lambda order: order.get("refunds") or ()),
    ("fulfillmentLineItems", lambda order: order.get("fulfillments") or ()),
    ("lineItems", lambda order: mapping.nodes(order, "fulfillmentOrders")),
)


@dataclass
class ShopifyConnector(Connector):
    """One shop. `presentment`: book in the currency the buyer saw, instead of the shop's own."""

    client: GraphQL = field(repr=False)
    receiver: webhooks.Receiver
    presentment: bool = False
    page_size: int = ORDERS_PAGE
    stock_page_size: int = stock.ROWS
    credential_expires_at: datetime | None = None

    capabilities = frozenset(
        {
            Capability.WEBHOOKS,
            Capability.WEBHOOK_SUBSCRIPTIONS,
            Capability.BACKFILL,
            Capability.COUNT_ORDERS,
            Capability.LISTINGS,
            Capability.SHIPMENT_UPDATE,
            Capability.SHIPMENT_CANCEL,
            Capability.PARTIAL_SHIPMENT,
            Capability.CANCEL,
            Capability.REFUND,
            Capability.LOCATIONS,
            Capability.STOCK,
            Capability.STOCK_COMPARE,
        }
    )

    stock_batch = stock.ROWS

    @property
    def shop_domain(self) -> str:
        return self.receiver.shop_domain

    def check(self) -> AccountInfo:
        data = self.client.query("account")
        shop = data["shop"]
        granted = tuple(row["handle"] for row in data["currentAppInstallation"]["accessScopes"])
        missing = missing_scopes(granted)
        places = self.client.query("locations") if "read_locations" not in missing else {}
        warnings = [f"{scope}: {loss}" for scope, loss in WISHED_SCOPES.items() if scope not in granted]
        served = self.client.served_version
        if served and served != self.client.version:
            warnings.append(f"API version {self.client.version} was asked for, {served} answered")
        if shop["myshopifyDomain"].lower() != self.shop_domain.lower():
            warnings.append(f"this is the shop {shop['myshopifyDomain']}")
        return AccountInfo(
            external_id=shop["id"],
            name=shop["name"],
            currency=shop["currencyCode"],
            timezone=shop["ianaTimezone"],
            prices_include_tax=bool(shop["taxesIncluded"]),
            granted=granted,
            missing=missing,
            api_version=self.client.version,
            served_version=served,
            credential_expires_at=self.credential_expires_at,
            locations=tuple(
                Location(
                    external_id=row["id"],
                    name=row["name"],
                    active=bool(row["isActive"]),
                    city=(row.get("address") or {}).get("city") or "",
                    country_code=(row.get("address") or {}).get("countryCode") or "",
                )
                for row in mapping.nodes(places, "locations")
            ),
            warnings=tuple(warnings),
        )

    # ---- orders in

    def fetch_orders(self, since: datetime, cursor: str | None = None) -> Page:
        variables = {"query": f"updated_at:>='{bulk.utc(since)}'", "after": cursor}
        found = self.client.page("orders", variables, self.page_size, PROTECTED)["orders"]
        events = tuple(self._event(node) for node in found["nodes"])
        info = found["pageInfo"]
        return Page(
            events=events,
            next_cursor=info["endCursor"] if info["hasNextPage"] else None,
            high_water=max((event.occurred_at for event in events if event.occurred_at), default=None),
        )

    def fetch_orders_by_id(self, external_ids: Sequence[str]) -> Sequence[RawEvent]:
        """Also takes ids of fulfilment orders (some webhooks name only these) and gives their orders."""
        ids = list(dict.fromkeys(external_ids))
        found: dict[str, Json] = {}
        asked: dict[str, list[str]] = {}
        while ids:
            size = self.client.sizes.get("orders_by_id", IDS_PAGE)
            part, ids = ids[:size], ids[size:]
            try:
                data = self.client.query("orders_by_id", {"ids": part}, PROTECTED)
            except TooExpensive:
                if len(part) == 1:
                    raise
                self.client.sizes["orders_by_id"] = len(part) // 2
                ids = part + ids
                continue
            for name, node in zip(part, data["nodes"], strict=True):
                order: Json = (node or {}).get("order") or node or {}
                if "legacyResourceId" in order:
                    found[order["id"]] = order
                    asked.setdefault(order["id"], []).append(name)
        return tuple(replace(self._event(order), asked_as=tuple(asked[key])) for key, order in found.items())

    def _event(self, order: Json) -> RawEvent:
        self._complete(order)
        return RawEvent(
            kind="order",
            external_id=order["id"],
            # Rates are the only fractions Shopify writes as numbers: a float gives its shortest spelling back unchanged
            body=json.dumps(order, ensure_ascii=False, separators=(",", ":"), default=float).encode(),
            version=order["updatedAt"],
            occurred_at=mapping.instant(order["updatedAt"]),
        )

    def _complete(self, order: Json) -> None:
        """Read on where a list was longer than its page."""
        waiting = order["fulfillmentOrders"]
        self._read_on(order, waiting, "order_fulfillment_orders")
        for name, owners in CUT:
            for owner in owners(order):
                self._read_on(owner, owner[name], "order_rest")

    def _read_on(self, owner: Json, page: Json, document: str) -> None:
        info = page["pageInfo"]
        if info["hasNextPage"]:
            page["nodes"] += self.client.rest(document, owner["id"], info["endCursor"])
            page["pageInfo"] = dict(bulk.WHOLE)

    def parse_order(self, event: RawEvent) -> OrderDocument:
        node = parse_json(event.body)
        try:
            return mapping.parse_order(node, self.shop_domain, self.presentment)
        except (KeyError, TypeError, ValueError, ArithmeticError, AttributeError) as error:
            raise NeedsAttention(f"not an order as Shopify writes it: {error!r}", code="unreadable") from error

    def start_backfill(self, since: datetime | None) -> str:
        return bulk.start(self.client, since)

    def read_backfill(self, token: str) -> Backfill:
        return bulk.read(self.client, token, self.fetch_orders_by_id, self._event)

    def count_orders(self, since: datetime, until: datetime) -> OrderCount:
        query = f"processed_at:>='{bulk.utc(since)}' processed_at:<'{bulk.utc(until)}'"
        return OrderCount(count=self.client.query("orders_count", {"query": query})["ordersCount"]["count"])

    # ---- catalogue

    def fetch_listings(self, cursor: str | None = None) -> ListingPage:
        found = self.client.page("listings", {"after": cursor}, LISTINGS_PAGE)["productVariants"]
        info = found["pageInfo"]
        return ListingPage(
            listings=tuple(map(_listing, found["nodes"])),
            next_cursor=info["endCursor"] if info["hasNextPage"] else None,
        )

    # ---- out

    def push_shipments(self, shipments: Sequence[Shipment]) -> Sequence[PushResult]:
        return Shipper(self.client, shipments).push()

    def push_cancellations(self, cancellations: Sequence[Cancellation]) -> Sequence[PushResult]:
        return one_by_one(cancellations, lambda request: money_back.cancel(self.client, request))

    def push_refunds(self, refunds: Sequence[RefundRequest]) -> Sequence[PushResult]:
        return one_by_one(refunds, lambda request: money_back.refund(self.client, request, self.presentment))

    # ---- stock

    def push_stock(self, levels: Sequence[StockLevel]) -> Sequence[PushResult]:
        return stock.push(self.client, levels)

    def read_stock(self, places: Sequence[tuple[str, str]]) -> Sequence[StockReading]:
        return stock.read(self.client, places)

    def fetch_stock(self, location_external_id: str, cursor: str | None = None) -> StockPage:
        return stock.page(self.client, location_external_id, cursor, self.stock_page_size)

    # ---- webhooks

    def read_webhook(self, headers: Mapping[str, str], body: bytes) -> WebhookHint:
        return self.receiver.read(headers, body)

    def sync_webhooks(self, callback_url: str) -> tuple[str, ...]:
        return webhooks.sync(self.client, callback_url)


def _listing(row: Json) -> ListingDocument:
    product, item = row["product"], row.get("inventoryItem") or {}
    return ListingDocument(
        external_id=row["id"],
        product_external_id=product["id"],
        title=product.get("title") or "",
        variant_title="" if row.get("title") in (None, "Default Title") else row["title"],
        sku=row.get("sku") or "",
        barcode=row.get("barcode") or "",
        inventory_external_id=mapping.gid(item),
        price=None if row.get("price") is None else Decimal(str(row["price"])),
        active=product.get("status") == "ACTIVE",
        requires_shipping=bool(item.get("requiresShipping", True)),
        tracked=bool(item.get("tracked", True)),
        bundle=bool(row.get("requiresComponents")),
        updated_at=mapping.instant(row["updatedAt"]) if row.get("updatedAt") else None,
    )
