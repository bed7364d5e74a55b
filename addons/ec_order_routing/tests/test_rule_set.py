from psycopg2.errors import UniqueViolation

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.ec_order_routing.engine.spec import RuleSetSpec

from .common import RuleCommon


@tagged("post_install", "-at_install")
class TestRuleSet(RuleCommon):
    # -- Activating ----------------------------------------------------------------------

    def test_activating_freezes_what_runs(self):
        draft = self._draft()
        said = draft._spec()
        draft.with_user(self.manager)._activate("First rules")
        self.assertRecordValues(
            draft, [{"state": "active", "comment": "First rules", "activated_by_id": self.manager.id, "replaced_id": False}]
        )
        self.assertTrue(draft.activated_at)
        draft.invalidate_recordset()
        self.assertEqual(RuleSetSpec.from_json(draft.frozen), said)
        self.assertEqual(draft._spec(), said)
        self.assertEqual(self.Set._active_set(self.env.company), draft)

    def test_a_comment_is_asked_for(self):
        draft = self._draft()
        for comment in (None, "", "  "):
            with self.assertRaisesRegex(UserError, "what changed and why"):
                draft._activate(comment)
        self.assertEqual(draft.state, "draft")

    def test_a_set_without_rules_is_not_activated(self):
        with self.assertRaisesRegex(UserError, "no rule in use"):
            self._draft(rule_ids=[])._activate("Nothing")
        draft = self._draft()
        draft.rule_ids.active = False
        with self.assertRaisesRegex(UserError, "no rule in use"):
            draft._activate("Nothing")

    def test_activating_twice_is_refused(self):
        active = self._active()
        with self.assertRaises(UserError):
            active._activate("Again")

    def test_the_former_version_retires(self):
        first = self._active()
        second = first._new_version()
        self.assertRecordValues(second, [{"state": "draft", "version": 2, "family": first.family, "parent_id": first.id}])
        second._activate("Second")
        self.assertEqual((first + second).mapped("state"), ["retired", "active"])
        self.assertEqual(second.replaced_id, first)
        self.assertTrue(first.retired_at)
        self.assertEqual(self.Set._active_set(self.env.company), second)

    def test_the_database_keeps_one_active_version(self):
        first = self._active()
        second = first._new_version()
        with self.assertRaises(UniqueViolation), mute_logger("odoo.sql_db"), self.cr.savepoint():
            self.cr.execute("UPDATE ec_rule_set SET state = 'active', frozen = '{}' WHERE id = %s", [second.id])

    def test_families_and_companies_have_one_each(self):
        other = self.env["res.company"].create({"name": "Other"})
        sets = self._active() + self._active(name="Wholesale", sequence=5) + self._active(company_id=other.id)
        self.assertEqual(set(sets.mapped("state")), {"active"})
        self.assertEqual(self.Set._active_set(self.env.company), sets[1] + sets[0])
        self.assertEqual(self.Set._active_set(other), sets[2])

    # -- Immutable -----------------------------------------------------------------------

    def _refused(self, function):
        with self.assertRaisesRegex(UserError, "does not change any more"):
            function()

    def test_nothing_of_a_version_in_use_changes(self):
        strategy = {"name": "Nearest", "fence_ids": [], "criterion_ids": []}
        rule = self._rule_vals(function_ids=[Command.create({"name": "comment"})])
        active = self._active(rule_ids=[Command.create(rule)], strategy_ids=[Command.create(strategy)])
        retired = active._new_version()
        retired._activate("Second")
        retired._retire()
        parts = ["rule_ids", "strategy_ids", "rule_ids.action_ids", "rule_ids.function_ids"]
        for version in (active, retired):
            for user in (self.manager, self.env.user, self.env.ref("base.user_root")):
                one = version.with_user(user).sudo(user != self.manager)
                self._refused(lambda one=one: one.write({"name": "Other"}))
                self._refused(lambda one=one: one.write({"applies_to": "[]"}))
                self._refused(lambda one=one: one.write({"rule_ids": [Command.clear()]}))
                self._refused(one.unlink)
                self._refused(lambda one=one: one.rule_ids.write({"order_domain": "[]"}))
                self._refused(lambda one=one: one.rule_ids.write({"action_ids": [Command.create({"name": "split"})]}))
                for path in parts:
                    for part in one.mapped(path):
                        self._refused(lambda part=part: part.write({"name": part.name}))
                        self._refused(part.unlink)
                self._refused(lambda one=one: self.Rule.with_env(one.env).create({**self._rule_vals(), "rule_set_id": one.id}))
                self._refused(
                    lambda one=one: one.env["ec.rule.action"].create({"rule_id": one.rule_ids.id, "name": "split", "args": {}})
                )
        self.assertEqual(active.rule_ids.action_ids.args, {"code": "risk", "due_hours": 24})

    def test_a_rule_does_not_move_into_a_version_in_use(self):
        active, draft = self._active(), self._draft()
        self._refused(lambda: draft.rule_ids.write({"rule_set_id": active.id}))

    def test_history_is_written_by_activating_only(self):
        draft = self._draft()
        for vals in ({"state": "active"}, {"frozen": {"id": 1}}, {"activated_by_id": 1}, {"comment": "Fine"}):
            with self.assertRaisesRegex(UserError, "activating"):
                draft.write(vals)
            with self.assertRaisesRegex(UserError, "activating"):
                self._draft(**vals)
        active = self._active()
        self.assertEqual(active.trial_percent, 100)
        for vals in ({"state": "draft"}, {"frozen": False}, {"trial_percent": 5}):
            self._refused(lambda vals=vals: active.write(vals))

    def test_a_draft_is_deleted_with_all_of_it(self):
        draft = self._draft()
        rule, action = draft.rule_ids, draft.rule_ids.action_ids
        draft.unlink()
        self.assertFalse(rule.exists() or action.exists())

    # -- Versions ------------------------------------------------------------------------

    def test_a_new_version_is_a_whole_copy(self):
        first = self._active(strategy_ids=[Command.create({"name": "Nearest", "is_default": True})])
        off = self._rule_vals("Off", active=False)
        second = first._new_version()
        second.rule_ids = [Command.create(off)]
        source = {"name": "source", "args": {"strategy": second.strategy_ids.id}}
        second.rule_ids = [Command.create(self._rule_vals("Route", scope="route", action_ids=[Command.create(source)]))]
        second._activate("Route")
        third = second._new_version()
        self.assertEqual(third.version, 3)
        self.assertEqual(third.rule_ids.sorted("name").mapped("name"), ["Expensive", "Off", "Route"])
        self.assertEqual(set(third.rule_ids.mapped("key")), set(second.rule_ids.mapped("key")))
        route = third.rule_ids.filtered(lambda rule: rule.name == "Route")
        self.assertEqual(route.action_ids.args["strategy"], third.strategy_ids.id)
        self.assertNotEqual(third.strategy_ids, second.strategy_ids)
        self.assertEqual(third._diff(second), [])

    def test_a_copy_begins_a_family(self):
        active = self._active()
        copy = active.copy()
        self.assertRecordValues(copy, [{"version": 1, "state": "draft", "frozen": False, "parent_id": False}])
        self.assertNotEqual(copy.family, active.family)
        self.assertEqual(copy.rule_ids.mapped("name"), ["Expensive"])

    def test_rolling_back(self):
        first = self._active()
        second = first._new_version()
        second.rule_ids.stop = True
        second._activate("Stop")
        frozen = first.frozen
        second.with_user(self.manager).action_roll_back()
        self.assertEqual((first + second).mapped("state"), ["active", "retired"])
        self.assertEqual(first.frozen, frozen)
        self.assertEqual(first.activated_by_id, self.manager)
        self.assertEqual(first.comment, "First rules\nRolled back from version 2.")
        with self.assertRaisesRegex(UserError, "no version before"):
            first.action_roll_back()
        third = second._new_version()
        third._activate("Stop again")
        self.assertEqual((third.version, third.replaced_id), (3, first))

    def test_retiring_leaves_none(self):
        active = self._active()
        active.action_retire()
        self.assertEqual(active.state, "retired")
        self.assertFalse(self.Set._active_set(self.env.company))

    # -- Which version decides -------------------------------------------------------------

    def test_the_first_set_that_applies_decides(self):
        shop, plain = self._order(ec_claims_stock=True), self._order()
        shops, rest = self._active(sequence=1), self._active(applies_to="[]", sequence=2)
        self.assertEqual(self.Set._for_orders(shop + plain), {shops: shop, rest: plain})
        rest._retire()
        self.assertEqual(self.Set._for_orders(shop + plain), {shops: shop})

    def test_a_trial_has_its_share_of_the_orders(self):
        active = self._active(applies_to="[]")
        orders = self.env["sale.order"].union(*(self._order() for _index in range(40)))
        trial = active._new_version()
        trial._try("Carefully", 30)
        self.assertEqual((active + trial).mapped("state"), ["active", "trial"])
        found = self.Set._for_orders(orders)
        self.assertEqual(found[active] + found[trial], found[active] | found[trial])
        self.assertEqual(found[active] | found[trial], orders)
        self.assertTrue(0 < len(found[trial]) < 30)
        self.assertEqual(self.Set._for_orders(orders), found)
        trial.with_user(self.manager).trial_percent = 100
        self.assertEqual(self.Set._for_orders(orders), {trial: orders})
        self._refused(lambda: trial.write({"trial_percent": 5, "name": "Other"}))
        trial.action_for_all()
        self.assertEqual((active + trial).mapped("state"), ["retired", "active"])
        self.assertEqual(trial.replaced_id, active)
        self.assertEqual(self.Set._for_orders(orders), {trial: orders})

    def test_a_trial_of_some_orders_only(self):
        active = self._active(applies_to="[]")
        mine, other = self._order(client_order_ref="try"), self._order()
        trial = active._new_version()
        trial._try("Carefully", 100, "[('client_order_ref', '=', 'try')]")
        self.assertEqual(self.Set._for_orders(mine + other), {active: other, trial: mine})
        with self.assertRaisesRegex(UserError, "on trial already"):
            active._new_version()._try("Another")
        trial.action_retire()
        self.assertEqual(self.Set._for_orders(mine + other), {active: mine + other})

    def test_a_trial_without_an_active_version(self):
        trial = self._draft(applies_to="[]")
        trial._try("Alone", 0)
        self.assertEqual(self.Set._for_orders(self._order()), {})
