from datetime import timedelta

from psycopg2.errors import UniqueViolation

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.modules.migration import load_script
from odoo.tests import Form, tagged
from odoo.tools import file_path, mute_logger

from .common import ConsignmentCase


@tagged("post_install", "-at_install")
class TestLoan(ConsignmentCase):
    def loan(self, *lines, days=10, **vals):
        """A draft loan of (product, units, lot or None)."""
        return self.env["ec.loan"].create(
            {
                "partner_id": self.partner.id,
                "warehouse_id": self.warehouse.id,
                "date": self.today() - timedelta(days=30),
                "date_due": self.today() + timedelta(days=days),
                "line_ids": [
                    Command.create({"product_id": product.id, "quantity": units, "lot_id": lot and lot.id})
                    for product, units, lot in lines
                ],
                **vals,
            }
        )

    def lend(self, *lines, **vals):
        loan = self.loan(*lines, **vals)
        loan.action_confirm()
        self.do(loan.picking_ids)
        return loan

    def back(self, loan, units):
        """Return so many of the loan's only line, by the transfer that the button makes."""
        picking = self.env["stock.picking"].browse(loan.action_return()["res_id"])
        picking.move_ids.quantity = units
        picking.move_ids.picked = True
        picking.with_context(cancel_backorder=True)._action_done()

    def figures(self, loan):
        line = loan.line_ids
        return line.lent, line.returned, line.sold, line.open

    def test_lent_returned_in_part_and_sold(self):
        loan = self.lend((self.towel, 5, None))
        self.assertEqual((loan.state, *self.figures(loan)), ("open", 5, 0, 0, 5))
        self.assertEqual(self.towel.free_qty, 95)
        self.back(loan, 2)
        self.assertEqual((loan.state, *self.figures(loan)), ("open", 5, 2, 0, 3))
        order = self.env["sale.order"].browse(loan.action_sell()["res_id"])
        self.assertEqual(loan.action_sell()["res_id"], order.id)
        self.assertEqual(order.order_line.product_uom_qty, 3)
        order.action_confirm()
        self.assertEqual(order.picking_ids.state, "done")
        self.assertEqual(order.order_line.qty_delivered, 3)
        self.assertEqual((loan.state, *self.figures(loan)), ("done", 5, 2, 3, 0))
        self.assertEqual(order._create_invoices().invoice_line_ids.quantity, 3)

    def test_a_part_is_sold_the_rest_stays_lent(self):
        loan = self.lend((self.towel, 5, None))
        order = self.env["sale.order"].browse(loan.action_sell()["res_id"])
        order.order_line.product_uom_qty = 2
        order.action_confirm()
        self.assertEqual((loan.state, *self.figures(loan)), ("open", 5, 0, 2, 3))
        self.assertNotEqual(loan.action_sell()["res_id"], order.id)

    def test_what_was_sold_and_comes_back_is_returned_not_lent(self):
        loan = self.lend((self.towel, 5, None))
        order = self.env["sale.order"].browse(loan.action_sell()["res_id"])
        order.order_line.product_uom_qty = 2
        order.action_confirm()
        self.give_back(order.picking_ids, 1)
        self.assertEqual((loan.state, *self.figures(loan)), ("open", 5, 1, 1, 3))

    def test_figures_kept_by_older_versions_are_corrected(self):
        loan = self.lend((self.towel, 5, None))
        order = self.env["sale.order"].browse(loan.action_sell()["res_id"])
        order.action_confirm()
        self.give_back(order.picking_ids, 1)
        self.env.flush_all()
        self.env.cr.execute("UPDATE ec_loan_line SET returned = 1, sold = 5, open = -1 WHERE loan_id = %s", [loan.id])
        self.env.invalidate_all()
        script = "ec_consignment/migrations/19.0.1.1.0/post-loan-figures.py"
        load_script(file_path(script), "loan_figures").migrate(self.env.cr, "19.0.1.0.0")
        self.env.invalidate_all()
        self.assertEqual((loan.state, *self.figures(loan)), ("done", 5, 1, 4, 0))

    def test_what_is_on_its_way_back_is_not_sold(self):
        loan = self.lend((self.towel, 5, None))
        order = self.env["sale.order"].browse(loan.action_sell()["res_id"])
        back = self.env["stock.picking"].browse(loan.action_return()["res_id"])
        back.do_unreserve()
        with self.assertRaisesRegex(UserError, "only 0 are still lent"):
            order.action_confirm()

    def test_an_order_of_a_loan_sells_nothing_else(self):
        loan = self.lend((self.towel, 5, None))
        self.lend((self.vase, 5, None))
        order = self.env["sale.order"].browse(loan.action_sell()["res_id"])
        more = self.env["sale.order.line"].create({"order_id": order.id, "product_id": self.vase.id})
        with self.assertRaisesRegex(UserError, "Not lent: .*Vase"), self.env.cr.savepoint():
            order.action_confirm()
        more.unlink()
        order.order_line.product_id = self.vase
        with self.assertRaisesRegex(UserError, "Not lent: .*Vase"):
            order.action_confirm()

    def test_goods_go_to_the_customers_location_of_the_orders_company(self):
        loan = self.lend((self.towel, 5, None))
        order = self.env["sale.order"].browse(loan.action_sell()["res_id"])
        other = self.env["res.company"].create({"name": "Other"})
        elsewhere = self.env["stock.location"].create(
            {"name": "Elsewhere", "usage": "customer", "company_id": other.id}
        )
        own = self.partner.property_stock_customer
        self.partner.with_company(other).property_stock_customer = elsewhere
        self.assertEqual(order.with_company(other)._ec_delivery_vals()["location_dest_id"], own.id)

    def test_no_more_is_sold_than_is_lent(self):
        loan = self.lend((self.towel, 5, None))
        self.lend((self.towel, 5, None))
        order = self.env["sale.order"].browse(loan.action_sell()["res_id"])
        order.order_line.product_uom_qty = 6
        with self.assertRaisesRegex(UserError, "only 5 are still lent"):
            order.action_confirm()

    def test_the_lot_that_was_lent_comes_back(self):
        cup = self.product("Cup", units=0, tracking="lot")
        first, second = self.env["stock.lot"].create([{"name": name, "product_id": cup.id} for name in ("A", "B")])
        for lot in (first, second):
            self.env["stock.quant"]._update_available_quantity(cup, self.stock, 5, lot_id=lot)
        one, two = self.lend((cup, 2, first)), self.lend((cup, 2, second))
        self.assertEqual(one.picking_ids.move_line_ids.lot_id, first)
        self.assertEqual(two.picking_ids.move_line_ids.lot_id, second)
        picking = self.env["stock.picking"].browse(two.action_return()["res_id"])
        self.assertEqual(picking.move_line_ids.lot_id, second)
        order = self.env["sale.order"].browse(one.action_sell()["res_id"])
        order.action_confirm()
        self.assertEqual(order.picking_ids.move_line_ids.lot_id, first)

    def test_lines_of_one_product_stay_apart(self):
        loan = self.lend((self.towel, 2, None), (self.towel, 3, None))
        self.assertEqual(loan.line_ids.mapped("lent"), [2, 3])

    def test_cancelled_before_it_left(self):
        loan = self.loan((self.towel, 5, None))
        loan.action_confirm()
        self.assertEqual(loan.state, "open")
        loan.action_cancel()
        self.assertEqual(loan.state, "cancel")
        with self.assertRaises(UserError):
            self.lend((self.towel, 1, None)).action_cancel()

    def test_a_confirmed_loan_keeps_its_lines(self):
        loan = self.lend((self.towel, 5, None))
        with self.assertRaises(UserError):
            loan.line_ids.quantity = 6
        with self.assertRaises(UserError):
            loan.unlink()

    def test_entered_on_the_screen(self):
        form = Form(self.env["ec.loan"])
        form.partner_id = self.partner
        form.date_due = self.today() + timedelta(days=3)
        with form.line_ids.new() as line:
            line.product_id = self.towel
            line.quantity = 2
        loan = form.save()
        loan.action_confirm()
        self.assertEqual(loan.picking_ids.state, "assigned")

    # === Due === #

    def test_the_overdue_list(self):
        late, later = self.lend((self.towel, 1, None), days=-1), self.lend((self.towel, 1, None), days=0)
        loans = late | later
        overdue = self.env["ec.loan"].search([("overdue", "=", True), ("id", "in", loans.ids)])
        self.assertEqual(overdue, late)
        self.assertEqual(loans.mapped("overdue"), [True, False])
        self.assertEqual(self.env["ec.loan"].search([("overdue", "=", False), ("id", "in", loans.ids)]), later)

    def _mails(self, loan):
        mails = self.env["mail.mail"].search([("model", "=", "ec.loan"), ("res_id", "=", loan.id)], order="id")
        return mails.mapped("subject")

    def test_reminders_once_before_and_once_after(self):
        loans = self.env["ec.loan"]
        soon, today, late, far = (self.lend((self.towel, 1, None), days=days) for days in (3, 0, -1, 4))
        for _run in range(2):
            loans._cron_remind()
        self.assertEqual(self._mails(soon), [f"Loan {soon.name} is due soon"])
        self.assertEqual(self._mails(today), [f"Loan {today.name} is due soon"])
        self.assertEqual(self._mails(late), [f"Loan {late.name} is overdue"])
        self.assertEqual(self._mails(far), [])
        mail = self.env["mail.mail"].search([("model", "=", "ec.loan"), ("res_id", "=", late.id)])
        self.assertIn("Towel", mail.body_html)
        self.assertEqual(mail.recipient_ids, self.partner)
        soon.date_due = self.today() - timedelta(days=1)
        loans._cron_remind()
        loans._cron_remind()
        self.assertEqual(len(self._mails(soon)), 2)
        self.assertEqual(set(soon.reminder_ids.mapped("kind")), {"before", "after"})

    def test_a_loan_that_is_back_or_has_no_address_is_left_alone(self):
        closed = self.lend((self.towel, 1, None), days=-1)
        self.back(closed, 1)
        silent = self.lend(
            (self.towel, 1, None), days=-1, partner_id=self.env["res.partner"].create({"name": "No mail"}).id
        )
        self.env["ec.loan"]._cron_remind()
        self.assertFalse(self._mails(closed) + self._mails(silent))
        self.assertFalse((closed | silent).reminder_ids)
        silent.partner_id.email = "late@example.com"
        self.env["ec.loan"]._cron_remind()
        self.assertEqual(len(self._mails(silent)), 1)

    def test_what_has_not_left_is_not_reminded_of(self):
        loan = self.loan((self.towel, 1, None), days=-1)
        loan.action_confirm()
        self.assertEqual(loan.state, "open")
        self.assertFalse([due for due in loan._to_remind(self.today()) if due[0] == loan])
        self.do(loan.picking_ids)
        self.assertEqual(len([due for due in loan._to_remind(self.today()) if due[0] == loan]), 1)

    def test_a_reminder_is_a_row_that_cannot_be_there_twice(self):
        loan = self.lend((self.towel, 1, None), days=-1)
        self.env["ec.loan"]._cron_remind()
        with mute_logger("odoo.sql_db"), self.assertRaises(UniqueViolation), self.env.cr.savepoint():
            self.env["ec.loan.reminder"].create({"loan_id": loan.id, "kind": "after", "date_due": loan.date_due})
