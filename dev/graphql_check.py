"""Checks the GraphQL documents of the addons against every supported Admin API version.

``python dev/graphql_check.py [directory]`` prints for each document below ``addons/`` what it
asks for: access scopes, protected customer data, deprecated fields, cost.  The exit status is 1
where a document is refused by a version, lacks an idempotency key that its mutation needs, costs
more than a request may, or stands in a Python file instead of a file of its own.
"""

import argparse
import ast
import re
import sys
from dataclasses import dataclass, field
from pathlib import Path

from graphql import (
    FieldNode,
    GraphQLSyntaxError,
    OperationDefinitionNode,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    get_named_type,
    parse,
    visit,
)

sys.path.insert(0, str(Path(__file__).parent))

from shopify_simulator.cost import MAX_COST, requested_cost
from shopify_simulator.schema import LATEST, VERSIONS, load_schema, scopes_in
from shopify_simulator.static import static_errors

FRAGMENTS = "fragments"
SPREAD = re.compile(r"\.\.\.(\w+)")
_LARGEST_PAGE = 250


@dataclass
class Verdict:
    """What is wrong with one file, and what its document uses."""

    path: Path
    problems: list[str] = field(default_factory=list)
    scopes: set[str] = field(default_factory=set)
    protected: set[str] = field(default_factory=set)
    deprecated: set[str] = field(default_factory=set)
    costs: dict[str, int] = field(default_factory=dict)


def main(arguments=None) -> int:
    options = _options(arguments)
    root = Path(options.directory)
    if not root.is_dir():
        print(f"graphql_check: {root} is no directory", file=sys.stderr)
        return 2
    verdicts = [check_document(path) for path in sorted(root.rglob("*.graphql")) if path.parent.name != FRAGMENTS]
    verdicts += [verdict for path in sorted(root.rglob("*.py")) if (verdict := check_python(path))]
    for verdict in verdicts:
        _print(verdict, options.quiet)
    bad = sum(bool(verdict.problems) for verdict in verdicts)
    print(f"{len(verdicts) - bad} files good, {bad} bad, against {', '.join(VERSIONS)}")
    return int(bool(bad))


def check_document(path: Path) -> Verdict:
    """The verdict on one ``.graphql`` file: one operation, valid in every version, with the fragments it spreads."""
    verdict = Verdict(path)
    try:
        text = with_fragments(path)
    except FileNotFoundError as missing:
        verdict.problems.append(f"spreads a fragment that has no file: {missing.filename}")
        return verdict
    operations = _operation_names(text)
    if operations is not None and len(operations) != 1:
        verdict.problems.append(f"holds {len(operations)} operations: one document, one file")
        return verdict
    for version in VERSIONS:
        _check_version(verdict, version, text)
    return verdict


def with_fragments(path: Path) -> str:
    """The document's text and, from ``fragments/<Name>.graphql`` beside it, each fragment it spreads or they spread."""
    parts = [path.read_text(encoding="utf-8")]
    wanted = list(dict.fromkeys(SPREAD.findall(parts[0])))
    for name in wanted:  # grows while it is read
        if f"fragment {name} " in parts[0]:
            continue
        parts.append((path.parent / FRAGMENTS / f"{name}.graphql").read_text(encoding="utf-8"))
        wanted += [inner for inner in dict.fromkeys(SPREAD.findall(parts[-1])) if inner not in wanted]
    return "\n".join(parts)


def check_python(path: Path) -> Verdict | None:
    """A verdict on a Python file that holds GraphQL, None for one that does not."""
    try:
        tree = ast.parse(path.read_text(encoding="utf-8"), str(path))
    except SyntaxError as broken:
        return Verdict(path, [f"line {broken.lineno}: {broken.msg}"])
    lines = [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and is_graphql(node.value)
    ]
    problems = [f"line {line}: GraphQL belongs into a .graphql file" for line in sorted(lines)]
    return Verdict(path, problems) if problems else None


