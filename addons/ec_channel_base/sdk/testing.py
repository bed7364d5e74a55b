"""The conformance kit: every promise of the contract as a test that any connector inherits in one line.

    class TestMyShop(ConnectorConformance):
        harness_class = MyShopHarness

A `Harness` is the other side: a shop (in memory, a simulator, a test account) in which the kit acts as buyer and as shop
staff, and of which it may ask the truth. A test whose capability the connector does not declare is skipped; so is one for
which the harness raises NotImplementedError, with the missing method as the reason (`pytest -rs` lists them).

Every call of the connector is watched: it may raise nothing but ChannelError, it may not sleep, and no secret may show in
what it returns, raises or logs. Needs pytest and freezegun; nothing at run time imports this module.
"""

from __future__ import annotations

import dataclasses
import json
import logging
import re
import threading
import time
import traceback
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any

import pytest
from freezegun import freeze_time

from .connector import Capability, Connector
from .documents import (
    ZERO,
    AccountInfo,
    Cancellation,
    ListingDocument,
    OrderDocument,
    OrderState,
    Page,
    PaymentState,
    RawEvent,
    RefundRequest,
    Shipment,
    ShipmentLine,
    Tracking,
)
from .errors import ChannelError, NeedsAttention, Permanent, Retryable, Unsupported, WebhookRefused
from .testing_stock import StockConformance
from .testing_tools import Fault as Fault
from .testing_tools import assert_frozen
from .testing_tools import push_errors as push_errors

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
RETRY_AFTER = 7.0
MANY = 200  # pages after which paging is held to be endless


# ---- what the kit asks of the shop


@dataclass(frozen=True, kw_only=True)
class SaleLine:
    """`discount` and tax are for all units together; `item_gone`: the catalogue item was deleted after the sale."""

    title: str = "Tea cup"
    sku: str = "CUP"
    quantity: int = 1
    unit_price: Decimal = Decimal("1200")
    discount: Decimal = ZERO
    tax: Decimal = ZERO
    item_gone: bool = False


@dataclass(frozen=True, kw_only=True)
class Sale:
    """What a buyer ordered. Amounts are given, never computed by the shop; they contain tax if `prices_include_tax`."""

    lines: tuple[SaleLine, ...] = (SaleLine(),)
    currency: str = "JPY"
    prices_include_tax: bool = True
    shipping: Decimal = ZERO
    shipping_tax: Decimal = ZERO
    paid: bool = True
    buyer: bool = True
    address: bool = True

    @property
    def total(self) -> Decimal:
        goods = sum((line.quantity * line.unit_price - line.discount for line in self.lines), ZERO)
        taxes = sum((line.tax for line in self.lines), self.shipping_tax)
        return goods + self.shipping + (ZERO if self.prices_include_tax else taxes)


class Forgery(Enum):
    SIGNATURE = "signature"  # signed with another secret
    BODY = "body"  # body changed after signing
    UNSIGNED = "unsigned"  # no signature at all
    ACCOUNT = "account"  # rightly signed, but for another account
    OVERSIZED = "oversized"  # rightly signed, but 32 MiB of it


@dataclass(frozen=True)
class Delivery:
    """A webhook as it reaches us; header names in any case."""

    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, kw_only=True)
class ShopShipment:
    """A shipment as the shop has it: {line external id: units}."""

    lines: Mapping[str, Decimal]
    tracking_numbers: tuple[str, ...] = ()
    cancelled: bool = False


@dataclass(frozen=True, kw_only=True)
class ShopOrder:
    """The truth about an order in the shop. `line_ids` are in the order of the Sale's lines."""

    line_ids: tuple[str, ...]
    total: Decimal
    cancelled: bool = False
    refunded: Decimal = ZERO
    shipments: tuple[ShopShipment, ...] = ()

    @property
    def shipped(self) -> tuple[ShopShipment, ...]:
        return tuple(shipment for shipment in self.shipments if not shipment.cancelled)


