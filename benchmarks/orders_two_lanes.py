"""Two workers on two warehouses against one worker; both warehouses sell the same products. And two workers on one warehouse."""

import contextlib
import json

import bodies
import world
from harness import Figure, close_odoo, median, new_database, odoo_env, say, start

ROUNDS = 5
ORDERS = 400


def run():
    database = new_database("bench_lanes")
    with bodies.start_shop() as shop, odoo_env(database) as env:
        channel = world.build(env, shop)
        env.cr.commit()
        bodies.place(shop, ORDERS, locations=bodies.WAREHOUSES)
        events = bodies.read(env, channel, ORDERS)
        env.cr.commit()
    one, two = [], []
    with odoo_env(database) as env, workers(database) as (first, second):
        channel = env["ec.channel"].search([], limit=1)
        generation = iter(range(1, 1000))

        def measure(lanes, lot):
            """Orders a second of these workers together, how often two of them met, CPU seconds of the busier one."""
            env["ec.inbound.event"]._store(channel, bodies.renew(lot, next(generation)), "poll")
            env.cr.commit()
            for lane in lanes:
                tell(lane)
            answers = [hear(lane) for lane in lanes]
            check(env)
            wall = max(a["end"] for a in answers) - min(a["start"] for a in answers)
            conflicts = sum(a["conflicts"] for a in answers)
            say(f"{len(lanes)} lane(s) {len(lot) / wall:7.1f} orders/s  CPU {[round(a['cpu'], 1) for a in answers]} s  {conflicts} conflicts")
            return len(lot) / wall, conflicts, max(a["cpu"] for a in answers)

        measure([first], events[:200])
        measure([second], events[:200])
        for _round in range(ROUNDS):
            one.append(measure([first], events))
            two.append(measure([first, second], events))
        # all orders to one warehouse: the second worker leaves it to the first
        env.cr.execute("UPDATE ec_mapping SET warehouse_id = %s WHERE kind = 'location'", [channel.warehouse_id.id])
        env.cr.commit()
        shared = measure([first, second], events)
    close_odoo()
    rate, base = (median([row[0] for row in rows]) for rows in (two, one))
    busy, base_busy = (median([row[2] for row in rows]) for rows in (two, one))
    met = sum(row[1] for row in two)
    return [
        Figure(
            "orders.two_lanes", rate, "orders/s", base, rate / base,
            f"CPU of the busier lane {base_busy / busy:.2f} times less; {met} conflicts in {ROUNDS * ORDERS} orders; "
            f"on one warehouse {shared[0]:.0f} orders/s, {shared[1]} conflicts",
        )
    ]


@contextlib.contextmanager
def workers(database):
    with start("lane.py", database) as first, start("lane.py", database) as second:
        for lane in (first, second):
            hear(lane)
        try:
            yield first, second
        finally:
            for lane in (first, second):
                lane.stdin.close()


def tell(lane):
    lane.stdin.write("go\n")
    lane.stdin.flush()


def hear(lane):
    line = lane.stdout.readline()
    if not line:
        raise RuntimeError("a lane ended")
    return json.loads(line)


def check(env):
    env.cr.rollback()
    env.cr.execute("SELECT count(*), count(*) FILTER (WHERE state <> 'sale') FROM sale_order WHERE ec_channel_id IS NOT NULL")
    orders, waiting = env.cr.fetchone()
    env.cr.execute("SELECT count(*) FROM ec_inbound_event WHERE state <> 'done'")
    assert not waiting and not env.cr.fetchone()[0], (orders, waiting)
    env.cr.execute("SELECT count(*) FROM (SELECT 1 FROM stock_quant GROUP BY product_id, location_id HAVING count(*) > 1) q")
    assert env.cr.fetchone()[0] == 0, "two quants for one product at one place"
    env.cr.rollback()


if __name__ == "__main__":
    print(run())
