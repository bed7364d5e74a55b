"""What is wrong with a rule set before it runs. Pure: what it needs to know of the database is handed in."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any, NamedTuple

from .compile import known_types, named_paths
from .facts import EDITED
from .logic import Branches, branches, implies, never
from .registry import SpecError, function
from .spec import RuleSetSpec, RuleSpec
from .words import Said, _

Types = Mapping[str, Mapping[str, str]]
ALONE = ("warehouse", "carrier")  # actions of which an order can follow one only
# What later rules see of an action; nobody knows of those of other addons
SEEN = {
    "warehouse": {"warehouse_id"},
    "carrier": {"carrier_id", "fact.cod"},
    "source": {"warehouse_id", "carrier_id", "fact.cod"},
    "tag": {"tag_ids"},
    "untag": {"tag_ids"},
    "user": {"user_id"},
}
UNSEEN = {"hold", "ship_date", "split", "combine", "mail", "activity", "approval", "cancel"}


class Finding(NamedTuple):
    """severity: "error" (the rule cannot work), "warning" (it does not do what it seems to), "info"; rule: its id; code: stable."""

    severity: str
    rule: int
    code: str
    said: Said


class _Known(NamedTuple):
    spec: RuleSpec
    branches: Branches


def lint(
    rule_set: RuleSetSpec,
    types: Types | None = None,
    *,
    hold_types: Mapping[str, bool] | None = None,
    hits: Mapping[int, int] | None = None,
    today: str | None = None,
) -> list[Finding]:
    """All findings, in the order of the rules.

    types: {"order": {path: field type}, "lines": …} of every path that the rules name and that exists, provable or not; None: fields are
    not checked. hold_types: {code: whether people end such a hold}. hits: {rule id: orders matched} of the
    rules that orders have met; of the others nothing is said. today: "YYYY-MM-DD".
    """
    findings: list[Finding] = []
    sound: list[_Known] = []
    for rule in rule_set.rules:
        own = list(_alone(rule, rule_set, types, hold_types, today))
        if not any(finding.code == "unknown_function" for finding in own):
            try:
                known = _Known(rule, branches(rule.condition, types or rule_set.types))
                own += _against(known, sound)
                if not any(finding.severity == "error" for finding in own):
                    own += _unreleased(known, hold_types)
                    sound.append(known)
            except SpecError as error:
                own.append(Finding("error", rule.id, "bad_domain", error.said))
        if not own and hits and hits.get(rule.id) == 0:
            own.append(Finding("info", rule.id, "never_hit", Said(_("It has matched none of the newest orders"))))
        findings += own
    return findings


# -- One rule -----------------------------------------------------------------------------


def _alone(
    rule: RuleSpec, rule_set: RuleSetSpec, types: Types | None, hold_types: Collection[str] | None, today: str | None
) -> Iterator[Finding]:
    for sort, each in [("condition", f) for f in rule.condition.functions] + [("action", a) for a in rule.actions]:
        try:
            args = function(sort, each.name).complete(each.args)
        except SpecError as error:
            yield Finding("error", rule.id, "unknown_function", error.said)
            continue
        if sort == "action":
            yield from _action(rule, rule_set, each.name, args, hold_types)
    yield from _fields(rule, types)
    if rule.valid_from and rule.valid_to and rule.valid_from > rule.valid_to:
        said = Said(
            _("It is never valid: it begins on {start} and ends on {end}"), start=rule.valid_from, end=rule.valid_to
        )
        yield Finding("error", rule.id, "never", said)
    elif today and rule.valid_to and rule.valid_to < today:
        yield Finding("info", rule.id, "expired", Said(_("It was valid until {date}"), date=rule.valid_to))
    if not rule.actions and not rule.stop:
        yield Finding("info", rule.id, "no_action", Said(_("It does nothing")))


def _action(
    rule: RuleSpec, rule_set: RuleSetSpec, name: str, args: Mapping[str, Any], hold_types: Collection[str] | None
) -> Iterator[Finding]:
    code = args["code"] if name == "hold" else args["hold_type"] if name == "source" else None
    if code and hold_types is not None and code not in hold_types:
        yield Finding("error", rule.id, "unknown_hold_type", Said(_("There is no hold type “{code}”"), code=code))
    if name == "source" and args["strategy"] not in rule_set.strategies:
        yield Finding("error", rule.id, "unknown_strategy", Said(_("The strategy it names is not there")))


def _fields(rule: RuleSpec, types: Types | None) -> Iterator[Finding]:
    parts = [("order", rule.condition.order)]
    if rule.condition.lines:
        parts.append(("lines", rule.condition.lines.domain))
    for side, domain in parts:
        known = known_types((types or {}).get(side), side)
        try:
            named = named_paths(domain)
        except SpecError:
            continue  # told as bad_domain
        for path in sorted(named):
            if path not in known and (types is not None or path.startswith("fact.")):
                yield Finding("error", rule.id, "unknown_field", Said(_("There is no field “{field}”"), field=path))


def _unreleased(known: _Known, hold_types: Mapping[str, bool] | None) -> Iterator[Finding]:
    """Holds that neither the rule nor anybody releases: what it asks for stays true until the order is edited."""
    rule = known.spec
    if hold_types is None or rule.valid_to or not _persistent(rule):
        return
    for each in rule.actions:
        if each.name == "hold" and hold_types.get(each.args["code"]) is False:
            said = Said(
                _(
                    "Nothing ends the hold “{code}”: what the rule asks for stays true, and holds of this type are not for people to release"
                ),
                code=each.args["code"],
            )
            yield Finding("warning", rule.id, "no_release", said)


def _persistent(rule: RuleSpec) -> bool:
    condition = rule.condition
    if any(each.negate or not function("condition", each.name).persistent for each in condition.functions):
        return False
    if not named_paths(condition.order) <= EDITED["order"]:
        return False
    return condition.lines is None or named_paths(condition.lines.domain) <= EDITED["lines"]


# -- Rules against each other -------------------------------------------------------------


def _against(known: _Known, earlier: list[_Known]) -> Iterator[Finding]:
    rule = known.spec
    if never(known.branches):
        yield Finding("error", rule.id, "never", Said(_("Its conditions contradict each other: it never matches")))
        return
    for other in earlier:
        before = other.spec
        if (
            before.stop
            and before.scope == rule.scope
            and _covers(before, rule)
            and implies(known.branches, other.branches)
            and not _moved(other, earlier)
        ):
            if implies(((),), other.branches):
                said = Said(
                    _("It is never looked at: “{rule}” before it matches every order and stops"), rule=before.name
                )
                yield Finding("warning", rule.id, "unreachable", said)
            else:
                said = Said(
                    _("It is never looked at: “{rule}” before it matches all of its orders, and stops"),
                    rule=before.name,
                )
                yield Finding("warning", rule.id, "shadowed", said)
            return
    for other in earlier:
        before = other.spec
        overlap = (before.valid_from or "") <= (rule.valid_to or "9999") and (rule.valid_from or "") <= (
            before.valid_to or "9999"
        )
        same = overlap and implies(known.branches, other.branches) and implies(other.branches, known.branches)
        if same and not _moved(other, earlier):
            for name in ALONE:
                if not _sets(before, name) or not _sets(rule, name) or _sets(before, name) == _sets(rule, name):
                    continue
                said = Said(_("It replaces what “{rule}” sets for the very same orders"), rule=before.name)
                yield Finding("warning", rule.id, f"conflict_{name}", said)


def _covers(before: RuleSpec, rule: RuleSpec) -> bool:
    """Whether the earlier rule is valid whenever the later one is."""
    begins = (before.valid_from or "") <= (rule.valid_from or "")
    return begins and (before.valid_to or "9999") >= (rule.valid_to or "9999")


def _moved(before: _Known, earlier: list[_Known]) -> bool:
    """Whether an action before the later rule changes what the earlier one had looked at."""
    looked = _looked_at(before.spec)
    between = earlier[earlier.index(before) :]
    for each in (action.name for other in between for action in other.spec.actions):
        if each not in UNSEEN and (each not in SEEN or SEEN[each] & looked):
            return bool(looked)
    return False


def _looked_at(rule: RuleSpec) -> set[str]:
    """Fields of the order that the condition reads, without the path behind them; lines do not change."""
    found = {path if path.startswith("fact.") else path.partition(".")[0] for path in named_paths(rule.condition.order)}
    return found.union(*(function("condition", each.name).order for each in rule.condition.functions))


def _sets(rule: RuleSpec, name: str) -> list[Any]:
    return [each.args.get(name) for each in rule.actions if each.name == name]
