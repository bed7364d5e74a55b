"""A shop in memory: what a buyer and the shop's staff can do there. Its whole state is one JSON document.

Amounts are decimal strings, instants ISO 8601 in UTC, as in the JSON of many real shops. Whoever holds the state keeps it
(a database row in Odoo, a variable in tests).
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

State = dict[str, Any]
LOCATION = "1"
KEYS_KEPT = 10_000  # answers to stock pushes that the shop remembers
CATALOGUE = (("CUP", "Tea cup", "1200"), ("POT", "Tea pot", "4800"), ("TEA", "Green tea, 100 g", "950"))


class Refused(Exception):
    """The shop does not do it; the message says why."""


def new_state(
    items: Iterable[tuple[str, str, str]] = (),
    *,
    currency: str = "JPY",
    locations: Iterable[str] = (LOCATION,),
    compare: bool = True,
    refuse_oversell: bool = False,
) -> State:
    """A shop without orders that sells `items` (SKU, title, price); the built-in catalogue when there are none.

    It starts with 10 units of each at the first of `locations` (ids). `compare` False: a shop of the simple kind, which
    takes every stock figure as it comes and remembers no keys. `refuse_oversell`: buyers get no more than is shown.
    """
    places = list(locations)
    state: State = {
        "name": "Demo Shop",
        "currency": currency,
        "token": secrets.token_urlsafe(24),
        "webhook_secret": secrets.token_urlsafe(24),
        "last_id": 1000,
        "orders": {},
        "listings": {},
        "stock": {},  # item → location → units shown
        "locations": {place: "Demo warehouse" if place == LOCATION else f"Demo warehouse {place}" for place in places},
        "compare": compare,
        "refuse_oversell": refuse_oversell,
        "stock_keys": {},  # key of a push → what it was answered
        "subscriptions": {},
        "exports": {},
    }
    for sku, title, price in tuple(items) or CATALOGUE:
        add_listing(state, sku, title, price, units=10)
    return state


def add_listing(state: State, sku: str, title: str, price: str, *, units: int = 0, tracked: bool = True) -> str:
    """Put an item on sale at the shop's first location; gives its inventory id."""
    variant_id = str(_next_id(state))
    item_id = f"9{variant_id}"
    state["listings"][variant_id] = {
        "id": variant_id,
        "sku": sku,
        "title": title,
        "price": price,
        "currency": state["currency"],
        "item_id": item_id,
        "tracked": tracked,
    }
    state["stock"][item_id] = {next(iter(state["locations"])): units}
    return item_id


def _next_id(state: State) -> int:
    state["last_id"] += 1
    return int(state["last_id"])


def _amount(value: Decimal) -> str:
    return format(value, "f")


