"""Conditions on the goods of an order and on their stock. Quantities are in the product's unit, weights in kg."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from typing import Any

from .facts import goods, local, utc_of
from .registry import Arg, condition
from .words import Said, _

Snapshot = Mapping[str, Any]
Line = Mapping[str, Any]
ROUND = 6

# -- What it is ---------------------------------------------------------------------------


@condition(
    "mixed_temperature", _("Goods of several temperatures"), lines=("fact.goods", "fact.temperature"), persistent=True
)
def mixed_temperature(snapshot: Snapshot) -> Said | None:
    kinds = {line["fact.temperature"] or "normal" for line in goods(snapshot)}
    if len(kinds) < 2:
        return None
    labels = {"normal": _("normal"), "chilled": _("chilled"), "frozen": _("frozen")}
    return Said(
        _("It has goods of several temperatures: {kinds}"),
        kinds=[Said(labels[kind]) for kind in labels if kind in kinds],
    )


@condition(
    "dangerous", _("Dangerous goods"), lines=("fact.goods", "fact.dangerous", "fact.sku", "fact.name"), persistent=True
)
def dangerous(snapshot: Snapshot) -> Said | None:
    found = [line for line in goods(snapshot) if line["fact.dangerous"]]
    return Said(_("Dangerous goods: {goods}"), goods=_names(found)) if found else None


@condition(
    "weight_above",
    _("The weight is above"),
    args=(Arg("limit", "float", _("Weight (kg)")),),
    order=("fact.weight",),
    persistent=True,
)
def weight_above(snapshot: Snapshot, limit: float) -> Said | None:
    weight = snapshot["order"]["fact.weight"]
    return (
        Said(_("It weighs {weight} kg, more than {limit} kg"), weight=weight, limit=limit) if weight > limit else None
    )


@condition(
    "units_above",
    _("The quantity is above"),
    args=(Arg("limit", "float", _("Units")),),
    lines=("fact.goods", "product_uom_qty"),
    persistent=True,
)
def units_above(snapshot: Snapshot, limit: float) -> Said | None:
    units = round(sum(map(_units, goods(snapshot))), ROUND)
    return Said(_("It has {units} units, more than {limit}"), units=units, limit=limit) if units > limit else None


@condition(
    "contains_sku",
    _("It contains a SKU"),
    args=(Arg("skus", "codes", _("SKUs (* stands for any text)")),),
    lines=("fact.sku", "fact.name"),
    persistent=True,
)
def contains_sku(snapshot: Snapshot, skus: list[str]) -> Said | None:
    found = [
        line
        for line in snapshot["lines"]
        if line["fact.sku"] and any(fnmatchcase(line["fact.sku"], each) for each in skus)
    ]
    return Said(_("It contains {goods}"), goods=_names(found)) if found else None


@condition(
    "contains_category",
    _("It contains a product category"),
    args=(Arg("category", "category", _("Category, and those below it")),),
    lines=("fact.categories", "fact.sku", "fact.name"),
    persistent=True,
)
def contains_category(snapshot: Snapshot, category: int) -> Said | None:
    found = [line for line in snapshot["lines"] if category in (line["fact.categories"] or ())]
    return Said(_("Of the category: {goods}"), goods=_names(found)) if found else None


@condition(
    "contains_tag",
    _("It contains a product with a tag"),
    args=(Arg("tag", "product_tag", _("Product tag")),),
    lines=("fact.tags", "fact.sku", "fact.name"),
    persistent=True,
)
def contains_tag(snapshot: Snapshot, tag: int) -> Said | None:
    found = [line for line in snapshot["lines"] if tag in (line["fact.tags"] or ())]
    return Said(_("With the tag: {goods}"), goods=_names(found)) if found else None


# -- When it is there ---------------------------------------------------------------------


@condition(
    "not_released", _("Goods are not released yet"), lines=("fact.goods", "fact.release_date", "fact.sku", "fact.name")
)
def not_released(snapshot: Snapshot) -> Said | None:
    """Until the latest release date among the goods."""
    found = [line for line in goods(snapshot) if (line["fact.release_date"] or "") > snapshot["today"]]
    if not found:
        return None
    last = max(line["fact.release_date"] for line in found)
    return Said(_("{goods} will be released on {date}"), goods=_names(found), date=last, until=utc_of(snapshot, last))


@condition(
    "pre_order",
    _("It was ordered before the release"),
    order=("fact.placed_at",),
    lines=("fact.goods", "fact.release_date", "fact.sku", "fact.name"),
    persistent=True,
)
def pre_order(snapshot: Snapshot) -> Said | None:
    placed = snapshot["order"]["fact.placed_at"]
    if not placed:
        return None
    day = local(snapshot, placed).date().isoformat()
    found = [line for line in goods(snapshot) if (line["fact.release_date"] or "") > day]
    if not found:
        return None
    last = max(line["fact.release_date"] for line in found)
    return Said(
        _("{goods} was ordered on {day}, before the release on {date}"), goods=_names(found), day=day, date=last
    )


@condition(
    "stock_short",
    _("Stock is short"),
    args=(
        Arg(
            "where",
            "choice",
            _("Where"),
            default="each",
            choices=(
                ("each", _("In every warehouse: none has all of it")),
                ("total", _("In all warehouses together")),
                ("order", _("In the order's warehouse")),
            ),
        ),
    ),
    order=("warehouse_id",),
    lines=("fact.goods", "product_id", "product_uom_qty", "fact.sku", "fact.name", "fact.free", "fact.incoming"),
)
def stock_short(snapshot: Snapshot, where: str) -> Said | None:
    """Of several warehouses, the one that lacks fewest units is told of. Until the receipt by which nothing is missing any more."""
    wanted = _wanted(snapshot)
    if where == "order":
        short = _short(wanted, [str(snapshot["order"]["warehouse_id"])])
    elif where == "total":
        short = _short(wanted, None)
    else:
        places = sorted({place for line in goods(snapshot) for place in line["fact.free"] or ()}, key=int)
        choices = [_short(wanted, [place]) for place in places] or [_short(wanted, [])]
        short = min(choices, key=lambda missing: sum(missing.values()))
    if not short:
        return None
    lacking, covered = [], []
    for product, missing in short.items():
        line, units = wanted[product]
        covered.append(_covered(line["fact.incoming"] or (), missing))
        lacking.append(Said(_("{missing} of {units} {goods}"), missing=missing, units=units, goods=_names([line])))
    template = {
        "each": _("No warehouse has all of it; the best one lacks {lacking}"),
        "total": _("All warehouses together lack {lacking}"),
        "order": _("The order's warehouse lacks {lacking}"),
    }[where]
    said = Said(template, lacking=lacking)
    dates = [day for day in covered if day and day > snapshot["today"]]
    if len(dates) < len(covered):
        return said
    return Said(
        _("{short}. Receipts until {date} bring it"), short=said, date=max(dates), until=utc_of(snapshot, max(dates))
    )


def _wanted(snapshot: Snapshot) -> dict[int, tuple[Line, float]]:
    """{product: (its first line, units of all its lines)}; the lines of a product share what is free."""
    wanted: dict[int, tuple[Line, float]] = {}
    for line in goods(snapshot):
        first, units = wanted.get(line["product_id"], (line, 0.0))
        wanted[line["product_id"]] = first, round(units + _units(line), ROUND)
    return wanted


def _units(line: Line) -> float:
    """In the product's unit, where the facts give them so."""
    units: float = line.get("fact.units", line["product_uom_qty"])
    return units


def _short(wanted: Mapping[int, tuple[Line, float]], places: list[str] | None) -> dict[int, float]:
    """Units missing at these warehouses together (None: at all), by product."""
    short = {}
    for product, (line, units) in wanted.items():
        free = line["fact.free"] or {}
        there = sum(max(free.get(place, 0), 0) for place in (free if places is None else places))
        if (missing := round(units - there, ROUND)) > 0:
            short[product] = missing
    return short


def _covered(incoming: Iterable[tuple[str, float]], missing: float) -> str | None:
    """The date by which receipts bring what is missing."""
    total = 0.0
    for day, units in sorted((str(day), float(units)) for day, units in incoming):
        total = round(total + units, ROUND)
        if total >= missing:
            return day[:10]
    return None


def _names(lines: Iterable[Line]) -> list[str]:
    """SKUs, or names of goods without one, each once."""
    return list(dict.fromkeys(str(line["fact.sku"] or line["fact.name"] or line["id"]) for line in lines))
