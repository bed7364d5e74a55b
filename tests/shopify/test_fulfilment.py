"""Deliveries against the simulator: what the shop has in the end, and how many requests it took."""

from dataclasses import replace
from decimal import Decimal

from shopify_harness import connect

from odoo.addons.ec_channel_base.sdk.documents import Shipment, ShipmentLine, Tracking
from odoo.addons.ec_channel_base.sdk.errors import NeedsAttention, Permanent, Retryable


def place(sim, **quantities):
    return sim.place_order(lines=[{"sku": sku, "quantity": units} for sku, units in quantities.items()])


def ship(order, key="D/1", number="N1", lines=None, **values):
    ids = {row["sku"]: row["id"] for row in order["lines"]}
    wanted = lines or {row["sku"]: row["quantity"] for row in order["lines"]}
    return Shipment(
        key=key,
        order_external_id=order["id"],
        lines=tuple(ShipmentLine(line_external_id=ids[sku], quantity=Decimal(units)) for sku, units in wanted.items()),
        tracking=(Tracking(number=number, carrier="Yamato"),) if number else (),
        **values,
    )


def parcels(sim, order):
    """[(tracking numbers, {sku: units}, location)] of what counts as shipped, oldest first."""
    (truth,) = sim.truth(order=order["id"])["orders"]
    skus = {row["id"]: row["sku"] for row in truth["lines"]}
    return [
        (
            [row["number"] for row in made["tracking"] if row["number"]],
            {skus[item["line"]]: item["quantity"] for item in made["items"]},
        )
        for made in truth["fulfillments"]
        if made["status"] == "SUCCESS"
    ]


def places(sim, order):
    (truth,) = sim.truth(order=order["id"])["orders"]
    return [row["location"] for row in truth["fulfillments"] if row["status"] == "SUCCESS"]


def counts(sim):
    return {name: number for name, number in sim.requests()["counts"].items() if number}


def only(results):
    (result,) = results
    return result


def test_many_orders_cost_one_reading_and_one_writing_each(sim, shopify):
    orders = [place(sim, CUP=1) for _ in range(20)]
    sim.requests(clear=True)
    results = shopify.push_shipments([ship(order, f"D/{at}", f"N{at}") for at, order in enumerate(orders)])
    assert [result.error for result in results] == [None] * 20
    assert counts(sim) == {"nodes": 1, "fulfillmentCreate": 20}


def test_split_deliveries_and_the_same_again(sim, shopify):
    order = place(sim, CUP=3, POT=1)
    first, second = ship(order, "D/1", "N1", {"CUP": 2}), ship(order, "D/2", "N2", {"CUP": 1, "POT": 1})
    for shipments in ([first], [second], [first, second]):
        assert all(result.error is None for result in shopify.push_shipments(shipments))
    assert parcels(sim, order) == [(["N1"], {"CUP": 2}), (["N2"], {"CUP": 1, "POT": 1})]


def test_equal_parcels_without_numbers_are_told_apart_by_what_was_acknowledged(sim, shopify):
    order = place(sim, CUP=3)
    told = only(shopify.push_shipments([ship(order, "D/1", None, {"CUP": 1})]))
    second = ship(order, "D/2", None, {"CUP": 1}, other_external_ids=told.external_ids)
    sim.arm_fault(kind="cut_after", operation="fulfillmentCreate")
    lost = only(shopify.push_shipments([second])).error
    assert isinstance(lost, Retryable) and lost.outcome_unknown
    assert only(connect(sim).push_shipments([second])).error is None
    assert parcels(sim, order) == [([], {"CUP": 1})] * 2


def test_one_delivery_over_two_places_is_two_fulfilments(sim, shopify):
    order = place(sim, CUP=2, POT=1)
    (truth,) = sim.truth(order=order["id"])["orders"]
    item = next(row for row in truth["fulfillment_orders"][0]["items"] if row["line"] == order["lines"][1]["id"])
    sim.move(order=order["id"], location="Osaka", items=[{"id": item["id"], "quantity": 1}])
    result = only(shopify.push_shipments([ship(order)]))
    assert result.error is None and len(result.external_ids) == 2
    assert len(set(places(sim, order))) == 2
    assert parcels(sim, order) == [(["N1"], {"CUP": 2}), (["N1"], {"POT": 1})]
    assert set(only(connect(sim).push_shipments([ship(order)])).external_ids) == set(result.external_ids)


def test_half_a_split_delivery_is_completed_not_repeated(sim, shopify):
    order = place(sim, CUP=2, POT=1)
    (truth,) = sim.truth(order=order["id"])["orders"]
    item = next(row for row in truth["fulfillment_orders"][0]["items"] if row["line"] == order["lines"][1]["id"])
    sim.move(order=order["id"], location="Osaka", items=[{"id": item["id"], "quantity": 1}])
    sim.arm_fault(kind="cut_before", operation="fulfillmentCreate", nth=2)
    half = only(shopify.push_shipments([ship(order, number=None)]))
    assert isinstance(half.error, Retryable) and len(half.external_ids) == 1
    whole = only(connect(sim).push_shipments([ship(order, number=None)]))
    assert whole.error is None and len(whole.external_ids) == 2
    assert parcels(sim, order) == [([], {"CUP": 2}), ([], {"POT": 1})]


