"""Deliveries → Shopify fulfilments: read what is there, adopt what an earlier try already made, create only the rest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from odoo.addons.ec_channel_base.sdk.connector import one_by_one
from odoo.addons.ec_channel_base.sdk.documents import PushResult, Shipment
from odoo.addons.ec_channel_base.sdk.errors import ChannelError, NeedsAttention, Permanent, Retryable

from .client import GraphQL, Refused
from .mapping import ALIVE, gid, hold_reasons, nodes

Json = dict[str, Any]
Parts = dict[str, int]  # line id → units

STATE_ORDERS = 25  # orders whose state is read in one request, just before they are acted on
NOT_ROUTED = "not_routed"
ROUTING_SECONDS = 60.0  # fulfilment orders appear some time after the order
GROUP_LINES = 512  # lines of one fulfilment
CLOSED_OR_CANCELLED = frozenset({"CANCELLED", "ERROR", "FAILURE"})


@dataclass
class Fulfilment:
    """A shipment that Shopify has."""

    id: str
    lines: Counter[str]
    tracking: list[Json]
    cancelled: bool

    @property
    def numbers(self) -> frozenset[str]:
        return frozenset(row["number"] for row in self.tracking if row.get("number"))


@dataclass
class OrderState:
    """What one order looks like there; kept up to date with our own writes, and what each fulfilment is taken for."""

    id: str
    cancelled: bool
    fulfilments: list[Fulfilment]
    fulfillment_orders: list[Json]
    claimed: dict[str, str] = field(default_factory=dict)  # fulfilment → key of the shipment it stands for

    def waiting(self) -> Counter[str]:
        """Units per line that we may fulfil now."""
        units: Counter[str] = Counter()
        for order in self.fulfillment_orders:
            if may_fulfil(order):
                for item in nodes(order, "lineItems"):
                    units[item["lineItem"]["id"]] += item["remainingQuantity"]
        return units


def may_fulfil(order: Json) -> bool:
    return any(row["action"] == "CREATE_FULFILLMENT" for row in order.get("supportedActions") or ())


class Shipper:
    """One call's worth of deliveries. An order's state is read, together with its neighbours', just before its first one."""

    def __init__(self, client: GraphQL, shipments: Sequence[Shipment]) -> None:
        self.client = client
        self.shipments = shipments
        self.ahead = list(dict.fromkeys(shipment.order_external_id for shipment in shipments))
        self.known: dict[str, OrderState] = {}

    def push(self) -> list[PushResult]:
        return one_by_one(self.shipments, self._one)

    # ---- reading

    def states(self, orders: Sequence[str]) -> dict[str, OrderState]:
        data = self.client.query("fulfillment_state", {"ids": list(orders)})
        return {node["id"]: self._state(node) for node in data["nodes"] if node and "id" in node}

    def _of(self, order: str) -> OrderState:
        if order in self.ahead:
            start = self.ahead.index(order)
            chunk = self.ahead[start : start + STATE_ORDERS]
            self.known |= self.states(chunk)
            self.ahead = [other for other in self.ahead if other not in chunk]
        if order not in self.known:
            raise Permanent(f"order {order} is not there", code="not_found")
        return self.known[order]

    def _again(self, state: OrderState) -> None:
        """Read an order anew, in place; what its fulfilments stand for stays known."""
        fresh = self.states([state.id]).get(state.id)
        if fresh is None:
            raise Permanent(f"order {state.id} is not there", code="not_found")
        state.cancelled, state.fulfilments, state.fulfillment_orders = (
            fresh.cancelled,
            fresh.fulfilments,
            fresh.fulfillment_orders,
        )

    def _state(self, node: Json) -> OrderState:
        self._whole(node, "fulfillmentOrders", "order_fulfillment_orders")
        for order in nodes(node, "fulfillmentOrders"):
            self._whole(order, "lineItems")
        found = []
        for row in node.get("fulfillments") or ():
            self._whole(row, "fulfillmentLineItems")
            lines: Counter[str] = Counter()
            for item in nodes(row, "fulfillmentLineItems"):
                lines[item["lineItem"]["id"]] += item.get("quantity") or 0
            cancelled = row["status"] in CLOSED_OR_CANCELLED
            found.append(Fulfilment(row["id"], lines, list(row.get("trackingInfo") or ()), cancelled))
        return OrderState(node["id"], bool(node.get("cancelledAt")), found, nodes(node, "fulfillmentOrders"))

    def _whole(self, owner: Json, name: str, document: str = "order_rest") -> None:
        info = owner[name]["pageInfo"]
        if info["hasNextPage"]:
            owner[name]["nodes"] += self.client.rest(document, owner["id"], info["endCursor"])
            owner[name]["pageInfo"] = {"hasNextPage": False, "endCursor": None}

    # ---- one shipment

    def _one(self, shipment: Shipment) -> PushResult:
        done: list[str] = []
        try:
            state = self._of(shipment.order_external_id)
            note = (self._take_back if shipment.cancelled else self._tell)(shipment, state, done)
        except ChannelError as error:
            if not done and error.code != NOT_ROUTED:
                raise
            return PushResult(key=shipment.key, error=error, external_ids=tuple(done))
        return PushResult(key=shipment.key, external_ids=tuple(done), note=note)

    def _take_back(self, shipment: Shipment, state: OrderState, done: list[str]) -> str:
        for found in self._ours(shipment, state, _units(shipment)):
            if not found.cancelled:
                self.client.mutate("fulfillment_cancel", {"id": found.id})
            state.claimed[found.id] = shipment.key
            done.append(found.id)
        if not done:
            return "there was nothing to take back"
        self._again(state)  # the units now wait in new fulfilment orders, perhaps at another location
        return ""

    def _tell(self, shipment: Shipment, state: OrderState, done: list[str]) -> str:
        left, tracking = _units(shipment), _tracking(shipment)
        for found in self._ours(shipment, state, left):
            left = left - found.lines
            state.claimed[found.id] = shipment.key
            done.append(found.id)
            if tracking and (_numbers(shipment) != found.numbers or _links_differ(shipment, found)):
                self.client.mutate(
                    "fulfillment_tracking", {"id": found.id, "tracking": tracking, "notify": shipment.notify_buyer}
                )
                found.tracking = [
                    {"number": track.number, "company": track.carrier, "url": track.url} for track in shipment.tracking
                ]
        if not left:
            return ""
        try:
            try:
                return self._create(shipment, state, left, done)
            except Refused:
                if done:
                    raise
                self._again(state)  # something moved between our reading and our writing: once more
                return self._create(shipment, state, left, done)
        except Refused as refused:
            raise NeedsAttention(str(refused), code="shipment_refused", detail=refused.detail) from refused

    def _ours(self, shipment: Shipment, state: OrderState, wanted: Counter[str]) -> list[Fulfilment]:
        """The fulfilments that an earlier push of this shipment made.

        Acknowledged ids first. Else those nobody claims: with the same tracking numbers and within our lines; without
        numbers, exactly our lines; at last any within our lines, if without them too few units wait to be shipped.
        """
        named = [found for found in state.fulfilments if found.id in shipment.external_ids]
        if len(named) < len(shipment.external_ids):
            raise NeedsAttention("a shipment told earlier is no longer there", code="shipment_gone")
        if named and not shipment.cancelled:
            # One that the shop has taken back no longer stands for our goods
            named = [found for found in named if not found.cancelled] or named
        if named:
            return named
        free = [
            found
            for found in state.fulfilments
            if not found.cancelled
            and found.id not in shipment.other_external_ids
            and state.claimed.get(found.id, shipment.key) == shipment.key
            and found.lines <= wanted
        ]
        numbers = _numbers(shipment)
        if numbers and (same := [found for found in free if found.numbers == numbers]):
            return same
        exact = [found for found in free if found.lines == wanted and found.numbers == numbers]
        if exact:
            return exact[:1]
        chosen, short = [], wanted - state.waiting()
        for found in free:
            if short & found.lines and not (numbers and found.numbers):
                chosen.append(found)
                short -= found.lines
        return chosen

    # ---- writing

    def _create(self, shipment: Shipment, state: OrderState, wanted: Counter[str], done: list[str]) -> str:
        moved = self._move(shipment, state, wanted)
        groups = self._allocate(shipment, state, wanted)
        for group in groups:
            rows = [
                {
                    "fulfillmentOrderId": order["id"],
                    "fulfillmentOrderLineItems": [{"id": item["id"], "quantity": units} for item, units in items],
                }
                for order, items in group
            ]
            values: Json = {"lineItemsByFulfillmentOrder": rows, "notifyCustomer": shipment.notify_buyer}
            if tracking := _tracking(shipment):
                values["trackingInfo"] = tracking
            made = self.client.mutate("fulfillment_create", {"fulfillment": values})["fulfillment"]
            lines: Counter[str] = Counter()
            for _, items in group:
                for item, units in items:
                    item["remainingQuantity"] -= units
                    lines[item["lineItem"]["id"]] += units
            tracks = [
                {"number": track.number, "company": track.carrier, "url": track.url} for track in shipment.tracking
            ]
            state.fulfilments.append(Fulfilment(made["id"], lines, tracks, False))
            state.claimed[made["id"]] = shipment.key
            done.append(made["id"])
        return moved

    def _move(self, shipment: Shipment, state: OrderState, wanted: Counter[str]) -> str:
        """Bring units that Shopify wanted to ship from elsewhere to the place they really left from."""
        place = shipment.location_external_id
        if not place:
            return ""
        missing = Counter(wanted)
        for order in filter(may_fulfil, state.fulfillment_orders):
            if _place(order) == place:
                for item in nodes(order, "lineItems"):
                    missing[item["lineItem"]["id"]] -= item["remainingQuantity"]
        missing = +missing
        moves = []
        for order in filter(may_fulfil, state.fulfillment_orders):
            if _place(order) != place and any(row["action"] == "MOVE" for row in order["supportedActions"]):
                picked = list(_pick(order, missing))
                if picked:
                    moves.append((order, picked))
        if not moves or missing:
            return ""  # what cannot be moved as a whole is shipped from where Shopify has it
        for order, picked in moves:
            rows = [{"id": item["id"], "quantity": units} for item, units in picked]
            try:
                self.client.mutate("fulfillment_order_move", {"id": order["id"], "location": place, "lines": rows})
            except Refused as refused:
                return f"not moved to the warehouse's location: {refused.detail}"
        self._again(state)
        return "moved to the warehouse's location"

    def _allocate(
        self, shipment: Shipment, state: OrderState, wanted: Counter[str]
    ) -> list[list[tuple[Json, list[tuple[Json, int]]]]]:
        """Fulfilment orders and units to use, one group a call: one location, at most GROUP_LINES lines."""
        missing = Counter(wanted)
        chosen: dict[str, list[tuple[Json, list[tuple[Json, int]]]]] = {}
        at_place = sorted(
            filter(may_fulfil, state.fulfillment_orders),
            key=lambda order: _place(order) != shipment.location_external_id,
        )
        for order in at_place:
            picked = list(_pick(order, missing))
            for start in range(0, len(picked), GROUP_LINES):
                chosen.setdefault(f"{_place(order)}/{start}", []).append((order, picked[start : start + GROUP_LINES]))
        if missing:
            raise self._why_not(state, missing)
        return [part for group in chosen.values() for part in _cut(group)]

    def _why_not(self, state: OrderState, missing: Counter[str]) -> ChannelError:
        alive = [
            order
            for order in state.fulfillment_orders
            if order["status"] in ALIVE
            and any(
                item["remainingQuantity"] and item["lineItem"]["id"] in missing for item in nodes(order, "lineItems")
            )
        ]
        held = [order for order in alive if order["status"] == "ON_HOLD"]
        if held:
            reasons = ", ".join(dict.fromkeys(reason for order in held for reason in hold_reasons(order)))
            return NeedsAttention(
                f"held in the shop: {reasons or 'no reason given'}", code="on_hold_in_channel", detail=reasons
            )
        if not state.cancelled and not state.fulfillment_orders and not state.fulfilments:
            return Retryable("Shopify has not routed this order yet", code=NOT_ROUTED, retry_after=ROUTING_SECONDS)
        if alive:
            return NeedsAttention(
                "another service has been asked to ship this, or it is scheduled for later", code="fulfilled_elsewhere"
            )
        return NeedsAttention(
            "fewer units are left to ship than were shipped", code="nothing_to_ship", detail=", ".join(missing)
        )


