from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import TransactionCase, tagged

from odoo.addons.mail.tests.common import MockEmail

from .common import TradeWorld


@tagged("post_install", "-at_install")
class TestBuyer(TradeWorld, MockEmail, TransactionCase):
    def _invite(self, email="new@example.com", branches=None, lang="ja_JP"):
        return self.north[0]._invite_buyer(
            "New", email, self.roles["viewer"], branches or self.env["res.partner"], lang
        )

    def test_invitation_gives_a_portal_login_and_a_mail_in_the_language(self):
        for lang, word in (("en_US", "account"), ("ja_JP", "アカウント")):
            with self.mock_mail_gateway(mail_unlink_sent=False):
                buyer = self._invite(f"{lang}@example.com".lower(), lang=lang)
            self.assertTrue(buyer.user_id._is_portal())
            self.assertEqual((buyer.user_id.lang, buyer.partner_id.parent_id), (lang, self.north[1]))
            mail = self._new_mails
            self.assertEqual(len(mail), 1)
            self.assertIn(word, mail.subject + mail.body_html)

    def test_buyer_of_one_branch_belongs_to_it(self):
        buyer = self._invite(branches=self.north[2])
        self.assertEqual(buyer.partner_id.parent_id, self.north[2])
        self.assertFalse(buyer.all_branches)

    def test_login_of_a_stranger_is_parked_without_a_word(self):
        stranger = self._login(self._contact(self.south[1], "South Sue"))
        with self.mock_mail_gateway(mail_unlink_sent=False):
            buyer = self._invite(stranger.login)
        self.assertFalse(self._new_mails)
        self.assertTrue(buyer.problem)
        self.assertFalse(buyer.user_id)
        self.assertFalse(stranger._ec_trade_accounts() & self.north[0])

    def test_dismissed_buyer_loses_login_rights_and_sessions(self):
        buyer = self._invite()
        user = buyer.user_id
        user.password = "secret-enough"
        token = user._compute_session_token("x" * 42)
        order = self._order(user.partner_id)
        self.assertEqual(self.env["sale.order"].with_user(user).search([("id", "=", order.id)]), order)
        buyer._dismiss()
        self.assertFalse(user.active)
        self.assertNotEqual(user._compute_session_token("x" * 42), token)
        again = self._invite()
        self.assertEqual(again, buyer)
        self.assertTrue(user.active and buyer.active and user._is_portal())

    def test_buyer_with_another_seller_keeps_the_login(self):
        other = self.env["res.company"].create({"name": "Second seller"})
        second = self.env["ec.trade.account"].create(
            {"partner_id": self.north[1].id, "company_id": other.id, "user_id": False}
        )
        buyer = self._invite()
        self.env["ec.trade.buyer"].create(
            {"account_id": second.id, "partner_id": buyer.partner_id.id, "role_id": self.roles["viewer"].id}
        )
        buyer._dismiss()
        self.assertTrue(buyer.user_id.active)
        self.assertFalse(buyer.user_id._ec_trade_buyer(self.north[0]))

    def test_what_belongs_to_another_customer_is_refused(self):
        account, head, _kyoto, _kobe = self.north
        contact = self._contact(head, "North Ned")
        foreign = self.env["ec.trade.role"].create({"name": "South's", "account_id": self.south[0].id})
        vals = {"account_id": account.id, "partner_id": contact.id, "role_id": self.roles["viewer"].id}
        for wrong in (
            {"partner_id": self._contact(self.south[1], "South Sid").id},
            {"role_id": foreign.id},
            {"all_branches": False},
            {"all_branches": False, "branch_ids": self.south[2].ids},
        ):
            with self.assertRaises(ValidationError, msg=str(wrong)), self.cr.savepoint():
                self.env["ec.trade.buyer"].create({**vals, **wrong})

    def test_used_role_is_not_deleted(self):
        role = self.env["ec.trade.role"].create({"name": "Own", "account_id": self.north[0].id})
        self._buyer(self.north[0], role, "North Ron")
        with self.assertRaises(UserError):
            role.unlink()

    def test_changes_count_at_once(self):
        account, _head, kyoto, kobe = self.north
        user = self._buyer(account, self.roles["viewer"], "North Vic")
        orders = self._order(kyoto) + self._order(kobe)
        see = lambda: self.env["sale.order"].with_user(user).search([("id", "in", orders.ids)])  # noqa: E731
        buyer = user._ec_trade_buyer(account)
        self.assertFalse(see())
        buyer.role_id = self.roles["approver"]
        self.assertEqual(see(), orders)
        buyer.write({"all_branches": False, "branch_ids": kyoto.ids})
        self.assertEqual(see(), orders[0])
        self.roles["approver"].orders_seen = "own"
        self.assertFalse(see())

    def test_customers_cannot_invite_or_dismiss_by_remote_call(self):
        user = self._buyer(self.north[0], self.roles["administrator"], "North Ada")
        buyer = self._buyer(self.south[0], self.roles["viewer"], "South Ann")._ec_trade_buyer(self.south[0])
        for method in ("action_invite", "action_dismiss"):
            with self.assertRaises(AccessError):
                getattr(buyer.with_user(user), method)()
        self.assertTrue(buyer.active and buyer.user_id.active)
