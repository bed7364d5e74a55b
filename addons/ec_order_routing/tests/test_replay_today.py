"""Rules are tried before any version has decided anything: on orders as they are, which stay as they are."""

from datetime import timedelta

from odoo import fields
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import Form, tagged

from odoo.addons.ec_order_routing.models import ec_replay_today

from .test_routing import RoutingCommon


@tagged("post_install", "-at_install")
class TestReplayToday(RoutingCommon):
    def setUp(self):
        super().setUp()
        self.env["delivery.carrier"].search([]).active = False
        carriage = self.env["product.product"].create({"name": "Carriage", "type": "service"})
        self.cheap, self.dear = (
            self.env["delivery.carrier"].create({"name": name, "product_id": carriage.id, "ec_rate_ids": [Command.create({"price": price})]})
            for name, price in (("Cheap", 500), ("Dear", 900))
        )
        self.west = self.env["stock.warehouse"].create({"name": "West", "code": "WST", "company_id": self.company.id})
        criteria = [Command.create({"name": "cost"})]
        self.draft = self._draft(strategy_ids=[Command.create({"name": "Cheap", "is_default": True, "criterion_ids": criteria})])
        source = {"name": "source", "args": {"strategy": self.draft.strategy_ids.id, "hold_type": "unroutable"}}
        self.draft.rule_ids = [Command.create(self._rule_vals("Route", scope="route", order_domain="[]", action_ids=[Command.create(source)]))]

    def _replay(self, **vals):
        replay = self.env["ec.replay"].create({"set_id": self.draft.id, "source": "today", **vals})
        replay.action_start()
        while self.env["ec.replay"]._work():
            pass
        self.assertEqual(replay.state, "done")
        return replay

    def _lines(self, replay):
        return [(line.order_id, line.what, line.was or None, line.becomes or None) for line in replay.line_ids.sorted("id")]

    def test_without_a_decision_today_is_offered(self):
        self._shop_order(1)
        action = self.draft.action_replay()
        self.assertEqual(action["context"]["default_source"], "today")
        with Form(self.env["ec.replay"].with_context(**action["context"])) as form:
            self.assertEqual((form.source, form.newest, form.only_open), ("today", 1000, True))
        self.draft._activate("First rules")
        self._route()
        self.assertEqual(self.draft._new_version().action_replay()["context"]["default_source"], "then")

    def test_the_plan_is_compared_with_what_the_order_has(self):
        here = self._shop_order(1, carrier_id=self.dear.id)
        there = self._shop_order(2, warehouse_id=self.west.id)
        right = self._shop_order(1, carrier_id=self.cheap.id)
        expensive = self._shop_order(40, carrier_id=self.cheap.id)
        self.env["ec.order.hold"]._open([{"order_id": there.id, "code": "manual", "key": "", "reason": "Wait"}])
        replay = self._replay()
        self.assertEqual((replay.total, replay.looked_at, replay.unsure, replay.unverified), (4, 4, 0, 0))
        self.assertEqual(
            self._lines(replay),
            [
                (here, "carrier", self.dear.id, self.cheap.id),
                (here, "cost", 900, 500),
                (there, "warehouse", self.west.id, self.warehouse.id),
                (there, "carrier", None, self.cheap.id),
                (expensive, "holds", None, ["risk", "unroutable"]),
                (expensive, "parcels", 1, None),
            ],
        )
        self.assertNotIn(right, replay.line_ids.order_id)
        self.assertEqual((replay.changed, replay.before["held"], replay.after["held"]), (3, 1, 2), "what a person holds stays held")
        self.assertEqual((replay.before["cost"], replay.after["cost"], replay.after["fresh"]), (1400, 1000, 500))
        self.assertEqual(replay.before["warehouses"], {str(self.warehouse.id): 3, str(self.west.id): 1})
        self.assertEqual(replay.after["warehouses"], {str(self.warehouse.id): 4})
        self.assertIn("Shipping cost of orders that had none", replay.totals_html)

    def test_nothing_is_written(self):
        orders = self._shop_order(40) + self._shop_order(2, warehouse_id=self.west.id)
        stored = [name for name, field in orders._fields.items() if field.store]
        before = orders.read(stored)
        self._replay()
        self.env.invalidate_all()
        self.assertEqual(orders.read(stored), before)
        self.assertEqual(self._todo(), [])
        self.assertFalse(orders.ec_hold_ids or orders.ec_decision_ids)
        self.assertEqual(self.draft.state, "draft")

    def test_the_newest_orders_of_the_period_in_work(self):
        now = fields.Datetime.now()
        old, older, newer, newest = (self._shop_order(1, date_order=now - timedelta(days=days)) for days in (60, 3, 2, 1))
        cancelled = self._shop_order(1)
        cancelled._action_cancel()
        self.assertEqual(self._replay().total, 3)
        self.assertEqual(self._replay(date_from=now.date() - timedelta(days=90)).line_ids.order_id, old + older + newer + newest)
        self.assertEqual(self._replay(newest=2).line_ids.order_id, newer + newest)
        self.assertEqual(self._replay(newest=0).total, 3)
        newest.ec_claims_stock = False
        self.assertEqual(self._replay().total, 2, "the rules are for orders of shops")
        with self.assertRaisesRegex(UserError, "was placed in this period"):
            self._replay(date_from="2001-01-01", date_to="2001-01-31")

    def test_what_has_left_only_on_request(self):
        order = self._shop_order(1)
        order.action_confirm()
        order.picking_ids.move_ids.write({"quantity": 1, "picked": True})
        order.picking_ids._action_done()
        self.env.flush_all()
        self.assertEqual(order.ec_status, "shipped")
        self._shop_order(1)
        self.assertEqual(self._replay().total, 1)
        self.assertEqual(self._replay(only_open=False).total, 2)

    def test_lots_do_not_count_their_orders_one_by_one(self):
        for _order in range(6):
            self._shop_order(1)
        self.patch(ec_replay_today, "LOT", 2)
        self.assertEqual(self._replay().looked_at, 6)
        counts = []
        for size in (2, 6):
            self.patch(ec_replay_today, "LOT", size)
            replay = self.env["ec.replay"].create({"set_id": self.draft.id, "source": "today"})
            replay.action_start()
            self.env.flush_all()
            self.env.invalidate_all()
            start = self.env.cr.sql_log_count
            replay._cases()
            counts.append(self.env.cr.sql_log_count - start)
        self.assertLessEqual(counts[1], counts[0])
