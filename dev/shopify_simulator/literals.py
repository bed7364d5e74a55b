"""Which values Shopify takes for an input type, and the words it refuses the others with.

One rule per kind of type, used for JSON variables (`variable_problems`) and for literals in the
document (`literal_fits`).  The words are those of the graphql-ruby library that Shopify runs.
"""

import json
import re
from decimal import Decimal, InvalidOperation

from graphql import (
    BooleanValueNode,
    EnumValueNode,
    FloatValueNode,
    IntValueNode,
    ListValueNode,
    NullValueNode,
    ObjectValueNode,
    StringValueNode,
    VariableNode,
    get_nullable_type,
    is_enum_type,
    is_input_object_type,
    is_list_type,
    is_non_null_type,
    is_required_input_field,
)

_GLOBAL_ID = re.compile(r"gid://[A-Za-z0-9-]+/[A-Za-z0-9_]+/[^/\s]+\Z")
_DATE = re.compile(r"\d{4}-\d\d-\d\d\Z")
_DATE_TIME = re.compile(
    r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?\s*(Z|UTC|[+-]\d\d:?\d\d)?)?\Z", re.IGNORECASE
)


class CoercionRefused(ValueError):
    """A scalar refuses the value in words of its own."""


def check_scalar(type_name: str, value) -> bool:
    """Whether a JSON value fits the scalar.

    :raises CoercionRefused: where Shopify says why in the scalar's own words.
    """
    check = _SCALARS.get(type_name)
    return True if check is None else check(value)


def variable_problems(loaded, kind, value, path=()) -> list[dict]:
    """Why a JSON value does not fit an input type: ``{path, explanation}`` for each place."""
    if value is None:
        if is_non_null_type(kind):
            return [_problem(path, "Expected value to not be null")]
        return []
    kind = get_nullable_type(kind)
    if is_list_type(kind):
        items = value if isinstance(value, list) else [value]
        return [
            problem
            for index, item in enumerate(items)
            for problem in variable_problems(loaded, kind.of_type, item, (*path, index))
        ]
    if is_input_object_type(kind):
        return _object_problems(loaded, kind, value, path)
    if is_enum_type(kind):
        if isinstance(value, str) and value in kind.values:
            return []
        allowed = ", ".join(kind.values)
        return [_problem(path, f"Expected {json.dumps(value)} to be one of: {allowed}")]
    try:
        if check_scalar(kind.name, value):
            return []
    except CoercionRefused as refusal:
        return [_problem(path, str(refusal)) | {"message": str(refusal)}]
    return [_problem(path, f"Could not coerce value {json.dumps(value)} to {kind.name}")]


def literal_fits(kind, node) -> bool:
    """Whether a literal fits an input type, input objects left to their own arguments.

    :raises CoercionRefused: as `check_scalar`.
    """
    if isinstance(node, VariableNode):
        return True
    if isinstance(node, NullValueNode):
        return not is_non_null_type(kind)
    kind = get_nullable_type(kind)
    if is_list_type(kind):
        items = node.values if isinstance(node, ListValueNode) else [node]
        return all(literal_fits(kind.of_type, item) for item in items)
    if is_input_object_type(kind):
        return isinstance(node, ObjectValueNode)
    if is_enum_type(kind):
        return isinstance(node, EnumValueNode) and node.value in kind.values
    if isinstance(node, EnumValueNode):
        return False
    return check_scalar(kind.name, literal_value(node))


def literal_value(node, variables=None):
    """The JSON value that a literal stands for; a variable not given is None."""
    if isinstance(node, VariableNode):
        return (variables or {}).get(node.name.value)
    if isinstance(node, NullValueNode):
        return None
    if isinstance(node, IntValueNode):
        return int(node.value)
    if isinstance(node, FloatValueNode):
        return float(node.value)
    if isinstance(node, (StringValueNode, BooleanValueNode, EnumValueNode)):
        return node.value
    if isinstance(node, ListValueNode):
        return [literal_value(item, variables) for item in node.values]
    return {item.name.value: literal_value(item.value, variables) for item in node.fields}


def _object_problems(loaded, kind, value, path) -> list[dict]:
    if not isinstance(value, dict):
        return [_problem(path, f"Expected {json.dumps(value)} to be a key-value object.")]
    if kind.name in loaded.one_of_inputs and len(value) != 1:
        words = f"'{kind.name}' requires exactly one argument, but {len(value)} were provided."
        return [_problem(path, words)]
    missing = {
        name: None
        for name, item in kind.fields.items()
        if name not in value and is_required_input_field(item)
    }
    problems = []
    for name, item in {**value, **missing}.items():
        if name not in kind.fields:
            problems.append(_problem((*path, name), f"Field is not defined on {kind.name}"))
        else:
            problems += variable_problems(loaded, kind.fields[name].type, item, (*path, name))
    return problems


def _problem(path, explanation: str) -> dict:
    return {"path": list(path), "explanation": explanation}


def _is_global_id(value) -> bool:
    text = value if isinstance(value, str) else json.dumps(value)
    if not _GLOBAL_ID.match(text):
        raise CoercionRefused(f"Invalid global id '{text}'")
    return True


def _is_number_text(value) -> bool:
    if isinstance(value, bool):
        return False
    if isinstance(value, (int, float)):
        return True
    try:
        return isinstance(value, str) and Decimal(value).is_finite()
    except InvalidOperation:
        return False


def _is_int(value) -> bool:
    """Whole numbers of any size: Shopify leaves their range to each mutation."""
    return isinstance(value, int) and not isinstance(value, bool)


_SCALARS = {
    "Boolean": lambda value: isinstance(value, bool),
    "Date": lambda value: isinstance(value, str) and bool(_DATE.match(value)),
    "DateTime": lambda value: isinstance(value, str) and bool(_DATE_TIME.match(value)),
    "Decimal": _is_number_text,
    "Float": lambda value: isinstance(value, (int, float)) and not isinstance(value, bool),
    "ID": _is_global_id,
    "Int": _is_int,
    "Money": _is_number_text,
    "String": lambda value: isinstance(value, str),
    "URL": lambda value: isinstance(value, str),
    "UnsignedInt64": lambda value: isinstance(value, str) and value.isdecimal(),
}
