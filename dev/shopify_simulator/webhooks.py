"""The webhook outbox and its delivery: real headers, HMAC of the exact bytes, retries, and the ways in which delivery goes wrong.

A delivery is written in the transaction of the change it tells of, with its body frozen. Time is the simulator's clock: eight
retries within four hours, then the subscription is deleted. Nothing leaves this machine: an https address is only reachable
through the host map.
"""
from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import json
import logging
import random
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from . import payloads, search
from .clock import iso
from .webhook_api import topic_text

_log = logging.getLogger(__name__)
Node = dict[str, Any]

RETRY_SECONDS = (10, 60, 300, 600, 1200, 2400, 3600, 6230)  # eight retries, four hours in all
CONNECT_TIMEOUT, ANSWER_TIMEOUT = 1.0, 5.0
KEPT_BODIES = 1000


@dataclass
class Mode:
    """How delivery behaves. Probabilities are per delivery; `delay` is a range of seconds on the simulator's clock."""

    order: str = "in_order"  # or shuffled
    duplicate: float = 0
    drop: float = 0
    delay: tuple[float, float] = (0, 0)
    signature: str = "good"  # wrong, old_secret, missing
    domain: str | None = None
    oversize: int = 0  # bytes of padding added to each body
    manual: bool = False  # nothing is sent before `flush`
    concurrency: int = 1
    seed: int = 0
    random: random.Random = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self.delay = (self.delay, self.delay) if isinstance(self.delay, (int, float)) else tuple(self.delay)  # type: ignore
        self.random = random.Random(self.seed)


def sign(secret: str, body: bytes) -> str:
    """Base64 HMAC-SHA256 of the raw body, as in X-Shopify-Hmac-Sha256."""
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


