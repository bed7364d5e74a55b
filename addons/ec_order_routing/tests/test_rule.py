from odoo.exceptions import ValidationError
from odoo.fields import Command
from odoo.tests import Form, tagged

from odoo.addons.ec_order_routing.engine.decide import decide
from odoo.addons.ec_order_routing.engine.spec import RuleSpec

from .common import RuleCommon


@tagged("post_install", "-at_install")
class TestRule(RuleCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.draft = cls._draft(rule_ids=[])

    def _rule(self, **vals):
        return self.Rule.create({"rule_set_id": self.draft.id, **self._rule_vals(**vals)})

    def test_spec_survives_json(self):
        rule = self._rule(
            valid_from="2026-11-01",
            valid_to="2026-12-31",
            stop=True,
            sequence=30,
            line_scope="any",
            line_domain="['|', ('product_uom_qty', '>', 5), ('product_id.default_code', '=like', 'GIFT%')]",
        )
        spec = rule._spec()
        self.assertEqual(RuleSpec.from_json(spec.to_json()), spec)
        self.assertEqual((spec.id, spec.priority, spec.valid_from, spec.stop), (rule.id, 30, "2026-11-01", True))
        self.assertEqual(spec.condition.order, [["amount_total", ">", 30000]])
        self.assertEqual(spec.condition.lines.domain[0], "|")
        self.assertEqual(spec.actions[0].args, {"code": "risk", "due_hours": 24, "reason": None, "key": ""})

    def test_what_was_frozen_decides(self):
        rule = self._rule(function_ids=[Command.create({"name": "gift", "negate": True})])
        self.draft._activate("One rule")
        self.draft.invalidate_recordset()
        for amount, gift, held in ((30001, False, True), (30000, False, False), (30001, True, False)):
            order = {"id": 1, "amount_total": amount, "fact.gift": gift}
            snapshot = {"now": "2026-11-23 01:00:00", "today": "2026-11-23", "order": order, "lines": [], "asked": {}}
            plan = decide(snapshot, self.draft._spec())
            self.assertEqual(list(plan.holds), [("risk", "")] if held else [], plan.steps)
            self.assertEqual({hold.rule for hold in plan.holds.values()}, {rule.id} if held else set())

    def test_types_of_what_the_domains_name(self):
        self._rule(order_domain="[('partner_id.country_id.code', '=', 'JP'), ('partner_id.category_id.name', '=', 'x')]")
        self._rule(line_scope="none", line_domain="[('discount', '>', 0)]", order_domain="[('invoice_status', '=', 'no')]")
        types = self.draft._spec().types
        self.assertEqual(
            types["order"],
            {
                "invoice_status": "selection",
                "partner_id": "many2one",
                "partner_id.category_id": "many2many",
                "partner_id.country_id": "many2one",
                "partner_id.country_id.code": "char",
            },
        )
        self.assertEqual(types["lines"], {"discount": "float:2"})

    def test_rules_switched_off_do_not_run(self):
        self._rule(active=False)
        rule = self._rule()
        self.assertEqual([each.id for each in self.draft._spec().rules], [rule.id])

    # -- What cannot be --------------------------------------------------------------------

    def test_bad_domains_are_refused_with_the_rule_named(self):
        for field in ("order_domain", "line_domain"):
            for text in ("[('no_such_field', '=', 1)]", "[('name', 'near', 1)]", "[('name', '=', uid)]", "oops(", "7", "['|']"):
                with self.assertRaisesRegex(ValidationError, "Expensive", msg=text):
                    self._rule(line_scope="any", **{field: text})

    def test_bad_arguments_are_refused(self):
        other = self.env["res.company"].create({"name": "Other"})
        foreign = self.env["stock.warehouse"].search([("company_id", "=", other.id)], limit=1)
        for name, args, words in (
            ("hold", {}, "needs “Hold type”"),
            ("hold", {"code": None}, "needs “Hold type”"),
            ("hold", {"code": ""}, "is empty"),
            ("hold", {"code": "no_such"}, "no hold type"),
            ("hold", {"code": "risk", "due_hours": "soon"}, "cannot be"),
            ("hold", {"code": "risk", "colour": 1}, "knows no argument"),
            ("no_such", {}, "no action “no_such”"),
            ("warehouse", {"warehouse": 10**8}, "was deleted"),
            ("warehouse", {"warehouse": foreign.id}, "another company"),
        ):
            with self.assertRaisesRegex(ValidationError, words):
                self._rule(action_ids=[Command.create({"name": name, "args": args})])

    def test_a_strategy_of_another_set_is_refused(self):
        strategy = self._draft(strategy_ids=[Command.create({"name": "Nearest"})]).strategy_ids
        with self.assertRaisesRegex(ValidationError, "another version"):
            self._rule(action_ids=[Command.create({"name": "source", "args": {"strategy": strategy.id}})])

    # -- The editor ------------------------------------------------------------------------

    def test_the_function_draws_its_arguments(self):
        action = self.env["ec.rule.action"].new({"name": "hold"})
        self.assertEqual(
            [(arg["name"], arg["kind"], arg["required"]) for arg in action.args_form],
            [("code", "hold_type", True), ("reason", "text", False), ("due_hours", "integer", False), ("key", "text", False)],
        )
        self.assertIn(["risk", "Suspected fraud"], action.args_form[0]["choices"])
        self.assertEqual(action.args, {"code": None, "reason": None, "due_hours": None, "key": ""})
        action.args = {**action.args, "code": "risk"}
        action.name = "warehouse"
        self.assertEqual(action.args, {"warehouse": None})
        self.assertEqual(action.args_form[0]["model"], "stock.warehouse")

    def test_a_rule_is_written_in_the_form(self):
        with Form(self.draft) as form, form.hold_rule_ids.new() as rule:
            rule.name = "Held"
            with rule.action_ids.new() as action:
                action.name = "hold"
                action.args = {"code": "risk", "reason": None, "due_hours": 4, "key": ""}
        self.assertEqual(self.draft.rule_ids.scope, "hold")
        self.assertEqual(self.draft.rule_ids.action_ids.args["due_hours"], 4)

    def test_the_sentence_follows_what_is_edited(self):
        rule = self._rule(function_ids=[Command.create({"name": "cod_over_limit"})])
        with Form(rule) as form:
            self.assertIn("(Limit 300,000)", form.sentence)
            with form.function_ids.edit(0) as function:
                function.args = {"limit": 200000}
                self.assertIn("200,000", function.text)
            self.assertIn("(Limit 200,000)", form.sentence)

    # -- In words --------------------------------------------------------------------------

    def test_sentence(self):
        okinawa = self.env.ref("base.state_jp_jp-47")
        rule = self._rule(
            order_domain=f"[('amount_total', '>', 30000), ('partner_shipping_id.state_id', '=', {okinawa.id})]", stop=True
        )
        self.assertEqual(
            rule.sentence,
            "When Total is over 30,000 and Delivery Address › State is "
            f"{okinawa.display_name}"
            " → hold the order “Suspected fraud” (Due within (hours) 24), then stop",
        )

    def test_sentence_of_or_not_and_lines(self):
        rule = self._rule(
            order_domain="['|', ('state', '=', 'sale'), '!', ('tag_ids', '=', False)]",
            line_scope="all",
            line_domain="[('product_id.default_code', 'ilike', 'ICE')]",
        )
        self.assertEqual(
            rule.when_text,
            "Status is Sales Order or not (Tags is empty) and all lines with Product › Internal Reference contains “ICE”",
        )
        self.assertEqual(self._rule(order_domain="[]", action_ids=[]).sentence, "Always → nothing")

    def test_sentence_in_japanese(self):
        if "ja_JP" not in dict(self.env["res.lang"].get_installed()):
            self.skipTest("Japanese is not installed")
        rule = self._rule().with_context(lang="ja_JP")
        self.assertIn("30,000", rule.sentence)
        self.assertIn("を超える", rule.sentence)
        self.assertNotRegex(rule.sentence, "When|over|Hold")
