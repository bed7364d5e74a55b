"""Conditions on what the buyer gave, on money and on time. Those on goods and stock: conditions_goods.py.

Each says why it holds in a sentence with its figures. Sentences name moments, not ages, so that they stay the same until something changes.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from . import labels, postal
from .actions import WEEKDAYS
from .facts import local, text_of, utc_of
from .registry import Arg, condition
from .words import NotYet, Said, _

Snapshot = Mapping[str, Any]

# -- The buyer ----------------------------------------------------------------------------


@condition(
    "comment",
    _("The buyer wrote a comment"),
    args=(Arg("ignore", "codes", _("But not one of these"), default=[]),),
    order=("fact.comment",),
    persistent=True,
)
def comment(snapshot: Snapshot, ignore: list[str]) -> Said | None:
    text = (snapshot["order"]["fact.comment"] or "").strip()
    if not text or text in ignore:
        return None
    return Said(_("The buyer wrote: {comment}"), comment=text)


@condition("same_buyer", _("The buyer has another open order"), order=("fact.same_buyer_orders",))
def same_buyer(snapshot: Snapshot) -> Said | None:
    orders = snapshot["order"]["fact.same_buyer_orders"]
    return Said(_("The same buyer has open orders: {orders}"), orders=orders) if orders else None


@condition("duplicate", _("It looks like a duplicate"), order=("fact.duplicates",))
def duplicate(snapshot: Snapshot) -> Said | None:
    orders = snapshot["order"]["fact.duplicates"]
    return Said(_("It looks like the same as {orders}"), orders=orders) if orders else None


@condition(
    "first_order",
    _("First order of the buyer"),
    order=("fact.buyer_orders",),
    persistent=True,
)
def first_order(snapshot: Snapshot) -> Said | None:
    return None if snapshot["order"]["fact.buyer_orders"] else Said(_("The buyer has not ordered before"))


@condition("gift", _("It is a gift"), order=("fact.gift", "fact.gift_wishes"), persistent=True)
def gift(snapshot: Snapshot) -> Said | None:
    order = snapshot["order"]
    if not order["fact.gift"]:
        return None
    # whoever gives the fact another source need not know what is wished
    wishes = (order.get("fact.gift_wishes") or "").strip()
    return Said(_("It is a gift: {wishes}"), wishes=wishes) if wishes else Said(_("It is a gift"))


# -- The address --------------------------------------------------------------------------


@condition(
    "address_incomplete",
    _("The address is incomplete"),
    args=(
        Arg("street", "boolean", _("Street wanted"), default=True),
        Arg("zip", "boolean", _("Postal code wanted"), default=True),
        Arg("phone", "boolean", _("Telephone wanted"), default=True),
    ),
    order=("fact.ship_street", "fact.ship_zip", "fact.ship_phone"),
    persistent=True,
)
def address_incomplete(snapshot: Snapshot, street: bool, zip: bool, phone: bool) -> Said | None:
    order = snapshot["order"]
    parts = (
        (street, "fact.ship_street", _("street")),
        (zip, "fact.ship_zip", _("postal code")),
        (phone, "fact.ship_phone", _("telephone")),
    )
    missing = [Said(label) for wanted, fact, label in parts if wanted and not (order[fact] or "").strip()]
    return Said(_("The address lacks: {missing}"), missing=missing) if missing else None


@condition(
    "zip_not_seven",
    _("The postal code has not 7 digits"),
    order=("fact.ship_zip", "fact.ship_country"),
    persistent=True,
)
def zip_not_seven(snapshot: Snapshot) -> Said | None:
    """Addresses in Japan only; an empty postal code is incomplete, not wrong."""
    order = snapshot["order"]
    zip_code = order["fact.ship_zip"]
    if not zip_code or not _in_japan(order) or len(postal.digits(zip_code)) == 7:
        return None
    return Said(_("The postal code {zip} has {count} digits, not 7"), zip=zip_code, count=len(postal.digits(zip_code)))


@condition(
    "zip_state_clash",
    _("Postal code and prefecture do not agree"),
    order=("fact.ship_zip", "fact.ship_state", "fact.ship_country"),
    persistent=True,
)
def zip_state_clash(snapshot: Snapshot) -> Said | None:
    """Addresses in Japan with 7 digits and a prefecture; a code that exists nowhere clashes with all."""
    order = snapshot["order"]
    code, state = postal.digits(order["fact.ship_zip"]), (order["fact.ship_state"] or "").removeprefix("JP-")
    if len(code) != 7 or not state or not _in_japan(order):
        return None
    places = postal.prefectures(code)
    if state in places:
        return None
    if not places:
        return Said(_("There is no postal code {zip}"), zip=order["fact.ship_zip"])
    words = {
        "zip": order["fact.ship_zip"],
        "places": [f"JP-{place}" for place in sorted(places)],
        "state": f"JP-{state}",
    }
    return Said(_("The postal code {zip} lies in {places}, the address says {state}"), **words)


@condition(
    "text_too_wide",
    _("The address is too long for the label"),
    args=(
        Arg("name", "integer", _("Name: full-width letters"), default=16),
        Arg("city", "integer", _("City: full-width letters"), default=None),
        Arg("street", "integer", _("Street: full-width letters"), default=16),
        Arg("street2", "integer", _("Street 2: full-width letters"), default=16),
    ),
    order=("fact.ship_name", "fact.ship_city", "fact.ship_street", "fact.ship_street2"),
    persistent=True,
)
def text_too_wide(snapshot: Snapshot, **widths: int | None) -> Said | None:
    """Narrow letters count one half. A width left empty is not looked at."""
    order = snapshot["order"]
    wide = []
    for part, most in widths.items():
        text = order[f"fact.ship_{part}"] or ""
        if most is not None and labels.width(text) > most:
            wide.append(
                Said(_("“{text}” takes {width} of {most} letters"), text=text, width=labels.width(text), most=most)
            )
    return Said(_("Too long for the label: {lines}"), lines=wide) if wide else None


@condition(
    "not_printable",
    _("The address has letters that labels cannot print"),
    order=("fact.ship_name", "fact.ship_city", "fact.ship_street", "fact.ship_street2"),
    persistent=True,
)
def not_printable(snapshot: Snapshot) -> Said | None:
    """Letters outside Shift JIS (cp932), which carriers' files are written in."""
    order = snapshot["order"]
    text = "".join(order[f"fact.ship_{part}"] or "" for part in ("name", "city", "street", "street2"))
    letters = labels.not_printable(text)
    return Said(_("Labels cannot print: {letters}"), letters=letters) if letters else None


