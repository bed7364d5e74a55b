"""Executes a validated GraphQL document: the selection is compiled once per document, then run for each request.

Compared with graphql-core's executor it is several times faster, counts Shopify's actual query cost on the way, checks
access scopes per field and refuses fields that nobody modelled.
"""
from __future__ import annotations

import logging
import math
import uuid
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from enum import Enum
from functools import cached_property
from typing import Any

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    GraphQLEnumType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLUnionType,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    get_location,
    get_named_type,
)
from graphql.execution.values import get_argument_values, get_directive_values
from graphql.type import GraphQLIncludeDirective, GraphQLSkipDirective

from .clock import iso
from .errors import NotModelled, TopLevelError
from .explain import INTROSPECTION
from .money import decimal_text
from .registry import RESOLVERS
from .schema import LoadedSchema, scopes_in

_log = logging.getLogger(__name__)
_FREE = ("MoneyV2", "MoneyBag", "PageInfo", "ShopAddress", "LocationAddress", "Weight", "InventoryItemMeasurement")
_ACCESS_PAGE = "https://shopify.dev/api/usage/access-scopes"
_MISSING = object()

Path = tuple[Any, ...]


class _Bubble(Exception):
    """A null reached a non-null field: the nearest nullable parent becomes null."""


class Document:
    """One operation of a parsed document against one schema version, with its compiled selections."""

    def __init__(self, loaded: LoadedSchema, ast: Any, operation: OperationDefinitionNode) -> None:
        self.loaded = loaded
        self.schema = loaded.schema
        self.ast = ast
        self.operation = operation
        self.fragments = {d.name.value: d for d in ast.definitions if isinstance(d, FragmentDefinitionNode)}
        self.mutation = operation.operation.value == "mutation"
        root = self.schema.mutation_type if self.mutation else self.schema.query_type
        assert root is not None
        self.root_type = root

    @cached_property
    def root(self) -> list[FieldPlan]:
        return self.compile(self.root_type, [self.operation.selection_set])

    @cached_property
    def root_fields(self) -> list[str]:
        """Names of the schema's root fields that are called (not their aliases)."""
        return [plan.name for plan in self.root]

    def compile(self, kind: GraphQLObjectType, selections: list[SelectionSetNode]) -> list[FieldPlan]:
        groups: dict[str, list[FieldNode]] = {}
        conditions: dict[str, list[list[Any]]] = {}
        self._collect(kind, selections, groups, conditions, [])
        return [FieldPlan(self, kind, key, nodes, conditions[key]) for key, nodes in groups.items()]

    def _collect(self, kind: GraphQLObjectType, selections: list[SelectionSetNode], groups: dict[str, list[FieldNode]],
                 conditions: dict[str, list[list[Any]]], outer: list[Any]) -> None:
        for selection in selections:
            for node in selection.selections:
                guards = outer + [d for d in node.directives or () if d.name.value in ("skip", "include")]
                if isinstance(node, FieldNode):
                    key = node.alias.value if node.alias else node.name.value
                    groups.setdefault(key, []).append(node)
                    conditions.setdefault(key, []).append(guards)
                    continue
                fragment = node if isinstance(node, InlineFragmentNode) else self.fragments[node.name.value]
                condition = fragment.type_condition
                if condition is None or self._applies(condition.name.value, kind):
                    self._collect(kind, [fragment.selection_set], groups, conditions, guards)

    def _applies(self, name: str, kind: GraphQLObjectType) -> bool:
        if name == kind.name:
            return True
        other = self.schema.get_type(name)
        return isinstance(other, (GraphQLInterfaceType, GraphQLUnionType)) and self.schema.is_sub_type(other, kind)


