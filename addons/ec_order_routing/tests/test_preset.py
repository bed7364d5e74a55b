from odoo.tests import tagged

from odoo.addons.ec_order_routing.presets import PRESETS

from .common import RuleCommon


@tagged("post_install", "-at_install")
class TestPreset(RuleCommon):
    def test_a_preset_activates_as_it_is(self):
        for code, preset in PRESETS.items():
            with self.subTest(code):
                action = getattr(self.env["ec.rule.preset"].with_user(self.manager), f"action_create_{code}")()
                draft = self.Set.with_user(self.manager).browse(action["res_id"])
                self.assertEqual(draft.state, "draft")
                self.assertEqual(len(draft.rule_ids), len(preset["rules"]))
                self.assertFalse(draft.findings)
                draft._activate("As it came")
                self.assertEqual(draft.state, "active")
                self.assertEqual(draft._spec().to_json(), draft.frozen)

    def test_presets_are_translated(self):
        if "ja_JP" not in dict(self.env["res.lang"].get_installed()):
            self.skipTest("Japanese is not installed")
        for code in PRESETS:
            draft = self.env["ec.rule.preset"].with_context(lang="ja_JP").create({"preset": code})._draft()
            for text in [draft.name, *draft.rule_ids.mapped("name"), *draft.strategy_ids.mapped("name")]:
                self.assertRegex(text, "[ぁ-んァ-ヶ一-龠]")
            for text in draft.rule_ids.mapped("sentence"):
                self.assertNotRegex(text, r"[A-Za-z]{6,}", text)

    def test_hold_types_say_what_to_do(self):
        for code in (
            "island_fee",
            "cod_limit",
            "release_date",
            "requested_date",
            "mixed_temperature",
            "gift",
            "combine",
            "credit_limit",
            "approval",
            "unroutable",
            "preorder",
        ):
            hold_type = self.env["ec.order.hold.type"]._get_by_code([code])[code]
            self.assertTrue(hold_type.advice and hold_type.released_when, code)
