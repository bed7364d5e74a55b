"""The Shopify simulator as the other side of the conformance kit."""

import atexit
import base64
import hashlib
import hmac
import json
from datetime import datetime
from decimal import Decimal

from shopify_simulator.client import Simulator

from odoo.addons.ec_channel_base.sdk.testing import Delivery, Fault, Forgery, Harness, ShopOrder, ShopShipment
from odoo.addons.ec_channel_base.sdk.transport import Transport
from odoo.addons.ec_channel_shopify.shopify.client import GraphQL
from odoo.addons.ec_channel_shopify.shopify.connector import ShopifyConnector
from odoo.addons.ec_channel_shopify.shopify.webhooks import Receiver

VERSION = "2026-10"
HOOK = "https://erp.example/hook"
FAULTS = {
    Fault.THROTTLED: {"kind": "http_429", "retry_after": 7.0},
    Fault.DOWN: {"kind": "http_503"},
    Fault.TIMEOUT: {"kind": "cut_before"},
    Fault.REFUSED: {"kind": "token_revoked"},
    Fault.UNREADABLE: {"kind": "truncated_json"},
}
CHANGES = ("fulfillmentCreate", "orderCancel", "refundCreate", "inventorySetQuantities")
_running = []


def simulator() -> Simulator:
    """One process for all tests; each starts from an empty shop."""
    if not _running:
        _running.append(Simulator.start())
        atexit.register(_running[0].stop)
    return _running[0]


def connect(sim, *, token=None, version=VERSION, **settings):
    transport = Transport(sim.url, secrets=(token or sim.token, sim.client_secret), allow_private=True)
    client = GraphQL(transport, version, lambda refused: token or sim.token)
    return ShopifyConnector(client, Receiver(sim.domain, (sim.client_secret,)), **settings)


