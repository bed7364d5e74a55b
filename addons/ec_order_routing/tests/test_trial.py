"""A version on trial ends by itself when it does worse than it may."""

import contextlib
import importlib.util
from pathlib import Path

from odoo import SUPERUSER_ID, api
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY
from odoo.sql_db import db_connect
from odoo.tests import tagged
from odoo.tests.common import BaseCase, get_db_name

from odoo.addons.ec_order_routing.engine import registry
from odoo.addons.ec_order_routing.models import ec_rule_set

from .test_routing import RoutingCommon

WIDE_OPEN = {"trial_min_orders": 4, "trial_max_held": 100, "trial_more_held": 100, "trial_more_cost": 1000, "trial_max_failed": 100}


@tagged("post_install", "-at_install")
class TestTrial(RoutingCommon):
    def setUp(self):
        super().setUp()
        # every other order meets the trial
        self.patch(ec_rule_set, "_share_of", lambda text: 99 * (int(text.rpartition(":")[2]) % 2))
        self.active = self._active()

    def _trial(self, limit=30000, domain="[]", **band):
        trial = self.active._new_version()
        trial.write({**WIDE_OPEN, **band})
        trial.rule_ids.order_domain = f"[('amount_total', '>', {limit})]"
        trial._try("Carefully", 50, domain)
        return trial

    def _orders(self, *units, **vals):
        return self.env["sale.order"].union(*(self._shop_order(each, **vals) for each in units))

    def _pairs(self, *units):
        """For each number two orders, one of which meets the trial."""
        return self._orders(*(each for number in units for each in (number, number)))

    def _judge(self):
        """A lot is decided, and the next one judges it."""
        for _lot in range(3):
            self._route()

    def test_too_many_holds_end_it_once_and_the_active_version_decides_again(self):
        trial = self._trial(100, trial_max_held=50)
        orders = self._pairs(1, 2, 3, 4)
        self._route()
        self.assertEqual(trial.state, "trial", "judged by the next lot")
        tried = orders.filtered(lambda order: self._holds(order) == ["risk"])
        self.assertEqual(len(tried), 4)
        messages = trial.message_ids
        self._judge()
        self.assertEqual((trial.state, self.active.state), ("retired", "active"))
        self.assertTrue(trial.retired_at)
        self.assertEqual(trial.ended_because, "The trial ended by itself after 4 orders.\nIt holds 100 % of its orders; 50 % are allowed.")
        for order in tried:
            self.assertEqual(order.ec_decision_ids.mapped(lambda decision: (decision.set_id, decision.held)), [(self.active, False), (trial, True)])
        self.assertEqual([self._holds(order) for order in orders], [[]] * 8)
        self._judge()
        self.assertIn("It holds 100 % of its orders", (trial.message_ids - messages).body)
        self.assertRecordValues(trial.activity_ids, [{"user_id": trial.author_id.id, "summary": "The trial ended by itself"}])

    def test_what_stays_inside_goes_on(self):
        trial = self._trial(100, trial_max_held=100)
        self._pairs(1, 2, 3, 4)
        self._judge()
        self.assertEqual((trial.state, trial.ended_because), ("trial", False))

    def test_few_orders_say_nothing(self):
        trial = self._trial(100, trial_max_held=50)
        self._pairs(1, 2, 3)
        self._judge()
        self.assertEqual(trial.state, "trial")
        self._pairs(4)
        self._judge()
        self.assertEqual(trial.state, "retired")

    def test_a_person_may_watch_instead(self):
        trial = self._trial(100, trial_max_held=50, trial_guarded=False)
        self._pairs(1, 2, 3, 4)
        self._judge()
        self.assertEqual(trial.state, "trial")

    def test_holds_are_compared_with_the_active_version(self):
        trial = self._trial(3500, trial_more_held=10)
        self._pairs(1, 2, 40, 50)
        self._judge()
        self.assertEqual(trial._trial_figures(), ((4, 2, 0, 0, None), (4, 2, 0, 0, None)))
        self.assertEqual(trial.state, "trial", "the active version holds half of its orders too")
        self._pairs(10)
        self._judge()
        self.assertEqual(trial.state, "retired")
        self.assertIn("It holds 60 % of its orders, the active version 40 %; 10 points more are allowed.", trial.ended_because)

    def test_older_orders_in_work_count_on_both_sides(self):
        orders = self._pairs(40, 50, 60, 70)
        self._route()
        trial = self._trial(30000, trial_more_held=10)
        self._judge()
        self.assertEqual(trial._trial_figures(), ((4, 4, 0, 0, None), (4, 4, 0, 0, None)))
        self.assertEqual(trial.state, "trial", "it holds what was held before")
        orders._action_cancel()
        self.assertEqual([each.orders for each in trial._trial_figures()], [0, 0])

    def test_a_trial_of_some_orders_is_compared_with_such_orders(self):
        trial = self._trial(100, "[('client_order_ref', '=', 'try')]", trial_more_held=10)
        self._pairs(1, 2, 3, 4)
        self._orders(40, 40, 50, 50, 60, 60, 70, 70, client_order_ref="try")
        self._judge()
        self.assertEqual([figures[:2] for figures in trial._trial_figures()], [(4, 4), (4, 4)])
        self.assertEqual(trial.state, "trial")

    def test_a_hold_that_blocks_nothing_is_not_counted(self):
        types = self.env["ec.order.hold.type"].search([("code", "=", "risk")])
        types.write({"blocks_confirm": False, "blocks_delivery": False})
        trial = self._trial(100, trial_max_held=50)
        self._pairs(1, 2, 3, 4)
        self._judge()
        self.assertEqual(trial.state, "trial")
        self.assertEqual(trial._trial_figures()[0][:2], (4, 0))

    def test_failed_rules_end_it(self):
        trial = self._trial(100, trial_max_failed=20)
        self.patch(registry.function("action", "hold").call.__globals__["Draft"], "hold", lambda *args: 1 / 0)
        self._pairs(1, 2, 3, 4)
        self._judge()
        self.assertIn("Rules failed for 100 % of its orders; 20 % are allowed.", trial.ended_because)

    def test_dearer_shipping_ends_it(self):
        self.env["delivery.carrier"].search([]).active = False
        carriage = self.env["product.product"].create({"name": "Carriage", "type": "service"})
        for name, price, days in (("Cheap", 500, 3), ("Fast", 900, 1)):
            rate = Command.create({"price": price, "days": days})
            self.env["delivery.carrier"].create({"name": name, "product_id": carriage.id, "ec_rate_ids": [rate]})
        self.active = self._sourced("cost")
        self.active._activate("Cheap")
        trial = self._sourced("days")
        trial.write({**WIDE_OPEN, "trial_more_cost": 85})
        trial._try("Fast", 50)
        self._pairs(1, 1, 1, 1)
        self._judge()
        self.assertEqual(trial._trial_figures(), ((4, 0, 0, 4, 900.0), (4, 0, 0, 4, 500.0)))
        self.assertEqual(trial.state, "trial", "80 % dearer")
        trial.trial_more_cost = 10
        self._judge()
        self.assertEqual(trial.state, "retired")
        self.assertIn("An order costs 900 to ship, with the active version 500; 10 % more are allowed.", trial.ended_because)
        self._check_migration()

    def _check_migration(self):
        """What older decisions are counted by is what the lane would have stored."""
        path = Path(__file__).parents[1] / "migrations" / "19.0.1.1.0" / "post-figures.py"
        spec = importlib.util.spec_from_file_location("figures", path)
        script = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(script)
        figures = "SELECT id, held, failed, cost FROM ec_decision ORDER BY id"
        self.env.cr.execute(figures)
        before = self.env.cr.fetchall()
        self.assertIn(900.0, [row[3] for row in before])
        self.env.cr.execute("UPDATE ec_decision SET held = NULL, failed = NULL, cost = NULL")
        script.migrate(self.env.cr, "19.0.1.0.0")
        self.env.cr.execute(figures)
        self.assertEqual(self.env.cr.fetchall(), before)

    def _sourced(self, first):
        """A draft that chooses by this criterion first."""
        draft = self.active._new_version()
        draft.strategy_ids.unlink()
        criteria = [Command.create({"name": name, "sequence": 0 if name == first else 1}) for name in ("cost", "days")]
        draft.strategy_ids = [Command.create({"name": first, "is_default": True, "fence_ids": [], "criterion_ids": criteria})]
        source = {"name": "source", "args": {"strategy": draft.strategy_ids.id}}
        draft.rule_ids = [Command.clear(), Command.create(self._rule_vals("Route", scope="route", order_domain="[]", action_ids=[Command.create(source)]))]
        return draft

    def test_one_statement_a_lot(self):
        trial = self._trial()
        self._pairs(1, 2, 3, 4)
        self._judge()
        trial._out_of_band(*trial._trial_figures())
        with self.assertQueryCount(1):
            trial._of_family("active")
        with self.assertQueryCount(2):
            trial._out_of_band(*trial._trial_figures())

    def test_the_form_tells_how_it_does(self):
        trial = self._trial(100, trial_min_orders=20).with_user(self.hold_user)
        self.assertIn("No order has met this version yet.", trial.trial_html)
        self.assertIn("Judged from 20 orders on.", trial.trial_html)
        self._pairs(1, 2, 3, 4)
        self._judge()
        trial.invalidate_recordset()
        self.assertNotIn("No order has met", trial.trial_html)
        for text in ("Orders held", "100 %", "0 %", "Judged from 20 orders on."):
            self.assertIn(text, trial.trial_html)
        self.assertFalse(self.active.trial_html)

    def test_the_band_is_set_when_it_begins_and_may_change(self):
        draft = self.active._new_version()
        wizard = self.env["ec.rule.set.activate"].with_user(self.manager)
        vals = {"rule_set_id": draft.id, "comment": "Carefully", "share": "trial", "trial_min_orders": 7, "trial_max_held": 33}
        wizard.create(vals).action_activate()
        self.assertRecordValues(draft, [{"state": "trial", "trial_percent": 10, "trial_guarded": True, "trial_min_orders": 7, "trial_max_held": 33}])
        draft.with_user(self.manager).write({"trial_more_held": 5, "trial_guarded": False})
        with self.assertRaisesRegex(UserError, "does not change any more"):
            self.active.write({"trial_more_held": 5})
        with self.assertRaisesRegex(UserError, "activating"):
            draft.write({"ended_because": "I say so"})