def is_graphql(text: str) -> bool:
    """Whether a text is a GraphQL document that asks for something, not merely brackets."""
    if "{" not in text:
        return False
    try:
        document = parse(text)
    except (GraphQLSyntaxError, RecursionError):
        return False
    named = ("query", "mutation", "subscription", "fragment")
    return text.lstrip().startswith(named) or any(
        isinstance(node, FieldNode) and node.selection_set
        for definition in document.definitions
        if isinstance(definition, OperationDefinitionNode)
        for node in definition.selection_set.selections
    )


def _operation_names(text: str) -> list | None:
    try:
        document = parse(text)
    except GraphQLSyntaxError:
        return None
    return [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]


def _check_version(verdict: Verdict, version: str, text: str) -> None:
    loaded = load_schema(version)
    document, errors = static_errors(loaded, text)
    verdict.problems += [f"{version}: {item['message']}" for item in errors]
    if errors:
        return
    uses = _Uses(loaded, verdict, version)
    visit(document, TypeInfoVisitor(uses.info, uses))
    cost = requested_cost(loaded, document, _largest_pages(document))
    verdict.costs[version] = cost
    if cost > MAX_COST:
        verdict.problems.append(f"{version}: costs {cost}, at most {MAX_COST} are allowed")


def _largest_pages(document) -> dict[str, int]:
    """The dearest value for page sizes that are left to the caller."""
    (operation,) = [
        node for node in document.definitions if isinstance(node, OperationDefinitionNode)
    ]
    pages = {}
    for node in operation.variable_definitions:
        kind = node.type.type if hasattr(node.type, "type") else node.type
        if (
            node.default_value is None
            and getattr(getattr(kind, "name", None), "value", "") == "Int"
        ):
            pages[node.variable.name.value] = _LARGEST_PAGE
    return pages


class _Uses(Visitor):
    """Collects scopes, protected and deprecated fields, and missing idempotency keys."""

    def __init__(self, loaded, verdict, version):
        super().__init__()
        self.loaded, self.verdict, self.version = loaded, verdict, version
        self.info = TypeInfo(loaded.schema)

    def enter_field(self, node, *_):
        parent, name = self.info.get_parent_type(), node.name.value
        raw = self.loaded.fields.get((getattr(parent, "name", None), name))
        if raw is None:
            return
        where = f"{parent.name}.{name}"
        kind = get_named_type(self.info.get_type()).name
        for access in (raw.get("requiredAccess"), self.loaded.type_access(kind)):
            self.verdict.scopes.update(scopes_in(access))
        if raw.get("isProtected"):
            self.verdict.protected.add(where)
        self._deprecated(parent, node, raw, where)
        if parent.name == "Mutation" and name in self.loaded.idempotency_required:
            if not any(item.name.value == "idempotent" for item in node.directives):
                self.verdict.problems.append(f"{self.version}: {name} needs @idempotent(key:)")

    def _deprecated(self, parent, node, raw, where):
        if self.version != LATEST:
            return
        reason = self.loaded.deprecation(parent.name, raw["name"])
        if reason:
            self.verdict.deprecated.add(f"{where} ({reason.strip()})")
        given = {item.name.value for item in node.arguments}
        for argument in raw["args"]:
            if argument.get("isDeprecated") and argument["name"] in given:
                reason = (argument.get("deprecationReason") or "").strip()
                self.verdict.deprecated.add(f"{where}({argument['name']}:) ({reason})")


def _print(verdict: Verdict, quiet: bool) -> None:
    if quiet and not verdict.problems:
        return
    print(verdict.path)
    for problem in verdict.problems:
        print(f"  BAD {problem}")
    costs = sorted(set(verdict.costs.values()))
    facts = {
        "cost": "-".join(map(str, costs)),
        "scopes": ", ".join(sorted(verdict.scopes)),
        "protected": ", ".join(sorted(verdict.protected)),
        "deprecated": "; ".join(sorted(verdict.deprecated)),
    }
    for label, fact in facts.items():
        if fact:
            print(f"  {label}: {fact}")


def _options(arguments):
    parser = argparse.ArgumentParser(prog="graphql_check", description=__doc__)
    addons = Path(__file__).parent.parent / "addons"
    parser.add_argument("directory", nargs="?", default=addons)
    parser.add_argument("--quiet", action="store_true", help="print only what is bad")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
