"""What `decide` answers with, and the draft of it that actions write in. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from .facts import Facts, MissingFact
from .spec import RuleSpec, StrategySpec
from .words import Said, Text, _

if TYPE_CHECKING:
    from .decide import Step, Trace

Parcel = tuple[int, int, dict[int, float]]
Choose = Callable[[Mapping[str, Any], StrategySpec], Any]
STOCK_SHORT = "stock_short"


@dataclass(frozen=True)
class Hold:
    """A hold that shall be open. why: what was said of the conditions; until: the UTC moment at which time alone ends it, if it does."""

    code: str
    key: str
    reason: Said
    due_hours: int | None
    rule: int
    why: tuple[Said, ...] = ()
    until: str | None = None

    def to_json(self) -> dict[str, Any]:
        return {
            "code": self.code,
            "key": self.key,
            "reason": self.reason.to_json(),
            "due_hours": self.due_hours,
            "rule": self.rule,
            "why": [said.to_json() for said in self.why],
            "until": self.until,
        }


@dataclass(frozen=True)
class Plan:
    """What shall be done with one order. None: no rule said anything about it.

    holds: {(code, key): Hold}, what shall be open of the engine's own holds · parcels: (warehouse, carrier, {line: units}) ·
    activities: {"type", "user", "summary", "days", "rule"} · approvals: {"user", "reason", "rule"} · requests: "split", "combine" ·
    next_at: UTC moment at which time alone may change the plan · errors: {"rule", "name", "error"}.
    """

    holds: dict[tuple[str, str], Hold] = field(default_factory=dict)
    warehouse_id: int | None = None
    carrier_id: int | None = None
    parcels: tuple[Parcel, ...] = ()
    ship_date: str | None = None
    add_tags: tuple[int, ...] = ()
    remove_tags: tuple[int, ...] = ()
    user_id: int | None = None
    mails: tuple[int, ...] = ()
    activities: tuple[dict[str, Any], ...] = ()
    approvals: tuple[dict[str, Any], ...] = ()
    cancel: Said | None = None
    requests: tuple[str, ...] = ()
    choice: dict[str, Any] | None = None
    next_at: str | None = None
    errors: tuple[dict[str, Any], ...] = ()
    trace: Trace | None = field(default=None, compare=False, repr=False)

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        """Every rule that was looked at, in turn, with why it matched or not."""
        return self.trace.steps() if self.trace else ()

    def effects(self) -> dict[str, Any]:
        """What the plan does, as JSON, without how it came about."""
        return {
            "holds": [self.holds[key].to_json() for key in sorted(self.holds)],
            "warehouse_id": self.warehouse_id,
            "carrier_id": self.carrier_id,
            "parcels": [
                [site, carrier, {str(line): units for line, units in lines.items()}]
                for site, carrier, lines in self.parcels
            ],
            "ship_date": self.ship_date,
            "add_tags": list(self.add_tags),
            "remove_tags": list(self.remove_tags),
            "user_id": self.user_id,
            "mails": list(self.mails),
            "activities": list(self.activities),
            "approvals": list(self.approvals),
            "cancel": self.cancel and self.cancel.to_json(),
            "requests": list(self.requests),
        }

    def to_json(self) -> dict[str, Any]:
        """The whole decision, as it is stored; the reasons of its steps are put into words here and not before."""
        return self.effects() | {
            "choice": self.choice,
            "next_at": self.next_at,
            "steps": [step.to_json() for step in self.steps],
            "errors": list(self.errors),
        }


class Draft:
    """A plan in the making. Actions call its methods; what it says of the order (`order`) is what later rules see.

    A later rule replaces what an earlier one set (warehouse, carrier, date, salesperson), and says so; `stop` prevents it. Of holds
    of one type and key the first stays.
    """

    def __init__(self, snapshot: Mapping[str, Any], strategies: Mapping[int, StrategySpec], choose: Choose) -> None:
        self.snapshot = snapshot
        self.strategies = strategies
        self.choose = choose
        self.rule: RuleSpec
        self.why: tuple[Said, ...] = ()
        self.until: str | None = None
        self.stale: frozenset[str] = (
            frozenset()
        )  # fields set by this plan: what the database says of them is out of date
        self.moments: list[str] = []  # UTC, when time alone may change the plan
        self._set: dict[str, Any] = {}
        self._by: dict[str, str] = {}
        self._tags = tuple(snapshot["order"].get("tag_ids") or ())

    def get(self, name: str, default: Any = None) -> Any:
        """What the plan has of a field of `Plan` so far."""
        return self._set.get(name, default)

    def hold(self, code: str, reason: Said, due_hours: int | None = None, key: str = "") -> Said | None:
        holds: dict[tuple[str, str], Hold] = self._set.setdefault("holds", {})
        if (code, key) in holds:
            return Said(_("It waits for {code} already"), code=code)
        holds[code, key] = Hold(code, key, reason, due_hours, self.rule.id, self.why, self.until)
        return None

    def put(self, name: str, value: Any, **facts: Any) -> Said | None:
        """Set one field of the plan, and the order's facts that go with it."""
        before = self._set.get(name)
        self._set[name] = value
        replaced = self._by.get(name)
        self._by[name] = self.rule.name
        self.see(**facts)
        if replaced and before != value:
            return Said(_("This replaces what “{rule}” had set"), rule=replaced)
        return None

    def add(self, name: str, value: Any) -> None:
        """Append to a list of the plan, once."""
        values: list[Any] = self._set.setdefault(name, [])
        if value not in values:
            values.append(value)

    def see(self, **facts: Any) -> None:
        """Later rules see these facts of the order; paths through a changed field are not known any more."""
        changed = {name for name, value in facts.items() if self.snapshot["order"].get(name) != value}
        if not changed:
            return
        kept = {path: value for path, value in self.snapshot["order"].items() if path.partition(".")[0] not in changed}
        self.snapshot = {**self.snapshot, "order": Facts({**kept, **facts})}
        self.stale |= changed

    def tag(self, tag: int, on: bool) -> None:
        """Add or take off a tag; in the end the plan names only what differs from the order's own tags."""
        known: list[int] = list(self.snapshot["order"].get("tag_ids") or ())
        if on == (tag in known):
            return
        known = sorted([*known, tag]) if on else [each for each in known if each != tag]
        self._set["add_tags"] = [each for each in known if each not in self._tags]
        self._set["remove_tags"] = [each for each in self._tags if each not in known]
        self.see(tag_ids=known)

    def source(self, strategy: int, hold_type: str | None) -> Said | None:
        """Choose warehouse and carrier by a strategy; a hold if there is none that may ship."""
        if strategy not in self.strategies:
            raise MissingFact(f"strategy {strategy}")
        choice = self.choose(self.snapshot, self.strategies[strategy])
        self._set["choice"] = choice.to_json()
        if later := getattr(choice, "next_at", None):
            self.moments.append(later)
        if choice.unroutable:
            if hold_type and not self._waits_for_stock_alone(strategy):
                self.hold(hold_type, choice.unroutable)
            return Said(_("No warehouse can ship it: {reason}"), reason=choice.unroutable)
        parcels = tuple((int(site), int(carrier), dict(lines)) for site, carrier, lines in choice.parcels)
        self._set["parcels"] = parcels
        if not parcels:
            return None
        site, carrier, _lines = parcels[0]
        said = self.put("warehouse_id", site, warehouse_id=site)
        return self.put("carrier_id", carrier, carrier_id=carrier, **self.carrier_facts(carrier)) or said

    def _waits_for_stock_alone(self, strategy: int) -> bool:
        """Whether the order is held for stock already, and with stock could be shipped: one cause, one hold."""
        holds: dict[tuple[str, str], Hold] = self._set.get("holds", {})
        if not any(code == STOCK_SHORT for code, _key in holds):
            return False
        spec = self.strategies[strategy]
        stocked = replace(spec, fences=tuple(fence for fence in spec.fences if fence.name != "stock"))
        return not self.choose(self.snapshot, stocked).unroutable

    def carrier_facts(self, carrier: int) -> dict[str, Any]:
        """What changes with the carrier: cash on delivery, where the services of the snapshot tell."""
        for service in self.snapshot.get("services") or ():
            if service["id"] == carrier:
                return {"fact.cod": service["cod"]}
        return {}

    def plan(self, **rest: Any) -> Plan:
        """The finished plan; rest: trace, errors, next_at."""
        values: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in self._set.items()
        }
        return Plan(**values, **rest)


def own_words(text: str) -> Said:
    """A sentence somebody typed: shown as it is."""
    return Said(Text("{text}"), text=text)
