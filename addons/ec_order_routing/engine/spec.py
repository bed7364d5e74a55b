"""What rules say, as frozen data: the JSON of a `RuleSetSpec` is what a version of a rule set stores. Pure.

`from_json` raises SpecError for a wrong shape, and with `known` (the default) for functions, actions and arguments that no loaded addon
knows; known=False reads an old version whose addon may be gone: its rules answer with an error and do not match.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Self, cast, get_args

from .registry import SpecError, function
from .words import Said, _

Scope = Literal["intake", "hold", "route", "carrier", "mail"]
SCOPES: tuple[Scope, ...] = get_args(Scope)
LineScope = Literal["any", "all", "none"]
LINE_SCOPES: tuple[LineScope, ...] = get_args(LineScope)
Mode = Literal["lexicographic", "weighted"]
MODES: tuple[Mode, ...] = get_args(Mode)
Domain = list[Any]


@dataclass(frozen=True)
class FunctionSpec:
    """A registered function and its arguments. negate: the opposite shall hold (conditions only)."""

    name: str
    args: dict[str, Any] = field(default_factory=dict)
    negate: bool = False

    def to_json(self) -> dict[str, Any]:
        return {"name": self.name, "args": self.args, "negate": self.negate}

    @classmethod
    def from_json(cls, data: Any, sort: str = "condition", known: bool = True) -> Self:
        given = _shape(data, name=str, args=dict)
        if known:
            function(sort, given["name"]).complete(given["args"])
        return cls(given["name"], dict(given["args"]), bool(given.get("negate", False)))


@dataclass(frozen=True)
class LinesSpec:
    """A domain over goods lines: any, all or none of them shall match. An order without goods lines: all and none hold, any does not."""

    scope: LineScope
    domain: Domain

    def to_json(self) -> dict[str, Any]:
        return {"scope": self.scope, "domain": _plain(self.domain)}

    @classmethod
    def from_json(cls, data: Any) -> Self:
        given = _shape(data, scope=str, domain=(list, tuple))
        return cls(cast(LineScope, _one_of(given["scope"], LINE_SCOPES)), _plain(given["domain"]))


@dataclass(frozen=True)
class ConditionSpec:
    """All of it must hold: a domain over the order ([]: always), one over its lines, and functions."""

    order: Domain = field(default_factory=list)
    lines: LinesSpec | None = None
    functions: tuple[FunctionSpec, ...] = ()

    def to_json(self) -> dict[str, Any]:
        return {
            "order": _plain(self.order),
            "lines": self.lines and self.lines.to_json(),
            "functions": [each.to_json() for each in self.functions],
        }

    @classmethod
    def from_json(cls, data: Any, known: bool = True) -> Self:
        given = _shape(data, order=(list, tuple))
        return cls(
            _plain(given["order"]),
            LinesSpec.from_json(given["lines"]) if given.get("lines") else None,
            tuple(FunctionSpec.from_json(each, "condition", known) for each in given.get("functions") or ()),
        )


@dataclass(frozen=True)
class ActionSpec:
    """A registered action and its arguments."""

    name: str
    args: dict[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        return {"name": self.name, "args": self.args}

    @classmethod
    def from_json(cls, data: Any, known: bool = True) -> Self:
        given = _shape(data, name=str, args=dict)
        if known:
            function("action", given["name"]).complete(given["args"])
        return cls(given["name"], dict(given["args"]))


@dataclass(frozen=True)
class RuleSpec:
    """One rule. stop: if it matches, later rules of its scope are not looked at. valid_from, valid_to: dates of the company, inclusive."""

    id: int
    name: str
    scope: Scope
    priority: int = 10
    stop: bool = False
    valid_from: str | None = None
    valid_to: str | None = None
    condition: ConditionSpec = field(default_factory=ConditionSpec)
    actions: tuple[ActionSpec, ...] = ()

    def to_json(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "name": self.name,
            "scope": self.scope,
            "priority": self.priority,
            "stop": self.stop,
            "valid_from": self.valid_from,
            "valid_to": self.valid_to,
            "condition": self.condition.to_json(),
            "actions": [each.to_json() for each in self.actions],
        }

    @classmethod
    def from_json(cls, data: Any, known: bool = True) -> Self:
        given = _shape(data, id=int, name=str, scope=str)
        try:
            return cls(
                given["id"],
                given["name"],
                cast(Scope, _one_of(given["scope"], SCOPES)),
                int(given.get("priority", 10)),
                bool(given.get("stop", False)),
                given.get("valid_from") or None,
                given.get("valid_to") or None,
                ConditionSpec.from_json(given.get("condition") or {"order": []}, known),
                tuple(ActionSpec.from_json(each, known) for each in given.get("actions") or ()),
            )
        except SpecError as error:
            said = Said(_("Rule “{rule}”: {problem}"), rule=given["name"], problem=error.said.render())
            raise SpecError(said) from error


@dataclass(frozen=True)
class StrategySpec:
    """How warehouses and carriers are chosen. criteria: (function, weight), the most important first."""

    id: int
    name: str
    mode: Mode = "lexicographic"
    max_parcels: int = 1
    fences: tuple[FunctionSpec, ...] = ()
    criteria: tuple[tuple[FunctionSpec, float], ...] = ()

    def to_json(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "name": self.name,
            "mode": self.mode,
            "max_parcels": self.max_parcels,
            "fences": [each.to_json() for each in self.fences],
            "criteria": [[each.to_json(), weight] for each, weight in self.criteria],
        }

    @classmethod
    def from_json(cls, data: Any, known: bool = True) -> Self:
        given = _shape(data, id=int, name=str)
        return cls(
            given["id"],
            given["name"],
            cast(Mode, _one_of(given.get("mode", "lexicographic"), MODES)),
            int(given.get("max_parcels", 1)),
            tuple(FunctionSpec.from_json(each, "fence", known) for each in given.get("fences") or ()),
            tuple(
                (FunctionSpec.from_json(each, "criterion", known), float(weight))
                for each, weight in given.get("criteria") or ()
            ),
        )


@dataclass(frozen=True)
class RuleSetSpec:
    """A version of a rule set; rules are kept sorted by scope, priority, id.

    types: {"order": {path: field type}, "lines": {path: field type}}: what the paths of its domains are, beside the base facts. Only
    stored columns that are the same for every reader belong there (not translated, not company dependent); what is missing is asked of
    the database. "float:2" and "monetary:0" say how many decimals the column keeps.
    """

    id: int
    version: int
    rules: tuple[RuleSpec, ...] = ()
    strategies: dict[int, StrategySpec] = field(default_factory=dict)
    types: dict[str, dict[str, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        ordered = sorted(self.rules, key=lambda rule: (SCOPES.index(rule.scope), rule.priority, rule.id))
        object.__setattr__(self, "rules", tuple(ordered))

    def __hash__(self) -> int:
        return hash((self.id, self.version))

    def to_json(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "version": self.version,
            "rules": [rule.to_json() for rule in self.rules],
            "strategies": {str(key): each.to_json() for key, each in sorted(self.strategies.items())},
            "types": self.types,
        }

    @classmethod
    def from_json(cls, data: Any, known: bool = True) -> Self:
        given = _shape(data, id=int, version=int)
        strategies: Mapping[str, Any] = given.get("strategies") or {}
        return cls(
            given["id"],
            given["version"],
            tuple(RuleSpec.from_json(each, known) for each in given.get("rules") or ()),
            {int(key): StrategySpec.from_json(each, known) for key, each in strategies.items()},
            {side: dict(types) for side, types in (given.get("types") or {}).items()},
        )


def _shape(data: Any, **wanted: type | tuple[type, ...]) -> dict[str, Any]:
    """The dict, if it has these keys with values of these types."""
    if not isinstance(data, Mapping):
        raise SpecError(Said(_("{data} should be an object"), data=repr(data)))
    for key, kind in wanted.items():
        if not isinstance(data.get(key), kind) or (kind is int and isinstance(data[key], bool)):
            raise SpecError(Said(_("“{key}” is missing or wrong in {data}"), key=key, data=repr(dict(data))))
    return dict(data)


def _one_of(value: Any, choices: tuple[str, ...]) -> str:
    if value not in choices:
        raise SpecError(Said(_("{value} is none of {choices}"), value=repr(value), choices=list(choices)))
    return str(value)


def _plain(value: Any) -> Any:
    """Tuples as lists: what JSON gives back."""
    return [_plain(item) for item in value] if isinstance(value, (list, tuple)) else value
