"""How many kits components make. Pure: no Odoo, no database; decimals as in the formula of ec_stock_atp."""

from collections.abc import Mapping
from decimal import ROUND_DOWN, ROUND_FLOOR, Context, Decimal, localcontext
from typing import Any

EXACT = Context(prec=80)
PLACES = Decimal(1).scaleb(-12)


def per_kit(units: float) -> Decimal:
    """Component units in one kit, without the noise of floats: cut off after 12 decimals, so that 2 thirds make up a whole."""
    return Decimal(repr(float(units))).quantize(PLACES, ROUND_DOWN, EXACT)


def kits(have: Mapping[Any, Decimal], need: Mapping[Any, Decimal]) -> Decimal:
    """Whole kits that these component units make; below 0 when more of a component is promised than there is."""
    with localcontext(EXACT):
        return min((have[c] / units).to_integral_value(ROUND_FLOOR) for c, units in need.items())