def _pick(order: Json, missing: Counter[str]) -> Iterator[tuple[Json, int]]:
    """Units of this fulfilment order towards what is missing; lowers `missing`."""
    for item in nodes(order, "lineItems"):
        line = item["lineItem"]["id"]
        units = min(item["remainingQuantity"], missing[line])
        if units > 0:
            yield item, units
            missing[line] -= units
    for line in [line for line, units in missing.items() if units <= 0]:
        del missing[line]


def _cut(group: list[tuple[Json, list[tuple[Json, int]]]]) -> Iterator[list[tuple[Json, list[tuple[Json, int]]]]]:
    part: list[tuple[Json, list[tuple[Json, int]]]] = []
    size = 0
    for order, items in group:
        if part and size + len(items) > GROUP_LINES:
            yield part
            part, size = [], 0
        part.append((order, items))
        size += len(items)
    yield part


def _place(order: Json) -> str:
    return gid((order.get("assignedLocation") or {}).get("location"))


def _units(shipment: Shipment) -> Counter[str]:
    units: Counter[str] = Counter()
    for line in shipment.lines:
        if line.quantity != line.quantity.to_integral_value() or line.quantity < 0:
            raise NeedsAttention(f"{line.quantity} is no whole number of units", code="fractional_quantity")
        units[line.line_external_id] += int(line.quantity)
    return +units