class Hooks:
    """Outbox and courier of one shop and its app."""

    def __init__(self, shop: Any, app: Any) -> None:
        self.shop, self.app = shop, app
        self.mode = Mode()
        self.host_map: dict[str, str] = {}
        self._last: dict[tuple[str, str], str] = {}
        self._waiting: dict[str, Node] = {row["id"]: row for row in shop.all("Delivery") if row["state"] == "pending"}
        self._stop = threading.Event()
        self._sending = threading.Lock()
        self._pool: ThreadPoolExecutor | None = None
        self._thread: threading.Thread | None = None
        shop.before_commit.append(self.write)
        shop.on_commit.append(lambda shop: self._wake())

    # -- outbox

    def write(self, shop: Any, events: list[tuple[str, Node, Node]]) -> None:
        """Turn a transaction's events into deliveries; runs inside that transaction."""
        subscriptions = shop.all("WebhookSubscription")
        if not subscriptions or not events:
            return
        event_id = str(uuid.UUID(int=shop.random.getrandbits(128), version=4))
        wanted: dict[str, list[Node]] = {}
        for subscription in subscriptions:
            wanted.setdefault(topic_text(subscription["topic"]), []).append(subscription)
        for topic, node, details in events:
            if topic in wanted:
                body = payloads.body(shop, topic, node, details)
                for subscription in wanted[topic]:
                    self._enqueue(subscription, topic, node, body, event_id)

    def _enqueue(self, subscription: Node, topic: str, node: Node, body: Node, event_id: str) -> None:
        if subscription["filter"] and not _passes(subscription["filter"], body):
            return
        chosen = _only(body, subscription["includeFields"]) if subscription["includeFields"] else body
        if not self.app.protected_data:
            chosen = payloads.without_personal_data(chosen)
        raw = json.dumps(chosen, ensure_ascii=False, separators=(",", ":")).encode()
        digest = hashlib.sha256(raw).hexdigest()
        place = subscription["id"], f"{topic} {node['id']}"
        if self._last.get(place) == digest:
            return  # Shopify debounces identical payloads
        self._last[place] = digest
        mode, now = self.mode, self.shop.clock.seconds()
        if mode.drop and mode.random.random() < mode.drop:
            self._add(subscription, topic, raw, event_id, now, state="dropped")
            return
        first = self._add(subscription, topic, raw, event_id, now + mode.random.uniform(*mode.delay))
        if mode.duplicate and mode.random.random() < mode.duplicate:
            self._add(subscription, topic, raw, event_id, now + mode.random.uniform(*mode.delay), webhook_id=first["webhook_id"])

    def _add(self, subscription: Node, topic: str, raw: bytes, event_id: str, due: float, **values: Any) -> Node:
        webhook_id = values.pop("webhook_id", None) or str(uuid.UUID(int=self.shop.random.getrandbits(128), version=4))
        row = self.shop.add("Delivery", subscription=subscription["id"], uri=subscription["uri"], topic=topic, body=raw,
                             webhook_id=webhook_id, event_id=event_id, name=subscription["name"],
                             version=self.shop.meta["settings"]["webhook_version"], triggered_at=self.shop.now(), due=due,
                             attempts=[], **{"state": "pending", **values})
        if row["state"] == "pending":
            self._waiting[row["id"]] = row
        return row

    def forget(self) -> None:
        """Nothing sent, nothing waiting, normal mode; the host map stays."""
        self._last.clear()
        self._waiting.clear()
        self.mode = Mode()

    def rows(self) -> list[Node]:
        """What `webhook_deliveries` tells of each delivery, oldest first."""
        with self.shop.lock:
            return [{**{key: row[key] for key in ("id", "topic", "uri", "webhook_id", "event_id", "state", "attempts", "due")},
                     "triggered_at": iso(row["triggered_at"]), "body": row["body"].decode() if row["body"] else None}
                    for row in self.shop.all("Delivery")]

    # -- courier

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run, name="webhooks", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._wake()

    def _wake(self) -> None:
        with self.shop.clock.moved:
            self.shop.clock.moved.notify_all()

    def _run(self) -> None:
        while not self._stop.is_set():
            sent = 0
            if not self.mode.manual:
                try:
                    sent = self.send_due(background=True)
                except Exception:
                    _log.exception("delivering webhooks")
            if not sent:
                with self.shop.clock.moved:
                    self.shop.clock.moved.wait(0.2)
                time.sleep(0.02)  # a burst of changes is one round of deliveries

    def pending(self) -> list[Node]:
        with self.shop.lock:
            rows = [row for row in self._waiting.values() if self.shop.nodes.get(row.get("id")) is row and row["state"] == "pending"]
            self._waiting = {row["id"]: row for row in rows}
            return rows

    def send_due(self, everything: bool = False, background: bool = False) -> int:
        """Send what is due (or everything pending); gives how many were tried."""
        with self._sending:
            now = self.shop.clock.seconds()
            due = [row for row in self.pending() if everything or row["due"] <= now]
            if self.mode.order == "shuffled":
                self.mode.random.shuffle(due)
            else:
                due.sort(key=lambda row: (row["due"], row["n"]))
            if self.mode.concurrency > 1 and len(due) > 1:
                if self._pool is None or self._pool._max_workers != self.mode.concurrency:
                    self._pool = ThreadPoolExecutor(self.mode.concurrency)
                list(self._pool.map(self._deliver, due))
            else:
                for row in due:
                    if self._stop.is_set() or (background and self.mode.manual):
                        break
                    self._deliver(row)
            return len(due)

    def _deliver(self, row: Node) -> None:
        status = self.post(row["uri"], row["body"], self.headers(row))
        with self.shop.transaction():
            self.shop.touch(row, stamp=False)
            row["attempts"].append({"at": iso(self.shop.now()), "status": status})
            if isinstance(status, int) and 200 <= status < 300:
                row["state"] = "delivered"
                self._forget_old_bodies()
                return
            if len(row["attempts"]) > len(RETRY_SECONDS):
                row["state"] = "failed"
                subscription = self.shop.find(row["subscription"])
                if subscription is not None:
                    self.shop.remove(subscription)
            else:
                row["due"] = self.shop.clock.seconds() + RETRY_SECONDS[len(row["attempts"]) - 1]

    def _forget_old_bodies(self) -> None:
        rows = self.shop.tables["Delivery"]
        if len(rows) % 100 == 0 and len(rows) > KEPT_BODIES:
            for row in list(rows.values())[:-KEPT_BODIES]:
                if row["state"] != "pending":
                    row["body"] = b""

    def headers(self, row: Node) -> dict[str, str]:
        mode = self.mode
        secret = self.app.client_secret
        if mode.signature == "old_secret" and self.app.old_secret:
            secret = self.app.old_secret[0]
        signature = sign("not the secret" if mode.signature == "wrong" else secret, self._sent_body(row["body"]))
        made = {
            "Content-Type": "application/json", "User-Agent": "Shopify-Captain-Hook", "X-Shopify-Topic": row["topic"],
            "X-Shopify-Hmac-Sha256": signature, "X-Shopify-Shop-Domain": mode.domain or self.shop.domain,
            "X-Shopify-API-Version": row["version"], "X-Shopify-Webhook-Id": row["webhook_id"],
            "X-Shopify-Event-Id": row["event_id"], "X-Shopify-Triggered-At": row["triggered_at"].isoformat().replace("+00:00", "Z"),
        }
        if mode.signature == "missing":
            del made["X-Shopify-Hmac-Sha256"]
        return {**made, "X-Shopify-Name": row["name"]} if row["name"] else made

    def _sent_body(self, body: bytes) -> bytes:
        """The bytes that leave: padded by spaces inside the JSON when the mode asks for an oversized body."""
        return body[:-1] + b" " * self.mode.oversize + body[-1:] if self.mode.oversize else body

    def local_address(self, uri: str) -> str | None:
        """Where an https address really is, by the longest mapped prefix."""
        for prefix in sorted(self.host_map, key=len, reverse=True):
            if uri.startswith(prefix):
                return self.host_map[prefix].rstrip("/") + "/" + uri[len(prefix):].lstrip("/")
        return None

    def post(self, uri: str, body: bytes, headers: dict[str, str]) -> int | str:
        """HTTP status of the receiver's answer, or why there was none. Redirects count as failures, as at Shopify."""
        address = self.local_address(uri)
        if address is None:
            return "no host_map entry"
        parts = urlsplit(address)
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port or 80, timeout=CONNECT_TIMEOUT)
        try:
            connection.connect()
            connection.sock.settimeout(ANSWER_TIMEOUT)
            target = parts.path + (f"?{parts.query}" if parts.query else "")
            started = time.monotonic()
            connection.request("POST", target or "/", self._sent_body(body), headers)
            status = connection.getresponse().status
            return status if time.monotonic() - started <= ANSWER_TIMEOUT else "timeout"
        except TimeoutError:
            return "timeout"
        except (OSError, http.client.HTTPException) as error:
            return type(error).__name__
        finally:
            connection.close()