@condition(
    "remote",
    _("The address is on a remote island"),
    args=(Arg("prefixes", "codes", _("Postal codes that begin with"), default=list(postal.REMOTE)),),
    order=("fact.ship_zip", "fact.ship_country"),
    persistent=True,
)
def remote(snapshot: Snapshot, prefixes: list[str]) -> Said | None:
    """Addresses in Japan, by the first digits of the postal code."""
    order = snapshot["order"]
    code = postal.digits(order["fact.ship_zip"])
    if not code or not _in_japan(order) or not code.startswith(tuple(prefixes)):
        return None
    prefix = max((each for each in prefixes if code.startswith(each)), key=len)
    return Said(_("The postal code {zip} is one of the remote {prefix}"), zip=order["fact.ship_zip"], prefix=prefix)


@condition("abroad", _("It goes abroad"), order=("fact.ship_country",), persistent=True)
def abroad(snapshot: Snapshot) -> Said | None:
    country = snapshot["order"]["fact.ship_country"]
    return None if _in_japan(snapshot["order"]) else Said(_("It goes to {country}"), country=country)


def _in_japan(order: Mapping[str, Any]) -> bool:
    return (order["fact.ship_country"] or "JP") == "JP"


# -- Money --------------------------------------------------------------------------------


@condition(
    "cod_over_limit",
    _("Cash on delivery over the limit"),
    args=(Arg("limit", "amount", _("Limit"), default=300000),),
    order=("amount_total", "fact.cod"),
    persistent=True,
)
def cod_over_limit(snapshot: Snapshot, limit: float) -> Said | None:
    order = snapshot["order"]
    if order["fact.cod"] and order["amount_total"] > limit:
        return Said(
            _("Cash on delivery of {amount} is over the limit of {limit}"), amount=order["amount_total"], limit=limit
        )
    return None


@condition(
    "unpaid",
    _("It is not paid"),
    args=(
        Arg("tolerance", "amount", _("But for"), default=0),
        Arg("cod", "boolean", _("Also for cash on delivery"), default=False),
    ),
    order=("amount_total", "fact.paid", "fact.cod"),
)
def unpaid(snapshot: Snapshot, tolerance: float, cod: bool) -> Said | None:
    order = snapshot["order"]
    left = round(order["amount_total"] - order["fact.paid"], 6)
    if left <= tolerance or (order["fact.cod"] and not cod):
        return None
    return Said(_("{left} of {total} is not paid"), left=left, total=order["amount_total"])


@condition(
    "payment_overdue",
    _("The payment is overdue"),
    args=(Arg("hours", "integer", _("Hours after the order"), default=72),),
    order=("fact.placed_at", "fact.awaits_payment", "fact.cod"),
)
def payment_overdue(snapshot: Snapshot, hours: int) -> Said | NotYet | None:
    """Not for cash on delivery, nor once somebody has let the order go unpaid."""
    order = snapshot["order"]
    if not order["fact.awaits_payment"] or order["fact.cod"] or not order["fact.placed_at"]:
        return None
    due = text_of(datetime.fromisoformat(order["fact.placed_at"]) + timedelta(hours=hours))
    if snapshot["now"] < due:
        return NotYet(due)
    when = local(snapshot, due).isoformat(" ", "minutes")
    return Said(_("It was to be paid by {due}, {hours} hours after the order"), due=when, hours=hours)


