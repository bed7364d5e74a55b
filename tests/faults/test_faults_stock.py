"""Faults of stock and catalogue found in another connector, one test each, against a shop that executes the vendor's schema."""

import contextlib
import random

from odoo import SUPERUSER_ID, api
from odoo.sql_db import db_connect
from odoo.tests.common import get_db_name

from .common import ShopCase


class StockCase(ShopCase):
    """The shop's items are matched, its location shows the warehouse, its stock is told."""

    def setUp(self):
        super().setUp()
        # these tests read the orders far more often than a lane does; the shop throttles when it is told to
        self.sim.configure(capacity=1_000_000, restore=1_000_000)
        self.channel.action_check()
        self.channel.action_pull_catalogue()
        place = self.env["ec.mapping"].search([("channel_id", "=", self.channel.id), ("kind", "=", "location")], limit=1)
        place.write({"warehouse_id": self.warehouse.id, "ignored": False})
        self.others = self.env["ec.mapping"].search([("channel_id", "=", self.channel.id), ("kind", "=", "location"), ("id", "!=", place.id)])
        self.others.stock_mode = "none"
        self.tea = self.products[0]
        self.set_there(5)
        self.settle()
        self.channel.action_stock_on()
        self.settle()

    # ---- lanes

    def step(self, step):
        handled = step()
        while callable(handled):
            handled = handled()
        return handled

    def plan(self):
        while self.env["ec.stock.planner"]._work_plan():
            pass

    def settle(self, rounds=10):
        for _round in range(rounds):
            self.env.cr.execute("UPDATE ec_stock_level SET due_at = now() AT TIME ZONE 'UTC' WHERE due_at > now() AT TIME ZONE 'UTC'")
            self.channel.paused_until = False
            self.plan()
            done = self.step(self.channel._work_stock)
            self.fetch()
            while self.env["ec.inbound.event"]._work_import():
                pass
            self.plan()
            if not done and not self.env["ec.stock.level"].search_count([("state", "in", ("unread", "stale", "flight"))]):
                break
        self.env.invalidate_all()

    # ---- both sides

    def set_there(self, units):
        quant = self.env["stock.quant"].search([("product_id", "=", self.tea.id), ("location_id", "=", self.warehouse.lot_stock_id.id)])
        quant.with_context(inventory_mode=True).inventory_quantity = units
        quant.action_apply_inventory()

    def shown(self, sku="TEA-1"):
        [places] = [places for name, places in self.sim.truth(stock=True)["stock"].items() if name == sku]
        return max(place["available"] for place in places.values())

    def level(self):
        return self.env["ec.stock.level"].search([("channel_id", "=", self.channel.id), ("product_id", "=", self.tea.id)])


class TestStockFaults(StockCase):
    def test_fault_05_units_sold_and_not_yet_imported_are_not_put_on_show_again(self):
        self.assertEqual(self.shown(), 5)
        self.place(lines=[{"sku": "TEA-1", "quantity": 3}])
        self.assertEqual(self.shown(), 2)
        self.set_there(6)
        self.settle()
        self.assertEqual(self.shown(), 3, "6 are there, 3 of them sold")
        self.assertEqual(self.level().state, "ok")

    def test_fault_06_the_shop_s_stale_answer_is_not_overwritten(self):
        self.set_there(9)
        self.plan()  # the push is stored: 5 is expected, 9 shall be shown
        self.place(lines=[{"sku": "TEA-1", "quantity": 2}])
        self.step(self.channel._work_stock)
        self.env.invalidate_all()
        self.assertEqual((self.shown(), self.level().state), (3, "stale"), "refused, and nothing was written over it")
        self.settle()
        self.assertEqual(self.shown(), 7)
        self.assertEqual(sum(self.env["sale.order.line"].search([("product_id", "=", self.tea.id)]).mapped("product_uom_qty")), 2)

    def test_fault_08_a_change_of_stock_in_the_shop_moves_no_goods_here(self):
        moves = self.env["stock.move"].search_count([("product_id", "=", self.tea.id)])
        self.sim.set_stock(sku="TEA-1", delta=40)
        self.assertEqual(self.shown(), 45)
        self.channel.action_stock_read_back()
        self.settle()
        self.assertEqual(self.tea.with_context(warehouse_id=self.warehouse.id).qty_available, 5)
        self.assertEqual(self.env["stock.move"].search_count([("product_id", "=", self.tea.id)]), moves)
        self.assertEqual(self.shown(), 5, "Odoo's figure is the truth, and the shop shows it again")
        self.assertEqual((self.level().drift, self.level().drift_reason), (40, "changed"))


