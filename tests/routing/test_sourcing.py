"""What excludes a warehouse or carrier, in which words, and what the criteria weigh."""

import sys
from datetime import date, timedelta
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from sourcing_world import assigned, line, rate, service, site, snapshot, strategy

from odoo.addons.ec_order_routing.engine import places, sourcing
from odoo.addons.ec_order_routing.engine.case import Case, Lines
from odoo.addons.ec_order_routing.engine.spec import FunctionSpec, StrategySpec

TOKYO, OSAKA = site(1, name="Tokyo"), site(2, name="Osaka", state="JP-27")
MONDAYS = [str(date(2026, 11, 23) + timedelta(weeks=week)) for week in range(13)]
EVERYWHERE = {1: 9.0, 2: 9.0}


def said(data, spec=None, of=2):
    """Why the candidates of a site are excluded, in English, each sentence once."""
    choice = sourcing.choose(data, spec or strategy("parcels"))
    found = [str(each) for candidate in choice.candidates if candidate.site == of for each in candidate.said]
    return list(dict.fromkeys(found))


def of_site(values, *, lines=None, **order):
    return snapshot(lines or [line(1, EVERYWHERE)], [TOKYO, OSAKA | values], [service(5)], **order)


def of_service(values, *, lines=None, **order):
    carrier = service(5, name="Yamato") | values
    return snapshot(lines or [line(1, EVERYWHERE)], [OSAKA], [carrier], **order)


# ---- fences


def test_a_site_says_how_many_units_are_missing():
    assert said(of_site({}, lines=[line(1, {1: 9, 2: 2}, 5.0)])) == ["Osaka: 3 of [SKU-1] missing"]
    several = [line(1, {1: 9, 2: 2}, 5.0), line(2, {1: 9}, 1.0)]
    assert said(of_site({}, lines=several)) == ["Osaka: missing 3 × [SKU-1], 1 × [SKU-2]"]


def test_lines_of_one_product_share_its_units():
    lines = [line(number, {1: 9, 2: 3}, 2.0, product_id=7, **{"fact.sku": "MUG-1"}) for number in (1, 2)]
    assert said(of_site({}, lines=lines)) == ["Osaka: 1 of [MUG-1] missing"]
    choice = sourcing.choose(snapshot(lines, [OSAKA, site(3)], [service(5)]), strategy("parcels"))
    assert str(choice.unroutable) == "No carrier can ship the order from where the goods are"
    split = [line(number, {2: 3, 3: 2}, 2.0, product_id=7) for number in (1, 2)]
    assert assigned(sourcing.choose(snapshot(split, [OSAKA, site(3)], [service(5)]), strategy("parcels"))) == {2: (5, [1]), 3: (5, [2])}


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"zones": {"states": ["JP-13"], "zips": []}}, "Osaka does not ship to JP-27 530-0001"),
        ({"zones": {"states": ["27"], "zips": []}}, None),
        ({"zones": {"states": ["JP-13"], "zips": ["530-"]}}, None),
        ({"zones": {"states": [], "zips": ["100"]}}, "Osaka does not ship to JP-27 530-0001"),
        ({"closed": ["2026-11-23", "2026-11-24", "2026-11-25"]}, None),
        ({"workdays": [4]}, "Osaka is closed until 2026-11-27"),
        ({"workdays": [0], "closed": MONDAYS}, "Osaka is closed for the next weeks"),
        ({"capacity_left": 0}, "Osaka takes no more orders today"),
        ({"capacity_left": 1}, None),
        ({"rejected": True}, "Osaka rejected this order before"),
        ({"tags": [4]}, "Osaka does not ship goods like SKU-1"),
    ],
)
def test_a_site_is_excluded(values, sentence):
    assert said(of_site(values)) == ([sentence] if sentence else [])


def test_a_full_site_takes_an_order_that_has_its_place_there():
    assert said(of_site({"capacity_left": 0}, **{"fact.capacity_at": [2]})) == []


