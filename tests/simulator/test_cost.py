"""requestedQueryCost by the rules fitted to recorded answers."""

import pytest
from shopify_simulator.cost import requested_cost
from shopify_simulator.schema import load_schema
from shopify_simulator.static import static_errors


def cost(query, variables=None, operation_name=None):
    loaded = load_schema("2026-10")
    document, errors = static_errors(loaded, query, operation_name)
    assert errors == []
    return requested_cost(loaded, document, variables, operation_name)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("{ shop { name currencyCode } }", 1),
        ("{ shop { id } again: shop { id } }", 2),
        ("{ __typename }", 0),
        ('{ __type(name: "Order") { fields { name } } }', 2),
        ("{ ordersCount { count } }", 10),
        ("{ orders(first: 0) { nodes { id } } }", 2),
        ("{ orders(first: 1) { nodes { id } } }", 3),
        ("{ orders(first: 10) { nodes { id } } }", 6),
        ("{ orders(last: 50) { nodes { id } } }", 9),
        ("{ orders(first: 100) { edges { cursor node { id } } pageInfo { hasNextPage } } }", 11),
        ("{ orders(first: 250) { nodes { id lineItems(first: 10) { nodes { id } } } } }", 79),
        ("{ orders(first: 10) { nodes { id totalPriceSet { shopMoney { amount } } } } }", 6),
        ("{ orders(first: 1) { nodes { id transactions(first: 50) { id } } } }", 4),
        ('{ nodes(ids: ["gid://shopify/Order/1", "gid://shopify/Order/2"]) { id } }', 1),
    ],
)
def test_query(query, expected):
    assert cost(query) == expected


def test_dearest_concrete_type_of_an_interface_counts():
    query = """{ node(id: "gid://shopify/Order/1") { id
      ... on Order { customer { id } shippingAddress { city } }
      ... on Product { category { id } } } }"""
    assert cost(query) == 3


def test_page_size_comes_from_the_variables_or_their_default():
    query = "query Q($n: Int = 10) { orders(first: $n) { nodes { id } } }"
    assert [cost(query), cost(query, {"n": 50})] == [6, 9]


def test_skipped_fields_are_free():
    query = """query ($with: Boolean!) { shop { name }
      orders(first: 1) @include(if: $with) { nodes { id } } }"""
    assert [cost(query, {"with": False}), cost(query, {"with": True})] == [1, 4]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ('mutation { orderClose(input: {id: "gid://shopify/Order/1"}) { order { id } } }', 10),
        (
            'mutation { orderClose(input: {id: "gid://shopify/Order/1"}) '
            "{ order { id customer { id } } userErrors { message } } }",
            11,
        ),
        (
            'mutation { refundCreate(input: {orderId: "gid://shopify/Order/1"}) '
            '@idempotent(key: "k") { refund { id } } }',
            20,
        ),
    ],
)
def test_mutation(query, expected):
    assert cost(query) == expected


def test_inputs_that_the_schema_prices():
    query = """mutation ($input: ProductSetInput!) {
      productSet(input: $input) { product { id } } }"""
    variants = [{"optionValues": [], "price": "1"}] * 50
    assert cost(query, {"input": {"variants": variants, "metafields": [{}] * 5}}) == 22


def test_only_the_named_operation_is_costed():
    query = "query A { shop { id } } query B { orders(first: 1) { nodes { id } } }"
    assert [cost(query, operation_name=name) for name in "AB"] == [1, 3]
