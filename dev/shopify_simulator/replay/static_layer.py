"""The layers that need no shop: acceptance of the document and its variables, and its cost."""

from ..cost import requested_cost
from ..schema import load_schema
from ..static import static_errors, variable_errors
from .findings import Finding, Mismatch
from .recording import Step

_STATIC_CODES = {"INVALID_VARIABLE", "PARSE_ERROR"}


def static_finding(step: Step) -> Finding:
    """Whether the request is accepted, or refused in the same words."""
    expected = [_words(item) for item in _refusals(step)]
    got = [_words(item) for item in _answered(step)]
    finding = Finding("static", step.source, step.index, step.domain, step.root_fields)
    for place in range(max(len(expected), len(got))):
        wanted = expected[place] if place < len(expected) else None
        answered = got[place] if place < len(got) else None
        if wanted != answered:
            finding.mismatches.append(Mismatch(f"errors[{place}]", wanted, answered))
    return finding


def cost_finding(step: Step) -> Finding | None:
    """Whether the requested cost is the recorded one; None where none was recorded."""
    loaded = load_schema(step.version)
    document, errors = static_errors(loaded, step.query, step.operation_name)
    if step.requested_cost is None or errors or step.variables_lost:
        return None
    cost = requested_cost(loaded, document, step.variables, step.operation_name)
    finding = Finding("cost", step.source, step.index, step.domain, step.root_fields)
    if cost != step.requested_cost:
        finding.mismatches.append(
            Mismatch("extensions.cost.requestedQueryCost", step.requested_cost, cost)
        )
    return finding


def _refusals(step: Step) -> list[dict]:
    """The recorded errors of this layer; graphql-ruby writes its own codes in camel case."""
    codes = [((item.get("extensions") or {}).get("code"), item) for item in step.errors]
    return [item for code, item in codes if code and (code in _STATIC_CODES or code[0].islower())]


def _answered(step: Step) -> list[dict]:
    loaded = load_schema(step.version)
    document, errors = static_errors(loaded, step.query, step.operation_name)
    if errors or step.variables_lost:
        return errors
    return variable_errors(loaded, document, step.variables, step.operation_name)


def _words(item: dict) -> dict:
    """The parts of an error that a client can tell apart."""
    extensions = item.get("extensions") or {}
    return {
        "message": item.get("message"),
        "path": item.get("path"),
        "code": extensions.get("code"),
        "problems": extensions.get("problems"),
    }
