"""decide(snapshot, rule_set) -> Plan: the same facts and rules give the same plan, always. Pure: no clock, no randomness.

Scopes run in the order of `SCOPES`, in each the rules by (priority, id); a rule that matches and stops ends its scope. A rule whose facts
are missing or whose function fails or is gone does not match; it is a step with an error, listed in `Plan.errors`, and the others go on.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from importlib import import_module
from typing import Any
from weakref import WeakKeyDictionary

from .compile import Predicate, Test, compile_domain, why
from .facts import Facts, MissingFact, text_of, utc_of
from .plan import Choose, Draft, Plan
from .registry import Function, SpecError, function
from .spec import SCOPES, ConditionSpec, LinesSpec, RuleSetSpec, RuleSpec
from .words import NotYet, Said, _

Snapshot = Mapping[str, Any]
HOUR = timedelta(hours=1)


class Step:
    """A rule that was looked at. Its reasons are put into words when they are read, from the facts as they were then.

    outcome: "matched", or what did not hold: "date", "order", "lines", "function"; "error". until: UTC, when time alone ends the match.
    """

    __slots__ = ("rule", "outcome", "functions", "until", "done", "error", "_compiled", "_facts")

    def __init__(
        self, rule: CompiledRule, facts: Mapping[str, Any], outcome: str, functions: Sequence[Said] = ()
    ) -> None:
        self.rule = rule.spec
        self.outcome = outcome
        self.functions = list(functions)
        self.until: str | None = None
        self.done: list[dict[str, Any]] = []
        self.error: str | None = None
        self._compiled = rule
        self._facts = facts

    @property
    def matched(self) -> bool:
        return self.outcome == "matched"

    @property
    def said(self) -> list[Said]:
        """Why the rule matched, or what of it did not hold."""
        rule, outcome = self._compiled, self.outcome
        said: list[Said] = []
        if rule.order and outcome in ("matched", "order"):
            said += why(rule.order, self._facts["order"], self._facts["asked"])
        if rule.lines and outcome in ("matched", "lines"):
            said += _why_lines(rule, self._facts)
        return said + self.functions

    def to_json(self) -> dict[str, Any]:
        return {
            "rule": self.rule.id,
            "name": self.rule.name,
            "scope": self.rule.scope,
            "matched": self.matched,
            "said": [said.to_json() for said in self.said],
            "actions": self.done,
            "error": self.error,
        }


class Trace:
    """The steps of one evaluation, kept as what they are made of until somebody reads them."""

    __slots__ = ("_rules", "_facts", "_steps")

    def __init__(self) -> None:
        self._rules: list[CompiledRule] = []
        self._facts: list[Mapping[str, Any]] = []
        self._steps: list[Step | str] = []

    def add(self, rule: CompiledRule, facts: Mapping[str, Any], step: Step | str) -> None:
        """step: the step, or its outcome if there is nothing else to say of it."""
        self._rules.append(rule)
        self._facts.append(facts)
        self._steps.append(step)

    def steps(self) -> tuple[Step, ...]:
        found = zip(self._rules, self._facts, self._steps, strict=True)
        return tuple(step if isinstance(step, Step) else Step(rule, facts, step) for rule, facts, step in found)


class CompiledRule:
    """A rule with its domains compiled and its functions found; `error` if one of them is unknown."""

    __slots__ = ("spec", "order", "order_holds", "lines", "lines_hold", "functions", "actions", "error")

    def __init__(self, spec: RuleSpec, types: Mapping[str, Mapping[str, str]]) -> None:
        self.spec = spec
        self.order: Predicate | None = None
        self.order_holds: Test | None = None
        self.lines: Predicate | None = None
        self.lines_hold: Callable[[Snapshot, Mapping[str, Any]], bool] | None = None
        self.functions: list[tuple[Callable[..., Any], dict[str, Any], bool, Function]] = []
        self.actions: list[tuple[Callable[..., Any], dict[str, Any], Function]] = []
        self.error: SpecError | None = None
        try:
            self._compile(spec.condition, types)
            for each in spec.actions:
                known = function("action", each.name)
                self.actions.append((known.call, known.complete(each.args), known))
        except SpecError as error:
            self.error = error

    def _compile(self, condition: ConditionSpec, types: Mapping[str, Mapping[str, str]]) -> None:
        if condition.order:
            self.order = compile_domain(condition.order, types.get("order"))
            self.order_holds = self.order.test
        if condition.lines:
            self.lines = compile_domain(condition.lines.domain, types.get("lines"), "lines")
            self.lines_hold = _over_lines(condition.lines, self.lines)
        for each in condition.functions:
            known = function("condition", each.name)
            self.functions.append((known.call, known.complete(each.args), each.negate, known))


class CompiledRuleSet:
    """A rule set ready to be evaluated, and what the facts reader has to bring for it."""

    def __init__(self, spec: RuleSetSpec) -> None:
        self.rules = {
            scope: tuple(CompiledRule(rule, spec.types) for rule in spec.rules if rule.scope == scope)
            for scope in SCOPES
        }
        self.strategies = spec.strategies
        everything = [rule for rules in self.rules.values() for rule in rules]
        self.paths: dict[str, frozenset[str]] = {
            side: frozenset(path for rule in everything for path in _paths(rule, side)) | _strategy_paths(spec, side)
            for side in ("order", "lines")
        }
        self.asked: dict[str, dict[str, list[Any]]] = {"order": {}, "lines": {}}
        for rule in everything:
            for predicate, side in ((rule.order, "order"), (rule.lines, "lines")):
                self.asked[side].update(predicate.asked if predicate else {})
        self.relative = any(
            predicate.relative for rule in everything for predicate in (rule.order, rule.lines) if predicate
        )
        self.sources = any(known.name == "source" for rule in everything for _call, _args, known in rule.actions)
        self._stale: dict[frozenset[str], frozenset[str]] = {}

    def out_of_date(self, fields: frozenset[str]) -> frozenset[str]:
        """Digests of the domains asked that name one of these fields of the order."""
        if fields not in self._stale:
            self._stale[fields] = frozenset(
                key
                for side in ("order", "lines")
                for key, domain in self.asked[side].items()
                if _names(domain, fields, side)
            )
        return self._stale[fields]


_compiled: WeakKeyDictionary[RuleSetSpec, CompiledRuleSet] = WeakKeyDictionary()


def compiled(rule_set: RuleSetSpec) -> CompiledRuleSet:
    """The compiled rule set; compiled once for each version as long as its spec lives."""
    known = _compiled.get(rule_set)
    if known is None:
        known = _compiled[rule_set] = CompiledRuleSet(rule_set)
    return known


def decide(
    snapshot: Snapshot, rule_set: RuleSetSpec, scopes: Collection[str] = SCOPES, choose: Choose | None = None
) -> Plan:
    """The plan for one order. choose(snapshot, strategy): sourcing, `sourcing.choose` unless given."""
    rules = compiled(rule_set)
    facts = {
        **snapshot,
        "order": Facts(snapshot["order"]),
        "lines": [Facts(line) for line in snapshot["lines"]],
        "asked": Facts(snapshot.get("asked") or {}),
    }
    draft = Draft(facts, rules.strategies, choose or _choose)
    run = _Run(draft, rules)
    for scope in SCOPES:
        if scope in scopes:
            run.scope(rules.rules[scope])
    return draft.plan(trace=run.trace, errors=tuple(run.errors), next_at=run.next_at())


class _Run:
    """One evaluation."""

    def __init__(self, draft: Draft, rules: CompiledRuleSet) -> None:
        self.draft = draft
        self.rules = rules
        self.trace = Trace()
        self.errors: list[dict[str, Any]] = []
        self.today: str = draft.snapshot["today"]
        self.stale: frozenset[str] = frozenset()

    def scope(self, rules: Iterable[CompiledRule]) -> None:
        """Evaluate rules in turn and draft the actions of those that match, up to one that stops."""
        for rule in rules:
            facts = self.draft.snapshot
            try:
                step = self._match(rule, facts)
                if isinstance(step, Step) and step.matched:
                    self._act(rule, step)
            except Exception as error:  # a function of any addon: whatever it raises, the other rules are to be heard
                step = Step(rule, facts, "error", [self._failed(rule, error)])
                step.error = type(error).__name__
            self.trace.add(rule, facts, step)
            if rule.spec.stop and isinstance(step, Step) and step.matched:
                return

    def _match(self, rule: CompiledRule, facts: Snapshot) -> Step | str:
        spec = rule.spec
        if spec.valid_from and self.today < spec.valid_from:
            self.draft.moments.append(utc_of(facts, spec.valid_from))
            return Step(rule, facts, "date", [Said(_("It is valid from {date}"), date=spec.valid_from)])
        if spec.valid_to and self.today > spec.valid_to:
            return Step(rule, facts, "date", [Said(_("It was valid until {date}"), date=spec.valid_to)])
        if rule.order_holds and not rule.order_holds(facts["order"], facts["asked"]):
            return "order"
        if rule.lines_hold and not rule.lines_hold(facts, facts["asked"]):
            return "lines"
        if rule.error:
            raise rule.error
        step = self._functions(rule, facts) if rule.functions else Step(rule, facts, "matched")
        if step.matched and spec.valid_to:
            self.draft.moments.append(utc_of(facts, spec.valid_to, days=1))
        return step

    def _functions(self, rule: CompiledRule, facts: Snapshot) -> Step:
        holding: list[Said] = []
        ends: list[str] = []
        for call, args, negate, known in rule.functions:
            answer = call(facts, **args)
            holds = isinstance(answer, Said)
            moment = answer.until if isinstance(answer, Said) else answer.at if isinstance(answer, NotYet) else None
            if holds == negate:
                if moment:
                    self.draft.moments.append(moment)
                return Step(rule, facts, "function", [_reason(answer, known)])
            if moment:
                ends.append(moment)
            holding.append(_reason(answer, known))
        self.draft.moments += ends
        step = Step(rule, facts, "matched", holding)
        step.until = min(ends, default=None)
        return step

    def _act(self, rule: CompiledRule, step: Step) -> None:
        draft = self.draft
        draft.rule = rule.spec
        draft.why = tuple(step.functions)
        draft.until = step.until
        for call, args, known in rule.actions:
            done = {"name": known.name, "args": args, "said": None}
            step.done.append(done)
            try:
                said = call(draft, draft.snapshot, **args)
            except Exception as error:  # as above: this action is left out, the others are done
                said = self._failed(rule, error)
                step.error = type(error).__name__
            done["said"] = said and said.to_json()
        if draft.stale != self.stale:
            self.stale = draft.stale
            gone = self.rules.out_of_date(self.stale)
            known_answers = {key: answer for key, answer in draft.snapshot["asked"].items() if key not in gone}
            draft.snapshot = {**draft.snapshot, "asked": Facts(known_answers)}

    def _failed(self, rule: CompiledRule, error: Exception) -> Said:
        said = _told(error)
        self.errors.append({"rule": rule.spec.id, "name": rule.spec.name, "error": said.to_json()})
        return said

    def next_at(self) -> str | None:
        """The earliest of the moments noted; in an hour if it has passed already, or where a domain speaks of "now"."""
        now: str = self.draft.snapshot["now"]
        soon = text_of(datetime.fromisoformat(now) + HOUR)
        moments = [moment if moment > now else soon for moment in self.draft.moments]
        return min([*moments, soon] if self.rules.relative else moments, default=None)


def _choose(snapshot: Snapshot, strategy: Any) -> Any:
    """Sourcing is loaded by the first rule that needs it."""
    return import_module(".sourcing", __package__).choose(snapshot, strategy)


def _reason(answer: Any, known: Function) -> Said:
    """What a condition said, or that it does not hold."""
    return answer if isinstance(answer, Said) else Said(_("Not so: {condition}"), condition=Said(known.label))


def _told(error: Exception) -> Said:
    """What went wrong, for the author of the rule."""
    if isinstance(error, SpecError):
        return error.said
    if isinstance(error, MissingFact):
        return Said(_("“{fact}” is not known of this order"), fact=error.path)
    return Said(_("It failed: {error}"), error=f"{type(error).__name__}: {error}")


# -- Lines --------------------------------------------------------------------------------


def _over_lines(spec: LinesSpec, predicate: Predicate) -> Callable[[Snapshot, Mapping[str, Any]], bool]:
    test = predicate.test
    stop_at, otherwise = {"any": (True, True), "all": (False, False), "none": (True, False)}[spec.scope]

    def holds(snapshot: Snapshot, asked: Mapping[str, Any]) -> bool:
        for line in snapshot["lines"]:
            if line["fact.goods"] and test(line, asked) == stop_at:
                return otherwise
        return not otherwise

    return holds


def _why_lines(rule: CompiledRule, facts: Snapshot) -> list[Said]:
    """The line that decided, or how many there were."""
    spec, predicate = rule.spec.condition.lines, rule.lines
    if spec is None or predicate is None:
        return []
    asked, goods = facts["asked"], [line for line in facts["lines"] if line["fact.goods"]]
    wanted = spec.scope != "all"
    for line in goods:
        if predicate.test(line, asked) == wanted:
            name = line.get("fact.sku") or line.get("fact.name") or str(line["id"])
            template = _("The line {line} matches") if wanted else _("The line {line} does not match")
            return [Said(template, line=name), *why(predicate, line, asked)]
    template = _("None of {count} lines matches") if wanted else _("All {count} lines match")
    return [Said(template, count=len(goods))]


# -- What is read -------------------------------------------------------------------------


def _paths(rule: CompiledRule, side: str) -> set[str]:
    predicate = rule.order if side == "order" else rule.lines
    found = set(predicate.paths) if predicate else set()
    for known in [*(each[3] for each in rule.functions), *(each[2] for each in rule.actions)]:
        found.update(known.order if side == "order" else known.lines)
    return found | ({"fact.goods"} if side == "lines" and predicate else set())


def _strategy_paths(spec: RuleSetSpec, side: str) -> frozenset[str]:
    found: set[str] = set()
    for strategy in spec.strategies.values():
        for sort, each in [("fence", f) for f in strategy.fences] + [
            ("criterion", f) for f, _weight in strategy.criteria
        ]:
            try:
                known = function(sort, each.name)
            except SpecError:
                continue  # choosing will say so
            found.update(known.order if side == "order" else known.lines)
    return frozenset(found)


def _names(domain: list[Any], fields: frozenset[str], side: str) -> bool:
    """Whether a domain speaks of one of these fields of the order; for lines: through order_id."""
    for term in domain:
        if isinstance(term, list) and isinstance(term[0], str):
            names = term[0].split(".")
            if names[0] in fields if side == "order" else names[0] == "order_id":
                return True
    return False
