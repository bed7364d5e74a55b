"""Cancellations and refunds that a person in Odoo asked for, against the simulator."""

from decimal import Decimal as D

from shopify_harness import connect

from odoo.addons.ec_channel_base.sdk.documents import Cancellation, RefundRequest, ShipmentLine
from odoo.addons.ec_channel_base.sdk.errors import NeedsAttention, Permanent, Retryable


def only(results):
    (result,) = results
    return result


def truth(sim, order):
    found = sim.truth(order=order["id"])["orders"][0]
    return found | {"refunded": D(found["refunded"])}


def request(order, key="R/1", lines=(), **values):
    rows = tuple(ShipmentLine(line_external_id=order["lines"][at]["id"], quantity=D(units)) for at, units in lines)
    return RefundRequest(key=key, order_external_id=order["id"], lines=rows, **values)


def test_units_go_back_before_and_after_shipping(sim, shopify):
    order = sim.place_order(lines=[{"sku": "CUP", "quantity": 2}, {"sku": "POT"}], shipping="500")
    place = truth(sim, order)["fulfillment_orders"][0]["location"]
    sim.fulfil(order=order["id"], lines={"CUP": 2})
    shipped = request(order, lines=[(0, 1)], restock=True, location_external_id=place)
    waiting = request(order, "R/2", [(1, 1)], restock=True, location_external_id=place)
    results = shopify.push_refunds([shipped, waiting])
    assert [result.error for result in results] == [None, None] and all(result.external_ids for result in results)
    (event,) = shopify.fetch_orders_by_id([order["id"]])
    told = shopify.parse_order(event)
    assert [(refund.amount, refund.lines[0].removed) for refund in told.refunds] == [(D(1000), False), (D(1000), True)]
    assert [line.quantity for line in told.lines] == [D(2), D(0)]


def test_shipping_and_an_amount_of_ones_own(sim, shopify):
    order = sim.place_order(lines=[{"sku": "CUP"}], shipping="500")
    assert only(shopify.push_refunds([request(order, shipping=D(500), note="sorry")])).error is None
    assert only(shopify.push_refunds([request(order, "R/2", amount=D(250))])).error is None
    assert truth(sim, order)["refunded"] == D(750)


def test_a_refund_is_found_again_after_the_key_has_expired(sim, shopify):
    order = sim.place_order(lines=[{"sku": "CUP", "quantity": 5}])
    sim.arm_fault(kind="cut_after", operation="refundCreate")
    lost = only(shopify.push_refunds([request(order, amount=D(300))])).error
    assert isinstance(lost, Retryable) and lost.outcome_unknown
    sim.advance(seconds=3 * 86400)
    again = only(connect(sim).push_refunds([request(order, amount=D(300))]))
    assert again.error is None and [row["id"] for row in truth(sim, order)["refunds"]] == list(again.external_ids)


def test_a_payment_in_two_parts_goes_back_in_two(sim, shopify):
    order = sim.place_order(lines=[{"sku": "CUP", "quantity": 5}], gift_card="1000")
    assert only(shopify.push_refunds([request(order, amount=D(4500))])).error is None
    assert truth(sim, order)["refunded"] == D(4500)
    over = only(shopify.push_refunds([request(order, "R/2", amount=D(501))])).error
    assert isinstance(over, NeedsAttention) and over.code == "refund_too_high"


def test_a_foreign_payment_with_an_amount_is_left_to_the_shop(sim, shopify):
    order = sim.place_order(lines=[{"sku": "CUP"}], presentment_currency="USD", rate="0.0066")
    refused = only(shopify.push_refunds([request(order, amount=D(300))])).error
    assert refused.code == "refund_currency"
    assert only(shopify.push_refunds([request(order, lines=[(0, 1)])])).error is None


def test_a_cancellation_waits_for_the_job_and_is_not_repeated(sim, shopify):
    sim.configure(job_delay=30)
    order = sim.place_order(lines=[{"sku": "CUP"}])
    wanted = Cancellation(key="C/1", order_external_id=order["id"], reason="inventory", note="x" * 300)
    for _ in range(2):
        assert only(shopify.push_cancellations([wanted])).error is None
    sim.advance(seconds=31)
    assert truth(sim, order)["cancelled"] and truth(sim, order)["refunded"] == D(1000)
    assert only(shopify.push_cancellations([wanted])).note == "it was cancelled before"


def test_a_cancellation_without_money_back(sim, shopify):
    order = sim.place_order(lines=[{"sku": "CUP"}])
    assert (
        only(shopify.push_cancellations([Cancellation(key="C/1", order_external_id=order["id"], refund=False)])).error
        is None
    )
    sim.advance(seconds=1)
    assert truth(sim, order)["cancelled"] and truth(sim, order)["refunded"] == D(0)


def test_what_cannot_be_cancelled_says_why(sim, shopify):
    order = sim.place_order(lines=[{"sku": "CUP"}])
    sim.fulfil(order=order["id"])
    shipped = only(shopify.push_cancellations([Cancellation(key="C/1", order_external_id=order["id"])])).error
    unknown = only(
        shopify.push_cancellations([Cancellation(key="C/2", order_external_id="gid://shopify/Order/1")])
    ).error
    assert shipped.code == "order_shipped" and isinstance(unknown, Permanent)