class TestWire(StockCase):
    """The network fails at random, mostly after the shop has done it."""

    KINDS = ("cut_after", "http_500_after", "truncated_json", "throttled", "http_503", "inventory_stale", "idempotency_concurrent", "cut_before")

    def test_figures_converge_within_one_cycle_after_random_faults(self):
        for seed in (1, 2):
            with self.subTest(seed=seed):
                rng = random.Random(seed)
                for number, kind in enumerate(self.KINDS):
                    self.sim.arm_fault(kind=kind, operation=rng.choice([None, "inventorySetQuantities"]), probability=0.25, count=None, seed=seed * 100 + number)
                there = 0
                for _act in range(10):
                    if rng.random() < 0.5 and self.shown() > 0:
                        self.place(lines=[{"sku": "TEA-1", "quantity": rng.randint(1, self.shown())}])
                    else:
                        sold = self.sold()
                        there = sold + rng.randint(0, 9)
                        self.set_there(there)
                    self.settle(rounds=rng.randint(1, 3))
                hits = sum(rule["hits"] for rule in self.sim.faults())
                self.sim.clear_faults()
                self.settle()
                there = self.quantity()
                self.assertEqual(self.shown(), max(0, there - self.sold()), f"seed {seed}, {hits} faults")
                self.assertEqual(self.level().believed, self.shown())
                self.assertEqual(self.level().state, "ok")
                self.assertGreater(hits, 5, "the network was not bad enough to prove anything")

    def quantity(self):
        return int(self.tea.with_context(warehouse_id=self.warehouse.id).qty_available)

    def sold(self):
        """Units in the shop's orders, whether they are here or not."""
        return sum(
            line["quantity"] for order in self.sim.truth()["orders"] for line in order["lines"] if line["sku"] == "TEA-1"
        )

    def test_injected_drift_is_healed_and_told(self):
        rng = random.Random(7)
        for _time in range(3):
            delta = rng.choice([-3, 2, 11])
            shown = self.shown()
            self.sim.set_stock(sku="TEA-1", delta=delta)
            self.channel.action_stock_read_back()
            self.settle()
            self.assertEqual(self.shown(), shown)
            self.assertEqual((self.level().drift, self.level().drift_reason), (delta, "changed"))


