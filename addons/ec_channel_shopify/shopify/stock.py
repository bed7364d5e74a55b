"""Stock out and stock read: inventorySetQuantities with compare-and-set, one effect however often it is repeated.

Shopify takes up to 250 rows a call, refuses the whole call for one bad row, and remembers an idempotency key for a day.
So a call is made in rounds: what the first refuses is set aside, and the rest goes out again. The key of a round
comes from the sequence of level keys and the round's number alone, never from what was refused. So whoever repeats the
call meets the keys of the earlier attempt:

* the same rows, carried out: Shopify replays the answer;
* refused, or with other rows (a later round): what became of it cannot be told any more. The keys of the rounds still
  to come are then used up with a row that is always refused, so that no late copy can have an effect, and every level is
  answered "stale": the push is over, read what the shop shows.

A lost answer in any round makes the whole call unknown, so that it is repeated as a whole.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_FLOOR, Decimal
from typing import Any

from odoo.addons.ec_channel_base.sdk.documents import ZERO, PushResult, StockLevel, StockPage, StockReading
from odoo.addons.ec_channel_base.sdk.errors import ChannelError, NeedsAttention, Permanent, Retryable

from .client import GraphQL, Refused, TooExpensive

Json = dict[str, Any]
NAMESPACE = uuid.UUID("d2b8a8b0-3a2e-4f0b-9a55-3f3d1c1f6a57")
ROWS = 250  # most rows a call takes, most ids a query takes
ROUNDS = 5
LARGEST = 1_000_000_000
IMPOSSIBLE = 2_000_000_000  # a figure that every shop refuses
COMPARED = "2026-04"  # before it, the older way of comparing must be switched off by name

ITEM = re.compile(r"gid://shopify/InventoryItem/\d+")
LOCATION = re.compile(r"gid://shopify/Location/\d+")
ROW = re.compile(r"\d+")
WHOLE_ACCOUNT = frozenset({"credentials", "forbidden", "account_frozen", "scope_missing"})
USED = frozenset({"IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED", "IDEMPOTENCY_KEY_PARAMETER_MISMATCH"})

# userErrors of one row → code and what to do about it
ROW_ERRORS = {
    "CHANGE_FROM_QUANTITY_STALE": ("stale", "the shop shows another figure than expected: it is read and sent anew"),
    "COMPARE_QUANTITY_STALE": ("stale", "the shop shows another figure than expected: it is read and sent anew"),
    "INVALID_INVENTORY_ITEM": ("unknown_item", "Shopify has no such inventory item: read the listings again"),
    "INVALID_LOCATION": ("unknown_location", "Shopify has no such location: choose the location again"),
    "ITEM_NOT_STOCKED_AT_LOCATION": ("not_stocked", "stock the item at this location in Shopify"),
    "NON_MUTABLE_INVENTORY_ITEM": (
        "immutable_item",
        "Shopify computes this item's stock itself (a bundle): map the products it consists of",
    ),
    "INVALID_QUANTITY_NEGATIVE": ("quantity_refused", "Shopify does not take this figure"),
    "INVALID_QUANTITY_TOO_HIGH": ("quantity_refused", "Shopify does not take this figure"),
    "INVALID_QUANTITY_TOO_LOW": ("quantity_refused", "Shopify does not take this figure"),
}
UNTRACKED = "Shopify does not count this item: tick “Track quantity” there, or leave the listing out"


class _Used(Exception):
    """The key of this round was used by an earlier attempt whose outcome cannot be told."""


# ---- telling


def push(client: GraphQL, levels: Sequence[StockLevel]) -> list[PushResult]:
    """One result a level, in order. A failure of a whole call ends the pushing; nothing acknowledged before it: it raises."""
    results: list[PushResult] = []
    dead: ChannelError | None = None
    for part in _parts(levels):
        if dead is None:
            try:
                results += _Call(client, part).push()
                continue
            except ChannelError as error:
                if isinstance(error, Retryable):  # of what follows nothing was sent
                    dead = Retryable(str(error), code=error.code, retry_after=error.retry_after, tried=False)
                elif error.code in WHOLE_ACCOUNT:
                    dead = error
                if dead is not None and not results and not getattr(error, "outcome_unknown", False):
                    raise
                results += [PushResult(key=level.key, error=error) for level in part]
        else:
            results += [PushResult(key=level.key, error=dead) for level in part]
    return results


def _parts(levels: Sequence[StockLevel]) -> Iterator[list[StockLevel]]:
    """Calls of up to ROWS levels; a place stands in each only once."""
    part: list[StockLevel] = []
    places: set[tuple[str, str]] = set()
    for level in levels:
        place = (level.inventory_external_id, level.location_external_id)
        if len(part) == ROWS or place in places:
            yield part
            part, places = [], set()
        part.append(level)
        places.add(place)
    if part:
        yield part


@dataclass
class _Call:
    """Up to ROWS levels of different places."""

    client: GraphQL
    levels: list[StockLevel]
    errors: dict[str, ChannelError] = field(default_factory=dict)  # by level key

    def push(self) -> list[PushResult]:
        rows = [level for level in self.levels if not self._refused_here(level)]
        if rows:
            seed = uuid.uuid5(NAMESPACE, "\n".join(level.key for level in rows))
            try:
                self._rounds(rows, seed)
            except _Used:
                self.errors |= {level.key: _overtaken() for level in rows}
        return [PushResult(key=level.key, error=self.errors.get(level.key)) for level in self.levels]

    def _refused_here(self, level: StockLevel) -> bool:
        """What Shopify would refuse for its form alone, and the call with it."""
        if not ITEM.fullmatch(level.inventory_external_id):
            self.errors[level.key] = _row_error("INVALID_INVENTORY_ITEM")
        elif not LOCATION.fullmatch(level.location_external_id):
            self.errors[level.key] = _row_error("INVALID_LOCATION")
        elif not -LARGEST <= level.quantity <= LARGEST:
            self.errors[level.key] = _row_error("INVALID_QUANTITY_TOO_HIGH")
        return level.key in self.errors

    def _rounds(self, rows: list[StockLevel], seed: uuid.UUID) -> None:
        activated: set[str] = set()
        for number in range(ROUNDS):
            key = _round_key(seed, number)
            try:
                untracked = self._set(rows, key)
            except Retryable as error:
                if number == 0 or error.outcome_unknown:
                    raise
                self.errors |= {level.key: error for level in rows}  # the others keep what they were told
                return
            except Refused as refused:
                if refused.codes & USED:
                    self._use_up(rows[0], seed, number + 1)
                    raise _Used from refused
                rows = self._set_aside(rows, refused, activated, seed)
                if not rows:
                    return
                continue
            for level in rows:
                if level.inventory_external_id in untracked:
                    self.errors[level.key] = NeedsAttention(UNTRACKED, code="untracked")
            return
        # Other rows became stale each time: a very busy shop. Nothing of these was applied.
        wait = Retryable("too many figures changed while they were sent", code="busy", retry_after=1.0)
        self.errors |= {level.key: wait for level in rows}

    def _set(self, rows: Sequence[StockLevel], key: str) -> set[str]:
        """Set these figures; gives the ids of those items among the changed ones that Shopify does not count."""
        values: Json = {
            "name": "available",
            "reason": "correction",
            "referenceDocumentUri": f"gid://hatoba/StockLevel/{key}",
            "quantities": [_row(level) for level in rows],
        }
        payload = self._mutate("stock_set", {"input": values, "key": key})
        group = payload.get("inventoryAdjustmentGroup") or {}  # null: all of it was so already
        items = [change.get("item") or {} for change in group.get("changes") or ()]
        return {item["id"] for item in items if item.get("tracked") is False}

    def _mutate(self, name: str, variables: Json) -> Json:
        if self.client.version < COMPARED and "input" in variables:
            variables = {**variables, "input": {**variables["input"], "ignoreCompareQuantity": True}}
        try:
            return self.client.mutate(name, variables)
        except Retryable as error:
            if error.code == "busy":  # an earlier attempt with the same key is still at work
                raise Retryable(
                    str(error), code=error.code, retry_after=error.retry_after, outcome_unknown=True
                ) from error
            raise

    def _set_aside(
        self, rows: list[StockLevel], refused: Refused, activated: set[str], seed: uuid.UUID
    ) -> list[StockLevel]:
        """Give the refused rows their errors; what is left can go out again. Raises `refused` when it is about no row."""
        bad: dict[int, Json] = {}
        for error in refused.errors:
            at = _row_number(error)
            if at is None or at >= len(rows):
                raise refused
            bad.setdefault(at, error)
        left = []
        for at, level in enumerate(rows):
            code = str(bad[at].get("code") or "") if at in bad else None
            if code == "ITEM_NOT_STOCKED_AT_LOCATION" and not level.expected and level.key not in activated:
                activated.add(level.key)
                if self._activate(level, seed):
                    left.append(level)
            elif code is None:
                left.append(level)
            elif code in ROW_ERRORS:
                self.errors[level.key] = _row_error(code)
            else:
                self.errors[level.key] = Permanent(str(bad[at].get("message") or code), code="refused", detail=code)
        return left

    def _activate(self, level: StockLevel, seed: uuid.UUID) -> bool:
        """Stock the item at the location, where it shows nothing yet."""
        variables = {
            "item": level.inventory_external_id,
            "location": level.location_external_id,
            "key": str(uuid.uuid5(seed, f"activate {level.key}")),
        }
        try:
            self._mutate("stock_activate", variables)
        except Refused as refused:
            self.errors[level.key] = _row_error("ITEM_NOT_STOCKED_AT_LOCATION", refused.detail)
            return False
        return True

    def _use_up(self, level: StockLevel, seed: uuid.UUID, first: int) -> None:
        """Spend the keys of the later rounds, up to the first that nobody had used: rounds follow one another."""
        row = {**_row(level), "quantity": IMPOSSIBLE, "changeFromQuantity": -IMPOSSIBLE}
        values: Json = {"name": "available", "reason": "correction", "quantities": [row]}
        for number in range(first, ROUNDS):
            try:
                self._mutate("stock_set", {"input": values, "key": _round_key(seed, number)})
            except Refused as refused:
                if refused.codes & USED:
                    continue
            except Retryable as error:  # of the earlier attempt, too, nothing is known yet
                raise Retryable(
                    str(error), code=error.code, retry_after=error.retry_after, outcome_unknown=True
                ) from error
            return


def _round_key(seed: uuid.UUID, number: int) -> str:
    return str(uuid.uuid5(seed, str(number)))


def _row(level: StockLevel) -> Json:
    return {
        "inventoryItemId": level.inventory_external_id,
        "locationId": level.location_external_id,
        "quantity": _whole(level.quantity),
        "changeFromQuantity": None if level.expected is None else _whole(level.expected),
    }


def _whole(quantity: Decimal) -> int:
    return int(quantity.to_integral_value(ROUND_FLOOR))


def _row_number(error: Json) -> int | None:
    """["input", "quantities", "3", "locationId"] → 3."""
    return next((int(part) for part in error.get("field") or () if ROW.fullmatch(str(part))), None)


def _row_error(code: str, detail: str = "") -> NeedsAttention:
    ours, fix = ROW_ERRORS[code]
    return NeedsAttention(fix, code=ours, detail=detail or code)


def _overtaken() -> NeedsAttention:
    return NeedsAttention(
        "an earlier attempt of this push is over and cannot be told from its outcome: the figure is read and sent anew",
        code="stale",
    )


# ---- asking


def read(client: GraphQL, places: Sequence[tuple[str, str]]) -> list[StockReading]:
    """One reading a place, in order; a request for up to 250 items of a location."""
    wanted: dict[str, list[str]] = {}
    for item, location in dict.fromkeys(places):
        if ITEM.fullmatch(item) and LOCATION.fullmatch(location):
            wanted.setdefault(location, []).append(item)
    found: dict[tuple[str, str], Json] = {}
    for location, items in wanted.items():
        for node in _nodes(client, location, items):
            found[node["id"], location] = node
    return [_reading(place, found.get(place)) for place in places]


def _nodes(client: GraphQL, location: str, items: list[str]) -> Iterator[Json]:
    while items:
        size = client.sizes.get("stock_read", ROWS)
        part, rest = items[:size], items[size:]
        try:
            data = client.query("stock_read", {"ids": part, "location": location})
        except TooExpensive:
            if size <= 1:
                raise
            client.sizes["stock_read"] = size // 2
            continue
        yield from (node for node in data["nodes"] if node and "tracked" in node)
        items = rest


def _reading(place: tuple[str, str], node: Json | None) -> StockReading:
    item, location = place
    if node is None:
        return StockReading(
            inventory_external_id=item,
            location_external_id=location,
            quantity=None,
            active=False,
            error=_row_error("INVALID_INVENTORY_ITEM"),
        )
    level = node.get("inventoryLevel")
    return StockReading(
        inventory_external_id=item,
        location_external_id=location,
        quantity=_available(level) if level else ZERO,
        tracked=bool(node["tracked"]),
        active=level is not None,
    )


def page(client: GraphQL, location: str, cursor: str | None, size: int) -> StockPage:
    """One page of all levels at a location. Raises Permanent("unknown_location")."""
    found = client.page("stock_page", {"location": location, "after": cursor}, size)["location"]
    if found is None:
        raise Permanent(f"Shopify has no location {location}", code="unknown_location")
    levels = found["inventoryLevels"]
    readings = tuple(
        StockReading(
            inventory_external_id=level["item"]["id"],
            location_external_id=location,
            quantity=_available(level),
            tracked=bool(level["item"]["tracked"]),
        )
        for level in levels["nodes"]
    )
    info = levels["pageInfo"]
    return StockPage(readings=readings, next_cursor=info["endCursor"] if info["hasNextPage"] else None)


def _available(level: Json) -> Decimal:
    return Decimal(level["quantities"][0]["quantity"])
