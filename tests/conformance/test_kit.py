"""The kit itself: a connector with one fault fails the test that is about it."""

import dataclasses
import logging
import time
from datetime import UTC, datetime

import pytest
from demo_harness import DemoHarness

from odoo.addons.ec_channel_base.sdk import documents as doc
from odoo.addons.ec_channel_base.sdk.connector import Capability
from odoo.addons.ec_channel_base.sdk.errors import ChannelError, NeedsAttention, Retryable
from odoo.addons.ec_channel_base.sdk.testing import ConnectorConformance, Fault, Forgery
from odoo.addons.ec_channel_base.sdk.transport import parse_json
from odoo.addons.ec_channel_demo.demo.connector import DemoConnector

BROKEN = []


def broken(test, *args):
    """Registers a connector whose one fault `test` must find."""

    def register(connector_class):
        BROKEN.append(pytest.param(connector_class, test, args, id=connector_class.__name__))
        return connector_class

    return register


def passes(connector_class, test, args):
    harness_class = type("Harness", (DemoHarness,), {"connector_class": connector_class})
    conformance = type("Conformance", (ConnectorConformance,), {"harness_class": harness_class})()
    generator = ConnectorConformance.shop.__wrapped__(conformance)  # the function below pytest's fixture
    shop = next(generator)
    try:
        getattr(conformance, test)(shop, *args)
    finally:
        generator.close()


@broken("test_paging_ends_and_loses_and_doubles_nothing")
class EndlessPaging(DemoConnector):
    def fetch_orders(self, since, cursor=None):
        return super().fetch_orders(since)


@broken("test_paging_ends_and_loses_and_doubles_nothing")
class StopsAfterTheFirstPage(DemoConnector):
    def fetch_orders(self, since, cursor=None):
        return dataclasses.replace(super().fetch_orders(since, cursor), next_cursor=None)


@broken("test_since_contains_its_own_instant_and_nothing_older")
class ChangedStrictlyAfter(DemoConnector):
    def fetch_orders(self, since, cursor=None):
        page = super().fetch_orders(since, cursor)
        return dataclasses.replace(page, events=tuple(event for event in page.events if event.occurred_at > since))


@broken("test_a_page_says_how_new_it_is_and_oldest_comes_first")
class NewestFirst(DemoConnector):
    def fetch_orders(self, since, cursor=None):
        page = super().fetch_orders(since, cursor)
        return dataclasses.replace(page, events=page.events[::-1])


@broken("test_orders_changed_while_paging_are_not_lost")
class HighWaterIsNow(DemoConnector):
    def fetch_orders(self, since, cursor=None):
        page = super().fetch_orders(since, cursor)
        return dataclasses.replace(page, next_cursor=None)


@broken("test_an_order_that_never_was_is_left_out")
class MissingOrderFailsAll(DemoConnector):
    def fetch_orders_by_id(self, external_ids):
        found = super().fetch_orders_by_id(external_ids)
        if len(found) < len(external_ids):
            raise NeedsAttention("not all there")
        return found


class Parsing(DemoConnector):
    def change(self, document):
        raise NotImplementedError

    def parse_order(self, event):
        return self.change(super().parse_order(event))


@broken("test_parsing_is_pure")
class ParsingReadsTheClock(Parsing):
    def change(self, document):
        return dataclasses.replace(document, updated_at=datetime.now(UTC))


@broken("test_parsing_is_pure")
class ParsingAsksTheShop(Parsing):
    def change(self, document):
        return dataclasses.replace(document, currency=self.check().currency)


@broken("test_parsing_is_pure")
class MoneyIsFloat(Parsing):
    def change(self, document):
        return dataclasses.replace(document, total=float(document.total))


@broken("test_parsing_is_pure")
class LinesAreAList(Parsing):
    def change(self, document):
        return dataclasses.replace(document, lines=list(document.lines))


@broken("test_parsing_is_pure")
class InstantsAreNaive(Parsing):
    def change(self, document):
        return dataclasses.replace(document, placed_at=document.placed_at.replace(tzinfo=None))


@broken("test_totals_add_up", "USD", False)
class DiscountIsForgotten(Parsing):
    def change(self, document):
        return dataclasses.replace(
            document, lines=tuple(dataclasses.replace(line, discount=doc.ZERO) for line in document.lines)
        )


@broken("test_totals_add_up", "KWD", True)
class TwoDecimalsForEverybody(Parsing):
    def change(self, document):
        return dataclasses.replace(document, total=round(document.total, 2))


@broken("test_many_lines")
class FiftyLinesAreEnough(Parsing):
    def change(self, document):
        return dataclasses.replace(document, lines=document.lines[:50])


@broken("test_ids_of_64_bits_stay_exact")
class IdsAreFloats(Parsing):
    def change(self, document):
        return dataclasses.replace(document, external_id=str(int(float(document.external_id))))


