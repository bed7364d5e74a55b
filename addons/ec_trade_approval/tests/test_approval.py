from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import TransactionCase, tagged

from .common import ApprovalWorld


@tagged("post_install", "-at_install")
class TestApproval(ApprovalWorld, TransactionCase):
    """Which orders wait, and what becomes of them."""

    def test_a_large_order_waits_and_goes_on_when_approved(self):
        self._rule()
        order = self._ordered(self.purchaser)
        self.assertEqual((order.state, self._open_codes(order)), ("sent", ["buyer_approval"]))
        self.assertIn("Large orders", order.ec_hold_ids.reason)
        self.assertEqual(self._told(order, "request"), ["North Ann", "North Bob"])
        with self.assertRaises(UserError):
            order.action_confirm()
        self._decide(self.ann, order, comment="fine")
        self.assertEqual((order.state, self._open_codes(order)), ("sale", []))
        self.assertEqual(order.ec_approval_ids.state, "approved")
        decision = order.ec_approval_ids.decision_ids
        self.assertEqual((decision.buyer_id, decision.comment), (self._of(self.ann), "fine"))
        self.assertEqual(self._told(order, "approved"), ["North Pam"])

    def test_a_small_order_is_confirmed_at_once(self):
        self._rule()
        order = self._ordered(self.purchaser, units=9)
        self.assertEqual((order.state, order.ec_approval_ids), ("sale", order.ec_approval_ids.browse()))

    def test_another_customers_orders_do_not_wait(self):
        self._rule()
        self.assertEqual(self._ordered(self.foreign).state, "sale")

    def test_where_staff_confirms_staff_confirms_after_the_approval(self):
        self._rule()
        self.account.confirm_orders = False
        order = self._ordered(self.purchaser)
        self._decide(self.ann, order)
        self.assertEqual((order.state, self._open_codes(order)), ("sent", []))
        order.action_confirm()
        self.assertEqual(order.state, "sale")

    def test_a_rejected_order_is_cancelled_and_its_buyer_told(self):
        self._rule()
        order = self._ordered(self.purchaser)
        self._decide(self.bob, order, "rejected", "Too many cups")
        self.assertEqual((order.state, self._open_codes(order)), ("cancel", []))
        self.assertEqual(order.ec_approval_ids.state, "rejected")
        self.assertEqual(self._told(order, "rejected"), ["North Pam"])
        self.assertIn("Too many cups", self._mails("was rejected").body_html)

    def test_two_steps_are_asked_one_after_the_other(self):
        self._rule(
            two_steps=True,
            first_approver_ids=[Command.set(self._of(self.ann).ids)],
            second_approver_ids=[Command.set(self._of(self.bob).ids)],
        )
        order = self._ordered(self.purchaser)
        self.assertEqual(self._told(order, "request"), ["North Ann"])
        self.assertFalse(self._decide(self.bob, order))
        self._decide(self.ann, order)
        self.assertEqual((order.state, self._waiting(order).step), ("sent", 2))
        self.assertEqual(self._told(order, "request"), ["North Ann", "North Bob"])
        self.assertFalse(self._decide(self.ann, order))
        self._decide(self.bob, order)
        self.assertEqual(order.state, "sale")

    def test_two_rules_are_two_questions_and_one_mail(self):
        self._rule()
        self._rule(name="Ann's", first_approver_ids=[Command.set(self._of(self.ann).ids)])
        order = self._ordered(self.purchaser)
        self.assertEqual(len(self._waiting(order)), 2)
        self.assertEqual(self._told(order, "request"), ["North Ann", "North Bob"])
        self._decide(self.bob, order)
        self.assertEqual((order.state, len(self._waiting(order))), ("sent", 1))
        self._decide(self.ann, order)
        self.assertEqual(order.state, "sale")

    def test_one_click_answers_all_rules_that_ask_the_same_person(self):
        self._rule()
        self._rule(name="Ann's", first_approver_ids=[Command.set(self._of(self.ann).ids)])
        order = self._ordered(self.purchaser)
        self.assertEqual(len(self._decide(self.ann, order)), 2)
        self.assertEqual(order.state, "sale")

    def test_all_conditions_hold(self):
        category = self.env["product.category"].create({"name": "Glass"})
        below = self.env["product.category"].create({"name": "Fine", "parent_id": category.id})
        rule = self._rule(min_skus=2, category_ids=[Command.set(category.ids)], branch_id=self.kyoto.id)
        order = self._ordered(self.kyo, units=50)
        self.assertEqual(order.state, "sale", "one product, of another category")
        self.plate.categ_id = below
        more = [Command.create({"product_id": self.plate.id, "product_uom_qty": 1, "price_unit": 1})]
        order = self._cart(self.kyo, units=50)
        order.order_line = more
        self.assertEqual(list(rule._matching(order)), [rule])
        of_head = self._cart(self.purchaser, units=50)
        of_head.order_line = more
        self.assertFalse(rule._matching(of_head), "of another branch")

    def test_amounts_are_compared_in_the_accounts_currency(self):
        rule = self._rule(min_amount=1000)
        foreign = self.env["res.currency"].create({"name": "XQF", "symbol": "q", "rounding": 0.01})
        self.env["res.currency.rate"].create({"name": "2020-01-01", "currency_id": foreign.id, "rate": 4})
        plist = self.env["product.pricelist"].create({"name": "Q", "currency_id": foreign.id})
        order = self._cart(self.purchaser, pricelist_id=plist.id)
        self.assertEqual(order.currency_id, foreign)
        self.assertFalse(rule._matching(order), "2,000 are 500")
        order.order_line.write({"product_uom_qty": 40, "price_unit": 100})
        self.assertEqual(rule._matching(order)[rule]["amount"], 1000)

    def test_a_draft_that_a_buyer_confirms_asks_too(self):
        self._rule()
        order = self._cart(self.purchaser)
        order.with_user(self.purchaser).sudo().action_confirm()
        self.assertEqual((order.state, self._open_codes(order)), ("sent", ["buyer_approval"]), "no cart any more")
        self._decide(self.ann, order)
        self.assertEqual(order.state, "sale")

    def test_a_quotation_that_a_buyer_signs_asks_too(self):
        self._rule()
        order = self._cart(self.purchaser, website_id=False)
        order.action_quotation_sent()
        self.assertFalse(order.ec_approval_ids, "staff sends it")
        order.with_user(self.purchaser).sudo().action_confirm()
        self.assertEqual((order.state, self._open_codes(order)), ("sent", ["buyer_approval"]))

    def test_an_offer_that_a_buyer_orders_asks_too(self):
        self._rule()
        for at_once, state in ((True, "sale"), (False, "sent")):
            self.account.confirm_orders = at_once
            order = self._cart(self.purchaser, website_id=False)
            order.action_quotation_sent()
            order.with_user(self.purchaser).sudo()._ec_hand_in(self.account)
            self.assertEqual((order.state, self._open_codes(order)), ("sent", ["buyer_approval"]))
            self.assertTrue(order.message_ids.filtered(lambda one: "approves it first" in (one.body or "")))
            self._decide(self.ann, order)
            self.assertEqual((order.state, self._open_codes(order)), (state, []))

    def test_a_quotation_to_the_company_asks_whoever_signs_it(self):
        self._rule()
        for user, requester in ((self.purchaser, self._of(self.purchaser)), (self.env.ref("base.public_user"), None)):
            order = self._cart(self.purchaser, website_id=False, partner_id=self.head.id)
            order.action_quotation_sent()
            order.with_user(user).sudo().action_confirm()
            self.assertEqual((order.state, self._open_codes(order)), ("sent", ["buyer_approval"]))
            self.assertEqual(order.ec_approval_ids.requester_id, requester or self._of(self.purchaser).browse())
            self._decide(self.ann, order)
            self.assertEqual(order.state, "sale")

    def test_what_staff_enters_and_confirms_asks_nobody(self):
        self._rule()
        order = self._cart(self.purchaser, website_id=False)
        order.action_confirm()
        self.assertEqual((order.state, len(order.ec_approval_ids)), ("sale", 0))

    def test_a_cancelled_order_asks_nobody_any_more(self):
        self._rule()
        order = self._ordered(self.purchaser)
        order._action_cancel()
        self.assertEqual(order.ec_approval_ids.state, "cancelled")
        self.assertFalse(self._decide(self.ann, order))
        self.assertFalse(order.ec_approval_ids.decision_ids)

    def test_the_buyer_reads_why_in_plain_words(self):
        self._rule()
        order = self._ordered(self.purchaser)
        self.env["ec.order.hold"]._open([{"order_id": order.id, "code": "manual", "reason": "bad payer"}])
        self.assertEqual(
            order._ec_waits(), ["Waiting for approval by North Ann or North Bob.", "Under review by the seller."]
        )
        self.assertFalse(self.stranger._ec_trade_waits(order))
        self.assertFalse(self.env.ref("base.public_user")._ec_trade_waits(order))
        self.assertTrue(self.ann._ec_trade_waits(order))

    def test_many_orders_wait_with_as_many_questions_as_rules(self):
        self._rule()
        for _each in range(3):
            self._ordered(self.purchaser)
        approvals = self.env["ec.trade.approval"]
        self.assertEqual(len(approvals._asked_of(self._of(self.ann))), 3)
        self.env.invalidate_all()
        approvals._asked_of(self._of(self.ann))
        with self.assertQueryCount(20):
            self.env.invalidate_all()
            approvals._asked_of(self._of(self.ann))
