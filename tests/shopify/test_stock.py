"""Stock out and read, against the simulator and against recorded shapes of errors."""

import json
import random
from decimal import Decimal as D

import pytest
from fakes import client as fake_client
from fakes import error as top_error
from shopify_harness import connect

from odoo.addons.ec_channel_base.sdk.documents import StockLevel
from odoo.addons.ec_channel_base.sdk.errors import NeedsAttention, Permanent, Retryable
from odoo.addons.ec_channel_shopify.shopify import stock
from odoo.addons.ec_channel_shopify.shopify.auth import missing_scopes
from odoo.addons.ec_channel_shopify.shopify.client import GraphQL

PLACE = "gid://shopify/Location/1"
SET = "inventorySetQuantities"


def item_id(number):
    return f"gid://shopify/InventoryItem/{number}"


def level(number=1, quantity=5, expected=3, key=None, location=PLACE):
    item = number if isinstance(number, str) else item_id(number)
    return StockLevel(
        key=key or f"K{number}",
        inventory_external_id=item,
        location_external_id=location,
        quantity=D(quantity),
        expected=None if expected is None else D(expected),
    )


def group(*changes):
    """What Shopify answers to a call that was carried out."""
    rows = [{"item": {"id": item, "tracked": tracked}} for item, tracked in changes]
    return {"data": {SET: {"inventoryAdjustmentGroup": {"changes": rows} if rows else None, "userErrors": []}}}


def refused(*errors):
    """(row, code) each, in the shape recorded: the group is null, the field names the row."""
    rows = [
        {"field": ["input", "quantities", str(row), "locationId"] if row is not None else None, "message": code, "code": code}
        for row, code in errors
    ]
    return {"data": {SET: {"inventoryAdjustmentGroup": None, "userErrors": rows}}}


def codes(results):
    return [result.error and result.error.code for result in results]


def rows(variables):
    return [row["inventoryItemId"].rpartition("/")[2] for row in variables["input"]["quantities"]]


# ---- what is sent


def test_a_call_carries_everything():
    client, transport = fake_client(group((item_id(1), True)))
    assert codes(stock.push(client, [level(1), level(2, 7, None)])) == [None, None]
    (sent,) = transport.variables
    assert sent["input"]["name"] == "available" and sent["input"]["reason"] == "correction"
    assert sent["input"]["referenceDocumentUri"] == f"gid://hatoba/StockLevel/{sent['key']}"
    assert "ignoreCompareQuantity" not in sent["input"]
    assert sent["input"]["quantities"] == [
        {"inventoryItemId": item_id(1), "locationId": PLACE, "quantity": 5, "changeFromQuantity": 3},
        {"inventoryItemId": item_id(2), "locationId": PLACE, "quantity": 7, "changeFromQuantity": None},
    ]


def test_the_older_version_needs_its_own_comparing_switched_off():
    client, transport = fake_client(group())
    client.version = "2026-01"
    stock.push(client, [level(1)])
    assert transport.variables[0]["input"]["ignoreCompareQuantity"] is True


def test_the_key_is_that_of_the_sequence():
    def key(*levels):
        client, transport = fake_client(group())
        stock.push(client, levels)
        return transport.variables[0]["key"]

    assert key(level(1), level(2)) == key(level(1), level(2))
    assert len({key(level(1)), key(level(2)), key(level(1), level(2)), key(level(2), level(1))}) == 4


def test_nothing_to_say_is_a_success():
    client, _transport = fake_client(group())
    assert codes(stock.push(client, [level(1, 3, 3)])) == [None]


def test_calls_of_250_and_a_place_once_in_each():
    client, transport = fake_client(group(), group(), group())
    levels = [level(number) for number in range(300)]
    assert codes(stock.push(client, levels)) == [None] * 300
    assert [len(sent["input"]["quantities"]) for sent in transport.variables] == [250, 50]
    assert codes(stock.push(client, [level(1), level(1, 6, 5, key="later")][:1])) == [None]
    client, transport = fake_client(group(), group())
    assert codes(stock.push(client, [level(1), level(1, 6, 5, key="later")])) == [None, None]
    assert len(transport.variables) == 2


