"""Requests to the shop in daily work: orders arrive one by one, each told by its webhooks, the shop is polled besides.

The simulator's clock runs ahead: four orders a minute for half an hour. The lane that reads is woken by every delivery.
"""

import base64
import hashlib
import hmac
import random

import bodies
import world
from harness import Figure, close_odoo, new_database, odoo_env, say
from shopify_simulator.client import Simulator

MINUTES = 30
A_MINUTE = 4
NEVER = "2100-01-01"


def run():
    database = new_database("bench_requests")
    with bodies.start_shop() as shop, odoo_env(database) as env:
        channel = world.build(env, shop)
        channel._connector().sync_webhooks(channel._webhook_url())
        shop.webhook_mode(manual=True)
        shop.set_clock(at="2026-11-01T00:00:00Z", frozen=True)
        channel.import_since = "2026-10-31"
        env.cr.commit()
        read_all(env, channel)
        courier, rng = Courier(env, channel, shop), random.Random(1)
        shop.requests(clear=True)
        poll_at = 60.0  # seconds of the simulator's clock; how long it is to the next poll is the channel's decision
        for number in range(MINUTES * A_MINUTE):
            shop.place_order(**bodies.order(number, rng))
            shop.advance(seconds=60 / A_MINUTE)
            channel.poll_next_at = NEVER
            if (number + 1) * 60 / A_MINUTE >= poll_at:
                channel.write({"poll_next_at": False, "polled_at": False})
            if courier.deliver() or not channel.poll_next_at:
                read_all(env, channel)
            if str(channel.poll_next_at) < NEVER:
                poll_at += (channel.poll_next_at - channel.polled_at).total_seconds()
        counted = shop.requests(limit=10_000)
        orders = env["sale.order"].search_count([("ec_channel_id", "=", channel.id)])
        assert orders == MINUTES * A_MINUTE, orders
        by_operation = {}
        for row in counted["requests"]:
            by_operation[row["operation"]] = by_operation.get(row["operation"], 0) + 1
        say(f"{courier.delivered} deliveries, {counted['total']} requests for {orders} orders: {by_operation}")
    close_odoo()
    note = f"{A_MINUTE} orders a minute, {courier.delivered / orders:.1f} deliveries an order"
    return [Figure("orders.requests", counted["total"] / orders, "requests/order", note=note)]


class Courier:
    """Brings what the simulator has to deliver through the door of the webhooks, signed."""

    def __init__(self, env, channel, shop):
        self.env, self.channel, self.shop = env, channel, shop
        self.seen = {row["id"] for row in shop.webhook_deliveries(limit=1000)["deliveries"]}
        self.delivered = 0

    def deliver(self):
        rows = [row for row in self.shop.webhook_deliveries(limit=1000)["deliveries"] if row["id"] not in self.seen]
        for row in rows:
            self.seen.add(row["id"])
            body = row["body"].encode()
            mac = hmac.new(Simulator.client_secret.encode(), body, hashlib.sha256).digest()
            hint = self.channel._read_webhook(
                self.channel._gate(self.channel.id),
                {
                    "x-shopify-topic": row["topic"], "x-shopify-shop-domain": self.shop.domain, "x-shopify-webhook-id": row["webhook_id"],
                    "x-shopify-hmac-sha256": base64.b64encode(mac).decode(), "x-shopify-triggered-at": row["triggered_at"],
                },
                body,
            )
            self.env["ec.inbound.event"]._store_webhook(self.channel, hint, body)
            self.env.cr.commit()
            self.delivered += 1
        return len(rows)


def read_all(env, channel):
    """What the lanes do until there is nothing left to read and nothing to import."""
    while channel._work_fetch():
        env.cr.commit()
    env.cr.commit()
    while env["ec.inbound.event"]._work_import():
        env.cr.commit()
    env.cr.commit()


if __name__ == "__main__":
    print(run())
