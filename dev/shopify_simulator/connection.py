"""Connections: filter, sort, cut a window by cursor, and say what is beside it."""
from __future__ import annotations

import base64
import binascii
import bisect
import itertools
import json
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from . import search
from .errors import NotModelled, TopLevelError

MAX_PAGE = 250
SortKeys = dict[str, Callable[[Any], Any]]


def connection(items: Iterable[Any], args: dict[str, Any], ctx: Any, *, filters: dict[str, search.Filter] | None = None,
               sort_keys: SortKeys | None = None, default_sort: str = "ID") -> dict[str, Any]:
    """The connection object over items for the field being resolved, per its arguments.

    Only a list search (`query:`) lags behind writes when the shop's `search_lag` (seconds) says so.
    """
    rows = list(items)
    text = args.get("query")
    if text:
        rows = _search(rows, text, filters, ctx)
    return window(sort(rows, args, sort_keys, default_sort), args, ctx)


def _search(rows: list[Any], text: str, filters: dict[str, search.Filter] | None, ctx: Any) -> list[Any]:
    plan = ctx.plan
    declared = search.declared_filters(plan.definition.args["query"].description or "")
    if filters is None:
        raise NotModelled(f"{plan.where}(query:)")
    predicate, warnings, tree = search.compile_query(text, declared | {"default"}, filters, plan.where, ctx.now)
    if warnings:
        ctx.search.append({"path": list(ctx.path), "query": text, "parsed": search.describe(tree), "warnings": warnings})
    lag = ctx.shop.meta.get("search_lag")
    if lag:
        horizon = ctx.now - timedelta(seconds=lag)
        rows = [row for row in rows if row.get("updatedAt", horizon) <= horizon]
    return [row for row in rows if predicate(row)]


def count(items: Iterable[Any], args: dict[str, Any], ctx: Any, filters: dict[str, search.Filter] | None) -> dict[str, Any]:
    """A Count: exact up to `limit` (10,000 unless given; null counts all)."""
    rows = list(items)
    if args.get("query"):
        rows = _search(rows, args["query"], filters, ctx)
    limit = args.get("limit", 10000)
    if limit is not None and len(rows) > limit:
        return {"count": limit, "precision": "AT_LEAST"}
    return {"count": len(rows), "precision": "EXACT"}


def sort(rows: list[Any], args: dict[str, Any], sort_keys: SortKeys | None, default: str) -> list[tuple[Any, Any]]:
    """(sort value, item) pairs in order; ties and unsorted connections go by id."""
    name = args.get("sortKey") or default
    if name == "RELEVANCE" and sort_keys and "RELEVANCE" not in sort_keys:
        name = "ID"
    if name in ("ID", "POSITION") and (not sort_keys or name not in sort_keys):
        pairs = [(_number(row), row) for row in rows] if name == "ID" else list(enumerate(rows))
        if name == "ID" and sort_keys is not None:
            pairs.sort(key=lambda pair: pair[0])
    else:
        get = (sort_keys or {}).get(name)
        if get is None:
            raise NotModelled(f"sortKey {name}")
        pairs = [(get(row), row) for row in rows]
        pairs.sort(key=lambda pair: (pair[0] is not None, pair[0], _number(pair[1])) if pair[0] is not None
                   else (False, 0, _number(pair[1])))
    if args.get("reverse"):
        pairs.reverse()
    return pairs


def _number(row: Any) -> int:
    return row.get("n", 0)


def window(pairs: list[tuple[Any, Any]], args: dict[str, Any], ctx: Any, *, started: bool = False) -> dict[str, Any]:
    """Cut first/after/last/before out of the sorted pairs; `started`: there are more before them."""
    first, last = args.get("first"), args.get("last")
    where = ctx.plan.name
    start, stop = 0, len(pairs)
    if not ctx.all_pages:
        if first is None and last is None:
            raise TopLevelError("you must provide one of first or last", "BAD_REQUEST")
        if first is not None and last is not None:
            raise TopLevelError("providing both first and last is not supported", "BAD_REQUEST")
        for name, size in (("first", first), ("last", last)):
            if size is not None and (size < 0 or size > MAX_PAGE):
                message = (f"{name} cannot exceed {MAX_PAGE}" if size > MAX_PAGE else f"{name} must be positive")
                raise TopLevelError(f"{message} ({where})", "BAD_REQUEST")
        if args.get("after"):
            start = _position(pairs, args["after"], bool(args.get("reverse")), True, ctx)
        if args.get("before"):
            stop = _position(pairs, args["before"], bool(args.get("reverse")), False, ctx)
        if first is not None:
            stop = min(stop, start + first)
        elif last is not None:
            start = max(start, stop - last)
    chosen = pairs[start:max(start, stop)]
    return _Connection(chosen, (started or start > 0) and bool(pairs), stop < len(pairs))


