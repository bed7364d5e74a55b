from odoo.exceptions import UserError
from odoo.tests import Form, tagged

from .common import HoldCommon


@tagged("post_install", "-at_install")
class TestGuardDelivery(HoldCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._stock(10)

    def _confirmed(self, **vals):
        order = self._order(**vals)
        order.action_confirm()
        return order

    def _on_hand(self):
        return self.env["stock.quant"]._get_available_quantity(
            self.product, self.warehouse.lot_stock_id
        ) + sum(
            self.env["stock.quant"]
            .search(
                [
                    ("product_id", "=", self.product.id),
                    ("location_id", "=", self.warehouse.lot_stock_id.id),
                ]
            )
            .mapped("reserved_quantity")
        )

    def test_held_delivery_is_refused_and_nothing_moves(self):
        order = self._confirmed()
        self._hold(order, "comment", "Gift, no invoice in the box")
        picking = order.picking_ids.with_user(self.stock_user)
        for method in ("button_validate", "_action_done"):
            with self.assertRaises(UserError) as caught, self.cr.savepoint():
                getattr(picking, method)()
            self.assertIn("Gift, no invoice in the box", str(caught.exception))
            self.assertIn(order.name, str(caught.exception))
        self.env.invalidate_all()
        self.assertEqual(order.picking_ids.state, "assigned")
        self.assertEqual(order.order_line.qty_delivered, 0)
        self.assertEqual(self._on_hand(), 10)

    def test_one_held_delivery_stops_all(self):
        free, held = self._confirmed(), self._confirmed()
        self._hold(held)
        with self.assertRaises(UserError):
            (free + held).picking_ids.button_validate()
        self.assertEqual((free + held).picking_ids.mapped("state"), ["assigned"] * 2)

    def test_released_delivery_ships(self):
        order = self._confirmed()
        self._hold(order)
        order._ec_release_holds()
        order.picking_ids.with_user(self.stock_user).button_validate()
        self.assertEqual(order.picking_ids.state, "done")
        self.assertEqual(self._on_hand(), 8)

    def test_backorder_of_an_order_held_meanwhile(self):
        order = self._confirmed()
        picking = order.picking_ids
        picking.move_ids.quantity = 1
        wizard = Form.from_action(self.env, picking.button_validate()).save()
        self._hold(order)
        with self.assertRaises(UserError), self.cr.savepoint():
            wizard.process()
        self.assertEqual(order.picking_ids.mapped("state"), ["assigned"])
        order._ec_release_holds()
        wizard.process()
        self.assertEqual(sorted(order.picking_ids.mapped("state")), ["assigned", "done"])
        self.assertEqual(order.ec_status, "shipping")
        self._hold(order)
        self.assertEqual(order.ec_status, "held")
        with self.assertRaises(UserError):
            order.picking_ids.filtered(lambda p: p.state != "done").button_validate()

    def test_non_blocking_hold_ships(self):
        order = self._confirmed()
        self._hold(order, "customer_match")
        order.picking_ids.button_validate()
        self.assertEqual(order.picking_ids.state, "done")

    def test_return_of_a_held_order_is_received(self):
        order = self._confirmed()
        order.picking_ids.button_validate()
        self._hold(order, "refund_review")
        wizard = self.env["stock.return.picking"].create({"picking_id": order.picking_ids.id})
        wizard.product_return_moves.quantity = 2
        returned = self.env["stock.picking"].browse(wizard.action_create_returns()["res_id"])
        returned.button_validate()
        self.assertEqual(returned.state, "done")
        self.assertEqual(order.ec_status, "shipped")

    def test_picking_step_goes_on_and_the_delivery_waits(self):
        self.warehouse.delivery_steps = "pick_ship"
        order = self._confirmed()
        self._hold(order)
        order.picking_ids.button_validate()
        self.assertEqual(order.picking_ids.mapped("picking_type_id.code"), ["internal", "outgoing"])
        with self.assertRaises(UserError):
            order.picking_ids.filtered(lambda p: p.state != "done").button_validate()

    def test_receipts_and_free_deliveries_are_not_asked(self):
        order = self._confirmed()
        order.picking_ids.with_user(self.stock_user).button_validate()
        self.assertEqual(order.picking_ids.state, "done")
        self.assertEqual(order.ec_status, "shipped")
