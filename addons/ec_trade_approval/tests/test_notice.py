from freezegun import freeze_time
from psycopg2.errors import UniqueViolation

from odoo.tests import TransactionCase, tagged
from odoo.tools import mute_logger

from .common import ApprovalWorld


@tagged("post_install", "-at_install")
class TestNotice(ApprovalWorld, TransactionCase):
    """Mails: each once, in the reader's language, without a token."""

    def setUp(self):
        super().setUp()
        self._rule()
        self.Notice = self.env["ec.trade.approval.notice"]
        with freeze_time("2026-11-02 03:00:00"):
            self.order = self._ordered(self.purchaser)

    def _remind(self, moment):
        before = len(self.Notice.search([("kind", "=", "reminder")]))
        with freeze_time(moment):
            self.Notice._cron_remind()
        return len(self.Notice.search([("kind", "=", "reminder")])) - before

    def test_reminders_come_after_some_days_and_once_a_day(self):
        self.assertEqual(self._remind("2026-11-03 03:00:00"), 0)
        self.assertEqual(self._remind("2026-11-04 03:00:00"), 2)
        self.assertEqual(self._told(self.order, "reminder"), ["North Ann", "North Bob"])
        self.assertEqual(len(self._mails("still waits for your approval")), 2)
        self.assertEqual(self._remind("2026-11-04 08:00:00"), 0, "the same day")
        self.assertEqual(self._remind("2026-11-05 03:00:00"), 0)
        self.assertEqual(self._remind("2026-11-06 03:00:00"), 2)

    def test_days_are_japans(self):
        self.assertEqual(self._remind("2026-11-03 14:59:00"), 0)
        self.assertEqual(self._remind("2026-11-03 15:00:00"), 2, "the 4th in Japan")

    def test_a_reminder_that_a_crashed_run_wrote_is_not_written_again(self):
        self._remind("2026-11-04 03:00:00")
        notice = self.Notice.search([("kind", "=", "reminder")], limit=1)
        with self.assertRaises(UniqueViolation), mute_logger("odoo.sql_db"), self.cr.savepoint():
            notice.copy()
            notice.flush_recordset()
        with freeze_time("2026-11-04 09:00:00"):
            self.assertFalse(self.Notice._send([(self.order, notice.buyer_id, "reminder", notice.key)]))

    def test_the_account_says_after_how_many_days_or_never(self):
        self.account.approval_remind_days = 0
        self.assertEqual(self._remind("2026-12-04 03:00:00"), 0)
        self.account.approval_remind_days = 5
        self.assertEqual(self._remind("2026-11-06 03:00:00"), 0)
        self.assertEqual(self._remind("2026-11-07 03:00:00"), 2)

    def test_who_decided_or_may_not_any_more_is_not_reminded(self):
        self._of(self.bob).role_id = self.roles["viewer"]
        self.assertEqual(self._remind("2026-11-04 03:00:00"), 1)
        self._decide(self.ann, self.order)
        self.assertEqual(self._remind("2026-11-20 03:00:00"), 0)

    def test_mails_lead_behind_the_login(self):
        for mail in self._mails("Please approve order"):
            self.assertIn(f"/my/trade/approvals/{self.order.id}", mail.body_html)
            self.assertNotIn("access_token", mail.body_html)
            self.assertNotIn(self.order.access_token or "no token", mail.body_html)
        received = self.order.message_ids.filtered(lambda message: "approves it first" in (message.body or ""))
        self.assertEqual(received.partner_ids, self.purchaser.partner_id)

    def test_amounts_are_for_roles_that_see_prices(self):
        self.assertIn("2,000.00", self._mails("Please approve order")[0].body_html)
        blind = self.env["ec.trade.role"].create(
            {"name": "Blind", "account_id": self.account.id, "can_approve": True, "can_see_prices": False}
        )
        (self._of(self.ann) | self._of(self.bob)).role_id = blind
        order = self._ordered(self.purchaser)
        for mail in self._mails(f"Please approve order {order.name}"):
            self.assertNotIn("2,000", mail.body_html)

    def test_each_reads_his_own_language(self):
        self.env["res.lang"]._activate_lang("ja_JP")
        for kind, japanese in (("request", "承認してください"), ("approved", "承認されました")):
            template = self.env.ref(f"ec_trade_approval.mail_template_{kind}")
            template.with_context(lang="ja_JP").subject = japanese
        self.ann.partner_id.lang = self.purchaser.partner_id.lang = "ja_JP"
        order = self._ordered(self.purchaser)
        self.assertEqual(self._mails("承認してください").recipient_ids, self.ann.partner_id)
        self.assertEqual(self._mails(f"Please approve order {order.name}").recipient_ids, self.bob.partner_id)
        self._decide(self.bob, order)
        self.assertEqual(self._mails("承認されました").recipient_ids, self.purchaser.partner_id)
