from odoo.tests import tagged

from .common import HoldCommon

# Odoo writes rows in packets of 100: a record more inside one packet is no query more
PACKET = 100


@tagged("post_install", "-at_install")
class TestHoldBatch(HoldCommon):
    def _count(self, function):
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.cr.sql_log_count
        function()
        self.env.flush_all()
        return self.cr.sql_log_count - before

    def test_opening_costs_the_same_for_2_and_for_100(self):
        self._count(lambda: self._hold(self._orders(1)))  # fills the caches
        few, many = self._orders(2), self._orders(PACKET)
        self.assertEqual(
            self._count(lambda: self._hold(few)), self._count(lambda: self._hold(many))
        )

    def test_opening_the_same_again_writes_nothing(self):
        orders = self._orders(PACKET)
        self._hold(orders)
        self.env.flush_all()
        self.env.invalidate_all()
        with self.assertQueryCount(6):
            self._hold(orders)
            self.env.flush_all()

    def test_a_thousand_at_once(self):
        orders = self._orders(20)
        vals_list = [
            {"order_id": order.id, "code": "unmapped_sku", "key": str(line), "reason": "SKU"}
            for order in orders
            for line in range(50)
        ]
        # with a due time, as below: formatting the first one reads the language
        self._count(lambda: self._hold(self._orders(1), code="unmapped_sku"))
        with self.assertQueryCount(17):
            self.env.flush_all()
            self.env.invalidate_all()
            holds = self.Hold._open(vals_list)
            self.env.flush_all()
        self.assertEqual(len(holds), 1000)
        self.assertEqual(set(orders.mapped("ec_hold_count")), {50})

    def test_releasing_costs_the_same_for_2_and_for_100(self):
        first, few, many = self._orders(1), self._orders(2), self._orders(PACKET)
        self._hold(first + few + many)
        self._count(lambda: first._ec_release_holds())
        self.assertEqual(
            self._count(lambda: few._ec_release_holds()),
            self._count(lambda: many._ec_release_holds()),
        )

    def test_guard_of_free_orders_costs_no_query(self):
        orders = self._orders(5)
        self.env.flush_all()
        self.env.invalidate_all()
        orders.mapped("state")
        with self.assertQueryCount(0):
            self.assertFalse(orders._ec_blocking_holds("confirm"))
            self.assertFalse(orders._ec_blocking_holds("deliver"))
