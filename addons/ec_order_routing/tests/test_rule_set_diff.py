from odoo.fields import Command
from odoo.tests import tagged

from .common import RuleCommon


@tagged("post_install", "-at_install")
class TestRuleSetDiff(RuleCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        rules = [Command.create(cls._rule_vals(name, sequence=index)) for index, name in enumerate(("One", "Two", "Three"))]
        cls.first = cls._active(rule_ids=rules, strategy_ids=[Command.create({"name": "Nearest"})])
        cls.second = cls.first._new_version()

    def _changes(self):
        return [
            (change["change"], change["kind"], change["name"], [tuple(line.values()) for line in change["fields"]])
            for change in self.second._diff(self.first)
        ]

    def _rule(self, name):
        return self.second.rule_ids.filtered(lambda rule: rule.name == name)

    def test_a_copy_is_not_different(self):
        self.assertEqual(self._changes(), [])
        self.assertIn("Nothing is different", self.second.diff)

    def test_added_removed_and_changed_rules(self):
        self._rule("One").unlink()
        self._rule("Two").write({"order_domain": "[('amount_total', '>', 50000)]", "stop": True})
        self._rule("Three").action_ids.args = {"code": "risk", "due_hours": 48}
        self.second.rule_ids = [Command.create(self._rule_vals("Four", order_domain="[]", sequence=9))]
        self.assertEqual(
            self._changes(),
            [
                ("changed", "rule", "Two", [("Then stop", "no", "yes"), ("Orders", "Total is over 30,000", "Total is over 50,000")]),
                (
                    "changed",
                    "rule",
                    "Three",
                    [
                        (
                            "Actions",
                            "Hold the order “Suspected fraud” (Due within (hours) 24)",
                            "Hold the order “Suspected fraud” (Due within (hours) 48)",
                        )
                    ],
                ),
                ("added", "rule", "Four", [("", "", "Always → hold the order “Suspected fraud” (Due within (hours) 24)")]),
                (
                    "removed",
                    "rule",
                    "One",
                    [("", "When Total is over 30,000 → hold the order “Suspected fraud” (Due within (hours) 24)", "")],
                ),
            ],
        )

    def test_another_order_of_the_same_rules(self):
        self._rule("Three").sequence = -1
        self.second.rule_ids.invalidate_recordset()
        self.assertEqual(
            self._changes(), [("changed", "set", "Hold", [("Order of the rules", "One, Two, Three", "Three, One, Two")])]
        )

    def test_the_set_and_its_strategies(self):
        self.second.write({"applies_to": "[]"})
        self.second.strategy_ids.max_parcels = 3
        self.assertEqual(
            self._changes(),
            [
                ("changed", "set", "Shops", [("Applies to", "orders of the shops", "all orders")]),
                ("changed", "strategy", "Nearest", [("Most parcels", "1", "3")]),
            ],
        )

    def test_a_draft_is_compared_with_the_active_version(self):
        self.assertEqual(self.second.compare_id, self.first)
        self._rule("One").name = "<b>First</b>"
        self.second.invalidate_recordset()
        self.assertIn("&lt;b&gt;First&lt;/b&gt;", self.second.diff)
        self.second._activate("Second")
        self.second.invalidate_recordset()
        self.assertEqual(self.second.compare_id, self.first)
        self.assertIn("&lt;b&gt;First&lt;/b&gt;", self.second.diff)
