from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.tests import TransactionCase, tagged

from .common import AUGUST, SEPTEMBER, StatementWorld


@tagged("post_install", "-at_install")
class TestStatement(StatementWorld, TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._sell(cls.head, (cls.cup, 2, 100), (cls.tea, 1, 100), delivered="2026-08-05 03:00")
        cls._close(AUGUST)
        cls.statement = cls._statement(AUGUST)

    def test_issued_does_not_change(self):
        for vals in ({"amount_due": 1}, {"line_ids": [(5, 0, 0)]}, {"date_due": False}):
            with self.assertRaises(UserError):
                self.statement.write(vals)
        with self.assertRaises(UserError):
            self.statement.unlink()
        self._pay(self.head, "2026-08-20", 50)
        self.statement.action_refresh()
        self.assertEqual(self.statement.amount_due, 328)

    def test_draft_follows_accounting(self):
        self._close(SEPTEMBER, wanted="draft")
        draft = self._statement(SEPTEMBER)
        self._pay(self.head, "2026-09-20", 50)
        draft.action_refresh()
        self.assertFigures(draft, payment_total=50, amount_due=278)
        self._pay(self.head, "2026-09-21", 28)
        draft.action_issue()
        self.assertFigures(draft, payment_total=78, amount_due=250, state="issued")

    def test_cancelled_only_with_a_reason_and_the_newest_first(self):
        with self.assertRaises(UserError):
            self.statement.action_cancel()
        self._close(SEPTEMBER)
        self.statement.cancel_reason = "Wrong price"
        with self.assertRaises(UserError):
            self.statement.action_cancel()
        later = self._statement(SEPTEMBER)
        later.cancel_reason = "Too early"
        (later | self.statement).sorted("date_to", reverse=True).mapped(lambda one: one.action_cancel())
        self.assertEqual(self.statement.state, "cancelled")
        self.assertEqual(self.statement.amount_due, 328, "what it said stays")

    def test_reissued_with_what_came_late(self):
        self._sell(self.head, (self.cup, 1, 100), delivered="2026-08-07 03:00")
        self.statement.cancel_reason = "A delivery was missing"
        self.statement.action_reissue()
        self.env["ec.trade.closing"]._work()
        again = self._statement(AUGUST)
        self.assertNotEqual(again, self.statement)
        self.assertEqual(again.replaces_id, self.statement)
        self.assertNotEqual(again.name, self.statement.name)
        self.assertFigures(again, invoice_total=438, amount_due=438)

    def test_mailed_once_to_who_may_see_it(self):
        accounting = self._buyer(self.account, self.roles["accounting"], "North Acc")
        self._buyer(self.account, self.roles["purchaser"], "North Pam")
        self._buyer(self.account, self.roles["accounting"], "North Kyo", self.kyoto, self.kyoto)
        with patch.object(type(self.env["ir.actions.report"]), "_render_qweb_pdf", return_value=(b"%PDF-1.4", "pdf")):
            for _time in range(2):
                self.statement.action_send()
        mails = self.env["mail.mail"].search([("model", "=", "ec.trade.statement"), ("res_id", "=", self.statement.id)])
        self.assertEqual(mails.recipient_ids, accounting.partner_id)
        self.assertEqual(len(mails), 1)
        self.assertEqual(mails.attachment_ids.mapped("mimetype"), ["application/pdf"])
        self.assertIn(self.statement.name, mails.subject)

    def test_mailed_to_the_company_where_nobody_may(self):
        self.assertEqual(self.statement._recipients(), self.head)

    def test_costs_headings_and_notes_are_no_lines(self):
        move = self._book("out_invoice", self.head, "2026-09-05", 100, tax=self.tax10)
        move.button_draft()
        move.invoice_line_ids = [
            (0, 0, {"display_type": kind, "name": "Hidden"}) for kind in ("line_section", "line_note")
        ]
        expense = self.env["account.account"].search(
            [("account_type", "=", "expense"), ("company_ids", "in", self.seller.id)], limit=1
        )
        cost = {"display_type": "cogs", "account_id": expense.id, "name": "Hidden cost"}
        move.line_ids = [(0, 0, {**cost, "debit": 60}), (0, 0, {**cost, "credit": 60})]
        move.action_post()
        self._close(SEPTEMBER)
        statement = self._statement(SEPTEMBER)
        self.assertEqual([(line.name, line.amount) for line in statement.line_ids], [("Goods", 100)])
        self.assertEqual([(row.rate, row.base, row.tax) for row in statement.tax_ids], [(10, 100, 10)])

    def test_a_delivery_is_on_the_statement_once(self):
        """Two invoices of one order line in one month."""
        order = self._sell(self.head, (self.cup, 3, 100), delivered="2026-09-05 03:00")
        early = order._create_invoices()
        early.invoice_date = "2026-09-06"
        early.invoice_line_ids.quantity = 1
        early.action_post()
        order.order_line.product_uom_qty = 5
        more = order.picking_ids.filtered(lambda picking: picking.state != "done")
        self._done(more, "2026-09-09 03:00")
        self._close(SEPTEMBER)
        lines = self._statement(SEPTEMBER).line_ids
        by_picking = {picking: sum(own.mapped("quantity")) for picking, own in lines.grouped("picking_id").items()}
        self.assertEqual(by_picking, {more: 2, order.picking_ids - more: 3})

    def _paper(self, lang):
        self.head.lang = lang
        html, _kind = self.env["ir.actions.report"]._render_qweb_html(
            "ec_trade_statement.action_report_statement", self.statement.ids
        )
        return " ".join(html.decode().split())

    def test_paper_has_what_the_law_asks_for(self):
        text = self._paper("en_US")
        for part in (
            self.seller.name,
            "T1234567890123",
            "To North",
            self.statement.name,
            "8% ※",
            "10%",
            "Tea ※",
            "328",
        ):
            self.assertIn(part, text, part)
        self.assertIn("Reduced tax rate", text)

    def test_paper_in_the_customers_language(self):
        text = self._paper("ja_JP")
        for part in ("請求書", "North 御中", "登録番号", "前回御請求額", "今回御請求額", "軽減税率"):
            self.assertIn(part, text, part)
