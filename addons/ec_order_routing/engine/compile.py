"""Domains as functions of facts that answer as Odoo's search does. Pure.

A leaf is *provable* when its field is a stored column of a known type and its value a plain literal; then it is answered from the facts.
Every other part of a domain is asked of the database beforehand and answered from snapshot["asked"][digest]: true or false for the order,
the ids of the lines that match for lines.

As Odoo 19 has it (odoo/orm/domains.py, fields.py `_condition_to_sql`):
- unset and 0 are one number, unset and "" one text; unset dates, selections and many2one are found by "= False" only;
- "!=", "not in" and "not like" find the unset too; "!" is the plain opposite;
- "a.b" finds nothing where `a` is unset, whatever the operator;
- dates compare by day, datetimes by second; a date given for a datetime means a user's midnight, and is asked;
- "ilike" knows no case but tells accents apart (Odoo without unaccent); "<" on texts follows the database's collation, and is asked.
Many2many facts are read with archived records.
"""

from __future__ import annotations

import operator as op
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from math import isfinite
from typing import Any

from .domain import Node, digest, leaves, parse, unparse
from .facts import BASE, EXTRA, Facts
from .words import Said, _

Types = Mapping[str, str]
Test = Callable[[Mapping[str, Any], Mapping[str, Any]], bool]
Check = Callable[[Any], bool]
NUMERIC = frozenset({"integer", "float", "monetary"})
TEXT = frozenset({"char", "text", "selection"})
PLAIN = TEXT | {"date", "datetime", "many2one"}
NEGATIVE = {
    "!=": "=",
    "not in": "in",
    "not like": "like",
    "not ilike": "ilike",
    "not =like": "=like",
    "not =ilike": "=ilike",
}
INEQUALITIES: dict[str, Callable[[Any, Any], bool]] = {"<": op.lt, "<=": op.le, ">": op.gt, ">=": op.ge}


class Unprovable(Exception):
    """This leaf has to be asked of the database."""


@dataclass(frozen=True)
class Part:
    """A part of a compiled domain: its test, and what it was read from."""

    test: Test
    node: Node
    parts: tuple[Part, ...] = ()


@dataclass(frozen=True)
class Predicate:
    """A compiled domain. test(facts, asked) is the fast way in, for `Facts`; calling the predicate takes any dict.

    paths: facts it reads; asked: {digest: domain} to be searched beforehand; relative: one of those names a moment relative to now
    ("-3d"), so that time alone may change its answer; side: "order" or "lines", what it is a domain over.
    """

    test: Test
    root: Part
    paths: frozenset[str]
    asked: dict[str, list[Any]]
    relative: bool
    side: str = "order"

    def __call__(self, facts: Mapping[str, Any], asked: Mapping[str, Any] | None = None) -> bool:
        """The answer; MissingFact if it depends on what `facts` or `asked` do not have."""
        return self.test(Facts(facts), Facts(asked or {}))


def known_types(types: Types | None, side: str = "order") -> Types:
    """The types of the base facts and of the paths given."""
    return {**(types or {}), **EXTRA[side], **BASE[side]}


def compile_domain(domain: list[Any], types: Types | None = None, side: str = "order") -> Predicate:
    """The predicate of a domain over the order's facts, or one line's (side "lines"). types: beside those of the base facts."""
    compiler = _Compiler(known_types(types, side), side)
    root = compiler.part(parse(domain))
    relative = any(
        _is_relative(leaf, compiler.types) for part in compiler.asked.values() for leaf in leaves(parse(part))
    )
    return Predicate(root.test, root, frozenset(compiler.paths), compiler.asked, relative, side)


def provable(domain: list[Any], types: Types | None = None, side: str = "order") -> bool:
    """Whether facts alone answer the domain."""
    return not asked(domain, types, side)


def asked(domain: list[Any], types: Types | None = None, side: str = "order") -> dict[str, list[Any]]:
    """The parts to be asked of the database, as {digest: domain over sale.order, or sale.order.line for side "lines"}."""
    return compile_domain(domain, types, side).asked


