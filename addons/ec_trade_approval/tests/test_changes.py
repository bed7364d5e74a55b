from unittest.mock import patch

from odoo.fields import Command
from odoo.tests import TransactionCase, tagged

from .common import ApprovalWorld


@tagged("post_install", "-at_install")
class TestChanges(ApprovalWorld, TransactionCase):
    """Lines that change before the order is confirmed."""

    def setUp(self):
        super().setUp()
        self._rule()
        self.account.confirm_orders = False

    def _approved(self):
        order = self._ordered(self.purchaser)
        self._decide(self.ann, order)
        return order

    def test_staff_raising_the_amount_asks_again(self):
        order = self._approved()
        order.order_line.product_uom_qty = 21
        self.assertEqual(self._open_codes(order), ["buyer_approval"])
        self.assertEqual(sorted(order.ec_approval_ids.mapped("state")), ["superseded", "waiting"])
        self._decide(self.bob, order)
        order.action_confirm()
        self.assertEqual(order.state, "sale")

    def test_staff_adding_a_line_or_a_price_asks_again(self):
        for change in (
            {"order_line": [Command.create({"product_id": self.plate.id, "product_uom_qty": 1, "price_unit": 5})]},
            {"order_line": None},
        ):
            order = self._approved()
            line = order.order_line
            order.write(
                change if change["order_line"] else {"order_line": [Command.update(line.id, {"price_unit": 200})]}
            )
            self.assertEqual(self._open_codes(order), ["buyer_approval"])

    def test_staff_lowering_the_amount_asks_nobody(self):
        order = self._approved()
        order.order_line.product_uom_qty = 19
        self.assertEqual((self._open_codes(order), order.ec_approval_ids.state), ([], "approved"))

    def test_a_customers_change_asks_again_whatever_it_is(self):
        order = self._approved()
        order.order_line.with_user(self.purchaser).sudo().product_uom_qty = 19
        self.assertEqual(self._open_codes(order), ["buyer_approval"])

    def test_an_order_that_grows_over_the_limit_waits(self):
        order = self._ordered(self.purchaser, units=5)
        self.assertFalse(order.ec_approval_ids)
        order.order_line.product_uom_qty = 50
        self.assertEqual(self._open_codes(order), ["buyer_approval"])

    def test_what_nobody_decided_yet_is_asked_as_it_is_now_without_another_mail(self):
        order = self._ordered(self.purchaser)
        order.order_line.product_uom_qty = 30
        approval = order.ec_approval_ids
        self.assertEqual((approval.state, approval.amount), ("waiting", 3000))
        self.assertIn("3,000", order.ec_hold_ids.reason)
        self.assertEqual(self._told(order, "request"), ["North Ann", "North Bob"])

    def test_a_confirmed_order_asks_nobody(self):
        order = self._approved()
        order.action_confirm()
        order.order_line.product_uom_qty = 90
        self.assertEqual(order.ec_approval_ids.state, "approved")

    def test_a_price_list_that_raises_the_amount_asks_again(self):
        order = self._approved()
        self.pricelist.item_ids.unlink()
        self.pricelist.item_ids = [Command.create({"compute_price": "fixed", "fixed_price": 999})]
        order.pricelist_id = self.pricelist
        order._recompute_prices()
        self.assertEqual(self._open_codes(order), ["buyer_approval"])

    def test_an_order_taken_back_to_a_draft_is_asked_when_it_is_placed_again(self):
        order = self._ordered(self.purchaser)
        self._decide(self.ann, order, "rejected", "no")
        order.action_draft()
        self.assertFalse(order.ec_placed_at)
        order.with_user(self.purchaser).sudo()._ec_trade_place(self.account, "", None, "")
        self.assertEqual(self._open_codes(order), ["buyer_approval"])
        self.assertEqual(sorted(order.ec_approval_ids.mapped("state")), ["rejected", "waiting"])

    def test_dismissing_the_buyer_is_no_way_round_an_approval(self):
        order = self._approved()
        self._of(self.purchaser)._dismiss()
        order.order_line.product_uom_qty = 21
        self.assertEqual(self._open_codes(order), ["buyer_approval"])
        self.assertEqual(self._waiting(order).requester_id.partner_id, self.purchaser.partner_id)

    def test_another_contact_is_no_way_round_an_approval(self):
        order = self._approved()
        order.partner_id = self.head
        order.order_line.product_uom_qty = 21
        self.assertEqual(self._open_codes(order), ["buyer_approval"])

    def test_lines_that_change_together_are_asked_about_once(self):
        order = self._ordered(self.purchaser)
        more = {"product_id": self.plate.id, "product_uom_qty": 1, "price_unit": 5}
        order.write({"order_line": [Command.create(more)]})
        self._decide(self.ann, order)
        cups, plate = order.order_line
        order.write(
            {
                "order_line": [
                    Command.update(cups.id, {"product_uom_qty": 25}),
                    Command.update(plate.id, {"price_unit": 0}),
                    Command.update(cups.id, {"product_uom_qty": 20}),
                ]
            }
        )
        self.assertEqual((self._open_codes(order), order.ec_approval_ids.state), ([], "approved"))

    def test_prices_that_are_the_same_in_the_end_ask_nobody(self):
        order = self._ordered(self.purchaser)
        order.write({"order_line": [Command.create({"product_id": self.plate.id, "product_uom_qty": 1})]})
        self._decide(self.ann, order)
        asked, questions = type(order.ec_approval_ids)._ask, []
        with patch.object(
            self.registry["ec.trade.approval"],
            "_ask",
            lambda self, order, *rest: questions.append(order) or asked(self, order, *rest),
        ):
            order._recompute_prices()
        self.assertEqual(questions, [order])
        self.assertEqual(self._open_codes(order), [])

    def test_another_rate_of_exchange_asks_nobody(self):
        foreign = self.env["res.currency"].create({"name": "XQF", "symbol": "q", "rounding": 0.01})
        rate = self.env["res.currency.rate"].create({"name": "2020-01-01", "currency_id": foreign.id, "rate": 0.5})
        plist = self.env["product.pricelist"].create({"name": "Q", "currency_id": foreign.id})
        order = self._ordered(self.purchaser, pricelist_id=plist.id)
        self._decide(self.ann, order)
        rate.rate = 0.25
        order.order_line.write({"product_uom_qty": 19, "price_unit": 100})
        self.assertEqual((self._open_codes(order), order.ec_approval_ids.state), ([], "approved"))
        order.order_line.write({"product_uom_qty": 21, "price_unit": 100})
        self.assertEqual(self._open_codes(order), ["buyer_approval"])

    def test_an_order_that_needs_no_approval_any_more_goes_on(self):
        self.account.confirm_orders = True
        order = self._ordered(self.purchaser)
        order.order_line.product_uom_qty = 9
        self.assertEqual(
            (order.state, order.ec_approval_ids.state, self._open_codes(order)), ("sale", "superseded", [])
        )
        self.assertEqual(len(order.ec_approval_ids), 1)

    def test_it_waits_for_another_hold_all_the_same(self):
        self.account.confirm_orders = True
        order = self._ordered(self.purchaser)
        self.env["ec.order.hold"]._open([{"order_id": order.id, "code": "manual", "reason": "bad payer"}])
        order.order_line.product_uom_qty = 9
        self.assertEqual((order.state, self._open_codes(order)), ("sent", ["manual"]))

    def test_what_somebody_approved_already_waits_for_the_second_step(self):
        self.env["ec.trade.approval.rule"].search([]).two_steps = True
        order = self._ordered(self.purchaser)
        self._decide(self.ann, order)
        order.order_line.product_uom_qty = 9
        self.assertEqual((order.state, self._waiting(order).step), ("sent", 2))

    def test_a_buyers_order_that_needs_no_approval_any_more_is_asked_when_it_does(self):
        order = self._ordered(self.purchaser)
        order.order_line.product_uom_qty = 9
        self.assertEqual((order.state, self._open_codes(order)), ("sent", []))
        order.order_line.product_uom_qty = 30
        self.assertEqual(self._open_codes(order), ["buyer_approval"])