class FieldPlan:
    """One response key of one concrete object type: who resolves it, with which arguments, and how it is completed."""

    def __init__(self, document: Document, kind: GraphQLObjectType, key: str, nodes: list[FieldNode],
                 conditions: list[list[Any]]) -> None:
        self.document, self.kind, self.key, self.nodes = document, kind, key, nodes
        self.name = nodes[0].name.value
        self.where = f"{kind.name}.{self.name}"
        self.conditions = conditions if all(conditions) else None
        self.path_needs: tuple[frozenset[str], str] | None = None
        if self.name == "__typename":
            self.resolver: Any = lambda obj, args, ctx: kind.name
            self.arguments: Any = {}
            self.nonnull, self.complete, self.protected = True, lambda value, ctx, path: value, False
            return
        definition = INTROSPECTION.get(self.name) or kind.fields[self.name]
        self.definition = definition
        self.nonnull = isinstance(definition.type, GraphQLNonNull)
        self.resolver = RESOLVERS.get((kind.name, self.name))
        if kind.name.startswith("__") or self.name in INTROSPECTION:
            self.resolver = _introspecting(definition.resolve)
        self.arguments = None if _uses_variables(nodes[0]) else get_argument_values(definition, nodes[0])
        access = document.loaded.required_access(kind.name, self.name)
        if scopes_in(access):
            self.path_needs = frozenset(scopes_in(access)), access or ""
        self.protected = not self.nonnull and document.loaded.is_protected(kind.name, self.name)
        self.complete = self._completer(definition.type)

    # -- compile: one closure per type

    def _completer(self, kind: Any) -> Callable[[Any, Any, Path], Any]:
        if isinstance(kind, GraphQLNonNull):
            inner = self._completer(kind.of_type)

            def non_null(value: Any, ctx: Execution, path: Path) -> Any:
                if value is None:
                    raise TopLevelError(f"Cannot return null for non-nullable field {self.where}", "INTERNAL_SERVER_ERROR")
                return inner(value, ctx, path)
            return non_null
        if isinstance(kind, GraphQLList):
            return self._list_completer(kind)
        if isinstance(kind, GraphQLObjectType):
            return self._object_completer(kind)
        if isinstance(kind, (GraphQLInterfaceType, GraphQLUnionType)):
            return self._abstract_completer()
        return self._leaf_completer(kind)

    def _list_completer(self, kind: GraphQLList[Any]) -> Callable[[Any, Any, Path], Any]:
        inner = self._completer(kind.of_type)
        item_nonnull = isinstance(kind.of_type, GraphQLNonNull)

        def complete(value: Any, ctx: Execution, path: Path) -> Any:
            if value is None:
                return None
            cost, out = ctx.cost, []
            for index, item in enumerate(value):
                try:
                    out.append(inner(item, ctx, (*path, index)))
                except TopLevelError as error:
                    ctx.fail(error, self, (*path, index))
                    if item_nonnull:
                        raise _Bubble from error
                    out.append(None)
                except _Bubble:
                    if item_nonnull:
                        raise
                    out.append(None)
            if len(out) > 1:  # a plain list costs as much as its dearest item, a connection's grows with ln n
                factor = max(1, int(2 * math.log(len(out)) + 1e-9)) if self.name in ("nodes", "edges") else 1
                ctx.cost = cost + (ctx.cost - cost) * factor / len(out)
            return out
        return complete

    def _object_completer(self, kind: GraphQLObjectType) -> Callable[[Any, Any, Path], Any]:
        own = self._own_cost(kind)
        selections = [n.selection_set for n in self.nodes if n.selection_set]
        plans: list[FieldPlan] = []

        def complete(value: Any, ctx: Execution, path: Path) -> Any:
            if value is None:
                return None
            if not plans:
                plans.extend(self.document.compile(kind, selections))
            ctx.cost += own
            return ctx.run(plans, value, path)
        return complete

    def _abstract_completer(self) -> Callable[[Any, Any, Path], Any]:
        selections = [n.selection_set for n in self.nodes if n.selection_set]
        by_type: dict[str, list[FieldPlan]] = {}

        def complete(value: Any, ctx: Execution, path: Path) -> Any:
            if value is None:
                return None
            name = value["__typename"]
            plans = by_type.get(name)
            if plans is None:
                kind = self.document.schema.get_type(name)
                assert isinstance(kind, GraphQLObjectType), name
                plans = by_type[name] = self.document.compile(kind, selections)
            ctx.cost += 1
            return ctx.run(plans, value, path)
        return complete

    def _leaf_completer(self, kind: Any) -> Callable[[Any, Any, Path], Any]:
        if isinstance(kind, GraphQLEnumType):
            known = set(kind.values)

            def enum(value: Any, ctx: Execution, path: Path) -> Any:
                if value is None or value in known:
                    return value
                raise TopLevelError(f"fake: {value!r} is no {kind.name} ({self.where})", "INTERNAL_SERVER_ERROR")
            return enum
        serialize = _LEAVES.get(kind.name)
        if serialize is None:
            return lambda value, ctx, path: value
        return lambda value, ctx, path: None if value is None else serialize(value)

    def _own_cost(self, kind: GraphQLObjectType) -> int:
        name = self.name
        if self.kind is self.document.schema.mutation_type:
            return {"refundCreate": 20, "orderCapture": 20, "fulfillmentTrackingInfoUpdate": 50}.get(name, 10)
        if kind.name in _FREE or kind.name.endswith(("UserError", "Edge")) or name.lower().endswith("usererrors"):
            return 0
        if self.document.mutation and self.kind.name.endswith("Payload"):
            return 2 if kind.name.endswith("Connection") else 0
        if kind.name.endswith("Connection"):
            return 2
        return 10 if kind.name == "Count" and self.kind is self.document.schema.query_type else 1


