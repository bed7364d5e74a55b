from datetime import date

from freezegun import freeze_time

from odoo.tests import Form, TransactionCase, tagged

from .common import AUGUST, SEPTEMBER, START, StatementWorld


@tagged("post_install", "-at_install")
class TestCompany(StatementWorld, TransactionCase):
    """Settings of the seller and of an account."""

    def test_nothing_happens_by_itself_until_it_is_asked_for(self):
        self.assertEqual(self.env["res.company"].create({"name": "Second"}).ec_closing_auto, "no")

    def test_start_is_the_running_period(self):
        account = self.south[0]
        account.write({"billing": "each", "closing_days": False, "closing_start": False})
        # 1 October, 0:30 in Tokyo
        with freeze_time("2026-09-30 15:30"):
            account.write({"billing": "closing", "closing_days": "20"})
        self.assertEqual(account.closing_start, date(2026, 9, 21))
        account.closing_start = START
        account.closing_days = "31"
        self.assertEqual(account.closing_start, START, "what was chosen stays")

    def test_no_closing_before_the_start(self):
        self.account.closing_start = date(2026, 9, 10)
        self.assertEqual(self.account._due_closings(AUGUST), {self.account: []})
        row = self._close(AUGUST)
        self.assertEqual(row.state, "parked")
        self.assertIn("2026-09-10", row.reason)
        row.unlink()
        self.assertEqual(self.account._due_closings(SEPTEMBER), {self.account: [SEPTEMBER]})
        self._close(SEPTEMBER)
        self.assertEqual(self._statement(SEPTEMBER).date_from, date(2026, 9, 10))

    def test_preview_says_that_invoices_are_posted(self):
        wizard = self.env["ec.trade.close"].create({"until": AUGUST, "account_ids": [(6, 0, self.account.ids)]})
        self.assertTrue(wizard.posts_invoices)
        self.account.billing = "each"
        wizard = self.env["ec.trade.close"].create({"until": AUGUST, "account_ids": [(6, 0, self.account.ids)]})
        self.assertFalse(wizard.posts_invoices)

    def test_on_screen(self):
        """The preview and the start show before anything is saved."""
        self.seller.ec_registration_number = False
        with freeze_time("2026-08-31 23:00"), Form(self.env["ec.trade.close"]) as form:
            self.assertTrue(form.posts_invoices)
            self.assertFalse(form.registration_number)
        self.south[0].write({"billing": "each", "closing_days": False, "closing_start": False})
        with freeze_time("2026-09-30 15:30"), Form(self.south[0]) as form:
            form.closing_days = "20"
            self.assertEqual(str(form.closing_start), "2026-09-21")

    def test_day_ends_by_the_sellers_clock_whoever_asks(self):
        partner = self.seller.partner_id
        self.env.user.tz = "Pacific/Honolulu"
        self.assertEqual(self.seller._ec_zone(), "Asia/Tokyo")
        partner.tz = False
        partner.country_id = self.env.ref("base.jp")
        self.assertEqual(self.seller._ec_zone(), "Asia/Tokyo", "Japan has one")
        partner.country_id = self.env.ref("base.us")
        row = self._close(AUGUST)
        self.assertEqual(row.state, "parked")
        self.assertIn(self.seller.name, row.reason)

    def test_registration_number_needs_its_t(self):
        company = self.env["res.company"].create({"name": "Second", "vat": "T1234567890123"})
        self.assertEqual(company.ec_registration_number, "T1234567890123")
        company.vat = "1234567890123"
        self.assertFalse(company.ec_registration_number)
        company.vat = "JPT1234567890124"
        self.assertEqual(company.ec_registration_number, "T1234567890124")