def paths(domain: list[Any], types: Types | None = None, side: str = "order") -> frozenset[str]:
    """The facts the provable part reads."""
    return compile_domain(domain, types, side).paths


def named_paths(domain: list[Any]) -> frozenset[str]:
    """Every field path the domain names, asked or not."""
    return frozenset(path for path, _operator, _value in leaves(parse(domain)))


def _is_relative(leaf: tuple[str, str, Any], types: Types) -> bool:
    """Whether a value is a moment relative to now: text where a date belongs (or may belong) that is no date."""
    path, operator, value = leaf
    if isinstance(value, (list, tuple)):
        return any(_is_relative((path, operator, each), types) for each in value)
    kind = types.get(path, "date" if "date" in path else "")
    return kind in ("date", "datetime") and isinstance(value, str) and not re.match(r"\d{4}-\d\d-\d\d", value)


# -- Compiling ----------------------------------------------------------------------------


class _Compiler:
    def __init__(self, types: Types, side: str) -> None:
        self.types = types
        self.side = side
        self.paths: set[str] = set()
        self.asked: dict[str, list[Any]] = {}

    def part(self, node: Node) -> Part:
        return self._part(self._split(node))

    def _split(self, node: Node) -> Node:
        """The tree with what is not provable as ("ask", domain) leaves, as few as possible and behind the others."""
        if isinstance(node, bool):
            return node
        if node[0] == "leaf":
            try:
                self._leaf(*node[1:])
            except Unprovable:
                return ("ask", unparse(node))
            return node
        if node[0] == "!":
            child = self._split(node[1])
            return ("ask", ["!", *child[1]]) if _is_ask(child) else ("!", child)
        children = [self._split(child) for child in node[1]]
        asks = [child[1] for child in children if _is_ask(child)]
        if not asks:
            return (node[0], children)
        merged = ("ask", [node[0]] * (len(asks) - 1) + [term for domain in asks for term in domain])
        rest = [child for child in children if not _is_ask(child)]
        return (node[0], [*rest, merged]) if rest else merged

    def _part(self, node: Node) -> Part:
        if isinstance(node, bool):
            return Part(_constant(node), node)
        if node[0] == "leaf":
            test, reads = self._leaf(*node[1:])
            self.paths.update(reads)
            return Part(test, node)
        if node[0] == "ask":
            key = digest(node[1], self.side)
            self.asked[key] = node[1]
            if self.side == "order":
                return Part(lambda f, a: bool(a[key]), node)
            self.paths.add("id")
            return Part(lambda f, a: f["id"] in a[key], node)
        if node[0] == "!":
            child = self._part(node[1])
            return Part(_opposite(child.test), node, (child,))
        parts = tuple(self._part(child) for child in node[1])
        tests = [part.test for part in parts]
        return Part(_all(tests) if node[0] == "&" else _any(tests), node, parts)

    def _leaf(self, path: str, operator: str, value: Any) -> tuple[Test, set[str]]:
        """The test of a provable leaf and the facts it reads; Unprovable for others."""
        kind, _colon, decimals = self.types.get(path, "").partition(":")
        if not kind:
            raise Unprovable
        parents = self._parents(path)
        value = False if value is None else value
        if operator == "=?":
            operator = "=" if value else "always"
        positive = NEGATIVE.get(operator, operator)
        test: Check | bool
        if positive == "always" or (positive == "in" and not value):
            test = positive == "always"
        elif positive in ("=", "in"):
            test = _membership(kind, decimals, _listed(value))
        elif positive in INEQUALITIES:
            test = _inequality(kind, decimals, positive, value)
        elif positive.endswith("like") and kind in TEXT:
            test = _likeness(kind, positive, value)
        else:
            raise Unprovable
        if isinstance(test, bool):
            if not parents:
                return _constant(test == (positive == operator)), set()
            test = _always if test else _never
        return _guarded(path, parents, test, positive == operator)

    def _parents(self, path: str) -> list[str]:
        """The many2one fields a path goes through."""
        if path.startswith("fact.") or "." not in path:
            return []
        names = path.split(".")
        parents = [".".join(names[:count]) for count in range(1, len(names))]
        if any(self.types.get(parent) != "many2one" for parent in parents):
            raise Unprovable
        return parents