def test_time_ends_what_is_closed_or_full():
    spec = strategy(fences=("closed", "capacity"))
    full, shut = OSAKA | {"capacity_left": 0}, TOKYO | {"workdays": [4]}
    choice = sourcing.choose(snapshot([line(1, EVERYWHERE)], [full, shut], [service(5)]), spec)
    # Midnight in Tokyo; the closed site opens on Friday, three days before that it may be chosen
    assert choice.next_at == "2026-11-23 15:00:00"
    choice = sourcing.choose(snapshot([line(1, EVERYWHERE)], [shut], [service(5)]), spec)
    assert choice.next_at == "2026-11-23 15:00:00"
    strict = strategy(fences=(FunctionSpec("closed", {"days": 0}),))
    choice = sourcing.choose(snapshot([line(1, EVERYWHERE)], [shut], [service(5)]), strict)
    assert choice.next_at == "2026-11-26 15:00:00"
    assert sourcing.choose(snapshot([line(1, {})], [TOKYO], [service(5)]), strategy()).next_at is None


def test_where_no_rates_are_kept_cost_and_transit_say_nothing():
    carriers = [service(5, rates=[]), service(6, rates=[])]
    data = snapshot([line(1, EVERYWHERE)], [TOKYO, OSAKA | {"handling_days": 2}], carriers)
    choice = sourcing.choose(data, strategy("cost", "days"))
    assert assigned(choice) == {1: (5, [1])} and choice.score == (0.0, 0.0)
    data["services"].append(service(7, rate(900.0, days=3)))
    choice = sourcing.choose(data, strategy("cost", "days"))
    assert assigned(choice) == {1: (7, [1])} and choice.score == (900.0, 3.0)
    assert all(candidate.passed for candidate in choice.candidates)


def test_goods_keep_their_temperature_and_their_danger():
    cold = [line(1, EVERYWHERE, **{"fact.temperature": "frozen"}), line(2, EVERYWHERE)]
    fences = ("temperature", "dangerous", "carrier_temperature", "carrier_dangerous")
    assert said(of_site({}, lines=cold), strategy(fences=fences))[0] == "Osaka does not keep goods frozen: SKU-1"
    kept = {"temperatures": ["normal", "frozen"], "dangerous": True}
    assert said(of_site(kept, lines=cold), strategy(fences=fences)) == ["Service 5 does not carry goods frozen: SKU-1"]
    bad = [line(1, EVERYWHERE, **{"fact.dangerous": True})]
    assert said(of_site({}, lines=bad), strategy(fences=fences))[0] == "Osaka ships no dangerous goods: SKU-1"
    assert said(of_site(kept, lines=bad), strategy(fences=fences)) == ["Service 5 carries no dangerous goods: SKU-1"]


@pytest.mark.parametrize(
    ("values", "order", "sentence"),
    [
        ({}, {"fact.cod": True}, "Yamato collects no cash on delivery"),
        ({"cod": True, "cod_limit": 9000.0}, {"fact.cod": True}, "Yamato collects at most 9,000 on delivery, the order is 10,000"),
        ({"cod": True, "cod_limit": 10000.0}, {"fact.cod": True}, None),
        ({"cod": False, "cod_limit": 1.0}, {}, None),
        ({"cod": True}, {}, "Yamato collects on delivery, the order is not paid so"),
        ({"max_weight": 0.5}, {}, "Yamato carries at most 0.5 kg, the parcel weighs 1 kg"),
        ({"rates": [rate(states=["JP-13"])]}, {}, "Yamato has no rate from Osaka to JP-27"),
        ({"rates": [rate(site=1)]}, {}, "Yamato has no rate from Osaka to JP-27"),
        ({"rates": [rate(max_weight=0.9)]}, {}, "Yamato has no rate from Osaka to JP-27 for 1 kg"),
        ({"rates": [rate(days=2)]}, {"fact.requested_date": "2026-11-25"}, None),
        ({"rates": [rate(days=3)]}, {"fact.requested_date": "2026-11-25"}, "Yamato from Osaka arrives on 2026-11-26, 2026-11-25 was asked for"),
    ],
)  # fmt: skip
def test_a_carrier_is_excluded(values, order, sentence):
    assert said(of_service(values, **order)) == ([sentence] if sentence else [])


def test_a_cut_off_that_passed_moves_the_day_and_excludes_only_where_a_date_is_lost():
    late = {"cut_off": "15:00"}
    spec = strategy("days", fences=("cut_off",))
    data = snapshot([line(1, EVERYWHERE)], [OSAKA | late], [service(5)])
    choice = sourcing.choose(data, spec)
    assert choice.option.days == (("2026-11-24", "2026-11-25"),) and choice.score == (2.0,)
    assert choice.next_at is None
    data["order"]["fact.requested_date"] = "2026-11-25"
    assert sourcing.choose(data, spec).parcels
    data["order"]["fact.requested_date"] = "2026-11-24"
    assert said(data, spec) == ["Osaka: the cut-off at 15:00 has passed, 2026-11-24 cannot be met with Service 5"]
    data["now"] = "2026-11-23 05:59:59"
    choice = sourcing.choose(data, spec)
    assert choice.option.days == (("2026-11-23", "2026-11-24"),)
    assert choice.next_at == "2026-11-23 06:00:00"


