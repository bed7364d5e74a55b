from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import TransactionCase, tagged

from ..batch import CONTEXT_KEY, Batch
from .common import make_carrier, make_orders_vals, make_partners, make_products, put_stock


@tagged("-at_install", "post_install")
class TestBatch(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.products = make_products(cls.env, 40, 1000)
        cls.partners = make_partners(cls.env, 100)
        cls.carrier = make_carrier(cls.env)
        cls.Order = cls.env["sale.order"]
        cls.stock = cls.env["stock.warehouse"].search([("company_id", "=", cls.env.company.id)], limit=1).lot_stock_id

    def orders(self, count=3, **options):
        vals_list = make_orders_vals(self.env, self.partners, self.products, count, carrier=self.carrier, **options)
        return self.Order._ec_create_batch(vals_list)

    def wanting(self, product, *quantities):
        return self.Order._ec_create_batch(
            [
                {
                    "partner_id": self.partners[0].id,
                    "order_line": [
                        Command.create({"product_id": product.id, "product_uom_qty": quantity, "price_unit": 100})
                    ],
                }
                for quantity in quantities
            ]
        )

    def clean(self):
        self.env.flush_all()
        self.env.cr.precommit.run()
        self.env.invalidate_all()

    def confirm_watched(self, orders):
        """Confirm; give back which orders went together and which their own path."""
        Line = self.env.registry["sale.order.line"]
        split, seen = Line._ec_split_for_batch, []

        def watched(lines, batch):
            seen.append(split(lines, batch))
            return seen[-1]

        with patch.object(Line, "_ec_split_for_batch", watched):
            orders._ec_confirm_batch()
        self.assertEqual(1, len(seen))
        return seen[0]

    # === Cost === #

    def test_at_most_three_queries_an_order(self):
        vals_list = make_orders_vals(self.env, self.partners, self.products, 100, carrier=self.carrier)
        self.orders(2)._ec_confirm_batch()
        self.clean()
        before = self.env.cr.sql_log_count
        orders = self.Order._ec_create_batch(vals_list)
        self.clean()
        created = self.env.cr.sql_log_count
        orders._ec_confirm_batch()
        self.clean()
        confirmed = self.env.cr.sql_log_count
        self.assertLessEqual(created - before, 100)
        self.assertLessEqual(confirmed - created, 200)
        self.assertEqual({"assigned"}, set(orders.picking_ids.mapped("state")))

    def test_all_orders_go_together(self):
        orders = self.orders(10)
        together, own_path = self.confirm_watched(orders)
        self.assertEqual(orders.ids, together.ids)
        self.assertFalse(own_path)

    def test_products_of_an_order_on_its_own_path_draw_later_orders_after_it(self):
        tracked = make_products(self.env, 1, 0, prefix="LOT", tracking="lot")
        orders = self.orders(4)
        orders[1].order_line = [Command.create({"product_id": tracked.id, "price_unit": 1})]
        shared = orders[1].order_line[0].product_id
        orders[3].order_line = [Command.create({"product_id": shared.id, "price_unit": 1})]
        (orders[0] | orders[2]).order_line.filtered(
            lambda line: line.product_id in orders[1].order_line.product_id and not line.is_delivery
        ).unlink()
        together, own_path = self.confirm_watched(orders)
        self.assertEqual((orders[0] | orders[2]).ids, together.ids)
        self.assertEqual((orders[1] | orders[3]).ids, own_path.ids)

    # === Reservation === #

    def test_no_more_reserved_than_there_is(self):
        product = make_products(self.env, 1, 5, prefix="RARE")
        orders = self.wanting(product, 2, 2, 2, 2)
        orders._ec_confirm_batch()
        moves = orders.picking_ids.move_ids.sorted("id")
        self.assertEqual([2, 2, 1, 0], moves.mapped("quantity"))
        self.assertEqual(["assigned", "assigned", "partially_available", "confirmed"], moves.mapped("state"))
        quant = self.env["stock.quant"].search([("product_id", "=", product.id), ("location_id", "=", self.stock.id)])
        self.assertEqual(5, quant.reserved_quantity)

    def test_a_budget_is_asked_and_told(self):
        """What it refuses is left to Odoo's loop, where the addon that limits has its own say."""
        product = make_products(self.env, 1, 5, prefix="HELD")
        orders = self.wanting(product, 2, 4)
        said = []

        class AllButOne:
            def allowed(self, move, need):
                return need - 1

            def used(self, move, quantity):
                said.append((move.product_uom_qty, quantity))

        def refuse(move, *place, **details):
            return [], 0

        refuse.ec_batch_safe = True
        with (
            patch.object(self.env.registry["stock.move"], "_ec_reserve_budget", lambda moves: AllButOne()),
            patch.object(self.env.registry["stock.move"], "_update_reserved_quantity_vals", refuse),
        ):
            orders._ec_confirm_batch()
        self.assertEqual([(2, 1), (4, 3)], said)
        self.assertEqual([1, 3], orders.picking_ids.move_ids.sorted("id").mapped("quantity"))

    def test_moves_are_reserved_together_when_stock_arrives(self):
        product = make_products(self.env, 1, 1, prefix="LATE")
        other = make_products(self.env, 1, 0, prefix="LATER")
        orders = self.wanting(product, 2, 2, 2) + self.wanting(other, 1, 1, 1)
        orders._ec_confirm_batch()
        for arrived in (product, other):
            put_stock(self.env, arrived, 2, self.stock)
        moves = orders.picking_ids.move_ids.sorted("id")
        moves._ec_assign_batch()
        self.assertEqual([2, 1, 0, 1, 1, 0], moves.mapped("quantity"))
        for arrived, reserved in ((product, 3), (other, 2)):
            quants = self.env["stock.quant"].search(
                [
                    ("product_id", "=", arrived.id),
                    ("location_id", "=", self.stock.id),
                ]
            )
            self.assertEqual(reserved, sum(quants.mapped("reserved_quantity")))

    # === Refusals === #

    def test_an_order_that_cannot_be_confirmed_refuses_all(self):
        orders = self.orders(3)
        orders[1]._action_cancel()
        self.clean()
        pickings = self.env["stock.picking"].search_count([])
        reserved = sum(self.env["stock.quant"].search([]).mapped("reserved_quantity"))
        with self.assertRaises(UserError) as plain, self.env.cr.savepoint():
            orders[1].action_confirm()
        with self.assertRaises(UserError) as batch, self.env.cr.savepoint():
            orders._ec_confirm_batch()
        self.assertEqual(str(plain.exception), str(batch.exception))
        self.assertEqual(["draft", "cancel", "draft"], orders.mapped("state"))
        self.assertEqual(pickings, self.env["stock.picking"].search_count([]))
        self.assertEqual(reserved, sum(self.env["stock.quant"].search([]).mapped("reserved_quantity")))

    def test_goods_without_a_rule_are_refused_in_odoos_words(self):
        orders = self.orders(3)
        nowhere = self.env["stock.location"].create({"name": "Nowhere", "usage": "customer"})
        orders[2].partner_shipping_id.property_stock_customer = nowhere
        self.clean()
        with self.assertRaises(UserError) as plain, self.env.cr.savepoint():
            orders[2].action_confirm()
        with self.assertRaises(UserError) as batch, self.env.cr.savepoint():
            orders._ec_confirm_batch()
        self.assertEqual(str(plain.exception), str(batch.exception))
        self.env.invalidate_all()
        self.assertEqual({"draft"}, set(orders.mapped("state")))
        self.assertFalse(orders.picking_ids)

    def test_another_companys_product_is_refused(self):
        foreign = self.env["res.company"].create({"name": "Foreign"})
        product = make_products(self.env, 1, 0, prefix="FOREIGN", company_id=foreign.id)
        vals_list = make_orders_vals(self.env, self.partners, product, 2, lines=1)
        with self.assertRaises(UserError) as plain, self.env.cr.savepoint():
            self.Order.create(vals_list[0])
        with self.assertRaises(UserError) as batch, self.env.cr.savepoint():
            self.Order._ec_create_batch(vals_list)
        self.assertEqual(str(plain.exception).splitlines()[0], str(batch.exception).splitlines()[0])

    # === Rights === #

    def salesperson(self, login, group):
        return self.env["res.users"].create(
            {
                "name": login,
                "login": login,
                "email": f"{login}@example.com",
                "group_ids": [Command.set([self.env.ref(group).id])],
            }
        )

    def test_a_salesperson_confirms_own_orders_only(self):
        one, two = (self.salesperson(login, "sales_team.group_sale_salesman") for login in ("batch_one", "batch_two"))
        mine, theirs = self.orders(2, user_id=one.id), self.orders(2, user_id=two.id)
        self.clean()
        with self.assertRaises(AccessError), self.env.cr.savepoint():
            (mine | theirs).with_user(one)._ec_confirm_batch()
        self.env.invalidate_all()
        self.assertEqual({"draft"}, set((mine | theirs).mapped("state")))
        mine.with_user(one)._ec_confirm_batch()
        self.assertEqual({"assigned"}, set(mine.picking_ids.mapped("state")))

    def test_who_may_not_sell_makes_no_orders(self):
        portal = self.salesperson("batch_portal", "base.group_portal")
        vals_list = make_orders_vals(self.env, self.partners, self.products, 2)
        with self.assertRaises(AccessError):
            self.Order.with_user(portal)._ec_create_batch(vals_list)

    # === The batch stays inside the call === #

    def test_nothing_of_the_batch_outlives_the_call(self):
        kept = []
        Move = self.env.registry["stock.move"]
        reserve = Move._ec_reserve

        def keeping(moves, batch):
            kept.append(moves)
            return reserve(moves, batch)

        orders = self.orders(2)
        self.assertNotIn(CONTEXT_KEY, orders.env.context)
        with patch.object(Move, "_ec_reserve", keeping):
            orders._ec_confirm_batch()
        self.assertNotIn(CONTEXT_KEY, orders.picking_ids.move_ids.env.context)
        self.assertIn(CONTEXT_KEY, kept[0].env.context)
        self.assertIsNone(Batch.of(kept[0].env))

    def test_a_foreign_order_confirmed_meanwhile_is_odoos(self):
        orders = self.orders(2)
        stranger = self.wanting(self.products[0], 3)
        Order = self.env.registry["sale.order"]
        own, foreign = Order._action_confirm, []

        def nested(records):
            if not foreign:
                foreign.append(stranger.with_env(records.env))
                foreign[0].action_confirm()
            return own(records)

        with patch.object(Order, "_action_confirm", nested):
            orders._ec_confirm_batch()
        self.assertEqual(["assigned"], stranger.picking_ids.mapped("state"))
        self.assertEqual(3, stranger.picking_ids.move_ids.quantity)
        self.assertEqual({"assigned"}, set(orders.picking_ids.mapped("state")))

    def test_an_empty_batch_does_nothing(self):
        self.Order.browse()._ec_confirm_batch()
        self.assertFalse(self.Order._ec_create_batch([]))
        self.env["stock.move"].browse()._ec_assign_batch()

    def test_given_values_win(self):
        partner = self.partners[0]
        [order] = self.Order._ec_create_batch(
            [
                {
                    "partner_id": partner.id,
                    "name": "SHOP-1",
                    "date_order": "2031-02-03 04:05:06",
                    "order_line": [
                        Command.create(
                            {
                                "product_id": self.products[0].id,
                                "name": "As the shop calls it",
                                "price_unit": 12.5,
                                "discount": 10,
                                "product_uom_qty": 4,
                                "tax_ids": [Command.clear()],
                                "customer_lead": 7,
                                "analytic_distribution": False,
                            }
                        )
                    ],
                }
            ]
        )
        line = order.order_line
        self.assertEqual(("SHOP-1", "As the shop calls it"), (order.name, line.name))
        self.assertEqual((12.5, 10, 4, 7), (line.price_unit, line.discount, line.product_uom_qty, line.customer_lead))
        self.assertEqual(45, order.amount_total)
        self.assertFalse(line.tax_ids)