def _only(body: Node, names: list[str]) -> Node:
    """The body's chosen fields; "line_items.id" keeps that key of each row."""
    made: Node = {}
    for name in names:
        head, _, tail = name.partition(".")
        if head not in body:
            continue
        if not tail:
            made[head] = body[head]
            continue
        rows = body[head]
        kept = [_only(row, [tail]) for row in rows] if isinstance(rows, list) else _only(rows or {}, [tail])
        before = made.get(head)
        if isinstance(kept, list) and isinstance(before, list):
            kept = [{**old, **new} for old, new in zip(before, kept, strict=False)]
        elif isinstance(kept, dict) and isinstance(before, dict):
            kept = {**before, **kept}
        made[head] = kept
    return made


def _passes(text: str, body: Node) -> bool:
    """A subscription filter over the body; a field that the body lacks suppresses the delivery."""
    def test(node: Any) -> bool:
        if isinstance(node, search.Term):
            value = body.get(node.field)
            if value is None:
                return False
            wanted = node.value.lower()
            if node.op in (">", ">=", "<", "<="):
                try:
                    left, right = float(value), float(wanted)
                except ValueError:
                    return False
                return {">": left > right, ">=": left >= right, "<": left < right, "<=": left <= right}[node.op]
            return str(value).lower() == wanted or wanted == "*"
        results = [test(child) for child in node.children]
        return not results[0] if node.kind == "not" else any(results) if node.kind == "or" else all(results)

    tree = search.parse(text)
    return tree is None or test(tree)
