"""What the screens work out: the set-up checklist, the one search box, the timeline."""

from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from ..sdk.documents import PaymentState
from .common import ChannelCommon


@tagged("post_install", "-at_install")
class TestScreens(ChannelCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.operator = new_test_user(
            cls.env, "screen_operator", "base.group_user,ec_channel_base.group_ec_operator",
            company_id=cls.company.id, company_ids=[(6, 0, cls.company.ids)],
        )

    def found(self, words):
        return self.env["sale.order"].with_user(self.operator).search([("ec_search", "ilike", words)])

    def test_the_checklist_follows_the_facts_and_vanishes(self):
        channel = self._channel("New", state="draft")
        self.assertEqual((channel.setup_credentials, channel.setup_connected, channel.setup_done, channel.setup_percent), (False, False, False, 0))
        channel.action_check()
        self.assertTrue(channel.setup_credentials and channel.setup_connected and channel.setup_permissions)
        self.assertTrue(channel.setup_catalogue, "this kind of shop has no catalogue to read")
        channel.missing_permissions = "write_orders"
        self.assertFalse(channel.setup_permissions)
        channel.missing_permissions = False
        channel.state = "live"
        self.assertTrue(channel.setup_done)
        self.env["ec.listing"]._resolve(channel, [self.line(9)])
        self.env["ec.mapping"]._lookup(channel, "delivery", {"x": {"external_name": "Boat"}})
        self.env["ec.mapping"]._lookup(channel, "tag", {"vip": {"external_name": "vip"}})
        channel.invalidate_recordset()
        self.assertEqual((channel.setup_done, channel.listing_unmatched_count, channel.mapping_unmapped_count), (False, 1, 1))
        self.assertEqual(self.env["ec.mapping"].search(channel.action_open_unmapped()["domain"]).mapped("kind"), ["delivery"])

    def test_an_order_is_found_by_whatever_the_customer_says(self):
        order, other = self.take_in(self.document("1001", phone="+81312345678"), self.document("2002", buyer=None))
        picking = order.picking_ids
        picking.carrier_tracking_ref = "4012-3456-7890"
        for words in ("#1001", "１００１", order.name, "03-1234-5678", "+81 3 1234 5678", "4012-3456-7890", "401234567890"):
            with self.subTest(words=words):
                self.assertEqual(self.found(words), order)
        for words in ("650-0001", "6500001", "〒650-0001", "Hana Mori", "hanamori"):
            with self.subTest(words=words):
                self.assertEqual(self.found(words), order | other)
        for words in ("100%1", "nobody", " "):
            with self.subTest(words=words):
                self.assertFalse(self.found(words))

    def test_the_timeline_tells_what_happened_in_order(self):
        [order] = self.take_in(self.document(payment=PaymentState.PENDING))
        steps = [(what, state) for _at, what, state in sorted(order._ec_timeline_steps(), key=lambda step: step[0])]
        self.assertEqual([what for what, _state in steps][:3], ["Placed in Memory", "Received", "Imported"])
        self.assertEqual(steps[-1], ("Held: Payment pending", "held"))
        self.assertIn("Held: Payment pending", order.with_user(self.operator).ec_timeline)

    def test_only_a_manager_leaves_rows_alone(self):
        [order] = self.take_in(self.document())
        event = self.events(self.document())[:1]
        event.state = "parked"
        with self.assertRaises(AccessError):
            event.with_user(self.operator).action_leave_alone()
        event.action_leave_alone()
        self.assertEqual((event.state, order.state), ("ignored", "sale"))
