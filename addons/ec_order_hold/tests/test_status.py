from odoo.tests import tagged

from odoo.addons.ec_order_hold.hooks import fill_status

from .common import HoldCommon


@tagged("post_install", "-at_install")
class TestStatus(HoldCommon):
    def _confirmed(self, *args, **kwargs):
        order = self._order(*args, **kwargs)
        order.action_confirm()
        return order

    def _every_status(self):
        """One order of each status that needs no hold."""
        self._stock(4)
        shipped = self._confirmed()
        shipped.picking_ids.button_validate()
        shipping = self._confirmed()
        shipping.picking_ids.move_ids.quantity = 1
        shipping.picking_ids.with_context(skip_backorder=True).button_validate()
        shipping.picking_ids.filtered(lambda p: p.state != "done").do_unreserve()
        ready = self._confirmed(quantity=1)
        cancelled_delivery = self._confirmed(quantity=1)
        cancelled_delivery.picking_ids.action_cancel()
        waiting = self._confirmed(quantity=50)
        waiting.picking_ids.do_unreserve()
        service = self._confirmed(self.service)
        cancelled = self._order()
        cancelled.action_cancel()
        sent = self._order()
        sent.action_quotation_sent()
        return {
            shipped: "shipped",
            shipping: "shipping",
            ready: "ready",
            cancelled_delivery: "no_delivery",
            waiting: "waiting_stock",
            service: "no_delivery",
            cancelled: "cancelled",
            sent: "quotation",
            self._order(): "quotation",
        }

    def test_every_status(self):
        for order, status in self._every_status().items():
            self.assertEqual(order.ec_status, status, order.name)

    def test_filling_existing_orders_in_sql_gives_the_same(self):
        expected = self._every_status()
        self.env.flush_all()
        self.cr.execute("UPDATE sale_order SET ec_status = NULL")
        fill_status(self.env)
        self.env.invalidate_all()
        for order, status in expected.items():
            self.assertEqual(order.ec_status, status, order.name)

    def test_hold_before_and_after_confirmation(self):
        order = self._order()
        self._hold(order, "comment")
        self.assertEqual(order.ec_status, "quotation")
        self._hold(order, "manual")
        self.assertEqual(order.ec_status, "held")
        order._ec_release_holds(codes=["manual"])
        order.action_confirm()
        self.assertEqual(order.ec_status, "held")
        order._ec_release_holds()
        self.assertEqual(order.ec_status, "waiting_stock")
        self._stock(5)
        order.picking_ids.action_assign()
        self.assertEqual(order.ec_status, "ready")
        order.action_cancel()
        self.assertEqual(order.ec_status, "cancelled")
        order.action_draft()
        self.assertEqual(order.ec_status, "quotation")

    def test_proposal_never_changes_the_status(self):
        order = self._order()
        self._hold(order, "customer_match")
        self.assertEqual((order.ec_hold_count, order.ec_status), (1, "quotation"))

    def test_finished_orders_are_not_held(self):
        order = self._confirmed(self.service)
        self._hold(order, "refund_review")
        self.assertEqual((order.ec_hold_count, order.ec_status), (1, "no_delivery"))

    def test_goods_without_delivery_yet_are_waited_for(self):
        order = self._confirmed()
        order.picking_ids.unlink()
        self.env.add_to_compute(order._fields["ec_status"], order)
        self.assertEqual(order.ec_status, "waiting_stock")

    def test_two_steps_are_ready_until_shipped(self):
        self._stock(5)
        self.warehouse.delivery_steps = "pick_ship"
        order = self._confirmed()
        self.assertEqual(order.ec_status, "ready")
        order.picking_ids.button_validate()
        self.assertEqual(order.ec_status, "ready")
        order.picking_ids.filtered(lambda p: p.state != "done").button_validate()
        self.assertEqual(order.ec_status, "shipped")

    def test_kanban_shows_the_columns_of_work_in_hand(self):
        order = self._order()
        result = (
            self.env["sale.order"]
            .with_context(read_group_expand=True)
            .web_read_group([("id", "=", order.id)], ["ec_status"], ["__count"])
        )
        self.assertEqual(
            [(group["ec_status"], group["__count"]) for group in result["groups"]],
            [("quotation", 1), ("held", 0), ("waiting_stock", 0), ("ready", 0), ("shipping", 0)],
        )
