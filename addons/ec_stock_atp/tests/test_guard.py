"""Real transactions side by side: cursors and threads of their own, everything committed; each test has its own products."""

import contextlib
import threading
from unittest.mock import patch

from odoo import SUPERUSER_ID, api
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY
from odoo.sql_db import db_connect
from odoo.tests import tagged
from odoo.tests.common import BaseCase, get_db_name
from odoo.tools import SQL

from ..models.ec_stock_guard import EcStockGuard

TRIGGERS = ("insert", "delete", "update")


@tagged("post_install", "-at_install")
class TestGuard(BaseCase):
    def setUp(self):
        super().setUp()
        with self.transaction() as env:
            self.warehouse_id = env["stock.warehouse"].search([("company_id", "=", env.company.id)], limit=1).id
            self.partner_id = env["res.partner"].create({"name": "Guard"}).id

    @contextlib.contextmanager
    def transaction(self):
        with db_connect(get_db_name()).cursor() as cr:
            yield api.Environment(cr, SUPERUSER_ID, {})

    def product(self, units):
        with self.transaction() as env:
            product = env["product.product"].create({"name": "Guarded", "is_storable": True})
            self.stock(env, product, units)
            return product.id

    def stock(self, env, product, units, warehouse_id=None):
        location = env["stock.warehouse"].browse(warehouse_id or self.warehouse_id).lot_stock_id
        env["stock.quant"]._update_available_quantity(product, location, units)

    def second_warehouse(self, env):
        other = [("company_id", "=", env.company.id), ("id", "!=", self.warehouse_id)]
        return env["stock.warehouse"].search(other, limit=1) or env["stock.warehouse"].create(
            {"name": "Guard", "code": "GRD2", "company_id": env.company.id}
        )

    def order(self, product_ids, warehouse_id=None):
        with self.transaction() as env:
            order = env["sale.order"].create(
                {
                    "partner_id": self.partner_id,
                    "warehouse_id": warehouse_id or self.warehouse_id,
                    "order_line": [(0, 0, {"product_id": product_id, "product_uom_qty": 1}) for product_id in product_ids],
                }
            )
            return order.id

    def together(self, *works):
        """Run each `work(env)` in a thread of its own; all of them have their snapshot and have worked before any commits,
        unless one waits for another. Returns the conflicts; a work that met one is done again, as Odoo does."""
        conflicts, errors = [], []
        gate = threading.Barrier(len(works))

        def run(work):
            try:
                for attempt in range(20):
                    with db_connect(get_db_name()).cursor() as cr:
                        env = api.Environment(cr, SUPERUSER_ID, {})
                        cr.execute("SELECT 1")
                        if not attempt:
                            gate.wait(10)
                        try:
                            work(env)
                            env.flush_all()
                            if not attempt:
                                with contextlib.suppress(threading.BrokenBarrierError):
                                    gate.wait(1)  # whoever waits for another's lock does not come here
                            cr.commit()
                            return
                        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY as error:
                            conflicts.append(error.pgcode)
                            cr.rollback()
                raise AssertionError("retried into the ground")
            except BaseException as error:
                errors.append(error)

        threads = [threading.Thread(target=run, args=(work,)) for work in works]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        self.assertFalse(errors, errors)
        return conflicts

    def promised(self, product_id):
        """(units there, units promised) in every place inside."""
        with self.transaction() as env:
            env.cr.execute(
                """SELECT COALESCE(sum(quant.quantity), 0), COALESCE(sum(quant.reserved_quantity), 0)
                     FROM stock_quant quant JOIN stock_location location ON location.id = quant.location_id
                    WHERE quant.product_id = %s AND location.usage = 'internal'""",
                [product_id],
            )
            return env.cr.fetchone()

    @staticmethod
    def confirm(order_id):
        return lambda env: env["sale.order"].browse(order_id).action_confirm()

    def switch(self, state):
        with self.transaction() as env:
            for event in TRIGGERS:
                env.cr.execute(f"ALTER TABLE stock_quant {state} TRIGGER ec_stock_guard_{event}")

    # ---- what must hold

    def test_a_unit_set_aside_in_either_warehouse_is_left_by_two_orders_at_once(self):
        with self.transaction() as env:
            second = self.second_warehouse(env).id
        product_id = self.product(1)
        with self.transaction() as env:
            self.stock(env, env["product.product"].browse(product_id), 1, second)
            set_aside = type(env["ec.stock.set.aside"])
        orders = [self.order([product_id], warehouse_id) for warehouse_id in (self.warehouse_id, second)]
        places = SQL("SELECT product_id, warehouse_id FROM (VALUES (%s, %s), (%s, %s)) v (product_id, warehouse_id)",
                     product_id, self.warehouse_id, product_id, second)
        held = [(product_id, frozenset({self.warehouse_id, second}), 1, ("shown", 0))]
        with (
            patch.object(set_aside, "_sources", lambda model: [places]),
            patch.object(set_aside, "_wide_sources", lambda model: [places]),
            patch.object(set_aside, "_entries", lambda model, product_ids: held),
        ):
            conflicts = self.together(*map(self.confirm, orders))
        self.assertTrue(conflicts)
        self.assertEqual(self.promised(product_id), (2, 1))

    def test_the_last_unit_is_promised_once(self):
        product_id = self.product(1)
        orders = [self.order([product_id]) for _number in range(2)]
        conflicts = self.together(*map(self.confirm, orders))
        self.assertEqual(self.promised(product_id), (1, 1))
        self.assertTrue(conflicts)
        with self.transaction() as env:
            states = env["sale.order"].browse(orders).picking_ids.mapped("state")
            self.assertEqual(sorted(states), ["assigned", "confirmed"])

    def test_plain_odoo_promises_it_twice(self):
        """The same harness without the guard fails: it can."""
        product_id = self.product(1)
        orders = [self.order([product_id]) for _number in range(2)]
        self.switch("DISABLE")
        try:
            with patch.object(EcStockGuard, "_mark", lambda self, moves, reserve=False: None):
                self.together(*map(self.confirm, orders))
        finally:
            self.switch("ENABLE")
        self.assertEqual(self.promised(product_id), (1, 2))

    def test_raw_sql_that_lowers_stock_is_ordered_with_reservations(self):
        product_id = self.product(1)
        order_id = self.order([product_id])

        def count(env):
            env.cr.execute("UPDATE stock_quant SET quantity = 0 WHERE product_id = %s AND quantity > reserved_quantity", [product_id])

        self.together(self.confirm(order_id), count)
        there, promised = self.promised(product_id)
        self.assertLessEqual(promised, there)

    def test_a_receipt_waits_for_nobody(self):
        product_id = self.product(1)
        order_id = self.order([product_id])
        conflicts = self.together(
            self.confirm(order_id),
            lambda env: self.stock(env, env["product.product"].browse(product_id), 5),
        )
        self.assertFalse(conflicts)
        self.assertEqual(self.promised(product_id), (6, 1))

    def test_two_warehouses_do_not_meet(self):
        product_id = self.product(1)
        with self.transaction() as env:
            other_id = self.second_warehouse(env).id
            self.stock(env, env["product.product"].browse(product_id), 1, other_id)
        orders = [self.order([product_id]), self.order([product_id], other_id)]
        self.assertFalse(self.together(*map(self.confirm, orders)))
        self.assertEqual(self.promised(product_id), (2, 2))

    def test_crossed_orders_end(self):
        """The same products in opposite order: marked in id order, nobody waits in a circle."""
        products = [self.product(1) for _number in range(3)]
        orders = [self.order(products), self.order(products[::-1])]
        conflicts = self.together(*map(self.confirm, orders))
        self.assertNotIn("40P01", conflicts)
        for product_id in products:
            self.assertEqual(self.promised(product_id), (1, 1))

    def test_a_storm_on_few_units(self):
        product_id = self.product(3)
        orders = [self.order([product_id]) for _number in range(8)]
        self.together(*map(self.confirm, orders))
        self.assertEqual(self.promised(product_id), (3, 3))

    def test_a_pool_and_a_reservation(self):
        """A pool raised while somebody reserves: whoever comes second sees the other."""
        product_id = self.product(5)
        order_id = self.order([product_id])

        def raise_pool(env):
            env["ec.stock.pool"].create(
                {"name": "All", "product_id": product_id, "warehouse_id": self.warehouse_id, "quantity": 5}
            )

        conflicts = self.together(self.confirm(order_id), raise_pool)
        self.assertTrue(conflicts)
        there, promised = self.promised(product_id)
        with self.transaction() as env:
            move = env["sale.order"].browse(order_id).picking_ids.move_ids
            pool = env["ec.stock.pool"].search([("product_id", "=", product_id)])
            # the order came first, and the pool says what it misses, or the order waits
            self.assertEqual((promised, pool.shortfall, move.ec_set_aside), (1, 1, False) if promised else (0, 0, True))
            pool.unlink()
        self.assertEqual(there, 5)

    def test_a_storm_around_a_pool(self):
        """One by one and in batches: of 6 units, 3 are held."""
        product_id = self.product(6)
        with self.transaction() as env:
            env["ec.stock.pool"].create(
                {"name": "Held", "product_id": product_id, "warehouse_id": self.warehouse_id, "quantity": 3}
            )
        orders = [self.order([product_id]) for _number in range(8)]

        def batch(order_ids):
            return lambda env: env["sale.order"].browse(order_ids)._ec_confirm_batch()

        self.together(batch(orders[:2]), batch(orders[2:4]), *map(self.confirm, orders[4:]))
        self.assertEqual(self.promised(product_id), (6, 3))
        with self.transaction() as env:
            env["ec.stock.pool"].search([("product_id", "=", product_id)]).action_release()
        self.assertEqual(self.promised(product_id), (6, 6))

    def test_one_statement_a_transaction(self):
        product_id = self.product(5)
        with self.transaction() as env:
            move = env["stock.move"].new(
                {
                    "product_id": product_id,
                    "location_id": env["stock.warehouse"].browse(self.warehouse_id).lot_stock_id.id,
                }
            )
            guard = env["ec.stock.guard"]
            guard._mark(move)
            before = env.cr.sql_log_count
            guard._mark(move)
            self.assertEqual(env.cr.sql_log_count, before)
            env.cr.rollback()
