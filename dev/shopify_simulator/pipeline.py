"""One GraphQL request, in Shopify's order: document → static errors → cost → bucket → variables → idempotency → execution."""
from __future__ import annotations

import hashlib
import json
from collections import OrderedDict
from threading import Lock
from typing import Any

from graphql import get_named_type
from graphql.execution.values import get_argument_values, get_variable_values

from . import cost, static
from .errors import TopLevelError
from .executor import Document, Execution
from .schema import LoadedSchema

MAX_COST = 1000
MAX_INPUT = 250
MAX_VARIANTS = 2048
IDEMPOTENCY_SECONDS = 24 * 3600
Answer = dict[str, Any]


class Pipeline:
    """Runs requests against one shop; documents are parsed, checked and compiled once per text and version."""

    def __init__(self, shop: Any, server: Any) -> None:
        self.shop, self.server = shop, server
        self._documents: OrderedDict[tuple[str, str, str | None], Document] = OrderedDict()
        self._costs: OrderedDict[tuple[int, str], int] = OrderedDict()
        self._lock = Lock()
        self.coverage: dict[str, int] = {}

    def prepare(self, loaded: LoadedSchema, text: str, operation_name: str | None) -> tuple[Document | None, list[Answer]]:
        """The compiled document, or the static errors that refuse it."""
        key = (loaded.version, text, operation_name)
        found = self._documents.get(key)
        if found is not None:
            return found, []
        ast, errors = static.static_errors(loaded, text, operation_name)
        if errors or ast is None:
            return None, errors
        made = Document(loaded, ast, static.operation(ast, operation_name))
        with self._lock:
            self._documents[key] = made
            while len(self._documents) > 500:
                self._documents.popitem(last=False)
        return made, []

    def requested_cost(self, document: Document, variables: dict[str, Any], operation_name: str | None) -> int:
        """Cost before execution; it depends on variables through page sizes, so it is remembered per scalar variables."""
        scalars = {name: value for name, value in variables.items() if isinstance(value, (int, bool))}
        if len(scalars) != len(variables) and document.mutation:
            return cost.requested_cost(document.loaded, document.ast, variables, operation_name)
        key = (id(document), json.dumps(scalars, sort_keys=True))
        found = self._costs.get(key)
        if found is None:
            found = cost.requested_cost(document.loaded, document.ast, variables, operation_name)
            with self._lock:
                self._costs[key] = found
                while len(self._costs) > 2000:
                    self._costs.popitem(last=False)
        return found

    def run(self, loaded: LoadedSchema, app: Any, body: Any, faults: Any = None) -> Answer:
        """The answer to a request body ({query, variables, operationName}) as a JSON-able dict."""
        if not isinstance(body, dict) or not isinstance(body.get("query"), str):
            return {"errors": {"query": "Required parameter missing or invalid"}}
        text, operation_name = body["query"], body.get("operationName") or None
        document, errors = self.prepare(loaded, text, operation_name)
        if document is None:
            return {"errors": errors}
        variables = body.get("variables") or {}
        refused = static.variable_errors(loaded, document.ast, variables, operation_name)
        requested = 10 if refused else self.requested_cost(document, variables, operation_name)
        if requested > MAX_COST:
            return {"errors": [{"message": f"Query cost is {requested}, which exceeds the single query max cost limit "
                                f"({MAX_COST}).\n\nSee https://shopify.dev/concepts/about-apis/rate-limits for more information "
                                "on how the\ncost of a query is calculated.\n\nTo query larger amounts of data with fewer limits, "
                                "bulk operations should be used instead.\nSee https://shopify.dev/api/usage/bulk-operations for "
                                "usage details.",
                                "extensions": {"code": "MAX_COST_EXCEEDED", "cost": requested, "maxCost": MAX_COST,
                                               "documentation": "https://shopify.dev/api/usage/limits#rate-limits"}}]}
        bucket = app.bucket
        if not bucket.take(requested) or (faults and faults.throttled):
            return {"errors": [{"message": "Throttled", "extensions": {
                "code": "THROTTLED", "documentation": "https://shopify.dev/api/usage/rate-limits"}}],
                "extensions": {"cost": bucket.report(requested, None)}}
        if refused:
            bucket.give_back(requested)
            return {"errors": refused}
        coerced = get_variable_values(document.schema, document.operation.variable_definitions, variables)
        if isinstance(coerced, list):
            return {"errors": [{"message": error.message, "extensions": {"code": "INVALID_VARIABLE"}} for error in coerced]}
        return self._execute(document, coerced, requested, app, loaded.version, faults)

    def _execute(self, document: Document, variables: dict[str, Any], requested: int, app: Any, version: str,
                 faults: Any) -> Answer:
        execution = Execution(document, variables, self.shop, app, version, self.server)
        execution.faults = faults
        oversized = _oversized(document, variables)
        if oversized:
            execution.errors.append(oversized)
            data: Any = None
        elif document.mutation:
            data = self.mutate(execution)
        else:
            with self.shop.lock:
                data = execution.execute()
        actual = max(min(round(execution.cost), requested), 0)
        app.bucket.give_back(requested - actual)
        for where, times in execution.coverage.items():
            self.coverage[where] = self.coverage.get(where, 0) + times
        answer: Answer = {"errors": execution.errors} if execution.errors else {}
        answer["data"] = data
        answer["extensions"] = {"cost": app.bucket.report(requested, actual)}
        if execution.search:
            answer["extensions"]["search"] = execution.search
        return answer

    def mutate(self, execution: Execution) -> Any:
        """Root fields one after the other; the idempotent ones look up their key first."""
        document = execution.document
        with self.shop.lock:
            for plan in document.root:
                if plan.name == "__typename":
                    continue
                _wrap_idempotent(plan)
            return execution.execute()