def test_fractions_are_rounded_down():
    client, transport = fake_client(group())
    stock.push(client, [level(1, "2.9", None)])
    assert transport.variables[0]["input"]["quantities"][0]["quantity"] == 2


# ---- what comes back


@pytest.mark.parametrize(
    "code, ours",
    [
        ("CHANGE_FROM_QUANTITY_STALE", "stale"),
        ("COMPARE_QUANTITY_STALE", "stale"),
        ("INVALID_INVENTORY_ITEM", "unknown_item"),
        ("INVALID_LOCATION", "unknown_location"),
        ("NON_MUTABLE_INVENTORY_ITEM", "immutable_item"),
        ("INVALID_QUANTITY_TOO_HIGH", "quantity_refused"),
        ("ITEM_NOT_STOCKED_AT_LOCATION", "not_stocked"),
        ("A_CODE_OF_THE_NEXT_VERSION", "refused"),
    ],
)
def test_one_bad_row_and_the_rest_goes_out_again(code, ours):
    client, transport = fake_client(refused((1, code)), group())
    results = stock.push(client, [level(1), level(2), level(3)])
    assert codes(results) == [None, ours, None]
    assert isinstance(results[1].error, NeedsAttention | Permanent) and str(results[1].error)
    assert [rows(sent) for sent in transport.variables] == [["1", "2", "3"], ["1", "3"]]
    assert transport.variables[0]["key"] != transport.variables[1]["key"]


def test_several_bad_rows_in_several_rounds():
    client, transport = fake_client(
        refused((0, "INVALID_INVENTORY_ITEM"), (0, "INVALID_LOCATION")),
        refused((1, "CHANGE_FROM_QUANTITY_STALE")),
        group(),
    )
    assert codes(stock.push(client, [level(1), level(2), level(3)])) == ["unknown_item", None, "stale"]
    assert rows(transport.variables[2]) == ["2"]


def test_ever_other_stale_rows_end_after_a_few_rounds():
    client, transport = fake_client(*[refused((0, "CHANGE_FROM_QUANTITY_STALE"))] * stock.ROUNDS)
    results = stock.push(client, [level(number) for number in range(stock.ROUNDS + 2)])
    assert codes(results) == ["stale"] * stock.ROUNDS + ["busy"] * 2
    assert isinstance(results[-1].error, Retryable) and not results[-1].error.outcome_unknown
    assert len(transport.requests) == stock.ROUNDS


def test_form_alone_is_refused_without_asking():
    client, transport = fake_client(group())
    bad = [level("gid://shopify/ProductVariant/1"), level(2, location="1"), level(3, 10**10)]
    assert codes(stock.push(client, [*bad, level(4)])) == ["unknown_item", "unknown_location", "quantity_refused", None]
    assert [rows(sent) for sent in transport.variables] == [["4"]]
    assert codes(stock.push(fake_client()[0], bad)) == ["unknown_item", "unknown_location", "quantity_refused"]


def test_an_error_about_no_row_fails_the_call():
    client, _transport = fake_client(refused((None, "INVALID_REASON")))
    assert codes(stock.push(client, [level(1), level(2)])) == ["refused", "refused"]


def test_a_missing_scope_is_told_once():
    client, transport = fake_client({"data": {SET: None}, "errors": [top_error("ACCESS_DENIED", path=[SET])]})
    with pytest.raises(NeedsAttention) as raised:
        stock.push(client, [level(number) for number in range(300)])
    assert raised.value.code == "scope_missing" and len(transport.requests) == 1


def test_an_untracked_item_is_told():
    client, _transport = fake_client(group((item_id(1), False), (item_id(2), True)))
    assert codes(stock.push(client, [level(1), level(2)])) == ["untracked", None]


def test_an_attempt_still_at_work_is_unknown():
    client, _transport = fake_client(refused((None, "IDEMPOTENCY_CONCURRENT_REQUEST")))
    (result,) = stock.push(client, [level(1)])
    assert isinstance(result.error, Retryable) and result.error.outcome_unknown and result.error.retry_after


