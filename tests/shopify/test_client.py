import pytest
from fakes import client, error

from odoo.addons.ec_channel_base.sdk.errors import NeedsAttention, Permanent, Retryable
from odoo.addons.ec_channel_shopify.shopify.client import DOCUMENTS, Refused, TooExpensive, document

COST = {
    "cost": {
        "requestedQueryCost": 802,
        "actualQueryCost": None,
        "throttleStatus": {"maximumAvailable": 2000.0, "currentlyAvailable": 102, "restoreRate": 100.0},
    }
}


def test_throttling_says_how_long():
    graphql, _ = client({"errors": [error("THROTTLED", "Throttled")], "extensions": COST})
    with pytest.raises(Retryable) as refused:
        graphql.query("account")
    assert (refused.value.code, refused.value.retry_after) == ("throttled", 7.0)


def test_pages_shrink_until_they_fit_and_stay_small():
    dear = {"errors": [error("MAX_COST_EXCEEDED", cost=1100, maxCost=1000)]}
    good = {"data": {"orders": {"nodes": [], "pageInfo": {"hasNextPage": False, "endCursor": None}}}}
    graphql, transport = client(dear, dear, good, good)
    graphql.page("orders", {"query": "x"}, 20)
    graphql.page("orders", {"query": "x"}, 20)
    assert [variables["first"] for variables in transport.variables] == [20, 10, 5, 5]


def test_one_order_too_dear_is_an_error():
    graphql, _ = client(*[{"errors": [error("MAX_COST_EXCEEDED")]}] * 2)
    with pytest.raises(TooExpensive):
        graphql.page("orders", {}, 2)


@pytest.mark.parametrize(
    ("code", "kind", "ours"),
    [
        ("ACCESS_DENIED", NeedsAttention, "scope_missing"),
        ("RESOURCE_NOT_FOUND", Permanent, "not_found"),
        ("INTERNAL_SERVER_ERROR", Retryable, "channel_down"),
        ("INVALID_VARIABLE", Permanent, "refused"),
        ("BAD_REQUEST", Permanent, "refused"),
        ("undefinedField", NeedsAttention, "api_version"),
        ("argumentNotAccepted", NeedsAttention, "api_version"),
        ("IDEMPOTENCY_CONCURRENT_REQUEST", Retryable, "busy"),
        ("A_CODE_OF_TOMORROW", NeedsAttention, "api_version"),
    ],
)
def test_top_level_errors(code, kind, ours):
    graphql, _ = client({"errors": [error(code)]})
    with pytest.raises(kind) as refused:
        graphql.query("account")
    assert refused.value.code == ours


def test_an_ignored_filter_is_an_error():
    warnings = [
        {
            "path": ["orders"],
            "query": "x",
            "warnings": [{"field": "updatd_at", "message": "Invalid search field", "code": "invalid_field"}],
        }
    ]
    graphql, _ = client({"data": {"orders": {"nodes": []}}, "extensions": {"search": warnings}})
    with pytest.raises(Permanent) as refused:
        graphql.query("orders")
    assert refused.value.code == "search_ignored"


def test_a_denied_personal_field_leaves_the_rest():
    denied = error("ACCESS_DENIED", path=["orders", "nodes", 0, "customer"])
    other = error("ACCESS_DENIED", path=["orders", "nodes", 0, "refunds"])
    data = {"data": {"orders": {"nodes": [{"customer": None}]}}}
    graphql, _ = client({**data, "errors": [denied]}, {**data, "errors": [denied, other]})
    assert graphql.query("orders", tolerate=frozenset({"customer"}))["orders"]["nodes"] == [{"customer": None}]
    with pytest.raises(NeedsAttention):
        graphql.query("orders", tolerate=frozenset({"customer"}))


@pytest.mark.parametrize("name", ["userErrors", "orderCancelUserErrors", "mediaUserErrors"])
def test_user_errors_of_every_name(name):
    graphql, _ = client(
        {"data": {"orderCancel": {"job": None, name: [{"field": None, "message": "No.", "code": "INVALID"}]}}}
    )
    with pytest.raises(Refused) as refused:
        graphql.mutate("order_cancel", {})
    assert refused.value.detail == "No." and refused.value.codes == {"INVALID"}


def test_a_busy_slot_is_tried_later():
    errors = [{"field": None, "message": "running", "code": "OPERATION_IN_PROGRESS"}]
    graphql, _ = client({"data": {"bulkOperationRunQuery": {"bulkOperation": None, "userErrors": errors}}})
    with pytest.raises(Retryable) as refused:
        graphql.mutate("bulk_run", {})
    assert refused.value.retry_after == 60


@pytest.mark.parametrize(
    "answer",
    [b"<html>", b'{"data": {"fulfillmentCreate"', b"[]", {"data": None}, {"data": {"fulfillmentCreate": None}}],
)
def test_no_clear_answer_to_a_mutation_is_unknown(answer):
    graphql, _ = client(answer)
    with pytest.raises(Retryable) as refused:
        graphql.mutate("fulfillment_create", {})
    assert refused.value.outcome_unknown


def test_no_clear_answer_to_a_query_is_only_retryable():
    graphql, _ = client(b"<html>")
    with pytest.raises(Retryable) as refused:
        graphql.query("account")
    assert not refused.value.outcome_unknown


def test_a_denied_field_inside_a_payload_does_not_undo_it():
    payload = {"fulfillment": {"id": "gid://f/1"}, "userErrors": []}
    denied = error("ACCESS_DENIED", path=["fulfillmentCreate", "fulfillment", "status"])
    graphql, _ = client({"data": {"fulfillmentCreate": payload}, "errors": [denied]})
    assert graphql.mutate("fulfillment_create", {}) == payload


def test_a_refused_token_is_renewed_once():
    tokens = {"": "old", "old": "new"}
    graphql, transport = client(NeedsAttention("401", code="credentials"), {"data": {"shop": 1}}, token=tokens.get)
    assert graphql.query("account") == {"shop": 1}
    assert [values["headers"]["X-Shopify-Access-Token"] for _, _, values in transport.requests] == ["old", "new"]


def test_a_refused_static_token_is_not_tried_again():
    graphql, transport = client(NeedsAttention("401", code="credentials"))
    with pytest.raises(NeedsAttention):
        graphql.query("account")
    assert len(transport.requests) == 1


def test_every_document_is_loaded_from_its_own_file():
    assert {path.stem for path in DOCUMENTS.glob("*.graphql")} >= {
        "orders",
        "orders_by_id",
        "bulk_orders",
        "refund_create",
    }
    assert document("orders").startswith("query Orders(")


def test_the_page_and_the_reading_by_id_ask_for_the_same():
    """parse_order reads both: their fragments must not drift apart."""
    fragments = [document(name).split("\nfragment ", 1)[1] for name in ("orders", "orders_by_id")]
    assert fragments[0] == fragments[1]
    bulk = document("bulk_orders")
    for fragment in fragments[0].split("\nfragment ")[1:]:
        if fragment.split()[0] not in ("RefundLineFields", "FulfillmentOrderFields"):
            assert fragment in bulk + "\n"
