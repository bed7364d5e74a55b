"""Customers: creating, updating and deleting them, with the consent given at creation."""
from __future__ import annotations

import re
from typing import Any

from .accounts import make_customer
from .clock import parse_instant
from .errors import NotModelled, TopLevelError, refuse
from .nodes import find
from .order_build import make_address
from .registry import field, mutation

Node = dict[str, Any]

_FIELDS = {"firstName", "lastName", "email", "phone", "note", "locale", "taxExempt"}
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+\Z")
_PHONE = re.compile(r"\+[1-9]\d{6,14}\Z")
#: consent input → (what it needs, its words, fields of state, level, time)
_CONSENTS = {
    "emailMarketingConsent": ("email", "An email address is required to set the email marketing consent state.",
                              "marketingState", "marketingOptInLevel", "consentUpdatedAt"),
    "smsMarketingConsent": ("phone", "A phone number is required to set the SMS consent state.",
                            "marketingState", "marketingOptInLevel", "consentUpdatedAt"),
    "whatsAppMarketingConsent": ("phone", "A phone number is required to set the WhatsApp consent state.",
                                 "state", "optInLevel", "updatedAt"),
}


@mutation("customerCreate")
def _create(args: Node, ctx: Any) -> Node:
    values = args["input"]
    _check(values, ctx, None)
    consents = {name: _consent(name, values) for name in _CONSENTS if values.get(name)}
    if not any(values.get(name) for name in ("firstName", "lastName", "email", "phone")):
        raise refuse(None, "A name, phone number, or email address must be present")
    made = make_customer(ctx.shop, {
        "first_name": values.get("firstName"), "last_name": values.get("lastName"), "email": values.get("email"),
        "phone": values.get("phone"), "note": values.get("note"), "tags": values.get("tags"),
        "tax_exempt": values.get("taxExempt"), "locale": values.get("locale") or ctx.shop.meta["settings"]["locale"],
        "addresses": values.get("addresses")})
    made["consents"] = consents
    return {"customer": made}


@mutation("customerUpdate")
def _update(args: Node, ctx: Any) -> Node:
    values = dict(args["input"])
    customer = find(ctx, values.pop("id", None) or "gid://shopify/Customer/0", "Customer")
    if customer is None:
        raise refuse(["id"], "Customer does not exist")
    for name in _CONSENTS:
        if values.get(name):
            other = f"customer{name[0].upper()}{name[1:]}Update"
            raise refuse([name], f"To update {name}, please use the {other} Mutation instead")
    _check(values, ctx, customer)
    ctx.shop.touch(customer)
    customer.update({name: values[name] for name in _FIELDS if name in values})
    if "tags" in values:
        customer["tags"] = sorted(set(values["tags"] or []), key=str.lower)
    if values.get("addresses") is not None:
        customer["addresses"] = [make_address(ctx.shop, customer, row) for row in values["addresses"]]
    ctx.shop.emit("customers/update", customer)
    return {"customer": customer}


@mutation("customerDelete")
def _delete(args: Node, ctx: Any) -> Node:
    customer = find(ctx, args["input"]["id"], "Customer")
    if customer is None:
        raise refuse(["id"], "Customer can't be found")
    if any(order["customer"] == customer["id"] and not order["cancelledAt"] for order in ctx.shop.all("Order")):
        raise refuse(["id"], "Customer can’t be deleted because they have associated orders")
    ctx.shop.emit("customers/delete", customer)
    ctx.shop.remove(customer)
    return {"deletedCustomerId": customer["id"]}


def _check(values: Node, ctx: Any, customer: Node | None) -> None:
    unknown = {name for name, value in values.items() if value is not None} - _FIELDS - {"tags", "addresses"} - set(_CONSENTS)
    if unknown:
        raise NotModelled(f"customer input {', '.join(sorted(unknown))}")
    for name in _CONSENTS:
        consent = values.get(name) or {}
        if "REDACTED" in (consent.get("marketingState"), consent.get("state")):
            raise TopLevelError("Cannot specify REDACTED as a marketing state input", "INVALID")
    if values.get("email") and not _EMAIL.match(values["email"]):
        raise refuse(["email"], "Email is invalid")
    if values.get("phone") and not _PHONE.match(re.sub(r"[\s()-]", "", values["phone"])):
        raise refuse(["phone"], "Phone is invalid")
    for name, words in (("email", "Email"), ("phone", "Phone")):
        if values.get(name) and any(other is not customer and other[name] == values[name]
                                    for other in ctx.shop.all("Customer")):
            raise refuse([name], f"{words} has already been taken")


def _consent(name: str, values: Node) -> Node:
    needs, words, state, level, at = _CONSENTS[name]
    if not values.get(needs):
        raise refuse([name], words)
    given = values[name]
    return {"state": given[state], "level": given.get(level) or "SINGLE_OPT_IN",
            "at": parse_instant(given[at]) if given.get(at) else None}


# -- reading


def _of(customer: Node, name: str) -> Node:
    return customer.get("consents", {}).get(name) or {"state": "NOT_SUBSCRIBED", "level": "SINGLE_OPT_IN", "at": None}


@field("Customer.defaultEmailAddress")
def _email(customer: Node, args: Node, ctx: Any) -> Node | None:
    consent = _of(customer, "emailMarketingConsent")
    return {"emailAddress": customer["email"], "marketingState": consent["state"], "marketingOptInLevel": consent["level"],
            "marketingUpdatedAt": consent["at"], "validFormat": True} if customer["email"] else None


@field("Customer.defaultPhoneNumber")
def _phone(customer: Node, args: Node, ctx: Any) -> Node | None:
    consent = _of(customer, "smsMarketingConsent")
    return {"phoneNumber": customer["phone"], "marketingState": consent["state"], "marketingOptInLevel": consent["level"],
            "marketingUpdatedAt": consent["at"], "marketingCollectedFrom": "OTHER"} if customer["phone"] else None


@field("Customer.emailMarketingConsent")
def _email_consent(customer: Node, args: Node, ctx: Any) -> Node | None:
    consent = _of(customer, "emailMarketingConsent")
    return {"marketingState": consent["state"], "marketingOptInLevel": consent["level"],
            "consentUpdatedAt": consent["at"], "sourceLocation": None} if customer["email"] else None


@field("Customer.smsMarketingConsent")
def _sms_consent(customer: Node, args: Node, ctx: Any) -> Node | None:
    consent = _of(customer, "smsMarketingConsent")
    return {"marketingState": consent["state"], "marketingOptInLevel": consent["level"], "consentUpdatedAt": consent["at"],
            "consentCollectedFrom": "OTHER", "sourceLocation": None} if customer["phone"] else None