class Harness(ABC):
    """A shop with nothing in it. One is made for every test and closed after it.

    Obligatory is what every channel has; the rest has a default or raises NotImplementedError, which skips the tests that
    need it. Ids are the channel's external ids, as the connector gives them.
    """

    secrets: tuple[str, ...] = ()  # the exact values that must not show; at least the credential
    page_size: int = 3  # how many orders fit on one page of the connector that `connector()` builds: keep it small
    currencies: tuple[str, ...] = ("JPY", "USD", "KWD")  # with 0, 2 and 3 decimals, as far as the channel has them
    most_lines: int = 500  # how many lines an order of this channel can have, up to 500
    settle: timedelta = timedelta(
        seconds=0
    )  # how long the shop's search lags behind; the kit lets it pass before reading

    def close(self) -> None:
        """Undo what was set up."""

    # -- the connector

    @abstractmethod
    def connector(self, *, credential: str | None = None) -> Connector:
        """A fresh connector, as another worker would build it; nothing may be shared between two of them but the shop.

        `credential` replaces the right one."""

    # -- as buyer and staff of the shop

    @abstractmethod
    def now(self) -> datetime:
        """The shop's clock."""

    @abstractmethod
    def pass_time(self, seconds: float) -> None:
        """Set the shop's clock forward (waiting is a last resort)."""

    @abstractmethod
    def place_order(self, sale: Sale) -> str:
        """Place an order now and give its id."""

    @abstractmethod
    def edit_order(self, order_id: str, *, note: str) -> None:
        """Change something about the order, which counts as a change of it."""

    @abstractmethod
    def truth(self, order_id: str) -> ShopOrder:
        """What the shop really has."""

    def set_quantity(self, order_id: str, line_id: str, quantity: int) -> None:
        """Staff edits an order: fewer units of one line, none removes the line. Total and payment follow."""
        raise NotImplementedError

    def delete_order(self, order_id: str) -> None:
        raise NotImplementedError

    def cancel_order(self, order_id: str) -> None:
        """Staff cancels the whole order, restocks and refunds it."""
        raise NotImplementedError

    def refund_order(self, order_id: str, line_id: str, quantity: int, amount: Decimal) -> None:
        """Staff gives `amount` back for units that stay with the buyer or come back; the order's lines keep them."""
        raise NotImplementedError

    def ship_order(self, order_id: str, tracking_number: str) -> None:
        """Staff ships everything that is left, without us."""
        raise NotImplementedError

    # -- faults

    @abstractmethod
    def arm_fault(self, fault: Fault) -> None:
        """One fault, once."""

    @abstractmethod
    def clear_faults(self) -> None:
        """Take back what was armed and did not happen."""

    # -- bodies that today's shop does not send yet

    def with_unknown_keys(self, body: bytes) -> bytes:
        """The body as a later version of the channel would send it. For JSON: an unknown key in every object."""
        return json.dumps(_with_unknown_keys(json.loads(body, parse_float=_Verbatim))).encode()

    def with_unknown_payment_state(self, body: bytes) -> bytes:
        """The body with a payment state that no version of the channel has today."""
        raise NotImplementedError

    def with_id(self, event: RawEvent, number: int) -> RawEvent:
        """The same order under another id. For ids that end in digits: those digits replaced wherever they stand."""
        digits = re.search(r"\d+$", event.external_id)
        if digits is None:
            raise NotImplementedError
        new_id = event.external_id[: digits.start()] + str(number)
        body = re.sub(rb"(?<!\d)" + digits[0].encode() + rb"(?!\d)", str(number).encode(), event.body)
        return dataclasses.replace(event, external_id=new_id, body=body)

    # -- webhooks

    def delivery(self, order_id: str) -> Delivery:
        """A genuine delivery, as the shop sends it after a change of this order: each call is another change."""
        raise NotImplementedError

    def redelivery(self, delivery: Delivery) -> Delivery:
        """The same delivery, sent again by the shop because we did not answer."""
        raise NotImplementedError

    def forged(self, delivery: Delivery, forgery: Forgery) -> Delivery:
        raise NotImplementedError

    def drop_subscription(self) -> None:
        """The shop forgets one of the subscriptions that `sync_webhooks` made."""
        raise NotImplementedError

    # -- catalogue and stock

    def listing_ids(self) -> Sequence[str]:
        """The external ids of all sellable items: more than fit on one page of `fetch_listings` if it has pages."""
        raise NotImplementedError

    def stock_items(self) -> Sequence[tuple[str, str]]:
        """Two or more (inventory external id, location external id) whose stock may be set."""
        raise NotImplementedError

    def stock(self, inventory_id: str, location_id: str) -> Decimal:
        raise NotImplementedError

    def set_stock(self, inventory_id: str, location_id: str, quantity: int) -> None:
        """The shop's figure changes without us."""
        raise NotImplementedError

    def more_items(self, count: int) -> Sequence[tuple[str, str]]:
        """`count` new items, all at one location, whose stock may be set."""
        raise NotImplementedError

    def untracked_item(self) -> tuple[str, str]:
        """An item that the shop does not count."""
        raise NotImplementedError

    def second_location(self) -> str:
        """Another place of the shop, where `stock_items` may be stocked too."""
        raise NotImplementedError

    def large_id_item(self) -> tuple[str, str]:
        """An item whose id has more than 53 bits; what was in the shop before may be gone."""
        raise NotImplementedError

    def stock_delivery(self, inventory_id: str, location_id: str, quantity: int) -> Delivery:
        """The shop's figure changes to `quantity`, and a genuine webhook tells so."""
        raise NotImplementedError

    def finish_backfill(self) -> None:
        """Let a mass read that has been started come to its end."""


class _Verbatim(float):
    """A JSON number that is written back digit by digit."""

    def __new__(cls, text: str) -> _Verbatim:
        self = super().__new__(cls, text)
        self.text = text
        return self

    text: str

    def __repr__(self) -> str:
        return self.text


def _with_unknown_keys(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _with_unknown_keys(item) for key, item in value.items()} | {
            "hatoba_unknown": {"value": 1, "list": [None, {}]}
        }
    if isinstance(value, list):
        return [_with_unknown_keys(item) for item in value]
    return value


# ---- the watch


class _Watch:
    """Stands in front of a connector during a test and holds every call to the rules that have no exceptions."""

    def __init__(self, connector: Connector, secrets: Iterable[str]) -> None:
        self._connector = connector
        self._secrets = tuple(secrets)

    def __getattr__(self, name: str) -> Any:
        target = getattr(self._connector, name)
        if not callable(target):
            return target

        def watched(*args: Any, **kwargs: Any) -> Any:
            with _no_sleep(), _captured_log() as log:
                error: ChannelError | None = None
                result = None
                try:
                    result = target(*args, **kwargs)
                except ChannelError as refused:
                    error = refused
                except Exception as other:
                    trace = "".join(traceback.format_exception(other))
                    pytest.fail(f"{name} raised {type(other).__name__}, which is no ChannelError:\n{trace}")
            self._search(f"the log of {name}", "\n".join(log))
            if error is not None:
                self._search(f"the error of {name}", "".join(traceback.format_exception(error)) + repr(vars(error)))
                assert re.fullmatch(r"[a-z][a-z0-9_]*", error.code), f"{error.code!r} is no stable code"
                raise error
            self._search(f"the answer of {name}", repr(result))
            return result

        return watched

    def __repr__(self) -> str:
        return repr(self._connector)

    def _search(self, where: str, text: str) -> None:
        for secret in self._secrets:
            assert secret not in text, f"a secret shows in {where}"


@contextmanager
def _no_sleep() -> Iterator[None]:
    real, thread = time.sleep, threading.get_ident()

    def sleep(seconds: float) -> None:
        if threading.get_ident() == thread:
            pytest.fail("a connector never sleeps: raise Retryable(retry_after=…), the queue waits")
        real(seconds)

    time.sleep = sleep
    try:
        yield
    finally:
        time.sleep = real


@contextmanager
def _captured_log() -> Iterator[list[str]]:
    """What this thread logs, whatever the level."""
    lines: list[str] = []
    thread = threading.get_ident()

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if record.thread == thread:
                lines.append(self.format(record))

    root, handler = logging.getLogger(), Keep(logging.DEBUG)
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        yield lines
    finally:
        root.removeHandler(handler)
        root.setLevel(level)


# ---- helpers of the tests


