"""Rounding of consumption tax, pure. What is below the smallest unit is dropped, rounded or raised, of refunds as of invoices."""

from decimal import ROUND_DOWN, ROUND_HALF_UP, ROUND_UP, Decimal

MODES = {"floor": ROUND_DOWN, "half": ROUND_HALF_UP, "ceil": ROUND_UP}


def rounded(amount: float | Decimal, mode: str, digits: int = 0) -> Decimal:
    """`amount` (float or Decimal) with so many decimals. What float arithmetic adds beyond the sixth decimal does not count."""
    exact = Decimal(repr(amount)) if isinstance(amount, float) else Decimal(amount)
    exact = exact.quantize(Decimal("1e-6"), ROUND_HALF_UP)
    return exact.quantize(Decimal(1).scaleb(-digits), MODES[mode])
