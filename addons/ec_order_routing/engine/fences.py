"""What excludes a warehouse, a warehouse for some lines, or a parcel. Pure.

Call shapes, told apart by the names of the parameters; each answers Said (excluded, and why) or None:
    f(case, site, **args)                   the site, whatever it ships
    f(case, site, lines, **args)            these lines from there; what excludes some lines excludes them with more lines too
    f(case, service, lines, **args)         a parcel of these lines with the service, from wherever
    f(case, site, service, lines, **args)   the parcel
"""

from __future__ import annotations

from datetime import timedelta
from math import inf
from typing import Any

from .case import Case, Line, Lines, Service, Site, plain_zip, skus
from .facts import utc_of
from .registry import Arg, fence
from .words import Said, _

TEMPERATURES = {"normal": _("normal"), "chilled": _("chilled"), "frozen": _("frozen")}
OTHER_TAGS = _("{name} does not ship goods like {skus}")
NOT_KEPT = _("{name} does not keep goods {temperature}: {skus}")
NOT_DANGEROUS = _("{name} ships no dangerous goods: {skus}")
NOT_CARRIED = _("{name} does not carry goods {temperature}: {skus}")
CARRIES_NOT_DANGEROUS = _("{name} carries no dangerous goods: {skus}")

# ---- the site


@fence("zone", _("Ships to the destination"))
def zone(case: Case, site: Site) -> Said | None:
    """States or postal prefixes, either will do; neither: everywhere."""
    zones = site.get("zones") or {}
    states, zips = zones.get("states"), zones.get("zips")
    if not states and not zips:
        return None
    if states and not case.state_forms.isdisjoint(states):
        return None
    if zips and case.zip and case.zip.startswith(tuple(filter(None, map(plain_zip, zips)))):
        return None
    return Said(_("{site} does not ship to {state} {zip}"), site=site["name"], state=_state(case), zip=case.order.get("fact.ship_zip") or "")


@fence("closed", _("Not closed for long"), args=(Arg("days", "integer", _("Waits at most (days)"), default=3),))
def closed(case: Case, site: Site, days: int) -> Said | None:
    """A closed day moves the day of shipping; it excludes where the site opens later than in so many days. 0: open today."""
    if case.is_open(site, case.today):
        return None
    opens = case.opens_on(site)
    if opens is None:
        return Said(_("{site} is closed for the next weeks"), site=site["name"])
    if (opens - case.today).days <= days:
        return None
    until = utc_of(case.snapshot, opens.isoformat(), days=-days)
    return Said(_("{site} is closed until {day}"), site=site["name"], day=opens.isoformat(), until=until)


@fence("capacity", _("Capacity left today"))
def capacity(case: Case, site: Site) -> Said | None:
    """A site where the order has its place already (fact.capacity_at: ids of sites) is not full for it."""
    left = site.get("capacity_left")
    if left is None or left > 0 or site["id"] in case.order.get("fact.capacity_at", ()):
        return None
    until = utc_of(case.snapshot, case.today.isoformat(), days=1)
    return Said(_("{site} takes no more orders today"), site=site["name"], until=until)


@fence("rejected", _("Has not rejected the order"))
def rejected(case: Case, site: Site) -> Said | None:
    if not site.get("rejected"):
        return None
    return Said(_("{site} rejected this order before"), site=site["name"])


# ---- lines from the site


@fence("stock", _("In stock"))
def stock(case: Case, site: Site, lines: Lines) -> Said | None:
    """All units of the lines are free; lines of one product share what is free of it."""
    wanted: dict[int, tuple[float, float, Line]] = {}
    for line in lines:
        units, free, _line = wanted.get(line["product_id"], (0.0, inf, line))
        wanted[line["product_id"]] = units + case.units(line), min(free, case.free(site, line)), line
    lacks = [(round(units - free, 6), line) for units, free, line in wanted.values() if units > 0]
    missing = [(lack, skus([line])[0]) for lack, line in lacks if lack > 0]
    if not missing:
        return None
    if len(missing) == 1:
        ((units, sku),) = missing
        return Said(_("{site}: {units} of [{sku}] missing"), site=site["name"], units=units, sku=sku)
    return Said(_("{site}: missing {items}"), site=site["name"], items=[f"{units:g} × [{sku}]" for units, sku in missing])


@fence("tags", _("May ship goods with these tags"), lines=("fact.tags",))
def tags(case: Case, site: Site, lines: Lines) -> Said | None:
    """A site with tags ships only goods that have one of them."""
    allowed = site.get("tags")
    if not allowed:
        return None
    return _excluded(site, [x for x in lines if set(allowed).isdisjoint(x["fact.tags"])], OTHER_TAGS)


@fence("temperature", _("Kept at the right temperature"))
def temperature(case: Case, site: Site, lines: Lines) -> Said | None:
    kept = site.get("temperatures") or ("normal",)
    others = [line for line in lines if _temperature(line) not in kept]
    return _excluded(site, others, NOT_KEPT)


