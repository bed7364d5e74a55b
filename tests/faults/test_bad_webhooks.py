"""Deliveries that are forged, replayed, of another shop or too large, at the real door."""

import base64
import hashlib
import hmac
import json

from odoo.tests import HttpCase

from .common import ShopCase


class TestBadWebhooks(ShopCase, HttpCase):
    def setUp(self):
        super().setUp()
        self.placed = self.place()
        self.body = json.dumps({"id": int(self.placed["id"].rpartition("/")[2]), "updated_at": "2026-11-01T00:00:00Z"}).encode()

    def headers(self, body=None, secret=None, **changes):
        digest = hmac.new((secret or self.sim.client_secret).encode(), self.body if body is None else body, hashlib.sha256).digest()
        names = {
            "Content-Type": "application/json",
            "X-Shopify-Topic": "orders/updated",
            "X-Shopify-Shop-Domain": self.sim.domain,
            "X-Shopify-Webhook-Id": "delivery-1",
            "X-Shopify-Hmac-Sha256": base64.b64encode(digest).decode(),
        }
        return {name: value for name, value in {**names, **changes}.items() if value is not None}

    def knock(self, body=None, headers=None, url=None):
        body = self.body if body is None else body
        path = url or self.channel._webhook_url().partition("/ec_channel/")[2]
        return self.url_open(f"/ec_channel/{path}", data=body, headers=headers or self.headers(body), timeout=60, method="POST").status_code

    def stored(self):
        return self.env["ec.inbound.event"].search([("channel_id", "=", self.channel.id)])

    def test_a_genuine_delivery_brings_the_order(self):
        self.assertEqual(self.knock(), 200)
        self.assertEqual(len(self.stored()), 1)
        self.sync()
        self.assert_agrees(self.placed)

    def test_a_replayed_delivery_counts_once(self):
        for _ in range(3):
            self.assertEqual(self.knock(), 200)
        self.assertEqual(len(self.stored()), 1)
        self.sync()
        self.assertEqual(self.knock(), 200)  # and once more long after
        self.sync()
        self.assert_agrees(self.placed)
        self.assertEqual(len(self.events(self.placed, has_body=True)), 1)

    def test_forged_deliveries_leave_nothing(self):
        forged = {
            "another secret": self.headers(secret="shpss_wrong"),
            "no signature": self.headers(**{"X-Shopify-Hmac-Sha256": None}),
            "empty signature": self.headers(**{"X-Shopify-Hmac-Sha256": ""}),
            "no base64": self.headers(**{"X-Shopify-Hmac-Sha256": "%%%"}),
            "hex": self.headers(**{"X-Shopify-Hmac-Sha256": hmac.new(self.sim.client_secret.encode(), self.body, hashlib.sha256).hexdigest()}),
            "another body": self.headers(b"{}"),
            "another shop": self.headers(**{"X-Shopify-Shop-Domain": "evil.myshopify.com"}),
            "no shop": self.headers(**{"X-Shopify-Shop-Domain": None}),
        }
        for name, headers in forged.items():
            with self.subTest(name):
                self.assertEqual(self.knock(headers=headers), 401)
        self.assertFalse(self.stored())

    def test_a_wrong_address_leaves_nothing(self):
        other = self._new_channel("Other", shopify_shop_domain="other.myshopify.com")
        token = self.channel.webhook_token
        for path in (f"webhook/{self.channel.id}/guess", f"webhook/{other.id}/{token}", f"webhook/999999/{token}"):
            with self.subTest(path):
                self.assertEqual(self.knock(url=path), 404)
        # the neighbour's own door, but a delivery of our shop
        path = other._webhook_url().partition("/ec_channel/")[2]
        self.assertEqual(self.knock(url=path), 401)
        self.assertFalse(self.stored())
        self.assertFalse(self.env["ec.inbound.event"].search([("channel_id", "=", other.id)]))

    def test_ten_megabytes(self):
        body = self.body[:-1] + b" " * 10_000_000 + b"}"
        self.assertIn(self.knock(body=body), (401, 413))
        self.assertFalse(self.stored())

    def test_a_genuine_delivery_nobody_can_read_is_kept_for_a_person(self):
        for number, body in enumerate((b"not json", b"[1, 2]", b"\xff\xfe", b"")):
            with self.subTest(body):
                status = self.knock(body=body, headers=self.headers(body, **{"X-Shopify-Webhook-Id": f"odd-{number}"}))
                self.assertEqual(status, 200)
                [event] = self.stored()[:1]
                self.assertEqual((event.state, event.kind), ("parked", "unreadable"))
                self.assertTrue(event.fix)
        self.assertEqual(self.knock(), 200)
        self.sync()
        self.assert_agrees(self.placed)

    def test_an_unknown_topic_and_an_order_that_is_gone(self):
        body = b'{"id": 4242, "updated_at": "2026-11-01T00:00:00Z"}'
        self.assertEqual(self.knock(body=body, headers=self.headers(body, **{"X-Shopify-Topic": "moons/waning", "X-Shopify-Webhook-Id": "a"})), 200)
        self.assertEqual(self.knock(body=body, headers=self.headers(body, **{"X-Shopify-Webhook-Id": "b"})), 200)
        self.assertEqual(self.knock(), 200)
        self.sync()
        [gone] = self.stored().filtered(lambda event: event.external_id == "gid://shopify/Order/4242")
        self.assertEqual((gone.state, gone.error_code), ("ignored", "order_missing"))
        self.assert_agrees(self.placed)
