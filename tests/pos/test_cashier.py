"""A cashier sells at the counter what shops show: the goods that leave win, and the shops follow."""

from uuid import uuid4

from odoo import fields
from odoo.tests import new_test_user

from odoo.addons.ec_channel_base.tests.stock_common import StockCommon


class TestCashier(StockCommon):
    """All as a user who has nothing but the right to sell at a point of sale. One shop shows the five units there are."""

    # Odoo sets these for tests that live in an addon
    test_tags = frozenset({"standard", "post_install"})
    test_module = "pos"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        journals = {
            kind: cls.env["account.journal"].search([("company_id", "=", cls.company.id), ("type", "=", kind)], limit=1)
            for kind in ("sale", "cash")
        }
        journals["cash"] = journals["cash"] or cls.env["account.journal"].create(
            {"name": "Till", "type": "cash", "code": "TILL", "company_id": cls.company.id}
        )
        cls.cash = cls.env["pos.payment.method"].create(
            {"name": "Cash", "journal_id": journals["cash"].id, "company_id": cls.company.id}
        )
        cls.till = cls.env["pos.config"].create(
            {
                "name": "Counter",
                "company_id": cls.company.id,
                "journal_id": journals["sale"].id,
                "invoice_journal_id": journals["sale"].id,
                "payment_method_ids": [(6, 0, cls.cash.ids)],
            }
        )
        cls.products.available_in_pos = True
        cls.cashier = new_test_user(
            cls.env,
            "cashier",
            groups="base.group_user,point_of_sale.group_pos_user",
            company_id=cls.company.id,
            company_ids=[(6, 0, cls.company.ids)],
        )

    def setUp(self):
        super().setUp()
        self.set_there(5)
        self.turn_on()
        self.assertEqual((self.shown(), self.level().strict), (5, True))

    # ---- the counter

    def as_cashier(self, records):
        self.env.flush_all()
        self.env.invalidate_all()
        return records.with_env(
            self.env(user=self.cashier, context={"allowed_company_ids": self.company.ids, "lang": "en_US"})
        )

    def open_till(self, update="real"):
        self.company.point_of_sale_update_stock_quantities = update
        till = self.as_cashier(self.till)
        till.open_ui()
        till.current_session_id.set_opening_control(0, "")
        self.assertEqual(till.current_session_id.state, "opened")
        return till.current_session_id

    def ring_up(self, session, units, product=None, **vals):
        product = product or self.tea
        amount = product.lst_price * units
        line = {
            "product_id": product.id,
            "qty": units,
            "price_unit": product.lst_price,
            "price_subtotal": amount,
            "price_subtotal_incl": amount,
            "tax_ids": [(6, 0, [])],
            "uuid": str(uuid4()),
            **vals,
        }
        payment = {"amount": amount, "name": fields.Datetime.now(), "payment_method_id": self.cash.id}
        data = {
            "uuid": str(uuid4()),
            "name": "Order",
            "session_id": session.id,
            "user_id": self.cashier.id,
            "date_order": fields.Datetime.to_string(fields.Datetime.now()),
            "amount_total": amount,
            "amount_paid": amount,
            "amount_tax": 0,
            "amount_return": 0,
            "last_order_preparation_change": "{}",
            "lines": [(0, 0, line)],
            "payment_ids": [(0, 0, payment)],
            "state": "paid",
        }
        orders = self.as_cashier(self.env["pos.order"])
        known = orders.search([("session_id", "=", session.id)])
        orders.sync_from_ui([data])
        order = orders.search([("session_id", "=", session.id)]) - known
        self.assertEqual((len(order), order.state), (1, "paid"))
        return order

    def refund(self, order):
        """The buyer brings all of it back."""
        return self.ring_up(order.session_id, -order.lines.qty, refunded_orderline_id=order.lines.id)

    def close(self, session):
        session = self.as_cashier(session)
        session.post_closing_cash_details(session.cash_register_balance_end)
        session.update_closing_control_state_session("")
        self.assertTrue(session.close_session_from_ui()["successful"])
        self.assertEqual(session.state, "closed")

    # ---- what is there

    def there(self, product=None):
        quants = self.env["stock.quant"].search(
            [("product_id", "=", (product or self.tea).id), ("location_id.usage", "=", "internal")]
        )
        return sum(quants.mapped("quantity"))

    def undone(self, session):
        return session.sudo().picking_ids.filtered(lambda picking: picking.state != "done")

    # ---- tests

    def test_a_day_at_the_counter(self):
        session = self.open_till()
        order = self.ring_up(session, 3)
        self.assertEqual((self.there(), order.sudo().picking_ids.state), (2, "done"))
        self.settle()
        self.assertEqual(self.shown(), 2)
        self.ring_up(session, 2)
        self.settle()
        self.assertEqual((self.there(), self.shown()), (0, 0), "the last unit that the shop showed was sold here")
        back = self.refund(order)
        self.assertEqual((back.amount_total, back.sudo().picking_ids.state), (-order.amount_total, "done"))
        self.settle()
        self.assertEqual((self.there(), self.shown()), (3, 3))
        self.close(session)
        self.assertFalse(self.undone(session))

    def test_stock_that_moves_when_the_till_is_closed(self):
        session = self.open_till("closing")
        self.ring_up(session, 1)
        self.ring_up(session, 4)
        self.assertEqual(self.there(), 5)
        self.close(session)
        self.assertEqual(self.there(), 0)
        self.assertFalse(self.undone(session))
        self.settle()
        self.assertEqual(self.shown(), 0)

    def test_the_counter_sells_what_a_buyer_of_the_shop_was_promised(self):
        session = self.open_till()
        self.sell(self.channel, 2)
        self.read_orders()
        self.confirm()
        [move] = self.env["sale.order"].search([("ec_channel_id", "=", self.channel.id)]).picking_ids.move_ids
        self.assertEqual(move.quantity, 2)
        self.ring_up(session, 5)
        self.assertEqual((self.there(), move.quantity), (0, 0), "as in Odoo without us: goods that left are gone")
        self.settle()
        self.assertEqual(self.shown(), 0)
        self.close(session)

    def test_the_counter_sells_more_than_odoo_knows_of(self):
        session = self.open_till()
        self.ring_up(session, 7)
        self.assertEqual(self.there(), -2)
        self.assertFalse(self.undone(session))
        self.settle()
        self.assertEqual(self.shown(), 0)
        self.close(session)

    def test_units_in_a_pool_are_no_obstacle(self):
        buyer = self.env["res.partner"].create({"name": "Wholesale"})
        pool = {"product_id": self.tea.id, "warehouse_id": self.warehouse.id, "quantity": 4, "partner_id": buyer.id}
        self.env["ec.stock.pool"].create({"name": "Kept", **pool})
        self.settle()
        self.assertEqual(self.shown(), 1)
        session = self.open_till()
        order = self.ring_up(session, 5)
        self.assertEqual((self.there(), order.sudo().picking_ids.state), (0, "done"))
        self.settle()
        self.assertEqual(self.shown(), 0)
        self.close(session)

    def test_a_product_that_no_shop_sells(self):
        session = self.open_till()
        self.ring_up(session, 10, self.products[2])
        self.assertEqual(self.there(self.products[2]), 90)
        self.close(session)