def added_up(document: OrderDocument) -> Decimal:
    """lines − discounts + shipping, + taxes where prices exclude them, + the till's rounding."""
    total = document.cash_rounding
    for line in document.lines:
        total += line.original_quantity * line.unit_price - line.discount
        if not document.prices_include_tax:
            total += sum((tax.amount for tax in line.taxes), ZERO)
    for charge in document.shipping_lines:
        total += charge.price - charge.discount
        if not document.prices_include_tax:
            total += sum((tax.amount for tax in charge.taxes), ZERO)
    return total


class _Skipping:
    """A harness whose missing methods skip the test."""

    def __init__(self, harness: Harness) -> None:
        self._harness = harness

    def __getattr__(self, name: str) -> Any:
        target = getattr(self._harness, name)
        if not callable(target):
            return target

        def offered(*args: Any, **kwargs: Any) -> Any:
            try:
                return target(*args, **kwargs)
            except NotImplementedError:
                pytest.skip(f"the harness does not offer {name}")

        return offered


class ConnectorConformance(StockConformance):
    """Inherit, set `harness_class`, run with pytest."""

    harness_class: type[Harness]

    @pytest.fixture
    def shop(self) -> Iterator[Any]:
        harness = self.harness_class()
        try:
            yield _Skipping(harness)
        finally:
            harness.close()

    # ---- helpers

    def connector(self, shop: Any, *needs: Capability, credential: str | None = None) -> Any:
        """A fresh connector under watch; skips the test when it lacks a capability the test needs."""
        connector = shop.connector(credential=credential)
        for capability in needs:
            if capability not in connector.capabilities:
                pytest.skip(f"the connector does not declare {capability.name}")
        return _Watch(connector, (*shop.secrets, credential) if credential else shop.secrets)

    def fetch_all(self, connector: Any, since: datetime = LONG_AGO) -> list[RawEvent]:
        events: list[RawEvent] = []
        cursor: str | None = None
        for _page in range(MANY):
            page: Page = connector.fetch_orders(since, cursor)
            events.extend(page.events)
            cursor = page.next_cursor
            if cursor is None:
                return events
        pytest.fail(f"paging did not end within {MANY} pages")

    def read(self, connector: Any, order_id: str) -> OrderDocument:
        (event,) = connector.fetch_orders_by_id([order_id])
        document: OrderDocument = connector.parse_order(event)
        return document

    def placed(self, shop: Any, sale: Sale | None = None) -> str:
        order_id: str = shop.place_order(sale or Sale())
        shop.pass_time(max(1.0, shop.settle.total_seconds()))
        return order_id

    def shipment(
        self, shop: Any, order_id: str, key: str = "S1", number: str = "1234-5678-9012", quantity: int | None = None
    ) -> Shipment:
        """All units of the order's first line, or `quantity` of them."""
        line_id = shop.truth(order_id).line_ids[0]
        lines = (ShipmentLine(line_external_id=line_id, quantity=Decimal(quantity or 1)),)
        return Shipment(
            key=key,
            order_external_id=order_id,
            lines=lines,
            tracking=(Tracking(number=number, carrier="Yamato"),),
            shipped_at=shop.now(),
        )

    def missing_id(self, order_id: str) -> str:
        """An id that is well formed and belongs to nothing."""
        return re.sub(r"\d+$", lambda digits: str(int(digits[0]) + 987_654_321), order_id)

    # ---- the account

    def test_check_tells_who_we_are(self, shop: Any) -> None:
        info: AccountInfo = self.connector(shop).check()
        assert info.external_id and info.name and re.fullmatch("[A-Z]{3}", info.currency)
        assert_frozen(info, "account")

    def test_refused_credentials_need_attention(self, shop: Any) -> None:
        order_id = self.placed(shop)
        connector = self.connector(shop, credential="wrong-credential-0123456789")
        for call in (
            connector.check,
            lambda: connector.fetch_orders(LONG_AGO, None),
            lambda: connector.fetch_orders_by_id([order_id]),
            lambda: connector.push_shipments([self.shipment(shop, order_id)]),
        ):
            with pytest.raises(NeedsAttention) as refused:
                call()
            assert refused.value.code == "credentials"

    def test_no_secret_in_a_repr(self, shop: Any) -> None:
        connector = self.connector(shop)
        held = [repr(value) for value in vars(connector._connector).values() if not isinstance(value, str)]
        text = "\n".join([repr(connector), *held])
        for secret in shop.secrets:
            assert secret not in text, "a secret shows in the repr of the connector or of what it holds"

    def test_undeclared_capabilities_are_unsupported(self, shop: Any) -> None:
        connector = self.connector(shop)
        calls: dict[Capability, Any] = {
            Capability.WEBHOOKS: lambda: connector.read_webhook({}, b"{}"),
            Capability.WEBHOOK_SUBSCRIPTIONS: lambda: connector.sync_webhooks("https://erp.example/hook"),
            Capability.BACKFILL: lambda: connector.start_backfill(None),
            Capability.COUNT_ORDERS: lambda: connector.count_orders(LONG_AGO, shop.now()),
            Capability.LISTINGS: lambda: connector.fetch_listings(None),
            Capability.CANCEL: lambda: connector.push_cancellations([]),
            Capability.REFUND: lambda: connector.push_refunds([]),
            Capability.STOCK: lambda: connector.push_stock([]),
        }
        reading: list[Any] = [lambda: connector.read_stock([]), lambda: connector.fetch_stock("1", None)]
        undeclared = [call for capability, call in calls.items() if capability not in connector.capabilities]
        for call in undeclared + (reading if Capability.STOCK not in connector.capabilities else []):
            with pytest.raises(Unsupported):
                call()

    # ---- reading orders

    def test_an_empty_shop_has_one_empty_page(self, shop: Any) -> None:
        page = self.connector(shop).fetch_orders(LONG_AGO, None)
        assert (tuple(page.events), page.next_cursor) == ((), None)

    def test_paging_ends_and_loses_and_doubles_nothing(self, shop: Any) -> None:
        placed = []
        for number in range(2 * shop.page_size + 1):
            placed.append(shop.place_order(Sale()))
            if number % shop.page_size == 0:  # neighbours share an instant, also across a page border
                shop.pass_time(1)
        shop.pass_time(shop.settle.total_seconds())
        events = self.fetch_all(self.connector(shop))
        assert sorted(event.external_id for event in events) == sorted(placed)
        assert len(self.connector(shop).fetch_orders(LONG_AGO, None).events) < len(placed), (
            "the harness must force several pages"
        )

    def test_a_page_says_how_new_it_is_and_oldest_comes_first(self, shop: Any) -> None:
        first, second = self.placed(shop), self.placed(shop)
        shop.edit_order(first, note="changed last")
        shop.pass_time(max(1.0, shop.settle.total_seconds()))
        connector = self.connector(shop)
        page = connector.fetch_orders(LONG_AGO, None)
        assert [event.external_id for event in page.events] == [second, first]
        changed = [connector.parse_order(event).updated_at for event in page.events]
        assert page.high_water == max(changed) == changed[-1]

    def test_since_contains_its_own_instant_and_nothing_older(self, shop: Any) -> None:
        old = self.placed(shop)
        shop.pass_time(48 * 3600)
        new = self.placed(shop)
        connector = self.connector(shop)
        since = self.read(connector, new).updated_at
        assert [event.external_id for event in self.fetch_all(connector, since)] == [new]
        shop.edit_order(old, note="now it is changed")
        shop.pass_time(max(1.0, shop.settle.total_seconds()))
        assert [event.external_id for event in self.fetch_all(connector, since)] == [new, old]

    def test_orders_changed_while_paging_are_not_lost(self, shop: Any) -> None:
        placed = [self.placed(shop) for _number in range(3 * shop.page_size)]
        connector = self.connector(shop)
        events: list[RawEvent] = []
        page = connector.fetch_orders(LONG_AGO, None)
        events.extend(page.events)
        for order_id in (placed[0], placed[-1]):
            shop.edit_order(order_id, note="changed while paging")
        placed.append(self.placed(shop))
        for _page in range(MANY):
            if page.next_cursor is None:
                break
            page = connector.fetch_orders(LONG_AGO, page.next_cursor)
            events.extend(page.events)
        # whatever this walk did not see, the next one from its high water sees
        high_water = max(connector.parse_order(event).updated_at for event in events)
        events.extend(self.fetch_all(connector, high_water))
        newest: dict[str, OrderDocument] = {}
        for document in map(connector.parse_order, events):
            if document.external_id not in newest or newest[document.external_id].updated_at <= document.updated_at:
                newest[document.external_id] = document
        assert set(newest) == set(placed)
        changed = sorted(
            document.external_id for document in newest.values() if document.note == "changed while paging"
        )
        assert changed == sorted((placed[0], placed[3 * shop.page_size - 1]))

    def test_a_change_makes_a_newer_version(self, shop: Any) -> None:
        order_id = self.placed(shop)
        connector = self.connector(shop)
        (before,) = connector.fetch_orders_by_id([order_id])
        shop.edit_order(order_id, note="please ring twice")
        (after,) = connector.fetch_orders_by_id([order_id])
        assert after.version > before.version or after.version == before.version == ""
        old, new = connector.parse_order(before), connector.parse_order(after)
        assert new.updated_at > old.updated_at and new.placed_at == old.placed_at
        assert (old.note, new.note) == ("", "please ring twice")

    def test_an_order_read_by_id_is_the_order_on_the_page(self, shop: Any) -> None:
        placed = [self.placed(shop) for _number in range(2 * shop.page_size + 1)]
        connector = self.connector(shop)
        paged = {event.external_id: connector.parse_order(event) for event in self.fetch_all(connector)}
        by_id = {event.external_id: connector.parse_order(event) for event in connector.fetch_orders_by_id(placed)}
        assert by_id == paged and set(by_id) == set(placed)
        assert list(connector.fetch_orders_by_id([])) == []

    def test_an_order_that_never_was_is_left_out(self, shop: Any) -> None:
        order_id = self.placed(shop)
        events = self.connector(shop).fetch_orders_by_id([self.missing_id(order_id), order_id])
        assert [event.external_id for event in events] == [order_id]

    def test_a_deleted_order_is_left_out(self, shop: Any) -> None:
        kept, deleted = self.placed(shop), self.placed(shop)
        shop.delete_order(deleted)
        shop.pass_time(shop.settle.total_seconds())
        connector = self.connector(shop)
        assert [event.external_id for event in connector.fetch_orders_by_id([deleted, kept])] == [kept]
        assert [event.external_id for event in self.fetch_all(connector)] == [kept]

    # ---- parsing

    def test_parsing_is_pure(self, shop: Any) -> None:
        order_id = self.placed(shop, Sale(lines=(SaleLine(), SaleLine(sku="POT", discount=Decimal(100)))))
        (event,) = self.connector(shop).fetch_orders_by_id([order_id])
        body = bytes(event.body)
        shop.arm_fault(Fault.DOWN)  # parsing that asks the channel fails
        with freeze_time("2001-02-03"):
            first = self.connector(shop).parse_order(event)
        with freeze_time("2037-02-03"):
            connector = self.connector(shop)
            second, third = (
                connector.parse_order(event),
                connector.parse_order(dataclasses.replace(event, body=bytes(body))),
            )
        shop.clear_faults()
        assert first == second == third
        assert event.body == body
        assert first.external_id == event.external_id == order_id
        assert_frozen(first, "order")

    @pytest.mark.parametrize(
        "body", [b"", b"{", b"null", b"[]", b"1", b'"text"', b"{}", b'{"id": 1}', b"<html></html>", b"\xff\xfe\x00"]
    )
    def test_what_is_not_an_order_is_unreadable(self, shop: Any, body: bytes) -> None:
        event = RawEvent(kind="order", external_id="1", body=body)
        with pytest.raises(NeedsAttention) as refused:
            self.connector(shop).parse_order(event)
        assert refused.value.code == "unreadable"

    def test_half_an_order_is_unreadable(self, shop: Any) -> None:
        order_id = self.placed(shop)
        connector = self.connector(shop)
        (event,) = connector.fetch_orders_by_id([order_id])
        with pytest.raises(NeedsAttention) as refused:
            connector.parse_order(dataclasses.replace(event, body=event.body[: len(event.body) // 2]))
        assert refused.value.code == "unreadable"

    @pytest.mark.parametrize("prices_include_tax", [True, False])
    @pytest.mark.parametrize("currency", ["JPY", "USD", "KWD"])
    def test_totals_add_up(self, shop: Any, currency: str, prices_include_tax: bool) -> None:
        if currency not in shop.currencies:
            pytest.skip(f"the channel has no {currency}")
        unit = {"JPY": Decimal(1), "USD": Decimal("0.01"), "KWD": Decimal("0.001")}[currency]
        sale = Sale(
            currency=currency,
            prices_include_tax=prices_include_tax,
            lines=(
                SaleLine(quantity=3, unit_price=4999 * unit, discount=1333 * unit, tax=1242 * unit),
                SaleLine(sku="POT", quantity=7, unit_price=10 * unit, tax=6 * unit),
                SaleLine(sku="TEA", quantity=1, unit_price=1 * unit, discount=1 * unit),
            ),
            shipping=770 * unit,
            shipping_tax=70 * unit,
        )
        order_id = self.placed(shop, sale)
        document = self.read(self.connector(shop), order_id)
        assert document.total == sale.total == shop.truth(order_id).total
        assert added_up(document) == document.total
        assert (document.currency, document.prices_include_tax) == (currency, prices_include_tax)
        assert [line.quantity for line in document.lines] == [line.quantity for line in sale.lines]
        assert [line.discount for line in document.lines] == [line.discount for line in sale.lines]
        assert sum((tax.amount for line in document.lines for tax in line.taxes), ZERO) == 1248 * unit
        assert [charge.price - charge.discount for charge in document.shipping_lines] == [sale.shipping]

    def test_many_lines(self, shop: Any) -> None:
        lines = tuple(
            SaleLine(title=f"Item {number}", unit_price=Decimal(100 + number)) for number in range(shop.most_lines)
        )
        order_id = self.placed(shop, Sale(lines=lines))
        connector = self.connector(shop)
        (event,) = self.fetch_all(connector)
        document = connector.parse_order(event)
        assert [line.unit_price for line in document.lines] == [line.unit_price for line in lines]
        assert len({line.external_id for line in document.lines}) == shop.most_lines
        assert added_up(document) == document.total
        assert self.read(connector, order_id) == document

    def test_line_ids_are_the_shops(self, shop: Any) -> None:
        order_id = self.placed(shop, Sale(lines=(SaleLine(), SaleLine(sku="POT"))))
        document = self.read(self.connector(shop), order_id)
        assert tuple(line.external_id for line in document.lines) == shop.truth(order_id).line_ids

    def test_payment_is_told(self, shop: Any) -> None:
        paid, unpaid = self.placed(shop), self.placed(shop, Sale(paid=False))
        connector = self.connector(shop)
        assert self.read(connector, paid).payment is PaymentState.PAID
        assert self.read(connector, unpaid).payment is PaymentState.PENDING

    def test_a_guest_without_address_is_read(self, shop: Any) -> None:
        order_id = self.placed(shop, Sale(buyer=False, address=False))
        document = self.read(self.connector(shop), order_id)
        assert document.buyer is None and document.shipping_address is None
        assert_frozen(document, "order")

    def test_an_item_that_is_gone_is_read(self, shop: Any) -> None:
        order_id = self.placed(shop, Sale(lines=(SaleLine(item_gone=True), SaleLine(sku="POT"))))
        document = self.read(self.connector(shop), order_id)
        gone, there = document.lines
        assert gone.listing_external_id == "" and gone.title
        assert there.listing_external_id != ""

    def test_unknown_keys_change_nothing(self, shop: Any) -> None:
        order_id = self.placed(shop)
        connector = self.connector(shop)
        (event,) = connector.fetch_orders_by_id([order_id])
        later = dataclasses.replace(event, body=shop.with_unknown_keys(event.body))
        assert later.body != event.body
        assert connector.parse_order(later) == connector.parse_order(event)

    def test_unknown_values_are_told_not_guessed(self, shop: Any) -> None:
        order_id = self.placed(shop)
        connector = self.connector(shop)
        (event,) = connector.fetch_orders_by_id([order_id])
        document = connector.parse_order(dataclasses.replace(event, body=shop.with_unknown_payment_state(event.body)))
        assert document.payment is PaymentState.UNKNOWN and document.unknown
        assert connector.parse_order(event).unknown == ()

    def test_ids_of_64_bits_stay_exact(self, shop: Any) -> None:
        order_id = self.placed(shop)
        connector = self.connector(shop)
        (event,) = connector.fetch_orders_by_id([order_id])
        large = shop.with_id(event, 2**63 - 25)
        document = connector.parse_order(large)
        assert document.external_id == large.external_id
        assert document.external_id.endswith(str(2**63 - 25))

    def test_a_cancelled_order_is_told(self, shop: Any) -> None:
        order_id = self.placed(shop)
        shop.cancel_order(order_id)
        document = self.read(self.connector(shop), order_id)
        assert document.state is OrderState.CANCELLED and document.cancelled_at is not None
        assert [line.quantity for line in document.lines] == [ZERO]
        assert document.total == Decimal(1200)

    def test_an_edit_lowers_the_line_and_not_the_first_total(self, shop: Any) -> None:
        order_id = self.placed(shop, Sale(lines=(SaleLine(quantity=3), SaleLine(sku="POT"))))
        first, second = shop.truth(order_id).line_ids
        shop.set_quantity(order_id, first, 1)
        shop.set_quantity(order_id, second, 0)
        document = self.read(self.connector(shop), order_id)
        assert {line.external_id: line.quantity for line in document.lines if line.quantity} == {first: Decimal(1)}
        assert {line.external_id: line.original_quantity for line in document.lines} == {
            first: Decimal(3),
            second: Decimal(1),
        }
        assert (document.total, document.current_total) == (Decimal(4800), Decimal(1200))

    def test_a_refund_is_told_once_and_keeps_the_line(self, shop: Any) -> None:
        order_id = self.placed(shop, Sale(lines=(SaleLine(quantity=2),)))
        (line_id,) = shop.truth(order_id).line_ids
        shop.ship_order(order_id, "9999")
        shop.refund_order(order_id, line_id, 1, Decimal(500))
        document = self.read(self.connector(shop), order_id)
        (refund,) = document.refunds
        assert refund.amount == Decimal(500)
        assert [(line.line_external_id, line.quantity, line.removed) for line in refund.lines] == [
            (line_id, Decimal(1), False)
        ]
        assert document.lines[0].quantity == Decimal(2)
        assert document.payment is PaymentState.PARTIALLY_REFUNDED

    def test_a_shipment_made_there_is_told(self, shop: Any) -> None:
        order_id = self.placed(shop, Sale(lines=(SaleLine(quantity=2),)))
        shop.ship_order(order_id, "9999")
        document = self.read(self.connector(shop), order_id)
        (shipment,) = document.shipments
        assert shipment.tracking_numbers == ("9999",) and not shipment.cancelled
        assert [(line.line_external_id, line.quantity) for line in shipment.lines] == [
            (document.lines[0].external_id, Decimal(2))
        ]

    # ---- faults

    def test_throttling_keeps_its_retry_after(self, shop: Any) -> None:
        order_id = self.placed(shop)
        connector = self.connector(shop)
        for call in (
            connector.check,
            lambda: connector.fetch_orders(LONG_AGO, None),
            lambda: connector.fetch_orders_by_id([order_id]),
        ):
            shop.arm_fault(Fault.THROTTLED)
            with pytest.raises(Retryable) as refused:
                call()
            assert refused.value.retry_after is not None and abs(refused.value.retry_after - RETRY_AFTER) <= 1
            call()

    @pytest.mark.parametrize("fault", [Fault.DOWN, Fault.TIMEOUT])
    def test_an_outage_is_retryable(self, shop: Any, fault: Fault) -> None:
        self.placed(shop)
        connector = self.connector(shop)
        shop.arm_fault(fault)
        with pytest.raises(Retryable):
            connector.fetch_orders(LONG_AGO, None)
        assert len(connector.fetch_orders(LONG_AGO, None).events) == 1

    def test_half_an_answer_is_no_answer(self, shop: Any) -> None:
        self.placed(shop)
        connector = self.connector(shop)
        shop.arm_fault(Fault.UNREADABLE)
        with pytest.raises(ChannelError):
            connector.fetch_orders(LONG_AGO, None)
        assert len(connector.fetch_orders(LONG_AGO, None).events) == 1

    def test_credentials_that_die_need_attention(self, shop: Any) -> None:
        connector = self.connector(shop)
        connector.check()
        shop.arm_fault(Fault.REFUSED)
        with pytest.raises(NeedsAttention) as refused:
            connector.fetch_orders(LONG_AGO, None)
        assert refused.value.code == "credentials"

    # ---- shipments

    def test_a_shipment_arrives(self, shop: Any) -> None:
        order_id = self.placed(shop, Sale(lines=(SaleLine(), SaleLine(sku="POT", quantity=2))))
        first, second = shop.truth(order_id).line_ids
        shipment = dataclasses.replace(
            self.shipment(shop, order_id),
            lines=(
                ShipmentLine(line_external_id=first, quantity=Decimal(1)),
                ShipmentLine(line_external_id=second, quantity=Decimal(2)),
            ),
        )
        (result,) = self.connector(shop).push_shipments([shipment])
        assert (result.key, result.error) == ("S1", None) and result.external_ids
        (there,) = shop.truth(order_id).shipped
        assert dict(there.lines) == {first: Decimal(1), second: Decimal(2)}
        assert there.tracking_numbers == ("1234-5678-9012",)
        (told,) = self.read(self.connector(shop), order_id).shipments
        assert told.external_id in result.external_ids

    def test_no_shipments_no_results(self, shop: Any) -> None:
        assert list(self.connector(shop).push_shipments([])) == []

    def test_a_repeated_shipment_has_one_effect(self, shop: Any) -> None:
        order_id = self.placed(shop, Sale(lines=(SaleLine(quantity=4),)))
        shipment = self.shipment(shop, order_id)
        (first,) = self.connector(shop).push_shipments([shipment])
        (second,) = self.connector(shop).push_shipments([shipment])
        both = self.connector(shop).push_shipments([shipment, shipment])
        assert [result.error for result in (first, second, *both)] == [None] * 4
        assert first.external_ids == second.external_ids == both[0].external_ids
        assert len(shop.truth(order_id).shipments) == 1

    def test_a_lost_answer_is_unknown_and_repeating_has_one_effect(self, shop: Any) -> None:
        order_id = self.placed(shop, Sale(lines=(SaleLine(quantity=4),)))
        shipment = self.shipment(shop, order_id)
        shop.arm_fault(Fault.LOST_ANSWER)
        (error,) = push_errors(self.connector(shop).push_shipments, [shipment])
        assert isinstance(error, Retryable) and error.outcome_unknown
        assert len(shop.truth(order_id).shipments) == 1, "the harness must have done what it did not answer"
        (result,) = self.connector(shop).push_shipments([shipment])
        assert result.error is None and result.external_ids
        assert len(shop.truth(order_id).shipments) == 1

    @pytest.mark.parametrize("fault", [Fault.THROTTLED, Fault.DOWN, Fault.TIMEOUT])
    def test_an_outage_loses_no_shipment(self, shop: Any, fault: Fault) -> None:
        order_id = self.placed(shop)
        shop.arm_fault(fault)
        (error,) = push_errors(self.connector(shop).push_shipments, [self.shipment(shop, order_id)])
        assert isinstance(error, Retryable)
        (result,) = self.connector(shop).push_shipments([self.shipment(shop, order_id)])
        assert result.error is None and len(shop.truth(order_id).shipped) == 1

    def test_two_equal_parcels_are_two_shipments(self, shop: Any) -> None:
        connector = self.connector(shop, Capability.PARTIAL_SHIPMENT)
        order_id = self.placed(shop, Sale(lines=(SaleLine(quantity=2),)))
        for key, number in (("S1", "1111"), ("S2", "2222")):
            (result,) = connector.push_shipments([self.shipment(shop, order_id, key, number, 1)])
            assert result.error is None
        shipped = shop.truth(order_id).shipped
        assert [dict(parcel.lines) for parcel in shipped] == [{shop.truth(order_id).line_ids[0]: Decimal(1)}] * 2
        assert sorted(parcel.tracking_numbers for parcel in shipped) == [("1111",), ("2222",)]

    def test_two_parcels_of_one_order_in_one_call(self, shop: Any) -> None:
        connector = self.connector(shop, Capability.PARTIAL_SHIPMENT)
        order_id = self.placed(shop, Sale(lines=(SaleLine(quantity=2),)))
        parcels = [self.shipment(shop, order_id, key, number, 1) for key, number in (("S1", "1111"), ("S2", "2222"))]
        assert push_errors(connector.push_shipments, parcels) == [None, None]
        assert len(shop.truth(order_id).shipped) == 2

    def test_one_bad_shipment_does_not_fail_its_neighbours(self, shop: Any) -> None:
        good, other = self.placed(shop), self.placed(shop)
        bad = dataclasses.replace(self.shipment(shop, good, "bad"), order_external_id=self.missing_id(good))
        shipments = [self.shipment(shop, good, "S1"), bad, self.shipment(shop, other, "S2")]
        results = self.connector(shop).push_shipments(shipments)
        assert [result.key for result in results] == ["S1", "bad", "S2"]
        assert results[0].error is None and results[2].error is None
        assert isinstance(results[1].error, NeedsAttention | Permanent)
        assert len(shop.truth(good).shipped) == len(shop.truth(other).shipped) == 1

    def test_what_others_shipped_is_not_shipped_again(self, shop: Any) -> None:
        order_id = self.placed(shop)
        shop.ship_order(order_id, "9999")
        (error,) = push_errors(self.connector(shop).push_shipments, [self.shipment(shop, order_id)])
        assert error is None or isinstance(error, NeedsAttention | Permanent)
        assert [parcel.tracking_numbers for parcel in shop.truth(order_id).shipped] == [("9999",)]

    def test_more_than_ordered_is_refused(self, shop: Any) -> None:
        order_id = self.placed(shop)
        (error,) = push_errors(self.connector(shop).push_shipments, [self.shipment(shop, order_id, quantity=2)])
        assert isinstance(error, NeedsAttention | Permanent)
        assert shop.truth(order_id).shipments == ()

    def test_tracking_added_later(self, shop: Any) -> None:
        connector = self.connector(shop, Capability.SHIPMENT_UPDATE)
        order_id = self.placed(shop)
        without = dataclasses.replace(self.shipment(shop, order_id), tracking=())
        (first,) = connector.push_shipments([without])
        assert first.error is None and shop.truth(order_id).shipped[0].tracking_numbers == ()
        later = dataclasses.replace(self.shipment(shop, order_id), external_ids=first.external_ids)
        for _time in range(2):
            (second,) = self.connector(shop).push_shipments([later])
            assert second.error is None and second.external_ids == first.external_ids
        (there,) = shop.truth(order_id).shipments
        assert there.tracking_numbers == ("1234-5678-9012",)

    def test_a_shipment_taken_back_and_made_again(self, shop: Any) -> None:
        connector = self.connector(shop, Capability.SHIPMENT_CANCEL)
        order_id = self.placed(shop)
        (first,) = connector.push_shipments([self.shipment(shop, order_id)])
        back = dataclasses.replace(self.shipment(shop, order_id), external_ids=first.external_ids, cancelled=True)
        for _time in range(2):
            (result,) = self.connector(shop).push_shipments([back])
            assert result.error is None
            assert shop.truth(order_id).shipped == ()
        (again,) = connector.push_shipments([self.shipment(shop, order_id, "S2", "2222")])
        assert again.error is None
        assert [parcel.tracking_numbers for parcel in shop.truth(order_id).shipped] == [("2222",)]

    # ---- cancellations and refunds

    def test_a_cancellation_has_one_effect(self, shop: Any) -> None:
        connector = self.connector(shop, Capability.CANCEL)
        order_id, other = self.placed(shop), self.placed(shop)
        items = [
            Cancellation(key="C1", order_external_id=order_id, reason="customer"),
            Cancellation(key="bad", order_external_id=self.missing_id(order_id)),
            Cancellation(key="C2", order_external_id=other),
        ]
        for _time in range(2):
            errors = push_errors(connector.push_cancellations, items)
            assert errors[0] is None and errors[2] is None
            assert isinstance(errors[1], NeedsAttention | Permanent)
        truth = shop.truth(order_id)
        assert truth.cancelled and truth.refunded == truth.total and shop.truth(other).cancelled

    def test_a_cancellation_whose_answer_was_lost(self, shop: Any) -> None:
        connector = self.connector(shop, Capability.CANCEL)
        item = Cancellation(key="C1", order_external_id=self.placed(shop))
        shop.arm_fault(Fault.LOST_ANSWER)
        (error,) = push_errors(connector.push_cancellations, [item])
        assert isinstance(error, Retryable) and error.outcome_unknown
        assert push_errors(self.connector(shop).push_cancellations, [item]) == [None]
        truth = shop.truth(item.order_external_id)
        assert truth.cancelled and truth.refunded == truth.total

    def test_a_shipped_order_is_not_cancelled(self, shop: Any) -> None:
        connector = self.connector(shop, Capability.CANCEL)
        order_id = self.placed(shop)
        shop.ship_order(order_id, "9999")
        (error,) = push_errors(connector.push_cancellations, [Cancellation(key="C1", order_external_id=order_id)])
        assert isinstance(error, NeedsAttention | Permanent)
        assert not shop.truth(order_id).cancelled

    def refund(self, order_id: str, key: str = "R1", amount: int = 300) -> RefundRequest:
        return RefundRequest(key=key, order_external_id=order_id, amount=Decimal(amount))

    def test_a_refund_has_one_effect_also_after_a_lost_answer(self, shop: Any) -> None:
        self.connector(shop, Capability.REFUND)
        order_id = self.placed(shop)
        shop.arm_fault(Fault.LOST_ANSWER)
        (error,) = push_errors(self.connector(shop).push_refunds, [self.refund(order_id)])
        assert isinstance(error, Retryable) and error.outcome_unknown
        for _time in range(2):
            assert push_errors(self.connector(shop).push_refunds, [self.refund(order_id)]) == [None]
        assert shop.truth(order_id).refunded == Decimal(300)

    def test_two_equal_refunds_are_two(self, shop: Any) -> None:
        connector = self.connector(shop, Capability.REFUND)
        order_id = self.placed(shop)
        bad = dataclasses.replace(self.refund(order_id, "bad"), order_external_id=self.missing_id(order_id))
        errors = push_errors(connector.push_refunds, [self.refund(order_id, "R1"), bad, self.refund(order_id, "R2")])
        assert errors[0] is None and errors[2] is None and isinstance(errors[1], NeedsAttention | Permanent)
        assert shop.truth(order_id).refunded == Decimal(600)

    def test_more_than_was_paid_is_not_given_back(self, shop: Any) -> None:
        connector = self.connector(shop, Capability.REFUND)
        order_id = self.placed(shop)
        (error,) = push_errors(connector.push_refunds, [self.refund(order_id, amount=5000)])
        assert isinstance(error, NeedsAttention | Permanent)
        assert shop.truth(order_id).refunded == ZERO

    # ---- webhooks

    def test_a_genuine_delivery_is_read(self, shop: Any) -> None:
        connector = self.connector(shop, Capability.WEBHOOKS)
        order_id = self.placed(shop)
        deliveries = [shop.delivery(order_id), shop.delivery(order_id)]
        hints = [connector.read_webhook(_lower(delivery.headers), delivery.body) for delivery in deliveries]
        assert [(hint.kind, hint.external_id) for hint in hints] == [("order", order_id)] * 2
        assert all(hint.delivery_id and hint.topic for hint in hints)
        assert hints[0].delivery_id != hints[1].delivery_id
        again = shop.redelivery(deliveries[0])
        assert self.connector(shop).read_webhook(_lower(again.headers), again.body).delivery_id == hints[0].delivery_id

    @pytest.mark.parametrize("forgery", list(Forgery))
    def test_a_forged_delivery_is_refused(self, shop: Any, forgery: Forgery) -> None:
        connector = self.connector(shop, Capability.WEBHOOKS)
        forged = shop.forged(shop.delivery(self.placed(shop)), forgery)
        with pytest.raises(WebhookRefused):
            connector.read_webhook(_lower(forged.headers), forged.body)

    @pytest.mark.parametrize("body", [b"", b"{", b"[" * 100_000, b"\xff" * 100])
    def test_a_forged_delivery_is_not_parsed(self, shop: Any, body: bytes) -> None:
        connector = self.connector(shop, Capability.WEBHOOKS)
        genuine = shop.delivery(self.placed(shop))
        with pytest.raises(WebhookRefused):
            connector.read_webhook(_lower(genuine.headers), body)
        with pytest.raises(WebhookRefused):
            connector.read_webhook({}, body)

    def test_subscriptions_are_made_and_repaired(self, shop: Any) -> None:
        connector = self.connector(shop, Capability.WEBHOOK_SUBSCRIPTIONS)
        url = "https://erp.example/ec_channel/webhook/1/token"
        assert connector.sync_webhooks(url) != ()
        assert self.connector(shop).sync_webhooks(url) == ()
        shop.drop_subscription()
        assert len(self.connector(shop).sync_webhooks(url)) == 1
        assert self.connector(shop).sync_webhooks(url) == ()

    # ---- mass reads and counts

    def test_a_backfill_reads_what_paging_reads(self, shop: Any) -> None:
        connector = self.connector(shop, Capability.BACKFILL)
        for _number in range(2 * shop.page_size + 1):
            self.placed(shop, Sale(lines=(SaleLine(), SaleLine(sku="POT"))))
        token = connector.start_backfill(None)
        assert token and isinstance(token, str)
        shop.finish_backfill()
        result = self.connector(shop).read_backfill(token)  # in another worker
        assert result.done
        documents = [connector.parse_order(event) for event in result.events]
        paged = [connector.parse_order(event) for event in self.fetch_all(connector)]
        assert sorted(documents, key=lambda document: document.external_id) == sorted(
            paged, key=lambda document: document.external_id
        )

    def test_a_backfill_of_nothing(self, shop: Any) -> None:
        connector = self.connector(shop, Capability.BACKFILL)
        token = connector.start_backfill(shop.now())
        shop.finish_backfill()
        result = connector.read_backfill(token)
        assert result.done and list(result.events) == []

    def test_orders_are_counted_by_when_they_were_placed(self, shop: Any) -> None:
        connector = self.connector(shop, Capability.COUNT_ORDERS)
        placed = []
        for _number in range(3):
            placed.append(self.placed(shop))
            shop.pass_time(3600)
        shop.edit_order(placed[0], note="changed today, placed before")
        shop.pass_time(shop.settle.total_seconds())
        times = [self.read(connector, order_id).placed_at for order_id in placed]
        count = connector.count_orders(times[1], times[2])
        assert count.count == 1 and count.external_ids in (None, (placed[1],))
        assert connector.count_orders(times[0], times[2] + timedelta(seconds=1)).count == 3
        assert connector.count_orders(LONG_AGO, times[0]).count == 0

    # ---- catalogue; stock is in testing_stock.py

    def test_the_catalogue_is_complete(self, shop: Any) -> None:
        connector = self.connector(shop, Capability.LISTINGS)
        wanted, found = sorted(shop.listing_ids()), []
        cursor: str | None = None
        for _page in range(MANY):
            page = connector.fetch_listings(cursor)
            found.extend(page.listings)
            cursor = page.next_cursor
            if cursor is None:
                break
        listings: list[ListingDocument] = found
        assert sorted(listing.external_id for listing in listings) == wanted
        for listing in listings:
            assert_frozen(listing, "listing")

    def test_a_sold_item_is_an_item_of_the_catalogue(self, shop: Any) -> None:
        connector = self.connector(shop, Capability.LISTINGS)
        shop.listing_ids()
        (line,) = self.read(connector, self.placed(shop)).lines
        assert line.listing_external_id in [listing.external_id for listing in connector.fetch_listings(None).listings]


def _lower(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}
