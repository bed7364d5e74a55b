from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from odoo.addons.ec_order_hold.models.ec_order_board_action import OrderAction

from .board_common import BoardCommon


@tagged("post_install", "-at_install")
class TestBoardAction(BoardCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.warehouse = cls.env["stock.warehouse"].search([("company_id", "=", cls.company.id)], limit=1)

    def _says(self, preview):
        return {row["id"]: row["says"] for row in preview["rows"]}

    # ---- confirm

    def test_confirming_takes_what_can_ship_and_says_why_not_the_rest(self):
        self._stock(5)
        ready, service = self._order(self.product, 3), self._order()
        held, done, second = self._order(self.product, 1), self._order(), self._order(self.product, 3)
        self._hold(held, "address")
        done.action_confirm()
        orders = ready + held + done + second + service
        preview = self.board.preview_orders(orders.ids, "confirm")
        self.assertEqual((preview["order_ids"], preview["refused"], preview["more"]), ((ready + service).ids, 3, 0))
        self.assertEqual([row["refused"] for row in preview["rows"]], [False, False, True, True, True])
        says = self._says(preview)
        self.assertIn("Address doubtful", says[held.id])
        self.assertIn("Sales Order", says[done.id])
        # the first order takes 3 of the 5
        self.assertIn("Towel × 1", says[second.id])

        self.assertEqual(self.board.apply_orders(preview["order_ids"], "confirm"), 2)
        self.assertEqual((ready + service).mapped("state"), ["sale", "sale"])
        self.assertEqual(ready.ec_status, "ready")
        self.assertEqual((held + second).mapped("state"), ["draft", "draft"])

    def test_what_is_refused_by_now_is_left_alone(self):
        orders = self._order() + self._order()
        preview = self.board.preview_orders(orders.ids, "confirm")
        self._hold(orders[0], "address")
        self.assertEqual(self.board.apply_orders(preview["order_ids"], "confirm"), 1)
        self.assertEqual(orders.mapped("state"), ["draft", "sale"])

    def test_the_rows_behind_a_number(self):
        free, held = self._order() + self._order(), self._order()
        self._hold(held, "address")
        orders = (free + held).ids
        rows = {only: self.board.preview_orders(orders, "confirm", only=only)["rows"] for only in ("done", "refused")}
        self.assertEqual([row["id"] for row in rows["done"]], free.ids)
        self.assertEqual([row["id"] for row in rows["refused"]], held.ids)
        preview = self.board.preview_orders(orders, "confirm", limit=1)
        self.assertEqual((len(preview["rows"]), preview["more"], preview["order_ids"]), (1, 2, free.ids))

    def test_the_rows_behind_the_numbers_of_a_release(self):
        free, still, other = self._order(), self._order(), self._order()
        self._hold(free + still, "address")
        self._hold(still, "payment_pending")
        orders = (free + still + other).ids

        def ids(only):
            return [row["id"] for row in self.board.preview(orders, "release", "hold-address", only=only)["rows"]]

        self.assertEqual({only: ids(only) for only in ("freed", "confirmable", "untouched")}, {"freed": free.ids, "confirmable": free.ids, "untouched": other.ids})

    def test_what_a_preview_costs_does_not_grow_with_its_orders(self):
        self._stock(100)
        for count in (2, 20):
            orders = self._orders_of(count)
            self.env.flush_all()
            self.board.preview_orders(orders.ids, "confirm")
            self.env.invalidate_all()
            with self.assertQueryCount(45):
                self.assertEqual(len(self.board.preview_orders(orders.ids, "confirm")["order_ids"]), count)

    def _orders_of(self, count):
        return self.env["sale.order"].browse([self._order(self.product, 1).id for _index in range(count)])

    # ---- who may

    def test_users_without_our_groups_are_refused(self):
        order = self._order(user_id=self.salesman.id)
        board = self._board_of(self.salesman, self.salesman.company_id)
        for call in (board.preview_orders, board.apply_orders):
            with self.assertRaises(AccessError):
                call(order.ids, "confirm")
        self.assertEqual(order.state, "draft")

    def test_orders_of_others_are_not_touched(self):
        own, others = self._order(user_id=self.clerk.id), self._order()
        board = self._board_of(self.clerk)
        self.assertEqual(board.preview_orders((own + others).ids, "confirm")["order_ids"], own.ids)
        self.assertEqual(board.apply_orders((own + others).ids, "confirm"), 1)
        self.assertEqual((own.state, others.state), ("sale", "draft"))

    def test_an_action_of_another_addon_is_for_its_group(self):
        order, done = self._order(), []
        model = self.env.registry["ec.order.board"]
        before = model._board_actions
        mark = OrderAction(lambda orders: ({orders[0].id: "Marked"}, {}), lambda orders: done.append(orders.ids), "ec_order_hold.group_hold_manager")
        chief = self._user("board_chief", "ec_order_hold.group_hold_manager,sales_team.group_sale_salesman_all_leads")
        with patch.object(model, "_board_actions", lambda self: {**before(self), "mark": mark}):
            self.assertNotIn("mark", self.board.board()["actions"])
            with self.assertRaisesRegex(AccessError, "Hold Manager"):
                self.board.apply_orders(order.ids, "mark")
            board = self._board_of(chief)
            self.assertIn("mark", board.board()["actions"])
            self.assertEqual(self._says(board.preview_orders(order.ids, "mark")), {order.id: "Marked"})
            self.assertEqual((board.apply_orders(order.ids, "mark"), done), (1, [order.ids]))

    def test_an_unknown_action(self):
        with self.assertRaises(UserError):
            self.board.preview_orders(self._order().ids, "burn")
