"""Webhooks: written with the change, signed over the exact bytes, tried again, and failing in the ways that receivers meet."""

import base64
import hashlib
import hmac
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

SUBSCRIBE = """mutation Subscribe($topic: WebhookSubscriptionTopic!, $w: WebhookSubscriptionInput!) {
  webhookSubscriptionCreate(topic: $topic, webhookSubscription: $w) { webhookSubscription { id topic uri } userErrors { field message } } }"""


class Receiver:
    """A local listener that keeps every delivery and answers with `status`."""

    def __init__(self):
        self.status, self.got = 200, []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.got.append((self.path, dict(self.headers), body))
                self.send_response(receiver.status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *args):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def topics(self):
        return [headers["X-Shopify-Topic"] for _, headers, _ in self.got]

    def bodies(self, topic):
        return [json.loads(body) for _, headers, body in self.got if headers["X-Shopify-Topic"] == topic]


@pytest.fixture
def receiver(shop):
    made = Receiver()
    shop.host_map(map={"https://erp.example": made.url})
    yield made
    made.server.shutdown()
    made.server.server_close()


def subscribe(shop, topic, uri="https://erp.example/shopify/1", **more):
    return shop.graphql(SUBSCRIBE, {"topic": topic, "w": {"uri": uri, **more}})["data"]["webhookSubscriptionCreate"]


def verify(secret, body, signature):
    return hmac.compare_digest(hmac.new(secret.encode(), body, hashlib.sha256).digest(), base64.b64decode(signature))


def test_only_public_https_addresses_are_taken_once(shop):
    for uri in ("http://erp.example/x", "https://localhost/x", "https://10.0.0.3/x", "https://127.0.0.1:8069/x",
                "https://a.myshopify.com/x", "https://intranet/x"):
        assert subscribe(shop, "ORDERS_CREATE", uri)["userErrors"], uri
    assert subscribe(shop, "ORDERS_CREATE")["userErrors"] == []
    assert subscribe(shop, "ORDERS_CREATE")["userErrors"][0]["message"] == "Address for this topic has already been taken"
    assert subscribe(shop, "ORDERS_UPDATED")["userErrors"] == []
    assert shop.graphql("{ webhookSubscriptionsCount { count } }")["data"]["webhookSubscriptionsCount"]["count"] == 2


def test_delivery_has_the_real_headers_and_a_true_signature(shop, receiver):
    subscribe(shop, "ORDERS_CREATE", name="orders")
    order = shop.place_order(lines=[{"sku": "SKU-0001", "quantity": 2}], shipping="550", note="急ぎ")
    assert shop.flush() == {"tried": 1, "pending": 0}
    (path, headers, body), = receiver.got
    assert path == "/shopify/1"
    assert verify(shop.client_secret, body, headers["X-Shopify-Hmac-Sha256"])
    assert headers["X-Shopify-Topic"] == "orders/create"
    assert headers["X-Shopify-Shop-Domain"] == shop.domain
    assert headers["X-Shopify-API-Version"] == "2026-10"
    assert headers["X-Shopify-Name"] == "orders"
    assert headers["X-Shopify-Webhook-Id"] and headers["X-Shopify-Event-Id"] and headers["X-Shopify-Triggered-At"].endswith("Z")
    data = json.loads(body)
    assert data["admin_graphql_api_id"] == order["id"]
    assert isinstance(data["id"], int)
    assert (data["name"], data["note"], data["financial_status"], data["fulfillment_status"]) == ("#1001", "急ぎ", "paid", None)
    assert (data["total_price"], data["total_tax"], data["currency"]) == ("4510", "410", "JPY")
    assert data["line_items"][0]["sku"] == "SKU-0001"
    assert data["created_at"].endswith("+09:00")
    assert data["shipping_address"]["country_code"] == "JP"


def test_one_act_of_the_merchant_shares_an_event_id(shop, receiver):
    for topic in ("ORDERS_CREATE", "ORDERS_PAID", "ORDER_TRANSACTIONS_CREATE", "INVENTORY_LEVELS_UPDATE",
                  "FULFILLMENT_ORDERS_ORDER_ROUTING_COMPLETE"):
        subscribe(shop, topic)
    shop.place_order(lines=[{"sku": "SKU-0001"}])
    shop.flush()
    assert sorted(receiver.topics()) == ["fulfillment_orders/order_routing_complete", "inventory_levels/update",
                                         "order_transactions/create", "orders/create", "orders/paid"]
    assert len({h["X-Shopify-Event-Id"] for _, h, _ in receiver.got}) == 1
    assert len({h["X-Shopify-Webhook-Id"] for _, h, _ in receiver.got}) == 5
    assert receiver.bodies("inventory_levels/update")[0]["available"] == 99