def _numbers(shipment: Shipment) -> frozenset[str]:
    return frozenset(_filled(track.number for track in shipment.tracking))


def _links_differ(shipment: Shipment, found: Fulfilment) -> bool:
    """Whether carrier or link were corrected under the same number."""
    there = {(row.get("number") or ""): row for row in found.tracking}
    return any(
        (track.carrier and track.carrier != (row.get("company") or ""))
        or (track.url and track.url != (row.get("url") or ""))
        for track in shipment.tracking
        if (row := there.get(track.number)) is not None and track.number
    )


def _tracking(shipment: Shipment) -> Json:
    """FulfillmentTrackingInput; the first carrier stands for all, Shopify takes one."""
    tracks = [track for track in shipment.tracking if track.number or track.url]
    company = next(_filled(track.carrier for track in shipment.tracking), "")
    values: Json = {"company": company} if company else {}
    if len(tracks) == 1:
        values |= {name: text for name, text in (("number", tracks[0].number), ("url", tracks[0].url)) if text}
    elif tracks:
        values["numbers"] = [track.number for track in tracks]
        if all(track.url for track in tracks):
            values["urls"] = [track.url for track in tracks]
    return values


def _filled(texts: Iterable[str]) -> Iterator[str]:
    return (text for text in texts if text)
