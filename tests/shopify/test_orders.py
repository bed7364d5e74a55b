"""Reading orders from the simulator: pages, long orders, mass reads, what they cost, and odd answers."""

import json
import tracemalloc
from datetime import UTC, datetime, timedelta
from decimal import Decimal as D

import pytest
from fakes import client
from shopify_harness import connect

from odoo.addons.ec_channel_base.sdk.errors import NeedsAttention, Permanent, Retryable
from odoo.addons.ec_channel_shopify.shopify import bulk
from odoo.addons.ec_channel_shopify.shopify.bulk import assemble

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


def requests(sim):
    return sim.requests()["total"]


def everything(shopify, since=LONG_AGO):
    cursor, events = None, []
    while True:
        page = shopify.fetch_orders(since, cursor)
        events += page.events
        cursor = page.next_cursor
        if cursor is None:
            return [shopify.parse_order(event) for event in events]


def places(sim, count, **order):
    for _ in range(count):
        sim.place_order(lines=[{"sku": "CUP"}, {"sku": "POT", "quantity": 2}], **order)


def test_a_page_holds_whole_orders(sim, shopify):
    places(sim, 40)
    sim.requests(clear=True)
    told = everything(shopify)
    assert len(told) == 40 and requests(sim) == 2
    assert all(
        row.total == D(3000) and row.buyer and row.transactions and row.lines[0].location_external_id for row in told
    )


def test_only_what_changed_is_read_again(sim, shopify):
    places(sim, 3)
    sim.advance(seconds=60)
    now = datetime.fromisoformat(sim.info()["now"].replace("Z", "+00:00"))
    order = sim.place_order(lines=[{"sku": "TEA"}])
    assert [row.external_id for row in everything(shopify, now)] == [order["id"]]


def test_a_long_order_is_read_to_its_end(sim, shopify):
    order = sim.place_order(lines=[{"title": f"Item {number}", "price": "10"} for number in range(300)])
    sim.fulfil(order=order["id"], tracking={"number": "N1"})
    sim.refund(order=order["id"], lines=[{"line": number, "quantity": 1} for number in range(50)])
    sim.requests(clear=True)
    (told,) = everything(shopify)
    assert len(told.lines) == len(told.shipments[0].lines) == 300 and len(told.refunds[0].lines) == 50
    assert told.unknown == () and told.total == D(3000)
    assert (
        requests(sim) == 1 + 2 + 2 + 2 + 1
    )  # page, lines, shipped lines, lines of the fulfilment order, refunded lines


def test_many_fulfilment_orders_are_read_to_their_end(sim, shopify):
    order = sim.place_order(lines=[{"sku": "CUP", "quantity": 12}])
    split = "mutation($s: [FulfillmentOrderSplitInput!]!) { fulfillmentOrderSplit(fulfillmentOrderSplits: $s) { userErrors { message } } }"
    for _ in range(9):
        (truth,) = sim.truth(order=order["id"])["orders"]
        first = truth["fulfillment_orders"][0]
        item = {"id": first["items"][0]["id"], "quantity": 1}
        sim.graphql(split, {"s": [{"fulfillmentOrderId": first["id"], "fulfillmentOrderLineItems": [item]}]})
    (event,) = shopify.fetch_orders(LONG_AGO).events
    assert len(json.loads(event.body)["fulfillmentOrders"]["nodes"]) == 10
    assert shopify.parse_order(event).unknown == ()


def test_a_fulfilment_order_names_its_order(sim, shopify):
    order = sim.place_order(lines=[{"sku": "CUP"}])
    (event,) = shopify.fetch_orders_by_id([order["fulfillment_orders"][0]["id"], order["id"], "gid://shopify/Order/1"])
    assert event.external_id == order["id"]


def test_ids_beyond_a_float_are_exact(sim, shopify):
    sim.reset(id_base=2**60, settings={"taxes_included": True, "currency": "JPY"})
    order = sim.place_order(lines=[{"title": "Item", "price": "1"}])
    (told,) = everything(shopify)
    assert told.external_id == order["id"] and told.url.endswith(order["id"].rpartition("/")[2])
    assert told.lines[0].external_id == order["lines"][0]["id"]


def test_personal_data_refused_is_left_empty(sim, shopify):
    sim.place_order(lines=[{"sku": "CUP"}])
    sim.configure(scopes=[scope for scope in sim.info()["scopes"] if "customers" not in scope])
    (told,) = everything(shopify)
    assert told.buyer is None and told.lines


def test_orders_refused_need_attention(sim, shopify):
    sim.place_order(lines=[{"sku": "CUP"}])
    sim.configure(scopes=["read_products"])
    with pytest.raises(NeedsAttention) as refused:
        shopify.fetch_orders(LONG_AGO)
    assert refused.value.code == "scope_missing"


