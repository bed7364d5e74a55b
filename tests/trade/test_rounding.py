"""The rounding of prices is that of decimal arithmetic, whatever doubles did before."""

from decimal import ROUND_DOWN, ROUND_HALF_UP, ROUND_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.ec_trade_price.rounding import round_price

EXACT = {"down": ROUND_DOWN, "up": ROUND_UP, "half_up": ROUND_HALF_UP}
STEPS = ["0.01", "0.05", "0.1", "0.5", "1", "5", "10", "100", "1000"]
amounts = st.decimals(min_value=0, max_value=10_000_000, places=2)
rates = st.decimals(min_value=5, max_value=400, places=2)


@pytest.mark.parametrize(
    ("price", "mode", "step", "rounded"),
    [
        (1001 * 0.65, "down", 1, 650),
        (1001 * 0.65, "up", 1, 651),
        (0.1 + 0.2, "down", 0.1, 0.3),
        (0.1 + 0.2, "up", 0.1, 0.3),
        (1.15 * 100, "down", 1, 115),
        (4.35 * 100, "down", 1, 435),
        (2.675, "half_up", 0.01, 2.68),
        (650.5, "half_up", 1, 651),
        (649.9999999, "down", 1, 649),
        (996, "down", 10, 990),
        (991, "up", 10, 1000),
        (-650.65, "down", 1, -650),
        (-650.65, "up", 1, -651),
        (-650.5, "half_up", 1, -651),
        (0, "up", 1, 0),
        (0.004, "up", 1, 1),
        (12_345_678_901.99, "down", 0.01, 12_345_678_901.99),
    ],
)
def test_examples(price, mode, step, rounded):
    assert round_price(price, mode, step) == rounded


@given(amounts, rates, st.sampled_from(sorted(EXACT)), st.sampled_from(STEPS))
def test_a_rate_costs_no_yen(price, rate, mode, step):
    """As Odoo computes it: the price less a percentage, in doubles."""
    discount = float(100 - rate)
    computed = float(price) - float(price) * (discount / 100)
    unit = Decimal(step)
    exact = (price * rate / 100 / unit).to_integral_value(rounding=EXACT[mode]) * unit
    assert Decimal(repr(round_price(computed, mode, float(step)))) == exact


@given(amounts, st.sampled_from(sorted(EXACT)), st.sampled_from(STEPS))
def test_rounding_twice_is_rounding_once(price, mode, step):
    once = round_price(float(price), mode, float(step))
    assert round_price(once, mode, float(step)) == once
