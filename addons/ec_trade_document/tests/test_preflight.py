from odoo.exceptions import UserError
from odoo.tests import Form, tagged

from .common import TradeCommon


@tagged("post_install", "-at_install")
class TestPreflight(TradeCommon):
    def _dialog(self, kind, records):
        return Form(self.env["ec.trade.print"].with_context(active_ids=records.ids, default_kind=kind))

    def test_nothing_missing(self):
        picking = self._delivery([(self.towel, 10, 3)])
        self._pack(picking, {self.towel: 10})
        dialog = self._dialog("packing_list", picking)
        self.assertFalse(dialog.issues)
        self.assertEqual(dialog.lang, "en_US")
        action = dialog.save().action_print()
        self.assertEqual(action["report_name"], "ec_trade_document.report_print")

    def test_says_what_is_missing_on_which_product(self):
        self.towel.write({"hs_code": False, "country_of_origin": False})
        order = self._order([(self.towel, 1, 1)])
        dialog = self._dialog("proforma_invoice", order)
        self.assertIn("Towel: no HS code", dialog.issues)
        self.assertIn(f"/odoo/product.product/{self.towel.id}", dialog.issues)
        self.assertFalse(dialog.is_blocked)
        dialog.save().action_print()

    def test_weights_are_needed_on_a_packing_list(self):
        self.towel.weight = 0
        picking = self._delivery([(self.towel, 10, 3)])
        dialog = self._dialog("packing_list", picking)
        self.assertTrue(dialog.is_blocked)
        with self.assertRaisesRegex(UserError, "needed first"):
            dialog.save().action_print()
        self.towel.weight = 1
        self._dialog("packing_list", picking).save().action_print()

    def test_a_carton_without_weight_or_size_is_named_on_the_delivery(self):
        picking = self._delivery([(self.towel, 10, 3)])
        bare = self.env["stock.package.type"].create({"name": "Bare"})
        package = self._pack(picking, {self.towel: 10}, bare)
        self.assertEqual(
            picking.ec_package_warning.splitlines(),
            [
                f"{package.name}: no weight. Fill Shipping Weight on the package, or Weight on its package type.",
                f"{package.name}: no size. Fill Length, Width and Height on the package type Bare.",
            ],
        )
        self.assertTrue(self.documents._html("packing_list", picking), "no crash")
        package.package_type_id = False
        self.assertIn("Choose a Package Type", picking.ec_package_warning)
        package.package_type_id = self.box
        self.assertFalse(picking.ec_package_warning)

    def test_many_cartons_are_one_sentence(self):
        picking = self._delivery([(self.towel, 50, 3)])
        packages = self._pack(picking, {self.towel: 10})
        packages.package_type_id = False
        names = ", ".join(packages.sorted("id")[:3].mapped("name"))
        self.assertEqual(
            [line.split(":")[0] for line in picking.ec_package_warning.splitlines()], [f"{names} (+2)"] * 2
        )

    def test_a_delivery_at_home_is_left_alone(self):
        self.buyer.country_id = self.japan
        picking = self._delivery([(self.towel, 10, 3)])
        self._pack(picking, {self.towel: 10}).package_type_id = False
        self.assertFalse(picking.ec_package_warning)

    def test_a_commercial_invoice_needs_the_buyer_s_country(self):
        self.buyer.country_id = False
        order = self._order([(self.towel, 1, 1)], incoterm=False)
        order.order_line.product_id.invoice_policy = "order"
        order.action_confirm()
        issues = self.documents._issues("commercial_invoice", order._create_invoices())
        self.assertEqual(
            [(issue.needed, issue.record._name) for issue in issues], [(False, "account.move"), (True, "res.partner")]
        )

    def test_many_customers_each_in_their_language(self):
        japanese = self.buyer.copy({"lang": "ja_JP", "name": "Sato"})
        orders = self._order([(self.towel, 1, 1)]) | self._order([(self.towel, 1, 1)], partner_id=japanese.id)
        dialog = self._dialog("order_confirmation", orders)
        self.assertFalse(dialog.lang)
        documents = self.documents._documents("order_confirmation", orders)
        self.assertEqual([document.title for document in documents], ["Order Confirmation", "注文請書"])