def test_closed_days_handling_and_releases_move_the_day():
    def leaves(values, release=False):
        lines = Lines([line(1, {}, **{"fact.release_date": release})])
        return str(Case(of_site({})).ships_on(OSAKA | {"id": 9} | values, lines))

    week = {"workdays": [0, 1, 2, 3, 4]}
    assert leaves({}) == "2026-11-23"
    assert leaves({"closed": ["2026-11-23", "2026-11-24"]}) == "2026-11-25"
    assert leaves(week | {"handling_days": 4}) == "2026-11-27"
    assert leaves(week | {"handling_days": 5}) == "2026-11-30"
    assert leaves(week, "2026-11-28") == "2026-11-30"
    assert leaves({"cut_off": "15:00"}, "2026-11-25") == "2026-11-25"
    assert leaves({"closed": MONDAYS, "workdays": [0]}) == "None"


# ---- rates


def test_a_rate_for_the_state_stands_before_one_for_the_site_before_one_for_all():
    rates = [rate(100.0), rate(200.0, site=2), rate(300.0, states=["JP-27"]), rate(400.0, states=["JP-27"], site=2)]

    def price(*rates):
        case = Case(of_service({}))
        found = case.rate(OSAKA, service(5, *rates), Lines([line(1, {})]))
        return found and found.price

    assert [price(*rates[:count]) for count in (1, 2, 3, 4)] == [100.0, 200.0, 300.0, 400.0]
    brackets = [rate(900.0), rate(700.0, max_weight=2.0), rate(500.0, max_weight=0.5)]
    assert price(*brackets) == 700.0
    # The heavier bracket that costs less is what one pays; a state's rates do not fall back on those for all
    assert price(rate(700.0, max_weight=2.0), rate(650.0, max_weight=5.0)) == 650.0
    assert price(rate(100.0), rate(300.0, states=["JP-27"], max_weight=0.5)) is None


# ---- criteria


def test_places():
    assert len(places.OFFICES) == 47
    assert places.state_code("13", "JP") == places.state_code("JP-13") == "JP-13"
    assert places.state_code("CA", "US") == "US-CA" and places.state_code(False, "JP") == ""
    assert 394 < places.km(places.OFFICES["JP-13"], places.OFFICES["JP-27"]) < 400
    assert 1500 < places.km(places.OFFICES["JP-13"], places.OFFICES["JP-47"]) < 1600


def test_an_unknown_destination_is_near_to_all_and_an_unknown_site_far():
    nowhere = [site(1, state=False), site(2, state="JP-47"), site(3, state="JP-13", lat=34.7, lon=135.5)]
    lines = [line(1, {1: 9, 2: 9, 3: 9})]
    assert assigned(sourcing.choose(snapshot(lines, nowhere, [service(5)]), strategy("distance"))) == {3: (5, [1])}
    assert sourcing.choose(snapshot(lines, nowhere[:1], [service(5)]), strategy("distance")).score == (20038.0,)
    unknown = snapshot(lines, nowhere, [service(5)], **{"fact.ship_state": False})
    choice = sourcing.choose(unknown, strategy("distance"))
    assert assigned(choice) == {1: (5, [1])} and choice.score == (0.0,)


def test_the_first_criterion_goes_before_the_next_and_weights_trade_them():
    far_and_cheap, near_and_dear = site(1, state="JP-01"), site(2, state="JP-27")
    carrier = service(5, rate(500.0, site=1), rate(600.0, site=2))
    data = snapshot([line(1, EVERYWHERE)], [far_and_cheap, near_and_dear], [carrier])
    assert assigned(sourcing.choose(data, strategy("cost", "distance"))) == {1: (5, [1])}
    assert assigned(sourcing.choose(data, strategy("distance", "cost"))) == {2: (5, [1])}
    # 100 of the company's currency against 1,060 km
    assert assigned(sourcing.choose(data, strategy(("cost", 11.0), ("distance", 1.0), mode="weighted"))) == {1: (5, [1])}
    assert assigned(sourcing.choose(data, strategy(("cost", 10.0), ("distance", 1.0), mode="weighted"))) == {2: (5, [1])}


