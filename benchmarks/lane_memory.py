"""Memory of one import lane: the resident size of its process between its 2,000th and its 20,000th order.

    python benchmarks/lane_memory.py DATABASE     the lane itself, as a process of its own
"""

import json
import sys

import bodies
import world
from harness import Figure, answer, close_odoo, new_database, odoo_env, say, start

ORDERS = 20_000
SETTLED = 2_000
DISTINCT = 500


def run():
    database = new_database("bench_memory")
    with bodies.start_shop() as shop, odoo_env(database) as env:
        channel = world.build(env, shop)
        env.cr.commit()
        bodies.place(shop, DISTINCT)
        events = bodies.read(env, channel, DISTINCT)
        channel.auto_confirm = False
        for generation in range(ORDERS // DISTINCT):
            env["ec.inbound.event"]._store(channel, bodies.renew(events, generation), "backfill")
            env.cr.commit()
    close_odoo()
    sizes = answer(start("lane_memory.py", database), 3000)
    settled, last = (next(mb for orders, mb in sizes if orders >= wanted) for wanted in (SETTLED, ORDERS))
    say("  ".join(f"{orders}: {mb:.0f} MB" for orders, mb in sizes))
    return [Figure("orders.lane_rss_growth_mb", last - settled, "MB", note=f"{last:.0f} MB after {ORDERS} orders")]


def lane(database):
    """Import everything that waits; the size of this process every 2,000 orders."""
    done, sizes = 0, []
    with odoo_env(database) as env:
        importer = env["ec.inbound.event"]

        def step():
            nonlocal done
            handled = importer._work_import()
            done += handled
            if handled and done % SETTLED == 0:
                sizes.append((done, resident()))
                print(f"  {sizes[-1]}", file=sys.stderr, flush=True)
            return handled

        while env["ec.lane"]._run(step):
            pass
        env.cr.execute("SELECT count(*) FROM sale_order WHERE ec_channel_id IS NOT NULL")
        assert env.cr.fetchone()[0] == ORDERS == done, done
    return sizes


def resident():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) / 1024 for line in status if line.startswith("VmRSS:"))


if __name__ == "__main__":
    print(json.dumps(lane(sys.argv[1])) if len(sys.argv) > 1 else run())
