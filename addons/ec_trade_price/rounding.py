"""Rounding of prices to a step, exact in decimals."""

from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, ROUND_UP, Context, Decimal

MODES = {"down": ROUND_DOWN, "up": ROUND_UP, "half_up": ROUND_HALF_UP}
# A double carries 15 to 17 digits: what differs in the 15th, or by less than 10^-8 of a step, is noise of the arithmetic before
DIGITS = 14
PLACES = 8
_EXACT = Context(prec=60)


def round_price(price: float, mode: str, step: float) -> float:
    """The multiple of `step` (more than 0) that `mode` of MODES gives: towards zero, away from zero, the nearest (halves away from zero)."""
    unit = Decimal(repr(step))
    steps = _without_noise(_EXACT.divide(Decimal(repr(price)), unit))
    return float(_EXACT.multiply(steps.to_integral_value(rounding=MODES[mode]), unit))


def _without_noise(value: Decimal) -> Decimal:
    places = min(PLACES, DIGITS - 1 - value.adjusted()) if value else PLACES
    return value.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_EVEN, context=_EXACT)
