"""Places of a day: never more than there are, whoever holds at the same time."""

import contextlib
import threading
from datetime import date

from odoo import SUPERUSER_ID, api
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY
from odoo.sql_db import db_connect
from odoo.tests import TransactionCase, new_test_user, tagged
from odoo.tests.common import BaseCase, get_db_name

MONDAY, TUESDAY = date(2026, 11, 23), date(2026, 11, 24)


@tagged("post_install", "-at_install")
class TestCapacity(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Capacity = cls.env["ec.routing.capacity"]
        cls.warehouse = cls.env["stock.warehouse"].create({"name": "Small", "code": "SML", "ec_capacity": 2})
        cls.other = cls.env["stock.warehouse"].create({"name": "Smaller", "code": "SMR", "ec_capacity": 1})
        partner = cls.env["res.partner"].create({"name": "Buyer"})
        cls.orders = cls.env["sale.order"].create([{"partner_id": partner.id} for _each in range(4)])

    def figures(self, day=MONDAY, warehouse=None):
        row = self.Capacity.search([("warehouse_id", "=", (warehouse or self.warehouse).id), ("day", "=", day)])
        return row.held, row.consumed

    def test_the_first_get_the_places(self):
        self.assertEqual(self.Capacity._hold(self.orders, self.warehouse, MONDAY), self.orders[:2])
        self.assertEqual(self.figures(), (2, 0))
        self.assertFalse(self.Capacity._hold(self.orders[2], self.warehouse, MONDAY))
        self.assertEqual(self.Capacity._hold(self.orders[2], self.warehouse, TUESDAY), self.orders[2])
        self.assertEqual(self.figures(TUESDAY), (1, 0))

    def test_holding_twice_takes_one_place(self):
        for _each in range(2):
            self.assertEqual(self.Capacity._hold(self.orders[:2], self.warehouse, MONDAY), self.orders[:2])
        self.assertEqual(self.figures(), (2, 0))

    def test_a_place_moves_to_another_day_if_there_is_one(self):
        self.Capacity._hold(self.orders[:2], self.warehouse, MONDAY)
        self.Capacity._hold(self.orders[2], self.warehouse, TUESDAY)
        self.assertEqual(self.Capacity._hold(self.orders[:2], self.warehouse, TUESDAY), self.orders[0])
        self.assertEqual((self.figures(), self.figures(TUESDAY)), ((1, 0), (2, 0)))
        self.assertEqual(self.Capacity._places_of(self.orders), {order.id: [self.warehouse.id] for order in self.orders[:3]})

    def test_given_back_places_are_free_and_used_ones_are_not(self):
        self.Capacity._hold(self.orders[:2], self.warehouse, MONDAY)
        self.Capacity._hold(self.orders[0], self.other, MONDAY)
        self.Capacity._consume(self.orders[0], self.warehouse)
        self.assertEqual(self.figures(), (1, 1))
        self.assertEqual(self.Capacity._places_of(self.orders), {self.orders[0].id: [self.other.id], self.orders[1].id: [self.warehouse.id]})
        for _each in range(2):
            self.Capacity._release(self.orders[:2])
        self.assertEqual((self.figures(), self.figures(warehouse=self.other)), ((0, 1), (0, 0)))
        self.assertEqual(self.Capacity._hold(self.orders, self.warehouse, MONDAY), self.orders[:2], "the used place and one that is free")
        self.assertEqual(self.figures(), (1, 1))

    def test_no_limit_is_not_counted(self):
        self.warehouse.ec_capacity = 0
        self.assertEqual(self.Capacity._hold(self.orders, self.warehouse, MONDAY), self.orders)
        self.assertFalse(self.Capacity.search([("warehouse_id", "=", self.warehouse.id)]))

    def test_a_lower_limit_takes_nothing_away(self):
        self.Capacity._hold(self.orders, self.warehouse, MONDAY)
        self.warehouse.ec_capacity = 1
        self.assertFalse(self.Capacity._hold(self.orders[2], self.warehouse, MONDAY))
        self.assertEqual(self.Capacity._hold(self.orders[0], self.warehouse, MONDAY), self.orders[0])
        self.assertEqual(self.figures(), (2, 0))

    def test_a_deleted_order_gives_its_place_back(self):
        self.Capacity._hold(self.orders[:2], self.warehouse, MONDAY)
        self.orders[0].unlink()
        self.assertEqual(self.figures(), (1, 0))

    def test_a_lot_of_orders_takes_a_few_statements(self):
        orders = self.orders.create([{"partner_id": self.orders.partner_id.id} for _each in range(50)])
        self.warehouse.ec_capacity = 100
        self.env.flush_all()
        self.warehouse.read(["ec_capacity", "company_id"])
        with self.assertQueryCount(8):
            self.Capacity._hold(orders, self.warehouse, MONDAY)
        self.assertEqual(self.figures(), (50, 0))

    def test_only_who_routes_sees_places(self):
        self.Capacity._hold(self.orders, self.warehouse, MONDAY)
        user = new_test_user(self.env, "place_user", groups="ec_order_hold.group_hold_user")
        rows = self.Capacity.with_user(user).search([("warehouse_id", "=", self.warehouse.id)])
        self.assertEqual(rows.read(["held", "capacity"])[0]["held"], 2)
        self.assertFalse(self.Capacity.with_user(user).has_access("write"))
        self.assertFalse(self.Capacity.with_user(new_test_user(self.env, "place_nobody", groups="base.group_user")).has_access("read"))


@tagged("post_install", "-at_install")
class TestCapacityTogether(BaseCase):
    """Cursors and threads of their own; everything is committed, and removed at the end."""

    def setUp(self):
        super().setUp()
        with self.transaction() as env:
            warehouse = env["stock.warehouse"].create({"name": "Contended", "code": "CNT", "ec_capacity": 3})
            partner = env["res.partner"].create({"name": "Contender"})
            self.order_ids = env["sale.order"].create([{"partner_id": partner.id} for _each in range(8)]).ids
            self.warehouse_id = warehouse.id
        self.addCleanup(self.clean)

    def clean(self):
        with self.transaction() as env:
            env["sale.order"].browse(self.order_ids).unlink()
            env["ec.routing.capacity"].search([("warehouse_id", "=", self.warehouse_id)]).unlink()
            number = self.warehouse_id
            env["stock.warehouse"].browse(number).write({"active": False, "name": f"Contended {number}", "code": f"C{number}"[-5:]})

    @contextlib.contextmanager
    def transaction(self):
        with db_connect(get_db_name()).cursor() as cr:
            yield api.Environment(cr, SUPERUSER_ID, {})

    def hold(self, env, order_id):
        warehouse = env["stock.warehouse"].browse(self.warehouse_id)
        return bool(env["ec.routing.capacity"]._hold(env["sale.order"].browse(order_id), warehouse, MONDAY))

    def test_the_last_place_goes_to_one(self):
        """Both transactions see the last place as free; the second one learns that it does not see the newest count."""
        with self.transaction() as env:
            for order_id in self.order_ids[:2]:
                self.assertTrue(self.hold(env, order_id))
        with self.transaction() as one, self.transaction() as two:
            for env in (one, two):
                env.cr.execute("SELECT 1")  # its snapshot
            self.assertTrue(self.hold(one, self.order_ids[2]))
            one.cr.commit()
            with self.assertRaises(PG_CONCURRENCY_EXCEPTIONS_TO_RETRY):
                self.hold(two, self.order_ids[3])
            two.cr.rollback()
            self.assertFalse(self.hold(two, self.order_ids[3]))

    def test_threads_never_take_more_than_there_are(self):
        placed, errors = [], []
        gate = threading.Barrier(len(self.order_ids))

        def run(order_id):
            try:
                gate.wait(20)
                for _attempt in range(50):
                    with db_connect(get_db_name()).cursor() as cr:
                        try:
                            if self.hold(api.Environment(cr, SUPERUSER_ID, {}), order_id):
                                cr.commit()
                                placed.append(order_id)
                            return
                        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
                            cr.rollback()
                raise AssertionError("retried into the ground")
            except BaseException as error:
                errors.append(error)

        threads = [threading.Thread(target=run, args=(order_id,)) for order_id in self.order_ids]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        self.assertFalse(errors)
        self.assertEqual(len(placed), 3)
        with self.transaction() as env:
            row = env["ec.routing.capacity"].search([("warehouse_id", "=", self.warehouse_id)])
            self.assertEqual((row.held, set(row.hold_ids.order_id.ids)), (3, set(placed)))
