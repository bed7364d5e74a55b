import json
from unittest.mock import patch

from odoo.tests import TransactionCase

from odoo.addons.ec_channel_base.models.ec_channel import EcChannel
from odoo.addons.ec_channel_base.sdk.transport import Response

SHOP = "shells.myshopify.com"


class FakeTransport:
    """Answers from a list and remembers what it was asked."""

    def __init__(self):
        self.answers, self.requests = [], []

    def request(self, method, path, **values):
        self.requests.append((path, values))
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return Response(200, {"x-shopify-api-version": "2026-10"}, json.dumps(answer).encode())


class ShopifyCase(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.channel = cls.env["ec.channel"].create(
            {
                "name": "Shells",
                "connector": "shopify",
                "shopify_shop_domain": SHOP,
                "shopify_client_id": "client-1",
                "shopify_client_secret": "first secret",
            }
        )

    def setUp(self):
        super().setUp()
        self.transport = FakeTransport()
        patcher = patch.object(EcChannel, "_transport", lambda channel, *args, **values: self.transport)
        patcher.start()
        self.addCleanup(patcher.stop)

    def answer(self, *answers):
        self.transport.answers += answers

    @property
    def paths(self):
        return [path for path, _values in self.transport.requests]
