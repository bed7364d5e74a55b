from odoo import fields
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import Form, tagged

from .common import ConsignmentCase


@tagged("post_install", "-at_install")
class TestConsignment(ConsignmentCase):
    def test_goods_sent_stay_ours_valued_and_not_for_sale(self):
        value = self.towel.total_value
        self.send(self.towel, 30)
        self.assertEqual(self.there(self.towel), 30)
        self.assertFalse(self.agreement.location_id.warehouse_id)
        self.env.invalidate_all()
        self.assertEqual(self.towel.total_value, value)
        self.assertEqual(self.towel.free_qty, 70)
        self.assertFalse(self.partner.sale_order_ids)

    def test_a_transfer_of_the_type_finds_the_customers_location(self):
        form = Form(self.env["stock.picking"].with_context(**self.agreement.action_send()["context"]))
        self.assertEqual(form.partner_id, self.partner)
        picking = form.save()
        self.assertEqual(picking.location_id, self.stock)
        self.assertEqual(picking.location_dest_id, self.agreement.location_id)
        other = self.agree(self.env["res.partner"].create({"name": "Umeda Store"}))
        picking.partner_id = other.partner_id
        self.assertEqual(picking.location_dest_id, other.location_id)

    def test_settled_in_one_go(self):
        self.send(self.towel, 30)
        self.send(self.vase, 5)
        report = self.report([(self.towel, 12), (self.vase, 2)])
        report.action_settle()
        self.assertEqual(report.state, "done")
        order, invoice = report.order_id, report.invoice_ids
        self.assertEqual(order.state, "sale")
        self.assertTrue(order.locked)
        self.assertEqual(order.order_line.mapped("qty_delivered"), [12, 2])
        self.assertEqual(order.order_line.mapped("qty_invoiced"), [12, 2])
        self.assertEqual(order.invoice_status, "invoiced")
        self.assertEqual(order.picking_ids, report.picking_ids)
        self.assertEqual(report.picking_ids.state, "done")
        self.assertEqual(report.picking_ids.location_id, self.agreement.location_id)
        self.assertEqual(invoice.invoice_date, fields.Date.to_date("2026-04-30"))
        self.assertEqual(invoice.invoice_line_ids.mapped("quantity"), [12, 2])
        self.assertEqual(self.there(self.towel), 18)
        self.assertBalance(self.towel, sent=30, sold=12, returned=0, adjusted=0, there=18)
        self.assertEqual(order.date_order.date(), report.date)

    def test_prices_are_those_of_the_report_date(self):
        self.send(self.towel, 10)
        march, april = self.report([(self.towel, 1)], date="2026-03-31"), self.report([(self.towel, 1)])
        (march | april).action_settle()
        self.assertEqual(march.order_id.order_line.price_unit, 105)
        self.assertEqual(april.order_id.order_line.price_subtotal, 120)

    def test_tax_once_per_rate(self):
        """Three lines of 105 at 10 %: 31.5 rounded once, never three times 10.5 rounded."""
        self.company.currency_id.rounding = 1
        products = [self.product(f"Cup {number}", list_price=175) for number in range(3)]
        for product in products:
            self.send(product, 5)
        self.send(self.vase, 5)
        report = self.report([*((product, 1) for product in products), (self.vase, 1)])
        report.action_settle()
        taxes = report.invoice_ids.line_ids.filtered("tax_line_id")
        self.assertEqual(len(taxes), 2)
        untaxed = 3 * 105
        ten = taxes.filtered(lambda line: line.tax_line_id == self.tax)
        self.assertEqual(abs(ten.balance), self.company.currency_id.round(untaxed * 0.1))
        self.assertNotEqual(abs(ten.balance), 3 * self.company.currency_id.round(10.5))

    def test_more_than_lies_there_is_refused_with_its_line(self):
        self.send(self.towel, 10)
        self.send(self.vase, 5)
        report = self.report([(self.towel, 7), (self.vase, 1), (self.towel, 4)])
        self.assertEqual(report.line_ids.mapped("limit"), [10, 5, 10])
        self.assertEqual(bool(report.line_ids[0].error), True)
        self.assertFalse(report.line_ids[1].error)
        with self.assertRaisesRegex(UserError, r"Towel: 11 Units reported, only 10 lie at the customer"):
            report.action_settle()
        self.assertEqual(
            (report.state, report.order_id, self.there(self.towel)), ("draft", report.order_id.browse(), 10)
        )
        report.line_ids[2].quantity = 3
        report.action_settle()
        self.assertEqual(self.there(self.towel), 0)

    def test_goods_on_their_way_back_are_not_sold(self):
        self.send(self.towel, 10)
        back = self.env["stock.picking"].browse(self.agreement.action_take_back()["res_id"])
        back.move_ids.product_uom_qty = 4
        back.action_confirm()
        back.action_assign()
        report = self.report([(self.towel, 7)])
        self.assertIn("only 6", report.line_ids.error)
        with self.assertRaises(UserError):
            report.action_settle()

    def test_two_reports_settled_together_cannot_share_units(self):
        self.send(self.towel, 10)
        reports = self.report([(self.towel, 6)]) | self.report([(self.towel, 6)])
        with self.assertRaisesRegex(UserError, "Less lies at"), self.env.cr.savepoint():
            reports.action_settle()
        self.assertEqual(self.there(self.towel), 10)

    def test_settled_twice_is_settled_once(self):
        self.send(self.towel, 10)
        report = self.report([(self.towel, 6)])
        report.action_settle()
        report.action_settle()
        self.assertEqual(self.there(self.towel), 4)
        self.assertEqual(len(report.invoice_ids), 1)

    def test_reported_twice_is_one_report(self):
        self.send(self.towel, 10)
        lines = [{"product_id": self.towel.id, "quantity": 3}]
        report = self.agreement._report("2026-04", lines, "portal")
        self.assertEqual(self.agreement._report(" 2026-04 ", lines, "portal"), report)
        report.action_settle()
        self.assertEqual(self.agreement._report("2026-04", lines, "portal"), report)
        with self.assertRaisesRegex(UserError, "says something else"):
            self.agreement._report("2026-04", [{"product_id": self.towel.id, "quantity": 4}], "portal")
        self.assertEqual(len(self.agreement.report_ids), 1)
        self.assertEqual(report.source, "portal")
        other = self.agree(self.env["res.partner"].create({"name": "Umeda Store"}))
        self.assertNotEqual(other._report("2026-04", lines, "portal"), report)

    def test_a_correction_is_a_return_and_a_credit(self):
        self.send(self.towel, 30)
        report = self.report([(self.towel, 12)])
        report.action_settle()
        with self.assertRaises(UserError):
            report.line_ids.quantity = 10
        with self.assertRaises(UserError):
            report.unlink()
        correction = self.env["ec.consignment.report"].browse(report.action_correct()["res_id"])
        self.assertEqual(report.action_correct()["res_id"], correction.id)
        self.assertEqual(correction.line_ids.limit, 12)
        correction.line_ids.quantity = 13
        with self.assertRaisesRegex(UserError, "only 12 were sold"):
            correction.action_settle()
        correction.line_ids.quantity = 5
        correction.action_settle()
        credit = correction.invoice_ids
        self.assertEqual(credit.move_type, "out_refund")
        self.assertEqual(credit.invoice_line_ids.quantity, 5)
        self.assertEqual(credit.invoice_line_ids.price_unit, report.invoice_ids.invoice_line_ids.price_unit)
        self.assertEqual(report.invoice_ids.invoice_line_ids.quantity, 12)
        self.assertEqual(self.there(self.towel), 23)
        self.assertBalance(self.towel, sent=30, sold=7, returned=0, there=23)
        again = self.env["ec.consignment.report"].browse(report.action_correct()["res_id"])
        self.assertEqual(again.line_ids.limit, 7)

    def test_what_was_returned_is_not_corrected_again(self):
        self.send(self.towel, 30)
        report = self.report([(self.towel, 12)])
        report.action_settle()
        self.give_back(report.picking_ids, 5)
        correction = self.env["ec.consignment.report"].browse(report.action_correct()["res_id"])
        self.assertEqual(correction.line_ids.limit, 7)
        correction.line_ids.quantity = 8
        with self.assertRaisesRegex(UserError, "only 7 were sold"):
            correction.action_settle()
        correction.line_ids.quantity = 7
        correction.action_settle()
        with self.assertRaisesRegex(UserError, "left to correct"):
            report.action_correct()

    def test_an_order_that_waits_is_not_settled(self):
        self.send(self.towel, 10)
        report = self.report([(self.towel, 6)])
        self.patch(type(self.env["sale.order"]), "action_confirm", lambda orders: True)
        with self.assertRaisesRegex(UserError, f"orders of {report.name} could not be confirmed"):
            report.action_settle()

    def test_each_settling_writes_a_lock_in_one_order(self):
        """Two of one second differ in nothing that the clock says."""
        other = self.agree(self.env["res.partner"].create({"name": "Umeda Store"}))
        both = other | self.agreement
        for count in (1, 2):
            both._lock()
            self.assertEqual(both.mapped("lock_count"), [count, count])
        self.assertFalse(self.agreement.settled_at)
        self.send(self.towel, 10)
        self.report([(self.towel, 6)]).action_settle()
        self.assertTrue(self.agreement.settled_at)
        self.assertEqual(both.mapped("lock_count"), [2, 3])

    def test_a_correction_gives_back_the_lot_that_was_sold(self):
        cup = self.product("Cup", units=0, tracking="lot")
        first, second = self.env["stock.lot"].create([{"name": name, "product_id": cup.id} for name in ("A", "B")])
        for lot in (first, second):
            self.env["stock.quant"]._update_available_quantity(cup, self.stock, 5, lot_id=lot)
            self.send(cup, 5, lot=lot)
        report = self.report([])
        report.line_ids = [Command.create({"product_id": cup.id, "lot_id": second.id, "quantity": 4})]
        report.action_settle()
        self.assertEqual(report.picking_ids.move_line_ids.lot_id, second)
        correction = self.env["ec.consignment.report"].browse(report.action_correct()["res_id"])
        self.assertEqual(correction.line_ids.lot_id, second)
        correction.line_ids.quantity = 3
        correction.action_settle()
        there = self.env["stock.quant"].search([("location_id", "=", self.agreement.location_id.id)])
        self.assertEqual({quant.lot_id: quant.quantity for quant in there}, {first: 5, second: 4})
        too_many = self.report([])
        too_many.line_ids = [Command.create({"product_id": cup.id, "lot_id": second.id, "quantity": 5})]
        self.assertIn("only 4", too_many.line_ids.error)

    def test_unsold_goods_come_back(self):
        self.send(self.towel, 10)
        back = self.env["stock.picking"].browse(self.agreement.action_take_back()["res_id"])
        self.assertEqual(back.location_dest_id, self.stock)
        self.do(back)
        self.assertEqual(self.env["stock.quant"]._get_available_quantity(self.towel, self.stock), 100)
        self.assertBalance(self.towel, sent=10, returned=10, sold=0, there=0)
        with self.assertRaises(UserError):
            self.agreement.action_take_back()

    def test_an_agreement_ends_when_nothing_lies_there(self):
        self.send(self.towel, 10)
        with self.assertRaises(UserError):
            self.agreement.active = False
        self.do(self.env["stock.picking"].browse(self.agreement.action_take_back()["res_id"]))
        self.agreement.active = False
        self.assertFalse(self.env["ec.consignment"].search([("partner_id", "=", self.partner.id)]))

    def test_cost_of_sale_leaves_once(self):
        self.send(self.towel, 10)
        value = self.towel.total_value
        report = self.report([(self.towel, 4)])
        report.action_settle()
        self.env.invalidate_all()
        self.assertEqual(self.towel.total_value, value - 4 * 50)

    def test_a_customers_goods_are_sold_to_that_customer(self):
        with self.assertRaisesRegex(UserError, "sold to that customer"):
            self.env["sale.order"].create(
                {
                    "partner_id": self.env["res.partner"].create({"name": "Stranger"}).id,
                    "ec_goods_at_id": self.agreement.location_id.id,
                }
            )
