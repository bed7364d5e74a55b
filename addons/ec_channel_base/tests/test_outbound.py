from datetime import timedelta

from psycopg2.errors import UniqueViolation

from odoo import fields
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..sdk.documents import PushResult
from ..sdk.errors import NeedsAttention, Permanent, Retryable
from .common import ChannelCommon


@tagged("post_install", "-at_install")
class TestOutbound(ChannelCommon):
    def ship(self, order, tracking=None, quantity=None):
        picking = order.picking_ids.filtered(lambda p: p.state not in ("done", "cancel"))
        if tracking:
            picking.carrier_tracking_ref = tracking
        if quantity:
            picking.move_ids.quantity = quantity
            picking.move_ids.picked = True
            picking.with_context(skip_backorder=True).button_validate()
        else:
            picking.button_validate()
        return picking

    def push(self):
        while self.channel._work_push():
            pass

    def message(self, order):
        return self.env["ec.outbound.message"].search([("order_id", "=", order.id)])

    def test_a_delivery_is_told_once_with_its_tracking(self):
        [order] = self.take_in(self.document(lines=[self.line(1, 2)]))
        picking = self.ship(order, "YM-1")
        self.push()
        self.push()
        [shipment] = self.shop.pushed
        self.assertEqual(shipment.order_external_id, "O1001")
        self.assertEqual([(line.line_external_id, line.quantity) for line in shipment.lines], [("L1", 2)])
        self.assertEqual([t.number for t in shipment.tracking], ["YM-1"])
        message = self.message(order)
        self.assertEqual((message.state, message.external_ids), ("done", [f"S-picking:{picking.id}"]))

    def test_partial_delivery_and_backorder_are_two_shipments(self):
        [order] = self.take_in(self.document(lines=[self.line(1, 5)]))
        self.ship(order, "A", quantity=2)
        self.ship(order, "B")
        self.push()
        self.assertEqual([[line.quantity for line in s.lines] for s in self.shop.pushed], [[2], [3]])

    def test_tracking_added_later_is_told_again_for_the_same_shipment(self):
        [order] = self.take_in(self.document())
        picking = self.ship(order)
        self.push()
        picking.carrier_tracking_ref = "LATE-1"
        self.push()
        first, second = self.shop.pushed
        self.assertEqual((first.tracking, first.external_ids), ((), ()))
        self.assertEqual(second.key, first.key)
        self.assertEqual([t.number for t in second.tracking], ["LATE-1"])
        self.assertEqual(second.external_ids, (f"S-{first.key}",))

    def test_taken_back(self):
        [order] = self.take_in(self.document())
        self.ship(order)
        self.push()
        self.message(order).action_take_back()
        self.push()
        self.assertTrue(self.shop.pushed[-1].cancelled)

    def test_outage_leaves_the_message_due_and_the_channel_waiting(self):
        [order] = self.take_in(self.document())
        self.ship(order)
        self.shop.fail = Retryable("down", retry_after=30)
        self.push()
        message = self.message(order)
        self.assertEqual((message.state, message.attempts), ("pending", 0))
        self.assertGreater(self.channel.paused_until, fields.Datetime.now() + timedelta(seconds=20))
        self.shop.fail = None
        self.push()
        self.assertEqual(message.state, "done")
        self.assertFalse(self.channel.failures)

    def test_one_bad_shipment_does_not_fail_its_neighbours(self):
        one, two, three = self.take_in(*(self.document(n, lines=[self.line(1)]) for n in ("1", "2", "3")))
        pickings = [self.ship(o) for o in (one, two, three)]
        self.shop.results = {
            f"picking:{pickings[0].id}": PushResult(key="", error=NeedsAttention("held", code="on_hold_in_channel")),
            f"picking:{pickings[1].id}": PushResult(key="", error=Permanent("closed", code="nothing_to_ship")),
        }
        self.push()
        self.assertEqual([self.message(o).state for o in (one, two, three)], ["parked", "failed", "done"])
        self.assertIn("Release the hold there", self.message(one).fix)
        self.shop.results = {}
        self.message(one).action_retry_same_code()
        self.push()
        self.assertEqual(self.message(one).state, "done")

    def test_a_fault_of_the_connector_is_parked_alone_and_never_loops(self):
        one, two = self.take_in(*(self.document(n) for n in ("1", "2")))
        bad = self.ship(one)
        self.ship(two)
        push = self.shop.push_shipments
        self.shop.push_shipments = lambda lot: 1 / 0 if any(s.key == f"picking:{bad.id}" for s in lot) else push(lot)
        with mute_logger("odoo.addons.ec_channel_base.models.ec_channel_work"):
            self.push()
        del self.shop.push_shipments
        self.assertEqual((self.message(one).state, self.message(two).state), ("bug", "done"))
        self.assertIn("ZeroDivisionError", self.message(one).error_trace)

    def test_a_neighbour_s_failures_use_up_nobody_s_attempts(self):
        one, two = self.take_in(*(self.document(n, lines=[self.line(1)]) for n in ("1", "2")))
        first, second = (f"picking:{self.ship(order).id}" for order in (one, two))
        for tried in range(40):
            self.shop.results = {
                first: PushResult(key=first, error=Retryable("lost") if tried < 3 else None),
                second: PushResult(key=second, error=Retryable("lost", tried=False)),
            }
            self.env["ec.outbound.message"].search([("state", "=", "pending")]).due_at = self.env.cr.now()
            self.push()
        self.assertEqual([(m.state, m.attempts) for m in self.message(one) | self.message(two)], [("done", 3), ("pending", 0)])
        self.shop.results = {}
        self.message(two).due_at = self.env.cr.now()
        self.push()
        self.assertEqual(self.message(two).state, "done")

    def test_cancel_and_refund_are_asked_once(self):
        [order] = self.take_in(self.document(lines=[self.line(1, 2)]))
        order.action_ec_cancel_in_shop()
        order.action_ec_cancel_in_shop()
        wizard = self.env["ec.order.refund.wizard"].with_context(default_order_id=order.id).create({})
        wizard.line_ids.quantity = 1
        wizard.action_refund()
        self.push()
        self.assertEqual([type(d).__name__ for d in self.shop.pushed], ["Cancellation", "RefundRequest"])
        self.assertEqual([(line.line_external_id, line.quantity) for line in self.shop.pushed[1].lines], [("L1", 1)])

    def test_what_the_shop_acknowledged_is_kept_when_it_refuses_another_kind(self):
        one, two = self.take_in(*(self.document(n) for n in ("1", "2")))
        self.ship(one)
        two.action_ec_cancel_in_shop()

        def forbid(lot):
            raise NeedsAttention("no scope", code="forbidden")

        self.shop.push_cancellations = forbid
        self.push()
        del self.shop.push_cancellations
        self.assertEqual(self.message(one).state, "done")
        self.assertEqual(self.message(two).state, "pending")
        self.assertEqual(self.channel.last_error_code, "forbidden")

    def test_a_person_is_told_once_while_other_calls_work(self):
        [order] = self.take_in(self.document("1"))
        order.action_ec_cancel_in_shop()

        def forbid(lot):
            raise NeedsAttention("no scope", code="forbidden")

        self.shop.push_cancellations = forbid
        posts = len(self.channel.message_ids)
        for _ in range(3):
            self.push()
            self.channel.write({"paused_until": False, "poll_next_at": False})
            self.channel._work_fetch()
            self.assertEqual(self.channel.last_error_code, "forbidden")
        self.assertEqual(len(self.channel.message_ids) - posts, 1)
        del self.shop.push_cancellations
        self.push()
        self.assertFalse(self.channel.last_error_code)

    def test_an_error_about_what_was_settled_otherwise_goes_away(self):
        self.channel._record_error(NeedsAttention("no scope", code="forbidden"), "push refund")
        self.push()
        self.assertFalse(self.channel.last_error_code)

    def test_nothing_to_tell_is_no_contact(self):
        self.channel._record_error(NeedsAttention("401", code="credentials"))
        self.assertEqual(self.channel._work_push(), 0)
        self.assertEqual(self.channel.last_error_code, "credentials")

    def test_a_lost_race_for_a_row_is_tried_again(self):
        vals = self.env["ec.channel.log"]._error_vals(UniqueViolation("duplicate key"), "trace", 0)
        self.assertEqual((vals["state"], vals["error_code"], vals["attempts"]), ("pending", "conflict", 1))

    def test_plain_orders_are_not_told(self):
        order = self.env["sale.order"].create(
            {"partner_id": self.env["res.partner"].create({"name": "P"}).id, "order_line": [(0, 0, {"product_id": self.products[0].id})]}
        )
        order.action_confirm()
        order.picking_ids.button_validate()
        self.assertEqual(order.picking_ids.state, "done")
        self.assertFalse(self.message(order))

    def test_shipments_made_in_the_shop_hold_the_order(self):
        import dataclasses

        from ..sdk.documents import ChannelShipment, ShipmentLine

        document = self.document()
        [order] = self.take_in(document)
        foreign = ChannelShipment(external_id="F1", lines=(ShipmentLine(line_external_id="L1", quantity=1),))
        self.take_in(self.later(document, shipments=(foreign,)))
        self.assertEqual(self.holds(order), ["shipped_in_channel"])
        own = dataclasses.replace(foreign, cancelled=True)
        self.take_in(self.later(document, 2, shipments=(own,)))
        self.assertEqual(self.holds(order), [])