class TestCatalogueFaults(StockCase):
    def test_fault_17_reading_a_matched_product_leaves_its_variants_and_their_reordering_rules(self):
        size = self.env["product.attribute"].create({"name": "Size", "value_ids": [(0, 0, {"name": n}) for n in ("S", "L")]})
        template = self.env["product.template"].create(
            {
                "name": "Shirt", "is_storable": True,
                "attribute_line_ids": [(0, 0, {"attribute_id": size.id, "value_ids": [(6, 0, size.value_ids.ids)]})],
            }
        )
        small, large = template.product_variant_ids
        small.default_code, large.default_code = "SHIRT-S", "SHIRT-L"
        rules = self.env["stock.warehouse.orderpoint"].create(
            [{"product_id": p.id, "product_min_qty": 5, "product_max_qty": 9, "warehouse_id": self.warehouse.id} for p in (small, large)]
        )
        before = template.product_variant_ids.ids
        self.sim.seed(products=[{"title": "Shirt, new name", "variants": [{"sku": "SHIRT-S"}, {"sku": "SHIRT-L"}]}])
        for _time in range(2):
            self.channel.action_pull_catalogue()
        self.assertEqual(template.with_context(active_test=False).product_variant_ids.ids, before)
        self.assertEqual(rules.exists().mapped("product_id.id"), before)
        self.assertEqual(template.name, "Shirt", "the shop's texts are kept on the item, not written over the product")
        items = self.env["ec.listing"].search([("channel_id", "=", self.channel.id), ("sku", "in", ("SHIRT-S", "SHIRT-L"))])
        self.assertEqual(set(items.product_id.ids), set(before))

    def test_fault_18_a_shared_product_is_not_made_twice(self):
        shared = self.env["product.product"].create({"name": "Shared", "default_code": "SHARED-1", "is_storable": True, "company_id": False})
        self.sim.seed(products=[{"title": "Shared there", "variants": [{"sku": "SHARED-1"}]}])
        self.channel.action_pull_catalogue()
        self.assertEqual(self.env["product.product"].search([("default_code", "=", "SHARED-1")]), shared)
        item = self.env["ec.listing"].search([("channel_id", "=", self.channel.id), ("sku", "=", "SHARED-1")])
        self.assertEqual((item.product_id, item.state), (shared, "matched"))

    def test_fault_19_nothing_that_is_not_storable_comes_from_the_shop(self):
        products = self.env["product.product"].search_count([])
        self.sim.seed(products=[{"title": "Unknown", "variants": [{"sku": "NOBODY-1", "stock": {self.sim.info()["locations"][0]["id"]: 4}}]}])
        self.channel.action_pull_catalogue()
        self.settle()
        self.assertEqual(self.env["product.product"].search_count([]), products, "an unknown item waits to be matched; no product is made of it")
        # what is published is storable: a service is matched and never told as stock
        service = self.env["product.product"].create({"name": "Wrapping", "default_code": "NOBODY-1", "type": "service"})
        item = self.env["ec.listing"].search([("channel_id", "=", self.channel.id), ("sku", "=", "NOBODY-1")])
        item.product_id = service
        self.settle()
        self.assertFalse(item.stock_level_ids)
        self.assertEqual(self.shown("NOBODY-1"), 4)
        storable = self.products[1]
        item.product_id = storable
        self.settle()
        self.assertEqual(item.stock_level_ids.product_id, storable)
        self.assertTrue(storable.is_storable)


class TestUncommittedChange(ShopCase):
    """Real transactions side by side."""

    @contextlib.contextmanager
    def transaction(self):
        with db_connect(get_db_name()).cursor() as cr:
            yield api.Environment(cr, SUPERUSER_ID, {})

    def test_fault_07_a_change_that_commits_while_the_push_runs_is_not_lost(self):
        with self.transaction() as env:
            product = env["product.product"].create({"name": "Late", "is_storable": True}).id
            warehouse = env["stock.warehouse"].search([("company_id", "=", env.company.id)], limit=1)
            policy = env["ec.stock.policy"].create({"name": "Late", "line_ids": [(0, 0, {"warehouse_id": warehouse.id})]}).id
            location = warehouse.lot_stock_id.id
            env["stock.quant"]._update_available_quantity(env["product.product"].browse(product), warehouse.lot_stock_id, 10)
        self.plan_committed()
        self.assertEqual(self.figure(product, policy), 10)
        user = db_connect(get_db_name()).cursor()
        try:
            env = api.Environment(user, SUPERUSER_ID, {})
            quant = env["stock.quant"]._update_available_quantity(env["product.product"].browse(product), env["stock.location"].browse(location), -3)
            self.assertTrue(quant)
            env.flush_all()
            self.plan_committed()  # the job runs from start to end before the user's transaction commits
            self.assertEqual(self.figure(product, policy), 10)
            user.commit()
        finally:
            user.close()
        self.plan_committed()
        self.assertEqual(self.figure(product, policy), 7)
        with self.transaction() as env:
            env["ec.stock.policy"].browse(policy).unlink()

    def plan_committed(self):
        for _lot in range(50):
            with self.transaction() as env:
                if not env["ec.stock.planner"]._work_plan():
                    return

    def figure(self, product, policy):
        with self.transaction() as env:
            return env["ec.stock.figure"].search([("product_id", "=", product), ("policy_id", "=", policy)]).quantity
