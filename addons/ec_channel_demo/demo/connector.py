"""The demo shop's connector: everything a connector needs, and nothing else. Explained in docs/write-a-connector.md."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from odoo.addons.ec_channel_base.sdk import documents as doc
from odoo.addons.ec_channel_base.sdk.connector import Capability, Connector, one_by_one
from odoo.addons.ec_channel_base.sdk.errors import NeedsAttention, WebhookRefused
from odoo.addons.ec_channel_base.sdk.transport import Transport, dump_json, parse_json, reading

from .mapping import instant, listing_document, order_document, stock_reading

IDS_PER_CALL = 50
TOPICS = ("order.changed", "order.placed")
LARGEST_WEBHOOK = 1024 * 1024
PLACES_PER_CALL = 100


@dataclass(frozen=True)
class DemoConnector(Connector):
    """`token` is the credential, `webhook_secret` signs what the shop sends."""

    transport: Transport
    token: str = field(repr=False)
    webhook_secret: str = field(repr=False)

    capabilities = frozenset(Capability) - {Capability.LOCATIONS}

    # ---- account

    def check(self) -> doc.AccountInfo:
        account = self._call("GET", "account")
        places = tuple(doc.Location(external_id=place["id"], name=place["name"]) for place in account["locations"])
        return doc.AccountInfo(
            external_id=account["id"],
            name=account["name"],
            currency=account["currency"],
            prices_include_tax=True,
            locations=places,
        )

    # ---- orders

    def fetch_orders(self, since: datetime, cursor: str | None = None) -> doc.Page:
        query = {"since": since.astimezone(UTC).isoformat()} | ({"cursor": cursor} if cursor else {})
        answer = self._call("GET", "orders", params=query)
        events = tuple(_event(order) for order in answer["orders"])
        return doc.Page(
            events=events, next_cursor=answer["next"], high_water=events[-1].occurred_at if events else None
        )

    def fetch_orders_by_id(self, external_ids: Sequence[str]) -> Sequence[doc.RawEvent]:
        found: list[doc.RawEvent] = []
        for start in range(0, len(external_ids), IDS_PER_CALL):
            wanted = ",".join(external_ids[start : start + IDS_PER_CALL])
            found += [_event(order) for order in self._call("GET", "orders", params={"ids": wanted})["orders"]]
        return found

    def parse_order(self, event: doc.RawEvent) -> doc.OrderDocument:
        with reading("the order"):
            return order_document(parse_json(event.body))

    def count_orders(self, since: datetime, until: datetime) -> doc.OrderCount:
        window = {"since": since.astimezone(UTC).isoformat(), "until": until.astimezone(UTC).isoformat()}
        answer = self._call("GET", "orders/count", params=window)
        return doc.OrderCount(count=answer["count"], external_ids=tuple(answer["ids"]))

    def start_backfill(self, since: datetime | None) -> str:
        answer = self._call("POST", "exports", json={"since": since.astimezone(UTC).isoformat() if since else ""})
        return str(answer["id"])

    def read_backfill(self, token: str) -> doc.Backfill:
        answer = self.transport.request("GET", f"exports/{quote(token)}", headers=self._headers, stream=True)

        def events() -> Iterator[doc.RawEvent]:
            for line in answer.lines():
                yield _event(parse_json(line))

        return doc.Backfill(done=True, events=events())

    # ---- webhooks

    def read_webhook(self, headers: Mapping[str, str], body: bytes) -> doc.WebhookHint:
        if len(body) > LARGEST_WEBHOOK:
            raise WebhookRefused("too large")
        signature = hmac.new(self.webhook_secret.encode(), body, hashlib.sha256).hexdigest()
        if not hmac.compare_digest(signature.encode(), headers.get("x-demo-signature", "").encode()):
            raise WebhookRefused("wrong signature")
        if headers.get("x-demo-account") != "demo":
            raise WebhookRefused("for another account")
        with reading("the webhook"):
            hint = parse_json(body)
            shown = stock_reading(hint) if headers["x-demo-topic"] == "stock.changed" else None
            return doc.WebhookHint(
                topic=headers["x-demo-topic"],
                delivery_id=headers["x-demo-delivery"],
                kind="stock" if shown else "order",
                external_id=shown.inventory_external_id if shown else str(hint["order_id"]),
                occurred_at=instant(hint["changed_at"]),
                reading=shown,
            )

    def sync_webhooks(self, callback_url: str) -> tuple[str, ...]:
        there = self._call("GET", "subscriptions")["subscriptions"]
        missing = tuple(topic for topic in TOPICS if there.get(topic) != callback_url)
        for topic in missing:
            self._call("PUT", f"subscriptions/{topic}", json={"url": callback_url})
        return missing

    # ---- catalogue and stock

    def fetch_listings(self, cursor: str | None = None) -> doc.ListingPage:
        answer = self._call("GET", "listings", params={"cursor": cursor} if cursor else None)
        listings = tuple(listing_document(listing) for listing in answer["listings"])
        return doc.ListingPage(listings=listings, next_cursor=answer["next"])

    def push_stock(self, levels: Sequence[doc.StockLevel]) -> Sequence[doc.PushResult]:
        if not levels:
            return []
        rows = [
            {
                "key": level.key,
                "item_id": level.inventory_external_id,
                "location_id": level.location_external_id,
                "quantity": int(level.quantity),
                "expected": None if level.expected is None else int(level.expected),
            }
            for level in levels
        ]
        answers = self._call("PUT", "stock", json={"levels": rows})["levels"]
        return [_stock_result(level, answer) for level, answer in zip(levels, answers, strict=True)]

    def read_stock(self, places: Sequence[tuple[str, str]]) -> Sequence[doc.StockReading]:
        found: list[doc.StockReading] = []
        for start in range(0, len(places), PLACES_PER_CALL):
            wanted = ",".join(":".join(place) for place in places[start : start + PLACES_PER_CALL])
            found += map(stock_reading, self._call("GET", "stock", params={"places": wanted})["levels"])
        return found

    def fetch_stock(self, location_external_id: str, cursor: str | None = None) -> doc.StockPage:
        query = {"location": location_external_id} | ({"cursor": cursor} if cursor else {})
        answer = self._call("GET", "stock", params=query)
        return doc.StockPage(readings=tuple(map(stock_reading, answer["levels"])), next_cursor=answer["next"])

    # ---- what we tell about orders

    def push_shipments(self, shipments: Sequence[doc.Shipment]) -> Sequence[doc.PushResult]:
        return one_by_one(shipments, self._push_shipment)

    def _push_shipment(self, shipment: doc.Shipment) -> doc.PushResult:
        # The shop keeps our key and answers a repeat from it, so there is nothing to re-read first
        path = f"orders/{quote(shipment.order_external_id, safe='')}/shipments/{quote(shipment.key, safe='')}"
        if shipment.cancelled:
            self._call("DELETE", path)
            return doc.PushResult(key=shipment.key, external_ids=shipment.external_ids)
        lines = {line.line_external_id: int(line.quantity) for line in shipment.lines}
        parcel = self._call(
            "PUT", path, json={"lines": lines, "tracking": [tracking.number for tracking in shipment.tracking]}
        )
        return doc.PushResult(key=shipment.key, external_ids=(parcel["id"],))

    def push_cancellations(self, cancellations: Sequence[doc.Cancellation]) -> Sequence[doc.PushResult]:
        return one_by_one(cancellations, self._push_cancellation)

    def _push_cancellation(self, item: doc.Cancellation) -> doc.PushResult:
        path = f"orders/{quote(item.order_external_id, safe='')}/cancellation"
        self._call("PUT", path, json={"reason": item.reason, "refund": item.refund})
        return doc.PushResult(key=item.key)

    def push_refunds(self, refunds: Sequence[doc.RefundRequest]) -> Sequence[doc.PushResult]:
        return one_by_one(refunds, self._push_refund)

    def _push_refund(self, item: doc.RefundRequest) -> doc.PushResult:
        path = f"orders/{quote(item.order_external_id, safe='')}/refunds/{quote(item.key, safe='')}"
        lines = {line.line_external_id: int(line.quantity) for line in item.lines}
        refund = self._call("PUT", path, json={"lines": lines, "amount": item.amount, "note": item.note})
        return doc.PushResult(key=item.key, external_ids=(refund["id"],))

    # ---- transport

    @property
    def _headers(self) -> dict[str, str]:
        return {"X-Demo-Token": self.token}

    def _call(self, method: str, path: str, *, params: Mapping[str, str] | None = None, json: Any = None) -> Any:
        return self.transport.request(method, path, headers=self._headers, params=params, json=json).json()


def _event(order: Mapping[str, Any]) -> doc.RawEvent:
    changed_at = str(order["changed_at"])
    body = dump_json(order)
    return doc.RawEvent(
        kind="order", external_id=str(order["id"]), body=body, version=changed_at, occurred_at=instant(changed_at)
    )


def _stock_result(level: doc.StockLevel, answer: str) -> doc.PushResult:
    if answer == "ok":
        return doc.PushResult(key=level.key)
    return doc.PushResult(key=level.key, error=NeedsAttention(f"the shop says: {answer}", code=answer))
