import hashlib
import hmac
from unittest.mock import patch
from urllib.parse import parse_qsl, urlencode, urlsplit

from odoo.tests import HttpCase, new_test_user, tagged

from odoo.addons.ec_channel_base.models.ec_channel import EcChannel
from odoo.addons.ec_channel_base.sdk.errors import NeedsAttention

from ..shopify import auth
from .common import SHOP


@tagged("post_install", "-at_install")
class TestAuthorization(HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.channel = cls.env["ec.channel"].create(
            {
                "name": "Shells",
                "connector": "shopify",
                "shopify_auth": "code",
                "shopify_shop_domain": SHOP,
                "shopify_client_id": "client-1",
                "shopify_client_secret": "first secret",
            }
        )
        cls.admin = new_test_user(cls.env, "channel_admin", groups="ec_channel_base.group_ec_admin")
        cls.clerk = new_test_user(cls.env, "channel_clerk", groups="ec_channel_base.group_ec_manager")

    def begin(self):
        answer = self.url_open(f"/ec_channel_shopify/begin/{self.channel.id}", allow_redirects=False)
        self.assertEqual(answer.status_code, 303)
        return urlsplit(answer.headers["Location"])

    def callback(self, secret="first secret", **changes):
        self.env.invalidate_all()
        state = f"{self.channel.id}.{self.channel._get_secret('shopify_oauth_state')}"
        params = {"code": "c-1", "shop": SHOP, "state": state, "timestamp": "1", **changes}
        message = "&".join(f"{name}={value}" for name, value in sorted(params.items()))
        params["hmac"] = hmac.new(secret.encode(), message.encode(), hashlib.sha256).hexdigest()
        asked = []

        def exchange(transport, client_id, client_secret, code):
            asked.append((client_id, client_secret, code))
            return auth.Grant("t1", ("read_orders",), 3600.0, "r1", 90 * 86400.0)

        with patch.object(auth, "exchange_code", exchange), patch.object(EcChannel, "action_check", _unreachable):
            answer = self.url_open(f"/ec_channel_shopify/callback?{urlencode(params)}", allow_redirects=False)
        self.env.invalidate_all()
        return answer, asked

    def test_there_and_back(self):
        self.authenticate("channel_admin", "channel_admin")
        there = self.begin()
        query = dict(parse_qsl(there.query))
        self.assertEqual((there.hostname, there.path), (SHOP, "/admin/oauth/authorize"))
        self.assertEqual(query["client_id"], "client-1")
        self.assertIn("write_orders", query["scope"].split(","))
        answer, asked = self.callback()
        self.assertEqual(answer.status_code, 303)
        self.assertEqual(asked, [("client-1", "first secret", "c-1")])
        self.assertEqual(self.channel._shopify_grant()["access_token"], "t1")
        answer, asked = self.callback(state=query["state"])
        self.assertEqual((answer.status_code, asked), (400, []), "a state is good for one answer")

    def test_forged_answers_are_refused(self):
        self.authenticate("channel_admin", "channel_admin")
        self.begin()
        for values in (
            {"secret": "another secret"},
            {"shop": "other.myshopify.com"},
            {"shop": f"{SHOP}.evil.example"},
            {"state": f"{self.channel.id}.guessed"},
            {"state": "x"},
        ):
            answer, asked = self.callback(**values)
            self.assertEqual((answer.status_code, asked), (400, []), values)
        self.assertFalse(self.channel._shopify_grant())

    def test_only_administrators_connect(self):
        self.authenticate("channel_clerk", "channel_clerk")
        answer = self.url_open(f"/ec_channel_shopify/begin/{self.channel.id}", allow_redirects=False)
        self.assertEqual(answer.status_code, 403)


def _unreachable(channel):
    raise NeedsAttention("no shop in tests", code="credentials")
