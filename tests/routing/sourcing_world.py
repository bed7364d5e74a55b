"""Orders and candidates for the tests of sourcing, and the best assignment found by trying them all."""

import itertools
from fractions import Fraction

from odoo.addons.ec_order_routing.engine import sourcing
from odoo.addons.ec_order_routing.engine.case import Case, Lines
from odoo.addons.ec_order_routing.engine.registry import function, functions
from odoo.addons.ec_order_routing.engine.spec import FunctionSpec, StrategySpec

FENCES = (
    "zone", "closed", "capacity", "rejected", "stock", "tags", "temperature", "dangerous", "cod", "carrier_temperature",
    "carrier_dangerous", "weight", "rate", "cut_off", "promise",
)  # fmt: skip
CRITERIA = ("parcels", "distance", "cost", "days", "balance", "stockout", "priority")
LOOKS_AT = {
    "zone": "site", "closed": "site", "capacity": "site", "rejected": "site",
    "stock": "lines", "tags": "lines", "temperature": "lines", "dangerous": "lines",
    "cod": "service", "carrier_temperature": "service", "carrier_dangerous": "service", "weight": "service",
}  # fmt: skip


def site(number, **values):
    return {
        "id": number, "name": f"Site {number}", "priority": 1, "state": "JP-13", "lat": 0.0, "lon": 0.0, "cut_off": None,
        "closed": [], "workdays": [0, 1, 2, 3, 4, 5, 6], "handling_days": 0, "capacity_left": None,
        "temperatures": ["normal"], "dangerous": False, "zones": {"states": [], "zips": []}, "tags": [], "rejected": False,
    } | values  # fmt: skip


def rate(price=500.0, days=1, **values):
    return {"site": None, "states": [], "max_weight": None, "price": price, "days": days} | values


def service(number, *rates, **values):
    return {
        "id": number, "name": f"Service {number}", "cod": False, "cod_limit": 0.0, "temperatures": ["normal"], "dangerous": False,
        "max_weight": None, "rates": list(rates or [rate()]),
    } | values  # fmt: skip


def line(number, free, units=1.0, **values):
    """free: {site id: units}."""
    return {
        "id": number, "product_id": 100 + number, "product_uom_qty": units, "fact.sku": f"SKU-{number}", "fact.goods": True,
        "fact.weight": 1.0, "fact.temperature": "normal", "fact.dangerous": False, "fact.release_date": False, "fact.tags": [],
        "fact.free": {str(key): value for key, value in free.items()},
    } | values  # fmt: skip


def snapshot(lines, sites, services, **order):
    """Monday, 23 November 2026, a quarter past four in Tokyo."""
    order = {
        "id": 1, "amount_total": 10000.0, "fact.ship_state": "JP-27", "fact.ship_country": "JP", "fact.ship_zip": "530-0001",
        "fact.cod": False, "fact.requested_date": False,
    } | order  # fmt: skip
    now = {"now": "2026-11-23 07:15:00", "today": "2026-11-23", "utc_offset": 540}
    return {**now, "order": order, "lines": lines, "sites": sites, "services": services}


def strategy(*criteria, mode="lexicographic", max_parcels=2, fences=FENCES):
    """criteria: names, or (name, weight)."""
    weighted = [each if isinstance(each, tuple) else (each, 1.0) for each in criteria]
    return StrategySpec(
        1, "test", mode, max_parcels, tuple(x if isinstance(x, FunctionSpec) else FunctionSpec(x) for x in fences), tuple((FunctionSpec(n), w) for n, w in weighted)
    )


def fenced(case, spec, parcel_site, parcel_service, lines):
    """Whether some fence of the strategy excludes the parcel."""
    for each in spec.fences:
        call = function("fence", each.name).call
        about = {
            "site": (parcel_site,),
            "lines": (parcel_site, lines),
            "service": (parcel_service, lines),
        }.get(LOOKS_AT.get(each.name, ""), (parcel_site, parcel_service, lines))
        if call(case, *about, **function("fence", each.name).complete(each.args)):
            return True
    return False


def brute_force(data, spec):
    """The best assignment as {site id: (service id, line ids)}, or None: every map of lines to sites, every map of sites to services."""
    case, best = Case(data), None
    if not case.lines:
        return {}
    for places in itertools.product(range(len(case.sites)), repeat=len(case.lines)):
        used = sorted(set(places))
        if len(used) > spec.max_parcels:
            continue
        loads = [Lines(x for x, place in zip(case.lines, places, strict=True) if place == each) for each in used]
        for services in itertools.product(case.services, repeat=len(used)):
            parcels = [(case.sites[a], b, c) for a, b, c in zip(used, services, loads, strict=True)]
            if any(fenced(case, spec, *parcel) for parcel in parcels):
                continue
            key = (score(case, spec, parcels), len(used), used, places, [each["id"] for each in services])
            if best is None or key < best[0]:
                best = key, {a["id"]: (b["id"], [x["id"] for x in c]) for a, b, c in parcels}
    return best and best[1]


def score(case, spec, parcels):
    numbers = []
    for each, _weight in spec.criteria:
        criterion = function("criterion", each.name)
        values = [round(criterion.call(case, *parcel, **each.args) * 1000) for parcel in parcels]
        numbers.append(sum(values) if criterion.call.measure.fold == "sum" else max(values))
    if spec.mode == "lexicographic":
        return numbers
    scales = [Fraction(function("criterion", each.name).call.measure.scale) for each, _weight in spec.criteria]
    return [sum(Fraction(str(w)) * n / s for n, s, (_each, w) in zip(numbers, scales, spec.criteria, strict=True))]


def assigned(choice):
    """The choice in the form of `brute_force`."""
    if choice.unroutable:
        return None
    return {parcel.site: (parcel.service, list(parcel.lines)) for parcel in choice.parcels}


assert sourcing.fences and {each.name for each in functions("fence")} >= set(FENCES)
assert {each.name for each in functions("criterion")} >= set(CRITERIA)