@pytest.mark.parametrize(("criterion", "score"), [("balance", 0.25), ("stockout", 1 / 3), ("priority", 4.0), ("days", 1.0)])
def test_what_the_criteria_count(criterion, score):
    lines = [line(1, {1: 1, 2: 3}, 1.0)]
    data = snapshot(lines, [site(2, priority=4)] + [site(1, rejected=True)], [service(5)])
    assert sourcing.choose(data, strategy(criterion)).score == pytest.approx((score,), abs=0.0005)


# ---- what is told


def test_what_cannot_be_shipped_says_where_least_is_missing():
    lines = [line(1, {1: 4, 2: 3}, 5.0, **{"fact.sku": "MUG-1"}), line(2, {2: 9}, 1.0)]
    choice = sourcing.choose(snapshot(lines, [TOKYO, OSAKA], [service(5), service(6, rate(states=["JP-13"]))]), strategy("parcels"))
    assert str(choice.unroutable) == "No warehouse can ship 5 × [MUG-1] (Tokyo 4, Osaka 3)"
    assert [(number, [str(each) for each in why]) for number, why in choice.lacks] == [
        (2, ["Osaka: 2 of [MUG-1] missing"]),
        (1, ["Tokyo: missing 1 × [MUG-1], 1 × [SKU-2]"]),
    ]
    one = strategy("parcels", max_parcels=1)
    assert str(sourcing.choose(snapshot([line(1, {1: 1}), line(2, {2: 1})], [TOKYO, OSAKA], [service(5)]), one).unroutable) == (
        "No single warehouse with its carriers can ship the whole order"
    )
    assert str(sourcing.choose(snapshot(lines, [], [service(5)]), one).unroutable) == "There is no warehouse to ship from"
    assert str(sourcing.choose(snapshot(lines, [TOKYO], []), one).unroutable) == "There is no carrier to ship with"


def test_what_excludes_a_site_is_told_once_what_excludes_a_carrier_for_each():
    data = snapshot([line(1, {1: 9})], [TOKYO, OSAKA], [service(5), service(6, max_weight=0.5)])
    rows = [(each.site, each.service, each.passed, each.lines) for each in sourcing.choose(data, strategy("parcels")).candidates]
    assert rows == [(1, 5, True, (1,)), (1, 6, False, (1,)), (2, None, False, ())]


def test_an_order_without_goods_has_no_parcels():
    choice = sourcing.choose(snapshot([line(1, {}, **{"fact.goods": False})], [TOKYO], [service(5)]), strategy("cost"))
    assert choice.parcels == () and choice.unroutable is None


def test_the_best_other_choice_on_request():
    data = snapshot([line(1, {1: 9, 2: 9, 3: 9})], [TOKYO, OSAKA, site(3, state="JP-01")], [service(5)])
    assert sourcing.choose(data, strategy("distance")).alternatives == ()
    choice = sourcing.choose(data, strategy("distance"), alternatives=True)
    (other,) = choice.alternatives
    assert (choice.parcels[0].site, other.parcels[0].site, other.without) == (2, 1, (2,))
    assert other.score[0] > choice.score[0]


def test_a_large_order_ends_and_says_that_not_all_was_looked_at():
    sites = [site(number) for number in (1, 2, 3)]
    carrier = service(5, *[rate(500.0 + 10 * weight, max_weight=float(weight)) for weight in range(1, 60)])
    lines = [line(number, {1: 9, 2: 9}, **{"fact.weight": 0.1 * number}) for number in range(1, 25)]
    lines += [line(98, {1: 1, 3: 1}), line(99, {2: 1, 3: 1})]
    lines[0]["fact.free"], lines[1]["fact.free"] = {"1": 9.0}, {"2": 9.0}
    choice = sourcing.choose(snapshot(lines, sites, [carrier]), strategy("cost"))
    assert len(choice.parcels) == 2 and not choice.complete


def test_arguments_reach_the_functions():
    spec = StrategySpec(1, "x", criteria=((FunctionSpec("cost", {"none": 1}), 1.0),))
    with pytest.raises(ValueError, match="knows no argument"):
        sourcing.choose(of_site({}), spec)
