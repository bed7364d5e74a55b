"""The figure of what may be sold, as pure arithmetic."""

import random
from dataclasses import replace
from decimal import Decimal

import pytest

from odoo.addons.ec_stock_atp.formula import SUBTRACTED, Buffer, Terms, exact, explain, free, offer, sellable

SEED = 20_261_123


def random_case(rng):
    def units():
        return rng.choice((rng.randint(0, 50), round(rng.uniform(0, 50), 3), Decimal(rng.randint(0, 999)) / 7))

    warehouses = [
        Terms(
            on_hand=units() * 4,
            share=rng.choice((100, 50, 33.33, 0)),
            **{code: units() if rng.random() < 0.4 else 0 for code in SUBTRACTED},
        )
        for _ in range(rng.randint(0, 4))
    ]
    buffer = Buffer(
        rng.choice(("fixed", "percent", "adaptive")),
        rng.choice((0, 2, 7.5, 100)),
        sold=units(),
        lag=rng.choice((0, 1.5)),
    )
    return warehouses, {
        "soft_share": rng.choice((100, 80, 12.5, 0)),
        "quotas": rng.choice((0, 3, 2.5)),
        "buffer": buffer,
        "incoming": rng.choice((0, 12, 3.7)),
        "cap": rng.choice((None, 0, 5, 40)),
    }


@pytest.fixture
def cases():
    rng = random.Random(SEED)
    return [random_case(rng) for _ in range(1500)]


def test_explain_adds_up_and_is_clamped(cases):
    for warehouses, options in cases:
        terms = explain(warehouses, **options)
        figure = sellable(warehouses, **options)
        assert sum(units for _, units in terms) == figure, (SEED, warehouses, options)
        assert len({code for code, _ in terms}) == len(terms)
        assert figure >= 0
        assert options["cap"] is None or figure <= options["cap"]


def test_monotone(cases):
    rng = random.Random(SEED)
    for warehouses, options in cases:
        if not warehouses:
            continue
        figure = sellable(warehouses, **options)
        first, rest = warehouses[0], warehouses[1:]
        more = replace(first, on_hand=exact(first.on_hand) + Decimal(rng.randint(1, 5000)) / 1000)
        assert sellable([more, *rest], **options) >= figure, (SEED, warehouses, options)
        code = rng.choice(SUBTRACTED)
        less = replace(first, **{code: exact(getattr(first, code)) + Decimal(rng.randint(1, 5000)) / 1000})
        assert sellable([less, *rest], **options) <= figure, (SEED, code, warehouses, options)
        assert sellable(warehouses, **{**options, "incoming": options["incoming"] + 3}) >= figure
        assert sellable(warehouses, **{**options, "quotas": options["quotas"] + 3}) <= figure


def test_order_of_warehouses_does_not_matter(cases):
    for warehouses, options in cases:
        assert sellable(warehouses, **options) == sellable(warehouses[::-1], **options)


def test_figure_is_the_offer_between_zero_and_the_cap(cases):
    for warehouses, options in cases:
        at_least = max(offer(warehouses, **options), 0)
        cap = options["cap"]
        assert sellable(warehouses, **options) == (at_least if cap is None else min(at_least, cap)), (SEED, warehouses)


def test_free_is_the_offer_of_everything(cases):
    for warehouses, _ in cases:
        whole = [replace(warehouse, share=100) for warehouse in warehouses]
        assert free(warehouses) == free(warehouses[::-1]) == offer(whole), (SEED, warehouses)


@pytest.mark.parametrize(
    ("warehouses", "units", "offered"),
    [
        ([], 0, -3),
        ([Terms(10, share=50)], 10, 2),
        ([Terms(2, demand=5.5)], -4, -7),
        ([Terms(10, pools=4)], 6, 3),
    ],
)
def test_free_and_offer(warehouses, units, offered):
    assert free(warehouses) == units
    assert offer(warehouses, buffer=Buffer("fixed", 3), cap=1) == offered


@pytest.mark.parametrize(
    ("warehouses", "options", "figure"),
    [
        ([], {}, 0),
        ([Terms(10)], {}, 10),
        ([Terms(10, blocked=1, expired=1, reserved=2, demand=1, claims=1, pools=1)], {}, 3),
        ([Terms(10, share=50), Terms(7)], {}, 12),
        ([Terms(10.9)], {}, 10),
        ([Terms(0.1), Terms(0.2), Terms(0.7)], {}, 1),
        ([Terms(3, demand=5), Terms(10)], {}, 8),
        ([Terms(10)], {"soft_share": 25}, 2),
        ([Terms(10)], {"quotas": 4}, 6),
        ([Terms(10)], {"buffer": Buffer("fixed", 3)}, 7),
        ([Terms(10)], {"buffer": Buffer("percent", 15)}, 8),
        ([Terms(10)], {"buffer": Buffer("adaptive", sold=60, lag=2.5)}, 7),
        ([Terms(10)], {"buffer": Buffer("fixed", 30)}, 0),
        ([Terms(0, demand=4)], {"incoming": 10}, 6),
        ([Terms(10)], {"cap": 5}, 5),
        ([Terms(10)], {"cap": 0}, 0),
    ],
)
def test_examples(warehouses, options, figure):
    assert sellable(warehouses, **options) == figure