def test_topics_of_a_life(shop, receiver):
    for topic in ("ORDERS_UPDATED", "ORDERS_EDITED", "ORDERS_CANCELLED", "ORDERS_FULFILLED", "REFUNDS_CREATE", "FULFILLMENTS_CREATE",
                  "FULFILLMENTS_UPDATE", "FULFILLMENT_ORDERS_PLACED_ON_HOLD", "FULFILLMENT_ORDERS_HOLD_RELEASED", "APP_UNINSTALLED"):
        assert subscribe(shop, topic)["userErrors"] == []
    one = shop.place_order(lines=[{"sku": "SKU-0001", "quantity": 2}])["id"]
    shop.edit_order(order=one, quantities={"SKU-0001": 1})
    shop.hold(order=one)
    shop.release_hold(order=one)
    shop.fulfil(order=one, tracking={"number": "77", "company": "Sagawa (JA)"})
    shop.carrier_event(order=one, status="DELIVERED")
    shop.refund(order=one, lines={"SKU-0001": 1})
    shop.cancel_order(order=shop.place_order()["id"])
    shop.uninstall()
    shop.flush()
    assert set(receiver.topics()) == {
        "orders/updated", "orders/edited", "orders/cancelled", "orders/fulfilled", "refunds/create", "fulfillments/create",
        "fulfillments/update", "fulfillment_orders/placed_on_hold", "fulfillment_orders/hold_released", "app/uninstalled"}
    removal = receiver.bodies("orders/edited")[0]["order_edit"]["line_items"]["removals"]
    assert [row["delta"] for row in removal] == [1]
    shipped = receiver.bodies("fulfillments/create")[0]
    assert (shipped["tracking_number"], shipped["status"], shipped["line_items"][0]["quantity"]) == ("77", "success", 1)
    assert receiver.bodies("fulfillments/update")[0]["shipment_status"] == "delivered"
    assert receiver.bodies("refunds/create")[0]["refund_line_items"][0]["quantity"] == 1
    assert shop.graphql("{ shop { name } }")["errors"].startswith("[API] Invalid API key")


def test_refused_change_sends_nothing(shop, receiver):
    subscribe(shop, "ORDERS_UPDATED")
    order = shop.place_order()
    shop.graphql("""mutation($i: OrderMarkAsPaidInput!) { orderMarkAsPaid(input: $i) { userErrors { message } } }""",
                 {"i": {"id": order["id"]}})
    shop.flush()
    assert receiver.got == []


def test_payload_is_frozen_at_the_change(shop, receiver):
    subscribe(shop, "ORDERS_CREATE")
    order = shop.place_order(note="first")
    shop.change_order(order=order["id"], note="second")
    shop.flush()
    assert receiver.bodies("orders/create")[0]["note"] == "first"


def test_failures_are_retried_eight_times_then_the_subscription_is_deleted(shop, receiver):
    shop.set_clock(at="2026-11-01T00:00:00Z")
    subscribe(shop, "ORDERS_CREATE")
    receiver.status = 500
    shop.place_order()
    for _ in range(8):
        shop.flush(everything=False)
        shop.advance(seconds=6300)
    assert shop.graphql("{ webhookSubscriptionsCount { count } }")["data"]["webhookSubscriptionsCount"]["count"] == 1
    shop.flush(everything=False)
    assert len(receiver.got) == 9
    assert len({h["X-Shopify-Webhook-Id"] for _, h, _ in receiver.got}) == 1
    assert len({body for _, _, body in receiver.got}) == 1
    assert shop.graphql("{ webhookSubscriptionsCount { count } }")["data"]["webhookSubscriptionsCount"]["count"] == 0


def test_retry_waits_for_its_time(shop, receiver):
    shop.set_clock(at="2026-11-01T00:00:00Z")
    subscribe(shop, "ORDERS_CREATE")
    receiver.status = 503
    shop.place_order()
    shop.flush(everything=False)
    receiver.status = 200
    assert shop.flush(everything=False)["tried"] == 0
    shop.advance(seconds=11)
    assert shop.flush(everything=False) == {"tried": 1, "pending": 0}
    assert shop.webhook_deliveries()["counts"] == {"delivered": 1}


