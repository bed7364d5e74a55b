from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.tests import tagged

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
        import dataclasses

        document = self.shop.put(self.document())

        def fetch(shop, external_ids):
            return [dataclasses.replace(shop.raw(document), asked_as=("PART-1",))]

        with patch.object(MemoryConnector, "fetch_orders_by_id", fetch):
            found = self.hint(document.external_id, "PART-1", "GONE")
        self.assertEqual(found, {document.external_id: ("done", "reread"), "PART-1": ("done", "reread"), "GONE": ("ignored", "order_missing")})
