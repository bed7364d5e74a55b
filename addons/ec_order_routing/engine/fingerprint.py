"""What a decision rests on, as one hash: equal fingerprints mean that deciding again changed nothing. Pure.

In it: the facts that the rules can see (base facts, paths that rules name, answers of the database, and candidates if a rule chooses
among them), the rule set and its version, and what the plan does. Not in it: `now`, `today` and `utc_offset`, as time counts only by what it
changes in the plan; the plan's steps, errors and `next_at`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from .decide import compiled
from .facts import BASE
from .plan import Plan
from .spec import RuleSetSpec


def fingerprint(snapshot: Mapping[str, Any], rule_set: RuleSetSpec, plan: Plan) -> str:
    """Hex of the SHA-256."""
    rules = compiled(rule_set)
    order, lines = (rules.paths[side] | BASE[side].keys() for side in ("order", "lines"))
    seen = {
        "order": {path: value for path, value in snapshot["order"].items() if path in order},
        "lines": [{path: value for path, value in line.items() if path in lines} for line in snapshot["lines"]],
        "asked": snapshot.get("asked") or {},
    }
    if rules.sources:
        seen |= {"sites": snapshot.get("sites") or [], "services": snapshot.get("services") or []}
    return hashlib.sha256(canonical([seen, rule_set.id, rule_set.version, plan.effects()]).encode()).hexdigest()


def canonical(value: Any) -> str:
    """JSON that is the same text for the same value: sorted keys, no blanks, whole floats as integers."""
    return json.dumps(_whole(value), sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def _whole(value: Any) -> Any:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, Mapping):
        return {str(key): _whole(each) for key, each in value.items()}
    return [_whole(each) for each in value] if isinstance(value, (list, tuple)) else value