@broken("test_unknown_values_are_told_not_guessed")
class UnknownIsPaid(Parsing):
    def change(self, document):
        return dataclasses.replace(document, payment=doc.PaymentState.PAID, unknown=())


@broken("test_a_guest_without_address_is_read")
class NeedsABuyer(Parsing):
    def change(self, document):
        return dataclasses.replace(document, note=document.buyer.name)


@broken("test_unknown_keys_change_nothing")
class KnowsEveryKey(DemoConnector):
    def parse_order(self, event):
        if set(parse_json(event.body)) - {"id"} != set(parse_json(event.body.replace(b"hatoba_unknown", b"id"))) - {
            "id"
        }:
            raise NeedsAttention("a key I do not know", code="unreadable")
        return super().parse_order(event)


@broken("test_what_is_not_an_order_is_unreadable", b"{}")
class ChokesOnStrangeBodies(DemoConnector):
    def parse_order(self, event):
        return parse_json(event.body)["id"]


@broken("test_throttling_keeps_its_retry_after")
class ForgetsRetryAfter(DemoConnector):
    def check(self):
        try:
            return super().check()
        except Retryable as error:
            raise Retryable(str(error)) from None


@broken("test_an_outage_is_retryable", Fault.DOWN)
class OutageIsFinal(DemoConnector):
    def fetch_orders(self, since, cursor=None):
        try:
            return super().fetch_orders(since, cursor)
        except Retryable:
            raise NeedsAttention("it does not work") from None


@broken("test_throttling_keeps_its_retry_after")
class Sleeps(DemoConnector):
    def check(self):
        time.sleep(0.001)
        return super().check()


@broken("test_check_tells_who_we_are")
class LogsTheToken(DemoConnector):
    def check(self):
        logging.getLogger("some.library").debug("token %s", self.token)
        return super().check()


@broken("test_refused_credentials_need_attention")
class QuotesTheToken(DemoConnector):
    def check(self):
        try:
            return super().check()
        except NeedsAttention:
            raise NeedsAttention(f"{self.token} was refused", code="credentials") from None


@broken("test_no_secret_in_a_repr")
class ShowsTheToken(DemoConnector):
    def __repr__(self):
        return f"<{self.token}>"


class Shipping(DemoConnector):
    def renamed(self, shipment):
        return shipment

    def push_shipments(self, shipments):
        results = super().push_shipments([self.renamed(shipment) for shipment in shipments])
        return [
            dataclasses.replace(result, key=shipment.key) for result, shipment in zip(results, shipments, strict=True)
        ]


@broken("test_a_repeated_shipment_has_one_effect")
class ANewKeyEachTime(Shipping):
    def renamed(self, shipment):
        return dataclasses.replace(shipment, key=str(time.perf_counter_ns()))


@broken("test_a_lost_answer_is_unknown_and_repeating_has_one_effect")
class ANewKeyAfterALostAnswer(ANewKeyEachTime):
    pass


@broken("test_two_equal_parcels_are_two_shipments")
class ThePartsAreTheKey(Shipping):
    def renamed(self, shipment):
        return dataclasses.replace(shipment, key=str(shipment.lines))


@broken("test_a_lost_answer_is_unknown_and_repeating_has_one_effect")
class LostIsNotDone(DemoConnector):
    def push_shipments(self, shipments):
        results = super().push_shipments(shipments)
        return [dataclasses.replace(result, error=result.error and Retryable("failed")) for result in results]


@broken("test_one_bad_shipment_does_not_fail_its_neighbours")
class OneForAll(DemoConnector):
    def push_shipments(self, shipments):
        return [self._push_shipment(shipment) for shipment in shipments]


@broken("test_one_bad_shipment_does_not_fail_its_neighbours")
class ResultsInAnotherOrder(DemoConnector):
    def push_shipments(self, shipments):
        return sorted(super().push_shipments(shipments), key=lambda result: result.key == "bad")


@broken("test_tracking_added_later")
class TrackingOnlyOnce(DemoConnector):
    def push_shipments(self, shipments):
        return super().push_shipments([dataclasses.replace(shipment, tracking=()) for shipment in shipments])


@broken("test_a_shipment_taken_back_and_made_again")
class NeverTakesBack(DemoConnector):
    def push_shipments(self, shipments):
        return super().push_shipments([dataclasses.replace(shipment, cancelled=False) for shipment in shipments])


@broken("test_a_refund_has_one_effect_also_after_a_lost_answer")
class RefundsEachTime(DemoConnector):
    def push_refunds(self, refunds):
        fresh = [dataclasses.replace(refund, key=f"{refund.key}{time.perf_counter_ns()}") for refund in refunds]
        results = super().push_refunds(fresh)
        return [dataclasses.replace(result, key=refund.key) for result, refund in zip(results, refunds, strict=True)]


