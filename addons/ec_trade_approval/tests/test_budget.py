from datetime import datetime

from freezegun import freeze_time

from odoo.tests import TransactionCase, tagged

from .common import ApprovalWorld


@tagged("post_install", "-at_install")
class TestBudget(ApprovalWorld, TransactionCase):
    """Budgets of a branch and a period, in the seller's time zone."""

    def setUp(self):
        super().setUp()
        self.seller.partner_id.tz = "Asia/Tokyo"
        self.rule = self._rule(name="Budget", min_amount=0, budget=3000, period="month")

    def _at(self, text, user=None, units=20):
        """An order placed at a moment of UTC."""
        with freeze_time(text):
            return self._ordered(user or self.purchaser, units)

    def test_an_order_beyond_what_is_left_waits(self):
        self.assertEqual(self._at("2026-11-05 00:00:00").state, "sale")
        order = self._at("2026-11-06 00:00:00", units=11)
        self.assertEqual(order.state, "sent")
        facts = order.ec_approval_ids.facts
        self.assertEqual((facts["used"], facts["amount"], facts["budget"]), (2000, 1100, 3000))
        self.assertEqual((facts["from"], facts["to"]), ("2026-11-01", "2026-11-30"))
        self.assertIn("exceeds it by", order.ec_approval_ids.reasons)
        self.assertIn("100.00", order.ec_approval_ids.reasons)

    def test_just_the_budget_fits(self):
        self._at("2026-11-05 00:00:00")
        self.assertEqual(self._at("2026-11-06 00:00:00", units=10).state, "sale")

    def test_months_end_at_midnight_in_tokyo(self):
        self._at("2026-10-31 14:59:00")  # 23:59 of the 31st
        self.assertEqual(self._at("2026-10-31 14:59:30").state, "sent")
        order = self._at("2026-10-31 15:00:00")  # the 1st
        self.assertEqual(order.state, "sale")

    def test_an_order_counts_when_it_was_placed_not_when_it_is_confirmed(self):
        self.account.confirm_orders = False
        order = self._at("2026-10-31 14:00:00")
        with freeze_time("2026-11-02 00:00:00"):
            order.action_confirm()
        self.assertEqual(order.date_order, datetime(2026, 11, 2))
        later = self._at("2026-11-03 00:00:00", units=30)
        self.assertFalse(later.ec_approval_ids)
        self.assertTrue(self._at("2026-10-31 14:30:00", units=30).ec_approval_ids)

    def test_quarters_and_years(self):
        self._at("2026-09-30 14:00:00")
        self.rule.period = "quarter"
        self.assertEqual(self._at("2026-10-02 00:00:00").state, "sale")
        self.assertEqual(self._at("2026-12-31 14:00:00").state, "sent")
        self.rule.period = "year"
        self.assertEqual(self._at("2027-01-01 00:00:00").state, "sale")

    def test_waiting_orders_count_and_cancelled_ones_do_not(self):
        first = self._at("2026-11-05 00:00:00", units=40)
        self.assertEqual(first.state, "sent")
        self.assertEqual(self._at("2026-11-06 00:00:00").state, "sent")
        first._action_cancel()
        order = self._cart(self.purchaser, units=10)
        with freeze_time("2026-11-07 00:00:00"):
            self.assertFalse(self.rule._matching(order))

    def test_each_branch_has_its_own(self):
        self._at("2026-11-05 00:00:00")
        self.assertEqual(self._at("2026-11-05 01:00:00", user=self.kyo).state, "sale")
        self.assertEqual(self._at("2026-11-05 02:00:00", user=self.kyo).state, "sent")

    def test_orders_of_staff_count_when_confirmed_and_quotations_do_not(self):
        with freeze_time("2026-11-05 00:00:00"):
            quotation = self._cart(self.purchaser, website_id=False)
            quotation.action_quotation_sent()
        with freeze_time("2026-11-06 00:00:00"):
            self.assertFalse(self.rule._matching(self._cart(self.purchaser)))
            quotation.action_confirm()
            self.assertTrue(self.rule._matching(self._cart(self.purchaser)))

    def test_a_paid_draft_that_waits_counts(self):
        with freeze_time("2026-11-05 00:00:00"):
            paid = self._cart(self.purchaser, units=40)
            paid._ec_ask_approval()
            self.assertEqual(paid.state, "draft")
            self.assertTrue(self.rule._matching(self._cart(self.purchaser, units=10)))
