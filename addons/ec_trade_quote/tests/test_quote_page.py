from odoo.tests import HttpCase, tagged

from .common import QuoteWorld


@tagged("post_install", "-at_install")
class TestQuotePage(QuoteWorld, HttpCase):
    """Who sees which quotation, and what of it."""

    def test_an_offer_stands_next_to_the_list_price(self):
        order = self._offered(ec_quote_message="For you alone")
        self._enter(self.purchaser)
        page = self._page(order).text
        for text in ("Ware A-1", "100.00", "81.50", "1,630.00", "For you alone", "PO-7", "Order at these prices"):
            self.assertIn(text, page)
        listed = self.url_open("/my/trade/quotes").text
        for text in (order.name, "1,630.00", "Offer for you"):
            self.assertIn(text, listed)

    def test_what_our_staff_works_on_is_not_shown(self):
        order = self._offered()
        order.write({"ec_quote_message": "Half of a sente"})
        order.order_line.price_unit = 12.34
        self._enter(self.purchaser)
        for page in (self._page(order).text, self.url_open("/my/trade/quotes").text):
            for text in ("12.34", "246.80", "Half of a sente", "Order at these prices"):
                self.assertNotIn(text, page)
        self.assertIn("We are changing this offer.", self._page(order).text)

    def test_roles_branches_and_customers(self):
        order, of_kyoto = self._offered(), self._offered(self.kyo)
        for user, visible in (
            (self.purchaser, order),
            (self.boss, order | of_kyoto),
            (self.kyo, of_kyoto),
            (self.of_kyoto, of_kyoto),
            (self.viewer, order.browse()),
            (self.stranger, order.browse()),
            (self._login(self._contact(self.head, "North Guest")), order.browse()),
        ):
            self._enter(user)
            listed = self.url_open("/my/trade/quotes").text
            for one in order | of_kyoto:
                allowed = one in visible
                self.assertEqual(self._page(one).status_code, 200 if allowed else 404, (user.login, one.id))
                self.assertEqual(one.name in listed, allowed, (user.login, one.id))
                if not allowed:
                    for what in ("order", "counter", "decline"):
                        form = {"seen": one._ec_quote_fingerprint(), "note": "x", "reason": "x"}
                        self.assertEqual(self._send(one, what, **form).status_code, 404, user.login)
                self.assertEqual((one.state, one.ec_quote_state), ("sent", "offered"))
        self._enter(self.purchaser)
        cart = self._cart(self.purchaser)
        for order_id in (cart.id, 99999999, 0):
            self.assertEqual(self.url_open(f"/my/trade/quotes/{order_id}").status_code, 404)

    def test_who_does_not_see_prices_reads_none(self):
        order = self._offered()
        order.with_user(self.purchaser).sudo()._ec_quote_counter({order.order_line: {"ec_quote_price": 78.75}}, "")
        self._enter(self.blind)
        for page in (self._page(order).text, self.url_open("/my/trade/quotes").text):
            self.assertIn(order.name, page)
            for text in ("81.5", "78.75", "1,630", "100.00", "price_"):
                self.assertNotIn(text, page)
        self._send(order, "counter", **{f"price_{order.order_line.id}": "1", f"quantity_{order.order_line.id}": "25"})
        self.assertEqual((order.order_line.ec_quote_quantity, order.order_line.ec_quote_price), (25, 0))

    def test_who_may_not_order_reads_only(self):
        order = self._offered(self.viewer)
        self._enter(self.viewer)
        page = self._page(order).text
        self.assertIn("Your role does not allow you to order.", page)
        for what in ("order", "counter", "decline"):
            self.assertNotIn(f"/my/trade/quotes/{order.id}/{what}", page)

    def test_odoos_own_page_leads_here(self):
        self.seller.portal_confirmation_sign = True
        order = self._offered()
        self.assertTrue(order.require_signature)
        self._enter(self.purchaser)
        self.assertIn(f"/my/trade/quotes/{order.id}", self.url_open(f"/my/orders/{order.id}").url)
        self.assertIn(order.name, self.url_open("/my/quotes").text)
        link = order.get_portal_url()
        self.authenticate(None, None)
        page = self.url_open(link).text
        self.assertIn(order.name, page)
        self.assertNotIn("Accept &amp; Sign", page)
        answer = self.make_jsonrpc_request(
            f"/my/orders/{order.id}/accept",
            {"name": "P", "signature": "R0lGODlhAQABAAAAACw=", "access_token": order.access_token},
        )
        self.assertIn("error", answer)
        self._post(f"/my/orders/{order.id}/decline", decline_message="no", access_token=order.access_token)
        self.assertEqual((order.state, order.signed_by), ("sent", False))

    def test_an_offer_that_is_paid_online_stays_on_odoos_page(self):
        order = self._offered(require_payment=True)
        self._enter(self.purchaser)
        self.assertIn("Order and pay", self._page(order).text)
        self.assertIn(f"/my/orders/{order.id}", self.url_open(f"/my/orders/{order.id}").url)
        self.assertIn("by paying it online", self._order_it(order).text)
        self.assertEqual(order.state, "sent")

    def test_the_home_page_counts_offers(self):
        self._offered()
        for user, count in ((self.purchaser, 1), (self.boss, 1), (self.viewer, 0), (self.stranger, 0)):
            self._enter(user)
            answer = self.make_jsonrpc_request("/my/counters", {"counters": ["ec_quote_count"]})
            self.assertEqual(answer["ec_quote_count"], count, user.login)
        self.assertIn("Offers to answer", self.url_open("/my/home").text)

    def test_an_empty_list_says_how_to_begin(self):
        self._enter(self.purchaser)
        self.assertIn("No quotation yet.", self.url_open("/my/trade/quotes").text)
        self.assertEqual(self.url_open("/my/trade/quotes/page/99").status_code, 200)
