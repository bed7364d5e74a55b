"""Cartons and sums, for any goods: nothing is lost, nothing is added twice, nothing unknown is passed off as a figure."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.ec_trade_document.packing import (
    KG_PER_POUND,
    M3_PER_CUBIC_FOOT,
    M_PER_FOOT,
    Carton,
    Content,
    Packing,
    Units,
    exact,
    fill,
)

quantities = st.decimals("0.001", 500, places=3)
weights = st.one_of(st.none(), st.decimals("0.001", 90, places=3))
contents = st.builds(Content, st.integers(1, 3), st.integers(1, 2), quantities, weights)
cartons = st.builds(
    Carton,
    st.just("C"),
    st.lists(contents, min_size=1, max_size=3).map(tuple),
    weights,
    st.one_of(st.none(), st.just(Decimal("0.072"))),
)


def added(values):
    values = list(values)
    return None if None in values else sum(values, Decimal(0))


@given(st.lists(cartons, max_size=12), st.one_of(st.none(), cartons))
def test_rows_and_cartons_add_up_to_the_totals(packed, loose):
    packing = Packing(tuple(packed), loose)
    parts = [*packed, *([loose] if loose else [])]
    rows = packing.rows
    assert [carton for row in rows for carton in row.cartons] == packed
    assert [number for row in rows for number in range(row.first, row.last + 1)] == list(range(1, len(packed) + 1))
    for figure in ("net", "gross", "volume"):
        assert getattr(packing, figure) == added(getattr(part, figure) for part in parts)
        printed = [row.times(getattr(row.cartons[0], figure)) for row in rows]
        assert getattr(packing, figure) == added([*printed, *([getattr(loose, figure)] if loose else [])])
    for uom, quantity in packing.quantities.items():
        assert quantity == sum(content.quantity for part in parts for content in part.contents if content.uom == uom)


@given(st.lists(quantities, max_size=6), st.decimals("0.5", 60, places=1))
def test_filling_loses_nothing_and_leaves_one_carton_not_full(stock, each):
    filled = fill(stock, each)
    for index, quantity in enumerate(stock):
        assert sum(part for carton in filled for of, part in carton if of == index) == quantity
    sums = [sum(part for _of, part in carton) for carton in filled]
    assert all(total == each for total in sums[:-1])
    assert all(0 < total <= each for total in sums)


@given(st.floats(0, 1e6, allow_nan=False).map(lambda value: round(value, 3)))
def test_a_stored_float_is_the_decimal_that_was_typed(value):
    assert exact(value) == Decimal(str(value))


def test_pounds_and_feet():
    units = Units(kg=KG_PER_POUND, cbm=M3_PER_CUBIC_FOOT, metre=M_PER_FOOT)
    assert units.weight(Decimal(10)) == Decimal("4.536")
    assert units.volume(Decimal(1)) == Decimal("0.028317")
    assert units.box(Decimal(1), Decimal(1), Decimal(1)) == Decimal("0.028317")


def test_millimetres_and_kilograms_are_exact():
    assert Units().box(Decimal(600), Decimal(400), Decimal(305)) == Decimal("0.073200")
    assert Units().weight(Decimal("0.125") * 3) == Decimal("0.375")


def test_what_is_not_stored_is_not_known():
    units = Units()
    assert units.weight(Decimal(0)) is None
    assert units.box(Decimal(600), Decimal(0), Decimal(300)) is None
    carton = Carton("C", (Content(1, 1, Decimal(1), None),), None, Decimal(1))
    assert (Packing((carton,)).net, Packing((carton,)).gross, Packing((carton,)).volume) == (None, None, Decimal(1))
