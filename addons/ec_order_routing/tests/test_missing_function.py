from odoo.fields import Command
from odoo.tests import tagged

from odoo.addons.ec_order_routing.engine import registry
from odoo.addons.ec_order_routing.engine.words import Said, _

from .test_routing import RoutingCommon


@tagged("post_install", "-at_install")
class TestMissingFunction(RoutingCommon):
    """An addon whose function a version in use names was uninstalled."""

    def setUp(self):
        super().setUp()
        registry.condition("test_gone", _("It is soon gone"))(lambda snapshot: Said(_("It is soon gone")))
        self.addCleanup(registry._functions["condition"].pop, "test_gone", None)
        self.rules = self._active(
            rule_ids=[
                Command.create(self._rule_vals("Soon gone", function_ids=[Command.create({"name": "test_gone", "args": {}})])),
                Command.create(self._rule_vals("Other", order_domain="[('amount_total', '<', 10)]")),
            ]
        )

    def _uninstall(self):
        registry._functions["condition"].pop("test_gone")
        self.env.registry.clear_cache()
        self.rules.invalidate_recordset()

    def test_the_version_says_so(self):
        self.assertFalse(self.rules.findings)
        self._uninstall()
        [finding] = self.rules.findings
        self.assertEqual((finding["level"], finding["name"], finding["code"]), ("error", "Soon gone", "unknown_function"))
        self.assertIn("There is no condition “test_gone” any more. Orders that meet it wait", finding["text"])
        self.assertEqual(self.rules.error_count, 1)

    def test_the_version_says_so_while_the_process_still_has_the_function(self):
        self.env.registry._init_modules.discard("ec_order_routing")
        self.addCleanup(self.env.registry._init_modules.add, "ec_order_routing")
        self.assertIn("not installed any more", self.rules.findings[0]["text"])

    def test_orders_that_meet_the_rule_are_held_and_others_are_not(self):
        self._uninstall()
        meets, does_not = self._shop_order(40), self._shop_order(1)
        self._route()
        self.assertEqual((self._holds(meets), self._holds(does_not)), (["rule_failed"], []))
        self.assertIn("Soon gone", meets.ec_hold_ids.reason)
        self.assertIn("test_gone", str(meets.ec_decision_ids._why()["errors"]))
        draft = self.rules._new_version()
        self.assertIn("unknown_function", [finding["code"] for finding in draft.findings])
        draft.rule_ids.filtered(lambda rule: rule.name == "Soon gone").active = False
        draft._activate("Without it")
        self._route()
        self.assertEqual(self._holds(meets), [])
