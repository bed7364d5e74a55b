"""Finding things by gid as Shopify does: malformed gids refused, unknown ones null; `node`, `nodes`, `job`."""
from __future__ import annotations

import re
from typing import Any

from .errors import TopLevelError
from .registry import query

_GID = re.compile(r"gid://shopify/([A-Za-z]+)/([^/?\s]+)(\?.*)?$")


def find(ctx: Any, gid: str, *type_names: str) -> Any:
    """The node with this gid or null; a gid of another type is an "Invalid id" error."""
    match = _GID.match(gid)
    if match is None:
        raise TopLevelError(f"Invalid global id '{gid}'", "argumentLiteralsIncompatible", typeName="CoercionError")
    if type_names and match[1] not in type_names:
        raise TopLevelError(f"Invalid id: {gid}", "RESOURCE_NOT_FOUND")
    return ctx.shop.find(gid, *type_names)


@query("node")
def _node(root: Any, args: dict[str, Any], ctx: Any) -> Any:
    return _any(ctx, args["id"])


@query("nodes")
def _nodes(root: Any, args: dict[str, Any], ctx: Any) -> Any:
    if len(args["ids"]) > 250:
        raise TopLevelError(f"The input array size of {len(args['ids'])} is greater than the maximum allowed of 250.",
                            "MAX_INPUT_SIZE_EXCEEDED")
    return [_any(ctx, gid) for gid in args["ids"]]


def _any(ctx: Any, gid: str) -> Any:
    found = find(ctx, gid)
    kind = ctx.document.schema.get_type(found["__typename"]) if found else None
    node = ctx.document.schema.get_type("Node")
    return found if kind is not None and ctx.document.schema.is_sub_type(node, kind) else None


@query("job")
def _job(root: Any, args: dict[str, Any], ctx: Any) -> Any:
    return find(ctx, args["id"], "Job")
