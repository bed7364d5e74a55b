"""Mass reading by a bulk operation: rows in any order are grouped on disk, so that memory stays flat."""

from __future__ import annotations

import json
import sqlite3
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any

from odoo.addons.ec_channel_base.sdk.documents import Backfill, RawEvent
from odoo.addons.ec_channel_base.sdk.errors import NeedsAttention, Permanent, Retryable

from .client import GraphQL, Refused, document

Json = dict[str, Any]
BEGINNING = "1970-01-01T00:00:00Z"  # the date written in bulk_orders.graphql
ROWS = 1000
AGAIN = 100  # orders that a bulk result cannot tell whole, read again in one request
NOT_READY = frozenset({"CREATED", "RUNNING", "CANCELING"})
WHOLE = {"hasNextPage": False, "endCursor": None}


def start(client: GraphQL, since: datetime | None) -> str:
    text = document("bulk_orders").replace(BEGINNING, utc(since) if since else BEGINNING)
    try:
        payload = client.mutate("bulk_run", {"query": text})
    except Refused as refused:
        raise NeedsAttention(str(refused), code="backfill_refused", detail=refused.detail) from refused
    return str(payload["bulkOperation"]["id"])


def utc(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def read(
    client: GraphQL,
    token: str,
    reread: Callable[[Sequence[str]], Sequence[RawEvent]],
    event: Callable[[Json], RawEvent],
) -> Backfill:
    state = client.query("bulk_state", {"id": token})["bulkOperation"]
    if state is None:
        raise Permanent("the bulk operation is not there", code="backfill_gone")
    status = state["status"]
    if status in NOT_READY:
        return Backfill(done=False)
    if status == "COMPLETED":
        url = state["url"]
        return Backfill(done=True, events=_events(client, url, reread, event) if url else ())
    if state.get("errorCode") == "ACCESS_DENIED":
        raise NeedsAttention("the app may not read all of this", code="scope_missing")
    raise Permanent(
        f"the bulk operation ended as {status} {state.get('errorCode') or ''}".strip(), code="backfill_failed"
    )


def _events(
    client: GraphQL, url: str, reread: Callable[[Sequence[str]], Sequence[RawEvent]], event: Callable[[Json], RawEvent]
) -> Iterator[RawEvent]:
    lines = client.transport.request("GET", url, stream=True).lines()
    partial: list[str] = []
    for order in assemble(lines):
        if is_whole(order):
            yield event(order)
        else:
            partial.append(order["id"])
            if len(partial) == AGAIN:
                yield from reread(partial)
                partial.clear()
    if partial:
        yield from reread(partial)


def is_whole(order: Json) -> bool:
    """A bulk query may not ask for the lines of refunds and fulfilments, and tells only one shipping line."""
    if order["refunds"] or order["fulfillments"]:
        return False
    charged = Decimal(order["totalShippingPriceSet"]["shopMoney"]["amount"])
    told = sum(
        (Decimal(row["originalPriceSet"]["shopMoney"]["amount"]) for row in order["shippingLines"]["nodes"]), Decimal(0)
    )
    return charged == told


def assemble(lines: Iterable[bytes]) -> Iterator[Json]:
    """Orders in the shape of the poll page, oldest change first, from JSONL rows that may come in any order."""
    with tempfile.TemporaryDirectory(prefix="hatoba-") as folder:
        database = sqlite3.connect(Path(folder) / "rows.sqlite", isolation_level=None)
        try:
            database.executescript(
                "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; CREATE TABLE row (id TEXT, parent TEXT, body BLOB);"
            )
            rest = iter(lines)
            while rows := list(islice(rest, ROWS)):
                database.execute("BEGIN")
                database.executemany("INSERT INTO row VALUES (?, ?, ?)", map(_row, rows))
                database.execute("COMMIT")
            database.execute("CREATE INDEX by_parent ON row (parent)")
            for identity, body in database.execute("SELECT id, body FROM row WHERE parent = '' ORDER BY rowid"):
                yield _order(database, identity, body)
        finally:
            database.close()


def _row(line: bytes) -> tuple[str, str, bytes]:
    try:
        value = json.loads(line)
        return str(value["id"]), str(value.get("__parentId") or ""), line
    except (ValueError, KeyError, TypeError) as error:
        raise Retryable("the bulk result holds a line that is no row", code="bad_answer") from error


def _order(database: sqlite3.Connection, identity: str, body: bytes) -> Json:
    order = _load(body)
    shipping = order.pop("shippingLine", None)
    order["shippingLines"] = {"nodes": [shipping] if shipping else [], "pageInfo": dict(WHOLE)}
    children = list(_children(database, identity))
    order["lineItems"] = {"nodes": [row for row in children if _is(row, "LineItem")], "pageInfo": dict(WHOLE)}
    waiting = [row for row in children if _is(row, "FulfillmentOrder")]
    for row in waiting:
        row["lineItems"] = {"nodes": list(_children(database, row["id"])), "pageInfo": dict(WHOLE)}
    order["fulfillmentOrders"] = {"nodes": waiting, "pageInfo": dict(WHOLE)}
    return order


def _children(database: sqlite3.Connection, parent: str) -> Iterator[Json]:
    """In the order in which they were made, which is the order of a page."""
    found = [_load(body) for (body,) in database.execute("SELECT body FROM row WHERE parent = ?", (parent,))]
    for row in sorted(found, key=lambda row: int(row["id"].rpartition("/")[2])):
        row.pop("__parentId", None)
        yield row


def _load(body: bytes) -> Json:
    value: Json = json.loads(body, parse_float=Decimal)
    return value


def _is(row: Json, kind: str) -> bool:
    return str(row["id"]).startswith(f"gid://shopify/{kind}/")
