"""Faults found in another connector, continued: the shop is down, slow, or says something nobody can read."""

from datetime import timedelta

from odoo import fields

from .common import ShopCase


class TestOutages(ShopCase):
    def test_fault_13_an_outage_during_a_shipment_push_passes(self):
        placed, order = self.take()
        self.deliver(order, "YM-1")
        with self.fault(kind="http_503", count=None):
            self.push()
            self.wait_over()
            self.push()
        message = self.message(order)
        self.assertEqual(message.state, "pending")
        self.assertFalse(self.truth(placed)["fulfillments"])
        self.wait_over()
        self.push()
        self.assertEqual(message.state, "done")
        [fulfilment] = self.truth(placed)["fulfillments"]
        self.assertEqual([row["number"] for row in fulfilment["tracking"]], ["YM-1"])
        self.assertFalse(self.channel.failures)

    def test_fault_13_an_answer_lost_after_the_shop_did_it(self):
        for kind in ("cut_after", "http_500_after", "truncated_json"):
            with self.subTest(kind):
                placed, order = self.take()
                self.deliver(order, f"YM-{kind}")
                with self.fault(kind=kind, operation="fulfillmentCreate"):
                    self.push()
                    self.assertEqual(len(self.truth(placed)["fulfillments"]), 1)  # the fault did hit after the commit
                self.wait_over()
                self.push()
                self.assertEqual(self.message(order).state, "done")
                [fulfilment] = self.truth(placed)["fulfillments"]  # told twice, shipped once
                self.assertEqual(self.message(order).external_ids, [fulfilment["id"]])

    def test_fault_13_the_outage_of_one_shop_is_not_the_others(self):
        placed, order = self.take()
        self.deliver(order)
        other = self._new_channel("Other", shopify_shop_domain="other.myshopify.com", endpoint_url="http://127.0.0.1:9")
        other._work_fetch()
        self.assertTrue(other.paused_until)
        self.assertNotIn(other, self.env["ec.lane"]._due_channels())
        self.assertIn(self.channel, self.env["ec.lane"]._due_channels())
        self.push()
        self.assertEqual(self.message(order).state, "done")

    def test_fault_14_a_tracking_number_added_later_is_told(self):
        placed, order = self.take()
        picking = self.deliver(order)
        self.push()
        [fulfilment] = self.truth(placed)["fulfillments"]
        self.assertFalse([row["number"] for row in fulfilment["tracking"] if row["number"]])
        for number in ("YM-1", "YM-2"):  # added, then corrected
            picking.carrier_tracking_ref = number
            self.push()
            [again] = self.truth(placed)["fulfillments"]
            self.assertEqual((again["id"], [row["number"] for row in again["tracking"]]), (fulfilment["id"], [number]))

    def test_fault_14_a_tracking_number_added_during_an_outage_is_told(self):
        placed, order = self.take()
        picking = self.deliver(order)
        with self.fault(kind="http_502", count=None):
            self.push()
            picking.carrier_tracking_ref = "YM-9"
            self.wait_over()
            self.push()
        self.wait_over()
        self.push()
        [fulfilment] = self.truth(placed)["fulfillments"]
        self.assertEqual([row["number"] for row in fulfilment["tracking"]], ["YM-9"])

    def test_fault_15_too_many_requests_means_wait_as_told(self):
        placed = self.place()
        with self.fault(kind="http_429", retry_after=37):
            self.fetch()
        self.assertFalse(self.order(placed))
        wait = (self.channel.paused_until - fields.Datetime.now()).total_seconds()
        self.assertTrue(34 <= wait <= 38, wait)
        self.assertNotIn(self.channel, self.env["ec.lane"]._due_channels())
        self.assertEqual(self.channel.state, "live")
        self.sim.requests(clear=True)
        self.env["ec.lane"]._due_channels()
        self.assertEqual(self.sim.requests()["total"], 0)
        self.channel.paused_until = self.env.cr.now() - timedelta(seconds=1)
        self.assertIn(self.channel, self.env["ec.lane"]._due_channels())
        self.sync()
        self.assert_agrees(placed)

    def test_fault_15_a_throttled_query_means_wait_for_the_bucket(self):
        placed, order = self.take()
        self.deliver(order)
        with self.fault(kind="throttled"):
            self.push()
        message = self.message(order)
        self.assertEqual((message.state, len(self.truth(placed)["fulfillments"])), ("pending", 0))
        self.assertGreater(self.channel.paused_until or message.due_at, fields.Datetime.now())
        self.wait_over()
        self.push()
        self.assertEqual((message.state, len(self.truth(placed)["fulfillments"])), ("done", 1))

    def test_fault_16_a_failed_event_is_parked_seen_and_retried(self):
        operator = self.person("operator", "ec_channel_base.group_ec_operator")
        currency = self.env.ref("base.BHD")
        currency.active = False
        placed = self.place(currency="BHD", lines=[{"sku": "TEA-1", "price": "10.125"}])
        neighbour = self.place()
        self.sync()
        self.assert_agrees(neighbour)
        [event] = self.events(placed, state="parked").with_user(operator)
        self.assertEqual(event.error_code, "currency")
        self.assertIn("currency", event.fix)
        self.assertEqual(self.channel.with_user(operator).event_parked_count, 1)
        action = self.channel.with_user(operator).action_open_parked_events()
        self.assertIn(event, self.env[action["res_model"]].with_user(operator).search(action["domain"]))
        event.action_retry_same_code()
        self.import_stored()
        self.assertEqual(event.state, "parked")  # nothing was mended yet
        currency.active = True
        self.env["res.currency.rate"].create({"currency_id": currency.id, "company_id": self.company.id, "rate": 0.376})
        event.action_retry_same_code()
        self.import_stored()
        self.assertEqual((event.state, event.order_id), ("done", self.order(placed)))
        self.assertEqual(self.order(placed).amount_total, 10.125)
        self.assertFalse(self.channel.event_parked_count)

    def test_fault_16_a_fault_of_our_own_is_parked_with_its_trace(self):
        from unittest.mock import patch

        importer = type(self.env["ec.order.importer"])
        placed, neighbour = self.place(note="poison"), self.place()
        genuine = importer._prepare_order_vals

        def broken(self, batch, document):
            if document.note == "poison":
                raise RuntimeError("our own fault")
            return genuine(self, batch, document)

        with patch.object(importer, "_prepare_order_vals", broken):
            self.sync()
        self.assert_agrees(neighbour)
        [event] = self.events(placed, state="bug")
        self.assertIn("our own fault", event.error_trace)
        event.with_user(self.person("operator", "ec_channel_base.group_ec_operator")).action_retry()
        self.sync()
        self.assert_agrees(placed)