def test_missing_scopes_are_named_by_the_check(sim, shopify):
    sim.configure(scopes=["read_products", "read_orders", "read_inventory"])
    info = shopify.check()
    wanted = ("read_customers", "read_locations", "write_orders", "write_merchant_managed_fulfillment_orders")
    assert info.missing == wanted and info.locations == ()


def test_a_retired_version_is_told(sim):
    info = connect(sim, version="2025-01").check()
    assert (info.api_version, info.served_version) == ("2025-01", "2026-01") and any(
        "2025-01" in text for text in info.warnings
    )


@pytest.mark.parametrize("version", ["2026-01", "2026-04", "2026-07", "2026-10"])
def test_every_supported_version_answers(sim, version):
    sim.place_order(lines=[{"sku": "CUP"}])
    shopify = connect(sim, version=version)
    assert shopify.check().served_version == version
    assert len(everything(shopify)) == 1 and shopify.fetch_listings().listings


def test_throttling_tells_the_time(sim, shopify):
    sim.arm_fault(kind="throttled")
    with pytest.raises(Retryable) as refused:
        shopify.fetch_orders(LONG_AGO)
    assert refused.value.code == "throttled" and refused.value.retry_after >= 1


# ---- mass reads


def backfill(sim, shopify, since=None):
    token = shopify.start_backfill(since)
    sim.advance(seconds=60)
    result = shopify.read_backfill(token)
    assert result.done
    return [shopify.parse_order(event) for event in result.events]


def test_a_mass_read_is_cheap_and_the_same_as_paging(sim, shopify):
    sim.configure(capacity=100_000)
    places(sim, 240)
    orders = [row.external_id for row in everything(shopify)]
    for order in orders[:30]:
        sim.fulfil(order=order, tracking={"number": f"N{order[-4:]}"})
    sim.refund(order=orders[40], lines="all")
    sim.edit_order(order=orders[41], quantities={"POT": 1})
    sim.place_order(lines=[{"sku": "CUP"}], shipping=[{"title": "a", "price": "500"}, {"title": "b", "price": "300"}])
    sim.requests(clear=True)
    read = backfill(sim, shopify)
    assert requests(sim) / len(read) <= 0.02
    assert {row.external_id: row for row in read} == {row.external_id: row for row in everything(shopify)}


def test_a_mass_read_of_what_changed_since(sim, shopify):
    places(sim, 2)
    sim.advance(seconds=3600)
    since = datetime.fromisoformat(sim.info()["now"].replace("Z", "+00:00"))
    order = sim.place_order(lines=[{"sku": "CUP"}])
    assert [row.external_id for row in backfill(sim, shopify, since)] == [order["id"]]
    assert backfill(sim, shopify, since + timedelta(days=1)) == []


def test_a_mass_read_that_fails_says_so(sim, shopify):
    sim.arm_fault(kind="bulk_failed", operation="bulk")
    token = shopify.start_backfill(None)
    sim.advance(seconds=60)
    with pytest.raises(Permanent) as failed:
        shopify.read_backfill(token)
    assert failed.value.code == "backfill_failed"


def test_rows_in_any_order_with_flat_memory():
    rows = 30_000

    def lines():
        for number in range(rows - 1, -1, -1):
            order = f"gid://shopify/Order/{number // 10 + 1}"
            if number % 10 == 3:  # the parent in the middle of its children
                yield json.dumps({"id": order, "refunds": [], "shippingLine": None, "rate": 0.1}).encode()
            else:
                yield json.dumps(
                    {"id": f"gid://shopify/LineItem/{number}", "text": "x" * 500, "__parentId": order}
                ).encode()

    tracemalloc.start()
    count = 0
    for order in assemble(lines()):
        ids = [int(row["id"].rpartition("/")[2]) for row in order["lineItems"]["nodes"]]
        assert ids == sorted(ids) and len(ids) == 9 and order["rate"] == D("0.1")
        count += 1
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == rows // 10 and peak < 8 * 2**20  # the rows are 16 MB


def test_a_broken_row_is_read_again_later():
    with pytest.raises(Retryable):
        list(assemble([b'{"id": "gid://shopify/Order/1"}', b'{"id": "gid']))


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        ("FAILED", "ACCESS_DENIED", NeedsAttention),
        ("FAILED", "TIMEOUT", Permanent),
        ("EXPIRED", None, Permanent),
        ("CANCELED", None, Permanent),
    ],
)
def test_ends_of_a_mass_read(status, code, kind):
    graphql, _ = client({"data": {"bulkOperation": {"status": status, "errorCode": code, "url": None}}})
    with pytest.raises(kind):
        bulk.read(graphql, "gid://b/1", lambda ids: (), lambda order: order)


def test_a_mass_read_without_rows():
    graphql, _ = client({"data": {"bulkOperation": {"status": "COMPLETED", "errorCode": None, "url": None}}})
    result = bulk.read(graphql, "gid://b/1", lambda ids: (), lambda order: order)
    assert result.done and list(result.events) == []
