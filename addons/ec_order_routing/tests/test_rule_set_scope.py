from odoo.exceptions import UserError
from odoo.tests import Form, tagged

from .common import RuleCommon


@tagged("post_install", "-at_install")
class TestRuleSetScope(RuleCommon):
    def test_a_choice_is_a_domain_and_a_domain_is_a_choice(self):
        draft = self._draft()
        self.assertEqual((draft.applies_choice, draft.applies_text), ("shops", "orders of the shops"))
        for choice, domain, text in (("all", "[]", "all orders"), ("hand", '[("ec_claims_stock", "=", False)]', "orders entered by hand")):
            draft.applies_choice = choice
            self.assertEqual((draft.applies_to, draft.applies_text), (domain, text))
        draft.applies_to = "[('amount_total', '>', 1)]"
        self.assertEqual(draft.applies_choice, "own")

    def test_the_form_changes_the_domain_with_the_choice(self):
        with Form(self._draft().with_user(self.manager)) as form:
            form.applies_choice = "all"
            self.assertEqual(form.applies_to, "[]")
            form.applies_choice = "own"
            form.applies_to = "[('amount_total', '>', 1)]"
        self.assertEqual(form.record.applies_choice, "own")

    def test_a_version_in_use_keeps_its_choice(self):
        active = self._active()
        with self.assertRaises(UserError):
            active.applies_choice = "all"

    def test_a_draft_that_no_order_meets_says_so(self):
        company = self.env["res.company"].create({"name": "No shop yet"})
        draft = self._draft(company_id=company.id)
        self.assertTrue(draft.no_order)
        self._order(company_id=company.id)
        draft.invalidate_recordset()
        self.assertTrue(draft.no_order)
        for choice in ("hand", "all"):
            draft.applies_choice = choice
            self.assertFalse(draft.no_order)

    def test_the_first_version_needs_no_story(self):
        draft = self._draft()
        action = draft.with_user(self.manager).action_activate()
        wizard = self.env["ec.rule.set.activate"].with_user(self.manager).with_context(action["context"]).create({})
        self.assertEqual((wizard.comment, wizard.applies_text), ("First version", "orders of the shops"))
        wizard.action_activate()
        self.assertEqual(draft.comment, "First version")
        self.assertFalse(draft._new_version().action_activate()["context"]["default_comment"])