@tagged("post_install", "-at_install")
class TestTrialOfTwoWorkers(BaseCase):
    def setUp(self):
        super().setUp()
        self.addCleanup(self.clean)
        with self.transaction() as env:
            rule = {"name": "All", "scope": "hold", "action_ids": [Command.create({"name": "hold", "args": {"code": "risk"}})]}
            trial = env["ec.rule.set"].create({"name": "Judged twice", "rule_ids": [Command.create(rule)], "applies_to": "[('client_order_ref', '=', 'judged twice')]"})
            trial.write({"trial_min_orders": 2, "trial_max_held": 50})
            trial._try("Carefully")
            self.trial_id = trial.id
            partner = env["res.partner"].create({"name": "Judged twice"})
            orders = env["sale.order"].create([{"partner_id": partner.id, "client_order_ref": "judged twice"} for _each in range(2)])
            env.flush_all()
            env["ec.routing"]._route(dict.fromkeys(orders.ids, "new"))

    @contextlib.contextmanager
    def transaction(self):
        with db_connect(get_db_name()).cursor() as cr:
            yield api.Environment(cr, SUPERUSER_ID, {})

    def clean(self):
        with self.transaction() as env:
            trial = env["ec.rule.set"].search([("name", "=", "Judged twice")])
            trial.message_ids.unlink()
            trial.activity_ids.unlink()
            orders = env["sale.order"].search([("client_order_ref", "=", "judged twice")])
            orders._action_cancel()
            orders.unlink()
            env["res.partner"].search([("name", "=", "Judged twice")]).unlink()
            env.flush_all()
            env.cr.execute("DELETE FROM ec_rule_set WHERE id = ANY(%s)", [trial.ids])

    def test_one_of_two_ends_it(self):
        """Both see figures that are too bad; the second one learns that it does not see the newest state."""
        with self.transaction() as one, self.transaction() as two:
            for env in (one, two):
                env.cr.execute("SELECT 1")  # its snapshot
            one["ec.rule.set"]._judge_trials()
            one.cr.commit()
            with self.assertRaises(PG_CONCURRENCY_EXCEPTIONS_TO_RETRY):
                two["ec.rule.set"]._judge_trials()
            two.cr.rollback()
            two.invalidate_all(flush=False)
            two["ec.rule.set"]._judge_trials()
            trial = two["ec.rule.set"].browse(self.trial_id)
            self.assertEqual(trial.state, "retired")
            self.assertEqual(len(trial.activity_ids), 1)
            self.assertEqual(len(trial.message_ids.filtered(lambda message: "ended by itself" in message.body)), 1)
            two.cr.execute("SELECT count(*) FROM ec_routing_todo q JOIN sale_order o ON o.id = q.order_id WHERE o.client_order_ref = 'judged twice'")
            self.assertGreaterEqual(two.cr.fetchone()[0], 2, "its orders are decided again")
