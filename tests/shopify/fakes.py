"""A transport that answers from a list, and keeps what it was asked."""

import json

from odoo.addons.ec_channel_base.sdk.transport import Response
from odoo.addons.ec_channel_shopify.shopify.client import GraphQL


class FakeTransport:
    def __init__(self, *answers):
        self.answers = list(answers)
        self.requests = []

    def request(self, method, path, **values):
        self.requests.append((method, path, values))
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, Response):
            return answer
        body = answer if isinstance(answer, bytes) else json.dumps(answer, default=str).encode()
        return Response(200, {"x-shopify-api-version": "2026-10"}, body)

    @property
    def variables(self):
        return [values["json"]["variables"] for _, _, values in self.requests]


def client(*answers, token="t0"):
    transport = FakeTransport(*answers)
    return GraphQL(transport, "2026-10", token if callable(token) else lambda refused: token), transport


def error(code, message="no", path=None, **details):
    return {"message": message, "path": path, "extensions": {"code": code, **details}}
