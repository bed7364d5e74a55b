"""CPU and SQL an order: plain Odoo one by one against ec_sale_batch, in one run.

    odoo shell -d DATABASE --no-http < benchmarks/_confirm_probe.py
Environment: PROBE_NAIVE (orders one by one), PROBE_BATCHES, PROBE_SIZE, PROBE_PROFILE=create|confirm|both.
CPU = this process + its PostgreSQL backend; nothing is committed but the generated products.
"""

import cProfile
import os
import pstats
import time
import traceback
from collections import Counter

from odoo.addons.ec_sale_batch.tests.common import (
    make_carrier,
    make_orders_vals,
    make_partners,
    make_products,
)

NAIVE = int(os.environ.get("PROBE_NAIVE", 30))
BATCHES = int(os.environ.get("PROBE_BATCHES", 4))
SIZE = int(os.environ.get("PROBE_SIZE", 100))
PROFILE = os.environ.get("PROBE_PROFILE")
TICK = os.sysconf("SC_CLK_TCK")

env = env  # noqa: F821  (given by the Odoo shell)
env.cr.execute("SELECT pg_backend_pid()")
backend = env.cr.fetchone()[0]


def cpu():
    with open(f"/proc/{backend}/stat") as stat:
        parts = stat.read().rpartition(")")[2].split()
    return time.process_time(), (int(parts[11]) + int(parts[12])) / TICK


class Meter:
    def __enter__(self):
        env.cr.flush()
        self.cpu, self.sql = cpu(), env.cr.sql_log_count
        return self

    def __exit__(self, *exc):
        env.cr.flush()  # with what Odoo does before a commit: tracked values
        after = cpu()
        self.python, self.postgres = (now - then for now, then in zip(after, self.cpu, strict=True))
        self.sql = env.cr.sql_log_count - self.sql


def show(name, meters, orders):
    python = 1000 * sum(m.python for m in meters) / orders
    postgres = 1000 * sum(m.postgres for m in meters) / orders
    sql = sum(m.sql for m in meters) / orders
    print(f"{name:28s} {python + postgres:8.2f} ms/order ({python:.1f} py + {postgres:.1f} pg) {sql:8.2f} SQL/order")
    return python + postgres


products = make_products(env, 1000)
carrier = make_carrier(env)
partners = make_partners(env, NAIVE + BATCHES * SIZE + SIZE)
env.flush_all()
if os.environ.get("PROBE_COMMIT"):
    env.cr.commit()
env.invalidate_all()
stock = iter(partners)


def take(count, seed):
    chosen = [next(stock) for _ in range(count)]
    return make_orders_vals(env, chosen, products, count, seed=seed, carrier=carrier)


Order = env["sale.order"]
for vals in take(5, 0):
    Order.create(vals).action_confirm()
env.flush_all()
Order._ec_create_batch(take(5, 1))._ec_confirm_batch()
env.flush_all()

naive = []
for vals in take(NAIVE - 5, 2):
    env.invalidate_all()
    with Meter() as meter:
        Order.create(vals).action_confirm()
    naive.append(meter)
slow = show("plain Odoo, one by one", naive, NAIVE - 5)

seen, spent = Counter(), Counter()
if os.environ.get("PROBE_SQL"):
    plain_execute = env.cr.execute

    def counted_execute(query, params=None, log_exceptions=True):
        frames = [
            f"{frame.name}:{frame.lineno}"
            for frame in traceback.extract_stack(limit=40)
            if "/addons/" in frame.filename
        ]
        key = " ".join(str(query).split())[: int(os.environ.get("PROBE_WIDTH", 110))], " > ".join(frames[-4:])
        seen[key] += 1
        start = time.perf_counter()
        try:
            return plain_execute(query, params, log_exceptions=log_exceptions)
        finally:
            spent[key] += 1000 * (time.perf_counter() - start)

    env.cr.execute = counted_execute

profile = cProfile.Profile()
created, confirmed = [], []
for number in range(BATCHES):
    batch_vals = take(SIZE, 10 + number)
    env.invalidate_all()
    if PROFILE in ("create", "both"):
        profile.enable()
    with Meter() as meter:
        orders = Order._ec_create_batch(batch_vals)
    profile.disable()
    created.append(meter)
    if os.environ.get("PROBE_COLD"):
        env.invalidate_all()
    if PROFILE in ("confirm", "both"):
        profile.enable()
    with Meter() as meter:
        orders._ec_confirm_batch()
    profile.disable()
    confirmed.append(meter)
total = BATCHES * SIZE
show("batch: create", created, total)
show("batch: confirm + reserve", confirmed, total)
fast = show(f"batch of {SIZE}: both", created + confirmed, total)
print(f"ratio {slow / fast:.2f}  states {set(orders.picking_ids.mapped('state'))}")
for (query, frames), milliseconds in spent.most_common(45):
    print(f"{milliseconds:8.1f} ms {seen[query, frames]:4d} x", query, "|", frames)
if PROFILE:
    stats = pstats.Stats(profile)
    for order in ("cumulative", "tottime"):
        stats.sort_stats(order).print_stats(int(os.environ.get("PROBE_LINES", 60)))
    for name in filter(None, os.environ.get("PROBE_CALLEES", "").split(",")):
        stats.sort_stats("cumulative").print_callees(name)
env.cr.rollback()
