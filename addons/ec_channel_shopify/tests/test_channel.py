import base64

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import new_test_user, tagged

from odoo.addons.ec_channel_base.sdk.errors import WebhookRefused

from ..shopify.webhooks import signature
from .common import SHOP, ShopifyCase


@tagged("post_install", "-at_install")
class TestChannel(ShopifyCase):
    def read(self, secret, topic="orders/create", body=b'{"id": 1}'):
        headers = {
            "x-shopify-topic": topic,
            "x-shopify-shop-domain": SHOP,
            "x-shopify-webhook-id": "w-1",
            "x-shopify-hmac-sha256": base64.b64encode(signature(secret, body)).decode(),
        }
        return self.channel._connector().read_webhook(headers, body)

    def test_building_the_connector_sends_nothing(self):
        connector = self.channel._connector()
        self.assertEqual(connector.shop_domain, SHOP)
        self.assertFalse(self.transport.requests)
        self.assertIn("backfill", self.channel.capabilities)

    def test_no_secret_shows(self):
        self.assertEqual(set(self.channel.shopify_client_secret), {"•"})
        connector = self.channel._connector()
        self.assertNotIn("first secret", repr(connector) + str(vars(connector)))
        with self.assertRaises(AccessError):
            self.channel.with_user(new_test_user(self.env, "clerk")).read(["shopify_client_secret"])
        self.assertFalse(self.channel.copy({"name": "Copy"}).shopify_client_secret)

    def test_a_shop_domain_is_a_shop_domain(self):
        for domain in ("shells.example", "shells.myshopify.com.evil.example", "https://shells.myshopify.com"):
            with self.assertRaises(ValidationError):
                self.channel.shopify_shop_domain = domain
        with self.assertRaises(UserError):
            self.env["ec.channel"].create({"name": "New", "connector": "shopify"})._connector()

    def test_the_old_secret_is_good_for_two_hours(self):
        self.assertEqual(self.read("first secret").kind, "order")
        self.channel.shopify_client_secret = "second secret"
        self.assertEqual(self.read("second secret").kind, "order")
        self.assertEqual(self.read("first secret").kind, "order")
        self.channel.shopify_secret_rotated_at = fields.Datetime.subtract(fields.Datetime.now(), hours=3)
        with self.assertRaises(WebhookRefused):
            self.read("first secret")
        self.assertEqual(self.read("second secret").kind, "order")

    def test_connect_names_what_the_app_may_not(self):
        shop = {
            "id": "gid://shopify/Shop/1",
            "name": "Shells",
            "myshopifyDomain": SHOP,
            "currencyCode": "JPY",
            "ianaTimezone": "Asia/Tokyo",
            "taxesIncluded": True,
        }
        scopes = [{"handle": scope} for scope in ("write_orders", "read_products", "read_inventory", "read_locations")]
        place = {"id": "gid://shopify/Location/1", "name": "Ginza", "isActive": True, "address": None}
        self.channel.write({"shopify_auth": "token", "shopify_token": "shpat_0123456789"})
        self.answer(
            {"data": {"shop": shop, "currentAppInstallation": {"accessScopes": scopes}}},
            {"data": {"locations": {"nodes": [place]}}},
        )
        self.channel.action_check()
        self.assertEqual(self.channel.missing_permissions, "read_customers, write_merchant_managed_fulfillment_orders")
        self.assertEqual((self.channel.currency_id.name, self.channel.timezone), ("JPY", "Asia/Tokyo"))
        headers = self.transport.requests[0][1]["headers"]
        self.assertEqual(headers["X-Shopify-Access-Token"], "shpat_0123456789")

    def test_after_uninstall_nothing_is_kept_that_could_be_sent(self):
        self.channel._set_secret("shopify_grant", '{"access_token": "t"}')
        self.channel._on_uninstalled()
        self.assertEqual(self.channel.state, "disconnected")
        self.assertFalse(self.channel._get_secret("shopify_grant"))
        self.assertFalse(self.transport.requests)

    def test_every_code_has_a_sentence_and_a_fix(self):
        for code in ("scope_missing", "not_routed", "shipment_refused", "refund_currency", "credentials"):
            self.assertNotIn(f"(code {code})", self.channel._error_text(code))
