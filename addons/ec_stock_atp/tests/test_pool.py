from datetime import timedelta
from unittest.mock import patch

from psycopg2.errors import CheckViolation

from odoo import fields
from odoo.exceptions import AccessError, ValidationError
from odoo.tests import Form, tagged
from odoo.tools import SQL, mute_logger

from .set_aside import PATHS, SetAsideCase


@tagged("post_install", "-at_install")
class TestPool(SetAsideCase):
    def days(self, number):
        return fields.Date.today() + timedelta(days=number)

    def give_back(self, picking, units):
        wizard = (
            self.env["stock.return.picking"].with_context(active_id=picking.id, active_model="stock.picking").create({})
        )
        wizard.product_return_moves.quantity = units
        returned = self.env["stock.picking"].browse(wizard.action_create_returns()["res_id"])
        returned.move_ids.picked = True
        returned._action_done()

    # ---- who gets what

    def test_the_buyer_consumes_its_own(self):
        for path in PATHS:
            with self.subTest(path):
                product = self.make_product(10)
                pool = self.pool(product, 8, partner_id=self.contact.id)
                self.assertEqual(pool.partner_id, self.buyer)
                self.assertEqual(self.sell(product, 5, path=path), 2)
                self.assertEqual(self.sell(product, 5, self.contact, path), 5)
                self.assertEqual((pool.consumed, pool.remaining, pool.state), (5, 3, "open"))
                self.assertEqual(self.sell(product, 5, self.buyer, path), 3)
                self.assertEqual((pool.consumed, pool.remaining, pool.state), (8, 0, "used"))

    def test_buyer_and_stranger_in_one_batch(self):
        for path in PATHS:
            with self.subTest(path):
                product = self.make_product(20)
                self.pool(product, 10, partner_id=self.buyer.id)
                orders = self.order(product, 4, self.buyer) + self.order(product, 12)
                self.assertEqual(self.confirm(orders, path), [4, 10])

    def test_an_order_that_waits_keeps_its_units(self):
        """Reserved later, by hand: what the buyer ordered is still held."""
        self.warehouse.out_type_id.reservation_method = "manual"
        for path in PATHS:
            with self.subTest(path):
                product = self.make_product(10)
                pool = self.pool(product, 10, partner_id=self.buyer.id)
                own, foreign = self.order(product, 6, self.buyer), self.order(product, 6)
                self.assertEqual(self.confirm(own + foreign, path), [0, 0])
                self.assertEqual(pool.consumed, 6)
                foreign.picking_ids.action_assign()
                self.assertEqual(foreign.picking_ids.move_ids.quantity, 0)
                own.picking_ids.action_assign()
                self.assertEqual(own.picking_ids.move_ids.quantity, 6)
                own.picking_ids.do_unreserve()
                foreign.picking_ids.action_assign()
                self.assertEqual(foreign.picking_ids.move_ids.quantity, 0)

    def test_campaign(self):
        product = self.make_product(10)
        fair, sale = self.env["utm.campaign"].create([{"name": "Fair"}, {"name": "Sale"}])
        pool = self.pool(product, 10, campaign_id=fair.id)
        self.assertEqual(self.sell(product, 1, campaign_id=sale.id), 0)
        self.assertEqual(self.sell(product, 1, campaign_id=fair.id), 1)
        both = self.pool(self.make_product(5), 5, campaign_id=fair.id, partner_id=self.buyer.id)
        self.assertEqual(self.sell(both.product_id, 1, campaign_id=fair.id), 0)
        self.assertEqual(self.sell(both.product_id, 1, self.buyer), 0)
        self.assertEqual(self.sell(both.product_id, 1, self.buyer, campaign_id=fair.id), 1)
        self.assertEqual((pool.consumed, both.consumed), (1, 1))

    def test_for_nobody(self):
        product = self.make_product(10)
        pool = self.pool(product, 4)
        self.assertEqual(self.sell(product, 10, self.buyer), 6)
        self.assertEqual(pool.consumed, 0)

    def test_shops_leave_pools(self):
        product = self.make_product(10)
        self.pool(product, 4)
        self.assertEqual(self.sell(product, 10, ec_claims_stock=True), 6)

    def test_another_warehouse(self):
        product = self.make_product(10)
        self.put(product, 10, self.other)
        self.pool(product, 8, partner_id=self.buyer.id)
        self.assertEqual(self.sell(product, 10, warehouse_id=self.other.id), 10)
        self.assertEqual(self.sell(product, 10), 2)

    # ---- consumed

    def test_the_oldest_pool_first(self):
        product = self.make_product(20)
        late = self.pool(product, 5, partner_id=self.buyer.id, date_from=self.days(0))
        early = self.pool(product, 3, partner_id=self.buyer.id, date_from=self.days(-3))
        self.sell(product, 4, self.buyer)
        self.assertEqual((early.consumed, late.consumed), (3, 1))

    def test_change_of_quantity_and_cancel_give_back(self):
        for path in PATHS:
            with self.subTest(path):
                product = self.make_product(20)
                pool = self.pool(product, 10, partner_id=self.buyer.id)
                order = self.order(product, 4, self.buyer)
                self.confirm(order, path)
                self.assertEqual(pool.consumed, 4)
                order.order_line.product_uom_qty = 7
                self.assertEqual(pool.consumed, 7)
                order.order_line.product_uom_qty = 2
                self.assertEqual(pool.consumed, 2)
                order.order_line = [(0, 0, {"product_id": product.id, "product_uom_qty": 3})]
                self.assertEqual(pool.consumed, 5)
                order.order_line = [(0, 0, {"product_id": product.id, "product_uom_qty": 30})]
                self.assertEqual(pool.consumed, 10)
                order._action_cancel()
                self.assertEqual(pool.consumed, 0)

    def test_another_buyer(self):
        product = self.make_product(20)
        pool = self.pool(product, 10, partner_id=self.buyer.id)
        order = self.order(product, 4, self.buyer)
        self.confirm(order)
        order.partner_id = self.stranger
        self.assertEqual(pool.consumed, 0)

    def test_a_return_gives_back(self):
        product = self.make_product(10)
        pool = self.pool(product, 10, partner_id=self.buyer.id)
        order = self.order(product, 4, self.buyer)
        self.confirm(order)
        order.picking_ids.move_ids.picked = True
        order.picking_ids._action_done()
        self.assertEqual((pool.consumed, product.qty_available), (4, 6))
        self.give_back(order.picking_ids, 3)
        self.assertEqual((pool.consumed, product.qty_available), (1, 9))
        self.assertEqual(self.sell(product, 5), 0)

    def test_units_of_measure(self):
        product = self.make_product(50)
        pool = self.pool(product, 40, partner_id=self.buyer.id)
        order = self.order(product, 1, self.buyer)
        order.order_line.write({"product_uom_id": self.env.ref("uom.product_uom_dozen").id, "product_uom_qty": 2})
        self.confirm(order)
        self.assertEqual(pool.consumed, 24)

    def test_orders_before_the_pool(self):
        product = self.make_product(10)
        self.sell(product, 4, self.buyer)
        self.env["sale.order"].search([("order_line.product_id", "=", product.id)]).date_order -= timedelta(days=1)
        pool = self.pool(product, 5, partner_id=self.buyer.id)
        self.assertEqual(pool.consumed, 0)
        pool.date_from = self.days(-2)
        self.assertEqual(pool.consumed, 4)

    # ---- time

    def test_dates(self):
        product = self.make_product(10)
        planned = self.pool(product, 10, date_from=self.days(1))
        ended = self.pool(product, 10, date_from=self.days(-5), date_to=self.days(-1))
        self.assertEqual((planned.state, ended.state), ("planned", "ended"))
        self.assertEqual(self.sell(product, 1), 1)
        today = self.pool(product, 9, date_from=self.days(0), date_to=self.days(0))
        self.assertEqual(self.sell(product, 1), 0)
        self.assertEqual(today.state, "open")
        waiting = self.env["stock.move"].search([("ec_set_aside", "=", True), ("product_id", "=", product.id)])
        with patch.object(type(self.env["ec.stock.pool"]), "_holds_sql", lambda model: SQL("FALSE")):
            with patch.object(fields.Date, "today", staticmethod(lambda: self.env.cr.now().date() + timedelta(days=1))):
                self.env.cr.precommit.data.clear()
                self.env.cr.execute("DELETE FROM ec_stock_dirty")
                self.Pool._cron_day()
        self.assertEqual(waiting.state, "assigned")
        self.env.cr.execute("SELECT count(*) FROM ec_stock_dirty WHERE product_id = %s", [product.id])
        self.assertTrue(self.env.cr.fetchone()[0])
        self.assertFalse(waiting.ec_set_aside)

    def test_release(self):
        product = self.make_product(10)
        pools = self.pool(product, 6) + self.pool(product, 4)
        order = self.order(product, 10)
        self.assertEqual(self.confirm(order), [0])
        pools.action_release()
        self.assertEqual(order.picking_ids.move_ids.quantity, 10)
        self.assertEqual(set(pools.mapped("state")), {"ended"})

    def test_unlink_frees(self):
        product = self.make_product(10)
        pool = self.pool(product, 10)
        order = self.order(product, 10)
        self.confirm(order)
        pool.unlink()
        self.assertEqual(order.picking_ids.move_ids.quantity, 10)

    # ---- the record

    def test_shortfall(self):
        product = self.make_product(10)
        first, second = self.pool(product, 7), self.pool(product, 7)
        self.assertEqual((first.shortfall, second.shortfall), (0, 4))

    def test_form(self):
        product = self.make_product(10)
        with Form(self.Pool) as form:
            form.name = "Fair"
            form.product_id = product
            form.quantity = 3
        self.assertEqual(form.record.warehouse_id, self.warehouse)

    def test_refused(self):
        product = self.make_product(1)
        with self.assertRaises(CheckViolation), mute_logger("odoo.sql_db"), self.env.cr.savepoint():
            self.pool(product, 0)
        with self.assertRaises(CheckViolation), mute_logger("odoo.sql_db"), self.env.cr.savepoint():
            self.pool(product, 1, date_from="2026-01-02", date_to="2026-01-01")
        with self.assertRaises(ValidationError):
            self.pool(self.env["product.product"].create({"name": "Advice", "type": "service"}), 1)

    def test_access(self):
        product = self.make_product(10)
        pool = self.pool(product, 3)
        for groups in ("stock.group_stock_user", "sales_team.group_sale_salesman"):
            user = self.user(groups)
            self.assertTrue(pool.with_user(user).read([]))
            with self.assertRaises(AccessError):
                pool.with_user(user).quantity = 4
        manager = self.user("stock.group_stock_manager")
        pool.with_user(manager).quantity = 4
        pool.with_user(manager).action_release()
