import base64
import json

import pytest
from fakes import client

from odoo.addons.ec_channel_base.sdk.errors import NeedsAttention, WebhookRefused
from odoo.addons.ec_channel_shopify.shopify import auth, privacy, webhooks

SHOP = "shells.myshopify.com"
RECEIVER = webhooks.Receiver(SHOP, ("new secret", "old secret"))


def deliver(topic, payload, secret="new secret", **headers):
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    signature = base64.b64encode(webhooks.signature(secret, body)).decode()
    known = {
        "x-shopify-topic": topic,
        "x-shopify-hmac-sha256": signature,
        "x-shopify-shop-domain": SHOP,
        "x-shopify-webhook-id": "w-1",
        "x-shopify-triggered-at": "2026-10-01T00:00:00.123456789Z",
    }
    return RECEIVER.read({**known, **headers}, body)


@pytest.mark.parametrize(
    ("topic", "payload", "kind", "thing"),
    [
        ("orders/create", {"id": 9007199254740993, "updated_at": "x"}, "order", "gid://shopify/Order/9007199254740993"),
        ("orders/delete", {"id": 1}, "order", "gid://shopify/Order/1"),
        ("orders/edited", {"order_edit": {"id": 5, "order_id": 2}}, "order", "gid://shopify/Order/2"),
        ("orders/risk_assessment_changed", {"order_id": 3}, "order", "gid://shopify/Order/3"),
        ("refunds/create", {"id": 6, "order_id": 4}, "order", "gid://shopify/Order/4"),
        ("fulfillments/update", {"id": 7, "order_id": 4}, "order", "gid://shopify/Order/4"),
        ("fulfillment_orders/placed_on_hold", {"fulfillment_order": {"id": "gid://f/1"}}, "order", "gid://f/1"),
        ("fulfillment_orders/moved", {"original_fulfillment_order": {"id": "gid://f/2"}}, "order", "gid://f/2"),
        ("bulk_operations/finish", {"admin_graphql_api_id": "gid://b/1"}, "backfill", "gid://b/1"),
        ("app/uninstalled", {"id": 1}, "uninstalled", ""),
        ("app/scopes_update", {"current": []}, "scopes", ""),
        ("customers/redact", {"customer": {"id": 1}}, "privacy", ""),
        ("shop/redact", {}, "privacy", ""),
        ("products/update", {"id": 1}, "ignore", ""),
        ("orders/risk_assessment_changed", {"order_id": None}, "ignore", ""),
    ],
)
def test_what_a_delivery_hints_at(topic, payload, kind, thing):
    hint = deliver(topic, payload)
    assert (hint.kind, hint.external_id, hint.delivery_id, hint.topic) == (kind, thing, "w-1", topic)
    assert hint.occurred_at.year == 2026


def test_the_old_secret_is_accepted_and_a_third_is_not():
    assert deliver("orders/create", {"id": 1}, "old secret").kind == "order"
    with pytest.raises(WebhookRefused):
        deliver("orders/create", {"id": 1}, "a third")


@pytest.mark.parametrize(
    "change",
    [
        {"x-shopify-hmac-sha256": "not base64!"},
        {"x-shopify-hmac-sha256": ""},
        {"x-shopify-shop-domain": "other.myshopify.com"},
    ],
)
def test_what_proves_nothing_is_refused(change):
    with pytest.raises(WebhookRefused):
        deliver("orders/create", {"id": 1}, **change)


def test_no_secret_admits_nothing():
    with pytest.raises(WebhookRefused):
        webhooks.Receiver(SHOP, ("",)).read({"x-shopify-shop-domain": SHOP, "x-shopify-hmac-sha256": ""}, b"{}")


def test_too_large_a_body_is_refused():
    with pytest.raises(WebhookRefused):
        deliver("orders/create", b"{" + b" " * webhooks.MAX_BODY + b"}")


def test_a_large_delivery_is_read():
    payload = {"id": 1, "line_items": [{"id": number, "title": "x" * 500} for number in range(4000)]}  # 2 MB
    assert deliver("orders/updated", payload).external_id == "gid://shopify/Order/1"


