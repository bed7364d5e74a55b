from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import tagged

from .common import RuleCommon


@tagged("post_install", "-at_install")
class TestRuleSetLint(RuleCommon):
    def _found(self, *rules):
        draft = self._draft(rule_ids=[Command.create(self._rule_vals(sequence=index, **rule)) for index, rule in enumerate(rules)])
        return draft, [(each["level"], each["code"], each["name"]) for each in draft.findings or []]

    def test_sound_rules_have_no_findings(self):
        draft, found = self._found({}, {"name": "Cheap", "order_domain": "[('amount_total', '<', 10)]"})
        self.assertEqual(found, [])
        self.assertEqual((draft.finding_count, draft.error_count), (0, 0))

    def test_an_error_blocks_and_names_its_rule(self):
        draft, found = self._found({"name": "Never", "order_domain": "[('amount_total', '>', 9), ('amount_total', '<', 3)]"}, {})
        self.assertEqual(found, [("error", "never", "Never")])
        self.assertEqual(draft.findings[0]["rule_id"], draft.rule_ids.filtered(lambda rule: rule.name == "Never").id)
        with self.assertRaisesRegex(UserError, "Never: Its conditions contradict each other"):
            draft._activate("Try")
        draft.rule_ids.filtered(lambda rule: rule.name == "Never").active = False
        draft.invalidate_recordset()
        draft._activate("Without it")
        self.assertFalse(draft.findings)

    def test_a_warning_does_not_block(self):
        draft, found = self._found(
            {"name": "All", "stop": True, "order_domain": "[]"}, {"name": "Late", "valid_to": "2020-01-01"}
        )
        self.assertIn(("warning", "unreachable", "Late"), found)
        self.assertEqual(draft.error_count, 0)
        draft._activate("So be it")

    def test_findings_in_japanese(self):
        if "ja_JP" not in dict(self.env["res.lang"].get_installed()):
            self.skipTest("Japanese is not installed")
        draft, _found = self._found({"name": "Never", "order_domain": "[('amount_total', '>', 9), ('amount_total', '<', 3)]"})
        self.assertRegex(draft.with_context(lang="ja_JP").findings[0]["text"], "^[ぁ-んァ-ヶ一-龠、。]+$")

    def test_a_hold_that_nothing_ends_is_told(self):
        vals = {"order_domain": "[]", "function_ids": [Command.create({"name": "gift", "args": {}})]}
        hold = [Command.create({"name": "hold", "args": {"code": "payment_pending"}})]
        _draft, found = self._found({**vals, "name": "Odd", "action_ids": hold})
        self.assertEqual(found, [("warning", "no_release", "Odd")])
        self.env["ec.order.hold.type"]._get_by_code(["payment_pending"])["payment_pending"].released_by = "person"
        _draft, found = self._found({**vals, "name": "Odd", "action_ids": hold})
        self.assertEqual(found, [])
