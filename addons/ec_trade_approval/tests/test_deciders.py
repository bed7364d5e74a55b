from datetime import timedelta

from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command
from odoo.tests import TransactionCase, tagged

from .common import ApprovalWorld


@tagged("post_install", "-at_install")
class TestDeciders(ApprovalWorld, TransactionCase):
    """Who may decide."""

    def _names(self, order):
        return sorted(buyer.name for buyer in order.ec_approval_ids[:1]._deciders())

    def test_whose_role_and_branches_allow_it(self):
        self._rule()
        self.assertEqual(self._names(self._ordered(self.purchaser)), ["North Ann", "North Bob"])
        self.assertEqual(self._names(self._ordered(self.kyo)), ["North Ann", "North Bob", "North Kay"])

    def test_chosen_approvers_without_the_role_may_not(self):
        rule = self._rule(first_approver_ids=[Command.set((self._of(self.ann) | self._of(self.bob)).ids)])
        order = self._ordered(self.purchaser)
        self._of(self.ann).role_id = self.roles["purchaser"]
        self.assertEqual(self._names(order), ["North Bob"])
        self.assertFalse(self._decide(self.ann, order))
        self.assertIn("North Bob is the only one", rule.warning)

    def test_a_blocked_account_approves_nothing(self):
        self._rule()
        order = self._ordered(self.purchaser)
        self.account.block_reason = "x"
        self.account.action_block()
        self.assertFalse(self._decide(self.ann, order))

    def test_nobody_approves_his_own_order(self):
        self._rule()
        order = self._ordered(self.ann)
        self.assertEqual(self._names(order), ["North Bob"])
        self.assertFalse(self._decide(self.ann, order))
        self.assertEqual(order.state, "sent")

    def test_the_only_approver_may_and_the_history_says_so(self):
        self._rule(first_approver_ids=[Command.set(self._of(self.ann).ids)])
        order = self._ordered(self.ann)
        self.assertTrue(self._decide(self.ann, order))
        self.assertEqual(order.state, "sale")
        self.assertIn("as the only approver", order.ec_approval_ids._history()[0][2])
        self.assertFalse(self._told(order, "approved"), "she knows")

    def test_both_steps_by_two_people_where_there_are_two(self):
        self._rule(two_steps=True)
        order = self._ordered(self.purchaser)
        self._decide(self.ann, order)
        self.assertEqual(self._names(order), ["North Bob"])
        self._of(self.bob).role_id = self.roles["purchaser"]
        self.assertEqual(self._names(order), ["North Ann"])

    def test_where_nobody_may_the_order_waits_for_staff(self):
        rule = self._rule(first_approver_ids=[Command.set(self._of(self.ann).ids)])
        self._of(self.ann).role_id = self.roles["viewer"]
        self.assertIn("Nobody may approve", rule.warning)
        order = self._ordered(self.purchaser)
        self.assertEqual(order.state, "sent")
        self.assertIn("nobody in your company", order._ec_waits()[0])

    def test_a_rule_names_only_its_own_customers_people_and_branches(self):
        with self.assertRaises(ValidationError):
            self._rule(first_approver_ids=[Command.set(self._of(self.stranger).ids)])
        with self.assertRaises(ValidationError):
            self._rule(branch_id=self.south[1].id)

    def test_a_rule_and_its_approvals_stay_with_the_customer(self):
        rule = self._rule()
        order = self._ordered(self.purchaser)
        with self.assertRaises(UserError):
            rule.account_id = self.south[0]
        rule.account_id = self.account
        self.assertEqual(order.ec_approval_ids.account_id, self.account)

    def test_nobody_decides_about_a_company_that_is_not_the_customers(self):
        self._rule()
        order = self._ordered(self.purchaser)
        self.assertFalse(self._of(self.stranger)._covers(self.head))
        order.partner_id = self.foreign.partner_id
        order.order_line.product_uom_qty = 30
        again = self._waiting(order)
        again.branch_id = self.south[1]
        self.assertFalse(again._deciders())

    def test_a_list_of_dismissed_people_is_not_anybody(self):
        rule = self._rule(first_approver_ids=[Command.set(self._of(self.ann).ids)])
        ann = self._of(self.ann)
        ann._dismiss()
        self.env.invalidate_all()
        order = self._ordered(self.purchaser)
        self.assertFalse(order.ec_approval_ids._deciders())
        self.assertIn("Nobody may approve", rule.warning)
        self.assertEqual(rule._who_approves(), ["North Ann"])

    def test_a_buyer_whom_a_rule_names_is_not_deleted(self):
        ann = self._of(self.ann)
        rule = self._rule(two_steps=True, second_approver_ids=[Command.set(ann.ids)])
        rule.active = False
        ann._dismiss()
        with self.assertRaises(UserError):
            ann.unlink()
        rule.second_approver_ids = [Command.clear()]
        ann.unlink()

    # ---- substitutes

    def _substitute(self, buyer, other, first=0, last=0):
        today = self.account._approval_day()
        return self.env["ec.trade.approval.substitute"].create(
            {
                "buyer_id": self._of(buyer).id,
                "substitute_id": self._of(other).id,
                "date_from": today + timedelta(days=first),
                "date_to": today + timedelta(days=last),
            }
        )

    def test_a_substitute_decides_on_his_days(self):
        self._rule(first_approver_ids=[Command.set(self._of(self.ann).ids)])
        row = self._substitute(self.ann, self.bob)
        order = self._ordered(self.purchaser)
        self.assertEqual(self._told(order, "request"), ["North Ann", "North Bob"])
        row.date_from += timedelta(days=1)
        row.date_to += timedelta(days=1)
        self.assertFalse(self._decide(self.bob, order))
        row.date_from -= timedelta(days=1)
        self.assertTrue(self._decide(self.bob, order))
        self.assertEqual(order.ec_approval_ids.decision_ids.for_buyer_id, self._of(self.ann))
        self.assertIn("North Bob in place of North Ann", order.ec_approval_ids._history()[0][1])

    def test_a_substitute_does_not_approve_his_own_order_nor_for_who_ordered(self):
        self._rule(first_approver_ids=[Command.set((self._of(self.ann) | self._of(self.kay)).ids)])
        self._substitute(self.ann, self.bob)
        self.assertEqual(self._names(self._ordered(self.bob)), ["North Ann"])
        order = self._ordered(self.ann)
        self.assertEqual(self._names(order), ["North Ann", "North Bob"], "nobody else may at the head office")

    def test_a_substitute_may_approve_for_the_same_branches_and_customer(self):
        for other in (self.purchaser, self.kay, self.stranger, self.ann):
            with self.assertRaises(ValidationError, msg=other.name), self.cr.savepoint():
                self._substitute(self.ann, other)
        self._substitute(self.kay, self.ann)

    def test_who_stands_in_for_two_decides_for_the_one_who_did_not_order(self):
        self._rule(first_approver_ids=[Command.set((self._of(self.ann) | self._of(self.kay)).ids)])
        cat = self._buyer(self.account, self.roles["approver"], "North Cat", self.head)
        for absent in (self.ann, self.kay):
            self._substitute(absent, cat)
        self._of(self.kay).write({"all_branches": True, "branch_ids": [Command.clear()]})
        for orderer, other in ((self.ann, self.kay), (self.kay, self.ann)):
            order = self._ordered(orderer)
            self.assertEqual(self._names(order), sorted(["North Cat", other.partner_id.name]))
            self._decide(cat, order)
            self.assertEqual(order.ec_approval_ids.decision_ids.for_buyer_id, self._of(other))
