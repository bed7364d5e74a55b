from datetime import date
from unittest.mock import patch

from freezegun import freeze_time

from odoo.exceptions import UserError, ValidationError
from odoo.tests import TransactionCase, tagged

from .common import AUGUST, OCTOBER, SEPTEMBER, StatementWorld


@tagged("post_install", "-at_install")
class TestClosing(StatementWorld, TransactionCase):
    def test_one_invoice_whatever_the_branch(self):
        for partner in (self.head, self.kyoto, self.kobe):
            self._sell(partner, (self.cup, 1, 105), delivered="2026-08-05 03:00")
        self.assertEqual(self._close(AUGUST).move_ids.amount_tax, 31)

    def test_many_accounts_cost_no_more_searches_for_invoices(self):
        south = self.south[0]
        for partner in (self.head, self.south[1]):
            self._sell(partner, (self.cup, 1, 100), delivered="2026-08-05 03:00")
        orders = type(self.env["sale.order"])
        with patch.object(orders, "_create_invoices", autospec=True, side_effect=orders._create_invoices) as create:
            rows = self._close(AUGUST, self.account, south)
        self.assertEqual((create.call_count, set(rows.mapped("state"))), (1, {"done"}))
        self.assertEqual([row.move_ids.partner_id for row in rows.sorted("account_id")], [self.head, self.south[1]])

    def test_one_that_fails_does_not_stop_others(self):
        south = self.south[0]
        self._sell(self.south[1], (self.cup, 1, 100), delivered="2026-08-05 03:00")
        self._close(AUGUST, wanted="draft")
        rows = self._close(SEPTEMBER, self.account, south).sorted("account_id")
        self.assertEqual(rows.mapped("state"), ["parked", "done"])
        self.assertIn("2026-08-31", rows[0].reason)
        self._statement(AUGUST).action_issue()
        rows.action_retry()
        self.env["ec.trade.closing"]._work()
        self.assertEqual(rows.mapped("state"), ["done", "done"])

    def test_months_are_closed_in_order(self):
        closings = self.env["ec.trade.closing"]
        closings._plan({self.account: [SEPTEMBER, AUGUST]}, "issue")
        while closings._work():
            pass
        statements = self.account.statement_ids.sorted("date_to")
        self.assertEqual(statements.mapped("date_from"), [date(2026, 8, 1), date(2026, 9, 1)])
        self.assertEqual(statements[1].previous_id, statements[0])

    def test_closed_accounting_parks(self):
        self._sell(self.head, (self.cup, 1, 100), delivered="2026-08-05 03:00")
        self.seller.sale_lock_date = SEPTEMBER
        row = self._close(AUGUST)
        self.assertEqual(row.state, "parked")
        self.assertFalse(row.move_ids)

    def test_more_returned_than_sold_is_a_credit_note(self):
        order = self._sell(self.head, (self.cup, 5, 100), delivered="2026-08-05 03:00")
        self._close(AUGUST)
        self._take_back(order, self.cup, 3, "2026-09-05 03:00")
        move = self._close(SEPTEMBER).move_ids
        self.assertEqual((move.move_type, move.amount_total), ("out_refund", 330))
        self.assertEqual(self._statement(SEPTEMBER).line_ids.mapped("quantity"), [-3])

    def test_returned_before_it_was_billed_is_not_billed(self):
        order = self._sell(self.head, (self.cup, 5, 100), delivered="2026-08-05 03:00")
        self._take_back(order, self.cup, 2, "2026-08-09 03:00")
        self.assertEqual(self._close(AUGUST).move_ids.invoice_line_ids.quantity, 3)

    def test_goods_are_billed_as_delivered_whatever_the_product_says(self):
        self.cup.invoice_policy = "order"
        order = self._sell(self.head, (self.cup, 5, 100))
        self.assertFalse(self._close(AUGUST).move_ids)
        self._done(order.picking_ids, "2026-09-05 03:00")
        self.assertEqual(self._close(SEPTEMBER).move_ids.amount_untaxed, 500)

    def test_freight_comes_with_the_first_goods(self):
        freight = self._goods("Freight", self.tax10)
        freight.write({"type": "service", "invoice_policy": "order"})
        order = self._sell(self.head, (self.cup, 1, 100), (freight, 1, 50))
        self.assertFalse(self._close(AUGUST).move_ids)
        self._done(order.picking_ids, "2026-09-05 03:00")
        self.assertEqual(self._close(SEPTEMBER).move_ids.amount_untaxed, 150)

    def test_freight_does_not_come_with_picking(self):
        warehouse = self.env["stock.warehouse"].search([("company_id", "=", self.seller.id)], limit=1)
        warehouse.delivery_steps = "pick_ship"
        freight = self._goods("Freight", self.tax10)
        freight.write({"type": "service", "invoice_policy": "order"})
        order = self._sell(self.head, (self.cup, 1, 100), (freight, 1, 50))
        self._done(order.picking_ids, "2026-08-05 03:00")
        self.assertEqual(order.order_line[0].qty_delivered, 0, "picked only")
        self.assertFalse(self._close(AUGUST).move_ids)

    def test_cancelled_goods_are_none(self):
        fee = self._goods("Fee", self.tax10)
        fee.write({"type": "service", "invoice_policy": "order"})
        order = self._sell(self.head, (self.cup, 1, 100), (fee, 1, 50))
        order.picking_ids.action_cancel()
        self.assertEqual(self._close(AUGUST).move_ids.amount_untaxed, 50)

    def test_skipped_with_a_reason_the_next_one_takes_it(self):
        self._sell(self.head, (self.cup, 2, 100), delivered="2026-08-05 03:00")
        self.seller.sale_lock_date = AUGUST
        row = self._close(AUGUST)
        later = self._close(SEPTEMBER)
        self.assertEqual((row.state, later.state), ("parked", "parked"))
        skip = self.env["ec.trade.skip"].create({"closing_ids": row.ids, "reason": "August is closed"})
        skip.action_skip()
        self.assertEqual(row.state, "skipped")
        self.assertIn("August is closed", row.reason)
        self.assertEqual(self.account._due_closings(AUGUST), {self.account: []})
        self._close(AUGUST)
        self.assertEqual(row.state, "skipped", "asked for again it stays")
        later.action_retry()
        self.env["ec.trade.closing"]._work()
        self.assertEqual((later.state, later.move_ids.amount_untaxed), ("done", 200))
        with self.assertRaises(UserError):
            self.env["ec.trade.skip"].create({"closing_ids": later.ids, "reason": "No"}).action_skip()

    def test_deliveries_of_a_line_are_lines_of_the_statement(self):
        order = self._sell(self.head, (self.cup, 3, 101))
        first = order.picking_ids
        first.move_ids.write({"quantity": 1, "picked": True})
        first.with_context(skip_backorder=True)._action_done()
        first.move_ids.date = "2026-08-05 03:00"
        self._done(order.picking_ids - first, "2026-08-09 03:00")
        self._close(AUGUST)
        lines = self._statement(AUGUST).line_ids
        self.assertEqual(
            [(str(line.date), line.quantity, line.amount, line.picking_id) for line in lines],
            [("2026-08-05", 1, 101, first), ("2026-08-09", 2, 202, order.picking_ids - first)],
        )

    def test_invoices_as_they_come_are_only_listed(self):
        self.account.billing = "each"
        order = self._sell(self.kobe, (self.cup, 3, 105), delivered="2026-08-05 03:00")
        self.assertFalse(self._close(AUGUST).move_ids)
        invoice = order._create_invoices()
        invoice.invoice_date = "2026-09-03"
        invoice.action_post()
        self.assertEqual(invoice.partner_id, self.kobe, "each branch is billed itself")
        self._close(SEPTEMBER)
        statement = self._statement(SEPTEMBER)
        self.assertEqual([(line.slip, line.amount, line.tax) for line in statement.line_ids], [(invoice.name, 315, 31)])
        self.assertReconciled(statement)

    def test_invoices_made_by_hand_go_to_the_head_company(self):
        order = self._sell(self.kobe, (self.cup, 1, 105), delivered="2026-08-05 03:00")
        self.assertEqual(order._create_invoices().partner_id, self.head)

    def test_closing_days_are_checked(self):
        with self.assertRaises(ValidationError):
            self.account.closing_days = "32"

    def test_plan_of_the_day(self):
        """Each night what has ended; after the first statement also what was missed."""
        closings = self.env["ec.trade.closing"]
        self.env["ec.trade.account"].search([("id", "!=", self.account.id)]).write(
            {"billing": "each", "closing_days": False}
        )
        # 1 October, 0:30 in Tokyo
        with freeze_time("2026-09-30 15:30"):
            self.assertEqual(closings._plan_due(), 1)
            self.assertEqual(closings._plan_due(), 0)
        row = closings.search([("account_id", "=", self.account.id)])
        self.assertEqual((row.date_to, row.wanted), (SEPTEMBER, "draft"))
        closings._work()
        self._statement(SEPTEMBER).action_issue()
        self.account.closing_days = "15, 31"
        with freeze_time("2026-10-31 15:30"):
            self.assertEqual(closings._plan_due(), 2)
        self.seller.ec_closing_auto = "no"
        with freeze_time("2026-12-31 15:30"):
            self.assertEqual(closings._plan_due(), 0)

    def _triggers(self):
        return self.env["ir.cron.trigger"].search_count(
            [("cron_id", "=", self.env.ref("ec_trade_statement.cron_close").id)]
        )

    def test_nothing_planned_wakes_nobody(self):
        closings, before = self.env["ec.trade.closing"], self._triggers()
        closings._plan({self.account: []}, "issue")
        self.assertEqual(self._triggers(), before)
        closings._plan({self.account: [AUGUST]}, "issue")
        self.assertEqual(self._triggers(), before + 1)

    def test_what_time_left_over_is_done_soon(self):
        closings, lane = self.env["ec.trade.closing"], type(self.env["ec.lane"])
        closings._plan({account: [AUGUST] for account in (self.account, self.south[0])}, "issue")
        before = self._triggers()
        for done, more in ((0, 0), (1, 1)):
            with patch.object(lane, "_run", return_value=done):
                closings._cron_close()
            self.assertEqual(self._triggers(), before + more)
        while closings._work():
            pass
        with patch.object(lane, "_run", return_value=2):
            closings._cron_close()
        self.assertEqual(self._triggers(), before + 1)

    def test_draft_invoices_park(self):
        order = self._sell(self.kobe, (self.cup, 1, 105), delivered="2026-08-05 03:00")
        draft = order._create_invoices()
        wizard = self.env["ec.trade.close"].create({"until": AUGUST, "account_ids": [(6, 0, self.account.ids)]})
        self.assertIn(draft.display_name, wizard.line_ids.problem)
        row = self._close(AUGUST)
        self.assertEqual(row.state, "parked")
        self.assertIn(draft.display_name, row.reason)
        draft.invoice_date = "2026-09-02"
        row.action_retry()
        self.env["ec.trade.closing"]._work()
        self.assertEqual(row.state, "done", row.reason)
        self.assertFalse(row.move_ids, "the draft has it")

    def test_one_invoice_per_closing_needs_a_closing_day(self):
        with self.assertRaises(ValidationError):
            self.account.closing_days = False

    def test_preview_says_what_will_be_invoiced(self):
        self._sell(self.head, (self.cup, 2, 100), delivered="2026-08-05 03:00")
        self._sell(self.kobe, (self.cup, 1, 100), delivered="2026-09-05 03:00")
        wizard = self.env["ec.trade.close"].create(
            {"until": AUGUST, "account_ids": [(6, 0, self.account.ids)], "wanted": "issue"}
        )
        line = wizard.line_ids
        self.assertEqual(
            (line.account_id, line.dates, line.order_count, line.to_invoice), (self.account, "2026-08-31", 1, 200)
        )
        wizard.action_close()
        self.env["ec.trade.closing"]._work()
        self.assertEqual(self._statement(AUGUST).closing_id.move_ids.amount_untaxed, 200)
        wizard = self.env["ec.trade.close"].create({"until": AUGUST, "account_ids": [(6, 0, self.account.ids)]})
        self.assertFalse(wizard.line_ids)
        with self.assertRaises(UserError):
            wizard.action_close()

    def test_preview_is_without_tax_in_the_companys_currency(self):
        tax = self.tax10.copy({"name": "Ten in price", "price_include_override": "tax_included"})
        dollar = self.env.ref("base.USD")
        dollar.active = True
        dollar.rate_ids.unlink()
        self.env["res.currency.rate"].create(
            {"currency_id": dollar.id, "name": "2026-01-01", "rate": 0.01, "company_id": self.seller.id}
        )
        self.seller.currency_id.rate_ids.unlink()
        pricelist = self.env["product.pricelist"].create({"name": "Dollars", "currency_id": dollar.id})
        order = self._sell(self.kobe, (self.cup, 1, 110))
        order.order_line.tax_ids = tax
        abroad = self.env["sale.order"].create(
            {
                "partner_id": self.kobe.id,
                "pricelist_id": pricelist.id,
                "order_line": [(0, 0, {"product_id": self.cup.id, "product_uom_qty": 2, "price_unit": 3})],
            }
        )
        abroad.action_confirm()
        self._done((order | abroad).picking_ids, "2026-08-05 03:00")
        wizard = self.env["ec.trade.close"].create({"until": AUGUST, "account_ids": [(6, 0, self.account.ids)]})
        self.assertEqual((wizard.line_ids.order_count, wizard.line_ids.to_invoice), (2, 100 + 600))

    def test_a_day_that_is_not_over_is_not_closed(self):
        with freeze_time("2026-10-31 03:00"), self.assertRaises(UserError):
            self.env["ec.trade.close"].create({"until": OCTOBER}).action_close()
