from odoo.tests import HttpCase, tagged

from .common import QuoteWorld


@tagged("post_install", "-at_install")
class TestRequest(QuoteWorld, HttpCase):
    """Asking for a quotation on the page of the order."""

    def _ask(self, order, **form):
        form = {"order_id": order.id, "ship_to": self.head.id, "number": "PO-1", "note": "For spring", **form}
        return self._post("/my/trade/quotes/request", **form)

    def _filled(self, user=None):
        self._enter(user or self.purchaser)
        self._add(("A-1", "30"), ("A-2", "2"))
        return self._drafts(user)

    def test_a_cart_becomes_a_request_once(self):
        order = self._filled()
        self.assertIn("/my/trade/quotes/request", self.url_open("/my/trade/order/review").text)
        page = self._ask(order, ship_to=self.kobe.id, requested="")
        self.assertIn("We make you an offer", page.text)
        self.assertIn("For spring", page.text)
        self.assertEqual((order.state, order.ec_quote_state), ("draft", "requested"))
        self.assertEqual((order.client_order_ref, order.partner_shipping_id), ("PO-1", self.kobe))
        again = self._ask(order)
        self.assertIn(f"/my/trade/quotes/{order.id}", again.url)
        self.assertEqual(len(self._activities(order)), 1)
        self.assertEqual(self._drafts(), order)

    def test_the_next_order_is_another_one(self):
        order = self._filled()
        self._ask(order)
        self.assertIn("There is nothing on your order yet.", self.url_open("/my/trade/order/review").text)
        self._add(("A-3", "1"), key="key-of-another-form")
        self.assertEqual(len(self._drafts()), 2)
        self.assertEqual(len(order.order_line), 2)
        self._enter(self.purchaser)
        self.url_open("/shop/cart")
        self.assertFalse(order.website_id)
        self.assertEqual(order.ec_quote_state, "requested")

    def test_a_request_cannot_be_placed_or_signed(self):
        self.seller.portal_confirmation_sign = True
        order = self._filled()
        self._ask(order)
        self._place(order)
        self.assertEqual(order.state, "draft")
        self.assertTrue(order.require_signature)
        answer = self.make_jsonrpc_request(
            f"/my/orders/{order.id}/accept", {"name": "P", "signature": "R0lGODlhAQABAAAAACw="}
        )
        self.assertIn("error", answer)
        self._order_it(order)
        self.assertEqual((order.state, order.ec_quote_state), ("draft", "requested"))

    def test_a_number_is_not_needed_yet_and_not_taken_twice(self):
        self.account.write({"po_required": True, "po_unique": True})
        used = self._cart(self.boss)
        used.with_user(self.boss).sudo()._ec_trade_place(self.account, "PO-1", None, "")
        order = self._filled()
        self.assertIn("used this number before", self._ask(order).text)
        self.assertFalse(order.ec_quote_state)
        self.assertIn("We make you an offer", self._ask(order, number="").text)

    def test_who_may_not_order_does_not_ask(self):
        order = self._filled()
        self._of_role("viewer")
        self.assertIn("Your role does not allow you to order.", self._ask(order).text)
        self.assertFalse(order.ec_quote_state)
        self._of_role("purchaser")
        self.account.write({"state": "blocked"})
        self._ask(order)
        self.assertFalse(order.ec_quote_state)

    def _of_role(self, name):
        self.purchaser._ec_trade_buyer(self.account).role_id = self.roles[name]

    def test_nobody_asks_with_anothers_cart(self):
        order = self._filled()
        for user in (self.stranger, self.boss):
            self._enter(user)
            self.assertIn("There is nothing on your order yet.", self._ask(order).text)
            self.assertFalse(order.ec_quote_state)

    def test_odd_input_is_no_error(self):
        order = self._filled()
        self.assertIn("characters at most", self._ask(order, note="a\0b" * 1200).text)
        self.assertEqual(self._ask(order, order_id="²", ship_to="x").status_code, 200)
        self.assertFalse(order.ec_quote_state)
