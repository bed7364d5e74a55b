"""What makes one assignment better than another. Pure.

    f(case, site, service, lines, **args) -> number ≥ 0 of one parcel, lower is better

`measured` says how the numbers of parcels make the one of the assignment, and what counts as 1 in weighted mode. Numbers are compared
to the thousandth.
"""

from __future__ import annotations

from datetime import date, timedelta

from .case import Case, Lines, Service, Site, measured
from .registry import criterion
from .words import _

# What stands for a figure that is not known, beside others that are: worse than any of them
UNKNOWN_KM = 20_038.0  # half the equator
UNKNOWN_PRICE = 1_000_000.0
UNKNOWN_DAYS = 100.0


@criterion("parcels", _("Few parcels"))
@measured(grows=True)
def parcels(case: Case, site: Site, service: Service, lines: Lines) -> float:
    return 1.0


@criterion("distance", _("Near the destination"))
@measured(scale=1000, grows=True)
def distance(case: Case, site: Site, service: Service, lines: Lines) -> float:
    """Kilometres, added over the parcels. An unknown destination is equally near to all sites."""
    if not case.place:
        return 0.0
    km = case.km(site)
    return UNKNOWN_KM if km is None else km


@criterion("cost", _("Cheap to ship"))
@measured(scale=1000, grows=True)
def cost(case: Case, site: Site, service: Service, lines: Lines) -> float:
    """Price of the rate, in the company's currency, added over the parcels."""
    rate = case.rate(site, service, lines)
    return min(rate.price, UNKNOWN_PRICE) if rate else UNKNOWN_PRICE if case.has_rates else 0.0


def _soonest(case: Case, site: Site, service: Service, lines: Lines) -> float:
    """Never above `days`: a heavier parcel can be faster where its rate is another one."""
    leaves, heavy = case.ships_on(site, lines), lines.weight
    rates = case.brackets(site, service)
    transit = min([rate.days for rate in rates if rate.max_weight is None or heavy <= rate.max_weight], default=None)
    if transit is None and not case.has_rates:
        transit = 0
    if not leaves or transit is None:
        return UNKNOWN_DAYS
    return _from_today(case, leaves + timedelta(days=transit))


@criterion("days", _("Arrives soon"))
@measured(fold="max", scale=10, bound=_soonest)
def days(case: Case, site: Site, service: Service, lines: Lines) -> float:
    """Days from today to the arrival of the last parcel."""
    arrives = case.arrives_on(site, service, lines) if case.has_rates else case.ships_on(site, lines)
    return _from_today(case, arrives) if arrives else UNKNOWN_DAYS


def _from_today(case: Case, day: date) -> float:
    return min(float((day - case.today).days), UNKNOWN_DAYS)


@criterion("balance", _("From where most units are"))
@measured(grows=True)
def balance(case: Case, site: Site, service: Service, lines: Lines) -> float:
    """Share of the free units that lie elsewhere, 0..1, as the average of all lines of the order."""
    shares = ((case.free(site, line), case.free_anywhere(line)) for line in lines)
    return sum(1 - here / all_ if all_ else 1.0 for here, all_ in shares) / len(case.lines)


@criterion("stockout", _("Where most is left afterwards"))
@measured(grows=True)
def stockout(case: Case, site: Site, service: Service, lines: Lines) -> float:
    """Share of the free units there that the order takes, 0..1, as the average of all lines of the order."""
    shares = ((case.units(line), case.free(site, line)) for line in lines)
    return sum(min(1.0, max(0.0, units) / free) if free else 1.0 for units, free in shares) / len(case.lines)


@criterion("priority", _("Priority of the warehouse"))
@measured(scale=10, grows=True)
def priority(case: Case, site: Site, service: Service, lines: Lines) -> float:
    """Added over the parcels; the lower number goes first."""
    return float(site["priority"])
