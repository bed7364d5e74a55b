from unittest.mock import patch

from odoo.tests import tagged
from odoo.tools import SQL

from odoo.addons.ec_sale_batch.batch import ConfirmBatch
from odoo.addons.ec_sale_batch.shelf import Shelf

from ..budget import CONTEXT_KEY, MoveBudget
from .set_aside import BATCH, LOOP, PATHS, SetAsideCase


@tagged("post_install", "-at_install")
class TestSetAside(SetAsideCase):
    def shown(self, product, units, warehouses=None):
        return product.id, frozenset((warehouses or self.warehouse).ids), units, ("shop", 1)

    # ---- what must hold

    def test_plain_orders_leave_what_is_set_aside(self):
        for path in PATHS:
            with self.subTest(path):
                product = self.make_product(10)
                self.set_aside(self.shown(product, 6))
                orders = self.order(product, 3) + self.order(product, 3) + self.order(product, 3)
                self.assertEqual(self.confirm(orders, path), [3, 1, 0])
                self.assertEqual(
                    orders.picking_ids.move_ids.sorted("id").mapped("state"),
                    ["assigned", "partially_available", "confirmed"],
                )
                self.assertEqual(orders.picking_ids.move_ids.sorted("id").mapped("ec_set_aside"), [False, True, True])

    def test_units_of_several_warehouses(self):
        for path in PATHS:
            with self.subTest(path):
                product = self.make_product(10)
                self.put(product, 4, self.other)
                self.set_aside(self.shown(product, 6, self.warehouse + self.other), self.shown(product, 1))
                self.assertEqual(self.sell(product, 10, path=path), 7)  # 4 of the 6 come from the other one

    def test_orders_of_shops_compete_among_themselves(self):
        for path in PATHS:
            with self.subTest(path):
                product = self.make_product(10)
                self.set_aside(self.shown(product, 10))
                self.assertEqual(self.sell(product, 1, path=path), 0)
                self.assertEqual(self.sell(product, 4, path=path, ec_claims_stock=True), 4)

    def test_claims_count_where_something_else_is_set_aside(self):
        for path in PATHS:
            with self.subTest(path):
                product = self.make_product(10)
                claim = self.order(product, 4, ec_claims_stock=True)
                self.set_aside(self.shown(product, 3))
                self.assertEqual(self.sell(product, 5, path=path), 3)
                self.assertEqual(self.confirm(claim, path), [4])

    def test_claims_alone_limit_nobody(self):
        product = self.make_product(10)
        self.order(product, 4, ec_claims_stock=True)
        self.assertEqual(self.sell(product, 10), 10)

    def test_dozens_and_parts_of_units(self):
        self.env["ir.config_parameter"].set_param("stock.propagate_uom", "1")
        product = self.make_product(30)
        self.set_aside(self.shown(product, 5))
        dozen = self.env.ref("uom.product_uom_dozen")
        order = self.order(product, 1)
        order.order_line.write({"product_uom_id": dozen.id, "product_uom_qty": 3})
        self.confirm(order)
        self.assertEqual(order.picking_ids.move_ids.quantity, 2.08)  # 25 units, rounded down by the dozen's precision

    def test_serial_numbers(self):
        product = self.make_product(0, tracking="serial")
        for number in range(4):
            lot = self.env["stock.lot"].create({"name": f"S{number}", "product_id": product.id})
            self.env["stock.quant"]._update_available_quantity(product, self.stock, 1, lot_id=lot)
        self.set_aside(self.shown(product, 1.5))
        for path in PATHS:
            with self.subTest(path):
                self.assertEqual(self.sell(product, 4, path=path), 2 if path == LOOP else 0)

    def test_internal_transfers_and_chains(self):
        """A transfer is limited where it starts; what it brought is its own."""
        self.warehouse.delivery_steps = "pick_ship"
        product = self.make_product(10)
        pool = self.pool(product, 6)
        order = self.order(product, 5)
        self.assertEqual(self.confirm(order), [4])
        pick = order.picking_ids
        pick.move_ids.picked = True
        pool.quantity = 20  # more than there is
        pick.with_context(skip_backorder=True)._action_done()
        ship = order.picking_ids.filtered(lambda picking: picking.location_id == self.warehouse.wh_output_stock_loc_id)
        self.assertEqual(sum(ship.move_ids.mapped("quantity")), 4)

    def test_what_leaves_the_house_is_not_limited(self):
        product = self.make_product(10)
        self.set_aside(self.shown(product, 10))
        order = self.order(product, 2)
        self.confirm(order)
        move = order.picking_ids.move_ids
        self.assertEqual(move.quantity, 0)
        move.write({"quantity": 2, "picked": True})
        order.picking_ids._action_done()
        self.assertEqual((move.state, move.quantity), ("done", 2))
        self.assertEqual(product.qty_available, 8)

    def test_locations_that_a_policy_blocks(self):
        product = self.make_product(4)
        shelf = self.env["stock.location"].create({"name": "Returned", "location_id": self.stock.id})
        self.env["stock.quant"]._update_available_quantity(product, shelf, 5)
        self.env["ec.stock.policy"].create({"name": "Shop", "blocked_location_ids": [(4, shelf.id)]})
        self.set_aside(self.shown(product, 3))
        self.assertEqual(self.sell(product, 9), 1)
        move = self.env["stock.move"].create(
            {
                "product_id": product.id,
                "product_uom_qty": 2,
                "location_id": shelf.id,
                "location_dest_id": self.customers.id,
            }
        )
        move._action_confirm()
        move._action_assign()
        self.assertEqual(move.quantity, 2)

    def test_calls_below_share_the_budget(self):
        """One call reserves another product: it is limited too, and by the same figures."""
        product, second = self.make_product(5), self.make_product(5)
        self.set_aside(self.shown(product, 3), self.shown(second, 4))
        budget = MoveBudget()
        orders = self.order(product, 5) + self.order(second, 5) + self.order(second, 5)
        with patch.object(self.env.registry["stock.move"], "_should_assign_at_confirm", lambda move: False):
            self.confirm(orders)
        moves = orders.picking_ids.move_ids.with_context(**{CONTEXT_KEY: budget})
        for move in moves:
            move._action_assign()
        self.assertEqual(moves.mapped("quantity"), [2, 1, 0])
        self.assertEqual(budget.cuts.keys(), set(moves.ids))
        budget.close()
        self.assertIsNone(MoveBudget.of(moves.env))

    # ---- what is told

    def notes(self, picking):
        return picking.message_ids.filtered(lambda message: "Not reserved" in (message.body or ""))

    def test_one_note_a_transfer(self):
        for path in PATHS:
            with self.subTest(path):
                product, second = self.make_product(2), self.make_product(2, name="Saucer")
                self.pool(product, 2)
                self.pool(second, 2, name="Fair", date_to="2090-12-31")
                order = self.order(product, 2)
                order.order_line = [(0, 0, {"product_id": second.id, "product_uom_qty": 3})]
                self.confirm(order, path)
                picking = order.picking_ids
                note = self.notes(picking)
                self.assertEqual(len(note), 1)
                self.assertTrue(note.is_internal)
                for line in (
                    "Not reserved: 2 of 2 Units of Tea cup. Set aside for pool “Spring” until it is released.",
                    "Not reserved: 3 of 3 Units of Saucer. Set aside for pool “Fair” until 12/31/2090.",
                ):
                    self.assertIn(line, note.body)
                picking.action_assign()
                self.assertEqual(self.notes(picking), note, "told once")

    def test_the_note_in_japanese(self):
        self.env["res.lang"]._activate_lang("ja_JP")
        self.env["ir.module.module"]._load_module_terms(["ec_stock_atp"], ["ja_JP"])
        product = self.make_product(2)
        self.pool(product, 2)
        order = self.order(product, 2).with_context(lang="ja_JP")
        self.confirm(order)
        self.assertIn(
            "次のために確保されています: 引当枠「Spring」（解放まで）。",
            order.picking_ids.message_ids.mapped("body")[0],
        )

    def test_a_shortage_of_stock_is_not_told_as_set_aside(self):
        product = self.make_product(0)
        self.set_aside(self.shown(product, 1))
        order = self.order(product, 2)
        self.confirm(order)
        self.assertFalse(order.picking_ids.move_ids.ec_set_aside)

    def test_reserved_again_in_order(self):
        for path in PATHS:
            with self.subTest(path):
                product = self.make_product(4)
                pool = self.pool(product, 4)
                orders = self.order(product, 3) + self.order(product, 3)
                self.assertEqual(self.confirm(orders, path), [0, 0])
                pool.quantity = 2
                moves = orders.picking_ids.move_ids.sorted("id")
                self.assertEqual(moves.mapped("quantity"), [2, 0])
                pool.action_release()
                self.assertEqual(moves.mapped("quantity"), [3, 1])
                self.assertEqual(moves.mapped("ec_set_aside"), [False, False])

    # ---- nothing set aside: nothing changes

    def test_the_batch_stays_fast(self):
        batch = ConfirmBatch(self.env["sale.order"])
        self.assertTrue(batch.as_read(self.env["stock.move"], "reserve"))
        self.assertTrue(batch.as_read(self.env["stock.quant"].sudo(), "quant"))
        product = self.make_product(10)
        self.set_aside(self.shown(product, 6))
        with patch.object(Shelf, "take", autospec=True, side_effect=Shelf.take) as take:
            self.sell(product, 5, path=BATCH)
        self.assertEqual([call.args[1] for call in take.call_args_list], [4])

    def test_no_query_more_where_nothing_is_set_aside(self):
        """Confirm, assign and validate against the mark of reservations alone."""
        self.pool(self.make_product(), 1)  # of another product

        def only_marks(guard, pairs, looking=()):
            if pairs:
                guard.env.cr.execute("SELECT 1")
                guard.env["ec.stock.set.aside"]._learn([product for product, _warehouse in pairs], [])

        def cost(path):
            product = self.make_product(10)
            order = self.order(product, 2)
            self.env.flush_all()
            self.env.invalidate_all()
            self.env.cr.precommit.data.clear()
            start = self.env.cr.sql_log_count
            self.confirm(order, path)
            self.env.flush_all()
            order.picking_ids.move_ids._do_unreserve()
            order.picking_ids.action_assign()
            order.picking_ids.move_ids.picked = True
            order.picking_ids._action_done()
            self.env.flush_all()
            self.assertEqual(order.picking_ids.state, "done")
            return self.env.cr.sql_log_count - start

        for path in PATHS:
            with self.subTest(path):
                cost(path)
                with (
                    patch.object(self.env.registry["ec.stock.guard"], "_mark_pairs", only_marks),
                    patch.object(
                        self.env.registry["sale.order.line"], "_ec_consume_pools", lambda lines, products=None: None
                    ),
                ):
                    plain = cost(path)
                self.assertEqual(cost(path), plain)

    def test_plain_users(self):
        """A salesperson and a warehouse worker with their own rights alone, with and without units set aside."""
        seller = self.user("sales_team.group_sale_salesman")
        worker = self.user("stock.group_stock_user")
        for path in PATHS:
            for held in (0, 8):
                with self.subTest(path, held=held):
                    product = self.make_product(10)
                    if held:
                        self.pool(product, held, partner_id=self.buyer.id)
                    order = (
                        self.env["sale.order"]
                        .with_user(seller)
                        .create(
                            {
                                "partner_id": self.stranger.id,
                                "order_line": [(0, 0, {"product_id": product.id, "product_uom_qty": 3})],
                            }
                        )
                    )
                    self.env.flush_all()
                    self.env.invalidate_all()
                    self.confirm(order, path)
                    picking = order.picking_ids.with_user(worker)
                    self.env.invalidate_all()
                    picking.action_assign()
                    self.assertEqual(picking.move_ids.quantity, 2 if held else 3)
                    picking.move_ids.read(["state", "quantity", "ec_set_aside"])
                    picking.move_ids.picked = True
                    picking.with_context(skip_backorder=True).button_validate()
                    self.assertEqual(picking.state, "done")
                    order.order_line.product_uom_qty = 4

    def test_what_is_set_aside_is_asked_once(self):
        product = self.make_product(10)
        self.set_aside(self.shown(product, 6))
        model = self.env["ec.stock.set.aside"]
        self.assertEqual(model._held([product.id]), [product.id])
        before = self.env.cr.sql_log_count
        model._held([product.id])
        self.assertEqual(self.env.cr.sql_log_count, before)
        self.assertEqual(self.env.execute_query(SQL("SELECT %s", model._any_sql(SQL("%s", product.id)))), [(True,)])
