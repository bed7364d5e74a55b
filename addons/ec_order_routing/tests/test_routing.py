from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import tagged

from odoo.addons.ec_order_routing.engine import registry

from .common import RuleCommon


class RoutingCommon(RuleCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.env.company
        cls.tea = cls.env["product.product"].create({"name": "Tea", "default_code": "TEA", "is_storable": True, "list_price": 1000})
        cls.japan = cls.env.ref("base.jp")
        cls.warehouse = cls.env["stock.warehouse"].search([("company_id", "=", cls.company.id)], limit=1)
        cls.env["stock.quant"]._update_available_quantity(cls.tea, cls.warehouse.lot_stock_id, 10)
        cls.env.cr.execute("DELETE FROM ec_routing_todo")

    @classmethod
    def _shop_order(cls, units=1, **vals):
        partner = cls.env["res.partner"].create(
            {"name": "Sato", "street": "1-1", "city": "Chiyoda", "zip": "100-0001", "country_id": cls.japan.id, "phone": "03-1234-5678"}
        )
        order = cls.env["sale.order"].create(
            {
                "partner_id": partner.id, "ec_claims_stock": True, "warehouse_id": cls.warehouse.id,
                "order_line": [Command.create({"product_id": cls.tea.id, "product_uom_qty": units})], **vals,
            }
        )  # fmt: skip
        cls.env.flush_all()
        return order

    def _route(self, limit=100):
        self.env.flush_all()
        done = self.env["ec.routing"]._work(limit)
        self.env.flush_all()
        self.env.invalidate_all()
        return done

    def _todo(self):
        self.env.cr.execute("SELECT order_id, reason FROM ec_routing_todo ORDER BY id")
        return self.env.cr.fetchall()

    def _holds(self, order):
        return sorted(order.ec_hold_ids.filtered("open").mapped("code"))


@tagged("post_install", "-at_install")
class TestRouting(RoutingCommon):
    def test_nothing_is_noted_while_no_rules_are_active(self):
        order = self._shop_order()
        order.partner_shipping_id.zip = "150-0001"
        self.env.flush_all()
        self.assertEqual(self._todo(), [])
        self.assertFalse(self._route())

    def test_a_new_order_of_anybody_wakes_the_lane(self):
        self._active()
        alarms = self.env["ir.cron.trigger"].search_count([("cron_id", "=", self.env.ref("ec_order_routing.cron_route").id)])
        partner = self.env["res.partner"].create({"name": "Sato"})
        self.env["sale.order"].with_user(self.salesman).create({"partner_id": partner.id})
        self.assertEqual(self.env["ir.cron.trigger"].search_count([("cron_id", "=", self.env.ref("ec_order_routing.cron_route").id)]), alarms + 1)

    def test_an_order_that_no_rule_has_seen_has_no_reason(self):
        self.assertFalse(self._shop_order().ec_why)

    def test_an_order_is_held_by_a_rule_and_let_go_when_it_no_longer_matches(self):
        self._active()
        order = self._shop_order(40)
        self.assertEqual({row[0] for row in self._todo()}, {order.id})
        self.assertEqual(self._route(), 1)
        self.assertEqual(self._holds(order), ["risk"])
        self.assertEqual(self._todo(), [], "what routing writes asks for nothing")
        order.order_line.product_uom_qty = 2
        self.assertEqual(self._route(), 1)
        self.assertEqual(self._holds(order), [])
        self.assertEqual(len(order.ec_decision_ids), 2)

    def test_deciding_again_on_the_same_facts_changes_nothing(self):
        self._active()
        order = self._shop_order(40)
        self._route()
        hold = order.ec_hold_ids
        self.env["ec.routing"]._now(order)
        self.assertEqual(self._route(), 1)
        self.assertEqual(order.ec_hold_ids, hold)
        self.assertEqual(len(order.ec_decision_ids), 1)

    def test_what_a_person_released_stays_released(self):
        self._active()
        order = self._shop_order(40)
        self._route()
        order.ec_hold_ids._release("I know them")
        self.env.flush_all()
        self.assertEqual(self._todo(), [(order.id, "hold")])
        self._route()
        self.assertEqual(self._holds(order), [])
        self.env["ec.routing"]._now(order)
        self._route()
        self.assertEqual(self._holds(order), [])

    def test_orders_of_people_are_left_alone(self):
        self._active()
        order = self._shop_order(40, ec_claims_stock=False)
        self._route()
        self.assertFalse(order.ec_decision_ids)
        self.assertFalse(order.ec_hold_ids)

    def test_an_order_that_waits_to_be_sorted_is_not_confirmed_by_itself(self):
        self._active()
        order = self._shop_order(1)
        free = f"SELECT o.id FROM sale_order o WHERE o.id = %s AND {order._ec_free_sql('o')}"
        self.env.cr.execute(free, [order.id])
        self.assertFalse(self.env.cr.fetchall())
        self._route()
        self.env.cr.execute(free, [order.id])
        self.assertTrue(self.env.cr.fetchall())

    def test_an_address_a_tag_and_a_line_are_noticed_and_a_name_of_ours_is_not(self):
        self._active()
        order = self._shop_order()
        self._route()
        for change in (
            lambda: order.partner_shipping_id.write({"zip": "530-0001"}),
            lambda: order.write({"tag_ids": [Command.create({"name": "VIP"})]}),
            lambda: order.order_line.write({"product_uom_qty": 3}),
            lambda: order.write({"commitment_date": "2030-01-01 00:00:00"}),
        ):
            change()
            self.env.flush_all()
            self.assertEqual({row[0] for row in self._todo()}, {order.id})
            self._route()
            self.assertEqual(self._todo(), [])
        order.write({"access_token": "x"})
        order.message_post(body="hello")
        self.env.flush_all()
        self.assertEqual(self._todo(), [])

    def test_rules_that_retire_let_go_of_what_they_held(self):
        rule_set = self._active()
        order = self._shop_order(40)
        self._route()
        rule_set._retire()
        self._route()
        self.assertEqual(self._holds(order), [])

    def test_other_rules_look_at_open_orders_again(self):
        first = self._active()
        order = self._shop_order(20)
        self._route()
        self.assertEqual(self._holds(order), [])
        second = first._new_version()
        second.rule_ids.order_domain = "[('amount_total', '>', 100)]"
        second._activate("Lower")
        self._route()
        self.assertEqual(self._holds(order), ["risk"])

    def test_an_order_that_cannot_be_decided_is_held_and_stops_no_other(self):
        self._active()
        good, bad = self._shop_order(40), self._shop_order(40)
        apply = type(self.env["ec.routing.apply"])._store

        def fail(model, rule_set, decided, *args):
            if any(order == bad for order, *_rest in decided):
                raise ValueError("boom")
            return apply(model, rule_set, decided, *args)

        self.patch(type(self.env["ec.routing.apply"]), "_store", fail)
        self._route()
        self.assertEqual(self._holds(good), ["risk"])
        self.assertEqual(self._holds(bad), ["rule_failed"])

    def test_a_rule_that_fails_holds_the_order(self):
        self._active()
        self.patch(registry.function("action", "hold").call.__globals__["Draft"], "hold", lambda *args: 1 / 0)
        order = self._shop_order(40)
        self._route()
        self.assertEqual(self._holds(order), ["rule_failed"])
        self.assertIn("Expensive", order.ec_hold_ids.reason)

    def test_a_rule_that_matches_no_order_is_told(self):
        first = self._active(
            rule_ids=[
                Command.create(self._rule_vals("Expensive")),
                Command.create(self._rule_vals("Cheap", order_domain="[('amount_total', '<', 10)]")),
            ]
        )
        draft = first._new_version()
        self.assertFalse(draft.findings, "no order has met them")
        self._shop_order(40)
        self._route()
        draft.rule_ids = [Command.create(self._rule_vals("New", order_domain="[('amount_total', '=', 7)]", sequence=90))]
        draft.invalidate_recordset()
        rules = draft.rule_ids
        rules.mapped("key")
        self.env.flush_all()
        with self.assertQueryCount(1):
            hits = draft._hits(rules)
        self.assertEqual({rules.browse(rule).name: count for rule, count in hits.items()}, {"Expensive": 1, "Cheap": 0})
        self.assertEqual([(each["level"], each["code"], each["name"]) for each in draft.findings], [("info", "never_hit", "Cheap")])

    def test_notes_are_in_the_language_of_the_salesperson(self):
        self.env["res.lang"]._activate_lang("ja_JP")
        self.salesman.lang = "ja_JP"
        self._active()
        order, nobodys = self._shop_order(40, user_id=self.salesman.id), self._shop_order(40, user_id=False)
        order.company_id.partner_id.lang = "en_US"
        self._route()
        risk = order.ec_hold_ids.type_id
        self.assertIn(risk.with_context(lang="ja_JP").name, str(order.message_ids.mapped("body")))
        self.assertIn(risk.with_context(lang="en_US").name, str(nobodys.message_ids.mapped("body")))

    def test_why_is_told_in_the_readers_language(self):
        self._active()
        order = self._shop_order(40)
        self._route()
        self.assertIn("Expensive", str(order.ec_why))
        self.assertIn("On hold", order.ec_decision_ids.outcome)


@tagged("post_install", "-at_install")
class TestReplay(RoutingCommon):
    def _replay(self, rule_set):
        replay = self.env["ec.replay"].create({"set_id": rule_set.id})
        replay.action_start()
        while self.env["ec.replay"]._work():
            pass
        self.assertEqual(replay.state, "done")
        return replay

    def test_active_rules_over_their_own_history_change_nothing(self):
        rule_set = self._active()
        for units in (1, 20, 40, 60):
            self._shop_order(units)
        self._route()
        replay = self._replay(rule_set)
        self.assertEqual((replay.looked_at, replay.changed, replay.unsure, replay.unverified), (4, 0, 0, 0))

    def test_a_rule_that_failed_is_no_difference(self):
        rule_set = self._active()
        self.patch(registry.function("action", "hold").call.__globals__["Draft"], "hold", lambda *args: 1 / 0)
        order = self._shop_order(40)
        self._shop_order(1)
        self._route()
        self.assertEqual(self._holds(order), ["rule_failed"])
        replay = self._replay(rule_set)
        self.assertEqual((replay.looked_at, replay.changed, replay.unsure, replay.unverified), (2, 0, 0, 0))
        self.assertEqual(replay.before, replay.after)
        self.assertEqual(replay.before["holds"], {"rule_failed": 1})

    def test_a_draft_tells_what_it_would_change(self):
        first = self._active()
        orders = [self._shop_order(units) for units in (1, 20, 40, 60)]
        self._route()
        draft = first._new_version()
        draft.rule_ids.order_domain = "[('amount_total', '>', 15000)]"
        replay = self._replay(draft)
        self.assertEqual((replay.looked_at, replay.changed), (4, 1))
        self.assertEqual(replay.line_ids.order_id, orders[1])
        self.assertEqual(replay.line_ids.mapped(lambda line: (line.what, line.before, line.after)), [("holds", "–", "Suspected fraud")])
        self.assertEqual((replay.before["held"], replay.after["held"]), (2, 3))
        self.assertIn("Orders held", str(replay.totals_html))
        replay.action_sign_off()
        self.assertEqual(replay.signed_by_id, self.env.user)

    def test_orders_of_other_rules_are_not_counted(self):
        first = self._active()
        order = self._shop_order(1)
        self._route()
        others = self._draft(name="Wholesale", applies_to="[('client_order_ref', '=', 'wholesale')]")
        with self.assertRaisesRegex(UserError, "from the first active version on"):
            self._replay(others)
        others.applies_to = f"[('id', '=', {order.id})]"
        self.assertEqual(self._replay(others).looked_at, 1, "a family that never decided is tried on what others decided")
        others._activate("Beside the shops")
        self.assertEqual(self._replay(first).looked_at, 1)
        with self.assertRaises(UserError):
            self._replay(others)

    def test_differences_are_told_by_names(self):
        rule_set = self._active()
        replay = self.env["ec.replay"].create({"set_id": rule_set.id})
        user, order, carrier = self.env.user, self._shop_order(1), 10**8

        def told(what, was, becomes):
            line = self.env["ec.replay.line"].create({"replay_id": replay.id, "order_id": order.id, "what": what, "was": was, "becomes": becomes})
            return line.before, line.after

        self.assertEqual(told("holds", [], ["risk", "address"]), ("–", "Suspected fraud, Address doubtful"))
        self.assertEqual(told("warehouse", self.warehouse.id, None), (self.warehouse.name, "–"))
        self.assertEqual(told("carrier", None, carrier), ("–", f"deleted ({carrier})"))
        self.assertEqual(told("cost", 1200.0, 0), ("1,200", "–"))
        self.assertEqual(told("user_id", None, user.id), ("–", user.name))
        self.assertEqual(told("ship_date", "2026-11-24", None), ("11/24/2026", "–"))
        self.assertEqual(told("requests", ["split"], []), ("Ship What Is There", "–"))
        self.assertEqual(told("activities", [{"summary": "Call"}], []), ("Call", "–"))
        reason = {"m": "", "t": "{text}", "p": {"text": "Too dear"}}
        self.assertEqual(told("approvals", [{"user": None, "reason": reason}], []), ("Too dear", "–"))
        self.assertEqual(told("cancel", None, reason), ("–", "Too dear"))
