"""What an order's money, quantities and statuses are: all derived from its lines, transactions, refunds and fulfilments.

Nothing here is stored. "total" figures count the units ever ordered (edits that add units included); "current" figures count
what is left after removals, refunds and returns. Amounts are Bags (shop and presentment currency, exact decimals).
"""
from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal
from functools import cached_property
from typing import Any

from .money import Bag, total

Node = dict[str, Any]


def zero(order: Node) -> Bag:
    return Bag(Decimal(0), Decimal(0), order["currencyCode"], order["presentmentCurrencyCode"])


def bag(order: Node, shop: Any, presentment: Any = None) -> Bag:
    """A Bag in the order's currencies; without a presentment amount the order's exchange rate (1 if none) gives it."""
    amount = Decimal(str(shop))
    if presentment is None:
        other = amount if order["currencyCode"] == order["presentmentCurrencyCode"] else amount * order.get("rate", 1)
        made = Bag(amount, other, order["currencyCode"], order["presentmentCurrencyCode"])
        return Bag(amount, made.rounded().presentment, made.shop_currency, made.presentment_currency)
    return Bag(amount, Decimal(str(presentment)), order["currencyCode"], order["presentmentCurrencyCode"])


class Ledger:
    """One order's figures, each computed when first asked for. Do not keep it across a change of the order."""

    def __init__(self, order: Node) -> None:
        self.order = order
        self.zero = zero(order)

    # -- quantities per line

    @cached_property
    def refunded(self) -> dict[str, int]:
        """Units per line gid that refunds took away."""
        units: dict[str, int] = defaultdict(int)
        for refund in self.order["refunds"]:
            for line in refund["lines"]:
                units[line["line"]] += line["quantity"]
        return units

    @cached_property
    def fulfilled(self) -> dict[str, int]:
        """Units per line gid in fulfilments that were not cancelled."""
        units: dict[str, int] = defaultdict(int)
        for fulfilment in self.order["fulfillments"]:
            if fulfilment["status"] != "CANCELLED":
                for item in fulfilment["items"]:
                    units[item["line"]] += item["quantity"]
        return units

    def current_quantity(self, line: Node) -> int:
        return line["quantity"] - line["removed"] - self.refunded.get(line["id"], 0)

    def refundable_quantity(self, line: Node) -> int:
        return max(0, self.current_quantity(line))

    def unfulfilled_quantity(self, line: Node) -> int:
        """Units neither fulfilled nor taken away unfulfilled."""
        returned = sum(item["quantity"] for refund in self.order["refunds"] for item in refund["lines"]
                       if item["line"] == line["id"] and item["restockType"] == "RETURN")
        gone = self.refunded.get(line["id"], 0) - returned
        return max(0, line["quantity"] - line["removed"] - gone - self.fulfilled.get(line["id"], 0))

    # -- money per line

    def line_discount(self, line: Node, quantity: int | None = None, only: Any = None) -> Bag:
        """What was taken off `quantity` units; `only(application)` chooses among the allocations."""
        applications = self.order["applications"]
        whole = total((a["amount"] for a in line["allocations"]
                       if only is None or only(applications[a["application"]])), self.zero)
        return whole if quantity is None else whole.share(quantity, line["quantity"])

    def line_total(self, line: Node, quantity: int | None = None) -> Bag:
        """Price of `quantity` units (all when None) after every discount; contains tax when the order's prices do."""
        units = line["quantity"] if quantity is None else quantity
        return line["unit"] * units - self.line_discount(line, quantity)

    def line_tax(self, line: Node, quantity: int | None = None) -> Bag:
        whole = total((tax["amount"] for tax in line["tax_lines"]), self.zero)
        return whole if quantity is None else whole.share(quantity, line["quantity"])

    def shipping_total(self, shipping: Node) -> Bag:
        return shipping["price"] - total((a["amount"] for a in shipping["allocations"]), self.zero)

    def shipping_tax(self, shipping: Node) -> Bag:
        return total((tax["amount"] for tax in shipping["tax_lines"]), self.zero)

    # -- totals

    @cached_property
    def goods(self) -> list[Node]:
        return [line for line in self.order["lines"] if not line["isTip"]]

    @cached_property
    def shipping_lines(self) -> list[Node]:
        return [line for line in self.order["shipping"] if not line["isRemoved"]]

    def _sum(self, bags: Iterable[Bag]) -> Bag:
        return total(bags, self.zero)

    @cached_property
    def subtotal(self) -> Bag:
        return self._sum(self.line_total(line) for line in self.goods)

    @cached_property
    def current_subtotal(self) -> Bag:
        return self._sum(self.line_total(line, self.current_quantity(line)) for line in self.goods)

    @cached_property
    def tips(self) -> Bag:
        return self._sum(self.line_total(line) for line in self.order["lines"] if line["isTip"])

    @cached_property
    def shipping(self) -> Bag:
        """Shipping before discounts and refunds."""
        return self._sum(line["price"] for line in self.shipping_lines)

    @cached_property
    def discounted_shipping(self) -> Bag:
        return self._sum(self.shipping_total(line) for line in self.shipping_lines)

    @cached_property
    def refunded_shipping(self) -> Bag:
        return self._sum(item["amount"] for refund in self.order["refunds"] for item in refund["shipping"])

    @cached_property
    def refunded_shipping_tax(self) -> Bag:
        return self._sum(item["tax"] for refund in self.order["refunds"] for item in refund["shipping"])

    @cached_property
    def current_shipping(self) -> Bag:
        return self.discounted_shipping - self.refunded_shipping

    @cached_property
    def tax(self) -> Bag:
        return (self._sum(self.line_tax(line) for line in self.order["lines"])
                + self._sum(self.shipping_tax(line) for line in self.shipping_lines)
                + self._sum(tax["amount"] for duty in self.order["duties"] for tax in duty["tax_lines"]))

    @cached_property
    def current_tax(self) -> Bag:
        return (self._sum(self.line_tax(line, self.current_quantity(line)) for line in self.order["lines"])
                + self._sum(self.shipping_tax(line) for line in self.shipping_lines) - self.refunded_shipping_tax
                + self._sum(tax["amount"] for duty in self.order["duties"] for tax in duty["tax_lines"]))

    @cached_property
    def duties(self) -> Bag:
        return self._sum(duty["price"] for duty in self.order["duties"])

    @cached_property
    def discounts(self) -> Bag:
        return (self._sum(self.line_discount(line) for line in self.order["lines"])
                + self._sum(self.shipping_line_discount(line) for line in self.shipping_lines))

    @cached_property
    def current_discounts(self) -> Bag:
        return (self._sum(self.line_discount(line, self.current_quantity(line)) for line in self.order["lines"])
                + self._sum(self.shipping_line_discount(line) for line in self.shipping_lines))

    def shipping_line_discount(self, shipping: Node) -> Bag:
        return self._sum(a["amount"] for a in shipping["allocations"])

    @cached_property
    def adjustments(self) -> Bag:
        """Σ of refunds' (computed - really refunded): positive in the merchant's favour."""
        return self._sum(item["amount"] + item["tax"] for refund in self.order["refunds"] for item in refund["adjustments"])

    @cached_property
    def price(self) -> Bag:
        """Order total before refunds and removals."""
        whole = self.subtotal + self.discounted_shipping + self.tips + self.duties
        return whole if self.order["taxesIncluded"] else whole + self.tax

    @cached_property
    def current_price(self) -> Bag:
        tips = self._sum(self.line_total(line, self.current_quantity(line)) for line in self.order["lines"] if line["isTip"])
        whole = self.current_subtotal + self.current_shipping + tips + self.duties + self.adjustments
        return whole if self.order["taxesIncluded"] else whole + self.current_tax

    # -- payments

    def _paid(self, *kinds: str, status: str = "SUCCESS") -> Bag:
        return self._sum(t["amount"] for t in self.order["transactions"] if t["kind"] in kinds and t["status"] == status)

    @cached_property
    def received(self) -> Bag:
        return self._paid("SALE", "CAPTURE")

    @cached_property
    def money_refunded(self) -> Bag:
        return self._paid("REFUND")

    @cached_property
    def net_payment(self) -> Bag:
        return self.received - self.money_refunded

    @cached_property
    def outstanding(self) -> Bag:
        """Positive: the buyer owes; negative: we owe."""
        return self.current_price - self.net_payment

    def capturable_of(self, transaction: Node) -> Bag:
        """What a successful authorisation still allows to capture."""
        if transaction["kind"] not in ("AUTHORIZATION", "EMV_AUTHORIZATION") or transaction["status"] != "SUCCESS":
            return self.zero
        children = [t for t in self.order["transactions"]
                    if t["parent"] == transaction["id"] and t["status"] == "SUCCESS"]
        if any(t["kind"] == "VOID" for t in children):
            return self.zero
        return transaction["amount"] - self._sum(t["amount"] for t in children if t["kind"] == "CAPTURE")

    def refundable_of(self, transaction: Node) -> Bag:
        """What a successful payment still allows to refund."""
        if transaction["kind"] not in ("SALE", "CAPTURE") or transaction["status"] != "SUCCESS":
            return self.zero
        return transaction["amount"] - self._sum(
            t["amount"] for t in self.order["transactions"]
            if t["parent"] == transaction["id"] and t["kind"] == "REFUND" and t["status"] in ("SUCCESS", "PENDING"))

    @cached_property
    def capturable(self) -> Bag:
        return self._sum(self.capturable_of(t) for t in self.order["transactions"])

    # -- statuses

    @cached_property
    def financial_status(self) -> str | None:
        transactions = self.order["transactions"]
        if self.money_refunded:
            return "REFUNDED" if self.money_refunded.shop >= self.received.shop else "PARTIALLY_REFUNDED"
        if self.received:
            return "PARTIALLY_PAID" if self.outstanding.shop > 0 else "PAID"
        if self.capturable:
            return "EXPIRED" if self.order["authorization_expired"] else "AUTHORIZED"
        if any(t["kind"] == "VOID" and t["status"] == "SUCCESS" for t in transactions):
            return "VOIDED"
        if any(t["status"] == "PENDING" for t in transactions):
            return "PENDING"
        return self.order["financial_hint"]

    @cached_property
    def fulfillment_status(self) -> str:
        open_orders = [fo for fo in self.order["fulfillment_orders"] if fo["status"] not in ("CLOSED", "CANCELLED")]
        done = sum(self.fulfilled.values())
        left = sum(item["remaining"] for fo in open_orders for item in fo["items"])
        physical = [line for line in self.goods if line["requiresShipping"]]
        if done:
            return "PARTIALLY_FULFILLED" if left else "FULFILLED"
        statuses = {fo["status"] for fo in open_orders}
        if "ON_HOLD" in statuses and statuses == {"ON_HOLD"}:
            return "ON_HOLD"
        if "IN_PROGRESS" in statuses:
            return "IN_PROGRESS"
        if statuses == {"SCHEDULED"}:
            return "SCHEDULED"
        if any(fo["requestStatus"] in ("SUBMITTED", "ACCEPTED") for fo in open_orders):
            return "PENDING_FULFILLMENT"
        if any(fo["requestStatus"] == "REJECTED" for fo in open_orders):
            return "REQUEST_DECLINED"
        if physical and not any(self.current_quantity(line) for line in physical) and any(
                item["restockType"] in ("RETURN", "CANCEL") for refund in self.order["refunds"] for item in refund["lines"]):
            return "RESTOCKED" if not self.order["cancelledAt"] else "UNFULFILLED"
        return "UNFULFILLED" if physical or not self.goods else "FULFILLMENT_NOT_REQUIRED"

    @cached_property
    def return_status(self) -> str:
        states = [r["status"] for r in self.order["returns"] if r["status"] not in ("CANCELED", "DECLINED")]
        if not states:
            return "NO_RETURN"
        if "REQUESTED" in states:
            return "RETURN_REQUESTED"
        return "IN_PROGRESS" if "OPEN" in states else "RETURNED"

    def aggregated_taxes(self, current: bool) -> list[Node]:
        """Tax lines summed by title and rate, over lines and shipping."""
        sums: dict[tuple[str, Decimal], Bag] = {}
        for line in self.order["lines"]:
            quantity = self.current_quantity(line) if current else line["quantity"]
            for tax in line["tax_lines"]:
                key = tax["title"], tax["rate"]
                sums[key] = sums.get(key, self.zero) + tax["amount"].share(quantity, line["quantity"])
        for shipping in self.shipping_lines:
            for tax in shipping["tax_lines"]:
                key = tax["title"], tax["rate"]
                sums[key] = sums.get(key, self.zero) + tax["amount"]
        return [tax_line(title, rate, amount) for (title, rate), amount in sums.items() if amount or not current]


def tax_line(title: str, rate: Decimal, amount: Bag) -> Node:
    return {"__typename": "TaxLine", "title": title, "rate": rate, "amount": amount}
