"""Armed faults hit the request they name, as often as they say, and after-commit ones leave the work done."""

import http.client
import json

import pytest

TAG = 'mutation Tag($id: ID!) { tagsAdd(id: $id, tags: ["x"]) { userErrors { message } } }'
READ = "query Read($id: ID!) { order(id: $id) { name tags displayFinancialStatus customer { id } shippingAddress { zip } } }"


def raw(shop, query, variables=None):
    body = json.dumps({"query": query, "variables": variables or {}}).encode()
    headers = {"Content-Type": "application/json", "X-Shopify-Access-Token": shop.token}
    return shop.request(shop.url, "POST", "/admin/api/2026-10/graphql.json", body, headers, timeout=5)


def tags(shop, order):
    return shop.truth(order=order["id"])["orders"][0]["tags"]


@pytest.mark.parametrize("kind", ["cut_after", "http_500_after", "truncated_json"])
def test_after_commit_the_work_is_done_but_the_answer_is_lost(shop, kind):
    order = shop.place_order()
    shop.arm_fault(kind=kind, operation="tagsAdd")
    try:
        status, body, _ = raw(shop, TAG, {"id": order["id"]})
        with pytest.raises(ValueError):
            json.loads(body)
        assert status in (200, 502)
    except (http.client.HTTPException, OSError):
        assert kind == "cut_after"
    assert tags(shop, order) == ["x"]
    assert raw(shop, TAG, {"id": order["id"]})[0] == 200


def test_cut_before_does_nothing(shop):
    order = shop.place_order()
    shop.arm_fault(kind="cut_before", operation="Tag")
    with pytest.raises((http.client.HTTPException, OSError)):
        raw(shop, TAG, {"id": order["id"]})
    assert tags(shop, order) == []


def test_timeouts_wait_before_they_cut(shop):
    order = shop.place_order()
    shop.arm_fault(kind="timeout_after", operation="tagsAdd", seconds=0.2)
    with pytest.raises((http.client.HTTPException, OSError)):
        raw(shop, TAG, {"id": order["id"]})
    assert tags(shop, order) == ["x"]


@pytest.mark.parametrize("kind, status", [
    ("http_429", 429), ("http_500", 500), ("http_502", 502), ("http_503", 503), ("token_revoked", 401), ("frozen", 402),
    ("forbidden", 403), ("not_found", 404), ("locked", 423)])
def test_http_refusals(shop, kind, status):
    shop.arm_fault(kind=kind)
    got, body, headers = raw(shop, "{ shop { name } }")
    assert got == status
    if kind == "http_429":
        assert headers["Retry-After"] == "2.0"
    if status >= 500:
        assert headers["Content-Type"].startswith("text/html")
    assert raw(shop, "{ shop { name } }")[0] == 200


def test_throttled_version_retired_and_internal_error(shop):
    shop.arm_fault(kind="throttled")
    assert shop.graphql("{ shop { name } }")["errors"][0]["extensions"]["code"] == "THROTTLED"
    shop.arm_fault(kind="version_retired")
    assert raw(shop, "{ shop { name } }")[2]["X-Shopify-API-Version"] == "2026-01"
    shop.arm_fault(kind="internal_error")
    answer = shop.graphql("{ shop { name } ordersCount { count } }")
    assert answer["errors"][0]["extensions"]["code"] == "INTERNAL_SERVER_ERROR"
    assert answer["errors"][0]["extensions"]["requestId"]
    assert answer["data"] == {"shop": None, "ordersCount": {"count": 0}}


def test_unknown_enum_and_null_fields(shop):
    order = shop.place_order()
    shop.arm_fault(kind="unknown_enum", operation="order", field="displayFinancialStatus", value="SETTLED")
    assert shop.graphql(READ, {"id": order["id"]})["data"]["order"]["displayFinancialStatus"] == "SETTLED"
    shop.arm_fault(kind="null_field", operation="order", fields=["customer", "shippingAddress"])
    row = shop.graphql(READ, {"id": order["id"]})["data"]["order"]
    assert (row["customer"], row["shippingAddress"], row["displayFinancialStatus"]) == (None, None, "PAID")


def test_nth_count_and_probability(shop):
    shop.arm_fault(kind="http_500", operation="ordersCount", nth=2, count=2)
    assert [raw(shop, "{ ordersCount { count } }")[0] for _ in range(5)] == [200, 500, 500, 200, 200]
    shop.arm_fault(kind="http_503", operation="ordersCount", count=None, probability=0.5, seed=1)
    statuses = [raw(shop, "{ ordersCount { count } }")[0] for _ in range(60)]
    assert 15 < statuses.count(503) < 45
    assert raw(shop, "{ shop { name } }")[0] == 200
    shop.clear_faults()
    assert raw(shop, "{ ordersCount { count } }")[0] == 200


def test_merchant_acts_between_read_and_write(shop):
    order = shop.place_order()
    shop.arm_fault(kind="merchant_acts", operation="fulfillmentCreate", verb="hold", params={"order": order["id"]})
    answer = shop.graphql("""mutation($f: FulfillmentInput!) { fulfillmentCreate(fulfillment: $f) { fulfillment { id }
      userErrors { message } } }""", {"f": {"lineItemsByFulfillmentOrder": [
        {"fulfillmentOrderId": order["fulfillment_orders"][0]["id"]}]}})["data"]["fulfillmentCreate"]
    assert answer["fulfillment"] is None
    assert "on_hold" in answer["userErrors"][0]["message"]


def test_requests_are_counted_by_root_field(shop):
    order = shop.place_order()
    shop.requests(clear=True)
    shop.graphql(READ, {"id": order["id"]})
    shop.graphql(TAG, {"id": order["id"]})
    shop.graphql(TAG, {"id": order["id"]})
    log = shop.requests(operation="tagsAdd")
    assert log["counts"] == {"order": 1, "tagsAdd": 2}
    assert [row["variables"] for row in log["requests"]] == [{"id": order["id"]}] * 2
    assert shop.coverage()["Order.displayFinancialStatus"] == 1


def test_unknown_fault_kind_is_refused(shop):
    with pytest.raises(RuntimeError, match="unknown fault kind"):
        shop.arm_fault(kind="explode")
