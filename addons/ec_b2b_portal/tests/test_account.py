from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import TransactionCase, new_test_user, tagged

from .common import TradeWorld


@tagged("post_install", "-at_install")
class TestAccount(TradeWorld, TransactionCase):
    def test_terms_reach_company_and_branches_on_activation_only(self):
        head = self._company("East")
        branch = self._company("East Nara", head)
        term = self.env.ref("account.account_payment_term_30days")
        plist = self.env["product.pricelist"].create({"name": "East list"})
        account = self.env["ec.trade.account"].create(
            {"partner_id": head.id, "payment_term_id": term.id, "pricelist_id": plist.id}
        )
        self.assertFalse(head.property_payment_term_id)
        account.action_activate()
        self.assertEqual((head + branch).property_payment_term_id, term)
        self.assertEqual((head + branch).mapped("property_product_pricelist"), plist)
        self.assertEqual(self._company("East Otsu", head).property_payment_term_id, term, "a branch opened later")
        account.payment_term_id = False
        self.assertFalse((head + branch).property_payment_term_id)
        self.assertEqual(head.property_product_pricelist, plist, "only what changed is written")

    def test_one_account_a_company_tree(self):
        _account, head, kyoto, _kobe = self.north
        for partner in (head.copy({"parent_id": head.id}), kyoto, self._contact(head, "North Nobody")):
            with self.assertRaises(ValidationError), self.cr.savepoint():
                self.env["ec.trade.account"].create({"partner_id": partner.id})

    def test_two_customers_do_not_become_one_tree(self):
        with self.assertRaisesRegex(Exception, "has a trade account"):
            self.south[1].parent_id = self.north[1]

    def test_block_needs_a_reason_and_stops_ordering(self):
        account = self.north[0]
        buyer = self._buyer(account, self.roles["purchaser"], "North Ben")
        self.assertTrue(buyer._ec_trade_may("can_order"))
        with self.assertRaises(UserError):
            account.action_block()
        account.block_reason = "pays late"
        account.action_block()
        self.assertFalse(buyer._ec_trade_may("can_order"))

    def test_rights_of_staff(self):
        user = new_test_user(self.env, "trade_user", groups="ec_b2b_portal.group_trade_user")
        manager = new_test_user(self.env, "trade_manager", groups="ec_b2b_portal.group_trade_manager")
        head = self._company("West")
        self.north[0].with_user(user).read()
        with self.assertRaises(AccessError):
            self.env["ec.trade.account"].with_user(user).create({"partner_id": head.id})
        account = self.env["ec.trade.account"].with_user(manager).create({"partner_id": head.id})
        account.action_activate()
        contact = self._contact(head, "West Wendy")
        buyer = (
            self.env["ec.trade.buyer"]
            .with_user(user)
            .create({"account_id": account.id, "partner_id": contact.id, "role_id": self.roles["viewer"].id})
        )
        buyer.action_invite()
        self.assertTrue(buyer.user_id)
        buyer.action_dismiss()
        self.assertFalse(buyer.user_id.active)

    def test_sellers_do_not_see_each_other(self):
        other = self.env["res.company"].create({"name": "Second seller"})
        account = self.env["ec.trade.account"].create(
            {"partner_id": self._company("Far").id, "company_id": other.id, "user_id": False}
        )
        user = new_test_user(self.env, "trade_one_company", groups="ec_b2b_portal.group_trade_manager")
        seen = self.env["ec.trade.account"].with_user(user).search([])
        self.assertIn(self.north[0], seen)
        self.assertNotIn(account, seen)

    def test_buyers_are_told_of_our_entries(self):
        account, head, _kyoto, _kobe = self.north
        buyer = self._buyer(account, self.roles["purchaser"], "North Ben")
        staff = new_test_user(self.env, "entry_clerk", groups="sales_team.group_sale_salesman_all_leads")
        for told in (True, False):
            account.tell_on_behalf = told
            order = self._order(buyer.partner_id, confirm=False)
            order.with_user(staff).action_confirm()
            mails = order.message_ids.filtered(
                lambda message: buyer.partner_id in message.partner_ids and "entered" in (message.subject or "")
            )
            self.assertEqual(len(mails), int(told))
        order = self._order(head)
        self.assertFalse(order.message_ids.filtered(lambda message: "entered" in (message.subject or "")))