class DemoShop:
    def __init__(self, state: State, now: Callable[[], datetime]) -> None:
        self.state = state
        self.now = now

    # ---- looking

    def order(self, order_id: str) -> dict[str, Any]:
        try:
            found: dict[str, Any] = self.state["orders"][order_id]
        except KeyError:
            raise Refused("no such order") from None
        return found

    def shipped(self, order: Mapping[str, Any], line_id: str) -> int:
        parcels = [parcel for parcel in order["shipments"] if not parcel["cancelled"]]
        return sum(line["quantity"] for parcel in parcels for line in parcel["lines"] if line["line_id"] == line_id)

    # ---- the buyer

    def place(
        self,
        lines: Iterable[Mapping[str, Any]],
        *,
        currency: str = "",
        prices_include_tax: bool = True,
        shipping: Mapping[str, Any] | None = None,
        paid: bool = True,
        customer: Mapping[str, Any] | None = None,
        address: Mapping[str, Any] | None = None,
        note: str = "",
    ) -> str:
        """Place an order. A line has `sku` or `title`, `quantity`, `price`, and may have `discount` and `tax` (amount and rate).

        Refused when the shop refuses to oversell and shows less than is wanted."""
        lines = list(lines)
        by_sku = {wanted["sku"]: self._listing(wanted["sku"]) for wanted in lines if wanted.get("sku")}
        self._check_shown(lines, by_sku)
        order_id, now = str(_next_id(self.state)), self.now().isoformat()
        placed = []
        for wanted in lines:
            listing = by_sku.get(wanted.get("sku", ""), {})
            quantity = int(wanted["quantity"])
            placed.append(
                {
                    "id": str(_next_id(self.state)),
                    "variant_id": None if wanted.get("item_gone") else listing.get("id"),
                    "sku": wanted.get("sku", ""),
                    "title": wanted.get("title") or listing.get("title", ""),
                    "ordered": quantity,
                    "quantity": quantity,
                    "taken": self._take(listing, quantity),
                    "price": wanted.get("price") or listing["price"],
                    "discount": wanted.get("discount", "0"),
                    "taxes": [tax for tax in wanted.get("taxes", ()) if Decimal(tax["amount"])],
                }
            )
        total = sum(
            (line["ordered"] * Decimal(line["price"]) - Decimal(line["discount"]) for line in placed), Decimal(0)
        )
        charges = (
            [{"id": str(_next_id(self.state)), "code": "standard", "title": "Standard", "taxes": [], **shipping}]
            if shipping
            else []
        )
        total += sum((Decimal(charge["price"]) for charge in charges), Decimal(0))
        if not prices_include_tax:
            total += sum((Decimal(tax["amount"]) for part in placed + charges for tax in part["taxes"]), Decimal(0))
        self.state["orders"][order_id] = {
            "id": order_id,
            "number": f"DEMO-{order_id}",
            "placed_at": now,
            "changed_at": now,
            "currency": currency or self.state["currency"],
            "prices_include_tax": prices_include_tax,
            "total": _amount(total),
            "current_total": _amount(total),
            "cancelled_at": None,
            "cancel_reason": "",
            "payment_status": "paid" if paid else "pending",
            "customer": dict(customer) if customer else None,
            "shipping_address": dict(address) if address else None,
            "lines": placed,
            "shipping": charges,
            "payments": [{"id": str(_next_id(self.state)), "amount": _amount(total), "at": now}] if paid else [],
            "refunds": [],
            "shipments": [],
            "note": note,
        }
        return order_id

    # ---- the staff, and the API on our behalf: the same key twice, one effect

    def edit(self, order_id: str, *, note: str) -> None:
        self.order(order_id)["note"] = note
        self._touch(order_id)

    def set_quantity(self, order_id: str, line_id: str, quantity: int) -> None:
        order = self.order(order_id)
        line = self._line(order, line_id)
        if not self.shipped(order, line_id) <= quantity <= line["quantity"]:
            raise Refused("only units that are not shipped can be removed")
        removed = line["quantity"] - quantity
        line["quantity"] = quantity
        self._put_back(line, removed)
        order["current_total"] = _amount(Decimal(order["current_total"]) - removed * Decimal(line["price"]))
        self._touch(order_id)

    def ship(self, order_id: str, key: str, lines: Mapping[str, int], tracking: Iterable[str] = ()) -> dict[str, Any]:
        """Ship units, or, when `key` is known, correct the tracking numbers."""
        order = self.order(order_id)
        parcel: dict[str, Any] | None = next((parcel for parcel in order["shipments"] if parcel["key"] == key), None)
        if parcel is None:
            if order["cancelled_at"]:
                raise Refused("the order is cancelled")
            for line_id, quantity in lines.items():
                if not 0 < quantity <= self._line(order, line_id)["quantity"] - self.shipped(order, line_id):
                    raise Refused("nothing left to ship for these lines")
            content = [{"line_id": line_id, "quantity": quantity} for line_id, quantity in lines.items()]
            parcel = {
                "id": str(_next_id(self.state)),
                "key": key,
                "lines": content,
                "tracking": list(tracking),
                "cancelled": False,
            }
            order["shipments"].append(parcel)
            self._touch(order_id)
        elif tuple(parcel["tracking"]) != tuple(tracking) and not parcel["cancelled"]:
            parcel["tracking"] = list(tracking)
            self._touch(order_id)
        return parcel

    def unship(self, order_id: str, key: str) -> None:
        for parcel in self.order(order_id)["shipments"]:
            if parcel["key"] == key and not parcel["cancelled"]:
                parcel["cancelled"] = True
                self._touch(order_id)

    def cancel(self, order_id: str, *, reason: str = "", refund: bool = True) -> None:
        order = self.order(order_id)
        if order["cancelled_at"]:
            return
        if any(self.shipped(order, line["id"]) for line in order["lines"]):
            raise Refused("a shipped order cannot be cancelled")
        if refund and self._refundable(order):
            lines = {line["id"]: line["quantity"] for line in order["lines"] if line["quantity"]}
            self.refund(order_id, "cancellation", lines=lines, amount=self._refundable(order))
        for line in order["lines"]:
            self._put_back(line, line["quantity"])
            line["quantity"] = 0
        order.update(cancelled_at=self.now().isoformat(), cancel_reason=reason, current_total="0")
        if order["payment_status"] == "pending":
            order["payment_status"] = "voided"
        self._touch(order_id)

    def refund(
        self,
        order_id: str,
        key: str,
        *,
        lines: Mapping[str, int] | None = None,
        amount: Decimal | None = None,
        note: str = "",
    ) -> dict[str, Any]:
        """Give money back. Units not shipped leave the order and are on show again, shipped ones stay in it. No `amount`: the price of the units."""
        order = self.order(order_id)
        for known in order["refunds"]:
            if known["key"] == key:
                return dict(known)
        units = {line_id: (self._line(order, line_id), quantity) for line_id, quantity in (lines or {}).items()}
        if amount is None:
            amount = sum((quantity * Decimal(line["price"]) for line, quantity in units.values()), Decimal(0))
        if not 0 < amount <= self._refundable(order):
            raise Refused("more than was paid cannot be given back")
        content = []
        for line_id, (line, quantity) in units.items():
            removed = quantity <= line["quantity"] - self.shipped(order, line_id)
            if removed:
                line["quantity"] -= quantity
                self._put_back(line, quantity)
            price = _amount(quantity * Decimal(line["price"]))
            content.append({"line_id": line_id, "quantity": quantity, "amount": price, "removed": removed})
        made = {
            "id": str(_next_id(self.state)),
            "key": key,
            "at": self.now().isoformat(),
            "amount": _amount(amount),
            "lines": content,
            "note": note,
        }
        order["refunds"].append(made)
        order["payment_status"] = "partially_refunded" if self._refundable(order) else "refunded"
        self._touch(order_id)
        return made

    def delete(self, order_id: str) -> None:
        self.order(order_id)
        del self.state["orders"][order_id]

    # ---- stock

    def set_stock(self, item_id: str, location_id: str, quantity: int, expected: int | None = None) -> None:
        """Show `quantity`; a comparing shop only where it shows `expected`. An item may be new at a location."""
        shown = self.state["stock"].get(item_id)
        if shown is None:
            raise Refused("unknown_item")
        if location_id not in self.locations:
            raise Refused("unknown_location")
        if self.state.get("compare", True) and expected is not None and shown.get(location_id, 0) != expected:
            raise Refused("stale")
        shown[location_id] = quantity

    def push_stock(self, key: str, item_id: str, location_id: str, quantity: int, expected: int | None) -> str:
        """As `set_stock`, for somebody outside: "ok" or the reason. A comparing shop answers a known key as it did before."""
        if not self.tracked(item_id):
            return "untracked"
        keys = self.state.setdefault("stock_keys", {})
        if key in keys:
            return str(keys[key])
        try:
            self.set_stock(item_id, location_id, quantity, expected)
            answer = "ok"
        except Refused as refused:
            answer = str(refused)
        if self.state.get("compare", True) and answer in ("ok", "stale"):
            keys[key] = answer
            if len(keys) > KEYS_KEPT:
                del keys[next(iter(keys))]
        return answer

    @property
    def locations(self) -> Mapping[str, str]:
        found: Mapping[str, str] = self.state.get("locations") or {LOCATION: "Demo warehouse"}
        return found

    def tracked(self, item_id: str) -> bool:
        listing = self.state["listings"].get(item_id[1:], {})
        return bool(listing.get("tracked", True))

    def _listing(self, sku: str) -> dict[str, Any]:
        return next((listing for listing in self.state["listings"].values() if listing["sku"] == sku), {})

    def _check_shown(self, lines: Iterable[Mapping[str, Any]], by_sku: Mapping[str, Mapping[str, Any]]) -> None:
        wanted: dict[str, int] = {}
        for line in lines:
            listing = by_sku.get(line.get("sku", ""))
            if listing and listing.get("tracked", True) and self.state.get("refuse_oversell"):
                item_id = listing["item_id"]
                wanted[item_id] = wanted.get(item_id, 0) + int(line["quantity"])
        for item_id, quantity in wanted.items():
            if quantity > sum(max(0, units) for units in self.state["stock"][item_id].values()):
                raise Refused("sold out")

    def _take(self, listing: Mapping[str, Any], quantity: int) -> dict[str, int]:
        """Take sold units off show, location by location, what is not there from the first; {location: units}."""
        if not listing or not listing.get("tracked", True):
            return {}
        shown, taken, left = self.state["stock"][listing["item_id"]], {}, quantity
        for place in shown:
            if units := max(0, min(left, shown[place])):
                taken[place] = units
                left -= units
        if left:
            first = next(iter(shown))
            taken[first] = taken.get(first, 0) + left
        for place, units in taken.items():
            shown[place] -= units
        return taken

    def _put_back(self, line: dict[str, Any], quantity: int) -> None:
        """Units that nobody gets after all are on show again where they were taken."""
        shown = self.state["stock"].get(f"9{line['variant_id']}", {})
        taken = line.get("taken") or {}
        for place in list(taken):
            units = min(quantity, taken[place])
            taken[place] -= units
            quantity -= units
            if place in shown:
                shown[place] += units

    # ---- helpers

    def _touch(self, order_id: str) -> None:
        self.order(order_id)["changed_at"] = self.now().isoformat()

    def _line(self, order: Mapping[str, Any], line_id: str) -> dict[str, Any]:
        for line in order["lines"]:
            if line["id"] == line_id:
                found: dict[str, Any] = line
                return found
        raise Refused("no such line")

    def _refundable(self, order: Mapping[str, Any]) -> Decimal:
        paid = sum((Decimal(payment["amount"]) for payment in order["payments"]), Decimal(0))
        return paid - sum((Decimal(refund["amount"]) for refund in order["refunds"]), Decimal(0))
