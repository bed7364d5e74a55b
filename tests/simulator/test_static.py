"""The static layer refuses what Shopify refuses, in Shopify's words."""

import pytest
from graphql import parse_type, type_from_ast
from shopify_simulator.literals import variable_problems
from shopify_simulator.schema import VERSIONS, load_schema, resolve_version
from shopify_simulator.static import UnknownOperation, operation, static_errors, variable_errors

LATEST = VERSIONS[-1]


def refusals(query, version=LATEST, operation_name=None):
    return static_errors(load_schema(version), query, operation_name)[1]


def codes(query, version=LATEST):
    return [item["extensions"]["code"] for item in refusals(query, version)]


def invalid(query, variables, version=LATEST):
    loaded = load_schema(version)
    document, errors = static_errors(loaded, query)
    assert errors == []
    return variable_errors(loaded, document, variables)


def test_every_version_loads_and_old_ones_fall_forward():
    assert [load_schema(version).version for version in VERSIONS] == list(VERSIONS)
    assert resolve_version("2025-01") == "2026-01"
    assert load_schema("2024-10") is load_schema("2026-01")


@pytest.mark.parametrize("version", ["2027-01", "2026-02", "unstable", "", "latest"])
def test_unknown_version_has_no_schema(version):
    assert resolve_version(version) is None


def test_idempotency_key_is_required_since_2026_04():
    assert load_schema("2026-01").idempotency_required == frozenset()
    for version in VERSIONS[1:]:
        required = load_schema(version).idempotency_required
        assert {"refundCreate", "inventorySetQuantities", "locationActivate"} <= required
        assert "orderCreate" not in required


def test_what_introspection_says_beyond_the_standard():
    loaded = load_schema(LATEST)
    assert loaded.required_access("Order", "customer") == "`read_customers` access scope."
    assert loaded.is_protected("Order", "email") and not loaded.is_protected("Order", "id")
    assert loaded.deprecation("Order", "totalPrice") == "Use `totalPriceSet` instead."
    assert loaded.deprecation("Order", "totalPriceSet") is None


def test_unknown_field():
    assert refusals("query Q {\n  shop { nme: colour }\n}") == [
        {
            "message": "Field 'colour' doesn't exist on type 'Shop'",
            "locations": [{"line": 2, "column": 10}],
            "path": ["query Q", "shop", "nme"],
            "extensions": {"code": "undefinedField", "typeName": "Shop", "fieldName": "colour"},
        }
    ]


def test_variable_below_an_unknown_field_counts_as_unused():
    assert codes("query ($n: Int) { shop { parts(first: $n) { id } } }") == [
        "undefinedField",
        "variableNotUsed",
    ]


def test_unused_variable_of_an_anonymous_operation():
    found = refusals(
        'mutation ($id: ID!) { orderClose(input: {id: "gid://shopify/Order/1"}) { order { id } } }'
    )
    assert [item["message"] for item in found] == [
        "Variable $id is declared by anonymous mutation but not used"
    ]


def test_argument_not_accepted_by_field_and_input_object():
    found = refusals(
        'mutation { orderUpdate(input: {id: "gid://shopify/Order/1", colour: 1}, x: 2) '
        "{ order { id } } }"
    )
    assert [(item["message"], item["path"], item["extensions"]) for item in found] == [
        (
            "InputObject 'OrderInput' doesn't accept argument 'colour'",
            ["mutation", "orderUpdate", "input", "colour"],
            {
                "code": "argumentNotAccepted",
                "name": "OrderInput",
                "typeName": "InputObject",
                "argumentName": "colour",
            },
        ),
        (
            "Field 'orderUpdate' doesn't accept argument 'x'",
            ["mutation", "orderUpdate", "x"],
            {
                "code": "argumentNotAccepted",
                "name": "orderUpdate",
                "typeName": "Field",
                "argumentName": "x",
            },
        ),
    ]


def test_missing_arguments_and_input_attributes():
    found = refusals(
        "mutation M { orderClose { order { id } } a: orderOpen(input: {}) { order { id } } }"
    )
    assert [item["message"] for item in found] == [
        "Field 'orderClose' is missing required arguments: input",
        "Argument 'id' on InputObject 'OrderOpenInput' is required. Expected type ID!",
    ]
    assert [item["path"] for item in found] == [
        ["mutation M", "orderClose"],
        ["mutation M", "a", "input", "id"],
    ]
    assert [item["extensions"]["code"] for item in found] == [
        "missingRequiredArguments",
        "missingRequiredInputObjectAttribute",
    ]


@pytest.mark.parametrize(
    ("arguments", "message", "type_name"),
    [
        (
            "sortKey: COLOUR",
            "Argument 'sortKey' on Field 'orders' has an invalid value (COLOUR). "
            "Expected type 'OrderSortKeys'.",
            "Field",
        ),
        (
            'first: "1"',
            "Argument 'first' on Field 'orders' has an invalid value (\"1\"). Expected type 'Int'.",
            "Field",
        ),
        (
            "reverse: null, query: 1",
            "Argument 'query' on Field 'orders' has an invalid value (1). Expected type 'String'.",
            "Field",
        ),
    ],
)
def test_incompatible_literal(arguments, message, type_name):
    (found,) = refusals(f"{{ orders({arguments}) {{ nodes {{ id }} }} }}")
    assert found["message"] == message
    assert found["extensions"]["code"] == "argumentLiteralsIncompatible"
    assert found["extensions"]["typeName"] == type_name


