from odoo.exceptions import AccessError
from odoo.tests import Form, new_test_user, tagged

from .common import TradeCommon


@tagged("post_install", "-at_install")
class TestAccess(TradeCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.salesperson = new_test_user(cls.env, "trade_sales", groups="sales_team.group_sale_salesman")
        cls.colleague = new_test_user(cls.env, "trade_colleague", groups="sales_team.group_sale_salesman")
        cls.packer = new_test_user(cls.env, "trade_packer", groups="stock.group_stock_user,base.group_partner_manager")
        cls.packer_who_sells = new_test_user(
            cls.env, "trade_both", groups="stock.group_stock_user,sales_team.group_sale_salesman"
        )
        cls.accountant = new_test_user(cls.env, "trade_accountant", groups="account.group_account_invoice")
        cls.nobody = new_test_user(cls.env, "trade_nobody", groups="base.group_user")
        cls.portal = new_test_user(cls.env, "trade_portal", groups="base.group_portal")
        cls.picking = cls._delivery([(cls.towel, 24, 3)], user_id=cls.salesperson.id, ec_vessel="Northern Star")
        cls._pack(cls.picking, {cls.towel: 12})
        cls.order = cls.picking.sale_id
        cls._done(cls.picking)
        cls.move = cls.order._create_invoices()
        cls.move.action_post()

    def _html(self, kind, record, user):
        return self.documents.with_user(user)._html(kind, record.with_user(user), "en_US")

    def test_a_salesperson_prints_the_own_order_only(self):
        self.assertTrue(self._html("proforma_invoice", self.order, self.salesperson))
        with self.assertRaises(AccessError):
            self._html("proforma_invoice", self.order, self.colleague)

    def test_a_packer_prints_the_packing_list_of_any_order(self):
        for user in (self.packer, self.packer_who_sells):
            page = self._html("packing_list", self.picking, user).decode()
            self.assertIn("Northern Star", page)
            self.assertIn("FOB Yokohama", page)

    def test_an_accountant_prints_the_commercial_invoice(self):
        self.assertIn("Northern Star", self._html("commercial_invoice", self.move, self.accountant).decode())

    def test_others_print_nothing(self):
        for user in (self.nobody, self.portal):
            for kind, record in (
                ("proforma_invoice", self.order),
                ("commercial_invoice", self.move),
                ("packing_list", self.picking),
            ):
                with self.subTest(user=user.login, kind=kind), self.assertRaises(AccessError):
                    self._html(kind, record, user)

    def test_the_dialog_shows_no_records_of_others(self):
        with self.assertRaises(AccessError):
            self.env["ec.trade.print"].with_user(self.colleague).create(
                {"kind": "proforma_invoice", "res_ids": self.order.ids}
            ).action_print()

    def test_a_portal_may_pass_a_record_it_checked(self):
        for kind, record in (
            ("order_confirmation", self.order),
            ("commercial_invoice", self.move),
            ("packing_list", self.picking),
        ):
            page = self.documents.with_user(self.portal)._html(kind, record.with_user(self.portal).sudo(), "ja_JP")
            self.assertIn(record.name, page.decode())

    def test_another_company_s_records_are_refused(self):
        other = self.env["res.company"].create({"name": "Other"})
        stranger = new_test_user(
            self.env,
            "trade_stranger",
            groups="stock.group_stock_manager",
            company_id=other.id,
            company_ids=[(6, 0, other.ids)],
        )
        with self.assertRaises(AccessError):
            self._html("packing_list", self.picking, stranger)

    def test_the_screens_of_ordinary_users_open(self):
        with Form(self.order.with_user(self.salesperson)) as form:
            form.ec_port_loading = "Kobe"
        Form(self.picking.with_user(self.packer))
        Form(self.move.with_user(self.accountant))

    def test_a_packer_packs(self):
        picking = self._delivery([(self.towel, 24, 3)])
        dialog = self.env["ec.carton.pack"].with_user(self.packer).with_context(active_id=picking.id).create({})
        dialog.line_ids.per_carton = 12
        dialog.action_pack()
        self.assertEqual(len(picking.move_line_ids.result_package_id), 2)
        with self.assertRaises(AccessError):
            self.env["ec.carton.pack"].with_user(self.salesperson).create({"picking_id": picking.id})
