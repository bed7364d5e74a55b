"""Functions that rules may name: conditions, actions, and the fences and criteria of sourcing. Pure.

An addon adds one by a decorated function in a module that it imports; its arguments draw the form. Call shapes:
    condition  f(snapshot, **args) -> Said (it holds, and why) | None | NotYet (it may hold later, by time alone)
    action     f(plan, snapshot, **args) -> Said | None; `plan` is the `Draft` of plan.py
    fence      f(…), criterion f(…): see sourcing.py
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar

from .words import Said, Text, _, addon_of

REQUIRED: Any = type("Required", (), {"__repr__": lambda self: "REQUIRED"})()
NUMBERS = frozenset({"integer", "amount", "float"})
IDS = frozenset(
    {"carrier", "warehouse", "tag", "user", "template", "team", "category", "product_tag", "activity_type", "strategy"}
)
TEXTS = frozenset({"text", "hold_type"})
KINDS = NUMBERS | IDS | TEXTS | {"codes", "boolean", "date", "time", "choice"}
_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d")

F = TypeVar("F", bound=Callable[..., Any])


class SpecError(ValueError):
    """A rule says something that cannot be: `said` is the sentence for its author."""

    def __init__(self, said: Said) -> None:
        super().__init__(said.render())
        self.said = said


@dataclass(frozen=True)
class Arg:
    """An argument of a function, drawn as a field of the rule's form.

    kind: text, integer, amount (of the order's currency), float, boolean, date ("YYYY-MM-DD"), time ("HH:MM"), choice, codes (list of
    text, of `choices` if given), hold_type (its code); ids: carrier, warehouse, tag, user, template, team,
    category, product_tag, activity_type, strategy.
    default: REQUIRED: it must be given; None: it may be left empty. choices: (value, label) pairs.
    """

    name: str
    kind: str
    label: str
    default: Any = REQUIRED
    choices: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"argument {self.name!r}: unknown kind {self.kind!r}")
        if self.default is not REQUIRED and self.default is not None and not self.accepts(self.default):
            raise ValueError(f"argument {self.name!r}: the default {self.default!r} is no {self.kind}")

    def accepts(self, value: Any) -> bool:
        """Whether the (JSON) value is of this kind."""
        whole = isinstance(value, int) and not isinstance(value, bool)
        if self.kind in NUMBERS:
            return whole or (self.kind != "integer" and isinstance(value, float) and value - value == 0)
        if self.kind in IDS:
            return whole and value > 0
        if self.kind == "codes":
            values = dict(self.choices)
            listed = isinstance(value, (list, tuple))
            return listed and all(isinstance(each, str) and (not values or each in values) for each in value)
        if self.kind == "boolean":
            return isinstance(value, bool)
        if not isinstance(value, str):
            return False
        if self.kind == "date":
            return _is_date(value)
        if self.kind == "time":
            return bool(_TIME.fullmatch(value))
        return self.kind in TEXTS or value in dict(self.choices)


def _is_date(value: str) -> bool:
    try:
        return date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


@dataclass(frozen=True)
class Function:
    """A registered function. order, lines: paths of the snapshot it reads beside the base facts.."""

    sort: str
    name: str
    label: str
    args: tuple[Arg, ...]
    order: tuple[str, ...]
    lines: tuple[str, ...]
    call: Callable[..., Any]
    persistent: bool = False

    @property
    def addon(self) -> str:
        return addon_of(self.call.__module__)

    def complete(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """The arguments with defaults filled in; SpecError if one is unknown, missing or of another kind."""
        args = {}
        for arg in self.args:
            value = given.get(arg.name, arg.default)
            if value is REQUIRED or (value is None and arg.default is REQUIRED):
                raise SpecError(Said(_("{function} needs “{arg}”"), function=str(self.label), arg=str(arg.label)))
            if value is not None and not arg.accepts(value):
                said = Said(
                    _("{function}: “{arg}” cannot be {value}, it is of the kind {kind}"),
                    function=str(self.label),
                    arg=str(arg.label),
                    value=repr(value),
                    kind=arg.kind,
                )
                raise SpecError(said)
            args[arg.name] = value
        if unknown := sorted(set(given) - set(args)):
            raise SpecError(Said(_("{function} knows no argument {names}"), function=str(self.label), names=unknown))
        return args


_functions: dict[str, dict[str, Function]] = {"condition": {}, "criterion": {}, "fence": {}, "action": {}}
_SORT_LABELS = {"condition": _("condition"), "criterion": _("criterion"), "fence": _("fence"), "action": _("action")}


def _register(
    sort: str,
    name: str,
    label: str,
    args: tuple[Arg, ...] = (),
    order: tuple[str, ...] = (),
    lines: tuple[str, ...] = (),
    persistent: bool = False,
) -> Callable[[F], F]:
    def decorate(call: F) -> F:
        known = _functions[sort].get(name)
        if known and (known.call.__module__, known.call.__qualname__) != (call.__module__, call.__qualname__):
            raise ValueError(f"{sort} {name!r} is registered by {known.call.__module__} already")
        _functions[sort][name] = Function(sort, name, label, args, order, lines, call, persistent)
        return call

    return decorate


def condition(
    name: str,
    label: str,
    args: tuple[Arg, ...] = (),
    order: tuple[str, ...] = (),
    lines: tuple[str, ...] = (),
    persistent: bool = False,
) -> Callable[[F], F]:
    """Register f(snapshot, **args) -> Said | None. persistent: once true of an order it stays true unless somebody edits the order."""
    return _register("condition", name, label, args, order, lines, persistent)


def action(
    name: str, label: str, args: tuple[Arg, ...] = (), order: tuple[str, ...] = (), lines: tuple[str, ...] = ()
) -> Callable[[F], F]:
    """Register f(plan, snapshot, **args) -> Said | None."""
    return _register("action", name, label, args, order, lines)


def fence(
    name: str, label: str, args: tuple[Arg, ...] = (), order: tuple[str, ...] = (), lines: tuple[str, ...] = ()
) -> Callable[[F], F]:
    """Register a fence of sourcing: what excludes a warehouse, a service or a parcel."""
    return _register("fence", name, label, args, order, lines)


def criterion(
    name: str, label: str, args: tuple[Arg, ...] = (), order: tuple[str, ...] = (), lines: tuple[str, ...] = ()
) -> Callable[[F], F]:
    """Register a criterion of sourcing: a number, lower is better."""
    return _register("criterion", name, label, args, order, lines)


def functions(sort: str) -> Iterator[Function]:
    """All functions of a sort ("condition", "action", "fence", "criterion"), by name."""
    return iter([_functions[sort][name] for name in sorted(_functions[sort])])


def function(sort: str, name: str) -> Function:
    """The function, or SpecError if no loaded addon has it."""
    try:
        return _functions[sort][name]
    except KeyError:
        said = Said(_("There is no {sort} “{name}”"), sort=str(_SORT_LABELS[sort]), name=str(name))
        raise SpecError(said) from None


def label_of(sort: str, name: str) -> Text:
    """The function's label, marked for translation; its bare name if nobody has it."""
    known = _functions[sort].get(name)
    label = known.label if known else name
    return label if isinstance(label, Text) else Text(label)
