from datetime import timedelta

from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged

from .common import ConsignmentCase

MODELS = (
    "ec.consignment",
    "ec.consignment.report",
    "ec.consignment.report.line",
    "ec.consignment.count",
    "ec.consignment.count.line",
    "ec.consignment.balance",
    "ec.loan",
    "ec.loan.line",
    "ec.loan.reminder",
)


@tagged("post_install", "-at_install")
class TestAccess(ConsignmentCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.clerk = new_test_user(cls.env, "csg_clerk", groups="ec_consignment.group_consignment_user")
        cls.manager = new_test_user(cls.env, "csg_manager", groups="ec_consignment.group_consignment_manager")
        cls.salesperson = new_test_user(cls.env, "csg_sales", groups="sales_team.group_sale_salesman")
        cls.packer = new_test_user(cls.env, "csg_packer", groups="stock.group_stock_user")
        cls.portal = new_test_user(cls.env, "csg_portal", groups="base.group_portal")

    def test_a_clerk_does_the_days_work(self):
        agreement = self.agreement.with_user(self.clerk)
        self.send(self.towel, 10)
        agreement.action_send()
        report = (
            self.env["ec.consignment.report"]
            .with_user(self.clerk)
            .create(
                {
                    "agreement_id": agreement.id,
                    "line_ids": [Command.create({"product_id": self.towel.id, "quantity": 4})],
                }
            )
        )
        self.assertFalse(report.line_ids.error)
        report.action_settle()
        self.assertEqual(report.sudo().order_id.user_id, self.agreement.user_id)
        correction = report.browse(report.action_correct()["res_id"])
        correction.line_ids.quantity = 1
        correction.action_settle()
        self.assertBalance(self.towel, sold=3, there=7)
        self.assertEqual(self.balance(self.towel).with_user(self.clerk).there, 7)
        agreement.action_take_back()
        count = self.env["ec.consignment.count"].with_user(self.clerk).browse(agreement.action_count()["res_id"])
        count.line_ids.counted = 6
        with self.assertRaises(AccessError):
            count.action_book()
        count.with_user(self.manager).action_book()

    def test_a_clerk_lends(self):
        loan = (
            self.env["ec.loan"]
            .with_user(self.clerk)
            .create(
                {
                    "partner_id": self.partner.id,
                    "warehouse_id": self.warehouse.id,
                    "date_due": self.today() + timedelta(days=3),
                    "line_ids": [Command.create({"product_id": self.towel.id, "quantity": 2})],
                }
            )
        )
        loan.action_confirm()
        self.do(loan.picking_ids)
        order = self.env["sale.order"].with_user(self.clerk).browse(loan.action_sell()["res_id"])
        order.action_confirm()
        self.assertEqual(loan.state, "done")

    def test_a_salesperson_confirms_the_sale_of_a_loan(self):
        loan = self.env["ec.loan"].create(
            {
                "partner_id": self.partner.id,
                "warehouse_id": self.warehouse.id,
                "user_id": self.salesperson.id,
                "date_due": self.today() + timedelta(days=3),
                "line_ids": [Command.create({"product_id": self.towel.id, "quantity": 2})],
            }
        )
        loan.action_confirm()
        self.do(loan.picking_ids)
        order = self.env["sale.order"].browse(loan.action_sell()["res_id"])
        order.with_user(self.salesperson).action_confirm()
        self.assertEqual(loan.line_ids.sold, 2)

    def test_agreements_are_made_by_managers(self):
        vals = {
            "partner_id": self.env["res.partner"].create({"name": "Umeda Store"}).id,
            "warehouse_id": self.warehouse.id,
        }
        with self.assertRaises(AccessError):
            self.env["ec.consignment"].with_user(self.clerk).create(vals)
        with self.assertRaises(AccessError):
            self.agreement.with_user(self.clerk).closing_day = 20
        agreement = self.env["ec.consignment"].with_user(self.manager).create(vals)
        self.assertEqual(agreement.location_id.location_id, self.company.ec_consignment_location_id)

    def test_nobody_writes_what_settling_writes(self):
        report = self.report([(self.towel, 1)]).with_user(self.manager)
        with self.assertRaises(AccessError):
            report.state = "done"
        with self.assertRaises(AccessError):
            report.copy({"state": "done"})
        with self.assertRaises(AccessError):
            self.env["ec.loan.reminder"].with_user(self.manager).create({})

    def test_nobody_makes_what_is_settled_or_booked(self):
        for model in ("ec.consignment.report", "ec.consignment.count"):
            records = self.env[model].with_user(self.manager)
            with self.assertRaises(AccessError):
                records.create({"agreement_id": self.agreement.id, "state": "done"})
            with self.assertRaises(AccessError):
                records.with_context(default_state="done").create({"agreement_id": self.agreement.id})

    def test_nobody_writes_what_confirming_a_loan_writes(self):
        loans = self.env["ec.loan"].with_user(self.manager)
        vals = {"partner_id": self.partner.id, "warehouse_id": self.warehouse.id, "date_due": self.today()}
        with self.assertRaises(AccessError):
            loans.create({**vals, "confirmed": True})
        with self.assertRaises(AccessError):
            loans.with_context(default_confirmed=True).create(vals)
        loan = loans.create(vals)
        for written in ({"confirmed": True}, {"location_id": self.stock.id}):
            with self.assertRaises(AccessError):
                loan.write(written)

    def test_others_see_nothing_and_work_as_before(self):
        for user in (self.salesperson, self.packer, self.portal):
            for model in MODELS:
                self.assertFalse(self.env[model].with_user(user).has_access("read"), (user.login, model))
        order = (
            self.env["sale.order"]
            .with_user(self.salesperson)
            .create(
                {
                    "partner_id": self.partner.id,
                    "order_line": [Command.create({"product_id": self.towel.id, "product_uom_qty": 2})],
                }
            )
        )
        order.action_confirm()
        self.assertEqual(order.order_line.qty_to_invoice, 2)
        self.assertFalse(order.locked)
        self.do(order.sudo().picking_ids.with_user(self.packer))
        self.assertEqual(order.order_line.qty_delivered, 2)
        sent = self.send(self.towel, 3)
        self.assertEqual(sent.with_user(self.packer).location_dest_id, self.agreement.location_id)

    def test_another_company_sees_nothing(self):
        other = self.env["res.company"].create({"name": "Other"})
        stranger = new_test_user(
            self.env,
            "csg_stranger",
            groups="ec_consignment.group_consignment_manager",
            company_id=other.id,
            company_ids=[Command.set(other.ids)],
        )
        self.send(self.towel, 10)
        report = self.report([(self.towel, 1)])
        loan = self.env["ec.loan"].create(
            {
                "partner_id": self.partner.id,
                "warehouse_id": self.warehouse.id,
                "date_due": self.today(),
                "line_ids": [Command.create({"product_id": self.towel.id})],
            }
        )
        self.env["ec.consignment.count"].create({"agreement_id": self.agreement.id})
        self.env["ec.loan.reminder"].create({"loan_id": loan.id, "kind": "after", "date_due": loan.date_due})
        for model in MODELS:
            self.assertFalse(self.env[model].with_user(stranger).search_count([]), model)
            self.assertTrue(self.env[model].search_count([]), model)
        for record in (self.agreement, report, loan):
            with self.assertRaises(AccessError):
                record.with_user(stranger).read(["partner_id"])
        warehouse = self.env["stock.warehouse"].search([("company_id", "=", other.id)], limit=1)
        own = (
            self.env["ec.consignment"]
            .with_user(stranger)
            .create({"partner_id": self.partner.id, "warehouse_id": warehouse.id})
        )
        self.assertNotEqual(own.location_id, self.agreement.location_id)
        self.assertEqual(own.location_id.company_id, other)
