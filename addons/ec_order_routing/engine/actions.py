"""What rules can do. Every action writes in the draft of the plan; nothing happens here."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from .facts import goods
from .plan import Draft, own_words
from .registry import Arg, action
from .words import Said, _

Snapshot = Mapping[str, Any]
WEEKDAYS = (
    ("mon", _("Monday")),
    ("tue", _("Tuesday")),
    ("wed", _("Wednesday")),
    ("thu", _("Thursday")),
    ("fri", _("Friday")),
    ("sat", _("Saturday")),
    ("sun", _("Sunday")),
)


@action(
    "hold",
    _("Hold the order"),
    args=(
        Arg("code", "hold_type", _("Hold type")),
        Arg("reason", "text", _("Reason"), default=None),
        Arg("due_hours", "integer", _("Due within (hours)"), default=None),
        Arg("key", "text", _("Key"), default=""),
    ),
)
def hold(
    plan: Draft, snapshot: Snapshot, code: str, reason: str | None, due_hours: int | None, key: str
) -> Said | None:
    """Open until the rule does not match any more. Without a reason: what the rule's conditions say."""
    if reason:
        return plan.hold(code, own_words(reason), due_hours, key)
    return plan.hold(code, plan.why[0] if plan.why else own_words(plan.rule.name), due_hours, key)


@action(
    "source",
    _("Choose warehouse and carrier"),
    args=(
        Arg("strategy", "strategy", _("Strategy")),
        Arg("hold_type", "hold_type", _("Hold it when nobody can ship"), default="unroutable"),
    ),
    order=("warehouse_id", "carrier_id"),
    lines=("fact.free",),
)
def source(plan: Draft, snapshot: Snapshot, strategy: int, hold_type: str | None) -> Said | None:
    return plan.source(strategy, hold_type)


@action(
    "warehouse",
    _("Ship from warehouse"),
    args=(Arg("warehouse", "warehouse", _("Warehouse")),),
    order=("warehouse_id",),
)
def warehouse(plan: Draft, snapshot: Snapshot, warehouse: int) -> Said | None:
    return plan.put("warehouse_id", warehouse, warehouse_id=warehouse)


@action(
    "carrier", _("Ship with carrier"), args=(Arg("carrier", "carrier", _("Carrier")),), order=("carrier_id", "fact.cod")
)
def carrier(plan: Draft, snapshot: Snapshot, carrier: int) -> Said | None:
    return plan.put("carrier_id", carrier, carrier_id=carrier, **plan.carrier_facts(carrier))


@action(
    "ship_date",
    _("Set the shipping date"),
    args=(
        Arg(
            "start",
            "choice",
            _("Counted from"),
            default="today",
            choices=(
                ("today", _("Today")),
                ("requested", _("The requested date")),
                ("release", _("The latest release date")),
            ),
        ),
        Arg("days", "integer", _("Days later (earlier: below 0)"), default=0),
        Arg("off", "codes", _("Never on"), default=[], choices=WEEKDAYS),
    ),
    order=("fact.requested_date",),
    lines=("fact.goods", "fact.release_date"),
)
def ship_date(plan: Draft, snapshot: Snapshot, start: str, days: int, off: list[str]) -> Said | None:
    """Never before today. A day that is off moves to the next day, or to the one before when counting back."""
    today = date.fromisoformat(snapshot["today"])
    if start == "today":
        first = snapshot["today"]
    elif start == "requested":
        first = snapshot["order"]["fact.requested_date"]
    else:
        first = max((line["fact.release_date"] or "" for line in goods(snapshot)), default="")
    if not first:
        return Said(_("There is no date to count from"))
    day = date.fromisoformat(first) + timedelta(days=days)
    closed = set(off)
    step = timedelta(days=-1 if days < 0 else 1)
    while len(closed) < 7 and WEEKDAYS[day.weekday()][0] in closed:
        day += step
    return plan.put("ship_date", max(day, today).isoformat())


@action("split", _("Split the order"))
def split(plan: Draft, snapshot: Snapshot) -> None:
    plan.add("requests", "split")


@action("combine", _("Combine with the buyer's other orders"))
def combine(plan: Draft, snapshot: Snapshot) -> None:
    plan.add("requests", "combine")


@action("tag", _("Add a tag"), args=(Arg("tag", "tag", _("Tag")),), order=("tag_ids",))
def tag(plan: Draft, snapshot: Snapshot, tag: int) -> None:
    plan.tag(tag, on=True)


@action("untag", _("Remove a tag"), args=(Arg("tag", "tag", _("Tag")),), order=("tag_ids",))
def untag(plan: Draft, snapshot: Snapshot, tag: int) -> None:
    plan.tag(tag, on=False)


@action("user", _("Assign a salesperson"), args=(Arg("user", "user", _("User")),), order=("user_id",))
def user(plan: Draft, snapshot: Snapshot, user: int) -> Said | None:
    return plan.put("user_id", user, user_id=user)


@action("mail", _("Send a mail"), args=(Arg("template", "template", _("Mail template")),))
def mail(plan: Draft, snapshot: Snapshot, template: int) -> None:
    plan.add("mails", template)


@action(
    "activity",
    _("Plan an activity"),
    args=(
        Arg("summary", "text", _("Summary")),
        Arg("type", "activity_type", _("Activity type"), default=None),
        Arg("user", "user", _("User"), default=None),
        Arg("days", "integer", _("Due in (days)"), default=0),
    ),
)
def activity(plan: Draft, snapshot: Snapshot, summary: str, type: int | None, user: int | None, days: int) -> None:
    plan.add("activities", {"type": type, "user": user, "summary": summary, "days": days, "rule": plan.rule.id})


@action(
    "approval",
    _("Ask for approval"),
    args=(Arg("user", "user", _("Approver"), default=None), Arg("reason", "text", _("Reason"), default=None)),
)
def approval(plan: Draft, snapshot: Snapshot, user: int | None, reason: str | None) -> None:
    said = own_words(reason) if reason else plan.why[0] if plan.why else own_words(plan.rule.name)
    plan.add("approvals", {"user": user, "reason": said.to_json(), "rule": plan.rule.id})


@action("cancel", _("Cancel the order"), args=(Arg("reason", "text", _("Reason"), default=None),))
def cancel(plan: Draft, snapshot: Snapshot, reason: str | None) -> Said | None:
    said = own_words(reason) if reason else plan.why[0] if plan.why else own_words(plan.rule.name)
    return plan.put("cancel", said)
