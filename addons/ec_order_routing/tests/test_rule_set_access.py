from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged

from .common import RuleCommon

MODELS = (
    "ec.rule.set",
    "ec.rule",
    "ec.rule.function",
    "ec.rule.action",
    "ec.routing.strategy",
    "ec.routing.criterion",
    "ec.routing.fence",
)


@tagged("post_install", "-at_install")
class TestRuleSetAccess(RuleCommon):
    def test_an_ordinary_salesperson_sees_nothing(self):
        self._draft()
        for model in (*MODELS, "ec.rule.preset", "ec.rule.set.activate"):
            with self.assertRaises(AccessError):
                self.env[model].with_user(self.salesman).search([])
        visible = self.env["ir.ui.menu"].with_user(self.salesman)._visible_menu_ids()
        self.assertNotIn(self.env.ref("ec_order_routing.menu_rules").id, visible)

    def test_who_releases_holds_reads_rules(self):
        draft = self._draft().with_user(self.hold_user)
        self.assertIn("Suspected fraud", draft.rule_ids.sentence)
        for change in (
            lambda: draft.write({"name": "Other"}),
            lambda: draft.rule_ids.write({"name": "Other"}),
            lambda: draft._activate("Mine"),
            draft.action_new_version,
            lambda: draft.env["ec.rule.set.activate"].create({"rule_set_id": draft.id, "comment": "Mine"}),
            lambda: draft.env["ec.rule.preset"].action_create_shops(),
        ):
            with self.assertRaises(AccessError):
                change()
        self.assertEqual((draft.state, draft.name), ("draft", "Shops"))

    def test_who_decides_about_holds_writes_rules(self):
        draft = self.Set.with_user(self.manager).create(
            {"name": "Mine", "rule_ids": [Command.create(self._rule_vals())]}
        )
        self.assertEqual(draft.author_id, self.manager)
        draft.rule_ids.stop = True
        wizard = draft.env["ec.rule.set.activate"].create({"rule_set_id": draft.id, "comment": "First"})
        wizard.action_activate()
        self.assertEqual((draft.state, draft.comment), ("active", "First"))

    def test_another_company_sees_nothing(self):
        other = self.env["res.company"].create({"name": "Other"})
        stranger = new_test_user(
            self.env,
            "rule_stranger",
            groups="ec_order_hold.group_hold_manager",
            company_id=other.id,
            company_ids=[Command.set(other.ids)],
        )
        ours = self._draft(strategy_ids=[Command.create({"name": "Nearest"})])
        theirs = self._draft(company_id=other.id, strategy_ids=[Command.create({"name": "Nearest"})])
        for model in MODELS:
            seen = self.env[model].with_user(stranger).search([])
            self.assertLessEqual(seen.company_id, other, model)
        self.assertEqual(self.Set.with_user(stranger).search([]), theirs)
        self.assertEqual(self.Rule.with_user(stranger).search([]), theirs.rule_ids)
        for call in (lambda: ours.with_user(stranger).read(["name"]), lambda: ours.with_user(stranger)._activate("Mine")):
            with self.assertRaises(AccessError):
                call()
        self.assertEqual(ours.state, "draft")
