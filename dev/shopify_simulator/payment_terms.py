"""Payment terms of orders and draft orders: templates, one schedule, and what is due."""
from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from .clock import parse_instant
from .connection import connection
from .errors import NotModelled, refuse
from .ledger import Ledger
from .nodes import find
from .registry import field, mutation, query

Node = dict[str, Any]

_TEMPLATES = [
    (1, "Due on receipt", "RECEIPT", None), (2, "Net 7", "NET", 7), (3, "Net 15", "NET", 15), (4, "Net 30", "NET", 30),
    (5, "Net 45", "NET", 45), (6, "Net 60", "NET", 60), (7, "Fixed", "FIXED", None), (8, "Net 90", "NET", 90),
    (9, "Due on fulfillment", "FULFILLMENT", None),
]
TEMPLATES = [
    {"__typename": "PaymentTermsTemplate", "id": f"gid://shopify/PaymentTermsTemplate/{number}", "name": name,
     "description": name, "translatedName": name, "paymentTermsType": kind, "dueInDays": days}
    for number, name, kind, days in _TEMPLATES
]
_OWNERS = {"Order": "Order", "DraftOrder": "Draft order"}

query("paymentTermsTemplates")(lambda root, args, ctx: [
    row for row in TEMPLATES if args.get("paymentTermsType") in (None, row["paymentTermsType"])])

# -- reading


def _owner(terms: Node, ctx: Any) -> Node:
    found: Node = ctx.shop.nodes[terms["order"] or terms["draft"]]
    return found


def _due(terms: Node, ctx: Any) -> bool:
    schedule = terms["schedule"]
    return schedule["dueAt"] is not None and schedule["dueAt"] <= ctx.now and not _completed(terms, ctx)


def _completed(terms: Node, ctx: Any) -> datetime | None:
    """When the last payment settled the order."""
    if not terms["order"]:
        return None
    order = _owner(terms, ctx)
    paid = [t["processedAt"] for t in order["transactions"] if t["status"] == "SUCCESS" and t["kind"] in ("SALE", "CAPTURE")]
    return max(paid) if paid and Ledger(order).outstanding.shop <= 0 else None


def _balance(terms: Node, ctx: Any) -> Any:
    owner = _owner(terms, ctx)
    amount = Ledger(owner).outstanding if terms["order"] else Ledger(owner).price
    return amount.presentment, amount.presentment_currency


def _terms(schedule: Node, ctx: Any) -> Node:
    found: Node = ctx.shop.nodes[schedule["terms"]]
    return found


field("Order.paymentTerms")(lambda o, args, ctx: o.get("payment_terms"))
field("PaymentTerms.due", "PaymentTerms.overdue")(lambda t, args, ctx: _due(t, ctx))
field("PaymentTerms.order")(lambda t, args, ctx: ctx.shop.find(t["order"], "Order"))
field("PaymentTerms.draftOrder")(lambda t, args, ctx: None if t["order"] else ctx.shop.find(t["draft"], "DraftOrder"))
field("PaymentTerms.paymentSchedules")(lambda t, args, ctx: connection([t["schedule"]], args, ctx))
for _name in ("paymentTermsName", "translatedName"):
    field(f"PaymentTerms.{_name}")(lambda t, args, ctx: t["template"]["name"])
field("PaymentTerms.paymentTermsType")(lambda t, args, ctx: t["template"]["paymentTermsType"])
field("PaymentTerms.dueInDays")(lambda t, args, ctx: t["template"]["dueInDays"])
field("PaymentSchedule.paymentTerms")(lambda s, args, ctx: _terms(s, ctx))
field("PaymentSchedule.due")(lambda s, args, ctx: _due(_terms(s, ctx), ctx))
field("PaymentSchedule.completedAt")(lambda s, args, ctx: _completed(_terms(s, ctx), ctx))
for _name in ("amount", "balanceDue", "totalBalance"):
    field(f"PaymentSchedule.{_name}")(lambda s, args, ctx: _balance(_terms(s, ctx), ctx))

# -- writing


@mutation("paymentTermsCreate")
def _create(args: Node, ctx: Any) -> Node:
    code, shop = "PAYMENT_TERMS_CREATION_UNSUCCESSFUL", ctx.shop
    kind, number = args["referenceId"].split("/")[-2:]
    owner = find(ctx, args["referenceId"], *_OWNERS)
    if owner is None:
        raise refuse(None, f"Cannot find the specific {_OWNERS.get(kind, kind)} with id {number}.", code)
    values = _checked(args["paymentTermsAttributes"], owner, code)
    shop.touch(owner)
    terms = shop.node("PaymentTerms", owner, draft=owner["id"], order=owner["id"] if kind == "Order" else None)
    terms["schedule"] = shop.node("PaymentSchedule", owner, terms=terms["id"])
    owner["payment_terms"] = terms
    _write(terms, values, ctx)
    return {"paymentTerms": terms}


@mutation("paymentTermsUpdate")
def _update(args: Node, ctx: Any) -> Node:
    code, values = "PAYMENT_TERMS_UPDATE_UNSUCCESSFUL", args["input"]
    terms = find(ctx, values["paymentTermsId"], "PaymentTerms")
    if terms is None:
        raise refuse(None, "Could not find payment terms.", code)
    owner = _owner(terms, ctx)
    checked = _checked(values.get("paymentTermsAttributes") or {}, owner, code)
    ctx.shop.touch(owner)
    _write(terms, checked, ctx)
    return {"paymentTerms": terms}


@mutation("paymentTermsDelete")
def _delete(args: Node, ctx: Any) -> Node:
    terms = find(ctx, args["input"]["paymentTermsId"], "PaymentTerms")
    if terms is None:
        raise refuse(None, "Could not find payment terms.", "PAYMENT_TERMS_DELETE_UNSUCCESSFUL")
    owner = _owner(terms, ctx)
    ctx.shop.touch(owner)
    owner.pop("payment_terms")
    for gid in (terms["schedule"]["id"], terms["id"]):
        del ctx.shop.nodes[gid]
    return {"deletedId": terms["id"]}


def _checked(values: Node, owner: Node, code: str) -> Node:
    if len(values.get("paymentSchedules") or []) > 1:
        raise refuse(None, "Cannot create payment terms with multiple payment schedules.", code)
    if owner["__typename"] == "Order" and Ledger(owner).outstanding.shop <= 0:
        raise refuse(None, "Cannot create payment terms on an Order that has already been paid in full.", code)
    return values


def _write(terms: Node, values: Node, ctx: Any) -> None:
    if values.get("paymentTermsTemplateId"):
        wanted = values["paymentTermsTemplateId"]
        terms["template"] = next((row for row in TEMPLATES if row["id"] == wanted), None)
        if terms["template"] is None:
            raise NotModelled(f"payment terms template {wanted}")
    schedule, rows = terms["schedule"], values.get("paymentSchedules") or [{}]
    issued, due = (parse_instant(rows[0][name]) if rows[0].get(name) else None for name in ("issuedAt", "dueAt"))
    days = terms["template"]["dueInDays"]
    if days is not None:
        issued = issued or ctx.now
        due = issued + timedelta(days=days)
    schedule.update(issuedAt=issued, dueAt=due)