@condition("credit_over", _("The buyer is over the credit limit"), order=("fact.credit_over",))
def credit_over(snapshot: Snapshot) -> Said | None:
    over = snapshot["order"]["fact.credit_over"]
    return Said(_("The buyer is {over} over the credit limit"), over=over) if over > 0 else None


@condition(
    "amount_above",
    _("The amount is above"),
    args=(Arg("limit", "amount", _("Amount")),),
    order=("amount_total",),
    persistent=True,
)
def amount_above(snapshot: Snapshot, limit: float) -> Said | None:
    amount = snapshot["order"]["amount_total"]
    return Said(_("The amount of {amount} is above {limit}"), amount=amount, limit=limit) if amount > limit else None


@condition(
    "amount_below",
    _("The amount is below"),
    args=(Arg("limit", "amount", _("Amount")),),
    order=("amount_total",),
    persistent=True,
)
def amount_below(snapshot: Snapshot, limit: float) -> Said | None:
    amount = snapshot["order"]["amount_total"]
    return Said(_("The amount of {amount} is below {limit}"), amount=amount, limit=limit) if amount < limit else None


# -- Time ---------------------------------------------------------------------------------


@condition(
    "date_too_early",
    _("The requested date is too early"),
    args=(Arg("days", "integer", _("Days needed"), default=2),),
    order=("fact.requested_date",),
    persistent=True,
)
def date_too_early(snapshot: Snapshot, days: int) -> Said | NotYet | None:
    """Earlier than today and the days needed: once so, it stays so."""
    wanted = snapshot["order"]["fact.requested_date"]
    if not wanted:
        return None
    last_start = date.fromisoformat(wanted) - timedelta(days=days)
    if snapshot["today"] <= last_start.isoformat():
        return NotYet(utc_of(snapshot, last_start.isoformat(), days=1))
    return Said(
        _("It is requested for {date}; {days} days are needed, the last start was on {start}"),
        date=wanted,
        days=days,
        start=last_start.isoformat(),
    )


@condition(
    "date_too_late",
    _("The requested date is far off"),
    args=(Arg("days", "integer", _("More days ahead than"), default=7),),
    order=("fact.requested_date",),
)
def date_too_late(snapshot: Snapshot, days: int) -> Said | None:
    """Until the day on which the order may start."""
    wanted = snapshot["order"]["fact.requested_date"]
    if not wanted:
        return None
    start = (date.fromisoformat(wanted) - timedelta(days=days)).isoformat()
    if snapshot["today"] >= start:
        return None
    return Said(
        _("It is requested for {date} and may start on {start}, {days} days before"),
        date=wanted,
        start=start,
        days=days,
        until=utc_of(snapshot, start),
    )


@condition(
    "older_than",
    _("It was placed long ago"),
    args=(Arg("hours", "integer", _("More hours ago than"), default=24),),
    order=("fact.placed_at",),
    persistent=True,
)
def older_than(snapshot: Snapshot, hours: int) -> Said | NotYet | None:
    placed = snapshot["order"]["fact.placed_at"]
    if not placed:
        return None
    due = text_of(datetime.fromisoformat(placed) + timedelta(hours=hours))
    if snapshot["now"] < due:
        return NotYet(due)
    when = local(snapshot, placed).isoformat(" ", "minutes")
    return Said(_("It was placed on {placed}, more than {hours} hours ago"), placed=when, hours=hours)


@condition(
    "in_window",
    _("At certain hours"),
    args=(
        Arg("weekdays", "codes", _("Weekdays"), default=[code for code, _label in WEEKDAYS], choices=WEEKDAYS),
        Arg("start", "time", _("From"), default="00:00"),
        Arg("end", "time", _("Until (the next day if not later)"), default="00:00"),
    ),
)
def in_window(snapshot: Snapshot, weekdays: list[str], start: str, end: str) -> Said | NotYet | None:
    """By the company's clock, from `start` on one of the weekdays up to `end`, exclusive."""
    now = local(snapshot, snapshot["now"])
    spans: list[list[datetime]] = []
    for ahead in range(-1, 9):
        day = now.date() + timedelta(days=ahead)
        if WEEKDAYS[day.weekday()][0] in weekdays:
            first = datetime.fromisoformat(f"{day} {start}")
            last = datetime.fromisoformat(f"{day} {end}") + timedelta(days=end <= start)
            if spans and first <= spans[-1][1]:
                spans[-1][1] = max(last, spans[-1][1])
            else:
                spans.append([first, last])
    for first, last in spans:
        if first <= now < last:
            until = utc_of(snapshot, last.date().isoformat(), f"{last:%H:%M}")
            shown = {"start": f"{first:%Y-%m-%d %H:%M}", "end": f"{last:%Y-%m-%d %H:%M}"}
            if last - first > timedelta(days=7):
                return Said(_("It is always within these hours"))
            return Said(_("It is between {start} and {end}"), **shown, until=until)
    later = [first for first, _last in spans if first > now]
    return NotYet(utc_of(snapshot, later[0].date().isoformat(), f"{later[0]:%H:%M}")) if later else None