def plain(args: dict[str, Any], ctx: Any) -> bool:
    """Whether a page forward in the order of ids is asked for, of everything: what :func:`numbered` can cut."""
    others = ("query", "reverse", "before", "last")
    return (args.get("first") is not None and args.get("sortKey") in (None, "ID") and not ctx.all_pages
            and not any(args.get(name) for name in others))


def numbered(rows: list[Any], args: dict[str, Any], ctx: Any, keep: Callable[[Any], Any] = bool) -> dict[str, Any]:
    """A page of a list that is kept in the order of its numbers: costs its own rows only, whatever the list's length."""
    start = 0
    if args.get("after"):
        start = bisect.bisect_right(rows, _read_cursor(args["after"], ctx)[0], key=_number)
    kept = (row for row in itertools.islice(rows, start, None) if keep(row))
    chosen = list(itertools.islice(kept, max(0, args["first"]) + 1))  # one more tells whether there is a next page
    return window([(_number(row), row) for row in chosen], {**args, "after": None}, ctx, started=start > 0)


class _Connection(dict):  # type: ignore[type-arg]
    """A connection object: nodes, edges, pageInfo; edges and cursors are only made when asked for."""

    def __init__(self, pairs: list[tuple[Any, Any]], before: bool, after: bool) -> None:
        super().__init__(nodes=[item for _, item in pairs])
        self.pairs, self.before, self.after = pairs, before, after

    def get(self, name: str, default: Any = None) -> Any:
        if name == "edges":
            return [{"cursor": cursor(value, item), "node": item} for value, item in self.pairs]
        if name == "pageInfo":
            ends = [cursor(*self.pairs[0]), cursor(*self.pairs[-1])] if self.pairs else [None, None]
            return {"hasNextPage": self.after, "hasPreviousPage": self.before, "startCursor": ends[0], "endCursor": ends[1]}
        return super().get(name, default)


def cursor(value: Any, item: Any) -> str:
    """Opaque to clients; holds the last id and sort value, so a page goes on from the right place after inserts."""
    if isinstance(value, datetime):
        value = value.strftime("%Y-%m-%d %H:%M:%S.%f")
    elif isinstance(value, Decimal):
        value = str(value)
    return base64.b64encode(json.dumps({"last_id": _number(item), "last_value": value}, separators=(",", ":"))
                            .encode()).decode()


def _position(pairs: list[tuple[Any, Any]], text: str, reverse: bool, after: bool, ctx: Any) -> int:
    """Index where the page starts (after a cursor) or stops (before one), by sort value then id."""
    number, value = _read_cursor(text, ctx)
    for index, (_, item) in enumerate(pairs):
        if _number(item) == number and cursor(pairs[index][0], item) == text:
            return index + 1 if after else index
    # The object moved or vanished: go on from where its old value would stand.
    keys = [_comparable(pair[0], pair[1]) for pair in pairs]
    wanted = (_plain(value), number)
    if reverse:
        keys.reverse()
        place = (bisect.bisect_left if after else bisect.bisect_right)(keys, wanted)
        return len(keys) - place
    return (bisect.bisect_right if after else bisect.bisect_left)(keys, wanted)


def _read_cursor(text: str, ctx: Any) -> tuple[int, Any]:
    """(last number, last sort value)."""
    if ctx.faults and ctx.faults.of("cursor_invalidated"):
        raise TopLevelError("Invalid cursor for current pagination sort.", "BAD_REQUEST")
    try:
        data = json.loads(base64.b64decode(text, validate=True))
        return int(data["last_id"]), data.get("last_value")
    except (binascii.Error, ValueError, KeyError, TypeError):
        raise TopLevelError("Malformed cursor", "BAD_REQUEST") from None


def _comparable(value: Any, item: Any) -> tuple[Any, int]:
    return _plain(value), _number(item)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return (1, value.strftime("%Y-%m-%d %H:%M:%S.%f"))
    if isinstance(value, (int, Decimal)):
        return (0, value)
    return (1, value or "")
