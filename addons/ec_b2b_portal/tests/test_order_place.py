from datetime import timedelta

from odoo import fields
from odoo.exceptions import ValidationError
from odoo.fields import Command
from odoo.tests import HttpCase, tagged

from .order_common import PadWorld


@tagged("post_install", "-at_install")
class TestOrderPlace(PadWorld, HttpCase):
    def _draft(self, key="the-first-form"):
        self._enter(self.purchaser)
        self._add(("A-1", "10"), ("A-2", "3"), key=key)
        return self._drafts()

    def test_an_order_is_placed_and_told(self):
        self.seller.partner_id.tz = "Asia/Tokyo"
        order = self._draft()
        day = fields.Date.today() + timedelta(days=9)
        answer = self._place(order, number=" ＰＯ-7 ", ship_to=self.kyoto.id, requested=day.isoformat(), note="By hand")
        self.assertTrue(answer.url.endswith(f"/my/trade/order/{order.id}/done"))
        self.assertIn("confirmed", answer.text)
        self.assertEqual(order.state, "sale")
        self.assertEqual((order.client_order_ref, order.partner_shipping_id), ("PO-7", self.kyoto))
        self.assertEqual(order.commitment_date, fields.Datetime.to_datetime(f"{day} 03:00:00"))
        self.assertEqual(order.picking_ids.partner_id, self.kyoto)
        hold = order.ec_hold_ids
        self.assertEqual((hold.code, hold.reason), ("comment", "By hand"))
        mail = order.message_ids.filtered(lambda message: "thank you for your order" in (message.body or ""))
        self.assertEqual(mail.partner_ids, self.purchaser.partner_id)
        self.assertIn(self.purchaser.partner_id, mail.notification_ids.res_partner_id, "it goes out, too")
        # the cart is a new one
        self.assertIn("nothing on your order", self.url_open("/my/trade/order/review").text)

    def test_a_branchs_own_list_counts_on_every_page(self):
        own = self.env["product.pricelist"].create(
            {"name": "Kyoto", "item_ids": [Command.create({"compute_price": "fixed", "fixed_price": 7})]}
        )
        self.kyoto.with_company(self.seller).specific_property_product_pricelist = own
        person = self._buyer(self.account, self.roles["purchaser"], "Kyoto Pam", self.kyoto)
        self._enter(person)
        self.assertIn("7.00", self._check(("A-2", "1"))["rows"][0]["price"])
        self.assertIn("7.00", self.url_open("/my/trade/catalogue").text)
        self._add(("A-2", "1"))
        self.assertEqual(self._drafts(person).amount_untaxed, 7)

    def test_what_another_address_costs_is_shown_first(self):
        order = self._draft()
        seen = order._ec_fingerprint()
        tax = self.env["account.tax"].create({"name": "Abroad 7", "amount": 7, "type_tax_use": "sale"})
        position = self.env["account.fiscal.position"].create(
            {
                "name": "Kobe",
                "auto_apply": True,
                "zip_from": "650",
                "zip_to": "659",
                "country_id": self.env.ref("base.jp").id,
            }
        )
        order.order_line.product_id.taxes_id = self.env["account.tax"].create(
            {"name": "Home 0", "amount": 0, "type_tax_use": "sale"}
        )
        tax.write(
            {
                "fiscal_position_ids": [Command.set(position.ids)],
                "original_tax_ids": [Command.set(order.order_line.product_id.taxes_id.ids)],
            }
        )
        self.kobe.write({"zip": "650-0001"})
        order._recompute_taxes()
        seen = order._ec_fingerprint()
        self.assertIn("changed meanwhile", self._place(order, seen=seen, ship_to=self.kobe.id).text)
        self.assertEqual((order.state, order.fiscal_position_id), ("draft", position))
        self._place(order, ship_to=self.kobe.id)
        self.assertEqual(order.state, "sale")

    def test_a_number_that_the_staff_corrects_is_free_again(self):
        self.account.po_unique = True
        order = self._draft()
        self._place(order, number="PO-1")
        order.client_order_ref = "PO-2"
        second = self._draft("the-second-form")
        self.assertIn("used this number before", self._place(second, number="po-2").text)
        self._place(second, number="PO-1")
        self.assertEqual(second.state, "sale")

    def test_a_second_click_orders_nothing_more(self):
        order = self._draft()
        form = {"seen": order._ec_fingerprint()}
        self._place(order, **form)
        again = self._place(order, **form)
        self.assertTrue(again.url.endswith(f"/my/trade/order/{order.id}/done"))
        self.assertEqual(self.env["sale.order"].search_count([("partner_id", "=", self.purchaser.partner_id.id)]), 1)
        self.assertEqual(len(order.picking_ids), 1)

    def test_the_seller_may_confirm_by_hand(self):
        self.account.confirm_orders = False
        order = self._draft()
        self.assertIn("We check your order", self._place(order).text)
        self.assertEqual(order.state, "sent")

    def test_a_hold_keeps_the_order(self):
        order = self._draft()
        self.env["ec.order.hold"]._open([{"order_id": order.id, "code": "manual", "reason": "credit"}])
        page = self._place(order)
        self.assertIn("We check your order", page.text)
        self.assertNotIn("credit", page.text)
        self.assertEqual(order.state, "sent")

    def test_rules_look_at_an_order_before_it_is_confirmed(self):
        if "ec.rule.preset" not in self.env:
            self.skipTest("order routing is not installed here")
        self.env["ec.rule.set"].search([("state", "in", ("active", "trial"))])._retire()
        self.env["ec.rule.preset"].create({"preset": "wholesale"})._draft()._activate("Credit")
        self.seller.account_use_credit_limit = True
        self.head.credit_limit = 1
        order = self._draft()
        self.assertIn("We check your order", self._place(order).text)
        self.assertEqual(order.state, "sent")
        self.assertIn("credit_limit", order.ec_hold_ids.filtered("open").mapped("code"))
        self.head.credit_limit = 1_000_000
        second = self._draft("the-second-form")
        self._place(second)
        self.assertTrue(second.ec_decision_ids)
        self.assertNotIn("credit_limit", second.ec_hold_ids.mapped("code"))

    def test_purchase_order_number_required_and_unique_in_the_account(self):
        self.account.write({"po_required": True, "po_unique": True})
        order = self._draft()
        self.assertIn("Please enter your purchase order number.", self._place(order, number=" ").text)
        self._place(order, number="PO-1")
        self.assertEqual(order.state, "sale")
        second = self._draft("the-second-form")
        self.assertIn("used this number before", self._place(second, number="ＰＯ-1").text)
        self.assertEqual(second.state, "draft")
        order._action_cancel()
        self._place(second, number="PO-1")
        self.assertEqual(second.state, "sale", "a cancelled order's number is free again")
        # another customer's numbers are its own
        self.south[0].po_unique = True
        self._enter(self.foreign)
        self._add(("A-1", "1"))
        third = self._drafts(self.foreign)
        self._place(third, number="PO-1")
        self.assertEqual(third.state, "sale")

    def test_an_order_below_the_minimum_is_told_what_is_missing(self):
        order = self._draft()
        worth = sum(order.order_line.mapped("price_subtotal"))
        self.account.order_minimum = worth + 20
        page = self._place(order).text
        self.assertIn(order.currency_id.format(worth + 20), page)
        self.assertIn(f"{order.currency_id.format(20)} are missing", page)
        self.assertEqual(order.state, "draft")
        self.purchaser._ec_trade_buyer(self.account).role_id = self.env["ec.trade.role"].create(
            {"name": "Store", "can_order": True, "can_see_prices": False}
        )
        page = self._place(order).text
        self.assertIn("smaller than", page)
        self.assertNotIn("are missing", page)
        self.account.order_minimum = worth
        self._place(order)
        self.assertEqual(order.state, "sale")

    def test_the_shops_checkout_leads_to_where_everything_is_asked(self):
        order = self._draft()
        for path in ("/shop/checkout", "/shop/payment"):
            self.assertTrue(self.url_open(path).url.endswith("/my/trade/order/review"), path)
        with self.assertRaises(ValidationError):
            order.with_user(self.purchaser).sudo()._check_cart_is_ready_to_be_paid()
        self.assertEqual(order.state, "draft")

    def test_of_two_orders_at_once_one_has_the_number(self):
        """The search finds nothing yet: the index says it."""
        self.account.po_unique = True
        first = self._draft()
        first.copy({"ec_trade_po_key": f"{self.account.id}/po-1"})
        self.assertIn("used this number before", self._place(first, number="PO-1").text)
        self.assertEqual(first.state, "draft")

    def test_ship_to_only_where_the_buyer_may(self):
        store, hidden = self.env["res.partner"].create(
            [
                {"name": "Kyoto store", "parent_id": self.kyoto.id, "type": "delivery", "city": "Kyoto"},
                {"name": "Kobe store", "parent_id": self.kobe.id, "type": "delivery", "city": "Kobe"},
            ]
        )
        self.purchaser._ec_trade_buyer(self.account).write(
            {"all_branches": False, "branch_ids": [Command.set(self.kyoto.ids)]}
        )
        order = self._draft()
        page = self.url_open("/my/trade/order/review").text
        self.assertIn("Kyoto store", page)
        self.assertNotIn("Kobe store", page)
        for partner in (hidden, self.kobe, self.south[1], self.foreign.partner_id, self.head):
            answer = self._place(order, ship_to=partner.id)
            self.assertIn("Please choose where the goods go.", answer.text, partner.name)
        self.assertEqual(order.state, "draft")
        self._place(order, ship_to=store.id)
        self.assertEqual((order.state, order.partner_shipping_id), ("sale", store))

    def test_dates_that_cannot_be(self):
        order = self._draft()
        for text in ("2020-01-01", "9999-12-31", "tomorrow", "2026-02-30"):
            page = self._place(order, requested=text).text
            self.assertIn('id="requested_error"', page, text)
        self.assertEqual(order.state, "draft")

    def test_what_changed_meanwhile_is_shown_first(self):
        order = self._draft()
        seen = order._ec_fingerprint()
        self.pricelist.item_ids.filtered(lambda item: item.compute_price == "fixed").fixed_price = 60
        page = self._place(order, seen=seen)
        self.assertIn("changed meanwhile", page.text)
        self.assertEqual((order.state, order.order_line[0].price_subtotal), ("draft", 600))
        self._place(order)
        self.assertEqual(order.state, "sale")

    def test_a_line_that_cannot_be_ordered_any_more(self):
        order = self._draft()
        self.plate.is_published = False
        page = self._place(order)
        self.assertIn("cannot be ordered any more", page.text)
        self.assertIn("not in your catalogue", page.text)
        self.assertEqual(order.state, "draft")
        line = order.order_line.filtered(lambda line: line.product_id == self.plate)
        self._post(f"/my/trade/order/line/{line.id}/remove")
        self._place(order)
        self.assertEqual((order.state, order.order_line.product_id), ("sale", self.cup))

    def test_a_line_in_another_unit_counts_in_the_products(self):
        order = self._draft()
        line = order.order_line[0]
        line.product_uom_id = self.env.ref("uom.product_uom_dozen")
        line.product_id.ec_order_minimum = 24
        line.product_uom_qty = 1
        self.assertIn("least that can be ordered is 24", self._place(order).text)
        line.product_uom_qty = 2
        self._place(order)
        self.assertEqual(order.state, "sale")

    def test_a_line_that_the_shop_configured_can_be_ordered(self):
        order = self._draft()
        engraving = self.env["product.attribute"].create(
            {
                "name": "Engraving",
                "create_variant": "no_variant",
                "value_ids": [Command.create({"name": name}) for name in ("none", "initials")],
            }
        )
        choice = self.env["product.template.attribute.line"].create(
            {
                "product_tmpl_id": self.cup.product_tmpl_id.id,
                "attribute_id": engraving.id,
                "value_ids": [Command.set(engraving.value_ids.ids)],
            }
        )
        self.assertEqual(len(choice.product_template_value_ids), 2)
        self.env.invalidate_all()
        page = self._place(order).text
        self.assertIn("needs more choices", page)
        line = order.order_line.filtered(lambda line: line.product_id == self.cup)
        line.product_no_variant_attribute_value_ids = choice.product_template_value_ids[0]
        self._place(order)
        self.assertEqual(order.state, "sale")

    def test_a_combo_is_ordered_as_one(self):
        order = self._draft()
        self.bowl.is_published = False
        inside = self.env["product.combo"].create(
            {"name": "Bowl", "combo_item_ids": [Command.create({"product_id": self.bowl.id})]}
        )
        combo = self._goods("SET", type="combo", combo_ids=[Command.set(inside.ids)])
        line = self.env["sale.order.line"].create({"order_id": order.id, "product_id": combo.id, "product_uom_qty": 2})
        line.create(
            {
                "order_id": order.id,
                "product_id": self.bowl.id,
                "product_uom_qty": 2,
                "linked_line_id": line.id,
                "combo_item_id": inside.combo_item_ids.id,
            }
        )
        self._place(order)
        self.assertEqual(order.state, "sale")

    def test_odd_input_is_no_error(self):
        order = self._draft()
        for odd in ({"order_id": "²"}, {"requested": "²\0"}):
            self.assertEqual(self._place(order, **odd, ship_to="²").status_code, 200)
        self._place(order, number="P\0O-7", note="By\0 hand")
        self.assertEqual((order.state, order.client_order_ref), ("sale", "PO-7"))

    def test_other_peoples_orders_and_lines_are_not_found(self):
        order = self._draft()
        placed = self._order(self.purchaser.partner_id)
        self._enter(self.foreign)
        self.assertEqual(self._post(f"/my/trade/order/line/{order.order_line[0].id}/remove").status_code, 404)
        self.assertEqual(self.url_open(f"/my/trade/order/{placed.id}/done").status_code, 404)
        self.assertNotIn("/done", self._place(order).url)
        self.assertEqual(len(order.order_line), 2)
        self.assertEqual(order.state, "draft")

    def test_who_may_not_order_any_more_places_nothing(self):
        order = self._draft()
        self.purchaser._ec_trade_buyer(self.account).role_id = self.roles["viewer"]
        self.assertIn("does not allow you to order", self._place(order).text)
        self.assertEqual(order.state, "draft")