def test_unmapped_address_is_never_contacted(shop, receiver):
    subscribe(shop, "ORDERS_CREATE", "https://elsewhere.example/x")
    shop.place_order()
    shop.flush()
    (row,) = shop.webhook_deliveries()["deliveries"]
    assert row["attempts"][0]["status"] == "no host_map entry"


def test_courier_delivers_by_itself_in_order(shop, receiver):
    shop.webhook_mode()
    subscribe(shop, "ORDERS_CREATE")
    shop.place_orders(count=20, seed=3)
    for _ in range(200):
        if len(receiver.got) == 20:
            break
        threading.Event().wait(0.02)
    assert [json.loads(body)["order_number"] for _, _, body in receiver.got] == list(range(1001, 1021))


def test_shuffled_duplicated_and_dropped(shop, receiver):
    subscribe(shop, "ORDERS_CREATE")
    shop.webhook_mode(manual=True, order="shuffled", duplicate=0.3, drop=0.2, seed=5)
    shop.place_orders(count=60, seed=3)
    shop.flush()
    numbers = [json.loads(body)["order_number"] for _, _, body in receiver.got]
    assert numbers != sorted(numbers)
    assert 0 < len(numbers) - len(set(numbers))
    assert 0 < 60 - len(set(numbers))
    ids = [h["X-Shopify-Webhook-Id"] for _, h, _ in receiver.got]
    assert len(set(ids)) == len(set(numbers))  # a duplicate keeps its delivery's id


@pytest.mark.parametrize("mode, good", [
    ({"signature": "wrong"}, False), ({"signature": "old_secret"}, False), ({"oversize": 100_000}, True)])
def test_bad_signatures_and_oversized_bodies(shop, receiver, mode, good):
    subscribe(shop, "ORDERS_CREATE")
    old = shop.client_secret
    secret = shop.rotate_secret()["client_secret"]
    shop.webhook_mode(manual=True, **mode)
    shop.place_order()
    shop.flush()
    (_, headers, body), = receiver.got
    assert verify(secret, body, headers["X-Shopify-Hmac-Sha256"]) is good
    if mode.get("signature") == "old_secret":
        assert verify(old, body, headers["X-Shopify-Hmac-Sha256"])
    assert len(body) > mode.get("oversize", 0)
    json.loads(body)


def test_foreign_domain_forged_and_replayed(shop, receiver):
    subscribe(shop, "ORDERS_CREATE")
    shop.webhook_mode(manual=True, domain="someone-else.myshopify.com")
    shop.place_order()
    shop.flush()
    assert receiver.got[0][1]["X-Shopify-Shop-Domain"] == "someone-else.myshopify.com"
    shop.webhook_mode(manual=True)
    shop.replay_webhook(webhook_id=receiver.got[0][1]["X-Shopify-Webhook-Id"])
    assert receiver.got[1][2] == receiver.got[0][2]
    shop.send_webhook(uri="https://erp.example/shopify/1", topic="orders/create", body='{"id": 1}', headers={"X-Shopify-Hmac-Sha256": "AAAA"})
    assert receiver.got[2][2] == b'{"id": 1}'


def test_include_fields_and_filter(shop, receiver):
    subscribe(shop, "ORDERS_CREATE", "https://erp.example/few", includeFields=["id", "updated_at", "line_items.sku"])
    subscribe(shop, "ORDERS_CREATE", "https://erp.example/test", filter="test:true")
    subscribe(shop, "ORDERS_CREATE", "https://erp.example/never", filter="no_such_field:1")
    shop.place_order(lines=[{"sku": "SKU-0001"}])
    shop.flush()
    (path, _, body), = receiver.got
    assert path == "/few"
    assert set(json.loads(body)) == {"id", "updated_at", "line_items"}
    assert json.loads(body)["line_items"] == [{"sku": "SKU-0001"}]


def test_identical_payloads_are_debounced(shop, receiver):
    shop.set_clock(at="2026-11-01T00:00:00Z")
    subscribe(shop, "ORDERS_UPDATED")
    order = shop.place_order()["id"]
    shop.change_order(order=order, note="x")
    shop.change_order(order=order, note="x")
    shop.flush()
    assert len(receiver.got) == 1
