"""Recorded requests and answers, as scenarios of steps."""

import gzip
import json
from dataclasses import dataclass
from functools import cached_property

from graphql import (
    FieldNode,
    GraphQLSyntaxError,
    NonNullTypeNode,
    OperationDefinitionNode,
    parse,
)

from ..schema import resolve_version

_FIELDS = ("source", "apiVersion", "domain", "query", "response")


class Unreadable(ValueError):
    """A line that is not a recorded answer."""


@dataclass(frozen=True)
class Step:
    """One request and the answer that Shopify gave."""

    source: str
    index: int
    version: str
    domain: str
    query: str
    variables: dict
    response: dict

    @cached_property
    def operation(self):
        """The operation that was run, None where the text does not parse.

        Recordings do not keep the operation's name: among several it is the one whose root
        fields the answer holds.
        """
        try:
            document = parse(self.query)
        except GraphQLSyntaxError:
            return None
        found = [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]
        answered = set(self.data or ())
        for node in found:
            keys = {
                (item.alias or item.name).value
                for item in node.selection_set.selections
                if isinstance(item, FieldNode)
            }
            if keys == answered:
                return node
        return found[0] if found else None

    @property
    def operation_name(self) -> str | None:
        return self.operation.name.value if self.operation and self.operation.name else None

    @property
    def is_mutation(self) -> bool:
        return bool(self.operation) and self.operation.operation.value == "mutation"

    @cached_property
    def root_fields(self) -> list[str]:
        """Names of the root fields asked for, fragments left out."""
        if self.operation is None:
            return []
        selections = self.operation.selection_set.selections
        return [item.name.value for item in selections if isinstance(item, FieldNode)]

    @property
    def data(self) -> dict | None:
        return self.response.get("data")

    @property
    def errors(self) -> list[dict]:
        found = self.response.get("errors") or []
        return found if isinstance(found, list) else [{"message": found}]

    @property
    def requested_cost(self) -> int | None:
        cost = (self.response.get("extensions") or {}).get("cost") or {}
        return cost.get("requestedQueryCost")

    @cached_property
    def variables_lost(self) -> bool:
        """Whether Shopify answered with data a request whose required variables were not kept."""
        if self.operation is None or self.data is None:
            return False
        return any(
            isinstance(node.type, NonNullTypeNode)
            and node.default_value is None
            and node.variable.name.value not in self.variables
            for node in self.operation.variable_definitions
        )


def load(path) -> list[list[Step]]:
    """The scenarios of a file, in the order of their first lines.

    :raises Unreadable: for a line of another form, or of a version no schema answers for.
    """
    opened = gzip.open if str(path).endswith(".gz") else open
    scenarios = {}
    with opened(path, "rt", encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            if line.strip():
                row = _row(line, number)
                steps = scenarios.setdefault((row["source"], row["apiVersion"]), [])
                steps.append(
                    Step(
                        source=row["source"],
                        index=len(steps),
                        version=row["apiVersion"],
                        domain=row["domain"],
                        query=row["query"],
                        variables=row.get("variables") or {},
                        response=row["response"],
                    )
                )
    return list(scenarios.values())


def _row(line, number) -> dict:
    try:
        row = json.loads(line)
    except ValueError as broken:
        raise Unreadable(f"line {number} is not JSON: {broken}") from broken
    missing = [name for name in _FIELDS if not isinstance(row, dict) or name not in row]
    if missing:
        raise Unreadable(f"line {number} lacks {', '.join(missing)}")
    if not isinstance(row["response"], dict):
        raise Unreadable(f"line {number}: the response is no object")
    if resolve_version(row["apiVersion"]) is None:
        raise Unreadable(f"line {number}: no schema for API version {row['apiVersion']}")
    return row