def _is_ask(node: Node) -> bool:
    return isinstance(node, tuple) and node[0] == "ask"


def _guarded(path: str, parents: list[str], check: Check, positive: bool) -> tuple[Test, set[str]]:
    """Nothing is found where a many2one on the way is unset, though the check may be true of an unset value."""
    if parents and check(False) == positive:

        def test(f: Mapping[str, Any], a: Mapping[str, Any]) -> bool:
            for parent in parents:
                if not f[parent]:
                    return False
            return check(f[path]) == positive

        return test, {path, *parents}
    if positive:
        return (lambda f, a: check(f[path])), {path}
    return (lambda f, a: not check(f[path])), {path}


def _constant(answer: bool) -> Test:
    return lambda f, a: answer


def _opposite(test: Test) -> Test:
    return lambda f, a: not test(f, a)


def _all(tests: list[Test]) -> Test:
    if len(tests) == 2:
        first, second = tests
        return lambda f, a: first(f, a) and second(f, a)

    def test(f: Mapping[str, Any], a: Mapping[str, Any]) -> bool:
        for each in tests:
            if not each(f, a):
                return False
        return True

    return test


def _any(tests: list[Test]) -> Test:
    def test(f: Mapping[str, Any], a: Mapping[str, Any]) -> bool:
        for each in tests:
            if each(f, a):
                return True
        return False

    return test


# -- One value against a literal ----------------------------------------------------------


def _always(_value: Any) -> bool:
    return True


def _never(_value: Any) -> bool:
    return False


def _membership(kind: str, decimals: str, values: list[Any]) -> Check | bool:
    if kind in NUMERIC:
        if kind == "monetary" and any(isinstance(value, int) and value is not False and value == 0 for value in values):
            raise Unprovable  # Odoo compares "0" with "0.0" there, and misses the unset
        numbers = frozenset(_number(value, kind, decimals) for value in values)
        return lambda value: (value or 0) in numbers
    if kind == "boolean":
        if not all(isinstance(value, bool) for value in values):
            raise Unprovable
        if len(set(values)) == 2:
            return True
        return bool if values[0] else op.not_
    if kind == "many2many":
        ids = frozenset(_id(value) for value in values if value is not False)
        if False in values:
            return lambda value: not value or not ids.isdisjoint(value)
        return lambda value: not ids.isdisjoint(value or ())
    if kind not in PLAIN:
        raise Unprovable
    plain = frozenset(_plain(kind, value) for value in values)
    return lambda value: (value or False) in plain


def _inequality(kind: str, decimals: str, operator: str, value: Any) -> Check:
    compare = INEQUALITIES[operator]
    if kind in NUMERIC:
        number = _number(value, kind, decimals)
        return lambda value: compare(value or 0, number)
    if kind in ("date", "datetime", "many2one") and value is not False:
        limit = _plain(kind, value)
        return lambda value: bool(value) and compare(value, limit)
    raise Unprovable


def _likeness(kind: str, operator: str, value: Any) -> Check | bool:
    exact, caseless = "=" in operator, operator.endswith("ilike")
    if not isinstance(value, str) and value is not False:
        raise Unprovable
    if kind == "selection" and (exact or not value):
        raise Unprovable
    if not value:
        return op.not_ if exact else True
    pattern = fold(value) if caseless else value
    if not exact and not re.search(r"[%_\\]", pattern):
        if caseless:
            return lambda value: pattern in fold(value or "")
        return lambda value: pattern in (value or "")
    match = _like(pattern if exact else f"%{pattern}%")
    if caseless:
        return lambda value: match(fold(value or "")) is not None
    return lambda value: match(value or "") is not None


