from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import tagged

from .test_routing import RoutingCommon


@tagged("post_install", "-at_install")
class TestCombination(RoutingCommon):
    def setUp(self):
        super().setUp()
        self.first = self._shop_order(2)
        self.other = self._shop_order(3, partner_id=self.first.partner_id.id)
        self.carrier = self.env["delivery.carrier"].search([], limit=1)

    def _facts(self, orders):
        return [(o.name, o.amount_total, o.amount_untaxed, o.partner_id, o.client_order_ref, o.order_line.mapped("product_uom_qty")) for o in orders]

    def test_a_round_trip_changes_nothing(self):
        orders = self.first + self.other
        orders.action_confirm()
        before = self._facts(orders), orders.picking_ids.ids, orders.picking_ids.mapped("state")
        combination = orders._ec_combine()
        self.assertEqual(combination.name, f"{self.first.name} + {self.other.name}")
        self.assertEqual((self._facts(orders), orders.picking_ids.ids, orders.picking_ids.mapped("state")), before)
        self.first._ec_uncombine()
        self.assertFalse(orders.ec_combination_id)
        self.assertFalse(combination.exists())
        self.assertEqual((self._facts(orders), orders.picking_ids.ids, orders.picking_ids.mapped("state")), before)

    def test_they_leave_together_with_one_number(self):
        orders = self.first + self.other
        orders.action_confirm()
        orders._ec_combine()
        self.first.picking_ids.carrier_tracking_ref = "1234-5678"
        self.assertEqual(orders.picking_ids.mapped("carrier_tracking_ref"), ["1234-5678"] * 2)
        self.first.picking_ids.button_validate()
        self.assertEqual(orders.picking_ids.mapped("state"), ["done", "done"])
        with self.assertRaisesRegex(UserError, "has left"):
            self.first._ec_uncombine()

    def test_one_that_is_not_ready_keeps_the_parcel(self):
        self.other.order_line.product_uom_qty = 100
        orders = self.first + self.other
        orders.action_confirm()
        orders._ec_combine()
        with self.assertRaisesRegex(UserError, f"{self.other.name} is not ready"):
            self.first.picking_ids.button_validate()
        self.other._ec_uncombine()
        self.first.picking_ids.button_validate()
        self.assertEqual(self.first.picking_ids.state, "done")

    def test_what_cannot_be_one_parcel(self):
        stranger = self._shop_order(1)
        with self.assertRaisesRegex(UserError, "same buyer"):
            (self.first + stranger)._ec_combine()
        self.other.partner_shipping_id = self.first.partner_id.copy({"street": "9-9", "parent_id": self.first.partner_id.id, "type": "delivery"})
        with self.assertRaisesRegex(UserError, "same delivery address"):
            (self.first + self.other)._ec_combine()
        with self.assertRaisesRegex(UserError, "two orders or more"):
            self.first._ec_combine()

    def test_cancelling_and_another_address_take_an_order_out(self):
        third = self._shop_order(1, partner_id=self.first.partner_id.id)
        orders = self.first + self.other + third
        combination = orders._ec_combine()
        third._action_cancel()
        self.assertEqual(combination.order_ids, self.first + self.other)
        self.other.partner_shipping_id = self.first.partner_id.copy({"street": "9-9", "parent_id": self.first.partner_id.id, "type": "delivery"})
        self.assertFalse(combination.exists())

    def test_rules_combine(self):
        self._active(
            rule_ids=[
                Command.create(
                    self._rule_vals("Together", order_domain="[]", function_ids=[Command.create({"name": "same_buyer", "args": {}})], action_ids=[Command.create({"name": "combine", "args": {}})])
                )
            ]
        )
        self.env["ec.routing"]._now(self.first + self.other)
        self._route()
        self.assertEqual(self.first.ec_combination_id.order_ids, self.first + self.other)

    def test_what_is_there_ships_first_and_comes_back_together(self):
        coffee = self.env["product.product"].create({"name": "Coffee", "is_storable": True})
        order = self._shop_order(12)
        order.order_line = [Command.create({"product_id": coffee.id, "product_uom_qty": 1})]
        order.action_confirm()
        later = order._ec_split()
        first = order.picking_ids - later
        self.assertEqual((first.state, later.state), ("assigned", "confirmed"))
        self.assertEqual(first.move_ids.mapped("product_uom_qty"), [10])
        self.assertEqual(sorted(later.move_ids.mapped("product_uom_qty")), [1, 2])
        self.assertEqual(order.order_line.mapped("product_uom_qty"), [12, 1])
        order._ec_unsplit()
        self.assertEqual(len(order.picking_ids), 1)
        self.assertEqual(sorted(order.picking_ids.move_ids.mapped("product_uom_qty")), [1, 12])