class ShopifyHarness(Harness):
    page_size = 3

    def __init__(self):
        self.open()

    def open(self, **values):
        """An empty shop with three items."""
        self.sim = simulator()
        self.sim.reset(settings={"taxes_included": True, "currency": "JPY", "tax_rate": "0"}, **values)
        self.sim.set_clock(at="2026-11-01T09:00:00Z")
        self.sim.configure(routing_delay=0, job_delay=0, bulk_seconds=0, search_lag=0)
        # the schema names a scope `orders` for refundCreate; it is part of write_orders
        self.sim.configure(scopes=[*self.sim.info()["scopes"], "orders"])
        self.sim.webhook_mode(manual=True)
        place = self.sim.info()["locations"][0]["id"]
        variants = [{"sku": sku, "price": "1000", "stock": {place: 1000}} for sku in ("CUP", "POT", "TEA")]
        self.place = place
        self.items = {}  # inventory item → SKU
        self.sell(variants)
        self.secrets = (self.sim.token, self.sim.client_secret)
        self.changes = 0

    def sell(self, variants):
        """New products of one variant; their inventory items."""
        made = self.sim.seed(products=[{"title": row["sku"], "variants": [row]} for row in variants])["products"]
        items = {row["variants"][0]["inventory_item"]: row["variants"][0]["sku"] for row in made}
        self.items |= items
        return list(items)

    def connector(self, *, credential=None):
        return connect(self.sim, token=credential, page_size=self.page_size, stock_page_size=self.page_size)

    def now(self):
        return datetime.fromisoformat(self.sim.info()["now"].replace("Z", "+00:00"))

    def pass_time(self, seconds):
        self.sim.advance(seconds=seconds)

    def place_order(self, sale):
        def taxes(amount):
            return [{"title": "VAT", "rate": "0.1", "amount": str(amount)}] if amount else []

        order = self.sim.place_order(
            lines=[
                {
                    "sku": line.sku,
                    "title": line.title,
                    "quantity": line.quantity,
                    "price": str(line.unit_price),
                    "tax_lines": taxes(line.tax),
                    "custom": line.item_gone,
                }
                for line in sale.lines
            ],
            discounts=[
                {"title": "Off", "kind": "manual", "amount": str(line.discount), "lines": [index]}
                for index, line in enumerate(sale.lines)
                if line.discount
            ],
            shipping=[{"price": str(sale.shipping), "tax_lines": taxes(sale.shipping_tax)}] if sale.shipping else [],
            currency=sale.currency,
            taxes_included=sale.prices_include_tax,
            payment="paid" if sale.paid else "pending",
            guest=not sale.buyer,
            **({} if sale.address else {"shipping_address": None}),
        )
        return order["id"]

    def edit_order(self, order_id, *, note):
        self.sim.change_order(order=order_id, note=note)

    def set_quantity(self, order_id, line_id, quantity):
        self.sim.edit_order(order=order_id, quantities={line_id: quantity})

    def delete_order(self, order_id):
        answer = self.sim.graphql("mutation($id: ID!) { orderDelete(orderId: $id) { deletedId } }", {"id": order_id})
        if answer.get("errors"):
            raise NotImplementedError

    def cancel_order(self, order_id):
        self.sim.cancel_order(order=order_id)

    def refund_order(self, order_id, line_id, quantity, amount):
        self.sim.refund(order=order_id, lines={line_id: quantity}, amount=str(amount))

    def ship_order(self, order_id, tracking_number):
        self.sim.fulfil(order=order_id, tracking={"number": tracking_number, "company": "Yamato"})

    def truth(self, order_id):
        (order,) = self.sim.truth(order=order_id)["orders"]
        return ShopOrder(
            line_ids=tuple(line["id"] for line in order["lines"]),
            total=Decimal(order["total"]),
            cancelled=order["cancelled"],
            refunded=Decimal(order["refunded"]),
            shipments=tuple(
                ShopShipment(
                    lines={item["line"]: Decimal(item["quantity"]) for item in row["items"]},
                    tracking_numbers=tuple(track["number"] for track in row["tracking"] if track["number"]),
                    cancelled=row["status"] == "CANCELLED",
                )
                for row in order["fulfillments"]
            ),
        )

    # -- faults and bodies

    def arm_fault(self, fault):
        if fault is Fault.LOST_ANSWER:
            for operation in CHANGES:
                self.sim.arm_fault(kind="cut_after", operation=operation)
        else:
            self.sim.arm_fault(**FAULTS[fault])

    def clear_faults(self):
        self.sim.clear_faults()

    def with_unknown_payment_state(self, body):
        return json.dumps({**json.loads(body), "displayFinancialStatus": "PAID_IN_SHELLS"}).encode()

    # -- webhooks

    def subscribe(self, topic):
        self.sim.graphql(
            "mutation($topic: WebhookSubscriptionTopic!, $uri: String!) { webhookSubscriptionCreate(topic: $topic, "
            "webhookSubscription: {uri: $uri, format: JSON}) { userErrors { message } } }",
            {"topic": topic, "uri": HOOK},
        )

    def delivery(self, order_id):
        if not self.changes:
            self.subscribe("ORDERS_UPDATED")
        self.changes += 1
        self.sim.advance(seconds=1)
        self.sim.change_order(order=order_id, note=f"change {self.changes}")
        return self.last_delivery("orders/updated")

    def last_delivery(self, topic):
        row = self.sim.webhook_deliveries(topic=topic)["deliveries"][-1]
        return self._signed(
            row["body"].encode(), {"X-Shopify-Webhook-Id": row["webhook_id"], "X-Shopify-Topic": row["topic"]}
        )

    def _signed(self, body, headers, secret=None):
        digest = hmac.new((secret or self.sim.client_secret).encode(), body, hashlib.sha256).digest()
        signature = {"X-Shopify-Hmac-Sha256": base64.b64encode(digest).decode()}
        return Delivery({"X-Shopify-Shop-Domain": self.sim.domain, **headers, **signature}, body)

    def redelivery(self, delivery):
        return delivery

    def forged(self, delivery, forgery):
        headers, body = dict(delivery.headers), delivery.body
        if forgery is Forgery.SIGNATURE:
            return self._signed(body, headers, "another secret")
        if forgery is Forgery.BODY:
            return Delivery(headers, body.replace(b"change", b"chance"))
        if forgery is Forgery.UNSIGNED:
            headers.pop("X-Shopify-Hmac-Sha256")
            return Delivery(headers, body)
        if forgery is Forgery.ACCOUNT:
            return self._signed(body, {**headers, "X-Shopify-Shop-Domain": "other.myshopify.com"})
        return self._signed(body[:-1] + b" " * (32 * 2**20) + body[-1:], headers)

    def drop_subscription(self):
        rows = self.sim.graphql("{ webhookSubscriptions(first: 1) { nodes { id } } }")["data"]["webhookSubscriptions"][
            "nodes"
        ]
        self.sim.graphql(
            "mutation($id: ID!) { webhookSubscriptionDelete(id: $id) { deletedWebhookSubscriptionId } }", rows[0]
        )

    # -- catalogue, mass reads

    def listing_ids(self):
        return [variant["id"] for product in self.sim.products() for variant in product["variants"]]

    # -- stock

    def stock_items(self):
        return [(item, self.place) for item in self.items]

    def stock(self, inventory_id, location_id):
        found = self.sim.graphql(
            "query($item: ID!, $place: ID!) { inventoryItem(id: $item) { inventoryLevel(locationId: $place) { "
            'quantities(names: ["available"]) { quantity } } } }',
            {"item": inventory_id, "place": location_id},
        )["data"]["inventoryItem"]["inventoryLevel"]
        return Decimal(found["quantities"][0]["quantity"]) if found else Decimal(0)

    def set_stock(self, inventory_id, location_id, quantity):
        self.sim.set_stock(sku=self.items[inventory_id], location=location_id, available=quantity)

    def more_items(self, count):
        rows = [{"sku": f"MORE-{number}", "price": "500", "stock": {self.place: 1}} for number in range(count)]
        return [(item, self.place) for item in self.sell(rows)]

    def untracked_item(self):
        (item,) = self.sell([{"sku": "EBOOK", "price": "500", "tracked": False, "stock": {self.place: 0}}])
        return item, self.place

    def second_location(self):
        return self.sim.seed(locations=["Osaka"])["locations"]["Osaka"]

    def large_id_item(self):
        self.open(id_base=2**62)
        return self.stock_items()[0]

    def stock_delivery(self, inventory_id, location_id, quantity):
        self.subscribe("INVENTORY_LEVELS_UPDATE")
        self.set_stock(inventory_id, location_id, quantity)
        return self.last_delivery("inventory_levels/update")

    def finish_backfill(self):
        self.sim.advance(seconds=60)
