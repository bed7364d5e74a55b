"""From which warehouses an order is shipped, and with which carriers. Pure.

`choose` gives the assignment of goods lines to sites, and of a service to each parcel, that passes all fences and is best by the
criteria of the strategy: the same one as trying them all. A line is never divided. Ties: fewer parcels, then the sites by (priority, id),
then the earlier line at the earlier site, then the services by id.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cache, partial, reduce
from inspect import signature
from itertools import combinations, product
from math import lcm
from operator import or_
from typing import Any, NamedTuple

from . import criteria, fences  # they register themselves
from .case import Case, Line, Lines, Measure, skus
from .registry import function
from .spec import StrategySpec
from .words import Said, _

__all__ = ["Candidate", "Choice", "Days", "Option", "Parcel", "choose", "criteria", "fences"]

# Criteria are compared as whole thousandths, so that sums do not depend on their order
EXACT = 1000
# Partial assignments looked at before the best so far is taken: reached by orders of many lines that several sites share
LIMIT = 20_000

Numbers = tuple[int, ...]


class Parcel(NamedTuple):
    """Lines (id → units of measure of the line) that a site ships with a service."""

    site: int
    service: int
    lines: dict[int, float]


class Days(NamedTuple):
    """When a parcel leaves and arrives, "YYYY-MM-DD"; None: unknown."""

    ships_on: str | None
    arrives_on: str | None


class Option(NamedTuple):
    """An assignment. days: of each parcel; score: its number by each criterion, in the criterion's unit; without: the sites it was not
    to use.
    """

    parcels: tuple[Parcel, ...] = ()
    days: tuple[Days, ...] = ()
    score: tuple[float, ...] = ()
    without: tuple[int, ...] = ()

    def to_json(self) -> dict[str, Any]:
        parcels = [
            {"site": site, "service": service, "lines": {str(line): units for line, units in lines.items()}} | days._asdict()
            for (site, service, lines), days in zip(self.parcels, self.days, strict=True)
        ]
        return {"parcels": parcels, "score": list(self.score), "without": list(self.without)}


class Candidate(NamedTuple):
    """A site with a service; service None: with any, the answer is the same. passed: it can ship the whole order alone, with this
    score; else `said` has every reason why not, and `lines` the ids of the lines that the site could ship.
    """

    site: int
    service: int | None
    passed: bool
    lines: tuple[int, ...]
    said: tuple[Said, ...]
    score: tuple[float, ...]

    def to_json(self) -> dict[str, Any]:
        said = [each.to_json() for each in self.said]
        return self._asdict() | {"lines": list(self.lines), "said": said, "score": list(self.score)}


@dataclass(frozen=True)
class Choice:
    """What was chosen, and from what.

    option        the assignment; without parcels if there is none
    criteria      names of the numbers in scores, in the strategy's order
    unroutable    why there is no assignment; None if there is one
    lacks         (site, what it would need), where the least is missing first; only if unroutable
    alternatives  best assignments without the chosen sites; only if asked for
    next_at       "YYYY-MM-DD HH:MM:SS" in UTC, when time alone may change it: a cut-off moves the day of a parcel that leaves today, or what
                  excludes a site from an order that cannot be shipped ends; None: it does not
    complete      False: the order is so large that not every assignment was looked at
    """

    option: Option = Option()
    criteria: tuple[str, ...] = ()
    candidates: tuple[Candidate, ...] = ()
    unroutable: Said | None = None
    lacks: tuple[tuple[int, tuple[Said, ...]], ...] = ()
    alternatives: tuple[Option, ...] = ()
    next_at: str | None = None
    complete: bool = True

    @property
    def parcels(self) -> tuple[Parcel, ...]:
        return self.option.parcels

    @property
    def score(self) -> tuple[float, ...]:
        return self.option.score

    def to_json(self) -> dict[str, Any]:
        chosen = self.option.to_json()
        return {
            "parcels": chosen["parcels"],
            "criteria": list(self.criteria),
            "score": chosen["score"],
            "candidates": [candidate.to_json() for candidate in self.candidates],
            "unroutable": self.unroutable and self.unroutable.to_json(),
            "lacks": [{"site": site, "said": [each.to_json() for each in said]} for site, said in self.lacks],
            "alternatives": [option.to_json() for option in self.alternatives],
            "next_at": self.next_at,
            "complete": self.complete,
        }


def choose(snapshot: Mapping[str, Any], strategy: StrategySpec, alternatives: bool = False) -> Choice:
    """The best assignment of the order's goods lines under the strategy. An order without goods has no parcels.

    alternatives: also look for the best one that uses none of the chosen sites, and where there are several, the best without each.
    """
    search = _Search(Case(snapshot), strategy)
    names = tuple(spec.name for spec, _weight in strategy.criteria)
    if not search.case.lines:
        return Choice(criteria=names)
    candidates = tuple(search.candidates())
    best = search.best()
    if best is None:
        why = search.unroutable()
        return Choice(
            criteria=names,
            candidates=candidates,
            unroutable=why,
            lacks=search.lacks(candidates),
            next_at=min((said.until for candidate in candidates for said in candidate.said if said.until), default=None),
            complete=search.complete,
        )
    complete, others = search.complete, []
    if alternatives:
        used = tuple(parcel.site for parcel in best.parcels)
        for without in [used] + ([(site,) for site in used] if len(used) > 1 else []):
            if option := search.best(without):
                others.append(option)
    return Choice(best, names, candidates, None, (), tuple(others), search.next_at(best), complete)


class _Criterion(NamedTuple):
    call: Callable[..., float]
    measure: Measure


@dataclass
class _Best:
    """The best assignment so far. order: its place among the sets of sites, which decides ties."""

    key: Numbers | None = None
    order: tuple[int, tuple[int, ...]] = (0, ())
    masks: dict[int, int] = field(default_factory=dict)
    services: tuple[int, ...] = ()
    numbers: Numbers = ()

    def beats(self, bound: Numbers, order: tuple[int, tuple[int, ...]]) -> bool:
        """Whether nothing of at least `bound` in that set of sites can take its place. Within a set, the first of equals stays."""
        return self.key is not None and (bound, order) >= (self.key, self.order)


class _Search:
    """Sites are places in `case.sites`, services places in `case.services`, sets of lines are bits by place in `case.lines`."""

    def __init__(self, case: Case, strategy: StrategySpec) -> None:
        self.case, self.strategy, self.complete = case, strategy, True
        self.fences: dict[str, list[Callable[..., Said | None]]] = {"site": [], "lines": [], "service": [], "parcel": []}
        for spec in strategy.fences:
            fence = function("fence", spec.name)
            self.fences[_looks_at(fence.call)].append(_with(fence.call, fence.complete(spec.args)))
        self.criteria = []
        for spec, _weight in strategy.criteria:
            criterion = function("criterion", spec.name)
            measure, args = criterion.call.__dict__.get("measure") or Measure(), criterion.complete(spec.args)
            bound = measure.bound and _with(measure.bound, args)
            self.criteria.append(_Criterion(_with(criterion.call, args), replace(measure, bound=bound)))
        self.sums = [criterion.measure.fold == "sum" for criterion in self.criteria]
        self.weights = _weights(self.criteria, strategy)
        self.all = (1 << len(case.lines)) - 1
        self.lines = _by_bits(case.lines)
        self._together: dict[tuple[int, int], tuple[Said, ...]] = {}
        self.site_said = [self._said("site", site) for site in case.sites]
        # Lines that a site may ship, each for itself
        self.masks = [self._mask(place) for place in range(len(case.sites))]
        self._service_said: dict[tuple[int, int], tuple[Said, ...]] = {}
        self._parcel_said: dict[tuple[int, int, int], tuple[Said, ...]] = {}
        self._numbers: dict[tuple[int, int, int], Numbers] = {}
        self._options: dict[tuple[int, int], list[tuple[int, Numbers]]] = {}
        self._bounds: dict[tuple[int, int], Numbers] = {}

    # ---- fences

    def _said(self, level: str, *about: Any) -> tuple[Said, ...]:
        case = self.case
        return tuple([said for call in self.fences[level] if (said := call(case, *about))])

    def together(self, site: int, mask: int) -> tuple[Said, ...]:
        """What keeps the site from shipping these lines, whatever the service."""
        key = site, mask
        if key not in self._together:
            self._together[key] = self._said("lines", self.case.sites[site], self.lines(mask))
        return self._together[key]

    def _mask(self, site: int) -> int:
        if self.site_said[site]:
            return 0
        if not self.together(site, self.all):
            return self.all
        return sum(bit for bit in _bits(self.all) if not self.together(site, bit))

    def parcel_said(self, site: int, service: int, mask: int) -> tuple[Said, ...]:
        """What keeps the service from carrying these lines from the site; they may ship from there."""
        key, of_service = (site, service, mask), (service, mask)
        if key not in self._parcel_said:
            place, carrier, lines = self.case.sites[site], self.case.services[service], self.lines(mask)
            if of_service not in self._service_said:
                self._service_said[of_service] = self._said("service", carrier, lines)
            self._parcel_said[key] = self._service_said[of_service] + self._said("parcel", place, carrier, lines)
        return self._parcel_said[key]

    # ---- criteria

    def numbers(self, site: int, service: int, mask: int) -> Numbers:
        """The criteria's numbers of a parcel, in thousandths."""
        key = site, service, mask
        if key not in self._numbers:
            about = self.case, self.case.sites[site], self.case.services[service], self.lines(mask)
            self._numbers[key] = tuple([max(0, round(call(*about) * EXACT)) for call, _measure in self.criteria])
        return self._numbers[key]

    def bound(self, site: int, mask: int) -> Numbers:
        """What no parcel of the site that holds these lines, and perhaps more, stays below."""
        key = site, mask
        if key not in self._bounds:
            self._bounds[key] = tuple([self._bound(place, site, mask) for place in range(len(self.criteria))])
        return self._bounds[key]

    def _bound(self, criterion: int, site: int, mask: int) -> int:
        bound = self.criteria[criterion].measure.bound
        if bound is None:
            return 0
        case, place, lines = self.case, self.case.sites[site], self.lines(mask)
        return max(0, round(min([bound(case, place, service, lines) for service in case.services]) * EXACT))

    def fold(self, parcels: Sequence[Numbers]) -> Numbers:
        """The numbers of an assignment from those of its parcels."""
        if len(parcels) == 1:
            return parcels[0]
        return tuple([sum(each) if add else max(each) for add, each in zip(self.sums, zip(*parcels, strict=True), strict=True)])

    def key(self, numbers: Numbers) -> Numbers:
        """What is compared: the numbers, or their weighted sum."""
        if self.weights is None:
            return numbers
        return (sum([weight * number for weight, number in zip(self.weights, numbers, strict=True)]),)

    def options(self, site: int, mask: int) -> list[tuple[int, Numbers]]:
        """Services that pass for these lines, by place; without those that another one makes pointless in every assignment."""
        key = site, mask
        if key not in self._options:
            found: list[tuple[int, Numbers]] = []
            if not self.together(site, mask):
                for service in range(len(self.case.services)):
                    if self.parcel_said(site, service, mask):
                        continue
                    numbers = self.numbers(site, service, mask)
                    if not any(_not_above(each, numbers) for _service, each in found):
                        found.append((service, numbers))
            self._options[key] = found
        return self._options[key]

    # ---- search

    def best(self, without: Sequence[int] = ()) -> Option | None:
        """The best assignment that uses none of the sites with these ids; None if there is none."""
        usable = [place for place, mask in enumerate(self.masks) if mask and self.case.sites[place]["id"] not in without]
        best, left = _Best(), [LIMIT]
        if not self.case.services:
            return None
        for size in range(1, min(self.strategy.max_parcels, len(usable), len(self.case.lines)) + 1):
            if size == 1:
                for site in usable:
                    if self.masks[site] == self.all:
                        self._take({site: self.all}, (1, (site,)), best)
                continue
            if self._hopeless(usable, size, best):
                break
            for bound, sites in self._sets(usable, size, best):
                if not best.beats(bound, (size, sites)):
                    self._assign(sites, (size, sites), best, left)
        return self._option(best, tuple(without)) if best.key is not None else None

    def _hopeless(self, usable: Sequence[int], size: int, best: _Best) -> bool:
        """Whether no assignment to so many of these sites, or to more, can be the best: criterion after criterion, as far as needed."""
        if best.key is None:
            return False
        if self.weights is not None:
            least = [self._least(place, usable, size) for place in range(len(self.criteria))]
            return self.key(tuple(least)) >= best.key
        for place, reached in enumerate(best.key):
            least_here = self._least(place, usable, size)
            if least_here != reached:
                return least_here > reached
        return True

    def _least(self, criterion: int, usable: Sequence[int], size: int) -> int:
        """What no assignment to so many of these sites stays below."""
        least = min(self._bound(criterion, site, bit) for site in usable for bit in _bits(self.masks[site]))
        return least * size if self.sums[criterion] else least

    def _single(self, site: int) -> Numbers:
        """What no parcel of the site stays below, whatever it holds."""
        key = site, 0
        if key not in self._bounds:
            each = [self.bound(site, bit) for bit in _bits(self.masks[site])]
            self._bounds[key] = tuple([min(column) for column in zip(*each, strict=True)])
        return self._bounds[key]

    def _sets(self, usable: Sequence[int], size: int, best: _Best) -> list[tuple[Numbers, tuple[int, ...]]]:
        """Sets of so many sites that hold all lines, with what no assignment to them stays below; the least first."""
        masks, single, found = self.masks, {site: self._single(site) for site in usable}, []
        for sites in combinations(usable, size):
            if _union(masks[site] for site in sites) == self.all:
                bound = self.key(self.fold([single[site] for site in sites]))
                if not best.beats(bound, (size, sites)):
                    found.append((bound, sites))
        return sorted(found)

    def _assign(self, sites: tuple[int, ...], order: tuple[int, tuple[int, ...]], best: _Best, left: list[int]) -> None:
        """Tries every way to give each of the sites at least one line, the tie-break's first way first."""
        masks = dict.fromkeys(sites, 0)
        count = len(self.case.lines)
        only = {site: self.masks[site] for site in sites}
        # Lines that one of these sites alone may ship
        sure = {site: self.all & ~_union(only[other] for other in sites if other != site) for site in sites}

        def bound(site: int) -> Numbers:
            mask = masks[site] | sure[site]
            return self.bound(site, mask) if mask else self._single(site)

        def visit(place: int, empty: int) -> None:
            if left[0] <= 0:
                self.complete = False
                return
            left[0] -= 1
            if place == count:
                self._take(masks, order, best)
                return
            if best.key is not None and best.beats(self.key(self.fold([bound(site) for site in sites])), order):
                return
            bit = 1 << place
            for site in sites:
                before = masks[site]
                empty_then = empty - (not before)
                if not only[site] & bit or count - place - 1 < empty_then or self.together(site, before | bit):
                    continue
                masks[site] = before | bit
                visit(place + 1, empty_then)
                masks[site] = before

        visit(0, len(sites))

    def _take(self, masks: dict[int, int], order: tuple[int, tuple[int, ...]], best: _Best) -> None:
        """The assignment with its best services becomes the best, if it is."""
        options = [self.options(site, mask) for site, mask in masks.items()]
        for parcels in product(*options):
            numbers = self.fold([each for _service, each in parcels])
            key = self.key(numbers)
            if not best.beats(key, order):
                best.key, best.order, best.numbers = key, order, numbers
                best.masks, best.services = dict(masks), tuple(service for service, _numbers in parcels)

    def _option(self, best: _Best, without: tuple[int, ...]) -> Option:
        parcels, days = [], []
        for (place, mask), number in zip(best.masks.items(), best.services, strict=True):
            site, service, lines = self.case.sites[place], self.case.services[number], self.lines(mask)
            leaves, arrives = self.case.ships_on(site, lines), self.case.arrives_on(site, service, lines)
            parcels.append(Parcel(site["id"], service["id"], {line["id"]: line["product_uom_qty"] for line in lines}))
            days.append(Days(leaves.isoformat() if leaves else None, arrives.isoformat() if arrives else None))
        return Option(tuple(parcels), tuple(days), _plain(best.numbers), without)

    def next_at(self, option: Option) -> str | None:
        """The first cut-off to come of a site whose parcel leaves today."""
        today = self.case.today.isoformat()
        leaving = {parcel.site for parcel, days in zip(option.parcels, option.days, strict=True) if days.ships_on == today}
        cut_offs = [self.case.cut_off_at(site) for site in self.case.sites if site["id"] in leaving]
        return min((at for at in cut_offs if at and at > self.case.now), default=None)

    # ---- words

    def candidates(self) -> Iterator[Candidate]:
        """Every site with every service, and what becomes of it if it ships the whole order. No services: what keeps the sites alone."""
        case = self.case
        ids = [line["id"] for line in case.lines]
        for place, site in enumerate(case.sites):
            mask = self.masks[place]
            said = self.site_said[place] + self.together(place, self.all)
            lines = tuple([ids[number] for number in range(len(ids)) if mask >> number & 1])
            why = [said + self.parcel_said(place, number, mask) if mask else said for number in range(len(case.services))]
            if said and all(each == said for each in why):
                yield Candidate(site["id"], None, False, lines, said, ())
                continue
            for number, each in enumerate(why):
                score = () if each else _plain(self.numbers(place, number, mask))
                yield Candidate(site["id"], case.services[number]["id"], not each, lines, each, score)

    def unroutable(self) -> Said:
        """Why there is no assignment."""
        case = self.case
        if not case.sites:
            return Said(_("There is no warehouse to ship from"))
        if not case.services:
            return Said(_("There is no carrier to ship with"))
        nowhere = [line for place, line in enumerate(case.lines) if not any(mask >> place & 1 for mask in self.masks)]
        if nowhere:
            return Said(_("No warehouse can ship {items}"), items=[self._where(line) for line in nowhere])
        if self.strategy.max_parcels < len(case.lines) and self.strategy.max_parcels < len(case.sites):
            text = _("No {count} warehouses and their carriers can ship the whole order together")
            if self.strategy.max_parcels == 1:
                text = _("No single warehouse with its carriers can ship the whole order")
            return Said(text, count=self.strategy.max_parcels)
        return Said(_("No carrier can ship the order from where the goods are"))

    def _where(self, line: Line) -> str:
        """ "5 × [MUG-1] (Osaka 3, Tokyo 1)": the units wanted, and where most are free."""
        stock = sorted(((self.case.free(site, line), -place) for place, site in enumerate(self.case.sites)), reverse=True)
        found = ", ".join(f"{self.case.sites[-place]['name']} {free:g}" for free, place in stock[:5] if free)
        return f"{self.case.units(line):g} × [{skus([line])[0]}] ({found or 0})"

    def lacks(self, candidates: Sequence[Candidate]) -> tuple[tuple[int, tuple[Said, ...]], ...]:
        """By site what keeps it from shipping the whole order with the service that lacks least, the shortest list first."""
        least: dict[int, tuple[int, int, tuple[Said, ...]]] = {}
        for candidate in candidates:
            lack = len(self.case.lines) - len(candidate.lines), len(candidate.said), candidate.said
            if candidate.site not in least or lack[:2] < least[candidate.site][:2]:
                least[candidate.site] = lack
        # Sites stay by (priority, id) among equals
        return tuple((site, said) for site, (_lines, _count, said) in sorted(least.items(), key=lambda item: item[1][:2]))


