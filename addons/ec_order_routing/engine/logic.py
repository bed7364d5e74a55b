"""What follows from a condition, and what cannot be: enough for lint, never wrong when it says yes. Pure.

A condition becomes branches (it holds if one of them does), each a set of atoms that all hold:
("leaf", path, operator, value) of the order · ("lines", scope, branches of the line's domain) · ("function", name, arguments, negate).
Atoms are compared after normalising: "=" is "in", unset numbers are 0, unset texts False, functions on one number are leaves.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import product
from typing import Any

from .compile import NEGATIVE, NUMERIC, Types, known_types
from .domain import Node, parse
from .registry import function
from .spec import ConditionSpec, FunctionSpec

Atom = tuple[Any, ...]
Branch = tuple[Atom, ...]
Branches = tuple[Branch, ...]
ALWAYS: Branches = ((),)
NEVER: Branches = ()
MOST = 64  # branches; a condition with more is compared as it is written
OPPOSITE = {"in": "not in", "not in": "in", "<": ">=", ">": "<=", "<=": ">", ">=": "<"}
OPPOSITE |= {operator: positive for operator, positive in NEGATIVE.items() if positive.endswith("like")}
OPPOSITE |= {positive: operator for operator, positive in NEGATIVE.items() if positive.endswith("like")}
MOMENTS = {"date": r"\d{4}-\d\d-\d\d", "datetime": r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d"}
# Functions that say the same as a leaf: (path, operator, argument)
LEAVES = {
    "amount_above": ("amount_total", ">", "limit"),
    "amount_below": ("amount_total", "<", "limit"),
    "weight_above": ("fact.weight", ">", "limit"),
}


def branches(condition: ConditionSpec, types: Mapping[str, Types]) -> Branches:
    """The condition as branches. Raises SpecError for what is no domain or no function."""
    parts = [_domain(condition.order, known_types(types.get("order"), "order"))]
    if condition.lines:
        within = _domain(condition.lines.domain, known_types(types.get("lines"), "lines"))
        parts.append((((("lines", condition.lines.scope, within)),),))
    parts += [((_function(each),),) for each in condition.functions]
    return _all(parts, condition.to_json())


def implies(branch_set: Branches, other: Branches) -> bool:
    """Whether `other` surely holds wherever the first does."""
    possible = [branch for branch in branch_set if not impossible(branch)]
    return all(any(all(_follows(branch, atom) for atom in goal) for goal in other) for branch in possible)


def never(branch_set: Branches) -> bool:
    """Whether it surely never holds."""
    return all(impossible(branch) for branch in branch_set)


def impossible(branch: Branch) -> bool:
    """Whether the atoms surely contradict each other."""
    for path in {atom[1] for atom in branch if atom[0] == "leaf"}:
        if Range.of(branch, path).empty:
            return True
    for atom in branch:
        if atom[0] == "function" and ("function", atom[1], atom[2], not atom[3]) in branch:
            return True
        if atom[0] == "leaf" and _negated(atom) in branch:
            return True
        if atom[0] == "lines" and atom[1] == "any":
            if never(atom[2]) or any(
                each[0] == "lines" and each[1] == "none" and implies(atom[2], each[2]) for each in branch
            ):
                return True
    return False


# -- Branches -----------------------------------------------------------------------------


def _domain(domain: list[Any], types: Types) -> Branches:
    return _node(parse(domain), types, True)


def _node(node: Node, types: Types, positive: bool) -> Branches:
    if isinstance(node, bool):
        return ALWAYS if node == positive else NEVER
    if node[0] == "!":
        return _node(node[1], types, not positive)
    if node[0] == "leaf":
        return _leaf(node, types, positive)
    parts = [_node(child, types, positive) for child in node[1]]
    if (node[0] == "&") == positive:
        return _all(parts, [node, positive])
    return tuple(branch for part in parts for branch in part)


def _all(parts: list[Branches], written: Any) -> Branches:
    """Every combination of branches; too many of them: one atom that is only equal to itself."""
    count = 1
    for part in parts:
        count *= len(part)
    if count > MOST:
        return (((("written", _text(written))),),)
    return tuple(
        tuple(dict.fromkeys(atom for branch in combination for atom in branch)) for combination in product(*parts)
    )


def _leaf(node: Node, types: Types, positive: bool) -> Branches:
    _sort, path, operator, value = node
    through = "." in path and not path.startswith("fact.")  # of no record, nothing is found: "not in []" neither
    if through and (not positive or operator == "=?" or (operator == "not in" and not value)):
        return (((("written", _text([node, positive]))),),)
    kind = types.get(path, "").partition(":")[0]
    if operator == "=?":
        if not value:
            return ALWAYS if positive else NEVER
        operator = "="
    value = False if value is None else value
    if operator in ("=", "!=", "in", "not in"):
        listed = isinstance(value, (list, tuple))
        values = list(value) if listed else [value]
        if operator in ("=", "!=") and listed and not values:
            values = [False]
        elif operator in ("in", "not in") and not value:
            values = []
        operator = "in" if operator in ("=", "in") else "not in"
        if not values:
            return ALWAYS if (operator == "not in") == positive else NEVER
        try:
            value = frozenset(_value(each, kind) for each in values)
        except TypeError:
            return (((("written", _text([node, positive]))),),)
    elif operator in ("<", "<=", ">", ">="):
        if not _comparable(value, kind):
            return (((("written", _text([node, positive]))),),)
        value = _value(value, kind)
        if not positive and kind not in NUMERIC:
            # unset is neither: the opposite is this one or unset
            opposite = ("leaf", path, OPPOSITE[operator], value, kind)
            return ((opposite,), (("leaf", path, "in", frozenset({False}), kind),))
    elif isinstance(value, (list, tuple, dict)):
        value = _text(value)
    if not positive:
        if operator not in OPPOSITE:
            return (((("written", _text([node, positive]))),),)
        operator = OPPOSITE[operator]
    return ((("leaf", path, operator, value, kind),),)


def _value(value: Any, kind: str) -> Any:
    if kind in NUMERIC:
        return value or 0
    if kind in ("char", "text"):
        return value or False
    return False if value is None else value


def _comparable(value: Any, kind: str) -> bool:
    """Whether limits like this one can be compared: numbers, and moments that are not relative to now."""
    if isinstance(value, str):
        return kind in MOMENTS and bool(re.fullmatch(MOMENTS[kind], value))
    return isinstance(value, (int, float))


def _negated(atom: Atom) -> Atom:
    return ("leaf", atom[1], OPPOSITE.get(atom[2], ""), *atom[3:])


def _function(spec: FunctionSpec) -> Atom:
    known = function("condition", spec.name)
    args = known.complete(spec.args)
    if spec.name in LEAVES and not spec.negate:
        path, operator, name = LEAVES[spec.name]
        return ("leaf", path, operator, args[name], "float")
    return ("function", spec.name, _text(args), spec.negate)


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True, default=str)


# -- What follows -------------------------------------------------------------------------


def _follows(branch: Branch, atom: Atom) -> bool:
    if atom in branch:
        return True
    if atom[0] == "leaf":
        return Range.of(branch, atom[1]).implies(atom)
    if atom[0] == "lines":
        return any(each[0] == "lines" and _lines_follow(each, atom) for each in branch)
    return False


def _lines_follow(known: Atom, atom: Atom) -> bool:
    if known[1] != atom[1]:
        return False
    return implies(atom[2], known[2]) if atom[1] == "none" else implies(known[2], atom[2])


@dataclass
class Range:
    """What a branch leaves possible for one field. low, high: (limit, whether the limit itself is possible)."""

    kind: str = ""
    allowed: frozenset[Any] | None = None
    excluded: set[Any] = field(default_factory=set)
    low: tuple[Any, bool] | None = None
    high: tuple[Any, bool] | None = None
    overlaps: list[frozenset[Any]] = field(default_factory=list)

    @classmethod
    def of(cls, branch: Iterable[Atom], path: str) -> Range:
        known = cls()
        for atom in branch:
            if atom[0] == "leaf" and atom[1] == path:
                known.kind = atom[4]
                known._add(atom[2], atom[3])
        return known

    def _add(self, operator: str, value: Any) -> None:
        if operator == "in":
            if self.kind in ("many2many", "one2many", ""):
                self.overlaps.append(value)
            else:
                self.allowed = value if self.allowed is None else self.allowed & value
        elif operator == "not in":
            self.excluded |= value
        elif operator in (">", ">=") and _ordered(value, self.low):
            if self.low is None or (value, operator == ">") > (self.low[0], not self.low[1]):
                self.low = value, operator == ">="
        elif operator in ("<", "<=") and _ordered(value, self.high):
            if self.high is None or (value, operator == "<=") < (self.high[0], self.high[1]):
                self.high = value, operator == "<="

    def possible(self, value: Any) -> bool:
        """Whether the field may have this one value."""
        if value in self.excluded or (self.allowed is not None and value not in self.allowed):
            return False
        if self.low is None and self.high is None:
            return True
        if value is False:
            return False
        try:
            above = self.low is None or value > self.low[0] or (self.low[1] and value == self.low[0])
            below = self.high is None or value < self.high[0] or (self.high[1] and value == self.high[0])
        except TypeError:
            return True
        return bool(above and below)

    @property
    def empty(self) -> bool:
        if self.allowed is not None:
            return not any(self.possible(value) for value in self.allowed)
        if any(values <= self.excluded for values in self.overlaps):
            return True
        if self.low is None or self.high is None:
            return False
        try:
            crossed = self.low[0] > self.high[0]
        except TypeError:
            return False
        return bool(crossed or (self.low[0] == self.high[0] and not self.possible(self.low[0])))

    def implies(self, atom: Atom) -> bool:
        operator, value = atom[2], atom[3]
        if operator == "in":
            if self.overlaps:
                return any(values <= value for values in self.overlaps)
            if self.allowed is not None:
                return all(each in value for each in self.allowed if self.possible(each))
            return self.low is not None and self.low == self.high and self.low[0] in value
        if operator == "not in":
            if self.kind in ("many2many", "one2many", ""):
                return bool(value <= self.excluded)
            return not any(self.possible(each) for each in value)
        if operator not in ("<", "<=", ">", ">="):
            return False
        try:
            if self.allowed is not None:
                values = [each for each in self.allowed if self.possible(each)]
                return all(each is not False and _compare(each, operator, value) for each in values)
            if operator in (">", ">=") and self.low is not None:
                return bool(self.low[0] > value or (self.low[0] == value and (operator == ">=" or not self.low[1])))
            if operator in ("<", "<=") and self.high is not None:
                return bool(self.high[0] < value or (self.high[0] == value and (operator == "<=" or not self.high[1])))
        except TypeError:
            return False
        return False


def _ordered(value: Any, other: tuple[Any, bool] | None) -> bool:
    """Whether a limit can be compared with the one known."""
    return value is not False and (other is None or isinstance(value, str) == isinstance(other[0], str))


def _compare(value: Any, operator: str, limit: Any) -> bool:
    return bool({"<": value < limit, "<=": value <= limit, ">": value > limit, ">=": value >= limit}[operator])