def test_malformed_global_id_is_refused_by_its_scalar():
    (found,) = refusals('{ order(id: "1001") { id } }')
    assert found["message"] == "Invalid global id '1001'"
    assert found["extensions"] == {
        "code": "argumentLiteralsIncompatible",
        "typeName": "CoercionError",
    }


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("{ shop }", "selectionMismatch"),
        ("{ shop { name { first } } }", "selectionMismatch"),
        ("{ shop { ... on Colour { id } } }", "undefinedType"),
        ("{ shop @sometimes { id } }", "undefinedDirective"),
        ("query ($c: Colour) { shop { id } }", "variableRequiresValidType"),
        ('query ($n: Int = "x") { orders(first: $n) { nodes { id } } }', "defaultValueInvalidType"),
        ("query ($n: String) { orders(first: $n) { nodes { id } } }", "variableMismatch"),
        ("{ orders(first: $n) { nodes { id } } }", "variableNotDefined"),
        ("{ shop { id ...Rest } }", "useAndDefineFragment"),
        ("{ shop { ... on Order { id } } }", "cannotSpreadFragment"),
        ("{ shop { name name: email } }", "fieldConflict"),
        ("{ shop { id }", "PARSE_ERROR"),
    ],
)
def test_other_refusals(query, code):
    assert code in codes(query)


def test_plain_user_error_has_no_code():
    query = 'mutation { orderClose(input: {id: "gid://shopify/Order/1"}) { userErrors { code } } }'
    assert refusals(query)[0]["message"] == "Field 'code' doesn't exist on type 'UserError'"


def test_different_types_under_one_name_in_exclusive_fragments_are_accepted():
    query = """query ($id: ID!) { node(id: $id) {
      ... on Fulfillment { status } ... on FulfillmentEvent { status } } }"""
    assert refusals(query) == []


def test_idempotent_directive_is_accepted_in_every_version():
    query = """mutation ($key: String!) { locationActivate(locationId: "gid://shopify/Location/1")
      @idempotent(key: $key) { location { id } } }"""
    assert [refusals(query, version) for version in VERSIONS] == [[], [], [], []]


def test_operation_is_chosen_by_name():
    document, errors = static_errors(load_schema(LATEST), "query A { shop { id } } { shop { id } }")
    assert operation(document, "A").name.value == "A"
    for name in (None, "B"):
        with pytest.raises(UnknownOperation):
            operation(document, name)
    assert refusals("query A { shop { id } }", operation_name="B")[0]["message"] == (
        'No operation named "B"'
    )


UPDATE = "mutation ($input: OrderInput!) { orderUpdate(input: $input) { order { id } } }"


def test_missing_variable():
    assert invalid(UPDATE, {}) == [
        {
            "message": "Variable $input of type OrderInput! was provided invalid value",
            "locations": [{"line": 1, "column": 11}],
            "extensions": {
                "code": "INVALID_VARIABLE",
                "value": None,
                "problems": [{"path": [], "explanation": "Expected value to not be null"}],
            },
        }
    ]


def test_every_problem_of_a_variable_is_named():
    value = {"colour": 1, "note": 3, "metafields": [{}, {"size": 1}]}
    (found,) = invalid(UPDATE, {"input": value})
    assert found["message"] == (
        "Variable $input of type OrderInput! was provided invalid value for "
        "colour (Field is not defined on OrderInput), note (Could not coerce value 3 to String), "
        "metafields.1.size (Field is not defined on MetafieldInput), "
        "id (Expected value to not be null)"
    )
    assert found["extensions"]["value"] == value
    assert [problem["path"] for problem in found["extensions"]["problems"]] == [
        ["colour"],
        ["note"],
        ["metafields", 1, "size"],
        ["id"],
    ]


def test_scalar_that_speaks_for_itself_repeats_its_message():
    (found,) = invalid(UPDATE, {"input": {"id": "1001"}})
    words = "Invalid global id '1001'"
    assert found["extensions"]["problems"] == [
        {"path": ["id"], "explanation": words, "message": words}
    ]


@pytest.mark.parametrize(
    ("declared", "value", "accepted"),
    [
        ("Int", 3, True),
        ("Int", 3.5, False),
        ("Int", True, False),
        ("Int", "3", False),
        ("Boolean", "true", False),
        ("DateTime", "2026-01-31T10:00:00Z", True),
        ("DateTime", "yesterday", False),
        ("Decimal", "1.50", True),
        ("Decimal", "1,50", False),
        ("OrderSortKeys", "ID", True),
        ("OrderSortKeys", "id", False),
        ("[String!]", "alone", True),
        ("[String!]", ["a", None], False),
        ("OrderIdentifierInput", {}, False),
        ("OrderIdentifierInput", {"id": "gid://shopify/Order/1"}, True),
        ("OrderIdentifierInput", [], False),
    ],
)
def test_values_by_type(declared, value, accepted):
    loaded = load_schema(LATEST)
    kind = type_from_ast(loaded.schema, parse_type(declared))
    assert (variable_problems(loaded, kind, value) == []) is accepted


def test_default_value_stands_in_for_a_missing_variable():
    assert invalid("query ($n: Int! = 3) { orders(first: $n) { nodes { id } } }", {}) == []
