from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import tagged

from .test_routing import RoutingCommon


@tagged("post_install", "-at_install")
class TestBoardAction(RoutingCommon):
    def setUp(self):
        super().setUp()
        self.first = self._shop_order(2, user_id=self.hold_user.id)
        self.other = self._shop_order(3, partner_id=self.first.partner_id.id, user_id=self.hold_user.id)
        self.stranger = self._shop_order(1, user_id=self.hold_user.id)
        self.board = self.env["ec.order.board"].with_user(self.hold_user)

    def _says(self, orders, what):
        preview = self.board.preview_orders(orders.ids, what)
        return preview["order_ids"], {row["id"]: row["says"] for row in preview["rows"]}

    def _facts(self, orders):
        return [(o.state, o.amount_total, o.amount_tax, o.partner_id, o.carrier_id, o.warehouse_id, o.order_line.mapped("product_uom_qty"), o.picking_ids.move_ids.mapped("product_uom_qty")) for o in orders]

    # ---- confirming

    def test_confirming_asks_again_while_rules_are_still_to_look(self):
        self._active()
        self.stranger.order_line.product_uom_qty = 2
        self.env.flush_all()
        self.first.order_line.product_uom_qty = 1
        self.env.flush_all()
        cron = [("cron_id", "=", self.env.ref("ec_order_routing.cron_route").id)]
        alarms = self.env["ir.cron.trigger"].search_count(cron)
        preview = self.board.preview_orders(self.first.ids, "confirm")
        self.assertEqual((preview["order_ids"], preview["again"]), ([], True))
        self.assertEqual(self.env["ir.cron.trigger"].search_count(cron), alarms + 1)
        self.assertFalse(self.board.preview_orders(self.first.ids, "combine")["again"])
        self.assertEqual(list(self.env["ec.routing.todo"]._claim(1)), [self.first.id], "whom somebody waits for comes first")
        self.env["ec.routing.todo"]._add(self.first.ids, "edited")
        self._route()
        self.first.invalidate_recordset(["ec_sorting"])
        preview = self.board.preview_orders(self.first.ids, "confirm")
        self.assertEqual((preview["order_ids"], preview["again"]), (self.first.ids, False))

    # ---- together

    def test_two_buyers_are_refused(self):
        done, says = self._says(self.first + self.stranger, "combine")
        self.assertEqual(done, [])
        self.assertIn("same buyer", says[self.first.id])
        self.assertIn("same buyer", says[self.stranger.id])
        self.assertEqual(self.board.apply_orders((self.first + self.stranger).ids, "combine"), 0)
        self.assertFalse((self.first + self.stranger).ec_combination_id)

    def test_orders_of_several_buyers_become_a_parcel_each(self):
        neighbour = self._shop_order(1, partner_id=self.stranger.partner_id.id, user_id=self.hold_user.id)
        alone = self._shop_order(1, user_id=self.hold_user.id)
        orders = self.first + self.stranger + self.other + neighbour + alone
        done, says = self._says(orders, "combine")
        self.assertEqual(done, (self.first + self.stranger + self.other + neighbour).ids)
        self.assertEqual(says[self.first.id], f"One parcel: {self.first.name} + {self.other.name}")
        self.env["ec.order.hold"]._open([{"order_id": self.first.id, "code": "combine", "reason": "Two orders"}])
        self.assertEqual(self.board.apply_orders(done, "combine"), 4)
        self.assertEqual(self.first.ec_combination_id.order_ids, self.first + self.other)
        self.assertEqual(neighbour.ec_combination_id.order_ids, self.stranger + neighbour)
        self.assertFalse(alone.ec_combination_id)
        self.assertFalse(self.first.ec_hold_count)

    def test_combining_and_undoing_it_keeps_everything(self):
        orders = self.first + self.other
        orders.action_confirm()
        before = self._facts(orders)
        self.board.apply_orders(orders.ids, "combine")
        self.assertEqual(self.first.ec_combination_id.name, f"{self.first.name} + {self.other.name}")
        done, says = self._says(orders, "combine")
        self.assertEqual(done, [])
        self.assertIn("together already", says[self.first.id])
        self.assertEqual(self.board.apply_orders(orders.ids, "uncombine"), 2)
        self.assertFalse(orders.ec_combination_id)
        self.assertEqual(self._facts(orders), before)
        self.assertIn("by itself already", self._says(orders, "uncombine")[1][self.first.id])

    def test_another_address_another_warehouse_and_what_has_left(self):
        self.other.partner_shipping_id = self.first.partner_id.copy({"street": "9-9", "parent_id": self.first.partner_id.id, "type": "delivery"})
        self.assertIn("same delivery address", self._says(self.first + self.other, "combine")[1][self.other.id])
        third = self._shop_order(1, partner_id=self.first.partner_id.id, partner_shipping_id=self.first.partner_id.id, user_id=self.hold_user.id)
        third.warehouse_id = self.env["stock.warehouse"].create({"name": "West", "code": "WST"})
        self.assertIn("same warehouse", self._says(self.first + third, "combine")[1][third.id])
        fourth = self._shop_order(1, partner_id=self.first.partner_id.id, partner_shipping_id=self.first.partner_id.id, user_id=self.hold_user.id)
        fourth.action_confirm()
        fourth.picking_ids.button_validate()
        done, says = self._says(self.first + fourth, "combine")
        self.assertEqual(done, [])
        self.assertIn("has left already", says[fourth.id])
        self.assertIn("alone", says[self.first.id])

    def test_a_third_order_joins_a_parcel(self):
        third = self._shop_order(1, partner_id=self.first.partner_id.id, user_id=self.hold_user.id)
        combination = (self.first + self.other)._ec_combine()
        done, says = self._says(self.first + third, "combine")
        self.assertEqual(says[third.id], f"One parcel: {self.first.name} + {self.other.name} + {third.name}")
        self.board.apply_orders(done, "combine")
        self.assertEqual(combination.order_ids, self.first + self.other + third)

    # ---- what is there first

    def test_a_split_is_shown_done_and_undone(self):
        coffee = self.env["product.product"].create({"name": "Coffee", "is_storable": True})
        order = self._shop_order(12, user_id=self.hold_user.id)
        order.order_line = [Command.create({"product_id": coffee.id, "product_uom_qty": 1})]
        self.assertIn("confirm it first", self._says(order, "split")[1][order.id])
        order.action_confirm()
        before = self._facts(order)
        done, says = self._says(order, "split")
        self.assertEqual(says[order.id], "Now: [TEA] Tea × 10. Later: [TEA] Tea × 2, Coffee × 1")
        self.assertEqual(self.board.apply_orders(done, "split"), 1)
        self.assertEqual(sorted(order.picking_ids.mapped("state")), ["assigned", "confirmed"])
        self.assertIn("Nothing to split", self._says(self.first + order, "split")[1][order.id])
        done, _says = self._says(self.first + order, "unsplit")
        self.assertEqual(done, order.ids)
        self.board.apply_orders(done, "unsplit")
        self.assertEqual(len(order.picking_ids), 1)
        self.assertEqual(sorted(order.picking_ids.move_ids.mapped("product_uom_qty")), sorted(before[0][-1]))
        self.assertEqual(self._facts(order)[0][:-1], before[0][:-1])

    def test_an_order_of_a_common_parcel_is_not_split(self):
        order = self._shop_order(12, partner_id=self.first.partner_id.id, user_id=self.hold_user.id)
        order.action_confirm()
        (self.first + order)._ec_combine()
        self.assertIn("ships together", self._says(order, "split")[1][order.id])

    # ---- confirm

    def test_an_order_that_rules_have_not_seen_waits(self):
        self._active()
        self.first.order_line.product_uom_qty = 1
        self.env.flush_all()
        done, says = self._says(self.first, "confirm")
        self.assertEqual(done, [])
        self.assertIn("not looked at", says[self.first.id])
        self._route()
        self.assertEqual(self._says(self.first, "confirm")[0], self.first.ids)
        self.assertEqual(self.board.apply_orders(self.first.ids, "confirm"), 1)
        self.assertEqual(self.first.ec_status, "ready")

    # ---- who may

    def test_users_without_our_group_are_refused(self):
        board = self.env["ec.order.board"].with_user(self.salesman)
        orders = self.first + self.other
        orders.user_id = self.salesman
        for what in ("combine", "uncombine", "split", "unsplit", "confirm"):
            for call in (board.preview_orders, board.apply_orders):
                with self.assertRaises(AccessError):
                    call(orders.ids, what)
        self.assertFalse(orders.ec_combination_id)

    def test_what_a_preview_costs_does_not_grow_with_its_orders(self):
        for what, most in (("combine", 60), ("uncombine", 40), ("split", 40), ("unsplit", 40), ("confirm", 60)):
            for count in (2, 12):
                orders = self.env["sale.order"].browse([self._shop_order(1, partner_id=self.first.partner_id.id, user_id=self.hold_user.id).id for _index in range(count)])
                self.board.preview_orders(orders.ids, what)
                self.env.flush_all()
                self.env.invalidate_all()
                with self.assertQueryCount(most):
                    self.board.preview_orders(orders.ids, what)