def _wrap_idempotent(plan: Any) -> None:
    """Put the @idempotent check around a root field's resolver, once per compiled document."""
    if getattr(plan, "idempotent", None) is not None:
        return
    plan.idempotent = True
    inner = plan.resolver
    if inner is None:
        return
    directive = next((d for d in plan.nodes[0].directives or () if d.name.value == "idempotent"), None)
    required = plan.name in plan.document.loaded.idempotency_required
    if directive is None and not required:
        return
    key_node = next((a.value for a in directive.arguments if a.name.value == "key"), None) if directive else None

    def resolver(root: Any, args: dict[str, Any], ctx: Execution) -> Any:
        if directive is None:
            raise TopLevelError("The @idempotent directive is required for this mutation but was not provided.", "BAD_REQUEST")
        key = ctx.variables.get(key_node.name.value) if hasattr(key_node, "name") else getattr(key_node, "value", None)
        return _once(inner, root, args, ctx, plan, key)
    plan.resolver = resolver


def _once(inner: Any, root: Any, args: dict[str, Any], ctx: Execution, plan: Any, key: Any) -> Any:
    """Same key and same input within 24 h: the first effect, its ids read anew; other input: a mismatch error."""
    if ctx.faults and ctx.faults.of("idempotency_concurrent"):
        return _refusal(plan, "IDEMPOTENCY_CONCURRENT_REQUEST", "A request with the same idempotency key is already in progress.")
    kept = ctx.shop.meta.setdefault("idempotency", {})
    digest = hashlib.sha256(json.dumps(args, sort_keys=True, default=str).encode()).hexdigest()
    known = kept.get((ctx.app.client_id, key))
    if known and ctx.shop.clock.seconds() - known["at"] < IDEMPOTENCY_SECONDS:
        if (known["mutation"], known["digest"]) != (plan.name, digest):
            return _refusal(plan, "IDEMPOTENCY_KEY_PARAMETER_MISMATCH",
                            "The same idempotency key can't be used with different operation parameters.")
        if known["payload"] is None:
            return _refusal(plan, "IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED",
                            "A previous request with this idempotency key failed. Retry with a new idempotency key.")
        ctx.shop.meta["replays"] = ctx.shop.meta.get("replays", 0) + 1
        return {name: (ctx.shop.nodes.get(value.gid) if isinstance(value, _Reference) else value)
                for name, value in known["payload"].items()}
    payload = inner(root, args, ctx)
    errors = next((payload[name] for name in payload if name.lower().endswith("usererrors")), ())
    if errors and _tells_failures(plan):
        kept[ctx.app.client_id, key] = {"mutation": plan.name, "digest": digest, "at": ctx.shop.clock.seconds(), "payload": None}
    elif not errors:
        kept[ctx.app.client_id, key] = {
            "mutation": plan.name, "digest": digest, "at": ctx.shop.clock.seconds(),
            "payload": {name: _Reference(value["id"]) if isinstance(value, dict) and value.get("id") in ctx.shop.nodes
                        else value for name, value in payload.items()}}
    return payload


def _tells_failures(plan: Any) -> bool:
    """Whether the mutation's error codes know of an earlier attempt that failed; the others try again."""
    payload = get_named_type(plan.definition.type)
    rows = get_named_type(payload.fields["userErrors"].type) if "userErrors" in payload.fields else None
    codes = get_named_type(rows.fields["code"].type) if rows is not None and "code" in rows.fields else None
    return "IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED" in getattr(codes, "values", ())


class _Reference:
    """A node of a remembered payload: its present state is what a replay answers."""

    def __init__(self, gid: str) -> None:
        self.gid = gid


def _refusal(plan: Any, code: str, message: str) -> dict[str, Any]:
    kind = plan.definition.type
    kind = getattr(kind, "of_type", kind)
    payload: dict[str, Any] = dict.fromkeys(kind.fields)
    for name in payload:
        if name.lower().endswith("usererrors"):
            payload[name] = [{"field": None, "message": message, "code": code}]
    return payload


def _oversized(document: Document, variables: dict[str, Any]) -> Answer | None:
    """MAX_INPUT_SIZE_EXCEEDED for the first input list that is too long."""
    for plan in document.root if document.mutation else ():
        arguments = plan.arguments
        if arguments is None:
            arguments = get_argument_values(plan.definition, plan.nodes[0], variables)
        for name, value in (arguments or {}).items():
            found = _long_list(value, [name])
            if found:
                path, size, limit = found
                return {"message": f"The input array size of {size} is greater than the maximum allowed of {limit}.",
                        "extensions": {"code": "MAX_INPUT_SIZE_EXCEEDED"}, "path": [plan.key, *path]}
    return None


def _long_list(value: Any, path: list[Any]) -> tuple[list[Any], int, int] | None:
    if isinstance(value, list):
        limit = MAX_VARIANTS if path[-1] == "variants" else 512 if path[-1] == "fulfillmentOrderLineItems" else MAX_INPUT
        if len(value) > limit:
            return path, len(value), limit
        children: Any = enumerate(value)
    elif isinstance(value, dict):
        children = value.items()
    else:
        return None
    for key, child in children:
        if isinstance(child, (list, dict)):
            found = _long_list(child, [*path, key])
            if found:
                return found
    return None