def test_throttled_between_rounds_keeps_what_was_told():
    throttled = {"errors": [top_error("THROTTLED", "Throttled")]}
    client, _transport = fake_client(refused((0, "CHANGE_FROM_QUANTITY_STALE")), throttled)
    results = stock.push(client, [level(1), level(2)])
    assert codes(results) == ["stale", "throttled"] and not results[1].error.outcome_unknown


def test_what_was_not_sent_was_not_tried():
    lost = Retryable("cut", outcome_unknown=True)
    client, transport = fake_client(group(), lost)
    results = stock.push(client, [level(number) for number in range(600)])
    assert codes(results[:250]) == [None] * 250
    assert all(result.error.outcome_unknown for result in results[250:500])
    assert all(not result.error.tried and not result.error.outcome_unknown for result in results[500:])
    assert len(transport.requests) == 2


# ---- repeating


@pytest.mark.parametrize("code", ["IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED", "IDEMPOTENCY_KEY_PARAMETER_MISMATCH"])
def test_an_attempt_that_is_over_uses_up_the_later_keys(code):
    first, _ = fake_client(refused((0, "CHANGE_FROM_QUANTITY_STALE")), group()), None
    client, transport = first
    levels = [level(1), level(2)]
    stock.push(client, levels)
    keys = [sent["key"] for sent in transport.variables]
    again, asked = fake_client(
        refused((None, code)),
        refused((None, "IDEMPOTENCY_KEY_PARAMETER_MISMATCH")),
        refused((0, "INVALID_QUANTITY_TOO_HIGH")),
    )
    assert codes(stock.push(again, levels)) == ["stale", "stale"]
    assert [sent["key"] for sent in asked.variables][:2] == keys
    for sent in asked.variables[1:]:
        (row,) = sent["input"]["quantities"]
        assert row["quantity"] > stock.LARGEST and row["changeFromQuantity"] < -stock.LARGEST


def test_lost_while_keys_are_used_up_is_still_unknown():
    client, _transport = fake_client(
        refused((None, "IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED")), {"errors": [top_error("THROTTLED", "Throttled")]}
    )
    (result,) = stock.push(client, [level(1)])
    assert isinstance(result.error, Retryable) and result.error.outcome_unknown


# ---- against the simulator


def places(sim, location=None):
    """{SKU: (inventory item, location)}."""
    location = location or sim.info()["locations"][0]["id"]
    found = sim.graphql("{ productVariants(first: 250) { nodes { sku inventoryItem { id } } } }")
    return {row["sku"]: (row["inventoryItem"]["id"], location) for row in found["data"]["productVariants"]["nodes"]}


def at(place, quantity, expected=1000, key=None):
    return level(place[0], quantity, expected, key or f"{place[0]}/{quantity}", place[1])


def shown(sim, *asked):
    return [None if reading.quantity is None else int(reading.quantity) for reading in connect(sim).read_stock(asked)]


@pytest.mark.parametrize("version", ["2026-01", "2026-04", "2026-07", "2026-10"])
def test_every_version_sets_compares_and_reads(sim, version):
    shop, found = connect(sim, version=version), places(sim)
    good, stale = found["CUP"], found["POT"]
    sim.set_stock(sku="POT", available=7)
    assert codes(shop.push_stock([at(good, 5), at(stale, 5)])) == [None, "stale"]
    assert [int(reading.quantity) for reading in shop.read_stock([good, stale])] == [5, 7]
    page = shop.fetch_stock(good[1])
    assert {reading.inventory_external_id for reading in page.readings} == {place[0] for place in found.values()}


@pytest.mark.parametrize("round_lost", [1, 2])
def test_a_crash_between_the_rounds(sim, round_lost):
    found = places(sim)
    stale, good = found["POT"], found["CUP"]
    levels = [at(stale, 5), at(good, 5)]
    sim.set_stock(sku="POT", available=7)
    sim.arm_fault(kind="cut_after", operation=SET, nth=round_lost)
    assert all(result.error.outcome_unknown for result in connect(sim).push_stock(levels))
    assert shown(sim, stale, good) == [7, 5 if round_lost == 2 else 1000]
    assert codes(connect(sim).push_stock(levels)) == ["stale", "stale"]
    for sku in ("POT", "CUP"):  # the shop shows again what was expected: no copy of the push has an effect any more
        sim.set_stock(sku=sku, available=1000)
    for _time in range(2):
        assert codes(connect(sim).push_stock(levels)) == ["stale", "stale"]
    assert shown(sim, stale, good) == [1000, 1000]
    assert codes(connect(sim).push_stock([at(stale, 5, key="new"), at(good, 5, key="newer")])) == [None, None]