def _listed(value: Any) -> list[Any]:
    """The values of "=" or "in"; "= []" is Odoo's way to say unset."""
    if isinstance(value, (list, tuple)):
        return [False if each is None else each for each in value] or [False]
    return [value]


def _number(value: Any, kind: str, decimals: str) -> int | float:
    if value is False:
        return 0
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not isfinite(value):
        raise Unprovable
    if kind == "integer" and value != int(value):
        raise Unprovable
    if kind == "float" and decimals:
        return float(Decimal(repr(value)).quantize(Decimal(1).scaleb(-int(decimals)), ROUND_HALF_UP))
    return float(value) if isinstance(value, float) else int(value)


def _id(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise Unprovable
    return int(value)


def _plain(kind: str, value: Any) -> Any:
    """The literal as facts have it; False for unset. A selection is never "", and nothing is found by it."""
    if value is False:
        return False
    if kind == "many2one":
        return _id(value)
    if not isinstance(value, str):
        raise Unprovable
    if kind in ("char", "text"):
        return value or False
    if kind == "selection":
        return value
    if kind == "date" and _is(date, value[:10]) and (len(value) == 10 or _is(datetime, value)):
        return value[:10]
    if kind == "datetime" and len(value) == 19 and _is(datetime, value):
        return value.replace("T", " ")
    raise Unprovable


def _is(kind: type[date], text: str) -> bool:
    try:
        return kind.fromisoformat(text).isoformat() == text.replace(" ", "T")
    except ValueError:
        return False


def fold(text: str) -> str:
    """Lower case letter by letter, as PostgreSQL's: no letter becomes two, accents stay."""
    if text.isascii():
        return text.lower()
    return "".join([low if len(low := letter.lower()) == 1 else letter for letter in text])


def _like(pattern: str) -> Callable[[str], Any]:
    """The match of an SQL pattern: % any text, _ one letter, backslash escapes. Unprovable if the empty text matches: is it NULL?"""
    parts, escaped = [], False
    for letter in pattern:
        if escaped or letter not in "%_\\":
            parts.append(re.escape(letter))
            escaped = False
        elif letter == "\\":
            escaped = True
        else:
            parts.append(".*" if letter == "%" else ".")
    match = re.compile("".join(parts), re.DOTALL).fullmatch
    if escaped or match(""):
        raise Unprovable
    return match


# -- Saying why ---------------------------------------------------------------------------

# Read with the labels of fields by describe.py. side: "lines" where the field is one of a line
FOUND, NOT_FOUND = _("The database finds it by {domain}"), _("The database does not find it by {domain}")
IS, IS_NOT = _("{field} is {actual}: {operator} {value}"), _("{field} is {actual}, not: {operator} {value}")


def why(predicate: Predicate, facts: Mapping[str, Any], asked: Mapping[str, Any] | None = None) -> list[Said]:
    """What decided that the predicate is (not) true of these facts: the leaves that did, in words."""
    facts, asked = Facts(facts), Facts(asked or {})
    side = {} if predicate.side == "order" else {"side": predicate.side}
    return _why(predicate.root, facts, asked, predicate.test(facts, asked), side)


def _why(part: Part, facts: Facts, asked: Facts, outcome: bool, side: dict[str, str]) -> list[Said]:
    node = part.node
    if isinstance(node, bool):
        return []
    if node[0] == "!":
        return _why(part.parts[0], facts, asked, not outcome, side)
    if node[0] in "&|":
        said: list[Said] = []
        one_decides = (node[0] == "|") == outcome
        for child in part.parts:
            if bool(child.test(facts, asked)) == outcome:
                said += _why(child, facts, asked, outcome, side)
                if one_decides:
                    break
        return said
    if node[0] == "ask":
        return [Said(FOUND if outcome else NOT_FOUND, domain=str(node[1]), **side)]
    _leaf, path, operator, value = node
    actual = facts.get(path, False)
    return [Said(IS if outcome else IS_NOT, field=path, actual=actual, operator=operator, value=value, **side)]
