"""Refunds of an order node, and what they and the edits left of each line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any

from odoo.addons.ec_channel_base.sdk.documents import Refund, RefundLine

Json = dict[str, Any]
RESTOCK_TYPES = frozenset({"CANCEL", "RETURN", "NO_RESTOCK", "LEGACY_RESTOCK"})
NOT_WAITING = frozenset({"CLOSED", "CANCELLED", "INCOMPLETE"})
LOST = frozenset({"CANCELLED", "ERROR", "FAILURE"})


def _nodes(owner: Json, name: str) -> list[Json]:
    return list((owner.get(name) or {}).get("nodes") or ())


class RefundReader:
    """Splits refunded units into those taken away before shipping and those that came back (or stayed) after it.

    Shopify says so only for CANCEL (before) and RETURN (after). For the others: what was refunded after shipping is what the
    shipped units leave unexplained, given how many still wait in the fulfilment orders; later refunds first.
    """

    def __init__(self, node: Json, money: Callable[[Json], Decimal], unknown: list[str]) -> None:
        self.node, self.money, self.unknown = node, money, unknown
        self.refunded: list[Json] = sorted(node.get("refunds") or (), key=_made_at)
        shipped: Counter[str] = Counter()
        waiting: Counter[str] = Counter()
        for row in node.get("fulfillments") or ():
            if row.get("status") not in LOST:
                for item in _nodes(row, "fulfillmentLineItems"):
                    shipped[item["lineItem"]["id"]] += item.get("quantity") or 0
        for row in _nodes(node, "fulfillmentOrders"):
            if row.get("status") not in NOT_WAITING:
                for item in _nodes(row, "lineItems"):
                    waiting[item["lineItem"]["id"]] += item["remainingQuantity"]
        self.after: dict[int, int] = {}  # id() of a refund line → units refunded after shipping
        self.kept: dict[str, Decimal] = {}
        for line in _nodes(node, "lineItems"):
            rows = [
                row
                for refund in reversed(self.refunded)
                for row in _nodes(refund, "refundLineItems")
                if row["lineItem"]["id"] == line["id"]
            ]
            self._split(line["currentQuantity"], shipped[line["id"]], waiting[line["id"]], rows)
            self.kept[line["id"]] = Decimal(line["currentQuantity"] + sum(self.after[id(row)] for row in rows))

    def _split(self, current: int, shipped: int, waiting: int, rows: list[Json]) -> None:
        returned = sum(row["quantity"] for row in rows if row["restockType"] == "RETURN")
        left = max(0, shipped + waiting - returned - current)  # after shipping, without a RETURN to show for it
        for row in rows:
            taken = 0
            if row["restockType"] == "RETURN":
                taken = row["quantity"]
            elif row["restockType"] != "CANCEL":
                taken = min(left, row["quantity"])
                left -= taken
            self.after[id(row)] = taken

    def kept_quantities(self) -> dict[str, Decimal]:
        """Line → units that the buyer still wants or has received."""
        return self.kept

    def refunds(self) -> tuple[Refund, ...]:
        return tuple(self._refund(row) for row in self.refunded)

    def _refund(self, row: Json) -> Refund:
        money, inclusive = self.money, bool(self.node["taxesIncluded"])
        lines = tuple(part for item in _nodes(row, "refundLineItems") for part in self._lines(item))
        shipping_rows = _nodes(row, "refundShippingLines")
        shipping = sum((money(item["subtotalAmountSet"]) for item in shipping_rows), Decimal(0))
        shipping_tax = sum((money(item["taxAmountSet"]) for item in shipping_rows), Decimal(0))
        moves = [item for item in _nodes(row, "transactions") if item["kind"] == "REFUND"]
        amount = sum((money(item["amountSet"]) for item in moves if item["status"] == "SUCCESS"), Decimal(0))
        pending = sum(
            (money(item["amountSet"]) for item in moves if item["status"] in ("PENDING", "AWAITING_RESPONSE")),
            Decimal(0),
        )
        if amount or pending:
            computed = sum((line.subtotal + (0 if inclusive else line.tax) for line in lines), shipping)
            adjustment = amount + pending - computed - (0 if inclusive else shipping_tax)
        else:  # no money moved: Shopify's own account of the difference (positive there: the shop keeps more)
            adjustment = -sum(
                (
                    money(item["amountSet"]) + money(item["taxAmountSet"])
                    for item in _nodes(row, "orderAdjustments")
                    if item.get("reason") != "PENDING_REFUND_DISCREPANCY"
                ),
                Decimal(0),
            )
        return Refund(
            external_id=row["id"],
            created_at=_made_at(row),
            amount=amount,
            pending=pending,
            lines=lines,
            shipping=shipping,
            shipping_tax=shipping_tax,
            adjustment=adjustment,
            note=row.get("note") or "",
        )

    def _lines(self, item: Json) -> list[RefundLine]:
        """One refund line, or two where some of its units had been shipped and some not."""
        if item["restockType"] not in RESTOCK_TYPES:
            self.unknown.append(f"restockType={item['restockType']}")
        whole, after = item["quantity"], self.after.get(id(item), 0)
        subtotal, tax = self.money(item["subtotalSet"]), self.money(item["totalTaxSet"])
        parts = []
        for units, removed in ((after, False), (whole - after, True)):
            if units:
                part = (
                    (subtotal, tax) if units == whole else (_share(subtotal, units, whole), _share(tax, units, whole))
                )
                if removed and after:
                    part = subtotal - _share(subtotal, after, whole), tax - _share(tax, after, whole)
                parts.append(
                    RefundLine(
                        line_external_id=item["lineItem"]["id"],
                        quantity=Decimal(units),
                        subtotal=part[0],
                        tax=part[1],
                        removed=removed,
                        restocked=bool(item.get("restocked")),
                        location_external_id=str((item.get("location") or {}).get("id") or ""),
                    )
                )
        return parts


def _made_at(refund: Json) -> datetime:
    return datetime.fromisoformat(str(refund.get("createdAt") or refund["processedAt"]).replace("Z", "+00:00"))


def _share(amount: Decimal, units: int, whole: int) -> Decimal:
    """A part of an amount, to the precision in which the amount was given."""
    return (amount * units / whole).quantize(amount)
