"""Faults that a test arms on the control port: which requests they hit, how often, and what then goes wrong.

A rule is {kind, operation, nth, count, probability, seed, …}: `operation` is a root field ("fulfillmentCreate"), an operation name,
"oauth" or "bulk_result", or nothing for every request; `nth` the first matching call that is hit (1 = the next one); `count` how
many calls are hit from there on (1 unless given, null = all); `probability` the chance of each of them.
"""
from __future__ import annotations

import random
import threading
from typing import Any

#: kind → when it acts: "before" execution, "during" (changes the request), "after" commit, on the "answer".
KINDS = {
    "timeout_before": "before", "cut_before": "before", "http_429": "before", "http_500": "before", "http_502": "before",
    "http_503": "before", "http_504": "before", "token_revoked": "before", "forbidden": "before", "not_found": "before",
    "frozen": "before", "locked": "before", "slow": "before", "merchant_acts": "before",
    "throttled": "during", "version_retired": "during", "idempotency_concurrent": "during", "bulk_failed": "during",
    "cursor_invalidated": "during", "inventory_stale": "during",
    "timeout_after": "after", "cut_after": "after", "http_500_after": "after", "truncated_json": "after",
    "internal_error": "answer", "unknown_enum": "answer", "null_field": "answer", "replace_field": "answer",
}


class Rule:
    def __init__(self, number: int, values: dict[str, Any]) -> None:
        if values.get("kind") not in KINDS:
            raise ValueError(f"unknown fault kind {values.get('kind')!r}; known: {', '.join(sorted(KINDS))}")
        self.number, self.values = number, values
        self.kind = values["kind"]
        self.operation = values.get("operation")
        self.nth = int(values.get("nth", 1))
        self.count = values.get("count", 1)
        self.probability = float(values.get("probability", 1))
        self.random = random.Random(values.get("seed", 0))
        self.seen = self.hits = 0

    def fires(self, names: set[str]) -> bool:
        if self.operation is not None and self.operation not in names:
            return False
        self.seen += 1
        if self.seen < self.nth or (self.count is not None and self.hits >= self.count):
            return False
        if self.probability < 1 and self.random.random() >= self.probability:
            return False
        self.hits += 1
        return True

    def report(self) -> dict[str, Any]:
        return {"id": self.number, **self.values, "seen": self.seen, "hits": self.hits}


class Faults:
    """The armed rules of one shop."""

    def __init__(self) -> None:
        self.rules: list[Rule] = []
        self._lock = threading.Lock()
        self._numbers = 0

    def arm(self, values: dict[str, Any]) -> int:
        with self._lock:
            self._numbers += 1
            self.rules.append(Rule(self._numbers, values))
            return self._numbers

    def clear(self, number: int | None = None) -> None:
        with self._lock:
            self.rules = [rule for rule in self.rules if number is not None and rule.number != number]

    def fired(self, names: set[str]) -> Fired:
        """The rules that hit a request known by these names (root fields, operation name)."""
        if not self.rules:
            return NONE
        with self._lock:
            return Fired([rule for rule in self.rules if rule.fires(names)])


class Fired:
    """The faults of one request."""

    def __init__(self, rules: list[Rule]) -> None:
        self.rules = rules

    def of(self, *kinds: str) -> dict[str, Any] | None:
        return next((rule.values for rule in self.rules if rule.kind in kinds), None)

    def at(self, moment: str) -> list[dict[str, Any]]:
        return [rule.values for rule in self.rules if KINDS[rule.kind] == moment]

    @property
    def throttled(self) -> bool:
        return self.of("throttled") is not None

    @property
    def kinds(self) -> list[str]:
        return [rule.kind for rule in self.rules]

    def __bool__(self) -> bool:
        return bool(self.rules)


NONE = Fired([])


def change_answer(answer: dict[str, Any], fault: dict[str, Any], make_error: Any) -> None:
    """Apply an "answer" fault: null or replace fields by name anywhere in `data`, or turn the first root field into a crash."""
    if fault["kind"] == "internal_error":
        data = answer.get("data") or {}
        key = next(iter(data), None)
        if key is not None:
            data[key] = None
        error = make_error()
        answer.setdefault("errors", []).append({"message": error.message, "extensions": error.extensions,
                                                "path": [key] if key else []})
        return
    names = fault.get("fields") or [fault["field"]]
    value = fault.get("value", "A_VALUE_OF_THE_NEXT_VERSION") if fault["kind"] != "null_field" else None
    _replace(answer.get("data"), set(names), value)


def _replace(node: Any, names: set[str], value: Any) -> None:
    if isinstance(node, dict):
        for key, child in node.items():
            if key in names:
                node[key] = value
            else:
                _replace(child, names, value)
    elif isinstance(node, list):
        for child in node:
            _replace(child, names, value)