@broken("test_a_stale_figure_is_not_overwritten")
class OverwritesStock(DemoConnector):
    def push_stock(self, levels):
        return super().push_stock([dataclasses.replace(level, expected=None) for level in levels])


class Stock(DemoConnector):
    def changed(self, level):
        raise NotImplementedError

    def push_stock(self, levels):
        results = super().push_stock([self.changed(level) for level in levels])
        return [dataclasses.replace(result, key=level.key) for result, level in zip(results, levels, strict=True)]


@broken("test_an_applied_level_is_not_applied_again")
@broken("test_a_late_copy_of_a_stale_level_is_not_applied")
@broken("test_stock_whose_answer_was_lost")
class ANewStockKeyEachTime(Stock):
    def changed(self, level):
        return dataclasses.replace(level, key=str(time.perf_counter_ns()))


@broken("test_stock_at_two_locations")
class OneLocationIsEnough(Stock):
    def changed(self, level):
        return dataclasses.replace(level, location_external_id="1")


@broken("test_stock_of_an_item_with_a_64_bit_id")
class ItemIdsAreFloats(Stock):
    def changed(self, level):
        return dataclasses.replace(level, inventory_external_id=str(int(float(level.inventory_external_id))))


@broken("test_more_levels_than_one_batch")
class TheFirstBatchOnly(DemoConnector):
    def push_stock(self, levels):
        rest = [doc.PushResult(key=level.key) for level in levels[self.stock_batch :]]
        return [*super().push_stock(levels[: self.stock_batch]), *rest]


@broken("test_no_levels_no_request")
class AsksForNothing(DemoConnector):
    def push_stock(self, levels):
        self.check()
        return super().push_stock(levels)


@broken("test_bad_levels_of_several_kinds_among_good_ones")
@broken("test_one_unknown_item_does_not_fail_its_neighbours")
class OneBadLevelFailsAll(DemoConnector):
    def push_stock(self, levels):
        results = super().push_stock(levels)
        bad = [result.error for result in results if result.error]
        return [dataclasses.replace(result, error=bad[0]) for result in results] if bad else results


@broken("test_an_untracked_item_is_told")
class EverythingIsCounted(DemoConnector):
    def read_stock(self, places):
        return [dataclasses.replace(reading, tracked=True) for reading in super().read_stock(places)]


@broken("test_stock_is_read_in_the_order_asked")
class ReadsInItsOwnOrder(DemoConnector):
    def read_stock(self, places):
        return super().read_stock(sorted(places))


@broken("test_all_stock_of_a_location_is_what_is_read_one_by_one")
class AuditsTheFirstPage(DemoConnector):
    def fetch_stock(self, location_external_id, cursor=None):
        return dataclasses.replace(super().fetch_stock(location_external_id, cursor), next_cursor=None)


@broken("test_a_change_of_stock_is_hinted")
class HintsWithoutTheFigure(DemoConnector):
    def read_webhook(self, headers, body):
        return dataclasses.replace(super().read_webhook(headers, body), reading=None)


@broken("test_a_forged_delivery_is_refused", Forgery.SIGNATURE)
@broken("test_a_forged_delivery_is_refused", Forgery.UNSIGNED)
@broken("test_a_forged_delivery_is_refused", Forgery.BODY)
class TrustsEverybody(DemoConnector):
    def read_webhook(self, headers, body):
        return doc.WebhookHint(topic="x", delivery_id="1", kind="order", external_id=str(parse_json(body)["order_id"]))


@broken("test_a_forged_delivery_is_not_parsed", b"{")
class ParsesFirst(DemoConnector):
    def read_webhook(self, headers, body):
        parse_json(body)
        return super().read_webhook(headers, body)


@broken("test_a_genuine_delivery_is_read")
class DeliveryIdIsMadeUp(DemoConnector):
    def read_webhook(self, headers, body):
        return dataclasses.replace(super().read_webhook(headers, body), delivery_id=str(time.perf_counter_ns()))


@broken("test_undeclared_capabilities_are_unsupported")
class DeclaresTooLittle(DemoConnector):
    capabilities = DemoConnector.capabilities - {Capability.STOCK}


@pytest.mark.parametrize("connector_class, test, args", BROKEN)
def test_the_kit_finds_the_fault(connector_class, test, args):
    with pytest.raises((AssertionError, pytest.fail.Exception, ChannelError)):
        passes(connector_class, test, args)


@pytest.mark.parametrize("test, args", sorted({(case.values[1], case.values[2]) for case in BROKEN}, key=str))
def test_the_kit_finds_no_fault_where_there_is_none(test, args):
    passes(DemoConnector, test, args)


def test_what_is_not_declared_is_skipped():
    class NoStock(DemoConnector):
        capabilities = DemoConnector.capabilities - {Capability.STOCK}

    with pytest.raises(pytest.skip.Exception):
        passes(NoStock, "test_stock_is_set_and_not_added", ())
