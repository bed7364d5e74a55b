"""`choose` gives what trying everything gives."""

import json
import sys
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent))

from sourcing_world import (
    CRITERIA,
    FENCES,
    assigned,
    brute_force,
    fenced,
    line,
    rate,
    service,
    site,
    snapshot,
    strategy,
)

from odoo.addons.ec_order_routing.engine import sourcing
from odoo.addons.ec_order_routing.engine.case import Lines
from odoo.addons.ec_order_routing.engine.spec import FunctionSpec

TEMPERATURES = ("normal", "chilled", "frozen")
some = st.lists(st.sampled_from(TEMPERATURES), max_size=3, unique=True)
often = st.sampled_from([True, True, True, False])
rarely = st.sampled_from([False, False, False, False, True])
states = st.sampled_from([[], [], ["JP-27"], ["27"], ["JP-13"], ["JP-13", "JP-27"]])
days = st.sampled_from(["2026-11-23", "2026-11-24", "2026-11-25", "2026-11-28"])


@st.composite
def worlds(draw):
    site_ids = draw(st.lists(st.integers(1, 9), min_size=1, max_size=4, unique=True))
    sites = [
        site(
            number,
            priority=draw(st.integers(0, 2)),
            state=draw(st.sampled_from(["JP-01", "JP-13", "JP-27", "27", False])),
            cut_off=draw(st.sampled_from([None, "15:00", "17:00"])),
            closed=draw(st.lists(days, max_size=2)),
            workdays=draw(st.sampled_from([[0, 1, 2, 3, 4], [0, 2, 4], []])),
            handling_days=draw(st.integers(0, 1)),
            capacity_left=draw(st.sampled_from([None, None, 3, 0])),
            temperatures=["normal", *draw(some)],
            dangerous=draw(often),
            zones={"states": draw(states), "zips": draw(st.sampled_from([[], [], ["53"], ["100", "530-0"]]))},
            tags=draw(st.sampled_from([[], [], [1], [1, 2]])),
            rejected=draw(rarely),
        )
        for number in site_ids
    ]
    rates = st.builds(
        rate,
        st.sampled_from([400.0, 500.0, 500.0, 800.0]),
        st.integers(0, 3),
        site=st.sampled_from([None, None, *site_ids]),
        states=states,
        max_weight=st.sampled_from([None, None, 2.0, 4.0, 6.0]),
    )
    services = [
        service(
            number,
            rates=draw(st.lists(rates, max_size=4)),
            cod=draw(often),
            cod_limit=draw(st.sampled_from([0.0, 5000.0, 300000.0])),
            temperatures=["normal", *draw(some)],
            dangerous=draw(often),
            max_weight=draw(st.sampled_from([None, None, 3.0, 30.0])),
        )
        for number in draw(st.lists(st.integers(1, 9), min_size=1, max_size=3, unique=True))
    ]
    lines = [
        line(
            number,
            {each: draw(st.sampled_from([0.0, 1.0, 2.0, 5.0, 9.0])) for each in site_ids if draw(often)},
            draw(st.sampled_from([1.0, 2.0])),
            product_id=draw(st.integers(100, 103)),
            **{
                "fact.weight": draw(st.sampled_from([0.1, 1.0, 2.5])),
                "fact.temperature": draw(st.sampled_from([*TEMPERATURES, *["normal"] * 6])),
                "fact.dangerous": draw(rarely),
                "fact.release_date": draw(st.one_of(st.just(False), days)),
                "fact.tags": draw(st.sampled_from([[], [1], [2], [1, 3]])),
                "fact.goods": draw(st.sampled_from([True] * 9 + [False])),
            },
        )
        for number in range(1, draw(st.integers(1, 4)) + 1)
    ]
    return snapshot(
        lines,
        sites,
        services,
        **{
            "fact.ship_state": draw(st.sampled_from(["JP-27", "27", "JP-13", False])),
            "fact.cod": draw(rarely),
            "fact.requested_date": draw(st.one_of(st.just(False), st.just(False), days)),
        },
    )


@st.composite
def specs(draw):
    names = draw(st.lists(st.sampled_from(CRITERIA), max_size=len(CRITERIA), unique=True))
    weights = st.sampled_from([0.0, 0.1, 1.0, 2.5])
    return strategy(
        *[(name, draw(weights)) for name in names],
        mode=draw(st.sampled_from(["lexicographic", "weighted"])),
        max_parcels=draw(st.integers(1, 4)),
        # Few fences: many orders that can be shipped; all: what a shop has
        fences=draw(st.one_of(st.just(FENCES), st.just(("stock", "rate")), st.lists(st.sampled_from(FENCES), unique=True), st.just((FunctionSpec("closed", {"days": 0}), "stock")))),
    )


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(worlds(), specs())
def test_it_is_the_best_of_all(data, spec):
    choice = sourcing.choose(data, spec)
    best = brute_force(data, spec)
    assert assigned(choice) == best
    assert choice.complete

    # No more parcels than allowed, no fence violated, every goods line shipped once
    goods = sorted(each["id"] for each in data["lines"] if each["fact.goods"])
    case = sourcing.Case(data)
    assert len(choice.parcels) <= spec.max_parcels
    if not choice.unroutable:
        assert sorted(number for parcel in choice.parcels for number in parcel.lines) == goods
    for parcel in choice.parcels:
        (place,) = [each for each in case.sites if each["id"] == parcel.site]
        (carrier,) = [each for each in case.services if each["id"] == parcel.service]
        assert not fenced(case, spec, place, carrier, Lines(each for each in case.lines if each["id"] in parcel.lines))

    # The candidates say the same
    for candidate in choice.candidates:
        assert candidate.passed == (not candidate.said) == (len(candidate.score) == len(spec.criteria) and not candidate.said)
    if goods:
        alone = any(candidate.passed for candidate in choice.candidates)
        assert alone == (brute_force(data, sourcing_spec_of_one(spec)) is not None)


def sourcing_spec_of_one(spec):
    return type(spec)(spec.id, spec.name, spec.mode, 1, spec.fences, spec.criteria)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(worlds(), specs(), st.randoms(use_true_random=False))
def test_the_order_of_what_is_given_makes_no_difference(data, spec, random):
    before = json.dumps(data, sort_keys=True)
    told = sourcing.choose(data, spec, alternatives=True).to_json()
    assert json.dumps(data, sort_keys=True) == before  # nothing of it was changed
    assert json.loads(json.dumps(told)) == told
    for rows in (data["lines"], data["sites"], data["services"], *(each["rates"] for each in data["services"])):
        random.shuffle(rows)
    assert sourcing.choose(json.loads(json.dumps(data)), spec, alternatives=True).to_json() == told


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(worlds(), specs())
def test_alternatives_are_the_best_without_the_sites(data, spec):
    choice = sourcing.choose(data, spec, alternatives=True)
    for option in choice.alternatives:
        rest = data | {"sites": [each for each in data["sites"] if each["id"] not in option.without]}
        # Shares of what is free count all sites, also those that are not to be used
        if not {"balance"} & {each.name for each, _weight in spec.criteria}:
            found = {parcel.site: (parcel.service, list(parcel.lines)) for parcel in option.parcels}
            assert found == brute_force(rest, spec)
    if choice.parcels and not choice.alternatives:
        used = {parcel.site for parcel in choice.parcels}
        assert brute_force(data | {"sites": [each for each in data["sites"] if each["id"] not in used]}, spec) is None