@fence("dangerous", _("May hold dangerous goods"))
def dangerous(case: Case, site: Site, lines: Lines) -> Said | None:
    if site.get("dangerous"):
        return None
    return _excluded(site, [line for line in lines if line["fact.dangerous"]], NOT_DANGEROUS)


# ---- the parcel


@fence("cod", _("Carrier collects what is paid on delivery"))
def cod(case: Case, service: Service, lines: Lines) -> Said | None:
    """The carrier collects for orders that are paid so, and for no others. Its limit is held against the total of the order."""
    if not case.order.get("fact.cod"):
        if not service.get("cod"):
            return None
        return Said(_("{service} collects on delivery, the order is not paid so"), service=service["name"])
    if not service.get("cod"):
        return Said(_("{service} collects no cash on delivery"), service=service["name"])
    limit, amount = service.get("cod_limit"), case.order["amount_total"]
    if not limit or amount <= limit:
        return None
    text = _("{service} collects at most {limit} on delivery, the order is {amount}")
    return Said(text, service=service["name"], limit=limit, amount=amount)


@fence("carrier_temperature", _("Carried at the right temperature"))
def carrier_temperature(case: Case, service: Service, lines: Lines) -> Said | None:
    carried = service.get("temperatures") or ("normal",)
    others = [line for line in lines if _temperature(line) not in carried]
    return _excluded(service, others, NOT_CARRIED)


@fence("carrier_dangerous", _("Carrier takes dangerous goods"))
def carrier_dangerous(case: Case, service: Service, lines: Lines) -> Said | None:
    if service.get("dangerous"):
        return None
    return _excluded(service, [x for x in lines if x["fact.dangerous"]], CARRIES_NOT_DANGEROUS)


@fence("weight", _("Not too heavy for the carrier"))
def weight(case: Case, service: Service, lines: Lines) -> Said | None:
    limit, kilograms = service.get("max_weight"), lines.weight
    if not limit or kilograms <= limit:
        return None
    text = _("{service} carries at most {limit} kg, the parcel weighs {weight} kg")
    return Said(text, service=service["name"], limit=limit, weight=kilograms)


@fence("rate", _("Has a rate to the destination"))
def rate(case: Case, site: Site, service: Service, lines: Lines) -> Said | None:
    """A service for which no rates are kept goes everywhere; beside services with rates it counts as the dearest."""
    if not service["rates"] or case.rate(site, service, lines):
        return None
    if case.brackets(site, service):
        text = _("{service} has no rate from {site} to {state} for {weight} kg")
        return Said(text, service=service["name"], site=site["name"], state=_state(case), weight=lines.weight)
    text = _("{service} has no rate from {site} to {state}")
    return Said(text, service=service["name"], site=site["name"], state=_state(case))


@fence("cut_off", _("Cut-off not passed, if the requested date needs it"))
def cut_off(case: Case, site: Site, service: Service, lines: Lines) -> Said | None:
    """A cut-off that has passed moves the day of shipping; it excludes only where the requested date is lost by that."""
    if not case.requested or not case.cut_off_passed(site):
        return None
    rate = case.rate(site, service, lines)
    days = timedelta(days=rate.days if rate else 0)
    late, in_time = case.ships_on(site, lines), case.ships_on(site, lines, cut_off=False)
    if not in_time or in_time + days > case.requested or (late and late + days <= case.requested):
        return None
    text = _("{site}: the cut-off at {time} has passed, {requested} cannot be met with {service}")
    time, requested = site["cut_off"], case.requested.isoformat()
    return Said(text, site=site["name"], service=service["name"], time=time, requested=requested)


@fence("promise", _("Arrives by the requested date"))
def promise(case: Case, site: Site, service: Service, lines: Lines) -> Said | None:
    """Where no rate says how long it takes, the day of shipping alone is held against the requested date."""
    if not case.requested:
        return None
    leaves = case.ships_on(site, lines)
    if not leaves:
        return Said(_("{site} does not ship in the next weeks"), site=site["name"])
    arrives = case.arrives_on(site, service, lines) or leaves
    if arrives <= case.requested:
        return None
    text = _("{service} from {site} arrives on {day}, {requested} was asked for")
    day, requested = arrives.isoformat(), case.requested.isoformat()
    return Said(text, service=service["name"], site=site["name"], day=day, requested=requested)


def _state(case: Case) -> str:
    """As people write it, where the facts have it."""
    return case.order.get("fact.ship_state_name") or case.state or "?"


def _temperature(line: Line) -> str:
    return line.get("fact.temperature") or "normal"


def _excluded(where: Site | Service, lines: list[Line], text: str) -> Said | None:
    if not lines:
        return None
    params: dict[str, Any] = {"name": where["name"], "skus": skus(lines)}
    if "{temperature}" in text:
        params["temperature"] = [Said(TEMPERATURES[kind]) for kind in sorted({_temperature(line) for line in lines})]
    return Said(text, **params)
