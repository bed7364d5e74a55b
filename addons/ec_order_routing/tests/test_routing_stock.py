from odoo.fields import Command
from odoo.tests import tagged

from .test_routing import RoutingCommon


@tagged("post_install", "-at_install")
class TestRoutingStock(RoutingCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.second = cls.env["stock.warehouse"].create({"name": "Osaka", "code": "OSA", "company_id": cls.company.id})

    def _free(self, *orders):
        snapshots = self.env["ec.routing.facts"]._read_snapshots([order.id for order in orders], (), ("fact.free", "fact.incoming"))
        return [snapshot["lines"][0]["fact.free"].get(str(self.warehouse.id), 0) for snapshot in snapshots]

    def test_first_come_first_served(self):
        orders = [self._shop_order(4) for _number in range(4)]
        self.assertEqual(self._free(*orders), [10, 6, 2, 0], "each sees what the earlier ones leave")
        orders[0]._action_cancel()
        self.env.flush_all()
        self.assertEqual(self._free(*orders[1:]), [10, 6, 2])

    def test_what_is_reserved_for_an_order_is_its_own(self):
        first = self._shop_order(8)
        first.action_confirm()
        second = self._shop_order(4)
        self.env.flush_all()
        self.assertEqual(self._free(first, second), [10, 2])

    def test_pools_of_others_do_not_count(self):
        buyer = self.env["res.partner"].create({"name": "Key account"})
        self.env["ec.stock.pool"].create(
            {"name": "Key", "product_id": self.tea.id, "warehouse_id": self.warehouse.id, "quantity": 7, "partner_id": buyer.id}
        )
        order = self._shop_order(1)
        own = self._shop_order(1, partner_id=buyer.id)
        self.assertEqual(self._free(order, own), [3, 9])

    def test_receipts_to_come_are_dated(self):
        self.env["stock.move"].create(
            {
                "product_id": self.tea.id, "product_uom_qty": 5, "location_id": self.env.ref("stock.stock_location_suppliers").id,
                "location_dest_id": self.warehouse.lot_stock_id.id, "date": "2030-05-01 00:00:00",
            }
        )._action_confirm()  # fmt: skip
        order = self._shop_order(1)
        [snapshot] = self.env["ec.routing.facts"]._read_snapshots(order.ids, (), ("fact.incoming",))
        self.assertEqual(snapshot["lines"][0]["fact.incoming"], [["2030-05-01", 5.0]])

    def test_orders_that_wait_for_stock_are_looked_at_when_it_comes_and_no_others(self):
        self._active(rule_ids=[Command.create(self._short_rule())])
        short, fine = self._shop_order(30), self._shop_order(1)
        other = self.env["product.product"].create({"name": "Other", "is_storable": True})
        self._route()
        self.assertEqual(self._holds(short), ["stock_short"])
        # the first one's claim comes before the second one's
        self.assertEqual(self._holds(fine), ["stock_short"])
        self.env["stock.quant"]._update_available_quantity(other, self.warehouse.lot_stock_id, 5)
        self.env.flush_all()
        self.assertEqual(self._todo(), [])
        self.env["stock.quant"]._update_available_quantity(self.tea, self.warehouse.lot_stock_id, 30)
        self.env.flush_all()
        self.assertEqual(set(self._todo()), {(short.id, "stock"), (fine.id, "stock")})
        self._route()
        self.assertEqual(self._holds(short) + self._holds(fine), [])

    @classmethod
    def _short_rule(cls):
        return cls._rule_vals(
            "Short", order_domain="[]", function_ids=[Command.create({"name": "stock_short", "args": {}})],
            action_ids=[Command.create({"name": "hold", "args": {"code": "stock_short"}})],
        )  # fmt: skip

    def test_time_alone_lets_go(self):
        self.tea.product_tmpl_id.ec_release_date = "2031-01-01"
        self._active(
            rule_ids=[
                Command.create(
                    self._rule_vals(
                        "Release", order_domain="[]", function_ids=[Command.create({"name": "not_released", "args": {}})],
                        action_ids=[Command.create({"name": "hold", "args": {"code": "release_date"}})],
                    )  # fmt: skip
                )
            ]
        )
        order = self._shop_order(1)
        self._route()
        self.assertEqual(self._holds(order), ["release_date"])
        self.env.cr.execute("SELECT at FROM ec_routing_clock WHERE order_id = %s", [order.id])
        self.assertTrue(self.env.cr.fetchone())
        self.tea.product_tmpl_id.ec_release_date = "2020-01-01"
        self.env.cr.execute("UPDATE ec_routing_clock SET at = now() AT TIME ZONE 'UTC'")
        self.assertEqual(self.env["ec.routing.todo"]._add_due(), 1)
        self._route()
        self.assertEqual(self._holds(order), [])

    def test_a_warehouse_that_rejects_is_not_asked_again_and_its_stock_is_held_back(self):
        order = self._shop_order(3)
        order.action_confirm()
        self.assertEqual(order.picking_ids.state, "assigned")
        order._ec_reject(self.warehouse, "not_found", order.order_line, "empty shelf")
        self.env.flush_all()
        self.assertEqual(self.env["ec.routing.reject"]._of(order.ids), {order.id: {self.warehouse.id}})
        pool = self.env["ec.stock.pool"].search([("product_id", "=", self.tea.id)])
        self.assertEqual((pool.quantity, pool.warehouse_id), (10, self.warehouse))
        self.assertEqual(self._free(self._shop_order(1)), [0])
        self.env["stock.quant"]._update_available_quantity(self.tea, self.second.lot_stock_id, 5)
        order._ec_reroute(self.second)
        picking = order.picking_ids.filtered(lambda p: p.state != "cancel")
        self.assertEqual((picking.picking_type_id.warehouse_id, picking.state), (self.second, "assigned"))

    def test_lines_that_ship_from_elsewhere(self):
        coffee = self.env["product.product"].create({"name": "Coffee", "is_storable": True, "list_price": 500})
        self.env["stock.quant"]._update_available_quantity(coffee, self.second.lot_stock_id, 5)
        order = self._shop_order(2)
        order.order_line = [Command.create({"product_id": coffee.id, "product_uom_qty": 1})]
        order.order_line[1].ec_warehouse_id = self.second
        order._ec_confirm_batch()
        places = {picking.picking_type_id.warehouse_id: picking.state for picking in order.picking_ids}
        self.assertEqual(places, {self.warehouse: "assigned", self.second: "assigned"})
