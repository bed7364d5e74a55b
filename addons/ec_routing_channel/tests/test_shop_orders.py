from decimal import Decimal

from odoo.fields import Command
from odoo.tests import tagged

from odoo.addons.ec_channel_base.tests.common import ChannelCommon


@tagged("post_install", "-at_install")
class TestShopOrders(ChannelCommon):
    """Orders of shops meet the rules before they are confirmed."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["ec.listing"].create(
            [
                {"channel_id": cls.channel.id, "external_id": f"V{n}", "sku": product.default_code, "product_id": product.id}
                for n, product in enumerate(cls.products, 1)
            ]
        )
        cls.rules = cls.env["ec.rule.set"].create(
            {
                "name": "Shops",
                "company_id": cls.company.id,
                "rule_ids": [
                    Command.create(
                        {
                            "name": "Comment", "scope": "hold", "function_ids": [Command.create({"name": "comment", "args": {}})],
                            "action_ids": [Command.create({"name": "hold", "args": {"code": "comment"}})],
                        }
                    ),
                    Command.create(
                        {
                            "name": "Risk of this shop", "scope": "hold",
                            "order_domain": f"[('ec_channel_id', '=', {cls.channel.id}), ('amount_total', '>', 500)]",
                            "action_ids": [Command.create({"name": "hold", "args": {"code": "risk"}})],
                        }
                    ),
                ],
            }
        )  # fmt: skip
        cls.rules._activate("First rules")
        cls.env.cr.execute("DELETE FROM ec_routing_todo")

    def route(self):
        self.env.flush_all()
        while self.env["ec.routing"]._work(100):
            pass
        self.env.flush_all()
        self.env.invalidate_all()

    def confirm(self):
        for warehouse_id in self.env["sale.order"]._ec_warehouses_to_confirm():
            while self.env["sale.order"]._ec_work_confirm(warehouse_id):
                pass

    def test_an_order_is_sorted_before_it_is_confirmed(self):
        [order] = self.take_in(self.document())
        self.assertEqual(order.state, "draft", "nobody has looked at it yet")
        self.route()
        self.assertEqual(order.ec_decision_ids.set_id, self.rules)
        self.confirm()
        self.assertEqual(order.state, "sale")

    def test_a_rule_on_the_channel_holds_and_a_change_in_the_shop_lets_go(self):
        document = self.document("2", [self.line(quantity=60)])
        [order] = self.take_in(document)
        self.route()
        self.confirm()
        self.assertEqual((order.state, self.holds(order)), ("draft", ["risk"]))
        smaller = self.later(document, lines=(self.line(quantity=2, original_quantity=Decimal(2)),), total=Decimal(20), current_total=Decimal(20))
        self.take_in(smaller)
        self.route()
        self.confirm()
        self.assertEqual((order.state, self.holds(order)), ("sale", []))

    def test_the_buyers_comment_is_a_fact(self):
        [order] = self.take_in(self.document("3", note="Please ship after Friday"))
        self.route()
        said = order.ec_decision_ids.plan["steps"][0]["said"][0]["p"]
        self.assertIn("Please ship after Friday", str(said))

    def test_confirming_reservation_and_shipping_ask_for_nothing(self):
        [order] = self.take_in(self.document("4"))
        self.route()
        self.confirm()
        self.env.cr.execute("SELECT order_id, reason FROM ec_routing_todo")
        self.assertEqual(self.env.cr.fetchall(), [])
        order.picking_ids.button_validate()
        self.env.flush_all()
        self.env.cr.execute("SELECT order_id, reason FROM ec_routing_todo")
        self.assertEqual(self.env.cr.fetchall(), [])
        self.assertEqual(len(order.ec_decision_ids), 1)