def test_goods_leave_from_where_odoo_shipped_them(sim, shopify):
    osaka = sim.seed()["locations"]["Osaka"]
    order = place(sim, CUP=2)
    result = only(shopify.push_shipments([ship(order, lines={"CUP": 1}, location_external_id=osaka)]))
    assert result.error is None and result.note
    assert places(sim, order) == [osaka]
    rest = only(shopify.push_shipments([ship(order, "D/2", "N2", {"CUP": 1})]))
    assert rest.error is None and len(set(places(sim, order))) == 2


def test_a_number_later_and_a_number_corrected(sim, shopify):
    order = place(sim, CUP=1)
    ids = only(shopify.push_shipments([ship(order, number=None)])).external_ids
    for number in ("N1", "N2"):
        sim.requests(clear=True)
        assert only(shopify.push_shipments([ship(order, number=number, external_ids=ids)])).error is None
        assert parcels(sim, order) == [([number], {"CUP": 1})]
        assert counts(sim) == {"nodes": 1, "fulfillmentTrackingInfoUpdate": 1}
    sim.requests(clear=True)
    assert only(shopify.push_shipments([ship(order, number="N2", external_ids=ids)])).error is None
    assert counts(sim) == {"nodes": 1}


def test_several_parcels_in_one_delivery(sim, shopify):
    order = place(sim, CUP=1)
    two = replace(ship(order), tracking=(Tracking(number="N1", carrier="Yamato"), Tracking(number="N2")))
    assert only(shopify.push_shipments([two])).error is None
    assert parcels(sim, order) == [(["N1", "N2"], {"CUP": 1})]
    assert only(connect(sim).push_shipments([two])).error is None and len(parcels(sim, order)) == 1


def test_taken_back_and_shipped_anew(sim, shopify):
    order = place(sim, CUP=2)
    ids = only(shopify.push_shipments([ship(order)])).external_ids
    assert only(shopify.push_shipments([ship(order, external_ids=ids, cancelled=True)])).error is None
    assert parcels(sim, order) == []
    again = shopify.push_shipments([ship(order, external_ids=ids, cancelled=True), ship(order, "D/2", "N2")])
    assert [result.error for result in again] == [None, None]
    assert parcels(sim, order) == [(["N2"], {"CUP": 2})]


def test_nothing_told_nothing_to_take_back(sim, shopify):
    result = only(shopify.push_shipments([ship(place(sim, CUP=1), cancelled=True)]))
    assert (result.error, result.external_ids) == (None, ())


def test_a_hold_of_the_shop_is_respected(sim, shopify):
    order, other = place(sim, CUP=1), place(sim, CUP=1)
    sim.hold(order=order["id"], reason="INCORRECT_ADDRESS", notes="no house number")
    held, fine = shopify.push_shipments([ship(order), ship(other, "D/2", "N2")])
    assert isinstance(held.error, NeedsAttention) and held.error.code == "on_hold_in_channel"
    assert "no house number" in held.error.detail and fine.error is None
    assert parcels(sim, order) == []
    sim.release_hold(order=order["id"])
    assert only(shopify.push_shipments([ship(order)])).error is None


def test_a_move_between_reading_and_writing_is_read_again(sim, shopify):
    order = place(sim, CUP=1)
    params = {"order": order["id"], "location": "Osaka"}
    sim.arm_fault(kind="merchant_acts", operation="fulfillmentCreate", verb="move", params=params)
    assert only(shopify.push_shipments([ship(order)])).error is None
    assert parcels(sim, order) == [(["N1"], {"CUP": 1})]


def test_a_hold_between_reading_and_writing(sim, shopify):
    order = place(sim, CUP=1)
    sim.arm_fault(kind="merchant_acts", operation="fulfillmentCreate", verb="hold", params={"order": order["id"]})
    assert only(shopify.push_shipments([ship(order)])).error.code == "on_hold_in_channel"
    assert parcels(sim, order) == []


def test_not_routed_yet_waits_and_stops_nobody(sim, shopify):
    sim.configure(routing_delay=30)
    early = place(sim, CUP=1)
    sim.configure(routing_delay=0)
    waiting, fine = shopify.push_shipments([ship(early), ship(place(sim, POT=1), "D/2", "N2")])
    assert isinstance(waiting.error, Retryable) and waiting.error.retry_after and fine.error is None
    sim.advance(seconds=31)
    assert only(shopify.push_shipments([ship(early)])).error is None


def test_what_is_cancelled_there_is_not_shipped(sim, shopify):
    order = place(sim, CUP=1)
    sim.cancel_order(order=order["id"])
    assert only(shopify.push_shipments([ship(order)])).error.code == "nothing_to_ship"


def test_units_are_whole(sim, shopify):
    order = place(sim, CUP=1)
    assert only(shopify.push_shipments([ship(order, lines={"CUP": "0.5"})])).error.code == "fractional_quantity"


def test_a_dead_channel_is_not_hammered(sim, shopify):
    orders = [place(sim, CUP=1) for _ in range(3)]
    sim.requests(clear=True)
    sim.arm_fault(kind="http_503", operation="fulfillmentCreate", nth=2)
    results = shopify.push_shipments([ship(order, f"D/{at}", f"N{at}") for at, order in enumerate(orders)])
    assert [type(result.error) for result in results] == [type(None), Retryable, Retryable]
    assert counts(sim) == {"nodes": 1, "fulfillmentCreate": 2}


def test_an_unknown_order_is_permanent(sim, shopify):
    order = {"id": "gid://shopify/Order/1", "lines": [{"sku": "CUP", "id": "gid://shopify/LineItem/1", "quantity": 1}]}
    assert isinstance(only(shopify.push_shipments([ship(order)])).error, Permanent)
