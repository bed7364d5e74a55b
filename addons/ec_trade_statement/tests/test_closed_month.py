from unittest.mock import patch

from odoo.tests import TransactionCase, tagged

from .common import AUGUST, OCTOBER, SEPTEMBER, StatementWorld


@tagged("post_install", "-at_install")
class TestClosedMonth(StatementWorld, TransactionCase):
    """Orders, deliveries, statement, payment: three months of one customer with two branches, to the yen."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.example = cls._sell(
            cls.kyoto, (cls.cup, 1, 105), (cls.cup, 1, 105), (cls.cup, 1, 105), delivered="2026-08-05 03:00"
        )
        cls.returned = cls._sell(cls.kobe, (cls.tea, 7, 111), delivered="2026-08-11 03:00")
        cls._sell(cls.head, (cls.cup, 1, 333), (cls.tea, 3, 99), delivered="2026-08-20 03:00")
        # 31 August, 23:30 in Tokyo, and 1 September, 8:00 in Tokyo
        cls._sell(cls.kobe, (cls.tea, 1, 55), delivered="2026-08-31 14:30")
        cls._sell(cls.kobe, (cls.cup, 5, 101), delivered="2026-08-31 23:00")
        cls.later = cls._sell(cls.head, (cls.cup, 2, 500))

    def _september(self):
        self._close(AUGUST)
        self._take_back(self.returned, self.tea, 2, "2026-09-05 03:00")
        invoice = self._statement(AUGUST).closing_id.move_ids
        payment = self._pay(self.head, "2026-09-25", 1000)
        (payment | invoice.line_ids.filtered(lambda line: line.account_id == payment.account_id)).reconcile()
        return self._close(SEPTEMBER)

    def test_first_month(self):
        row = self._close(AUGUST)
        self.assertEqual(row.state, "done", row.reason)
        invoice = row.move_ids
        self.assertEqual(len(invoice), 1)
        self.assertEqual((invoice.partner_id, invoice.invoice_date, invoice.state), (self.head, AUGUST, "posted"))
        # 10 %: 315 + 333 = 648 → 64 (63 if each line were rounded); 8 %: 777 + 297 + 55 = 1129 → 90 (89)
        statement = self._statement(AUGUST)
        self.assertEqual(self.taxes(statement), {10.0: (648, 64), 8.0: (1129, 90)})
        self.assertEqual((invoice.amount_untaxed, invoice.amount_tax, invoice.amount_total), (1777, 154, 1931))
        self.assertFigures(
            statement,
            previous_balance=0,
            payment_total=0,
            carried_over=0,
            invoice_total=1931,
            credit_total=0,
            amount_due=1931,
        )
        self.assertEqual((statement.state, statement.date_due), ("issued", SEPTEMBER))
        self.assertRegex(statement.name, r"^ST2026-\d{5}$")
        self.assertReconciled(statement)

    def test_lines_are_the_deliveries(self):
        self._close(AUGUST)
        lines = self._statement(AUGUST).line_ids
        self.assertEqual([str(line.date) for line in lines][-1], "2026-08-31", "by the seller's clock")
        self.assertEqual(sum(lines.mapped("amount")), 1777)
        tea = lines.filtered(lambda line: line.quantity == 7)
        self.assertEqual(
            (tea.slip, tea.place, tea.reduced, tea.rate, tea.amount),
            (self.returned.picking_ids.name, "North Kobe", True, 8, 777),
        )

    def test_the_example_alone_is_31(self):
        orders = self.env["sale.order"].search(
            [("partner_id", "child_of", self.head.id), ("id", "!=", self.example.id)]
        )
        orders.picking_ids.move_ids.date = "2026-09-02 03:00"
        self._close(AUGUST)
        self.assertEqual(self.taxes(self._statement(AUGUST)), {10.0: (315, 31)})

    def test_next_month_carries_over(self):
        row = self._september()
        self.assertEqual(row.state, "done", row.reason)
        credit = row.move_ids.filtered(lambda move: move.move_type == "out_refund")
        invoice = row.move_ids - credit
        # credit note: 222, 17.76 → 17; invoice: 505, 50.5 → 50
        self.assertEqual((len(credit), credit.amount_total, invoice.amount_total), (1, 239, 555))
        statement = self._statement(SEPTEMBER)
        self.assertFigures(
            statement,
            previous_balance=1931,
            adjustment=0,
            payment_total=1000,
            carried_over=931,
            invoice_total=555,
            credit_total=239,
            amount_due=1247,
        )
        self.assertEqual(self.taxes(statement), {10.0: (505, 50)})
        self.assertEqual(self.taxes(statement, "credit"), {8.0: (-222, -17)})
        self.assertReconciled(statement)

    def test_booked_late_is_an_adjustment(self):
        self._september()
        self._pay(self.head, "2026-09-28", 100)
        self._done(self.later.picking_ids, "2026-10-05 03:00")
        self._close(OCTOBER)
        self.assertFigures(self._statement(SEPTEMBER), amount_due=1247)
        statement = self._statement(OCTOBER)
        self.assertFigures(
            statement,
            previous_balance=1247,
            adjustment=-100,
            payment_total=0,
            carried_over=1147,
            invoice_total=1100,
            amount_due=2247,
        )
        self.assertReconciled(statement)

    def test_delivered_late_is_in_the_next(self):
        """A delivery that is entered with a date of a closed month is billed with the next closing, not lost."""
        self._close(AUGUST)
        self._done(self.later.picking_ids, "2026-08-15 03:00")
        self._close(SEPTEMBER)
        self.assertFigures(self._statement(SEPTEMBER), invoice_total=1505 + 150)

    def _everything(self):
        """What came of it, without ids and numbers."""
        moves = self.env["account.move"].search([("partner_id", "child_of", self.head.id)])
        statements = self.env["ec.trade.statement"].search([("account_id", "=", self.account.id)])
        return (
            sorted((str(move.date), move.move_type, move.amount_untaxed, move.amount_tax) for move in moves),
            [
                (
                    str(one.date_from),
                    str(one.date_to),
                    one.previous_balance,
                    one.carried_over,
                    one.amount_due,
                    len(one.line_ids),
                )
                for one in statements
            ],
        )

    def test_run_twice_is_once(self):
        self._september()
        before = self._everything()
        for day in (AUGUST, SEPTEMBER):
            self._close(day)
        self.assertEqual(self._everything(), before)
        self.assertEqual(len(self.env["ec.trade.closing"].search([("account_id", "=", self.account.id)])), 2)

    def test_stopped_in_between_is_the_same(self):
        self.assertFalse(self._statement(AUGUST))
        model = type(self.env["ec.trade.statement"])
        with patch.object(model, "_figure", side_effect=RuntimeError("pulled the plug")):
            row = self._close(AUGUST)
        self.assertEqual((row.state, row.reason), ("parked", "pulled the plug"))
        self.assertEqual(self._everything(), ([], []), "the invoice is undone too")
        self.assertEqual(sum(self.example.order_line.mapped("qty_invoiced")), 0)
        row.action_retry()
        self.env["ec.trade.closing"]._work()
        self.assertEqual(row.state, "done", row.reason)
        self.assertFigures(self._statement(AUGUST), invoice_total=1931, amount_due=1931)
