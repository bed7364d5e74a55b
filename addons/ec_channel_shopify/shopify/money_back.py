"""Cancelling orders and giving money back, where a person in Odoo asked for it."""

from __future__ import annotations

import uuid
from decimal import Decimal
from typing import Any

from odoo.addons.ec_channel_base.sdk.documents import Cancellation, PushResult, RefundRequest
from odoo.addons.ec_channel_base.sdk.errors import NeedsAttention, Permanent

from .client import GraphQL, Refused
from .mapping import gid

Json = dict[str, Any]
NAMESPACE = uuid.UUID("6f0e8a52-94fd-4a27-8b0e-1a0b5a4f3c11")
NOTE_SIZE = 255
REASONS = frozenset({"customer", "inventory", "fraud", "declined", "staff", "other"})


def cancel(client: GraphQL, request: Cancellation) -> PushResult:
    """Start the cancellation of an order. Shopify refuses a second one, so repeating is safe."""
    variables = {
        "order": request.order_external_id,
        "reason": (request.reason if request.reason in REASONS else "other").upper(),
        "restock": request.restock,
        "refund": request.refund,
        "notify": request.notify_buyer,
        "note": request.note[:NOTE_SIZE] or None,
    }
    try:
        client.mutate("order_cancel", variables)
    except Refused as refused:
        if refused.says("already been cancel") or refused.says("already in progress"):
            return PushResult(key=request.key, note="it was cancelled before")
        if "NOT_FOUND" in refused.codes:
            raise Permanent(str(refused), code="not_found") from refused
        shipped = refused.says("outstanding fulfillments")
        raise NeedsAttention(
            str(refused), code="order_shipped" if shipped else "cancel_refused", detail=refused.detail
        ) from refused
    return PushResult(key=request.key, note="the shop is cancelling it")


def refund(client: GraphQL, request: RefundRequest, presentment: bool) -> PushResult:
    try:
        return PushResult(key=request.key, external_ids=(_refund(client, request, presentment),))
    except Refused as refused:
        raise NeedsAttention(str(refused), code="refund_refused", detail=refused.detail) from refused


def _refund(client: GraphQL, request: RefundRequest, presentment: bool) -> str:
    """The refund's id. The key stands in the refund's note: so it is found again after any lost answer, at any age."""
    key = uuid.uuid5(NAMESPACE, request.key)
    mark = f"[{key.hex[:12]}]"
    rows: list[Json] = [{"lineItemId": line.line_external_id, "quantity": int(line.quantity)} for line in request.lines]
    found = client.query(
        "refund_state",
        {
            "order": request.order_external_id,
            "lines": [{**row, "restockType": "NO_RESTOCK"} for row in rows],
            "lineIds": [row["lineItemId"] for row in rows],
            "shipping": str(request.shipping),
        },
    )
    order = found["order"]
    if order is None:
        raise Permanent(f"order {request.order_external_id} is not there", code="not_found")
    for earlier in order["refunds"]:
        if mark in (earlier.get("note") or ""):
            return gid(earlier)

    unshipped = {node["id"]: node["unfulfilledQuantity"] for node in found["nodes"] if node}
    for row in rows:
        row["restockType"] = "NO_RESTOCK"
        if request.restock:
            row["restockType"] = "CANCEL" if unshipped.get(row["lineItemId"], 0) >= row["quantity"] else "RETURN"
            if request.location_external_id:
                row["locationId"] = request.location_external_id
    foreign = order["currencyCode"] != order["presentmentCurrencyCode"]
    if foreign and not presentment and (request.amount is not None or request.shipping):
        raise NeedsAttention("the buyer paid in another currency: refund this one in the shop", code="refund_currency")
    values: Json = {
        "orderId": order["id"],
        "note": f"{request.note[: NOTE_SIZE - len(mark) - 1]} {mark}".strip(),
        "notify": request.notify_buyer,
        "refundLineItems": rows,
        "transactions": _transactions(order, request),
    }
    if foreign:
        values["currency"] = order["presentmentCurrencyCode"]
    if request.shipping:
        values["shipping"] = {"amount": str(request.shipping)}
    payload = client.mutate("refund_create", {"input": values, "key": str(key)})
    return gid(payload["refund"])


def _transactions(order: Json, request: RefundRequest) -> list[Json]:
    """The repayments that Shopify suggests; an amount given is spread over the payments, oldest first."""
    if request.amount is None:
        suggested = (order.get("suggestedRefund") or {}).get("suggestedTransactions") or ()
        parts = [(gid(row.get("parentTransaction")), row["gateway"], _paid(row["amountSet"])) for row in suggested]
    else:
        parts, left = [], request.amount
        for payment, gateway, open_amount in _payments(order):
            parts.append((payment, gateway, min(left, open_amount)))
            left -= parts[-1][2]
        if left:
            raise NeedsAttention(f"{left} more than can be given back through the shop", code="refund_too_high")
    return [
        {
            "orderId": order["id"],
            "parentId": payment or None,
            "kind": "REFUND",
            "gateway": gateway,
            "amount": str(amount),
        }
        for payment, gateway, amount in parts
        if amount > 0
    ]


def _payments(order: Json) -> list[tuple[str, str, Decimal]]:
    """(id, gateway, what is left of it) of each payment."""
    given_back: dict[str, Decimal] = {}
    for row in order["transactions"]:
        if row["kind"] == "REFUND" and row["status"] in ("SUCCESS", "PENDING"):
            payment = gid(row.get("parentTransaction"))
            given_back[payment] = given_back.get(payment, Decimal(0)) + _paid(row["amountSet"])
    return [
        (row["id"], row["gateway"], max(Decimal(0), _paid(row["amountSet"]) - given_back.get(row["id"], Decimal(0))))
        for row in order["transactions"]
        if row["kind"] in ("SALE", "CAPTURE") and row["status"] == "SUCCESS"
    ]


def _paid(bag: Json) -> Decimal:
    """Repayments go out in the currency in which the buyer paid."""
    return Decimal(bag["presentmentMoney"]["amount"])