def _introspecting(resolve: Any) -> Any:
    """graphql-core's own resolver of an introspection field: it reads no more of the request than its schema."""
    def resolver(obj: Any, args: dict[str, Any], ctx: Execution) -> Any:
        value = resolve(obj, ctx.document, **args)
        return value.name if isinstance(value, Enum) else value
    return resolver


def _uses_variables(node: Any) -> bool:
    from graphql import Visitor, visit

    class Finder(Visitor):
        found = False

        def enter_variable(self, *_: Any) -> None:
            self.found = True

    finder = Finder()
    for argument in node.arguments or ():
        visit(argument, finder)
    return finder.found


class Execution:
    """One run of a document. Resolvers get it as `ctx`."""

    def __init__(self, document: Document, variables: dict[str, Any], shop: Any, app: Any, version: str,
                 server: Any = None) -> None:
        self.document, self.variables = document, variables
        self.shop, self.app, self.version, self.server = shop, app, version, server
        self.scopes: set[str] = app.effective_scopes if app is not None else set()
        self.errors: list[dict[str, Any]] = []
        self.search: list[dict[str, Any]] = []
        self.cost: float = 0
        self.faults: Any = None
        self.all_pages = False
        self.path: Path = ()
        self.plan: Any = None
        self.memo: dict[str, Any] = {}
        self.coverage: dict[str, int] = {}
        self._arguments: dict[int, dict[str, Any]] = {}
        self._conditions: dict[int, bool] = {}

    @property
    def now(self) -> datetime:
        return self.shop.now()

    def execute(self, root: Any = None) -> dict[str, Any] | None:
        """The `data` of the answer; errors are in :attr:`errors`."""
        try:
            return self.run(self.document.root, root if root is not None else {}, ())
        except _Bubble:
            return None

    def run(self, plans: list[FieldPlan], obj: Any, path: Path) -> dict[str, Any]:
        out = {}
        for plan in plans:
            if plan.conditions is not None and not self._included(plan):
                continue
            here = (*path, plan.key)
            try:
                out[plan.key] = plan.complete(self._resolve(plan, obj, here), self, here)
            except TopLevelError as error:
                self.fail(error, plan, here)
                if plan.nonnull and not isinstance(error, NotModelled):
                    raise _Bubble from error
                out[plan.key] = None
            except _Bubble:
                if plan.nonnull:
                    raise
                out[plan.key] = None
            except Exception as error:  # a bug of the simulator shows as Shopify's own crash would
                _log.exception("resolving %s", plan.where)
                self.fail(internal_error(f"{type(error).__name__}: {error}"), plan, here)
                if plan.nonnull:
                    raise _Bubble from error
                out[plan.key] = None
        return out

    def _resolve(self, plan: FieldPlan, obj: Any, path: Path) -> Any:
        if plan.path_needs is not None and not plan.path_needs[0] & self.scopes:
            raise access_denied(plan.name, plan.path_needs[1])
        if plan.protected and self.app is not None and not self.app.protected_data:
            return None
        resolver = plan.resolver
        if resolver is None:
            if isinstance(obj, dict):
                value = obj.get(plan.name, _MISSING)
                if value is not _MISSING:
                    return value
            raise NotModelled(plan.where)
        arguments = plan.arguments
        if arguments is None:
            arguments = self._arguments.get(id(plan))
            if arguments is None:
                arguments = get_argument_values(plan.definition, plan.nodes[0], self.variables)
                self._arguments[id(plan)] = arguments
        self.path, self.plan = path, plan
        self.coverage[plan.where] = self.coverage.get(plan.where, 0) + 1
        return resolver(obj, arguments, self)

    def _included(self, plan: FieldPlan) -> bool:
        known = self._conditions.get(id(plan))
        if known is None:
            known = self._conditions[id(plan)] = any(all(map(self._passes, guards)) for guards in plan.conditions)
        return known

    def _passes(self, directive: Any) -> bool:
        kind = GraphQLSkipDirective if directive.name.value == "skip" else GraphQLIncludeDirective
        holder = type("Holder", (), {"directives": [directive]})()
        value = get_directive_values(kind, holder, self.variables)  # type: ignore[arg-type]
        return value is None or value["if"] is (kind is GraphQLIncludeDirective)

    def fail(self, error: TopLevelError, plan: FieldPlan, path: Path) -> None:
        if getattr(error, "told", False):
            return
        error.told = True  # type: ignore[attr-defined]
        location = get_location(plan.nodes[0].loc.source, plan.nodes[0].loc.start) if plan.nodes[0].loc else None
        entry: dict[str, Any] = {"message": error.message}
        if location:
            entry["locations"] = [{"line": location.line, "column": location.column}]
        if error.extensions:
            entry["extensions"] = error.extensions
        entry["path"] = list(path)
        self.errors.append(entry)


