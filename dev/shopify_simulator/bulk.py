"""Bulk queries: validated as Shopify does, run by the ordinary executor without page limits, written as JSON lines.

Each connection's nodes become lines of their own, children with `__parentId`. Unless `groupObjects` was asked for, children come
in seeded random order. Bulk mutations are in :mod:`bulk_mutations`.
"""
from __future__ import annotations

import json
from typing import Any

from graphql import (
    FieldNode,
    FragmentSpreadNode,
    GraphQLList,
    GraphQLNonNull,
    InlineFragmentNode,
    get_named_type,
    parse,
)
from graphql.error import GraphQLSyntaxError

from . import static
from .bulk_mutations import AT_ONCE, RUNNING, run_lines
from .connection import connection
from .errors import UserErrors, refuse, user_error
from .executor import Document, Execution
from .nodes import find
from .registry import mutation, query
from .schema import load_schema
from .tasks import task

Node = dict[str, Any]

KEEP_SECONDS = 7 * 86400
_FILTERS = {"id": ("id", lambda b: b["n"]), "status": ("string", lambda b: b["status"]),
            "operation_type": ("string", lambda b: b["type"]), "created_at": ("time", lambda b: b["createdAt"])}


def _of_app(ctx: Any) -> list[Node]:
    return [row for row in ctx.shop.all("BulkOperation") if row["app"] == ctx.app.client_id]


query("bulkOperations")(lambda root, args, ctx: connection(
    _of_app(ctx), args, ctx, filters=_FILTERS, sort_keys={"CREATED_AT": lambda b: b["createdAt"]}, default_sort="CREATED_AT"))
query("bulkOperation")(lambda root, args, ctx: find(ctx, args["id"], "BulkOperation"))
query("currentBulkOperation")(lambda root, args, ctx: next(
    (row for row in reversed(_of_app(ctx)) if row["type"] == (args.get("type") or "QUERY")), None))


@mutation("bulkOperationRunQuery")
def _run(args: Node, ctx: Any) -> Node:
    _validate(args["query"], ctx)
    running = [row["id"] for row in _of_app(ctx) if row["status"] in RUNNING and row["type"] == "QUERY"]
    if len(running) >= AT_ONCE:
        raise refuse(None, f"A bulk query operation for this app and shop is already in progress: {', '.join(running)}.",
                     "OPERATION_IN_PROGRESS")
    operation: Node = ctx.shop.add(
        "BulkOperation", type="QUERY", status="CREATED", query=args["query"], errorCode=None, completedAt=None, fileSize=None,
        url=None, partialDataUrl=None, objectCount="0", rootObjectCount="0", app=ctx.app.client_id, body=b"", expires=0.0)
    ctx.shop.later("bulk_start", ctx.shop.meta.get("bulk_delay", 0), operation=operation["id"], version=ctx.version, grouped=bool(args.get("groupObjects")))
    return {"bulkOperation": dict(operation)}


@mutation("bulkOperationCancel")
def _cancel(args: Node, ctx: Any) -> Node:
    found = find(ctx, args["id"], "BulkOperation")
    if found is None:
        raise refuse(["id"], "Bulk operation does not exist")
    if found["status"] not in RUNNING:
        raise UserErrors(user_error(None, f"A bulk operation cannot be canceled when it is {found['status'].lower()}"),
                         bulkOperation=found)
    ctx.shop.touch(found)
    found["status"] = "CANCELING"
    ctx.shop.later("bulk_cancel", ctx.shop.meta.get("bulk_delay", 0.1), operation=found["id"])
    return {"bulkOperation": dict(found)}


# -- validation


