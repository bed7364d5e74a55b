"""The static layer: refuse what Shopify refuses before executing, in Shopify's words.

A document is accepted when neither graphql-core nor `explain` objects; `explain` gives the words.
One rule of graphql-core is stricter than Shopify's server and left out: fields of different types
under one response name, in fragments that exclude each other, are accepted.
"""

import re
from functools import lru_cache

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSyntaxError,
    Lexer,
    OperationDefinitionNode,
    OverlappingFieldsCanBeMergedRule,
    TokenKind,
    parse,
    print_ast,
    specified_rules,
    type_from_ast,
    validate,
)

from .explain import error, explain, location
from .literals import variable_problems
from .schema import LoadedSchema

_CONFLICT = re.compile(r"Fields '(?P<field>[^']+)' conflict")
_UNEXPECTED = re.compile(r"(?:found|Unexpected) (?P<kind>.+?)\.?$")
_TOKENS = {
    "!": "BANG",
    "$": "VAR_SIGN",
    "(": "LPAREN",
    ")": "RPAREN",
    ":": "COLON",
    "=": "EQUALS",
    "@": "DIR_SIGN",
    "[": "LBRACKET",
    "]": "RBRACKET",
    "{": "LCURLY",
    "|": "PIPE",
    "}": "RCURLY",
    "...": "ELLIPSIS",
    "Name": "IDENTIFIER",
}
_TYPES_ONLY = "they return conflicting types"
_RULES = [rule for rule in specified_rules if rule is not OverlappingFieldsCanBeMergedRule]


class UnknownOperation(ValueError):
    """The request names no operation, or one that the document does not hold."""


def static_errors(
    loaded: LoadedSchema, query_text: str, operation_name: str | None = None
) -> tuple[DocumentNode | None, list[dict]]:
    """The parsed document and what is wrong with it; the document is None if it does not parse."""
    document, errors = _checked(loaded.version, loaded.schema, query_text)
    if document is not None and not errors:
        try:
            operation(document, operation_name)
        except UnknownOperation as unknown:
            return document, [{"message": str(unknown)}]
    return document, errors


def variable_errors(
    loaded: LoadedSchema, document: DocumentNode, variables: dict | None, operation_name=None
) -> list[dict]:
    """INVALID_VARIABLE errors, one for each variable whose value does not fit its type."""
    errors = []
    for node in operation(document, operation_name).variable_definitions:
        name, kind = node.variable.name.value, type_from_ast(loaded.schema, node.type)
        if name not in (variables or {}) and node.default_value is not None:
            continue
        value = (variables or {}).get(name)
        problems = variable_problems(loaded, kind, value)
        if problems:
            errors.append(_invalid_variable(node, kind, value, problems))
    return errors


def operation(document: DocumentNode, operation_name: str | None = None) -> OperationDefinitionNode:
    """The operation to run.

    :raises UnknownOperation: where none, or more than one, could be meant.
    """
    operations = [
        node for node in document.definitions if isinstance(node, OperationDefinitionNode)
    ]
    if operation_name:
        for node in operations:
            if node.name and node.name.value == operation_name:
                return node
        raise UnknownOperation(f'No operation named "{operation_name}"')
    if len(operations) != 1:
        raise UnknownOperation("An operation name is required")
    return operations[0]


@lru_cache(maxsize=2048)
def _checked(version, schema, query_text):
    try:
        document = parse(query_text)
    except GraphQLSyntaxError as refusal:
        return None, [parse_error(refusal)]
    refused = [_untranslated(item) for item in validate(schema, document, _RULES)]
    return document, _field_conflicts(schema, document) + (explain(schema, document) or refused)


def _field_conflicts(schema, document) -> list[dict]:
    """Two fields, or two sets of arguments, under one response name."""
    errors = []
    for found in validate(schema, document, [OverlappingFieldsCanBeMergedRule]):
        if _TYPES_ONLY in found.message:
            continue
        name = _CONFLICT.match(found.message)["field"]
        nodes = found.nodes or ()
        if "differing arguments" in found.message:
            chosen = [_arguments_text(node) for node in nodes]
            message = f"Field '{name}' has an argument conflict: {' or '.join(chosen)}?"
        else:
            chosen = [node.name.value for node in nodes]
            message = f"Field '{name}' has a field conflict: {' or '.join(chosen)}?"
        conflicts = " or ".join(chosen)
        errors.append(
            error(message, nodes, "fieldConflict", [], fieldName=name, conflicts=conflicts)
        )
    return errors


def _arguments_text(node) -> str:
    given = {item.name.value: print_ast(item.value) for item in node.arguments}
    return "{" + ",".join(f'{key}:"{value}"' for key, value in given.items()) + "}"


def _invalid_variable(node, kind, value, problems) -> dict:
    places = [
        f"{'.'.join(map(str, problem['path']))} ({problem['explanation']})"
        for problem in problems
        if problem["path"]
    ]
    message = f"Variable ${node.variable.name.value} of type {kind} was provided invalid value"
    if places:
        message += " for " + ", ".join(places)
    return error(message, [node], "INVALID_VARIABLE", value=value, problems=problems)


def parse_error(refusal: GraphQLSyntaxError) -> dict:
    """A PARSE_ERROR; the end of the text is reported at the last token, as graphql-ruby does."""
    place, found = refusal.locations[0], _UNEXPECTED.search(refusal.message)
    detail, kind = (
        refusal.message.removeprefix("Syntax Error: ").rstrip("."),
        found and found["kind"],
    )
    if kind == "<EOF>":
        detail, place = "unexpected end of file", _last_token(refusal.source)
    elif found:
        name = _TOKENS.get(kind.split()[0].strip("'\""), kind.split()[0].upper())
        text = kind.split(maxsplit=1)[-1].strip("'\"")
        detail = f'unexpected {name} ("{text}")'
    return {
        "message": f"syntax error, {detail} at [{place.line}, {place.column}]",
        "locations": [{"line": place.line, "column": place.column}],
        "extensions": {"code": "PARSE_ERROR"},
    }


def _last_token(source):
    """Where the last token of a text begins."""
    lexer, last = Lexer(source), None
    while (token := lexer.advance()).kind is not TokenKind.EOF:
        last = token
    return last or token


def _untranslated(refusal: GraphQLError) -> dict:
    return {
        "message": refusal.message,
        "locations": [location(node) for node in refusal.nodes or () if node.loc],
        "extensions": {"code": "invalidDocument"},
    }
