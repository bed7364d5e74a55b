import logging
import random
from datetime import timedelta
from unittest.mock import patch

from psycopg2.errors import CheckViolation, UniqueViolation

from odoo import fields
from odoo.fields import Command
from odoo.tests import TransactionCase, tagged
from odoo.tools import mute_logger

from ..formula import free, offer, sellable

_logger = logging.getLogger(__name__)


class FigureCase(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["ec.stock.policy"].search([]).active = False
        cls.warehouse = cls.env["stock.warehouse"].search([("company_id", "=", cls.env.company.id)], limit=1)
        cls.other = cls.env["stock.warehouse"].create({"name": "Second", "code": "EC2"})
        cls.stock = cls.warehouse.lot_stock_id
        cls.customers = cls.env.ref("stock.stock_location_customers")
        cls.suppliers = cls.env.ref("stock.stock_location_suppliers")
        cls.partner = cls.env["res.partner"].create({"name": "Buyer"})
        cls.product, cls.second = cls.env["product.product"].create(
            [{"name": f"Sold {number}", "is_storable": True, "list_price": 10} for number in range(2)]
        )
        cls.policy = cls.make_policy()
        cls.Figure = cls.env["ec.stock.figure"]
        cls.Dirty = cls.env["ec.stock.dirty"]
        cls.Dirty._fold()

    @classmethod
    def make_policy(cls, warehouses=None, **values):
        warehouses = cls.warehouse if warehouses is None else warehouses
        lines = [Command.create({"warehouse_id": warehouse.id}) for warehouse in warehouses]
        return cls.env["ec.stock.policy"].create({"name": "Shop", "line_ids": lines, **values})

    def put(self, quantity, product=None, location=None, **values):
        self.env["stock.quant"]._update_available_quantity(
            product or self.product, location or self.stock, quantity, **values
        )

    def order(self, quantity, product=None, **values):
        product = product or self.product
        return self.env["sale.order"].create(
            {
                "partner_id": self.partner.id,
                "warehouse_id": self.warehouse.id,
                "order_line": [Command.create({"product_id": product.id, "product_uom_qty": quantity})],
                **values,
            }
        )

    def move(self, quantity, source, target, product=None, **values):
        product = product or self.product
        move = self.env["stock.move"].create(
            {
                "product_id": product.id,
                "product_uom_qty": quantity,
                "product_uom": product.uom_id.id,
                "location_id": source.id,
                "location_dest_id": target.id,
                **values,
            }
        )
        move._action_confirm()
        return move

    def do(self, move):
        move.quantity = move.product_uom_qty
        move.picked = True
        move._action_done()

    def pool(self, quantity, product=None, warehouse=None, consumed=0, **values):
        pool = self.env["ec.stock.pool"].create(
            {
                "name": "Kept",
                "product_id": (product or self.product).id,
                "warehouse_id": (warehouse or self.warehouse).id,
                "quantity": quantity,
                **values,
            }
        )
        self.env.flush_all()
        self.env.cr.execute("UPDATE ec_stock_pool SET consumed = %s WHERE id = %s", [consumed, pool.id])
        pool.invalidate_recordset(flush=False)
        return pool

    def rule(self, target, policy=None, **values):
        column = "categ_id" if target._name == "product.category" else "product_id"
        return self.env["ec.stock.rule"].create({"policy_id": (policy or self.policy).id, column: target.id, **values})

    def record(self, product=None, policy=None):
        return self.Figure.search(
            [("product_id", "=", (product or self.product).id), ("policy_id", "=", (policy or self.policy).id)]
        )

    def stored(self, product=None, policy=None):
        return self.record(product, policy).quantity

    def all_stored(self, product, policy):
        record = self.record(product, policy)
        return record.quantity, record.free, record.offer, record.mode

    def by_formula(self, product, policy):
        warehouses, options = self.Figure._formula_input(product, policy)
        mode = self.env["ec.stock.rule"]._resolve(product, policy)["mode"]
        return sellable(warehouses, **options), free(warehouses), offer(warehouses, **options), mode

    def figure(self, product=None, policy=None):
        """The stored figure after a fold, checked against formula and explanation."""
        product, policy = product or self.product, policy or self.policy
        self.Dirty._fold()
        figure = self.stored(product, policy)
        self.assertEqual(self.all_stored(product, policy), self.by_formula(product, policy))
        self.assertEqual(sum(units for _, units in self.Figure._explain(product, policy)), figure)
        return figure

    def assert_marked(self, *products):
        self.env.flush_all()
        self.env.cr.execute("SELECT DISTINCT product_id FROM ec_stock_dirty")
        self.assertEqual({product for (product,) in self.env.cr.fetchall()}, {product.id for product in products})


@tagged("-at_install", "post_install")
class TestFigure(FigureCase):
    def test_on_hand_of_the_policy_s_warehouses(self):
        self.put(10)
        self.put(7, location=self.other.lot_stock_id)
        self.assertEqual(self.figure(), 10)
        self.policy.line_ids = [Command.create({"warehouse_id": self.other.id})]
        self.assertEqual(self.figure(), 17)
        self.policy.line_ids[1].share = 50
        self.assertEqual(self.figure(), 13)
        self.policy.soft_share = 50
        self.assertEqual(self.figure(), 6)
        codes = [code for code, _ in self.Figure._explain(self.product, self.policy)]
        self.assertEqual(codes[:4], ["on_hand", "blocked", "expired", "reserved"])

    def test_customers_and_nested_locations(self):
        shelf = self.env["stock.location"].create({"name": "Shelf", "location_id": self.stock.id})
        self.put(5, location=shelf)
        self.put(99, location=self.customers)
        self.assertEqual(self.figure(), 5)
        self.policy.blocked_location_ids = shelf
        self.assertEqual(self.figure(), 0)
        self.policy.blocked_location_ids = self.stock
        self.assertEqual(self.figure(), 0)
        self.policy.blocked_location_ids = False
        self.assertEqual(self.figure(), 5)

    def test_location_moved_below_a_blocked_one(self):
        quarantine, shelf = self.env["stock.location"].create(
            [{"name": name, "location_id": self.stock.id} for name in ("Quarantine", "Shelf")]
        )
        self.policy.blocked_location_ids = quarantine
        self.put(5, location=shelf)
        self.assertEqual(self.figure(), 5)
        shelf.location_id = quarantine
        self.assertEqual(self.figure(), 0)

    def test_owner(self):
        self.put(5, owner_id=self.partner)
        self.put(3, owner_id=self.env.company.partner_id)
        self.assertEqual(self.figure(), 3)

    def test_reserved_and_unreserved_demand(self):
        self.put(10)
        move = self.move(4, self.stock, self.customers)
        self.assertEqual(self.figure(), 6, "confirmed, not reserved")
        move._action_assign()
        self.assertEqual(self.figure(), 6, "reserved")
        more = self.move(8, self.stock, self.customers)
        more._action_assign()
        self.assertEqual(more.state, "partially_available")
        self.assertEqual(self.figure(), 0)
        terms = dict(self.Figure._explain(self.product, self.policy))
        self.assertEqual((terms["reserved"], terms["demand"]), (-10, -2))
        more._action_cancel()
        self.assertEqual(self.figure(), 6)
        self.do(move)
        self.assertEqual(self.figure(), 6)

    def test_demand_in_another_unit(self):
        self.put(30)
        self.move(2, self.stock, self.customers, product_uom=self.env.ref("uom.product_uom_dozen").id)
        self.assertEqual(self.figure(), 6)

    def test_moves_inside_a_warehouse_are_no_demand(self):
        shelf = self.env["stock.location"].create({"name": "Shelf", "location_id": self.stock.id})
        self.put(10)
        self.move(4, self.stock, shelf)
        self.assertEqual(self.figure(), 10)

    def test_delivery_in_two_steps_counts_once(self):
        self.warehouse.delivery_steps = "pick_ship"
        self.put(10)
        order = self.order(4)
        order.action_confirm()
        self.assertEqual(self.figure(), 6)
        pick = order.picking_ids
        self.assertEqual(len(pick), 1)
        pick.move_ids.picked = True
        pick._action_done()
        self.assertGreater(len(order.picking_ids), 1)
        self.assertEqual(self.figure(), 6)

    def test_claims(self):
        self.put(10)
        order = self.order(3)
        self.assertEqual(self.figure(), 10)
        order.ec_claims_stock = True
        self.assertEqual(self.figure(), 7)
        order.order_line.product_uom_qty = 5
        self.assertEqual(self.figure(), 5)
        order.action_confirm()
        self.assertEqual(self.figure(), 5)
        order._action_cancel()
        self.assertEqual(self.figure(), 10)
        order.action_draft()
        self.assertEqual(self.figure(), 5)
        self.assertFalse(order.copy().ec_claims_stock)
        self.assertEqual(self.figure(), 5)
        order._action_cancel()
        order.unlink()
        self.assertEqual(self.figure(), 10)

    def test_claims_deleted_with_their_order(self):
        self.put(10)
        order = self.order(3, ec_claims_stock=True)
        self.assertEqual(self.figure(), 7)
        order.unlink()
        self.assertEqual(self.figure(), 10)

    def test_buffers_and_cap(self):
        self.put(10)
        self.policy.write({"buffer_kind": "fixed", "buffer_value": 3})
        self.assertEqual(self.figure(), 7)
        self.policy.write({"buffer_kind": "percent", "buffer_value": 15})
        self.assertEqual(self.figure(), 8)
        self.policy.write({"capped": True, "cap": 5})
        self.assertEqual(self.figure(), 5)
        self.policy.cap = 0
        self.assertEqual(self.figure(), 0)
        self.policy.capped = False
        self.policy.write({"buffer_kind": "adaptive", "lag_minutes": 90})
        self.assertEqual(self.figure(), 10)
        self.order(2).action_confirm()
        self.assertEqual(self.figure(), 5, "10 - 2 - (2 in 60 minutes) * 90 minutes")

    def test_preorder(self):
        soon = fields.Datetime.now() + timedelta(days=2)
        self.move(6, self.suppliers, self.stock, date=soon)
        self.move(9, self.suppliers, self.stock, date=soon + timedelta(days=10))
        self.assertEqual(self.figure(), 0)
        self.policy.write({"preorder": True, "preorder_days": 5})
        self.assertEqual(self.figure(), 6)
        self.move(4, self.stock, self.customers)
        self.assertEqual(self.figure(), 2)

    def test_policies_of_different_blocked_places(self):
        shelf = self.env["stock.location"].create({"name": "Shelf", "location_id": self.stock.id})
        self.put(10)
        self.put(5, location=shelf)
        strict = self.make_policy(blocked_location_ids=[Command.set(shelf.ids)])
        self.assertEqual(self.figure(), 15)
        self.assertEqual(self.figure(policy=strict), 10)

    def test_expired_lots(self):
        if "expiration_date" not in self.env["stock.lot"]._fields:
            self.skipTest("module product_expiry is not installed")
        self.product.write({"tracking": "lot", "use_expiration_date": True})
        lot = self.env["stock.lot"].create({"product_id": self.product.id, "name": "L1"})
        self.put(5, lot_id=lot)
        self.assertEqual(self.figure(), 5)
        lot.expiration_date = fields.Datetime.now() - timedelta(days=1)
        self.assertEqual(self.figure(), 0)

    def test_version_grows_only_with_a_change(self):
        self.put(10)
        self.figure()
        figure = self.Figure.search([("product_id", "=", self.product.id), ("policy_id", "=", self.policy.id)])
        version = figure.version
        self.assertEqual(self.Figure._recompute(), 0)
        self.assertEqual(figure.version, version)
        self.put(1)
        self.Dirty._fold()
        self.assertEqual(figure.version, version + 1)

    def test_version_grows_with_what_is_free_or_offered(self):
        self.policy.write({"capped": True, "cap": 2, "soft_share": 50})
        self.put(10)
        self.assertEqual(self.figure(), 2)
        figure = self.record()
        self.assertEqual((figure.free, figure.offer), (10, 5))
        version = figure.version
        self.put(1)
        self.assertEqual(self.figure(), 2)
        self.assertEqual((figure.free, figure.offer, figure.version), (11, 5, version + 1))
        self.put(1)
        self.assertEqual(self.figure(), 2)
        self.assertEqual((figure.free, figure.offer, figure.version), (12, 6, version + 2))

    def test_free_and_offer_below_zero(self):
        self.policy.write({"buffer_value": 3})
        self.move(4, self.stock, self.customers)
        self.assertEqual(self.figure(), 0)
        self.assertEqual((self.record().free, self.record().offer), (-4, -7))

    def test_pools(self):
        self.put(10)
        self.put(10, location=self.other.lot_stock_id)
        both = self.make_policy(self.warehouse | self.other)
        self.figure()
        pool = self.pool(4)
        self.assert_marked(self.product)
        self.assertEqual((self.figure(), self.figure(policy=both)), (6, 16))
        self.assertEqual(dict(self.Figure._explain(self.product, self.policy))["pools"], -4)
        self.env.cr.execute("UPDATE ec_stock_pool SET consumed = 1.5 WHERE id = %s", [pool.id])
        self.assertEqual(self.figure(), 7)
        self.env.cr.execute("UPDATE ec_stock_pool SET consumed = 9 WHERE id = %s", [pool.id])
        self.assertEqual(self.figure(), 10)
        pool.invalidate_recordset(flush=False)
        pool.unlink()
        today = fields.Date.today()
        pool = self.pool(4, date_from=today, date_to=today)
        self.assertEqual(self.figure(), 6)
        pool.write({"date_from": today + timedelta(days=1), "date_to": False})
        self.assertEqual(self.figure(), 10)
        pool.write({"date_from": False, "date_to": today - timedelta(days=1)})
        self.assertEqual(self.figure(), 10)
        pool.date_to = False
        self.assertEqual(self.figure(), 6)
        pool.active = False
        self.assertEqual(self.figure(), 10)

    def test_rules_the_narrowest_wins(self):
        wide = self.env["product.category"].create({"name": "Wide"})
        middle = wide.create({"name": "Middle", "parent_id": wide.id})
        narrow = wide.create({"name": "Narrow", "parent_id": middle.id})
        self.product.categ_id = narrow
        self.put(20)
        self.put(20, product=self.second)
        self.policy.write({"mode": "shared", "buffer_value": 1})
        self.assertEqual((self.figure(), self.record().mode), (19, "shared"))
        rule = self.rule(wide, mode="strict", buffer_set=True, buffer_value=2)
        self.assertEqual((self.figure(), self.record().mode), (18, "strict"))
        self.rule(middle, buffer_set=True, buffer_kind="percent", buffer_value=50, cap_set=True, cap=8)
        self.assertEqual((self.figure(), self.record().offer, self.record().mode), (8, 10, "strict"))
        self.rule(narrow, cap_set=True, capped=False)
        self.assertEqual((self.figure(), self.record().mode), (10, "strict"))
        own = self.rule(self.product, mode="hybrid", buffer_set=True)
        self.assertEqual((self.figure(), self.record().mode), (20, "hybrid"))
        own.write({"mode": False, "cap_set": True, "cap": 3})
        self.assertEqual((self.figure(), self.record().mode), (3, "strict"))
        other = self.make_policy(mode="hybrid")
        self.assertEqual((self.figure(policy=other), self.record(policy=other).mode), (20, "hybrid"))
        self.assertEqual((self.figure(self.second), self.record(self.second).mode), (19, "shared"))
        self.product.categ_id = False
        own.unlink()
        self.assertEqual((self.figure(), self.record().mode), (19, "shared"))
        self.product.categ_id = narrow
        middle.parent_id = False
        self.assertEqual((self.figure(), self.record().mode), (10, "shared"))
        rule.unlink()
        self.assertEqual((self.figure(), self.record().mode), (10, "shared"))

    def test_rule_of_the_sales_rate(self):
        self.put(10)
        self.policy.lag_minutes = 90
        self.order(2).action_confirm()
        self.assertEqual(self.figure(), 8)
        self.rule(self.product, buffer_set=True, buffer_kind="adaptive")
        self.assertEqual(self.figure(), 5)

    def test_rules_refused(self):
        category = self.env["product.category"].create({"name": "Any"})
        self.rule(self.product)
        self.rule(category)
        for values, error in (
            ({"product_id": self.second.id, "categ_id": category.id}, CheckViolation),
            ({}, CheckViolation),
            ({"product_id": self.second.id, "cap": -1}, CheckViolation),
            ({"product_id": self.second.id, "buffer_value": -1}, CheckViolation),
            ({"product_id": self.product.id}, UniqueViolation),
            ({"categ_id": category.id}, UniqueViolation),
        ):
            with (
                self.subTest(values),
                self.assertRaises(error),
                mute_logger("odoo.sql_db"),
                self.env.cr.savepoint(),
            ):
                self.env["ec.stock.rule"].create({"policy_id": self.policy.id, **values})
                self.env.flush_all()

    def test_figures_go_with_product_and_policy(self):
        other = self.make_policy()
        self.put(10)
        self.assertEqual((self.figure(), self.figure(policy=other)), (10, 10))
        other.unlink()
        self.assertFalse(self.Figure.search([("policy_id", "=", other.id)]))
        self.assertEqual(self.figure(), 10)
        self.figure(self.second)
        self.second.unlink()
        self.assertFalse(self.Figure.search([("product_id", "=", self.second.id)]))
        self.assertEqual(self.figure(), 10)

    def test_quantities_beyond_all_measure(self):
        self.put(10)
        self.env.flush_all()
        self.env.cr.execute("UPDATE stock_quant SET quantity = 1e15 WHERE product_id = %s", [self.product.id])
        self.Dirty._fold()
        self.assertEqual(self.all_stored(self.product, self.policy)[:3], (2**31 - 1,) * 3)

    def test_archived_product_and_other_kinds(self):
        self.put(10)
        self.assertEqual(self.figure(), 10)
        self.product.active = False
        self.Dirty._fold()
        self.assertEqual(self.stored(), 0)
        service = self.env["product.product"].create({"name": "Service", "type": "service"})
        self.Dirty._fold()
        self.assertFalse(self.Figure.search([("product_id", "=", service.id)]))

    def test_ranges(self):
        for values in ({"soft_share": 101}, {"buffer_value": -1}, {"cap": -1}, {"preorder_days": -1}, {"safety": -1}):
            with (
                self.subTest(values),
                self.assertRaises(CheckViolation),
                mute_logger("odoo.sql_db"),
                self.env.cr.savepoint(),
            ):
                self.policy.write(values)
                self.env.flush_all()


@tagged("-at_install", "post_install")
class TestDirty(FigureCase):
    def test_orm_and_raw_sql(self):
        self.put(10)
        self.assert_marked(self.product)
        self.assertEqual(self.figure(), 10)
        self.assert_marked()
        quant = self.env["stock.quant"].search(
            [("product_id", "=", self.product.id), ("location_id", "=", self.stock.id)]
        )
        self.env.cr.execute("UPDATE stock_quant SET write_date = now() WHERE id = %s", [quant.id])
        self.assert_marked()
        self.env.cr.execute("UPDATE stock_quant SET quantity = 4 WHERE id = %s", [quant.id])
        self.assert_marked(self.product)
        self.assertEqual(self.figure(), 4)
        self.env.cr.execute("DELETE FROM stock_quant WHERE id = %s", [quant.id])
        self.assertEqual(self.figure(), 0)

    def test_confirm_cancel_receipt(self):
        self.put(10)
        self.Dirty._fold()
        order = self.order(4)
        self.assert_marked()
        order.action_confirm()
        self.assert_marked(self.product)
        self.assertEqual(self.figure(), 6)
        order._action_cancel()
        self.assert_marked(self.product)
        self.assertEqual(self.figure(), 10)
        self.do(self.move(5, self.suppliers, self.stock))
        self.assert_marked(self.product)
        self.assertEqual(self.figure(), 15)

    def test_rules_mark_their_product_or_all(self):
        rule = self.rule(self.product, cap_set=True)
        self.assert_marked(self.product)
        self.Dirty._fold()
        rule.product_id = self.second
        self.assert_marked(self.product, self.second)
        self.Dirty._fold()
        rule.unlink()
        self.assert_marked(self.second)
        self.Dirty._fold()
        self.rule(self.env["product.category"].create({"name": "Any"}))
        self.env.flush_all()
        self.env.cr.execute("SELECT DISTINCT product_id FROM ec_stock_dirty")
        self.assertEqual(self.env.cr.fetchall(), [(None,)])

    def test_one_row_a_product_and_statement(self):
        self.put(10)
        self.put(10, product=self.second)
        self.put(10, location=self.other.lot_stock_id)
        self.Dirty._fold()
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE stock_quant SET quantity = quantity + 1 WHERE product_id IN %s", [(self.product.id, self.second.id)]
        )
        self.env.cr.execute("SELECT product_id FROM ec_stock_dirty ORDER BY product_id")
        self.assertEqual(self.env.cr.fetchall(), [(self.product.id,), (self.second.id,)])

    def test_policy_marks_all(self):
        self.policy.soft_share = 40
        self.env.flush_all()
        self.env.cr.execute("SELECT DISTINCT product_id FROM ec_stock_dirty")
        self.assertEqual(self.env.cr.fetchall(), [(None,)])

    def test_fold_in_lots(self):
        self.put(10)
        self.put(10, product=self.second)
        self.env.flush_all()
        self.assertEqual(self.Dirty._fold(limit=1), 1)
        woken = []
        rows = "odoo.addons.ec_stock_atp.models.ec_stock_dirty.FOLD_ROWS"
        trigger = patch.object(type(self.env["ir.cron"]), "_trigger", lambda cron, at=None: woken.append(cron.id))
        with trigger, patch(rows, 1):
            self.Dirty._fold_lot()  # a full lot: more may wait
        with trigger:
            self.Dirty._fold_lot()
        self.assertEqual(woken, [self.env.ref("ec_stock_atp.cron_fold").id])
        self.assertEqual(self.Dirty._cron_recount(), 0)
        self.assertEqual((self.stored(), self.stored(self.second)), (10, 10))

    def test_recount_drops_figures_of_nothing(self):
        self.put(10)
        self.figure()
        self.env.cr.execute(
            """
            INSERT INTO ec_stock_figure (product_id, policy_id, quantity, free, offer, mode, version)
            SELECT product_id, policy_id + 1000, 1, 1, 1, 'hybrid', 1 FROM ec_stock_figure WHERE policy_id = %s
            """,
            [self.policy.id],
        )
        self.assertEqual(self.Dirty._cron_recount(), 0)
        self.env.cr.execute("SELECT DISTINCT policy_id FROM ec_stock_figure WHERE product_id = %s", [self.product.id])
        self.assertEqual(self.env.cr.fetchall(), [(self.policy.id,)])

    def test_recount_finds_drift(self):
        self.put(10)
        self.figure()
        self.env.cr.execute("UPDATE ec_stock_figure SET quantity = 3 WHERE product_id = %s", [self.product.id])
        with self.assertLogs("odoo.addons.ec_stock_atp.models.ec_stock_dirty", "WARNING"):
            self.assertEqual(self.Dirty._cron_recount(), 1)
        self.assertEqual(self.stored(), 10)


