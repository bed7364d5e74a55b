from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import TransactionCase, new_test_user, tagged

from .common import QuoteWorld


@tagged("post_install", "-at_install")
class TestQuote(QuoteWorld, TransactionCase):
    """Requests and offers without pages."""

    def _by(self, user, order):
        return order.with_user(user).sudo()

    def test_a_request_orders_nothing_and_is_no_cart(self):
        order = self._requested()
        self.assertEqual(
            (order.state, order.ec_quote_state, order.ec_quote_status), ("draft", "requested", "requested")
        )
        self.assertEqual((order.client_order_ref, order.ec_quote_note), ("PO-7", "Cheaper, please"))
        self.assertFalse(order.website_id or order.picking_ids or order.validity_date)
        self.assertEqual(order.user_id, self.sam)
        self.assertEqual(self._activities(order).user_id, self.sam)

    def test_an_offer_is_what_was_sent(self):
        order = self._offered()
        self.assertEqual((order.state, order.ec_quote_state), ("sent", "offered"))
        self.assertFalse(self._activities(order))
        self.assertEqual(order._ec_quote_problem(), "")
        order.order_line.price_unit = 90
        self.assertTrue(order.ec_quote_changed)
        self.assertIn("We are changing this offer.", order._ec_quote_problem())
        order.with_user(self.sam).action_ec_send_offer()
        self.assertEqual((order.ec_quote_changed, order._ec_quote_problem()), (False, ""))

    def test_what_an_offer_says_beside_prices_counts_too(self):
        order = self._offered()
        for vals in (
            {"validity_date": fields.Date.today() + timedelta(days=20)},
            {"ec_quote_message": "Prepaid only"},
            {"payment_term_id": self.env.ref("account.account_payment_term_30days").id},
            {"order_line": [Command.update(order.order_line.id, {"name": "Another cup"})]},
            {"order_line": [Command.update(order.order_line.id, {"product_uom_qty": 21})]},
        ):
            self.assertFalse(order.ec_quote_changed)
            order.write(vals)
            self.assertTrue(order.ec_quote_changed, vals)
            order.with_user(self.sam).action_ec_send_offer()

    def test_an_offer_without_a_last_day_gets_that_of_the_settings(self):
        self.seller.quotation_validity_days = 14
        order = self._offered(validity_date=False)
        self.assertEqual(order.validity_date, fields.Date.today() + timedelta(days=14))

    def test_what_expired_is_not_sent(self):
        order = self._requested()
        order.validity_date = fields.Date.today() - timedelta(days=1)
        with self.assertRaisesRegex(UserError, "has passed"):
            order.with_user(self.sam).action_ec_send_offer()
        self.assertEqual((order.state, order.ec_quote_state), ("draft", "requested"))

    def test_the_mail_is_in_the_buyers_language_and_leads_behind_the_login(self):
        self.env["res.lang"]._activate_lang("ja_JP")
        template = self.env.ref("ec_trade_quote.mail_template_offer")
        template.with_context(lang="ja_JP").subject = "お見積 {{ object.name }}"
        self.purchaser.partner_id.lang = "ja_JP"
        order = self._offered()
        message = order.message_ids.filtered(lambda one: one.subject == f"お見積 {order.name}")
        self.assertEqual(message.partner_ids, self.purchaser.partner_id)
        self.assertIn(f"/my/trade/quotes/{order.id}", message.body)
        self.assertNotIn("access_token", message.body)
        self.assertNotIn("81", message.body.replace(str(order.id), ""), "colleagues without prices read it too")
        english = self._offered(self.kyo)
        self.assertTrue(english.message_ids.filtered(lambda one: one.subject == f"Our offer {english.name}"))

    def test_a_quotation_without_a_request_is_an_offer(self):
        for send in (
            lambda order: order.action_quotation_sent(),
            lambda order: order.with_context(mark_so_as_sent=True).message_post(body="Our quotation"),
        ):
            order = self._order(self.purchaser.partner_id, confirm=False)
            send(order.with_user(self.sam))
            self.assertEqual((order.state, order.ec_quote_state, order.ec_quote_changed), ("sent", "offered", False))

    def test_others_quotations_are_none(self):
        partner = self.env["res.partner"].create({"name": "Somebody"})
        order = self._order(partner, confirm=False)
        order.action_quotation_sent()
        self.assertFalse(order.ec_quote_state)

    def test_what_a_buyer_ordered_and_waits_is_no_offer(self):
        self.account.confirm_orders = False
        order = self._cart(self.purchaser)
        self._by(self.purchaser, order)._ec_trade_place(self.account, "", None, "")
        order.with_user(self.sam).with_context(mark_so_as_sent=True).message_post(body="We look at it")
        self.assertEqual((order.state, order.ec_quote_state), ("sent", False))

    def test_ordering_keeps_the_offered_price(self):
        order = self._offered()
        self._by(self.purchaser, order)._ec_quote_order(self.account, "PO-8", "")
        self.assertEqual((order.state, order.ec_quote_status, order.client_order_ref), ("sale", "accepted", "PO-8"))
        self.assertEqual(order.order_line.price_unit, 81.5)

    def test_ordering_waits_for_staff_where_the_account_says_so(self):
        self.account.confirm_orders = False
        order = self._offered()
        self._by(self.purchaser, order)._ec_quote_order(self.account, "PO-8", "")
        self.assertEqual((order.state, order.ec_quote_state), ("sent", "accepted"))
        self.assertFalse(order.ec_quote_changed)

    def test_who_ordered_is_not_told_that_we_ordered_for_him(self):
        self.account.confirm_orders = False
        order = self._order(self.purchaser.partner_id, confirm=False)
        order.action_quotation_sent()
        self._by(self.purchaser, order)._ec_quote_order(self.account, "", "")
        order.action_confirm()
        self.assertFalse(order.message_ids.filtered(lambda one: "We entered your order" in (one.subject or "")))

    def test_two_orders_do_not_take_one_number(self):
        self.account.po_unique = True
        taken = self._cart(self.boss)
        self._by(self.boss, taken)._ec_trade_place(self.account, "PO-9", None, "")
        order = self._offered()
        self.assertFalse(self._by(self.purchaser, order)._ec_quote_order(self.account, "po-9", ""))
        self.assertEqual((order.state, order.ec_quote_state), ("sent", "offered"))

    def test_an_offer_goes_through_the_customers_own_approval(self):
        if "ec.trade.approval" not in self.env:
            self.skipTest("without ec_trade_approval")
        self.env["ec.trade.approval.rule"].create({"name": "Large", "account_id": self.account.id, "min_amount": 1000})
        for verdict, state, status in (("approved", "sale", "accepted"), ("rejected", "cancel", "cancelled")):
            order = self._offered()
            self._by(self.purchaser, order)._ec_quote_order(self.account, "", "")
            self.assertEqual((order.state, order.ec_quote_status), ("sent", "accepted"))
            self.assertEqual(order.ec_hold_ids.filtered("open").code, "buyer_approval")
            boss = self.boss._ec_trade_buyer(self.account).with_user(self.boss).sudo()
            order.ec_approval_ids.with_user(self.boss).sudo()._decide(boss, verdict, "Yes or no")
            self.assertEqual((order.state, order.ec_quote_status), (state, status))
            self.assertEqual(order.order_line.price_unit, 81.5)

    def test_a_counter_offer_changes_nothing_that_was_offered(self):
        order = self._offered()
        line = order.order_line
        self._by(self.purchaser, order)._ec_quote_counter(
            {line: {"ec_quote_quantity": 30, "ec_quote_price": 79}}, "For 30"
        )
        self.assertEqual((order.ec_quote_state, line.price_unit, line.product_uom_qty), ("countered", 81.5, 20))
        self.assertEqual((order.ec_quote_changed, order._ec_quote_problem()), (False, ""))
        self.assertEqual(self._activities(order).user_id, self.sam)
        note = order.message_ids[0]
        self.assertIn("quantity 30, price 79", note.body)
        self.assertTrue(note.subtype_id.internal, "customers do not read it")

    def test_the_seller_takes_a_proposal_over(self):
        order = self._offered()
        line = order.order_line
        line.discount = 10
        self.pricelist.item_ids = [
            Command.create({"compute_price": "percentage", "percent_price": 50, "min_quantity": 25})
        ]
        order.with_user(self.sam).action_ec_send_offer()
        self._by(self.purchaser, order)._ec_quote_counter({line: {"ec_quote_quantity": 30}}, "")
        order.with_user(self.sam).action_ec_take_over()
        self.assertEqual((line.product_uom_qty, line.price_unit, line.discount), (30, 81.5, 10), "the price stays")
        self.assertFalse(order.ec_quote_proposed)
        self.assertTrue(order.ec_quote_changed, "it is sent by hand")
        order.with_user(self.sam).action_ec_send_offer()
        self._by(self.purchaser, order)._ec_quote_counter({line: {"ec_quote_price": 70}}, "")
        order.with_user(self.sam).action_ec_take_over()
        self.assertEqual((line.product_uom_qty, line.price_unit, line.discount), (30, 70, 0))

    def test_a_new_offer_answers_the_proposal(self):
        order = self._offered()
        self._by(self.purchaser, order)._ec_quote_counter({order.order_line: {"ec_quote_price": 70}}, "")
        order.with_user(self.sam).action_ec_send_offer()
        self.assertEqual((order.ec_quote_state, order.ec_quote_proposed), ("offered", False))
        self.assertFalse(self._activities(order))

    def test_what_is_declined_is_cancelled_and_the_seller_is_told(self):
        order = self._offered()
        self._by(self.purchaser, order)._ec_quote_decline("Too dear")
        self.assertEqual((order.state, order.ec_quote_status, order.ec_quote_note), ("cancel", "declined", "Too dear"))
        self.assertIn(self.sam.partner_id, order.message_ids.partner_ids)

    def test_states_follow_what_staff_does(self):
        order = self._offered()
        order._action_cancel()
        self.assertEqual(order.ec_quote_status, "cancelled")
        order.action_draft()
        self.assertEqual(order.ec_quote_status, "requested")
        order.action_confirm()
        self.assertEqual(order.ec_quote_status, "accepted")
        plain = self._order(self.purchaser.partner_id, confirm=False)
        plain.action_quotation_sent()
        plain.action_draft()
        self.assertFalse(plain.ec_quote_state)

    def test_an_expired_offer_says_so(self):
        order = self._offered()
        order.validity_date = fields.Date.today() - timedelta(days=1)
        self.assertEqual(order.ec_quote_status, "expired")
        self.assertIn("This offer ended on", order._ec_quote_problem())

    def test_customers_and_staff_without_the_group_have_no_rights_here(self):
        order = self._offered()
        for method in ("action_ec_send_offer", "action_ec_take_over"):
            with self.assertRaises(AccessError):
                getattr(order.with_user(self.purchaser), method)()
        with self.assertRaises(AccessError):
            order.with_user(self.purchaser).read(["ec_quote_note"])
        clerk = new_test_user(self.env, "clerk", groups="sales_team.group_sale_salesman_all_leads")
        arch = self.env["sale.order"].with_user(clerk).get_view(view_type="form")["arch"]
        self.assertNotIn("ec_quote", arch)
        self.assertIn("ec_quote_state", self.env["sale.order"].with_user(self.sam).get_view(view_type="form")["arch"])
        mine = self._order(self.env["res.partner"].create({"name": "Somebody"}), confirm=False)
        mine.with_user(clerk).action_quotation_sent()
        mine.with_user(clerk).action_confirm()
        self.assertEqual(mine.state, "sale")
        order.with_user(clerk).action_confirm()
        self.assertEqual(order.ec_quote_state, "accepted")

    def test_staff_without_the_group_answers_by_odoos_own_button(self):
        clerk = new_test_user(self.env, "clerk", groups="sales_team.group_sale_salesman_all_leads")
        order = self._requested()
        order.with_user(clerk).with_context(mark_so_as_sent=True).message_post(body="Our quotation")
        self.assertEqual((order.state, order.ec_quote_state), ("sent", "offered"))
