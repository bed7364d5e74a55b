"""What a shop may sell of one product, in whole units of the product's own unit of measure.

Pure: no Odoo, no database. The SQL of `ec.stock.figure` computes the same figure; both work on decimals, without floats:
- every quantity is rounded to `PLACES` decimals, halves away from zero (PostgreSQL's round(numeric, 6));
- shares are percents and multiply exactly;
- the sum is rounded down to whole units once, buffers up, incoming units down.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Context, Decimal, localcontext
from typing import Any

PLACES = 6
ONE = Decimal(1)
ZERO = Decimal(0)
PERCENT = Decimal("0.01")
EXACT = Context(prec=80)


def exact(value: Any) -> Decimal:
    """The number as a decimal of `PLACES` decimals, halves away from zero; floats by their shortest text."""
    number = value if isinstance(value, Decimal) else Decimal(str(value))
    return number.quantize(ONE.scaleb(-PLACES), ROUND_HALF_UP, EXACT)


@dataclass(frozen=True)
class Terms:
    """What one warehouse has of one product, in units; every term but `on_hand` is subtracted. `share` in percent."""

    on_hand: Any = 0
    blocked: Any = 0
    expired: Any = 0
    reserved: Any = 0
    demand: Any = 0
    claims: Any = 0
    pools: Any = 0
    share: Any = 100


SUBTRACTED = ("blocked", "expired", "reserved", "demand", "claims", "pools")


@dataclass(frozen=True)
class Buffer:
    """Units held back. fixed: `value` units; percent: `value` percent of the sum; adaptive: `rate` units a minute for `lag`
    minutes, the rate being `sold` units in `minutes` minutes.
    """

    kind: str = "fixed"
    value: Any = 0
    sold: Any = 0
    minutes: Any = 60
    lag: Any = 0

    def units(self, total: Decimal) -> Decimal:
        """Whole units held back of a sum of `total` units, rounded up, never below 0."""
        with localcontext(EXACT):
            if self.kind == "percent":
                held = max(total, ZERO) * exact(self.value) * PERCENT
            elif self.kind == "adaptive":
                held = exact(self.sold) * exact(self.lag) / exact(self.minutes)
            else:
                held = exact(self.value)
            return max(held.to_integral_value(ROUND_CEILING), ZERO)


NO_BUFFER = Buffer()


def explain(
    warehouses: Sequence[Terms],
    *,
    soft_share: Any = 100,
    quotas: Any = 0,
    buffer: Buffer = NO_BUFFER,
    incoming: Any = 0,
    cap: Any = None,
) -> list[tuple[str, Decimal]]:
    """The figure as an ordered list of (term, signed units) that adds up to it exactly.

    quotas: units that belong to others alone; incoming: units expected in time, 0 unless pre-orders are taken; cap: highest
    figure in units, None for no limit.
    """
    with localcontext(EXACT):
        terms = [("on_hand", sum((exact(w.on_hand) for w in warehouses), ZERO))]
        terms += [(code, -sum((exact(getattr(w, code)) for w in warehouses), ZERO)) for code in SUBTRACTED]
        plain = sum((units for _, units in terms), ZERO)
        weighted = ZERO
        for w in warehouses:
            free = exact(w.on_hand) - sum((exact(getattr(w, code)) for code in SUBTRACTED), ZERO)
            weighted += free * exact(w.share) * PERCENT
        shared = weighted * exact(soft_share) * PERCENT
        whole = shared.to_integral_value(ROUND_FLOOR)
        terms += [
            ("warehouse_share", weighted - plain),
            ("soft_share", shared - weighted),
            ("rounding", whole - shared),
            ("quotas", -exact(quotas).to_integral_value(ROUND_CEILING)),
            ("buffer", -buffer.units(whole)),
            ("incoming", exact(incoming).to_integral_value(ROUND_FLOOR)),
        ]
        figure = whole + sum((units for _, units in terms[-3:]), ZERO)
        at_least = max(figure, ZERO)
        at_most = at_least if cap is None else min(at_least, max(exact(cap).to_integral_value(ROUND_FLOOR), ZERO))
        terms += [("not_below_zero", at_least - figure), ("cap", at_most - at_least)]
        return terms


def free(warehouses: Sequence[Terms]) -> int:
    """Units free in these warehouses, before shares, buffer and cap; below 0 when more is promised than there is."""
    with localcontext(EXACT):
        units = (exact(w.on_hand) - sum((exact(getattr(w, code)) for code in SUBTRACTED), ZERO) for w in warehouses)
        return int(sum(units, ZERO).to_integral_value(ROUND_FLOOR))


def offer(warehouses: Sequence[Terms], **options: Any) -> int:
    """The figure before it is held between 0 and the cap. Options as for `explain`."""
    with localcontext(EXACT):
        terms = dict(explain(warehouses, **options))
        return int(sum(terms.values(), ZERO) - terms["not_below_zero"] - terms["cap"])


def sellable(warehouses: Sequence[Terms], **options: Any) -> int:
    """The figure in whole units, between 0 and the cap. Options as for `explain`."""
    with localcontext(EXACT):
        return int(sum((units for _, units in explain(warehouses, **options)), ZERO))
