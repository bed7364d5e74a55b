"""Requests to the shop for reading thousands of its orders at once, from asking for them to the last stored body."""

import time

import bodies
import world
from harness import Figure, close_odoo, new_database, odoo_env, say

ORDERS = 2_000


def run():
    database = new_database("bench_backfill")
    with bodies.start_shop() as shop, odoo_env(database) as env:
        channel = world.build(env, shop)
        env.cr.commit()
        shop.set_clock(at="2026-06-01T00:00:00Z")  # long ago: none of them is new to the poll
        bodies.place(shop, ORDERS)
        shop.requests(clear=True)
        channel.action_backfill()
        env.cr.commit()
        for _look in range(200):
            channel._work_fetch()
            channel.backfill_next_at = False  # the wait is not what is measured
            env.cr.commit()
            if not channel.backfill_token:
                break
            time.sleep(0.2)
        counted = shop.requests(limit=10_000)
        requests = counted["total"]
        by_operation = {}
        for row in counted["requests"]:
            by_operation[row["operation"]] = by_operation.get(row["operation"], 0) + 1
        env.cr.execute("SELECT count(DISTINCT external_id) FROM ec_inbound_event WHERE kind = 'order' AND has_body")
        stored = env.cr.fetchone()[0]
        assert stored == ORDERS, stored
        say(f"{requests} requests for {stored} orders: {by_operation}")
    close_odoo()
    return [Figure("orders.backfill_requests", requests / stored, "requests/order", note=f"{stored} orders")]


if __name__ == "__main__":
    print(run())
