"""Shopify's search syntax: parsed once, matched in Python over the filter fields that the schema declares.

https://shopify.dev/docs/api/usage/search-syntax. Which fields a connection takes comes from the table in the description of
its `query` argument. An undeclared field is ignored with a warning (as Shopify does); a declared field that nobody modelled
here is refused.
"""
from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from functools import cache, lru_cache
from typing import Any

from .clock import parse_instant
from .errors import NotModelled

_TOKEN = re.compile(r"""\s*(?:
    (?P<paren>[()]) |
    (?P<word>AND|OR|NOT)(?=[\s()]|$) |
    (?P<minus>-)?
    (?:(?P<field>[A-Za-z_][\w.]*|\d\d)\s*:\s*)?
    (?P<op>>=|<=|>|<|=)?
    (?:'(?P<single>(?:[^'\\]|\\.)*)' | "(?P<double>(?:[^"\\]|\\.)*)" | (?P<bare>[^\s():]+))
)""", re.X)


@dataclass(frozen=True)
class Term:
    field: str
    op: str
    value: str
    quoted: bool


@dataclass(frozen=True)
class Node:
    """A connective: "and", "or" or "not" over terms and nodes."""
    kind: str
    children: tuple[Any, ...] = field(default_factory=tuple)


@lru_cache(maxsize=2000)
def parse(text: str) -> Any:
    """The tree of a query, or None when it is empty. Malformed remains are skipped, as Shopify does."""
    tokens = []
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None or match.end() == position:
            position += 1
            continue
        position = match.end()
        # An unquoted time "12:30:00" falls apart at its colons: Shopify reads "00" as the next field.
        tokens.append(match)
    parser = _Parser(tokens)
    return parser.either()


class _Parser:
    def __init__(self, tokens: list[re.Match[str]]) -> None:
        self.tokens, self.position = tokens, 0

    def peek(self) -> re.Match[str] | None:
        return self.tokens[self.position] if self.position < len(self.tokens) else None

    def either(self) -> Any:
        parts = [self.both()]
        while (token := self.peek()) is not None and token["word"] == "OR":
            self.position += 1
            parts.append(self.both())
        parts = [part for part in parts if part is not None]
        return parts[0] if len(parts) == 1 else Node("or", tuple(parts)) if parts else None

    def both(self) -> Any:
        parts = []
        while (token := self.peek()) is not None and token["word"] != "OR" and token["paren"] != ")":
            self.position += 1
            if token["word"] == "AND":
                continue
            if token["word"] == "NOT":
                inner = self.one()
                if inner is not None:
                    parts.append(Node("not", (inner,)))
                continue
            self.position -= 1
            inner = self.one()
            if inner is not None:
                parts.append(inner)
        return parts[0] if len(parts) == 1 else Node("and", tuple(parts)) if parts else None

    def one(self) -> Any:
        token = self.peek()
        if token is None:
            return None
        self.position += 1
        if token["paren"] == "(":
            inner = self.either()
            if (closing := self.peek()) is not None and closing["paren"] == ")":
                self.position += 1
            return inner
        if token["paren"] or token["word"]:
            return None
        quoted = token["single"] if token["single"] is not None else token["double"]
        value = re.sub(r"\\(.)", r"\1", quoted) if quoted is not None else token["bare"]
        term = Term(token["field"] or "default", token["op"] or "", value, quoted is not None)
        return Node("not", (term,)) if token["minus"] else term


def describe(tree: Any) -> Any:
    """The `parsed` form in `extensions.search`."""
    if isinstance(tree, Term):
        name = {">": "range_gt", ">=": "range_gte", "<": "range_lt", "<=": "range_lte"}.get(
            tree.op, "match_phrase" if tree.quoted else "match_all")
        return {"field": tree.field, name: tree.value}
    if tree.kind == "not":
        return {"not": describe(tree.children[0])}
    return {tree.kind: [describe(child) for child in tree.children]}


# A filter is a kind and a getter of the value(s) to compare.
Filter = tuple[str, Callable[[Any], Any]]


