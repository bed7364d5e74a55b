"""Worker processes at Odoo's own calls, all on the same few units, killed now and then in the middle of a transaction.

Run as `python inside.py RC DATABASE SEED OPS WORKERS KILLS [UNTIL_SEEN]`; prints the figures as one JSON line. UNTIL_SEEN: if
units are still promised once only, go on up to that many operations. The registry is loaded once
and the workers are forked from it, as Odoo's own server does, so a killed worker is replaced at once.
"""

import contextlib
import gc
import json
import os
import random
import sys
import time
import traceback
from multiprocessing import RawArray

import ledger
import psycopg2
from inside_ops import Hands, setup
from workers import IDLE, WORKING, Worker, cpu_seconds

import odoo.sql_db
import odoo.tools
from odoo import SUPERUSER_ID, api
from odoo.exceptions import UserError
from odoo.modules.registry import Registry
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY

TRIES = 5
KINDS = (
    "confirm", "batch", "cancel", "more", "fewer", "deliver", "give_back", "adjust_up", "adjust_down", "unreserve", "assign",
    "open_inventory",
    "conflicts", "given_up", "refused", "nothing", "transactions", "errors",
)
DONE = KINDS[:12]
CONTEXT = {"tracking_disable": True, "mail_create_nolog": True}


def work(worker, registry, world, seed, stop):
    """One operation a transaction, done again after a conflict as Odoo's requests are; the waits are shorter."""
    chance = random.Random(f"{seed} {worker.number} {worker.generation}")
    hands = Hands(chance, world)
    while not stop[0]:
        kind = hands.choose()
        for attempt in range(TRIES):
            worker.state[0] = WORKING
            try:
                with registry.cursor() as cr:
                    env = api.Environment(cr, SUPERUSER_ID, CONTEXT)
                    done = hands.do(env, kind)
                    env.flush_all()
                worker.state[0] = IDLE
                worker.add("transactions")
                for name, count in done.items():
                    worker.add(name, count)
                if not sum(done.values()):
                    worker.add("nothing")
                break
            except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
                worker.state[0] = IDLE
                worker.add("conflicts")
                if attempt == TRIES - 1:
                    worker.add("given_up")
                time.sleep(chance.uniform(0.005, 0.03))
            except UserError:
                worker.add("refused")
                break
            except Exception:
                worker.add("errors")
                traceback.print_exc()
                break
        worker.state[0] = IDLE


def main():
    rc, database, *numbers = sys.argv[1:]
    seed, ops, count, kills, until_seen = [*map(int, numbers), 0][:5]
    odoo.tools.config.parse_config(["-c", rc, "-d", database, "--log-level=critical"])
    registry = Registry(database)
    with registry.cursor() as cr:
        cr.execute(ledger.SETUP)
    with registry.cursor() as cr:
        world = setup(api.Environment(cr, SUPERUSER_ID, CONTEXT), products=6, units=5)
    hands = Hands(random.Random(seed), world)
    for _number in range(30):  # fills the caches that the workers inherit
        with contextlib.suppress(UserError), registry.cursor() as cr:
            hands.do(api.Environment(cr, SUPERUSER_ID, CONTEXT), hands.choose())
    odoo.sql_db.close_all()  # a connection must not be shared with a child
    gc.collect()
    gc.freeze()  # the workers share what is there
    chance = random.Random(seed)
    stop = RawArray("i", 1)
    workers = [Worker(number, KINDS) for number in range(count)]
    run = lambda worker: work(worker, registry, world, seed, stop)  # noqa: E731
    for worker in workers:
        worker.start(run)
    watcher = psycopg2.connect(dbname=database)
    watcher.autocommit = True
    eyes = watcher.cursor()
    started, killed, in_work, looks, seen = time.monotonic(), 0, 0, 0, 0
    total = lambda: sum(sum(worker.counts[: len(DONE)]) for worker in workers)  # noqa: E731
    while total() < ops or (not seen and total() < until_seen):
        time.sleep(0.05)
        eyes.execute(ledger.LOOK)
        looks += 1
        seen += bool(eyes.fetchone()[0])
        for worker in workers:
            if worker.ended():
                raise SystemExit(f"worker {worker.number} ended by itself")
        if killed < kills and total() >= (killed + 1) * ops / (kills + 1):
            worker = chance.choice(workers)
            in_work += worker.kill(chance)
            killed += 1
            worker.start(run)
    stop[0] = 1
    for worker in workers:
        os.waitpid(worker.pid, 0)
    seconds = time.monotonic() - started
    while True:  # what the killed ones had begun is rolled back
        eyes.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")
        if not eyes.fetchone()[0]:
            break
        time.sleep(0.1)
    before = ledger.judge(eyes)
    with registry.cursor() as cr:
        api.Environment(cr, SUPERUSER_ID, CONTEXT)["stock.quant"]._quant_tasks()
    figures = {kind: sum(worker.counts[n] for worker in workers) for n, kind in enumerate(KINDS)}
    print(json.dumps({
        "kinds": {kind: figures.pop(kind) for kind in DONE}, **figures, "kills": killed, "kills_in_a_transaction": in_work,
        "looks": looks, "looks_that_saw_it": seen, "seconds": seconds, "cpu": cpu_seconds(), "seed": seed, **before,
        "after_tidying": {key: value for key, value in ledger.judge(eyes).items() if key in ("violations", "ghosts", "doubled_quants", "negative_quants")},
    }))


main()
