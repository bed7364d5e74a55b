"""How several shops (sinks) share the units of one product at one warehouse. Pure Python; all quantities are whole units.

`free` is units there, less reserved, less claimed by orders seen but not yet reserved, less pools. It may be negative.

What the caller keeps, one transaction each:

- store a push (`pushing`) before it is sent, with an idempotency key and the value believed then (`expected`);
- import orders of a sink (`imported`): `free` and the sink fall together, an order being imported exactly once;
- the shop says "applied": `acknowledged`;
- the shop says "stale": read what it shows, then import all its orders, then `reread`. If an order of that sink was
  imported between the read and the end of that fetch, read again: the value read may still contain that order, even one
  that took nothing on the whole, placed before the read and cancelled after it;
- no answer: send the same push with the same key again. The push stays in flight.

The shop must remember "stale" under a key as it remembers "applied": otherwise a late copy of a refused push can be
applied once the shop happens to show `expected` again (tests/stock/test_sharing_model.py has the sequence of events).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import ceil
from typing import Literal

Mode = Literal["strict", "shared", "hybrid"]


@dataclass(frozen=True, kw_only=True)
class Sink:
    """A shop as we know it.

    weight     sales per time, ≥ 0, in the same unit for all sinks
    believed   units we believe it shows, plus its unseen sales
    in_flight  units of each push whose outcome is unknown, less the units imported from this sink since it was stored
    cap        most units it may show; None: no cap
    extra      units that an absolute push may have put on show again (`exposure_after_absolute`)
    """

    id: int
    believed: int
    weight: float = 0.0
    in_flight: tuple[int, ...] = ()
    cap: int | None = None
    extra: int = 0

    @property
    def exposure(self) -> int:
        """Upper bound of the units shown plus the units sold that we have not seen."""
        return max(0, self.believed, *self.in_flight) + self.extra


@dataclass(frozen=True)
class Limit:
    """The units that these sinks together may expose: they sell from the same places."""

    units: int
    sinks: frozenset[int]


def pushing(sink: Sink, value: int) -> Sink:
    """The sink once a push of `value` units is stored, before it is sent."""
    return replace(sink, in_flight=(*sink.in_flight, value))


def imported(sink: Sink, units: int) -> Sink:
    """The sink once its orders of `units` are imported (negative: a cancellation the shop put back on show).

    The push in flight falls too. Applied, it was applied when the shop showed `expected`, thus when nothing imported
    since it was stored had been sold (net): those sales came off the value pushed.
    """
    return replace(sink, believed=sink.believed - units, in_flight=tuple(value - units for value in sink.in_flight))


def acknowledged(sink: Sink) -> Sink:
    """The sink once its only push in flight is known to be applied."""
    (value,) = sink.in_flight
    return replace(sink, believed=value, in_flight=())


def reread(sink: Sink, shown: int) -> Sink:
    """The sink once its push is known to be refused, its orders are imported and `shown` units were read."""
    return replace(sink, believed=shown, in_flight=())


def is_strict(mode: Mode, free: int, threshold: int = 0) -> bool:
    """Whether units are divided now: in strict mode, and in hybrid mode below `threshold` free units."""
    return mode == "strict" or (mode == "hybrid" and free < threshold)


def targets(mode: Mode, free: int, sinks: Iterable[Sink], buffer: int = 0, threshold: int = 0) -> dict[int, int]:
    """Units each sink shall show in the end, by sink id. `buffer` (units) is held back where units are shared."""
    if is_strict(mode, free, threshold):
        return _divide(free, sinks)
    offer = max(0, free - buffer)
    return {sink.id: _capped(offer, sink) for sink in sinks}


def limits(offers: Mapping[frozenset[int], int], places: Mapping[int, frozenset[int]]) -> tuple[Limit, ...]:
    """What sinks that sell from different sets of warehouses may expose together.

    offers: units of each set of warehouses; places: the set of each sink. Sinks whose sets lie within a set share its units.
    Where two sets merely overlap, all sinks together get no more than the largest set holds: too few rather than too many.
    """
    found = [
        Limit(units, frozenset(sink for sink, own in places.items() if own <= inside)) for inside, units in offers.items()
    ]
    sets = list(offers)
    if any(a & b and not (a <= b or b <= a) for n, a in enumerate(sets) for b in sets[n + 1 :]):
        found.append(Limit(max(offers.values()), frozenset(places)))
    return tuple(found)


def next_pushes(
    mode: Mode,
    free: int,
    sinks: Sequence[Sink],
    buffer: int = 0,
    threshold: int = 0,
    limits: Sequence[Limit] = (),
) -> dict[int, int]:
    """Units that may be pushed now, by sink id: any of them, in any order. A sink with a push in flight waits.

    Strict: a sink is lowered at once, but raised only by units no sink exposes, the largest shortfall first. A unit
    taken from a sink counts there until the lower figure is acknowledged. A sink believed below 0 is not set to 0: it
    sells nothing, and the cancellation of an order would then show a unit too many.
    """
    goal = targets(mode, free, sinks, buffer, threshold)
    strict = is_strict(mode, free, threshold)
    exposures = {sink.id: sink.exposure for sink in sinks}
    whole = Limit(free, frozenset(exposures))

    def room(sink: Sink) -> int:
        shared = [limit for limit in (whole, *limits) if sink.id in limit.sinks]
        return max(0, min(limit.units - sum(exposures.get(id_, 0) for id_ in limit.sinks) for limit in shared))

    pushes: dict[int, int] = {}
    idle = [sink for sink in sinks if not sink.in_flight]
    for sink in sorted(idle, key=lambda sink: (sink.believed - goal[sink.id], sink.id)):
        value = goal[sink.id]
        if strict:
            value = min(value, exposures[sink.id] - sink.extra + room(sink))
            exposures[sink.id] = max(exposures[sink.id], value + sink.extra)
        if value != max(0, sink.believed):
            pushes[sink.id] = value
    return pushes


def oversell_bound(free: int, sinks: Iterable[Sink]) -> int:
    """Most units that can be missing if every sink sells all it exposes, orders unseen included."""
    return max(0, sum(sink.exposure for sink in sinks) - free)


def threshold(velocity_per_minute: float, lag_seconds: float, safety: float, minimum: int) -> int:
    """Free units below which hybrid mode divides: `safety` times what all sinks sell within the lag of their orders."""
    return max(minimum, ceil(round(safety * velocity_per_minute * lag_seconds / 60, 9)))


def exposure_after_absolute(pushed: int, believed: int) -> int:
    """Exposure (units) of a sink without compare-and-set, from the push until its orders are fetched.

    An absolute push overwrites sales not seen yet: up to `believed` units may be sold and `pushed` are shown again. It
    holds until all orders placed before the acknowledgement are imported; they come off as in `imported`, and then
    `pushed`, less the orders placed later, is what remains. With several pushes since that fetch, repeats of the same
    push included, pass the exposure so far as `believed`.
    """
    return max(0, pushed) + max(0, believed)


def _capped(units: int, sink: Sink) -> int:
    return units if sink.cap is None else max(0, min(units, sink.cap))


def _divide(free: int, sinks: Iterable[Sink]) -> dict[int, int]:
    """`free` units by weight, largest remainder, ties by id; what a cap cuts off goes to the others."""
    units = max(0, free)
    shares: dict[int, int] = {}
    waiting = sorted(sinks, key=lambda sink: sink.id)
    while waiting:
        quotas = _quotas(units, waiting)
        full = [sink for sink in waiting if sink.cap is not None and quotas[sink.id] >= sink.cap]
        if not full:
            return shares | _rounded(units, quotas)
        for sink in full:
            shares[sink.id] = _capped(units, sink)
            units -= shares[sink.id]
        waiting = [sink for sink in waiting if sink.id not in shares]
    return shares


def _quotas(units: int, sinks: Sequence[Sink]) -> dict[int, Fraction]:
    """Exact share of each sink, in units; equal shares if no sink has a weight."""
    weights = {sink.id: Fraction(sink.weight) for sink in sinks}
    total = sum(weights.values())
    if not total:
        return {sink.id: Fraction(units, len(sinks)) for sink in sinks}
    return {key: units * weight / total for key, weight in weights.items()}


def _rounded(units: int, quotas: Mapping[int, Fraction]) -> dict[int, int]:
    shares = {key: int(quota) for key, quota in quotas.items()}
    left = units - sum(shares.values())
    for key in sorted(quotas, key=lambda key: (shares[key] - quotas[key], key))[:left]:
        shares[key] += 1
    return shares