def compile_query(text: str, declared: frozenset[str], filters: dict[str, Filter], what: str,
                  now: datetime) -> tuple[Callable[[Any], bool], list[dict[str, Any]], Any]:
    """(predicate, warnings, tree) of a search text."""
    tree = parse(text)
    warnings: list[dict[str, Any]] = []

    def build(node: Any) -> Callable[[Any], bool] | None:
        if isinstance(node, Term):
            if node.field not in declared and node.field != "default":
                warnings.append({"field": node.field, "message": "Invalid search field for this query.",
                                 "code": "invalid_field"})
                return None
            if node.field not in filters:
                raise NotModelled(f"search filter {what}.{node.field}")
            return matcher(node, *filters[node.field], now)
        inner = [test for test in map(build, node.children) if test is not None]
        if not inner:
            return None
        if node.kind == "not":
            return lambda obj: not inner[0](obj)
        if node.kind == "or":
            return lambda obj: any(test(obj) for test in inner)
        return lambda obj: all(test(obj) for test in inner)

    test = build(tree) if tree is not None else None
    return test or (lambda obj: True), warnings, tree


def matcher(term: Term, kind: str, get: Callable[[Any], Any], now: datetime) -> Callable[[Any], bool]:
    """A predicate for one term. Kinds: time, number, id, string, strings, text, boolean."""
    if kind == "time":
        return _compare(term, get, _instant_range(term.value, now))
    if kind in ("number", "id"):
        try:
            number = Decimal(term.value.rsplit("/", 1)[-1])
        except InvalidOperation:
            return lambda obj: False
        return _compare(term, get, (number, number))
    if kind == "boolean":
        wanted = term.value.lower() == "true"
        return lambda obj: bool(get(obj)) is wanted
    if kind == "custom":
        return lambda obj: get(obj)(term.value.lower())
    return _text_matcher(term, kind, get)


def _text_matcher(term: Term, kind: str, get: Callable[[Any], Any]) -> Callable[[Any], bool]:
    wanted = term.value.lower()
    options = {wanted} if term.quoted else set(wanted.split(","))
    prefix = wanted[:-1] if wanted.endswith("*") else None

    def values(obj: Any) -> list[str]:
        found = get(obj)
        if found is None:
            return []
        return [str(value).lower() for value in (found if isinstance(found, (list, tuple, set)) else [found])
                if value is not None]

    if wanted == "*":
        return lambda obj: bool(values(obj))
    if prefix is not None:
        return lambda obj: any(value.startswith(prefix) or (kind == "text" and f" {prefix}" in value)
                               for value in values(obj))
    if kind == "text":
        words = wanted.split()
        return lambda obj: any(all(word in re.split(r"[\s,@]+", value) or word == value for word in words)
                               for value in values(obj))
    return lambda obj: any(value in options for value in values(obj))


def _compare(term: Term, get: Callable[[Any], Any], bounds: tuple[Any, Any] | None) -> Callable[[Any], bool]:
    if bounds is None:
        return lambda obj: False
    low, high = bounds
    tests: dict[str, Callable[[Any], bool]] = {
        "": lambda value: low <= value <= high, "=": lambda value: low <= value <= high,
        ">": lambda value: value > high, ">=": lambda value: value >= low,
        "<": lambda value: value < low, "<=": lambda value: value <= high,
    }
    test = tests[term.op]

    def match(obj: Any) -> bool:
        value = get(obj)
        return value is not None and test(value)
    return match


def _instant_range(text: str, now: datetime) -> tuple[datetime, datetime] | None:
    """First and last instant that a time value means; compared in whole seconds."""
    match = re.fullmatch(r"now(?:\s*([+-])\s*(\d+)\s*([smhdwy]))?", text, re.I)
    if match:
        unit = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800, "y": 31536000}
        shift = int(match[2]) * unit[match[3].lower()] * (1 if match[1] == "+" else -1) if match[1] else 0
        instant = now + timedelta(seconds=shift)
        return instant, instant
    for pattern, length in ((r"\d{4}", "year"), (r"\d{4}-\d\d", "month"), (r"\d{4}-\d\d-\d\d", "day")):
        if re.fullmatch(pattern, text):
            start = datetime.fromisoformat((text + "-01-01")[:10] if length != "day" else text).replace(tzinfo=UTC)
            step = {"year": 366, "month": 31, "day": 1}[length]
            following = start + timedelta(days=step)
            if length != "day":
                following = following.replace(day=1, **({"month": 1} if length == "year" else {}))
            return start, following - timedelta(microseconds=1)
    if re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d", text):  # what is left of an unquoted time: midnight of that day
        text = text[:10]
    try:
        start = parse_instant(text)
    except ValueError:
        return None
    return start, start + timedelta(microseconds=999999)


@cache
def declared_filters(description: str) -> frozenset[str]:
    """Names in the first column of the filter table that the schema's description holds."""
    return frozenset(re.findall(r"^\| (\w+) \|(?! type \|)", description, re.M)) - {"----"}
