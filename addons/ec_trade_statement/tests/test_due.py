from odoo.fields import Command
from odoo.tests import TransactionCase, tagged

from .common import AUGUST, OCTOBER, SEPTEMBER, StatementWorld


@tagged("post_install", "-at_install")
class TestDue(StatementWorld, TransactionCase):
    """What a closing bills of orders that were also invoiced, credited or paid by hand."""

    def _invoice(self, order, day, quantity=None):
        move = order._create_invoices()
        move.invoice_date = day
        if quantity:
            move.invoice_line_ids.quantity = quantity
        move.action_post()
        return move

    def _credit(self, invoice, day, quantity=None):
        """Odoo's credit note button."""
        wizard = (
            self.env["account.move.reversal"]
            .with_context(active_model="account.move", active_ids=invoice.ids)
            .create({"journal_id": invoice.journal_id.id, "date": day})
        )
        credit = self.env["account.move"].browse(wizard.reverse_moves()["res_id"])
        credit.invoice_date = day
        if quantity:
            credit.invoice_line_ids.quantity = quantity
        credit.action_post()
        return credit

    def _billed(self, day):
        row = self._close(day)
        self.assertEqual(row.state, "done", row.reason)
        return [(move.move_type, move.amount_untaxed) for move in row.move_ids]

    def test_invoiced_early_is_neither_credited_nor_billed_again(self):
        self.cup.invoice_policy = "order"
        order = self._sell(self.head, (self.cup, 5, 100))
        self._invoice(order, "2026-08-10")
        self.assertEqual(self._billed(AUGUST), [])
        self._done(order.picking_ids, "2026-09-05 03:00")
        self.assertEqual(self._billed(SEPTEMBER), [])

    def test_of_what_was_invoiced_early_only_what_came_back_is_credited(self):
        self.cup.invoice_policy = "order"
        order = self._sell(self.head, (self.cup, 10, 100))
        self._invoice(order, "2026-08-10")
        first = order.picking_ids
        first.move_ids.write({"quantity": 4, "picked": True})
        first._action_done()
        first.move_ids.filtered(lambda move: move.state == "done").date = "2026-08-12 03:00"
        self._take_back(order, self.cup, 1, "2026-08-20 03:00")
        self.assertEqual(self._billed(AUGUST), [("out_refund", 100)])
        self.assertEqual(self._billed(SEPTEMBER), [])

    def test_credited_by_hand_is_not_billed_again(self):
        self._sell(self.head, (self.cup, 5, 100), delivered="2026-08-05 03:00")
        self.assertEqual(self._billed(AUGUST), [("out_invoice", 500)])
        self._credit(self._statement(AUGUST).closing_id.move_ids, "2026-09-10", 2)
        self.assertEqual(self._billed(SEPTEMBER), [])

    def test_return_credited_by_hand_is_not_credited_again(self):
        order = self._sell(self.head, (self.cup, 5, 100), delivered="2026-08-05 03:00")
        self._billed(AUGUST)
        self._credit(self._statement(AUGUST).closing_id.move_ids, "2026-09-03", 2)
        self._take_back(order, self.cup, 3, "2026-09-05 03:00")
        self.assertEqual(self._billed(SEPTEMBER), [("out_refund", 100)])
        self.assertEqual(self._billed(OCTOBER), [])

    def test_service_credited_by_hand_is_not_billed_again(self):
        freight = self._goods("Freight", self.tax10)
        freight.write({"type": "service", "invoice_policy": "order"})
        self._sell(self.head, (self.cup, 1, 100), (freight, 1, 50), delivered="2026-08-05 03:00")
        self.assertEqual(self._billed(AUGUST), [("out_invoice", 150)])
        self._credit(self._statement(AUGUST).closing_id.move_ids, "2026-09-10")
        self.assertEqual(self._billed(SEPTEMBER), [])

    def test_late_closing_does_not_credit_for_later_invoices(self):
        order = self._sell(self.head, (self.cup, 5, 100), delivered="2026-08-05 03:00")
        self._billed(AUGUST)
        order.order_line.product_uom_qty = 8
        self._done(order.picking_ids.filtered(lambda picking: picking.state != "done"), "2026-10-05 03:00")
        self._invoice(order, "2026-10-06")
        self.assertEqual(self._billed(SEPTEMBER), [])
        self.assertEqual(self._billed(OCTOBER), [])

    def test_late_closing_does_not_bill_what_was_invoiced_since(self):
        order = self._sell(self.head, (self.cup, 5, 100), delivered="2026-08-05 03:00")
        self._invoice(order, "2026-09-03", 3)
        draft = order._create_invoices()
        draft.write(
            {"invoice_date": "2026-09-04", "invoice_line_ids": [(1, draft.invoice_line_ids.id, {"quantity": 1})]}
        )
        self.assertEqual(self._billed(AUGUST), [("out_invoice", 100)])

    def test_goods_of_before_the_start_are_not_billed(self):
        order = self._sell(self.head, (self.cup, 5, 100))
        first = order.picking_ids
        first.move_ids.write({"quantity": 3, "picked": True})
        first._action_done()
        first.move_ids.filtered(lambda move: move.state == "done").date = "2026-07-12 03:00"
        self._done(order.picking_ids - first, "2026-08-12 03:00")
        old = self._sell(self.head, (self.cup, 7, 100), delivered="2026-07-05 03:00")
        self.assertEqual(self._billed(AUGUST), [("out_invoice", 200)])
        self._take_back(old, self.cup, 1, "2026-09-05 03:00")
        self.assertEqual(self._billed(SEPTEMBER), [], "nothing says that it was billed")

    def test_orders_with_down_payments_are_left_out_and_shown(self):
        order = self._sell(self.head, (self.cup, 5, 100))
        wizard = (
            self.env["sale.advance.payment.inv"]
            .with_context(active_model="sale.order", active_ids=order.ids)
            .create({"advance_payment_method": "fixed", "fixed_amount": 110, "sale_order_ids": order.ids})
        )
        wizard.create_invoices()
        order.invoice_ids.invoice_date = "2026-08-03"
        order.invoice_ids.action_post()
        self._done(order.picking_ids, "2026-08-05 03:00")
        self._sell(self.kobe, (self.cup, 1, 100), delivered="2026-08-05 03:00")
        wizard = self.env["ec.trade.close"].create({"until": AUGUST, "account_ids": [Command.set(self.account.ids)]})
        self.assertEqual((wizard.line_ids.to_invoice, wizard.line_ids.left_out), (100, order.name))
        self.assertEqual(self._billed(AUGUST), [("out_invoice", 100)])