def test_no_secret_in_a_repr():
    assert "secret" not in repr(RECEIVER)


# ---- subscriptions

URL = "https://erp.example/ec_channel/webhook/1/token"


def subscriptions(**changes):
    rows = [
        {"id": topic, "topic": topic, "uri": URL, "format": "JSON", "filter": "", "includeFields": list(fields or ())}
        for topic, fields in webhooks.TOPICS.items()
    ]
    rows = [row | changes.get(row["topic"], {}) for row in rows if changes.get(row["topic"], {}) is not None]
    return {"data": {"webhookSubscriptions": {"nodes": rows, "pageInfo": {"hasNextPage": False, "endCursor": None}}}}


DONE = {"data": {"mutation": {"webhookSubscription": {"id": 1}, "userErrors": []}}}


def test_subscriptions_in_order_are_left_alone():
    graphql, transport = client(subscriptions())
    assert webhooks.sync(graphql, URL) == () and len(transport.requests) == 1


def test_missing_and_wrong_subscriptions_are_repaired():
    changed = subscriptions(
        ORDERS_CREATE=None,
        ORDERS_UPDATED={"filter": "id:1"},
        REFUNDS_CREATE={"uri": "https://old.example/ec_channel/webhook/1/token"},
        APP_UNINSTALLED={"uri": "https://staging.example/ec_channel/webhook/9/other"},
    )
    graphql, transport = client(changed, *[DONE] * 4)
    repaired = (
        "ORDERS_CREATE subscribed",
        "ORDERS_UPDATED corrected",
        "REFUNDS_CREATE corrected",
        "APP_UNINSTALLED subscribed",
    )
    assert webhooks.sync(graphql, URL) == repaired


def test_an_address_that_is_not_https_is_our_problem():
    with pytest.raises(NeedsAttention):
        webhooks.sync(client()[0], "http://erp.example/x")


# ---- signing in


@pytest.mark.parametrize("domain", ["a.myshopify.com", "A-9.myshopify.com"])
def test_shop_domains(domain):
    assert auth.is_shop_domain(domain)


@pytest.mark.parametrize(
    "domain",
    [
        "",
        "myshopify.com",
        "-a.myshopify.com",
        "a.myshopify.com.evil.com",
        "a.myshopify.com\n",
        "a.b.myshopify.com",
        "https://a.myshopify.com",
    ],
)
def test_no_shop_domains(domain):
    assert not auth.is_shop_domain(domain)


def test_a_callback_is_proven():
    # the example of Shopify's documentation of this check
    params = [
        ("code", "0907a61c0c8d55e99db179b68161bc00"),
        ("hmac", "700e2dadb827fcc8609e9d5ce208b2e9cdaab9df07390d2cbca10d7c328fc4bf"),
        ("shop", "some-shop.myshopify.com"),
        ("state", "0.6784241404160823"),
        ("timestamp", "1337178173"),
    ]
    assert auth.is_genuine_callback(params, ["hush"])
    assert not auth.is_genuine_callback([*params, ("extra", "1")], ["hush"])
    assert not auth.is_genuine_callback(params, ["other"]) and not auth.is_genuine_callback(params, [""])


def test_missing_scopes_are_named():
    assert auth.missing_scopes(auth.SCOPES) == ()
    granted = {"write_products", "read_inventory", "read_customers", "read_locations", "read_orders"}
    assert auth.missing_scopes(granted) == ("write_orders", "write_merchant_managed_fulfillment_orders")


def test_privacy_requests_are_read():
    body = b'{"customer": {"id": 9007199254740993}, "orders_to_redact": [1, 2]}'
    request = privacy.read("customers/redact", body)
    assert request.customer_id == "gid://shopify/Customer/9007199254740993"
    assert request.order_ids == ("gid://shopify/Order/1", "gid://shopify/Order/2")
    with pytest.raises(NeedsAttention):
        privacy.read("customers/redact", b"[]")
