from odoo.fields import Command
from odoo.tests import tagged

from .test_routing import RoutingCommon


@tagged("post_install", "-at_install")
class TestOneHold(RoutingCommon):
    """A shortage is told once: as short stock where a rule says so, else as nobody who can ship."""

    def setUp(self):
        super().setUp()
        self.rules = self.env["ec.rule.preset"].create({"preset": "shops", "unpaid": "nothing"})._draft()
        self.rules.rule_ids.filtered(lambda rule: "unpaid" in rule.function_ids.mapped("name")).active = False

    def _free(self, order):
        self.env.cr.execute(f"SELECT o.id FROM sale_order o WHERE o.id = %s AND {order._ec_free_sql('o')}", [order.id])
        return bool(self.env.cr.fetchall())

    def _needs(self, order):
        self.env.cr.execute("SELECT need FROM ec_routing_need WHERE order_id = %s", [order.id])
        return [row[0] for row in self.env.cr.fetchall()]

    def test_short_stock_is_one_hold_and_the_order_is_not_confirmed_by_itself(self):
        self.rules._activate("As it came")
        order = self._shop_order(50)
        self._route()
        self.assertEqual((self._holds(order), self._needs(order)), (["stock_short"], ["warehouse"]))
        self.assertIn("lack 40 of 50", order.ec_hold_ids.reason)
        self.assertFalse(self._free(order), "no warehouse is chosen yet")
        self.env["stock.quant"]._update_available_quantity(self.tea, self.warehouse.lot_stock_id, 40)
        self._route()
        self.assertEqual((self._holds(order), self._needs(order)), ([], []))
        self.assertTrue(self._free(order))

    def test_who_releases_it_lets_the_order_go(self):
        self.rules._activate("As it came")
        order = self._shop_order(50)
        self._route()
        order.ec_hold_ids.filtered("open")._release("Comes tomorrow")
        self._route()
        self.assertEqual(self._holds(order), [])
        self.assertTrue(self._free(order))

    def test_another_cause_beside_the_shortage_is_told_too(self):
        self.rules._activate("As it came")
        self.warehouse.ec_zone_zips = "900"
        order = self._shop_order(50)
        self._route()
        self.assertEqual(self._holds(order), ["stock_short", "unroutable"])

    def test_without_a_rule_about_stock_nobody_can_ship(self):
        self.rules.rule_ids.filtered(lambda rule: "stock_short" in rule.function_ids.mapped("name")).active = False
        self.rules._activate("Without it")
        order = self._shop_order(50)
        self._route()
        self.assertEqual(self._holds(order), ["unroutable"])

    def test_a_place_that_is_free_again_asks_for_orders_of_its_company_only(self):
        self.rules.applies_to = "[]"
        self.rules._activate("As it came")
        self.warehouse.ec_zone_zips = "900"
        mine = self._shop_order(1)
        self._route()
        self.assertEqual(self._holds(mine), ["unroutable"])
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        theirs = self.env["sale.order"].with_company(elsewhere).create(
            {"partner_id": mine.partner_id.id, "company_id": elsewhere.id, "order_line": [Command.create({"name": "Nothing", "display_type": "line_note"})]}
        )
        self.env.flush_all()
        self.env.cr.execute("DELETE FROM ec_routing_todo")
        self.env.cr.execute("INSERT INTO ec_routing_need (order_id, need) VALUES (%s, 'warehouse')", [theirs.id])
        self.env["ec.routing.todo"]._add_full(self.company.ids)
        self.assertEqual(self._todo(), [(mine.id, "stock")])

    def test_a_cancelled_order_gives_its_place_to_orders_of_its_company(self):
        self.rules._activate("As it came")
        self.warehouse.ec_capacity = 1
        first = self._shop_order(1)
        while self._route():
            pass
        second = self._shop_order(1)
        while self._route():
            pass
        self.assertEqual((self._holds(first), self._holds(second)), ([], ["unroutable"]))
        first._action_cancel()
        self.env.flush_all()
        self.assertIn((second.id, "stock"), self._todo())