@cache
def _looks_at(call: Callable[..., Any]) -> str:
    """What a fence is about, by the names of its parameters."""
    names = signature(call).parameters
    if "service" in names:
        return "parcel" if "site" in names else "service"
    return "lines" if "lines" in names else "site"


def _with(call: Callable[..., Any], args: dict[str, Any]) -> Callable[..., Any]:
    return partial(call, **args) if args else call


def _weights(criteria: Sequence[_Criterion], strategy: StrategySpec) -> Numbers | None:
    """Whole numbers in the ratio weight / scale; None in lexicographic mode."""
    if strategy.mode != "weighted":
        return None
    weights = [
        Fraction(str(max(0.0, weight))) / Fraction(str(criterion.measure.scale))
        for criterion, (_spec, weight) in zip(criteria, strategy.criteria, strict=True)
    ]
    common = lcm(*(weight.denominator for weight in weights))
    return tuple(int(weight * common) for weight in weights)


def _not_above(one: Numbers, other: Numbers) -> bool:
    return all(a <= b for a, b in zip(one, other, strict=True))


def _plain(numbers: Numbers) -> tuple[float, ...]:
    return tuple([number / EXACT for number in numbers])


def _union(masks: Iterable[int]) -> int:
    return reduce(or_, masks, 0)


def _bits(mask: int) -> Iterator[int]:
    while mask:
        yield mask & -mask
        mask &= mask - 1


def _by_bits(lines: Lines) -> Callable[[int], Lines]:
    """mask → its lines, always the same tuple."""
    known: dict[int, Lines] = {}

    def of(mask: int) -> Lines:
        if mask not in known:
            known[mask] = Lines(line for place, line in enumerate(lines) if mask >> place & 1)
        return known[mask]

    return of