def test_a_late_copy_of_a_later_round_finds_its_key_used(sim):
    """The first process hangs between its rounds, the second settles the push, then the first goes on."""
    found = places(sim)
    levels = [at(found["POT"], 5), at(found["CUP"], 5)]
    sim.set_stock(sku="POT", available=7)

    class Hanging(GraphQL):
        calls = 0

        def mutate(self, name, variables):
            self.calls += 1
            if self.calls == 2:
                assert codes(connect(sim).push_stock(levels)) == ["stale", "stale"]
            return super().mutate(name, variables)

    real = connect(sim).client
    slow = Hanging(real.transport, real.version, real.token)
    assert codes(stock.push(slow, levels)) == ["stale", "stale"]
    assert shown(sim, found["POT"], found["CUP"]) == [7, 1000]


@pytest.mark.parametrize("seed", range(12))
def test_whatever_is_lost_no_push_has_two_effects(sim, seed):
    """Answers and requests are lost at random places, the shop's figures move meanwhile, and the push is repeated."""
    chance = random.Random(seed)
    skus = ("CUP", "POT", "TEA")
    found = places(sim)
    levels = [at(found[sku], 5, 1000, key=f"{seed}/{sku}") for sku in skus]
    effects = dict.fromkeys(skus, 0)
    settled = False
    for _time in range(6):
        for sku in skus:  # often the very figure that is expected
            sim.set_stock(sku=sku, available=chance.choice((1000, 1000, 7)))
        sim.clear_faults()
        if chance.random() < 0.7:
            kind = chance.choice(("cut_after", "cut_after", "cut_before", "http_503", "throttled"))
            sim.arm_fault(kind=kind, operation=SET, nth=chance.choice((1, 1, 2)))
        before = shown(sim, *(found[sku] for sku in skus))
        try:
            results = connect(sim).push_stock(levels)
        except Retryable:
            results = None
        after = shown(sim, *(found[sku] for sku in skus))
        for at_, sku in enumerate(skus):
            if before[at_] != after[at_]:
                assert (before[at_], after[at_], settled) == (1000, 5, False)
                effects[sku] += 1
            if results and results[at_].error is None:
                assert effects[sku] == 1
        settled = settled or bool(results) and not any(isinstance(result.error, Retryable) for result in results)
    assert all(count <= 1 for count in effects.values()), effects


def test_somebody_sells_between_reading_and_writing(sim):
    place = places(sim)["CUP"]
    sim.arm_fault(kind="merchant_acts", operation=SET, verb="set_stock", params={"sku": "CUP", "delta": -1})
    assert codes(connect(sim).push_stock([at(place, 5)])) == ["stale"]
    assert shown(sim, place) == [999]
    sim.arm_fault(kind="inventory_stale", operation=SET, rows=[0])
    assert codes(connect(sim).push_stock([at(place, 5, 999)])) == ["stale"]


def test_bundles_and_untracked_items(sim):
    sim.seed(
        products=[
            {"title": "Set", "variants": [{"sku": "SET", "bundle": True}]},
            {"title": "E-book", "variants": [{"sku": "EBOOK", "tracked": False}]},
        ]
    )
    found = places(sim)
    levels = [at(found["SET"], 5, None), at(found["EBOOK"], 5, None), at(found["CUP"], 5)]
    assert codes(connect(sim).push_stock(levels)) == ["immutable_item", "untracked", None]
    told = {row.sku: (row.bundle, row.tracked) for row in connect(sim).fetch_listings().listings}
    assert told == {"SET": (True, True), "EBOOK": (False, False)} | dict.fromkeys(("CUP", "POT", "TEA"), (False, True))


