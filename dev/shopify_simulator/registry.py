"""Which Python function answers which schema field: filled by decorators at import, read by the executor.

A field without an entry is read from the object's own keys; when that key is missing too, the executor refuses
("fake: Type.field not modelled").
"""
from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from graphql import get_named_type

from .errors import UserErrors

Resolver = Callable[[Any, dict[str, Any], Any], Any]

RESOLVERS: dict[tuple[str, str], Resolver] = {}


def field(*names: str) -> Callable[[Resolver], Resolver]:
    """Register a resolver `(obj, args, ctx) -> value` for "Type.field" names."""
    def register(function: Resolver) -> Resolver:
        for name in names:
            type_name, field_name = name.split(".")
            RESOLVERS[type_name, field_name] = function
        return function
    return register


def query(*names: str) -> Callable[[Resolver], Resolver]:
    return field(*(f"QueryRoot.{name}" for name in names))


def mutation(*names: str) -> Callable[[Callable[[dict[str, Any], Any], dict[str, Any]]], Resolver]:
    """Register `(args, ctx) -> payload` as a mutation: one transaction, userErrors roll it back and null the rest."""
    def register(function: Callable[[dict[str, Any], Any], dict[str, Any]]) -> Resolver:
        @wraps(function)
        def resolver(root: Any, args: dict[str, Any], ctx: Any) -> dict[str, Any]:
            payload_type = get_named_type(ctx.plan.definition.type)
            lists = [name for name in payload_type.fields if name.lower().endswith("usererrors")]
            ctx.memo.clear()
            try:
                with ctx.shop.transaction():
                    payload = function(args, ctx)
            except UserErrors as refusal:
                nothing: dict[str, Any] = dict.fromkeys(payload_type.fields)
                return {**nothing, **refusal.payload, **dict.fromkeys(lists, refusal.errors)}
            finally:
                ctx.memo.clear()
            return {**dict.fromkeys(lists, ()), **payload}
        return field(*(f"Mutation.{name}" for name in names))(resolver)
    return register


def constant(type_name: str, **values: Any) -> None:
    """Fields that always give the same value: facts of this simulated shop, listed on purpose."""
    for name, value in values.items():
        RESOLVERS[type_name, name] = lambda obj, args, ctx, value=value: value


def nulls(type_name: str, names: str) -> None:
    """Nullable fields that are null in this simulator on purpose (space-separated names)."""
    constant(type_name, **dict.fromkeys(names.split()))