def _validate(text: str, ctx: Any) -> None:
    """Refuse what Shopify refuses, in its words."""
    def bad(message: str) -> UserErrors:
        return refuse(["query"], message, "INVALID")

    if len(text.encode()) > 65535:
        raise bad("Query is too long (maximum is 65535 bytes)")
    try:
        ast = parse(text)
    except GraphQLSyntaxError as error:
        place = error.locations[0] if error.locations else None
        where = f" at [{place.line}, {place.column}]" if place else ""
        raise refuse(["query"], f"Invalid bulk query: {error.message}{where}", "INVALID") from None
    operation = static.operation(ast)
    if operation.operation.value != "query":
        raise bad("Invalid operation type. Only `query` operations are supported.")
    _, errors = static.static_errors(ctx.document.loaded, text)
    if errors:
        raise bad("Invalid bulk query: " + "; ".join(error["message"] for error in errors))
    survey = _Survey(ctx.document.loaded, ast)
    survey.walk(ctx.document.schema.query_type, operation.selection_set, 0, False, True)
    wrong = [f"Bulk queries cannot contain a top level `{root}` field." for root in survey.roots if root in ("node", "nodes")]
    if len(survey.roots) > 1:
        wrong.append("Bulk queries cannot contain more than one top level field.")
    if not survey.connections:
        wrong.append("Bulk queries must contain at least one connection.")
    if survey.in_list:
        wrong.append("Queries that contain a connection field within a list field are not currently supported.")
    if survey.by_nodes:
        wrong.append("All connection fields in a bulk query must select their contents using 'edges' > 'node', e.g: "
                     f"'{survey.by_nodes[0]} {{ edges {{ node {{'. Selecting via 'nodes' is not supported. Invalid connection "
                     f"fields: '{', '.join(survey.by_nodes)}'.")
    if len(survey.connections) > 5:
        wrong.append("Bulk queries cannot contain more than 5 connections.")
    if survey.depth > 3:
        wrong.append("Bulk queries cannot contain connections with a nesting depth greater than 2.")
    if survey.without_id:
        wrong.append("The parent 'node' field for a nested connection must select the 'id' field without an alias and must be of "
                     f"'ID' return type. Connection fields without 'id': {', '.join(survey.without_id)}.")
    if wrong:
        raise UserErrors(*(user_error(["query"], message, "INVALID") for message in wrong))


class _Survey:
    """What the validators need to know of a document."""

    def __init__(self, loaded: Any, ast: Any) -> None:
        self.schema = loaded.schema
        self.fragments = {d.name.value: d for d in ast.definitions if d.kind == "fragment_definition"}
        self.roots: list[str] = []
        self.connections: list[str] = []
        self.by_nodes: list[str] = []
        self.without_id: list[str] = []
        self.in_list, self.depth = False, 0

    def fields(self, kind: Any, selection: Any) -> list[tuple[Any, FieldNode]]:
        rows: list[tuple[Any, FieldNode]] = []
        for node in selection.selections:
            if isinstance(node, FieldNode):
                rows.append((kind, node))
            elif isinstance(node, (InlineFragmentNode, FragmentSpreadNode)):
                source = node if isinstance(node, InlineFragmentNode) else self.fragments[node.name.value]
                condition = source.type_condition
                inner = self.schema.get_type(condition.name.value) if condition else kind
                rows += self.fields(inner, source.selection_set)
        return rows

    def walk(self, kind: Any, selection: Any, depth: int, in_list: bool, root: bool = False, owner: str | None = None,
             has_id: bool | None = None) -> None:
        rows = self.fields(kind, selection)
        if has_id is None:
            has_id = any(node.name.value == "id" and not node.alias for _, node in rows)
        for parent, node in rows:
            name = node.name.value
            if root:
                self.roots.append(name)
            definition = getattr(parent, "fields", {}).get(name)
            if definition is None or node.selection_set is None:
                continue
            named = get_named_type(definition.type)
            if named.name.endswith("Connection"):
                self.connections.append(name)
                self.depth = max(self.depth, depth + 1)
                self.in_list |= in_list
                if owner and not in_list and not has_id and owner not in self.without_id:
                    self.without_id.append(owner)
                for _, inner in self.fields(named, node.selection_set):
                    if inner.name.value == "nodes":
                        self.by_nodes.append(name)
                    elif inner.name.value == "edges" and inner.selection_set:
                        edge = get_named_type(named.fields["edges"].type)
                        for _, leaf in self.fields(edge, inner.selection_set):
                            if leaf.name.value == "node" and leaf.selection_set:
                                self.walk(get_named_type(edge.fields["node"].type), leaf.selection_set, depth + 1, in_list,
                                          owner=name)
            else:
                plain = definition.type.of_type if isinstance(definition.type, GraphQLNonNull) else definition.type
                self.walk(named, node.selection_set, depth, in_list or isinstance(plain, GraphQLList), owner=owner,
                          has_id=has_id)


