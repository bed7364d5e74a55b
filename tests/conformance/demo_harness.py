"""The demo shop as the other side of the conformance kit."""

import dataclasses
import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import requests

from odoo.addons.ec_channel_base.sdk.testing import Delivery, Fault, Forgery, Harness, ShopOrder, ShopShipment
from odoo.addons.ec_channel_demo.demo.absolute import AbsoluteDemoConnector
from odoo.addons.ec_channel_demo.demo.api import ShopSession, answer, connect, sign, stock_webhook, webhook
from odoo.addons.ec_channel_demo.demo.connector import DemoConnector
from odoo.addons.ec_channel_demo.demo.shop import LOCATION, DemoShop, add_listing, new_state

CUSTOMER = {"id": "77", "name": "\u6d77\u91ce \u6e1a", "email": "nagisa@shop.example", "phone": "090-1234-5678"}
ADDRESS = {
    "name": "\u6d77\u91ce \u6e1a",
    "street": "\u5343\u4ee3\u7530 1-1",
    "city": "\u5343\u4ee3\u7530\u533a",
    "zip": "100-0001",
    "country_code": "JP",
}


class FaultySession(ShopSession):
    def __init__(self, faults, load, save, page_size):
        super().__init__(load, save, page_size)
        self._faults = faults

    def send(self, request, **kwargs):
        fault = self._faults[0] if self._faults else None
        if fault is Fault.LOST_ANSWER and request.method == "GET":
            fault = None
        if fault is None:
            return super().send(request, **kwargs)
        self._faults.pop(0)
        if fault is Fault.THROTTLED:
            return answer(429, {"error": "slow down"}, {"Retry-After": "7"})
        if fault is Fault.DOWN:
            return answer(503, {"error": "maintenance"})
        if fault is Fault.REFUSED:
            return answer(401, {"error": "wrong token", "access_token": request.headers["X-Demo-Token"]})
        if fault is Fault.TIMEOUT:
            raise requests.ReadTimeout
        whole = super().send(request, **kwargs)
        if fault is Fault.LOST_ANSWER:
            raise requests.ConnectionError("Connection aborted.")
        body = whole.content
        half = answer(200, {})
        half.raw.seek(0)
        half.raw.truncate()
        half.raw.write(body[: len(body) // 2])
        half.raw.seek(0)
        return half


class DemoHarness(Harness):
    page_size = 3
    connector_class = DemoConnector
    compare = True

    def __init__(self):
        self._now = datetime(2026, 11, 1, 9, tzinfo=UTC)
        self.shop = DemoShop(new_state(locations=(LOCATION, "2"), compare=self.compare), self.now)
        self.secrets = (self.shop.state["token"], self.shop.state["webhook_secret"])
        self._faults = []

    def connector(self, *, credential=None):
        token = credential or self.shop.state["token"]
        session = FaultySession(self._faults, self._load, self._save, self.page_size)
        transport = connect(session, token, self.shop.state["webhook_secret"])
        return self.connector_class(transport, token, self.shop.state["webhook_secret"])

    def _load(self):
        return DemoShop(json.loads(json.dumps(self.shop.state)), self.now)

    def _save(self, shop):
        self.shop.state = json.loads(json.dumps(shop.state))

    def now(self):
        return self._now

    def pass_time(self, seconds):
        self._now += timedelta(seconds=seconds)

    def place_order(self, sale):
        lines = [
            {
                "sku": line.sku,
                "title": line.title,
                "quantity": line.quantity,
                "price": str(line.unit_price),
                "discount": str(line.discount),
                "taxes": [{"title": "Tax", "rate": "0.1", "amount": str(line.tax)}],
                "item_gone": line.item_gone,
            }
            for line in sale.lines
        ]
        taxes = [{"title": "Tax", "rate": "0.1", "amount": str(sale.shipping_tax)}]
        return self.shop.place(
            lines,
            currency=sale.currency,
            prices_include_tax=sale.prices_include_tax,
            shipping={"price": str(sale.shipping), "taxes": taxes} if sale.shipping else None,
            paid=sale.paid,
            customer=CUSTOMER if sale.buyer else None,
            address=ADDRESS if sale.address else None,
        )

    def edit_order(self, order_id, *, note):
        self.shop.edit(order_id, note=note)

    def truth(self, order_id):
        order = self.shop.order(order_id)
        parcels = tuple(
            ShopShipment(
                lines={line["line_id"]: Decimal(line["quantity"]) for line in parcel["lines"]},
                tracking_numbers=tuple(parcel["tracking"]),
                cancelled=parcel["cancelled"],
            )
            for parcel in order["shipments"]
        )
        return ShopOrder(
            line_ids=tuple(line["id"] for line in order["lines"]),
            total=Decimal(order["total"]),
            cancelled=bool(order["cancelled_at"]),
            refunded=sum((Decimal(refund["amount"]) for refund in order["refunds"]), Decimal(0)),
            shipments=parcels,
        )

    def set_quantity(self, order_id, line_id, quantity):
        self.shop.set_quantity(order_id, line_id, quantity)

    def delete_order(self, order_id):
        self.shop.delete(order_id)

    def cancel_order(self, order_id):
        self.shop.cancel(order_id)

    def refund_order(self, order_id, line_id, quantity, amount):
        self.shop.refund(order_id, f"staff-{line_id}", lines={line_id: quantity}, amount=amount)

    def ship_order(self, order_id, tracking_number):
        order = self.shop.order(order_id)
        left = {line["id"]: line["quantity"] - self.shop.shipped(order, line["id"]) for line in order["lines"]}
        self.shop.ship(
            order_id,
            f"staff-{tracking_number}",
            {line: units for line, units in left.items() if units},
            [tracking_number],
        )

    def arm_fault(self, fault):
        self._faults.append(fault)

    def clear_faults(self):
        self._faults.clear()

    def with_unknown_payment_state(self, body):
        return json.dumps(json.loads(body) | {"payment_status": "paid_in_shells"}).encode()

    def delivery(self, order_id):
        return Delivery(*webhook(self.shop, order_id))

    def redelivery(self, delivery):
        return Delivery(dict(delivery.headers), delivery.body)

    def forged(self, delivery, forgery):
        headers, body = dict(delivery.headers), delivery.body
        if forgery is Forgery.SIGNATURE:
            headers["X-Demo-Signature"] = sign("another secret", body)
        elif forgery is Forgery.BODY:
            body = body.replace(b"order_id", b"order_iD")
        elif forgery is Forgery.UNSIGNED:
            del headers["X-Demo-Signature"]
        elif forgery is Forgery.ACCOUNT:
            headers["X-Demo-Account"] = "other"
        elif forgery is Forgery.OVERSIZED:
            body += b" " * (32 * 1024 * 1024)
            headers["X-Demo-Signature"] = sign(self.shop.state["webhook_secret"], body)
        return dataclasses.replace(delivery, headers=headers, body=body)

    def drop_subscription(self):
        self.shop.state["subscriptions"].popitem()

    def listing_ids(self):
        return list(self.shop.state["listings"])

    def stock_items(self):
        return [(item_id, LOCATION) for item_id in self.shop.state["stock"]]

    def stock(self, inventory_id, location_id):
        return Decimal(self.shop.state["stock"][inventory_id][location_id])

    def set_stock(self, inventory_id, location_id, quantity):
        self.shop.set_stock(inventory_id, location_id, quantity)

    def more_items(self, count):
        names = [f"MORE-{number}" for number in range(count)]
        return [(add_listing(self.shop.state, name, name, "500"), LOCATION) for name in names]

    def untracked_item(self):
        return add_listing(self.shop.state, "EBOOK", "E-book", "500", tracked=False), LOCATION

    def second_location(self):
        return "2"

    def large_id_item(self):
        self.shop.state["last_id"] = 2**62
        return self.more_items(1)[0]

    def stock_delivery(self, inventory_id, location_id, quantity):
        self.set_stock(inventory_id, location_id, quantity)
        return Delivery(*stock_webhook(self.shop, inventory_id, location_id))

    def finish_backfill(self):
        pass


class AbsoluteDemoHarness(DemoHarness):
    """A shop that takes every figure as it comes."""

    connector_class = AbsoluteDemoConnector
    compare = False