@pytest.mark.parametrize("version", ["2026-04", "2026-10"])
def test_an_item_not_stocked_there(sim, version):
    elsewhere = sim.seed(locations=["Nagoya"])["locations"]["Nagoya"]
    found = places(sim, elsewhere)
    shop = connect(sim, version=version)
    (reading,) = shop.read_stock([found["CUP"]])
    assert (reading.quantity, reading.active, reading.tracked, reading.error) == (D(0), False, True, None)
    results = shop.push_stock([at(found["CUP"], 5, 0), at(found["POT"], 5, None), at(found["TEA"], 5, 2)])
    assert codes(results) == [None, None, "not_stocked" if version == "2026-04" else "stale"]
    assert [reading.active for reading in shop.read_stock(found.values())] == [True, True, False]
    assert shown(sim, found["CUP"], found["POT"]) == [5, 5]


def test_what_is_no_longer_stocked_is_not_listed(sim):
    place = places(sim)["CUP"]
    entry = sim.graphql(
        "query($item: ID!, $place: ID!) { inventoryItem(id: $item) { inventoryLevel(locationId: $place) { id } } }",
        {"item": place[0], "place": place[1]},
    )["data"]["inventoryItem"]["inventoryLevel"]["id"]
    answer = sim.graphql(
        'mutation($id: ID!) { inventoryDeactivate(inventoryLevelId: $id) { userErrors { message } } }', {"id": entry}
    )
    assert answer["data"]["inventoryDeactivate"]["userErrors"] == []
    assert place[0] not in [row.inventory_external_id for row in connect(sim).fetch_stock(place[1]).readings]
    (reading,) = connect(sim).read_stock([place])
    assert not reading.active and reading.quantity == 0


def test_reading_takes_few_requests_and_any_order(sim):
    rows = [{"sku": f"MORE-{number}", "stock": {"Osaka": number}} for number in range(260)]
    sim.seed(products=[{"title": row["sku"], "variants": [row]} for row in rows[:130]])
    sim.seed(products=[{"title": "Many", "options": ["Size"], "variants": [row | {"options": [row["sku"]]} for row in rows[130:]]}])
    osaka = next(row["id"] for row in sim.info()["locations"] if row["name"] == "Osaka")
    shop = connect(sim)
    found = list(shop.fetch_stock(osaka).readings)
    cursor = shop.fetch_stock(osaka).next_cursor
    found += shop.fetch_stock(osaka, cursor).readings
    assert len(found) == 263 and shop.fetch_stock(osaka, cursor).next_cursor is None
    sim.requests(clear=True)
    asked = [(reading.inventory_external_id, osaka) for reading in reversed(found)] + [("no id", osaka), (found[0].inventory_external_id, "")]
    readings = shop.read_stock(asked)
    assert [reading.quantity for reading in readings[:263]] == [reading.quantity for reading in reversed(found)]
    assert [reading.quantity for reading in readings[263:]] == [None, None]
    assert sim.requests()["total"] == 2


def test_a_location_that_is_not_there(shopify):
    with pytest.raises(Permanent) as raised:
        shopify.fetch_stock("gid://shopify/Location/999")
    assert raised.value.code == "unknown_location"


def test_without_the_scope_the_shop_is_connected_all_the_same(sim):
    scopes = [scope for scope in sim.info()["scopes"] if scope != "write_inventory"] + ["read_inventory"]
    sim.configure(scopes=scopes)
    place = places(sim)["CUP"]
    info = connect(sim).check()
    assert info.missing == missing_scopes(scopes) == ()
    assert "write_inventory: stock cannot be sent to the shop" in info.warnings
    with pytest.raises(NeedsAttention) as raised:
        connect(sim).push_stock([at(place, 5)])
    assert raised.value.code == "scope_missing"
    assert shown(sim, place) == [1000]


def test_our_own_push_comes_back_as_a_hint(sim, shopify):
    shopify.sync_webhooks("https://erp.example/ec_channel/webhook/1/token")
    place = places(sim)["CUP"]
    shopify.push_stock([at(place, 5)])
    (row,) = sim.webhook_deliveries(topic="inventory_levels/update")["deliveries"]
    assert set(json.loads(row["body"])) == {"inventory_item_id", "location_id", "available", "updated_at"}