# -- running


@task("bulk_start")
def _start(shop: Any, values: Node, tenant: Any) -> None:
    operation = shop.nodes[values["operation"]]
    if operation["status"] != "CREATED":
        return
    shop.touch(operation)
    operation["status"] = "RUNNING"
    shop.later("bulk_finish", shop.meta.get("bulk_seconds", 0), **values)


@task("bulk_finish")
def _finish(shop: Any, values: Node, tenant: Any) -> None:
    operation = shop.nodes[values["operation"]]
    if operation["status"] != "RUNNING":
        return
    shop.touch(operation)
    fired = tenant.faults.fired({"bulk"})
    if operation["type"] == "MUTATION":
        lines, roots, errors = run_lines(tenant, operation, values["version"])
    else:
        lines, roots, errors = collect(tenant, operation["query"], values["version"], values["grouped"])
    failed = fired.of("bulk_failed")
    if failed:
        lines = lines[:len(lines) // 2]
    body = b"".join(json.dumps(line, ensure_ascii=False, separators=(",", ":")).encode() + b"\n" for line in lines)
    url = f"{tenant.server.base_url}/bulk-results/{operation['n']}.jsonl" if body else None
    operation.update(body=body, objectCount=str(len(lines)), rootObjectCount=str(roots), completedAt=shop.now(),
                     fileSize=str(len(body)) if body else None, expires=shop.clock.seconds() + KEEP_SECONDS)
    if failed or errors:
        denied = any((e.get("extensions") or {}).get("code") == "ACCESS_DENIED" for e in errors)
        operation.update(status="FAILED", partialDataUrl=url, errorCode=(failed or {}).get("error_code") or (
            "ACCESS_DENIED" if denied else "INTERNAL_SERVER_ERROR"))
    else:
        operation.update(status="COMPLETED", url=url)
    shop.emit("bulk_operations/finish", operation)


@task("bulk_cancel")
def _canceled(shop: Any, values: Node, tenant: Any) -> None:
    operation = shop.nodes[values["operation"]]
    if operation["status"] == "CANCELING":
        shop.touch(operation)
        operation.update(status="CANCELED", completedAt=shop.now())
        shop.emit("bulk_operations/finish", operation)


def collect(tenant: Any, text: str, version: str, grouped: bool) -> tuple[list[Node], int, list[Node]]:
    """(lines, number of root objects, errors) of a bulk query."""
    loaded = load_schema(version)
    ast, _ = static.static_errors(loaded, text)
    document = Document(loaded, ast, static.operation(ast))
    execution = Execution(document, {}, tenant.shop, tenant.app, version, tenant.server)
    execution.all_pages = True
    data = execution.execute() or {}
    roots: list[Node] = []
    children: list[Node] = []
    for value in data.values():
        if isinstance(value, dict):
            _flatten(value, None, roots, children, grouped)
    if not grouped:
        tenant.shop.random.shuffle(children)
        lines = roots + children
    else:
        lines = roots
    count = sum(1 for line in lines if "__parentId" not in line)
    return lines, count, execution.errors


def _flatten(value: Node, parent: str | None, out: list[Node], children: list[Node], grouped: bool) -> None:
    """Write a connection's nodes (or the connections inside an object) as lines."""
    if "edges" in value:
        for edge in value["edges"]:
            node = edge["node"]
            line: Node = {}
            target = out if parent is None or grouped else children
            target.append(line)
            nested: list[tuple[str, Node]] = []
            for key, child in node.items():
                if isinstance(child, dict) and "edges" in child:
                    nested.append((key, child))
                else:
                    line[key] = child
            if parent is not None:
                line["__parentId"] = parent
            for _, child in nested:
                _flatten(child, node.get("id"), out, children, grouped)
        return
    for child in value.values():
        if isinstance(child, dict):
            _flatten(child, parent, out, children, grouped)


def result_file(tenant: Any, number: str) -> Node | None:
    """{body, expires} of a finished operation's file."""
    found = tenant.shop.tables.get("BulkOperation", {}).get(int(number))
    if found is None or not (found["url"] or found["partialDataUrl"]):
        return None
    return {"body": found["body"], "expires": found["expires"]}
