"""What fences and criteria ask of a snapshot: rates, dates, distances. Pure.

Site, service and line are the dicts of the snapshot. A parcel is the lines that one site ships with one service.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Any, NamedTuple, TypeVar

from . import places
from .facts import utc_of

Site = dict[str, Any]
Service = dict[str, Any]
Line = dict[str, Any]

# A site that ships nothing within so many days counts as closed for good
HORIZON_DAYS = 90
F = TypeVar("F", bound=Callable[..., Any])


class Lines(tuple[Line, ...]):
    """Lines shipped together, by id. weight in kilograms, to the milligram; released: the day on which the last may leave, or ""."""

    @cached_property
    def weight(self) -> float:
        return round(sum([line["fact.weight"] or 0.0 for line in self]), 6)

    @cached_property
    def released(self) -> str:
        return max([line.get("fact.release_date") or "" for line in self], default="")


class Rate(NamedTuple):
    """price: of the parcel, in the company's currency; days: from the day it leaves to the day it arrives."""

    price: float
    days: int
    max_weight: float | None


@dataclass(frozen=True)
class Measure:
    """How a criterion's numbers of parcels make that of an assignment, and how they compare with others.

    fold: "sum" or "max" over the parcels
    scale: what counts as 1 in weighted mode, in the criterion's unit; it does not depend on the candidates
    bound: same call as the criterion: a number that is never above it, and never falls when lines are added; None: none is known
    """

    fold: str = "sum"
    scale: float = 1.0
    bound: Callable[..., float] | None = None


def measured(
    *, fold: str = "sum", scale: float = 1.0, grows: bool = False, bound: Callable[..., float] | None = None
) -> Callable[[F], F]:
    """Gives a criterion its `Measure`. grows: adding lines to a parcel never lowers its number, so that it is its own bound."""

    def decorate(call: F) -> F:
        call.__dict__["measure"] = Measure(fold, scale, call if grows else bound)
        return call

    return decorate


