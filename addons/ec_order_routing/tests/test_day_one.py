from odoo.fields import Command
from odoo.tests import tagged

from .test_routing import RoutingCommon


@tagged("post_install", "-at_install")
class TestDayOne(RoutingCommon):
    """The presets as they are, on a database where nobody has set anything up."""

    def setUp(self):
        super().setUp()
        self.rules = self.env["ec.rule.preset"].create({"preset": "shops"})._draft()
        # these orders have no payment at all; what shops say of payment is a matter of channels
        self.rules.rule_ids.filtered(lambda rule: "unpaid" in rule.function_ids.mapped("name")).active = False
        self.rules._activate("First day")
        tokyo = self.env["res.country.state"].search([("country_id", "=", self.japan.id), ("code", "in", ("JP-13", "13"))], limit=1)
        self.good = self._shop_order(2)
        self.good.partner_id.state_id = tokyo
        self.env.flush_all()

    def test_an_ordinary_order_goes_through(self):
        self._route()
        self.assertEqual(self._holds(self.good), [], self.good.ec_decision_ids.plan["steps"])
        plan = self.good.ec_decision_ids.plan
        self.assertEqual(plan["errors"], [])
        self.assertEqual(plan["warehouse_id"], self.warehouse.id, plan["choice"])
        self.assertIn(self.warehouse.name, self.good.ec_decision_ids.outcome)
        self.assertIn(self.warehouse.name, str(self.good.ec_why))

    def test_what_needs_a_person_waits_with_its_reason(self):
        short = self._shop_order(50)
        nowhere = self._shop_order(1)
        nowhere.partner_id.zip = "12"
        self._route()
        self.assertIn("stock_short", self._holds(short))
        self.assertIn("address", self._holds(nowhere))
        self.assertFalse(short.ec_decision_ids.plan["errors"])

    def test_nothing_changes_the_second_time(self):
        orders = self.good + self._shop_order(50)
        self._route()
        before = [(o.warehouse_id, o.carrier_id, self._holds(o), len(o.message_ids)) for o in orders]
        for _time in range(2):
            self.env["ec.routing"]._now(orders)
            self._route()
        self.assertEqual([(o.warehouse_id, o.carrier_id, self._holds(o), len(o.message_ids)) for o in orders], before)

    def test_the_nearer_warehouse_ships(self):
        states = {state.code[-2:]: state for state in self.env["res.country.state"].search([("country_id", "=", self.japan.id)])}
        osaka = self.env["stock.warehouse"].create({"name": "Osaka", "code": "OSA", "company_id": self.company.id})
        self.warehouse.partner_id = self.env["res.partner"].create({"name": "Tokyo", "country_id": self.japan.id, "state_id": states["13"].id})
        osaka.partner_id = self.env["res.partner"].create({"name": "Osaka", "country_id": self.japan.id, "state_id": states["27"].id})
        self.env["stock.quant"]._update_available_quantity(self.tea, osaka.lot_stock_id, 10)
        south = self._shop_order(1)
        south.partner_id.write({"state_id": states["28"].id, "zip": "650-0001", "city": "Kobe"})
        self._route()
        self.assertEqual((self.good.warehouse_id, south.warehouse_id), (self.warehouse, osaka))
        self.env["stock.quant"]._update_available_quantity(self.tea, self.warehouse.lot_stock_id, -8)
        big = self._shop_order(6)
        big.partner_id.state_id = states["13"]
        self._route()
        self.assertEqual(big.warehouse_id, osaka, "Tokyo has not enough")
        self.assertTrue(any("missing" in row["said"] for row in big.ec_decision_ids._why()["candidates"] if row["site"] == self.warehouse.name))

    def test_capacity_is_never_exceeded_and_the_rest_goes_elsewhere(self):
        osaka = self.env["stock.warehouse"].create({"name": "Osaka", "code": "OSA", "company_id": self.company.id})
        self.env["stock.quant"]._update_available_quantity(self.tea, osaka.lot_stock_id, 10)
        self.warehouse.ec_capacity = 2
        self.warehouse.ec_routing_priority, osaka.ec_routing_priority = 1, 2
        orders = self.good + self._shop_order(1) + self._shop_order(1) + self._shop_order(1)
        while self._route():
            pass
        places = [order.warehouse_id for order in orders]
        self.assertEqual((places.count(self.warehouse), places.count(osaka)), (2, 2))
        [day] = self.env["ec.routing.capacity"].search([("warehouse_id", "=", self.warehouse.id)])
        self.assertEqual(day.held, 2)

    def test_other_carriers_lines(self):
        self.good.order_line = [Command.create({"display_type": "line_section", "name": "Gifts"})]
        self._route()
        self.assertFalse(self.good.ec_decision_ids[:1].plan["errors"])
