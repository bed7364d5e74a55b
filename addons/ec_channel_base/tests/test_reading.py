import dataclasses
from datetime import timedelta
from decimal import Decimal
from unittest.mock import patch

from odoo import fields
from odoo.tests import tagged

from ..sdk.documents import Backfill
from ..sdk.errors import Permanent
from .common import ChannelCommon, MemoryConnector


@tagged("post_install", "-at_install")
class TestReading(ChannelCommon):
    """How the shop is read: where reading begins, and what becomes of hints."""

    def hint(self, *external_ids):
        self.env["ec.inbound.event"]._store_hints(self.channel, external_ids, "poll")
        while self.channel._work_fetch():
            pass
        events = self.env["ec.inbound.event"].search([("has_body", "=", False), ("channel_id", "=", self.channel.id)])
        return {event.external_id: (event.state, event.error_code) for event in events}

    def test_the_first_subscription_does_not_move_the_start_of_reading(self):
        self.channel.import_since = fields.Datetime.now() - timedelta(days=30)
        with patch.object(MemoryConnector, "sync_webhooks", lambda _self, _url: ("orders subscribed",)), patch.object(
            type(self.channel), "_webhook_url", lambda _self: "https://erp.example/hook"
        ):
            self.channel._check_subscriptions(self.shop)
            self.assertFalse(self.channel.poll_since)
            read = fields.Datetime.now() - timedelta(minutes=5)
            self.channel.poll_since = read
            self.channel._check_subscriptions(self.shop)
        self.assertEqual(self.channel.poll_since, read.replace(microsecond=0) - timedelta(hours=6))

    def test_hints_at_a_part_of_an_order_are_answered_by_the_order(self):
        """Shopify tells of fulfilment orders by their own ids, often together with the order's."""
        document = self.shop.put(self.document())

        def fetch(shop, external_ids):
            return [dataclasses.replace(shop.raw(document), asked_as=("PART-1",))]

        with patch.object(MemoryConnector, "fetch_orders_by_id", fetch):
            found = self.hint(document.external_id, "PART-1", "GONE")
        self.assertEqual(found, {document.external_id: ("done", "reread"), "PART-1": ("done", "reread"), "GONE": ("ignored", "order_missing")})

    def test_two_bodies_of_one_second_in_two_lanes(self):
        """The later one is imported first (by another lane): the earlier must not undo it."""
        document = self.document(lines=[self.line(1, 2)])
        edited = dataclasses.replace(document, lines=(self.line(1, 5),), total=Decimal(50), current_total=Decimal(50))
        Event = self.env["ec.inbound.event"]
        Event._store(self.channel, [self.shop.raw(document)], "poll")
        first = self.events(document)
        first.due_at = fields.Datetime.now() + timedelta(hours=1)
        Event._store(self.channel, [self.shop.raw(edited)], "poll")
        Event._work_import()
        first.due_at = self.env.cr.now()
        Event._work_import()
        order = self.env["sale.order"].search([("ec_external_id", "=", document.external_id)])
        self.assertEqual((order.order_line.product_uom_qty, first.state, first.error_code), (5, "done", "superseded"))

    def wait_after_poll(self):
        self.channel.poll_next_at = False
        self.channel._poll_page()
        return self.channel.poll_next_at - self.channel.polled_at

    def test_a_shop_that_tells_is_asked_less_often_until_it_falls_silent(self):
        self.assertEqual(self.wait_after_poll(), timedelta(minutes=1))
        hint = self.shop.read_webhook({"x-signature": "good", "x-delivery": "1"}, b"O1001")
        self.env["ec.inbound.event"]._store_webhook(self.channel, hint, b"O1001")
        self.assertEqual(self.wait_after_poll(), timedelta(minutes=10))
        self.env.cr.execute("UPDATE ec_inbound_event SET received_at = received_at - interval '20 minutes'")
        self.assertEqual(self.wait_after_poll(), timedelta(minutes=1))

    def backfill(self, read):
        self.channel.write({"import_since": fields.Datetime.now() - timedelta(days=30), "capabilities": "backfill"})
        with patch.object(MemoryConnector, "start_backfill", lambda _self, _since: "T1", create=True), patch.object(
            MemoryConnector, "read_backfill", read, create=True
        ):
            self.channel.action_backfill()
            begins = self.channel.poll_since
            self.channel._read_backfill()
        return begins

    def test_what_a_mass_read_tells_is_not_polled_besides(self):
        document = self.shop.put(self.document())
        begins = self.backfill(lambda shop, token: Backfill(done=True, events=iter([shop.raw(document)])))
        self.assertGreater(begins, fields.Datetime.now() - timedelta(minutes=6))
        self.assertEqual(self.channel.poll_since, begins)
        self.assertFalse(self.channel.backfill_token)
        self.assertTrue(self.events(document))

    def test_a_mass_read_that_fails_is_made_up_for_by_the_poll(self):
        def fail(_shop, _token):
            raise Permanent("it ended as FAILED", code="backfill_failed")

        self.backfill(fail)
        self.assertEqual(self.channel.poll_since, self.channel.import_since)
        self.assertFalse(self.channel.backfill_token or self.channel.poll_next_at)
