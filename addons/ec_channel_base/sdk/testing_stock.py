"""The part of the conformance kit that is about stock; `ConnectorConformance` inherits it."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from .connector import Capability
from .documents import ZERO, StockLevel, StockReading
from .errors import NeedsAttention, Permanent, Retryable
from .testing_tools import Fault, assert_frozen, push_errors

Place = tuple[str, str]  # (inventory external id, location external id)
PAGES = 200


class StockConformance:
    if TYPE_CHECKING:  # of ConnectorConformance

        def connector(self, shop: Any, *needs: Capability, credential: str | None = None) -> Any: ...

        def missing_id(self, order_id: str) -> str: ...

    def level(self, item: tuple[str, str], quantity: int, expected: int | None = None, key: str = "L1") -> StockLevel:
        inventory_id, location_id = item
        return StockLevel(
            key=key,
            inventory_external_id=inventory_id,
            location_external_id=location_id,
            quantity=Decimal(quantity),
            expected=None if expected is None else Decimal(expected),
        )

    def shown(self, connector: Any, place: Place) -> StockReading:
        (reading,) = connector.read_stock([place])
        assert isinstance(reading, StockReading)
        return reading

    # ---- telling the shop

    def test_stock_is_set_and_not_added(self, shop: Any) -> None:
        connector = self.connector(shop, Capability.STOCK)
        first, second = shop.stock_items()[:2]
        shop.set_stock(*first, 3)
        shop.set_stock(*second, 8)
        for _time in range(2):
            assert push_errors(connector.push_stock, [self.level(first, 5), self.level(second, 0, key="L2")]) == [
                None,
                None,
            ]
            assert (shop.stock(*first), shop.stock(*second)) == (Decimal(5), ZERO)

    def test_a_stale_figure_is_not_overwritten(self, shop: Any) -> None:
        connector = self.connector(shop, Capability.STOCK, Capability.STOCK_COMPARE)
        first, second = shop.stock_items()[:2]
        shop.set_stock(*first, 2)  # the shop sold one that we have not seen
        shop.set_stock(*second, 9)
        stale, fresh = push_errors(
            connector.push_stock, [self.level(first, 5, expected=3), self.level(second, 7, expected=9, key="L2")]
        )
        assert isinstance(stale, NeedsAttention) and stale.code == "stale"
        assert fresh is None
        assert (shop.stock(*first), shop.stock(*second)) == (Decimal(2), Decimal(7))

    def test_one_unknown_item_does_not_fail_its_neighbours(self, shop: Any) -> None:
        connector = self.connector(shop, Capability.STOCK)
        first, second = shop.stock_items()[:2]
        unknown = (self.missing_id(first[0]), first[1])
        levels = [self.level(first, 4), self.level(unknown, 4, key="bad"), self.level(second, 6, key="L2")]
        errors = push_errors(connector.push_stock, levels)
        assert errors[0] is None and errors[2] is None and isinstance(errors[1], NeedsAttention | Permanent)
        assert (shop.stock(*first), shop.stock(*second)) == (Decimal(4), Decimal(6))

    def test_stock_whose_answer_was_lost(self, shop: Any) -> None:
        connector = self.connector(shop, Capability.STOCK)
        item = shop.stock_items()[0]
        shop.set_stock(*item, 3)
        shop.arm_fault(Fault.LOST_ANSWER)
        (error,) = push_errors(connector.push_stock, [self.level(item, 5, expected=3)])
        assert isinstance(error, Retryable) and error.outcome_unknown
        assert push_errors(self.connector(shop).push_stock, [self.level(item, 5, expected=3)]) == [None], (
            "it is what we asked for"
        )
        assert shop.stock(*item) == Decimal(5)

    def test_no_levels_no_request(self, shop: Any) -> None:
        connector = self.connector(shop, Capability.STOCK)
        shop.arm_fault(Fault.DOWN)
        assert list(connector.push_stock([])) == []
        assert list(connector.read_stock([])) == []
        shop.clear_faults()

    def test_a_lost_answer_with_a_refused_level_has_one_effect(self, shop: Any) -> None:
        """Whatever the repeat says, it neither sets the good level twice nor the refused one at all."""
        connector = self.connector(shop, Capability.STOCK, Capability.STOCK_COMPARE)
        first, second = shop.stock_items()[:2]
        shop.set_stock(*first, 2)
        shop.set_stock(*second, 9)
        levels = [self.level(first, 5, expected=3), self.level(second, 12, expected=9, key="L2")]
        shop.arm_fault(Fault.LOST_ANSWER)
        errors = push_errors(connector.push_stock, levels)
        assert isinstance(errors[1], Retryable) and errors[1].outcome_unknown
        shop.clear_faults()
        applied = shop.stock(*second) == Decimal(12)
        stale, other = push_errors(self.connector(shop).push_stock, levels)
        assert isinstance(stale, NeedsAttention) and stale.code == "stale"
        assert other is None or (isinstance(other, NeedsAttention) and other.code == "stale")
        assert shop.stock(*second) == Decimal(12) or (not applied and other is not None)
        now = shop.stock(*second)
        shop.set_stock(*first, 3)
        shop.set_stock(*second, 9)  # both show again what was expected: nothing may come of it
        push_errors(self.connector(shop).push_stock, levels)
        assert (shop.stock(*first), shop.stock(*second)) == (Decimal(3), Decimal(9)), f"second was {now}"

    def test_an_applied_level_is_not_applied_again(self, shop: Any) -> None:
        connector = self.connector(shop, Capability.STOCK, Capability.STOCK_COMPARE)
        item = shop.stock_items()[0]
        shop.set_stock(*item, 3)
        levels = [self.level(item, 5, expected=3)]
        assert push_errors(connector.push_stock, levels) == [None]
        shop.set_stock(*item, 3)  # two were sold
        push_errors(self.connector(shop).push_stock, levels)
        assert shop.stock(*item) == Decimal(3)

    def test_a_late_copy_of_a_stale_level_is_not_applied(self, shop: Any) -> None:
        connector = self.connector(shop, Capability.STOCK, Capability.STOCK_COMPARE)
        item = shop.stock_items()[0]
        shop.set_stock(*item, 2)
        levels = [self.level(item, 5, expected=3)]
        for shown in (2, 3, 3):  # the shop happens to show what was expected, only later
            shop.set_stock(*item, shown)
            (error,) = push_errors(self.connector(shop).push_stock, levels)
            assert isinstance(error, NeedsAttention) and error.code == "stale"
            assert shop.stock(*item) == Decimal(shown)
        assert push_errors(connector.push_stock, [self.level(item, 5, expected=3, key="L2")]) == [None]
        assert shop.stock(*item) == Decimal(5)

    def test_an_outage_loses_no_stock(self, shop: Any) -> None:
        connector = self.connector(shop, Capability.STOCK)
        item = shop.stock_items()[0]
        for fault in (Fault.THROTTLED, Fault.DOWN, Fault.TIMEOUT):
            shop.set_stock(*item, 3)
            levels = [self.level(item, 5, expected=3, key=fault.value)]
            shop.arm_fault(fault)
            (error,) = push_errors(connector.push_stock, levels)
            assert isinstance(error, Retryable)
            assert push_errors(self.connector(shop).push_stock, levels) == [None]
            assert shop.stock(*item) == Decimal(5)

    def test_bad_levels_of_several_kinds_among_good_ones(self, shop: Any) -> None:
        connector = self.connector(shop, Capability.STOCK, Capability.STOCK_COMPARE)
        places = shop.more_items(4)
        for place in places:
            shop.set_stock(*place, 8)
        unknown = (self.missing_id(places[0][0]), places[0][1])
        elsewhere = (places[0][0], self.missing_id(places[0][1]))
        levels = [
            self.level(places[0], 1, expected=8, key="K0"),
            self.level(places[1], 1, expected=7, key="K1"),
            self.level(unknown, 1, key="K2"),
            self.level(places[2], 1, key="K3"),
            self.level(elsewhere, 1, expected=8, key="K4"),
            self.level(places[3], 8, expected=8, key="K5"),  # it is so already
        ]
        errors = push_errors(connector.push_stock, levels)
        assert [error and error.code for error in errors[:4]] == [None, "stale", "unknown_item", None]
        assert isinstance(errors[4], NeedsAttention | Permanent) and errors[5] is None
        assert [shop.stock(*place) for place in places] == [Decimal(1), Decimal(8), Decimal(1), Decimal(8)]

    def test_more_levels_than_one_batch(self, shop: Any) -> None:
        connector = self.connector(shop, Capability.STOCK)
        assert connector.stock_batch > 0
        places = shop.more_items(connector.stock_batch + 3)
        levels = [self.level(place, at % 50, key=f"K{at}") for at, place in enumerate(places)]
        assert push_errors(connector.push_stock, levels) == [None] * len(places)
        readings = self.connector(shop).read_stock(places)
        assert [reading.quantity for reading in readings] == [level.quantity for level in levels]
        assert shop.stock(*places[-1]) == levels[-1].quantity

    def test_stock_at_two_locations(self, shop: Any) -> None:
        connector = self.connector(shop, Capability.STOCK)
        item, here = shop.stock_items()[0]
        there = shop.second_location()
        shop.set_stock(item, here, 3)
        shop.set_stock(item, there, 4)
        levels = [self.level((item, here), 5, expected=3), self.level((item, there), 6, expected=4, key="L2")]
        assert push_errors(connector.push_stock, levels) == [None, None]
        assert (shop.stock(item, here), shop.stock(item, there)) == (Decimal(5), Decimal(6))
        readings = connector.read_stock([(item, there), (item, here)])
        assert [reading.quantity for reading in readings] == [Decimal(6), Decimal(5)]

    def test_an_untracked_item_is_told(self, shop: Any) -> None:
        connector = self.connector(shop, Capability.STOCK)
        place, good = shop.untracked_item(), shop.stock_items()[0]
        shop.set_stock(*good, 3)
        assert not self.shown(connector, place).tracked and self.shown(connector, good).tracked
        untracked, fine = push_errors(connector.push_stock, [self.level(place, 7), self.level(good, 4, key="L2")])
        assert isinstance(untracked, NeedsAttention) and untracked.code == "untracked"
        assert fine is None and shop.stock(*good) == Decimal(4)

    def test_stock_of_an_item_with_a_64_bit_id(self, shop: Any) -> None:
        connector = self.connector(shop, Capability.STOCK)
        place = shop.large_id_item()
        assert push_errors(connector.push_stock, [self.level(place, 6)]) == [None]
        reading = self.shown(connector, place)
        assert (reading.inventory_external_id, reading.location_external_id, reading.quantity) == (*place, Decimal(6))
        assert place[0] in [found.inventory_external_id for found in self.fetched(connector, place[1])]

    # ---- asking the shop

    def test_stock_is_read_in_the_order_asked(self, shop: Any) -> None:
        connector = self.connector(shop, Capability.STOCK)
        first, second = shop.stock_items()[:2]
        shop.set_stock(*first, 3)
        shop.set_stock(*second, 0)
        unknown = (self.missing_id(first[0]), first[1])
        asked = [second, unknown, first, second]
        readings: Sequence[StockReading] = connector.read_stock(asked)
        assert [(reading.inventory_external_id, reading.location_external_id) for reading in readings] == asked
        assert [reading.quantity for reading in readings] == [ZERO, None, Decimal(3), ZERO]
        assert readings[1].error is None or readings[1].error.code == "unknown_item"
        for reading in (readings[0], readings[2]):
            assert reading.error is None and reading.tracked and reading.active
            assert_frozen(reading, "reading")

    def fetched(self, connector: Any, location_id: str) -> list[StockReading]:
        readings: list[StockReading] = []
        cursor: str | None = None
        for _page in range(PAGES):
            page = connector.fetch_stock(location_id, cursor)
            readings.extend(page.readings)
            cursor = page.next_cursor
            if cursor is None:
                return readings
        raise AssertionError(f"paging did not end within {PAGES} pages")

    def test_all_stock_of_a_location_is_what_is_read_one_by_one(self, shop: Any) -> None:
        connector = self.connector(shop, Capability.STOCK)
        places = shop.more_items(2 * shop.page_size + 1)
        for at, place in enumerate(places):
            shop.set_stock(*place, at)
        location_id = places[0][1]
        all_of_it = self.fetched(connector, location_id)
        asked = [(reading.inventory_external_id, location_id) for reading in all_of_it]
        assert len(set(asked)) == len(asked) and set(places) <= set(asked)
        assert list(connector.read_stock(asked)) == all_of_it
        assert len(connector.fetch_stock(location_id, None).readings) < len(all_of_it), "force several pages"

    def test_a_change_of_stock_is_hinted(self, shop: Any) -> None:
        connector = self.connector(shop, Capability.STOCK, Capability.WEBHOOKS)
        item, location = shop.stock_items()[0]
        delivery = shop.stock_delivery(item, location, 7)
        headers = {name.lower(): value for name, value in delivery.headers.items()}
        hint = connector.read_webhook(headers, delivery.body)
        assert (hint.kind, hint.external_id) == ("stock", item) and hint.delivery_id
        reading = hint.reading
        assert isinstance(reading, StockReading)
        assert (reading.inventory_external_id, reading.location_external_id) == (item, location)
        assert reading.quantity == Decimal(7)
        assert_frozen(hint, "hint")
