from odoo.fields import Command
from odoo.tests import HttpCase, tagged

from .common import ApprovalWorld


@tagged("post_install", "-at_install")
class TestRulePages(ApprovalWorld, HttpCase):
    """The customer's own administrator and the rules of his company."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.admin = cls._buyer(cls.account, cls.roles["administrator"], "North Ada", cls.head)
        cls.open_rule = cls._rule(name="Open rule", customer_may_edit=True, budget=5000)
        cls.fixed = cls._rule(name="Fixed rule", min_amount=7000)
        cls.kyotos = cls._rule(name="Kyoto rule", branch_id=cls.kyoto.id, customer_may_edit=True)
        cls.foreign_rule = cls._rule(name="South rule", account_id=cls.south[0].id, customer_may_edit=True)

    def test_the_administrator_sees_all_rules_and_changes_some(self):
        self._enter(self.admin)
        page = self.url_open("/my/trade/approval-rules").text
        for text in ("Open rule", "Fixed rule", "Kyoto rule", "7,000.00", "Anybody who may approve"):
            self.assertIn(text, page)
        self.assertNotIn("South rule", page)
        path = f"/my/trade/approval-rules/{self.open_rule.id}"
        self.assertIn('value="1000"', self.url_open(path).text)
        answer = self._post(path, min_amount="１，２５０", min_skus="3", budget="", first=str(self._of(self.bob).id))
        self.assertIn("The rule was saved.", answer.text)
        rule = self.open_rule
        self.assertEqual((rule.min_amount, rule.min_skus, rule.budget), (1250, 3, 0))
        self.assertEqual(rule.first_approver_ids, self._of(self.bob))
        self.assertIn("North Bob", self.url_open("/my/trade/approval-rules").text)

    def test_wrong_numbers_are_told_and_nothing_is_saved(self):
        self._enter(self.admin)
        for wrong in (
            {"min_amount": "many"},
            {"min_skus": "1.5"},
            {"budget": "-1"},
            {"budget": "nan"},
            {"budget": "1e99"},
            {"min_amount": "1000,50"},
            {"min_amount": "1,000,50"},
            {"min_amount": "1,2345"},
            {"min_skus": "900000000000"},
            {"min_skus": str(2**31)},
        ):
            page = self._post(f"/my/trade/approval-rules/{self.open_rule.id}", **wrong)
            self.assertIn("Please enter a number, or nothing.", page.text, wrong)
        self.assertEqual(self.open_rule.min_amount, 1000)

    def test_only_buyers_of_the_account_who_may_approve_are_chosen(self):
        self._enter(self.admin)
        for user in (self.stranger, self.purchaser):
            self._post(f"/my/trade/approval-rules/{self.open_rule.id}", min_amount="1", first=str(self._of(user).id))
            self.assertFalse(self.open_rule.first_approver_ids)

    def test_saving_keeps_the_approvers_of_a_blocked_account(self):
        self.open_rule.first_approver_ids = self._of(self.ann) | self._of(self.bob)
        self._of(self.bob).role_id = self.roles["purchaser"]
        self.account.block_reason = "x"
        self.account.action_block()
        self._enter(self.admin)
        path = f"/my/trade/approval-rules/{self.open_rule.id}"
        self.assertIn("North Ann", self.url_open(path).text)
        chosen = [str(self._of(user).id) for user in (self.ann, self.bob)]
        self._post(path, min_amount="5", first=chosen)
        self.assertEqual(self.open_rule.min_amount, 5)
        self.assertEqual(self.open_rule.first_approver_ids, self._of(self.ann) | self._of(self.bob))

    def test_what_is_not_his_is_not_found(self):
        self._enter(self.admin)
        for rule in (self.fixed, self.foreign_rule):
            path = f"/my/trade/approval-rules/{rule.id}"
            self.assertEqual(self.url_open(path).status_code, 404)
            self.assertEqual(self._post(path, min_amount="1").status_code, 404)
        self.assertEqual(self.foreign_rule.min_amount, 1000)
        for user in (self.ann, self.purchaser):
            self._enter(user)
            self.assertEqual(self.url_open("/my/trade/approval-rules").status_code, 404)
            self.assertEqual(self.url_open(f"/my/trade/approval-rules/{self.open_rule.id}").status_code, 404)

    def test_an_administrator_of_a_branch_has_its_rules(self):
        self._of(self.admin).write({"all_branches": False, "branch_ids": [Command.set(self.kyoto.ids)]})
        self._enter(self.admin)
        page = self.url_open("/my/trade/approval-rules").text
        self.assertIn("Kyoto rule", page)
        self.assertNotIn("Open rule", page)
        self.assertEqual(self.url_open(f"/my/trade/approval-rules/{self.open_rule.id}").status_code, 404)

    def test_without_rules_the_page_says_how_to_get_one(self):
        sid = self.stranger
        self.foreign_rule.active = False
        self._enter(sid)
        self.assertIn("Ask us for a rule", self.url_open("/my/trade/approval-rules").text)
