from odoo.exceptions import UserError
from odoo.tests import new_test_user, tagged

from .common import HoldCommon


@tagged("post_install", "-at_install")
class TestGuardConfirm(HoldCommon):
    def test_message_names_order_reason_and_advice(self):
        order = self._order()
        self._hold(order, "address", "No house number")
        with self.assertRaises(UserError) as caught:
            order.with_user(self.hold_user).action_confirm()
        self.assertEqual(
            str(caught.exception),
            "On hold, so nothing was confirmed:\n\n"
            f"{order.name}\n"
            "• Address doubtful: No house number\n"
            "  → Check postcode, prefecture, street and telephone number; ask the customer if in "
            "doubt. Correct the delivery address.\n\n"
            "Settle the points above and release the holds (Holds tab of the order), "
            "or leave these orders out and try again.",
        )
        self.assertEqual(order.state, "draft")

    def test_who_may_not_release_is_told_to_ask(self):
        order = self._order()
        self._hold(order)
        with self.assertRaises(UserError) as caught:
            order.with_user(self.salesman).action_confirm()
        self.assertIn("Ask a colleague who may release holds", str(caught.exception))
        self.assertNotIn("Holds tab", str(caught.exception))

    def test_one_held_order_stops_all_and_changes_nothing(self):
        orders = free, first, second = self._orders(3)
        self._hold(first, "risk", "Card refused")
        self._hold(second, "manual", "Wait for call")
        messages = self.env["mail.message"].search_count([])
        with self.assertRaises(UserError) as caught:
            orders.action_confirm()
        message = str(caught.exception)
        for text in (first.name, second.name, "Card refused", "Wait for call"):
            self.assertIn(text, message)
        self.assertNotIn(free.name, message)
        self.env.invalidate_all()
        self.assertEqual(orders.mapped("state"), ["draft"] * 3)
        self.assertFalse(orders.picking_ids)
        self.assertEqual(self.env["mail.message"].search_count([]), messages)

    def test_many_held_orders_are_counted_not_listed(self):
        orders = self._orders(23)
        self._hold(orders)
        with self.assertRaisesRegex(UserError, "and 3 more orders"):
            orders.action_confirm()

    def test_hold_that_does_not_block_confirmation(self):
        order = self._order()
        self._hold(order, "comment")
        order.action_confirm()
        self.assertEqual(order.state, "sale")

    def test_released_order_is_confirmed(self):
        order = self._order()
        self._hold(order)
        order._ec_release_holds()
        order.with_user(self.salesman).action_confirm()
        self.assertEqual(order.state, "sale")

    def test_blocking_holds(self):
        order = self._order()
        manual = self._hold(order, "manual")
        comment = self._hold(order, "comment")
        self._hold(order, "customer_match")
        self.assertEqual(order._ec_blocking_holds("confirm"), manual)
        self.assertEqual(order._ec_blocking_holds("deliver"), manual + comment)
        with self.assertRaises(KeyError):
            order._ec_blocking_holds("other")

    def test_customer_is_not_told_the_reason_and_loses_nothing(self):
        """A portal customer who signs: the order waits, no error, no confirmation."""
        customer = new_test_user(self.env, "hold_customer", groups="base.group_portal")
        free, held = orders = self._orders(2)
        self._hold(held, "risk", "Suspicious")
        orders.with_user(customer).sudo()._validate_order()
        self.assertEqual(orders.mapped("state"), ["sale", "draft"])
        self.assertIn("accepted or paid", held.message_ids[0].body)
        self.assertNotIn("Suspicious", held.message_ids[0].body)