def access_denied(field_name: str, required: str) -> TopLevelError:
    return TopLevelError(f"Access denied for {field_name} field. Required access: {required}", "ACCESS_DENIED",
                         documentation=_ACCESS_PAGE, requiredAccess=required)


def internal_error(detail: str = "") -> TopLevelError:
    request = str(uuid.uuid4())
    return TopLevelError(
        "Internal error. Looks like something went wrong on our end.\nRequest ID: "
        f"{request} (include this in support requests).", "INTERNAL_SERVER_ERROR", requestId=request,
        **({"fake": detail} if detail else {}))


def _decimal(value: Any) -> str:
    return decimal_text(value) if isinstance(value, Decimal) else value


def _id(value: Any) -> str:
    if not isinstance(value, str):
        raise TopLevelError(f"fake: {value!r} is not an ID", "INTERNAL_SERVER_ERROR")
    return value


_LEAVES: dict[str, Callable[[Any], Any]] = {
    "DateTime": lambda value: iso(value) if isinstance(value, datetime) else value,
    "Decimal": _decimal,
    "Money": _decimal,
    "ID": _id,
    "Int": int,
    "Float": float,
    "UnsignedInt64": str,
    "Boolean": bool,
}


def named_type_of(schema: Any, type_name: str, field_name: str) -> Any:
    return get_named_type(schema.get_type(type_name).fields[field_name].type)
