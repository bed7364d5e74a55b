from datetime import timedelta

from odoo.fields import Command
from odoo.tests import HttpCase, tagged

from odoo.addons.ec_trade_approval.controllers.approvals import seen

from .common import ApprovalWorld


@tagged("post_install", "-at_install")
class TestPages(ApprovalWorld, HttpCase):
    """The pages of approvals, as two customers and their roles see them."""

    def setUp(self):
        super().setUp()
        self._rule()

    def _page(self, order):
        return self.url_open(f"/my/trade/approvals/{order.id}")

    def _send(self, order, verdict="approved", comment="", user=None, shown=None):
        if user:
            self._enter(user)
        shown = shown or seen(order, order.ec_approval_ids.filtered(lambda one: one.state == "waiting"))
        return self._post(f"/my/trade/approvals/{order.id}/decide", verdict=verdict, comment=comment, seen=shown)

    def test_from_the_pad_to_the_approval(self):
        self._enter(self.purchaser)
        self._add(("A-1", "30"))
        order = self._drafts()
        page = self._place(order)
        self.assertIn("Waiting for approval by North Ann or North Bob.", page.text)
        self.assertNotIn("We check your order", page.text)
        self.assertEqual(order.state, "sent")
        self.assertIn("Waiting for approval by North Ann", self.url_open(f"/my/orders/{order.id}").text)
        self._enter(self.ann)
        self.assertIn("Waiting for you", self.url_open("/my/trade/approvals").text)
        page = self._page(order).text
        for text in ("Large orders", "3,000.00", "1,000.00", "North Pam", "Ware A-1", "Nobody has decided yet."):
            self.assertIn(text, page)
        answer = self._send(order, comment="Go ahead")
        self.assertIn("You approved this order.", answer.text)
        self.assertIn("Go ahead", answer.text)
        self.assertEqual(order.state, "sale")
        self._enter(self.purchaser)
        self.assertIn("Go ahead", self._page(order).text)

    def test_empty_lists_say_what_comes(self):
        self._enter(self.ann)
        page = self.url_open("/my/trade/approvals").text
        self.assertIn("Nothing waits for you.", page)
        self.assertIn("No order has needed an approval yet.", page)
        self._enter(self.purchaser)
        self.assertNotIn("Waiting for you", self.url_open("/my/trade/approvals").text)

    def test_the_home_page_counts_what_waits_for_me(self):
        self._ordered(self.purchaser)
        for user, count in ((self.ann, 1), (self.purchaser, 0), (self.kay, 0), (self.stranger, 0)):
            self._enter(user)
            answer = self.make_jsonrpc_request("/my/counters", {"counters": ["ec_approval_count"]})
            self.assertEqual(answer["ec_approval_count"], count, user.login)
        self._enter(self.ann)
        self.assertIn("Orders to approve", self.url_open("/my/home").text)

    def test_a_reason_is_needed_to_reject(self):
        order = self._ordered(self.purchaser)
        page = self._send(order, "rejected", " ", self.ann)
        self.assertIn("Please write why you reject the order", page.text)
        self.assertEqual(order.state, "sent")
        page = self._send(order, "rejected", "Not in this month")
        self.assertIn("You rejected this order.", page.text)
        self.assertEqual((order.state, order.ec_approval_ids.state), ("cancel", "rejected"))
        self._enter(self.purchaser)
        self.assertIn("Not in this month", self._page(order).text)

    def test_a_double_click_decides_once(self):
        self.env["ec.trade.approval.rule"].search([]).two_steps = True
        order = self._ordered(self.purchaser)
        shown = seen(order, self._waiting(order))
        self._send(order, user=self.ann, shown=shown)
        again = self._send(order, shown=shown)
        self.assertIn("You approved this order.", again.text)
        self.assertEqual(len(order.ec_approval_ids.decision_ids), 1)
        self.assertEqual(order.state, "sent")

    def test_a_late_click_is_told_that_it_was_decided(self):
        order = self._ordered(self.purchaser)
        shown = seen(order, self._waiting(order))
        self._send(order, user=self.ann)
        late = self._send(order, "rejected", "no", self.bob, shown)
        self.assertIn("somebody else has decided", late.text)
        self.assertIn("North Ann", late.text)
        self.assertEqual((order.state, len(order.ec_approval_ids.decision_ids)), ("sale", 1))

    def test_an_order_that_changed_meanwhile_is_shown_first(self):
        order = self._ordered(self.purchaser)
        shown = seen(order, self._waiting(order))
        order.order_line.product_uom_qty = 90
        page = self._send(order, user=self.ann, shown=shown)
        self.assertIn("changed meanwhile", page.text)
        self.assertEqual(order.state, "sent")

    def test_other_accounts_branches_and_roles_find_nothing(self):
        order = self._ordered(self.purchaser)
        of_kyoto = self._ordered(self.kyo)
        guest = self._login(self._contact(self.head, "North Guest"))
        for user, visible in (
            (self.ann, order | of_kyoto),
            (self.kay, of_kyoto),
            (self.purchaser, order),
            (self.kyo, of_kyoto),
            (self.viewer, order.browse()),
            (self.stranger, order.browse()),
            (guest, order.browse()),
        ):
            self._enter(user)
            listed = self.url_open("/my/trade/approvals").text
            for one in (order, of_kyoto):
                allowed = one in visible
                self.assertEqual(self._page(one).status_code, 200 if allowed else 404, (user.login, one.id))
                self.assertEqual(one.name in listed, allowed, (user.login, one.id))
        self._enter(self.stranger)
        self.assertEqual(self._page(order.browse(99999999)).status_code, 404)
        self.assertEqual(self._send(order).status_code, 404)
        self.assertIn("/my", self.url_open(f"/my/orders/{order.id}").url)
        self.assertEqual(order.state, "sent")

    def test_who_ordered_sees_the_page_and_may_not_decide(self):
        order = self._ordered(self.ann)
        self._enter(self.ann)
        self.assertNotIn("<form", self._page(order).text.split("Why it needs approval")[1].split("Decisions")[0])
        self._send(order)
        self.assertEqual(order.state, "sent")

    def test_nothing_is_decided_without_the_pages_own_token(self):
        order = self._ordered(self.purchaser)
        self._enter(self.ann)
        answer = self.url_open(f"/my/trade/approvals/{order.id}/decide", data={"verdict": "approved"})
        self.assertEqual(answer.status_code, 400)
        self.assertEqual(self.url_open(f"/my/trade/approvals/{order.id}/decide").status_code, 405)
        self.assertEqual(order.state, "sent")

    def test_who_does_not_see_prices_reads_no_amount(self):
        blind = self.env["ec.trade.role"].create(
            {"name": "Blind", "account_id": self.account.id, "can_approve": True, "can_see_prices": False}
        )
        self._of(self.ann).role_id = blind
        order = self._ordered(self.purchaser)
        self._enter(self.ann)
        for page in (self._page(order).text, self.url_open("/my/trade/approvals").text):
            self.assertIn(order.name, page)
            self.assertNotIn("2,000", page)
            self.assertNotIn("1,000", page)

    def test_odd_input_is_no_error(self):
        order = self._ordered(self.purchaser)
        self._enter(self.ann)
        page = self._send(order, "²\0", "a\0b" * 1200)
        self.assertIn("characters at most", page.text)
        self.assertEqual(self.url_open("/my/trade/approvals?done=²").status_code, 200)
        self._post("/my/trade/approvals/substitute", substitute="²", date_from="²\0", date_to="")
        self.assertEqual(order.state, "sent")

    def test_an_order_that_was_placed_again_is_not_shown_as_rejected(self):
        order = self._ordered(self.purchaser)
        self._decide(self.ann, order, "rejected", "no")
        self._enter(self.purchaser)
        self.assertIn("text-bg-danger", self._page(order).text)
        order.action_draft()
        order.with_user(self.purchaser).sudo()._ec_trade_place(self.account, "", None, "")
        self._decide(self.ann, order)
        for page in (self._page(order).text, self.url_open("/my/trade/approvals").text):
            self.assertNotIn("text-bg-danger", page)
            self.assertIn("text-bg-success", page)

    def test_nobody_is_led_to_what_he_does_not_find(self):
        book = self._buyer(self.account, self.roles["accounting"], "North Book", self.head)
        order = self._ordered(self.purchaser)
        for user, led in ((self.purchaser, True), (self.ann, True), (book, False)):
            self._enter(user)
            page = self.url_open(f"/my/orders/{order.id}").text
            self.assertIn("This order is not confirmed yet.", page, user.login)
            self.assertEqual("See the approval" in page, led, user.login)
            self.assertEqual(self._page(order).status_code == 200, led, user.login)

    def test_who_does_not_see_the_order_is_not_offered_to_repeat_it(self):
        order = self._ordered(self.purchaser)
        self._decide(self.bob, order, "rejected", "no")
        self._enter(self.ann)
        for seen_orders, offered in (("branch", True), ("own", False)):
            self.roles["approver"].write({"orders_seen": seen_orders, "can_order": True})
            page = self._page(order).text
            self.assertIn("This order was cancelled.", page)
            self.assertEqual("Order the same again" in page, offered)

    # ---- substitutes

    def test_an_approver_names_a_substitute(self):
        today = self.account._approval_day()
        form = {
            "substitute": str(self._of(self.bob).id),
            "date_from": today.isoformat(),
            "date_to": (today + timedelta(days=3)).isoformat(),
        }
        self._enter(self.ann)
        page = self._post("/my/trade/approvals/substitute", **form)
        self.assertIn("Your substitute may decide", page.text)
        row = self._of(self.ann).ec_substitution_ids
        self.assertEqual(row.substitute_id, self._of(self.bob))
        for wrong in (
            {"substitute": str(self._of(self.stranger).id)},
            {"substitute": str(self._of(self.kay).id)},
            {"date_to": (today - timedelta(days=1)).isoformat()},
            {"date_from": "soon"},
        ):
            self.assertIn("Please choose", self._post("/my/trade/approvals/substitute", **{**form, **wrong}).text)
        self.assertEqual(len(self._of(self.ann).ec_substitution_ids), 1)
        self._enter(self.bob)
        self.assertEqual(self._post(f"/my/trade/approvals/substitute/{row.id}/end").status_code, 404)
        self._enter(self.purchaser)
        self.assertEqual(self._post("/my/trade/approvals/substitute", **form).status_code, 404)
        self._enter(self.ann)
        self._post(f"/my/trade/approvals/substitute/{row.id}/end")
        self.assertFalse(row.exists())

    def test_an_approver_without_possible_substitutes_reads_why(self):
        self._of(self.bob).role_id = self.roles["purchaser"]
        self._enter(self.ann)
        self.assertIn("nobody can stand in for you", self.url_open("/my/trade/approvals").text)

    def test_a_substitute_decides_on_the_page(self):
        self.env["ec.trade.approval.rule"].search([]).first_approver_ids = [Command.set(self._of(self.ann).ids)]
        order = self._ordered(self.purchaser)
        self._send(order, user=self.bob)
        self.assertEqual(order.state, "sent")
        today = self.account._approval_day()
        self.env["ec.trade.approval.substitute"].create(
            {
                "buyer_id": self._of(self.ann).id,
                "substitute_id": self._of(self.bob).id,
                "date_from": today,
                "date_to": today,
            }
        )
        self.assertIn("North Bob in place of North Ann", self._send(order).text)
        self.assertEqual(order.state, "sale")
