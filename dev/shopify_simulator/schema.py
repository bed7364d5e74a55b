"""Shopify's own Admin GraphQL schemas, one object per API version, loaded when first asked for.

The files are the introspection answers that Shopify publishes with the npm package
``@shopify/dev-mcp`` (ISC licence), below ``package/dist/data/admin_<version>.json.gz``.  The
project's set-up unpacks them into ``$HATOBA_CACHE/shopify-schema/``.
"""

import gc
import gzip
import json
import os
import re
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path

from graphql import GraphQLSchema, build_client_schema

VERSIONS = ("2026-01", "2026-04", "2026-07", "2026-10")
LATEST = VERSIONS[-1]
IDEMPOTENCY_KEY_REQUIRED_SINCE = "2026-04"

_VERSION_FORM = re.compile(r"\d{4}-(01|04|07|10)\Z")
_SCOPE = re.compile(r"`(\w+)`")


class SchemaMissing(RuntimeError):
    """The schema file of a supported version is not in the cache directory."""


@dataclass(frozen=True)
class LoadedSchema:
    """A version's executable schema and what introspection says beyond the GraphQL standard."""

    version: str
    schema: GraphQLSchema
    types: dict = field(repr=False)

    @cached_property
    def fields(self) -> dict[tuple[str, str], dict]:
        """Raw field by (type name, field name)."""
        return {
            (name, raw["name"]): raw
            for name, kind in self.types.items()
            for raw in kind.get("fields") or ()
        }

    @cached_property
    def idempotent_mutations(self) -> frozenset[str]:
        """Mutations whose description speaks of the @idempotent directive."""
        return frozenset(
            raw["name"]
            for raw in self.types["Mutation"]["fields"]
            if "@idempotent" in (raw["description"] or "")
        )

    @cached_property
    def idempotency_required(self) -> frozenset[str]:
        """Mutations refused without an idempotency key in this version."""
        if self.version < IDEMPOTENCY_KEY_REQUIRED_SINCE:
            return frozenset()
        return frozenset(
            name
            for name in self.idempotent_mutations
            if "idempotency key is required" in self.fields["Mutation", name]["description"]
        )

    @cached_property
    def one_of_inputs(self) -> frozenset[str]:
        """Input types of which exactly one field must be given."""
        return frozenset(name for name, kind in self.types.items() if kind.get("isOneOf"))

    def required_access(self, type_name: str, field_name: str) -> str | None:
        """What Shopify documents as needed to read the field (the field's words, else its type's)."""
        raw = self.fields.get((type_name, field_name))
        if raw is None:
            return None
        return raw.get("requiredAccess") or self.type_access(named_type(raw["type"]))

    def type_access(self, type_name: str) -> str | None:
        return self.types.get(type_name, {}).get("requiredAccess")

    def is_protected(self, type_name: str, field_name: str) -> bool:
        """Whether the field holds protected customer data."""
        return bool(self.fields.get((type_name, field_name), {}).get("isProtected"))

    def deprecation(self, type_name: str, field_name: str) -> str | None:
        """Why the field is deprecated, None when it is not."""
        raw = self.fields.get((type_name, field_name), {})
        return (raw.get("deprecationReason") or "deprecated") if raw.get("isDeprecated") else None


def load_schema(version: str) -> LoadedSchema:
    """The schema that answers for ``version``, which may be one that falls forward."""
    resolved = resolve_version(version)
    if resolved is None:
        raise SchemaMissing(f"no Admin API version {version!r}")
    return _load(resolved)


def resolve_version(version: str) -> str | None:
    """The version that answers: itself, the oldest one for an older version, None if unknown."""
    if version in VERSIONS:
        return version
    if _VERSION_FORM.match(version or "") and version < VERSIONS[0]:
        return VERSIONS[0]
    return None


def scopes_in(required_access: str | None) -> list[str]:
    """The scope names that a ``requiredAccess`` text quotes."""
    return _SCOPE.findall(required_access or "")


def named_type(raw: dict) -> str:
    """The name below the list and non-null wrappers of an introspected type reference."""
    while raw["ofType"]:
        raw = raw["ofType"]
    return raw["name"]


def schema_directory() -> Path:
    """Where set-up unpacked the schemas."""
    cache = os.environ.get("HATOBA_CACHE")
    if not cache:
        cache = "/var/cache/hatoba" if os.geteuid() == 0 else "~/.cache/hatoba"
    return Path(cache).expanduser() / "shopify-schema"


@cache
def _load(version: str) -> LoadedSchema:
    raw = json.loads(_read(version))["data"]
    collecting = gc.isenabled()
    gc.disable()  # hundreds of thousands of small objects: collecting doubles the time
    try:
        schema = build_client_schema(raw, assume_valid=True)
    finally:
        if collecting:
            gc.enable()
    return LoadedSchema(version, schema, {kind["name"]: kind for kind in raw["__schema"]["types"]})


def _read(version: str) -> bytes:
    directory, name = schema_directory(), f"admin_{version}.json.gz"
    for path in (directory / name, directory / "package" / "dist" / "data" / name):
        if path.is_file():
            return gzip.decompress(path.read_bytes())
    raise SchemaMissing(f"{name} is not in {directory}: run the project's set-up first")