@tagged("-at_install", "post_install")
class TestHistory(FigureCase):
    OPERATIONS = 80

    def fold_all(self):
        while self.Dirty._fold(5):
            pass

    def arrange(self, rng, product, amount, policies, targets):
        """Something other than stock: a pool or a rule comes or goes, or the product gets another category."""
        pools, rules = self.env["ec.stock.pool"].search([]), self.env["ec.stock.rule"].search([])
        what = rng.choice(("pool", "unpool", "rule", "rule", "unrule", "category"))
        if what == "pool":
            self.pool(
                amount,
                product,
                rng.choice(policies.line_ids.warehouse_id),
                consumed=rng.choice((0, 0.5, 4)),
                date_to=rng.choice((False, fields.Date.today() + timedelta(days=rng.randint(-1, 1)))),
            )
        elif what == "unpool" and pools:
            rng.choice(pools).unlink()
        elif what == "rule":
            policy, target = rng.choice(policies), rng.choice(targets)
            rules.filtered(
                lambda rule: rule.policy_id == policy and target in (rule.product_id, rule.categ_id)
            ).unlink()
            self.rule(
                target,
                policy,
                mode=rng.choice((False, "strict", "shared")),
                buffer_set=rng.random() < 0.5,
                buffer_kind=rng.choice(("fixed", "percent", "adaptive")),
                buffer_value=amount,
                cap_set=rng.random() < 0.5,
                capped=rng.random() < 0.5,
                cap=rng.randint(0, 30),
            )
        elif what == "unrule" and rules:
            rng.choice(rules).unlink()
        elif what == "category":
            product.categ_id = rng.choice(targets[:2])

    def test_incremental_is_full_is_formula(self):
        seed = random.randrange(10**6)
        _logger.info("seed of the random history: %s", seed)
        rng = random.Random(seed)
        products = self.env["product.product"].create(
            [{"name": f"Random {number}", "is_storable": True} for number in range(6)]
        )
        shelf, quarantine = self.env["stock.location"].create(
            [{"name": name, "location_id": self.stock.id} for name in ("Shelf", "Quarantine")]
        )
        places = [self.stock, shelf, quarantine, self.other.lot_stock_id]
        both = self.warehouse | self.other
        policies = self.policy
        policies |= self.make_policy(both, soft_share=33.33, buffer_kind="percent", buffer_value=12.5)
        policies |= self.make_policy(
            both, blocked_location_ids=[Command.set(quarantine.ids)], buffer_value=2, cap=40, capped=True
        )
        policies |= self.make_policy(both, preorder=True, preorder_days=7, buffer_kind="adaptive", lag_minutes=30.5)
        policies.line_ids.filtered(lambda line: line.warehouse_id == self.other).share = 66.67
        self.Dirty._fold()
        orders, moves = self.env["sale.order"], self.env["stock.move"]
        top = self.env["product.category"].create({"name": "Top"})
        below = top.create({"name": "Below", "parent_id": top.id})
        targets = [top, below, products[0], products[1]]
        for product in products:
            self.put(60, product)
        dozen = self.env.ref("uom.product_uom_dozen")

        for _number in range(self.OPERATIONS):
            product, place = rng.choice(products), rng.choice(places)
            amount = rng.choice((1, 3, 12, 2.5))
            what = rng.choice(
                (
                    "put",
                    "take",
                    "order",
                    "claim",
                    "confirm",
                    "cancel",
                    "out",
                    "in",
                    "shift",
                    "assign",
                    "done",
                    "line",
                    "drop",
                    "arrange",
                    "arrange",
                )
            )
            if what == "put":
                self.put(amount * 5, product, place)
            elif what == "take":
                self.put(-amount, product, place)
            elif what in ("order", "claim"):
                orders |= self.order(
                    amount,
                    product,
                    warehouse_id=rng.choice(both).id,
                    ec_claims_stock=what == "claim" or rng.random() < 0.5,
                )
            elif what == "out":
                moves |= self.move(
                    amount, place, self.customers, product, product_uom=rng.choice((product.uom_id, dozen)).id
                )
            elif what == "in":
                date = fields.Datetime.now() + timedelta(days=rng.randint(0, 14))
                moves |= self.move(amount, self.suppliers, place, product, date=date)
            elif what == "shift":
                moves |= self.move(amount, place, rng.choice(places), product)
            elif what == "arrange":
                self.arrange(rng, product, amount, policies, targets)
            elif what in ("assign", "done") and moves:
                move = rng.choice(moves)
                if move.state not in ("done", "cancel"):
                    if what == "assign":
                        move._action_assign()
                    else:
                        self.do(move)
            elif orders:
                order = rng.choice(orders)
                if what == "confirm" and order.state == "draft":
                    order.action_confirm()
                elif what == "cancel" and order.state != "cancel":
                    order._action_cancel()
                elif what == "line" and order.state == "draft":
                    order.order_line.product_uom_qty = amount
                elif what == "drop" and order.state in ("draft", "cancel"):
                    orders -= order
                    order.unlink()
            if rng.random() < 0.5:
                self.Dirty._fold(limit=rng.choice((1, 3, 1000)))
            self.env.flush_all()

        self.fold_all()
        everything = products | self.product | self.second
        pairs = [(product, policy) for product in everything for policy in policies]
        before = {pair: self.all_stored(*pair) for pair in pairs}
        self.assertEqual(self.Figure._recompute(), 0, f"seed {seed}: the full recount found other figures")
        self.assertTrue(any(stored[1] for stored in before.values()), f"seed {seed}")
        for pair, stored in before.items():
            self.assertEqual(stored, self.by_formula(*pair), f"seed {seed}")
        # and from nothing
        self.env.cr.execute("DELETE FROM ec_stock_figure")
        self.Figure._recompute()
        after = {pair: self.all_stored(*pair) for pair in pairs}
        self.assertEqual(after, before, f"seed {seed}")
