from datetime import timedelta

from odoo import fields
from odoo.tests import HttpCase, tagged

from .common import QuoteWorld


@tagged("post_install", "-at_install")
class TestAnswerPage(QuoteWorld, HttpCase):
    """Ordering, proposing and declining."""

    def setUp(self):
        super().setUp()
        self.order = self._offered()
        self._enter(self.purchaser)

    def test_one_click_orders_at_the_offered_price(self):
        page = self._order_it(self.order)
        self.assertIn("Your order is confirmed.", page.text)
        self.assertEqual((self.order.state, self.order.ec_quote_state), ("sale", "accepted"))
        self.assertEqual(self.order.amount_total, 1630)
        again = self._order_it(self.order)
        self.assertIn("Your order is confirmed.", again.text)
        received = self.order.message_ids.filtered(lambda one: "We received your order" in (one.subject or ""))
        self.assertEqual(len(received), 1)

    def test_a_quotation_without_a_request_is_ordered_the_same_way(self):
        order = self._order(self.purchaser.partner_id, confirm=False)
        order.action_quotation_sent()
        self._order_it(order)
        self.assertEqual((order.state, order.ec_quote_state), ("sale", "accepted"))

    def test_an_expired_offer_is_not_ordered(self):
        seen = self.order._ec_quote_fingerprint()
        self.order.validity_date = fields.Date.today() - timedelta(days=1)
        for shown in (seen, self.order._ec_quote_fingerprint()):
            page = self._order_it(self.order, seen=shown)
            self.assertIn("This offer ended on", page.text)
            self.assertIn("Nothing was ordered.", page.text)
        self.assertEqual((self.order.state, self.order.ec_quote_status), ("sent", "expired"))

    def test_a_changed_offer_is_not_ordered(self):
        seen = self.order._ec_quote_fingerprint()
        self.order.order_line.price_unit = 95
        for shown in (seen, self.order._ec_quote_fingerprint()):
            self.assertIn("We are changing this offer.", self._order_it(self.order, seen=shown).text)
        self.order.with_user(self.sam).action_ec_send_offer()
        page = self._order_it(self.order, seen=seen)
        self.assertIn("Nothing was ordered. The offer changed meanwhile", page.text)
        self.assertIn("95.00", page.text)
        self.assertEqual((self.order.state, self.order.ec_quote_state), ("sent", "offered"))
        self._order_it(self.order)
        self.assertEqual(self.order.state, "sale")

    def test_the_number_is_asked_as_for_any_order(self):
        self.account.write({"po_required": True, "po_unique": True})
        used = self._cart(self.boss)
        used.with_user(self.boss).sudo()._ec_trade_place(self.account, "PO-1", None, "")
        self.assertIn("Please enter your purchase order number.", self._order_it(self.order, number=" ").text)
        self.assertIn("used this number before", self._order_it(self.order, number="ＰＯ-1").text)
        self.assertEqual((self.order.state, self.order.ec_quote_state), ("sent", "offered"))
        self._order_it(self.order, number="PO-2")
        self.assertEqual((self.order.state, self.order.client_order_ref), ("sale", "PO-2"))

    def test_who_orders_signs_where_it_is_asked(self):
        self.order.require_signature = True
        self.assertIn("Please sign with your name.", self._order_it(self.order, name=" ").text)
        self.assertEqual(self.order.state, "sent")
        self._order_it(self.order, name="Pam North")
        self.assertEqual((self.order.state, self.order.signed_by), ("sale", "Pam North"))
        self.assertTrue(self.order.signed_on)

    def test_a_blocked_account_and_a_role_without_order_answer_nothing(self):
        form = {"seen": self.order._ec_quote_fingerprint(), "note": "x", "reason": "x"}
        buyer = self.purchaser._ec_trade_buyer(self.account)
        for said, forbid, allow in (
            (
                "Ordering is stopped",
                lambda: self.account.write({"state": "blocked"}),
                lambda: self.account.write({"state": "active"}),
            ),
            (
                "Your role does not allow you to order.",
                lambda: buyer.write({"role_id": self.roles["viewer"].id}),
                lambda: None,
            ),
        ):
            forbid()
            for what in ("order", "counter", "decline"):
                self.assertIn(said, self._send(self.order, what, **form).text)
                self.assertEqual((self.order.state, self.order.ec_quote_state), ("sent", "offered"))
            allow()

    def test_a_counter_offer_is_read_and_kept(self):
        line = self.order.order_line
        quantity, price = f"quantity_{line.id}", f"price_{line.id}"
        self.assertIn("Please enter another price or quantity", self._send(self.order, "counter").text)
        self.assertIn("a number above 0", self._send(self.order, "counter", **{price: "cheap", quantity: "-3"}).text)
        self.assertEqual(self.order.ec_quote_state, "offered")
        page = self._send(self.order, "counter", **{price: "７９", quantity: "20", "note": "Our last word"})
        self.assertIn("Your counter-offer was sent.", page.text)
        self.assertIn("You proposed:", page.text)
        self.assertEqual((line.ec_quote_quantity, line.ec_quote_price, line.price_unit), (0, 79, 81.5))
        self.assertEqual((self.order.ec_quote_state, self.order.ec_quote_note), ("countered", "Our last word"))
        self._order_it(self.order)
        self.assertEqual((self.order.state, line.price_unit), ("sale", 81.5), "the offer stands meanwhile")

    def test_after_a_take_over_it_is_ordered_as_proposed(self):
        line = self.order.order_line
        self._send(self.order, "counter", **{f"price_{line.id}": "79", f"quantity_{line.id}": "40"})
        seller = self.order.with_user(self.sam)
        seller.action_ec_take_over()
        self.assertIn("We are changing this offer.", self._order_it(self.order).text)
        seller.action_ec_send_offer()
        self._order_it(self.order)
        self.assertEqual((self.order.state, self.order.amount_total), ("sale", 3160))

    def test_an_expired_offer_can_be_asked_for_again(self):
        self.order.validity_date = fields.Date.today() - timedelta(days=1)
        self.assertIn("Your counter-offer was sent.", self._send(self.order, "counter", note="Again, please").text)
        self.order.validity_date = fields.Date.today()
        self.order.with_user(self.sam).action_ec_send_offer()
        self._order_it(self.order)
        self.assertEqual(self.order.state, "sale")

    def test_a_reason_is_needed_to_decline(self):
        self.assertIn("Please write why you decline", self._send(self.order, "decline", reason=" ").text)
        self.assertEqual(self.order.state, "sent")
        page = self._send(self.order, "decline", reason="Too dear")
        self.assertIn("You declined this offer.", page.text)
        self.assertEqual((self.order.state, self.order.ec_quote_state), ("cancel", "declined"))
        self._order_it(self.order)
        self.assertEqual((self.order.state, self.order.ec_quote_state), ("cancel", "declined"))

    def test_nothing_happens_without_the_pages_own_token(self):
        for what in ("order", "counter", "decline"):
            path = f"/my/trade/quotes/{self.order.id}/{what}"
            self.assertEqual(self.url_open(path, data={"seen": self.order._ec_quote_fingerprint()}).status_code, 400)
            self.assertEqual(self.url_open(path).status_code, 405)
        self.assertEqual((self.order.state, self.order.ec_quote_state), ("sent", "offered"))

    def test_odd_input_is_no_error(self):
        line = self.order.order_line
        self.assertEqual(self._order_it(self.order, seen="²\0", number="\0" * 9).status_code, 200)
        self.assertIn("characters at most", self._send(self.order, "decline", reason="a\0b" * 1200).text)
        self.assertEqual(
            self._send(self.order, "counter", **{f"price_{line.id}": "1e9", "price_0": "1"}).status_code, 200
        )
        self.assertEqual(self._page(self.order).status_code, 200)
        self.assertEqual((self.order.state, self.order.ec_quote_state), ("sent", "offered"))
