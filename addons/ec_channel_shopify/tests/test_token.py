import json
from datetime import timedelta

import psycopg2

from odoo import fields
from odoo.tests import tagged

from odoo.addons.ec_channel_base.sdk.errors import NeedsAttention, Retryable

from .common import ShopifyCase

DAY = 86399


@tagged("post_install", "-at_install")
class TestToken(ShopifyCase):
    def setUp(self):
        super().setUp()
        self.registry_enter_test_mode()

    def grant(self, token, refresh="", seconds=DAY):
        answer = {"access_token": token, "scope": "read_orders", "expires_in": seconds}
        return answer | ({"refresh_token": refresh, "refresh_token_expires_in": 90 * 86400} if refresh else {})

    def sent(self):
        return [values["data"] for _path, values in self.transport.requests]

    def age(self, seconds):
        self.env.invalidate_all()
        grant = self.channel._shopify_grant()
        ends = fields.Datetime.to_datetime(grant["expires_at"]) - timedelta(seconds=seconds)
        grant["expires_at"] = fields.Datetime.to_string(ends)
        self.keep(grant)

    def keep(self, grant):
        self.channel._set_secret("shopify_grant", json.dumps(grant))
        self.env.flush_all()

    def test_client_credentials_are_asked_for_when_first_needed_and_kept(self):
        self.answer(self.grant("t1"))
        self.assertEqual(self.channel._shopify_access_token(), "t1")
        self.assertEqual(self.channel._shopify_access_token(), "t1")
        (sent,) = self.sent()
        self.assertIn("grant_type=client_credentials", sent)
        self.assertIn("client_secret=first+secret", sent)

    def test_a_token_is_renewed_before_it_ends(self):
        self.answer(self.grant("t1"), self.grant("t2"))
        self.channel._shopify_access_token()
        self.age(DAY - 60)
        self.assertEqual(self.channel._shopify_access_token(), "t2")

    def test_a_refused_token_is_renewed_and_the_new_one_is_used_by_all(self):
        self.answer(self.grant("t1"), self.grant("t2"))
        self.assertEqual(self.channel._shopify_access_token(), "t1")
        self.assertEqual(self.channel._shopify_access_token("t1"), "t2")
        self.assertEqual(self.channel._shopify_access_token("t1"), "t2")
        self.assertEqual(len(self.transport.requests), 2)

    def test_every_refresh_uses_the_newest_refresh_token(self):
        self.channel.shopify_auth = "code"
        self.keep({"access_token": "t0", "refresh_token": "r0"})
        self.answer(self.grant("t1", "r1", 3600), self.grant("t2", "r2", 3600))
        self.assertEqual(self.channel._shopify_access_token("t0"), "t1")
        self.assertEqual(self.channel._shopify_access_token("t1"), "t2")
        self.assertIn("refresh_token=r0", self.sent()[0])
        self.assertIn("refresh_token=r1", self.sent()[1])
        self.env.invalidate_all()
        self.assertTrue(self.channel._connector().credential_expires_at)

    def test_a_failed_refresh_loses_nothing(self):
        self.channel.shopify_auth = "code"
        self.keep({"access_token": "t0", "refresh_token": "r0"})
        self.answer(Retryable("503"), self.grant("t1", "r1", 3600))
        with self.assertRaises(Retryable):
            self.channel._shopify_access_token("t0")
        self.assertEqual(self.channel._shopify_access_token("t0"), "t1")

    def test_who_does_not_get_the_lock_comes_later(self):
        self.patch(type(self.channel), "_set_secret", _taken)
        with self.assertRaises(Retryable) as busy:
            self.channel._shopify_access_token()
        self.assertEqual((busy.exception.code, busy.exception.retry_after), ("token_busy", 2))

    def test_nothing_entered_needs_attention(self):
        self.channel.shopify_auth = "code"
        with self.assertRaises(NeedsAttention):
            self.channel._shopify_access_token()
        self.channel.shopify_auth = "token"
        with self.assertRaises(NeedsAttention):
            self.channel._shopify_access_token()
        self.assertFalse(self.transport.requests)


def _taken(channel, name, value):
    raise psycopg2.errors.UniqueViolation
