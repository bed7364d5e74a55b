from unittest import SkipTest

from odoo.exceptions import UserError
from odoo.tests import HttpCase, tagged

from .common import ApprovalWorld


@tagged("post_install", "-at_install")
class TestCredit(ApprovalWorld, HttpCase):
    """The rules of order routing hold what is over the credit limit: a reason of its own beside the approval."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if "ec.rule.preset" not in cls.env:
            raise SkipTest("order routing is not installed here")
        cls.env["ec.rule.set"].search([("state", "in", ("active", "trial"))])._retire()
        cls.env["ec.rule.preset"].create({"preset": "wholesale"})._draft()._activate("Credit")
        cls.env.cr.execute("DELETE FROM ec_routing_todo")
        cls.seller.account_use_credit_limit = True
        cls.head.credit_limit = 1500
        cls._rule()

    def _over(self):
        """A cart of 2,000 with a limit of 1,500, that the rules have looked at, placed."""
        order = self._cart(self.purchaser)
        self.env.flush_all()
        self.env["ec.routing"]._work(100)
        self.env.invalidate_all()
        order.with_user(self.purchaser).sudo()._ec_trade_place(self.account, "", None, "")
        return order

    def test_both_are_told_in_plain_words(self):
        order = self._over()
        self.assertEqual(order.state, "sent")
        self.assertLessEqual({"buyer_approval", "credit_limit"}, set(self._open_codes(order)))
        self._enter(self.purchaser)
        for path in (f"/my/orders/{order.id}", f"/my/trade/order/{order.id}/done", f"/my/trade/approvals/{order.id}"):
            page = self.url_open(path).text
            self.assertIn("Under review by the seller.", page, path)
            self.assertIn("Waiting for approval by North Ann or North Bob.", page, path)
            self.assertNotIn("credit", page.lower(), path)

    def test_the_approval_alone_does_not_confirm(self):
        order = self._over()
        self._decide(self.ann, order)
        self.assertEqual(order.state, "sent")
        self.assertIn("credit_limit", self._open_codes(order))
        self.assertEqual(order._ec_waits(), ["Under review by the seller."])
        with self.assertRaises(UserError):
            order.action_confirm()
        order._ec_release_holds()
        order.action_confirm()
        self.assertEqual(order.state, "sale")

    def test_the_credit_alone_does_not_confirm(self):
        order = self._over()
        order._ec_release_holds(codes=set(self._open_codes(order)) - {"buyer_approval"})
        with self.assertRaises(UserError):
            order.action_confirm()
        self._decide(self.ann, order)
        self.assertEqual(order.state, "sale", "both are gone")