class Case:
    """An order, its goods lines by id, its sites by (priority, id) and its services by id.

    What is asked again and again is answered from memory; the snapshot shall not change meanwhile.
    """

    def __init__(self, snapshot: Mapping[str, Any]) -> None:
        self.snapshot = snapshot
        self.order: dict[str, Any] = snapshot["order"]
        self.now: str = snapshot["now"]
        self.today = date.fromisoformat(snapshot["today"])
        self.lines = Lines(sorted((x for x in snapshot["lines"] if x["fact.goods"]), key=lambda x: x["id"]))
        self.sites: list[Site] = sorted(snapshot.get("sites") or (), key=lambda site: (site["priority"], site["id"]))
        self.services: list[Service] = sorted(snapshot.get("services") or (), key=lambda service: service["id"])
        self.state = places.state_code(self.order.get("fact.ship_state"), self.order.get("fact.ship_country"))
        # As lists of states may write it
        self.state_forms = frozenset({self.state, self.state.rpartition("-")[2]} - {""})
        self.zip = plain_zip(self.order.get("fact.ship_zip"))
        self._here: dict[int, tuple[list[dict[str, Any]], set[int]]] = {}
        self._brackets: dict[tuple[int, int], list[Rate]] = {}
        self._ships: dict[tuple[int, str, bool], date | None] = {}
        self._km: dict[int, float | None] = {}

    # ---- lines

    def units(self, line: Line) -> float:
        """Units of the line, in the product's own unit of measure where the facts give them."""
        units: float = line.get("fact.units", line["product_uom_qty"])
        return units

    def free(self, site: Site, line: Line) -> float:
        """Units free at the site for this order, never below 0."""
        units: float = line["fact.free"].get(str(site["id"]), 0.0)
        return max(units, 0.0)

    def free_anywhere(self, line: Line) -> float:
        """Units free at all sites together."""
        return sum(self.free(site, line) for site in self.sites)

    # ---- dates

    @cached_property
    def requested(self) -> date | None:
        """The day on which the buyer wants it, in the company's time zone."""
        wanted = self.order.get("fact.requested_date")
        return date.fromisoformat(wanted) if wanted else None

    def cut_off_at(self, site: Site) -> str | None:
        """Today's cut-off as an instant in UTC; None: the site has none. `cut_off` of a site is "HH:MM" where the company is."""
        if not site.get("cut_off"):
            return None
        return utc_of(self.snapshot, self.today.isoformat(), site["cut_off"])

    def cut_off_passed(self, site: Site) -> bool:
        """Whether it is too late for today: from the minute of the cut-off on."""
        at = self.cut_off_at(site)
        return at is not None and self.now >= at

    def is_open(self, site: Site, day: date) -> bool:
        """Whether the site works on that day; no workdays: on every one."""
        workdays = site.get("workdays")
        return (not workdays or day.weekday() in workdays) and day.isoformat() not in (site.get("closed") or ())

    def opens_on(self, site: Site) -> date | None:
        """Today if it is open, else the next day it is; None: not within HORIZON_DAYS."""
        days = (self.today + timedelta(days=number) for number in range(HORIZON_DAYS))
        return next((day for day in days if self.is_open(site, day)), None)

    def ships_on(self, site: Site, lines: Lines, cut_off: bool = True) -> date | None:
        """The first day on which the parcel can leave: released, the cut-off not passed, the site open, handled.

        handling_days are working days after the day on which work begins. None: not within HORIZON_DAYS. cut_off=False: had today's
        cut-off not passed.
        """
        key = site["id"], lines.released, cut_off
        if key not in self._ships:
            begin = max(self.today, date.fromisoformat(lines.released)) if lines.released else self.today
            if cut_off and begin == self.today and self.cut_off_passed(site):
                begin += timedelta(days=1)
            self._ships[key] = self._first_day(site, begin)
        return self._ships[key]

    def _first_day(self, site: Site, begin: date) -> date | None:
        left = site.get("handling_days") or 0
        for number in range(HORIZON_DAYS):
            day = begin + timedelta(days=number)
            if self.is_open(site, day):
                if left <= 0:
                    return day
                left -= 1
        return None

    def arrives_on(self, site: Site, service: Service, lines: Lines) -> date | None:
        """The day the parcel arrives; None if it never leaves or no rate says how long it takes."""
        leaves, rate = self.ships_on(site, lines), self.rate(site, service, lines)
        return leaves + timedelta(days=rate.days) if leaves and rate else None

    # ---- rates

    @cached_property
    def has_rates(self) -> bool:
        """Whether rates are kept for any service: where nobody's are known, all cost the same and take no days."""
        return any(service["rates"] for service in self.services)

    def brackets(self, site: Site, service: Service) -> list[Rate]:
        """Rates from the site to the destination, the cheapest first.

        Rates that name the destination's state stand for all others of the service; then those that name the site.
        """
        if service["id"] not in self._here:
            known = self.state_forms
            rows = [row for row in service["rates"] if not row["states"] or not known.isdisjoint(row["states"])]
            self._here[service["id"]] = rows, {row["site"] for row in rows}
        rows, named = self._here[service["id"]]
        key = site["id"] if site["id"] in named else 0, service["id"]
        if key not in self._brackets:
            rows = [row for row in rows if not row["site"] or row["site"] == site["id"]]
            rank = max([(bool(row["states"]), bool(row["site"])) for row in rows], default=None)
            rates = [
                Rate(row["price"], row["days"], row["max_weight"] or None)
                for row in rows
                if (bool(row["states"]), bool(row["site"])) == rank
            ]
            self._brackets[key] = sorted(rates, key=lambda rate: (rate.price, rate.days, rate.max_weight or 0.0))
        return self._brackets[key]

    def rate(self, site: Site, service: Service, lines: Lines) -> Rate | None:
        """The cheapest rate that carries the weight, the faster of equals; None: there is none."""
        for rate in self.brackets(site, service):
            if rate.max_weight is None or lines.weight <= rate.max_weight:
                return rate
        return None

    # ---- places

    @cached_property
    def place(self) -> places.Point | None:
        """Where the order goes, as far as states tell."""
        return places.state_point(self.state)

    def km(self, site: Site) -> float | None:
        """Kilometres from the site to the destination; None if either is unknown."""
        if site["id"] not in self._km:
            here = (site["lat"], site["lon"]) if site.get("lat") or site.get("lon") else places.state_point(site.get("state"))
            self._km[site["id"]] = places.km(here, self.place) if here and self.place else None
        return self._km[site["id"]]


def plain_zip(code: Any) -> str:
    """Letters and digits of a postal code."""
    return "".join(filter(str.isalnum, str(code or ""))).upper()


def skus(lines: Iterable[Line]) -> list[str]:
    return sorted({str(line.get("fact.sku") or line.get("fact.name") or line["id"]) for line in lines})
