"""Two buyers of the trade portal and a shop's customers at the same few units: the buyers over HTTP, the shop through its real lanes.

Run as `python play.py RC DATABASE URL SEED ROUNDS BREAK`; prints what was found as one JSON line. In each round somebody counts until one unit
is left, or two; both buyers put the same goods on their carts and place them at the same moment. Staff cancel and deliver meanwhile.
BREAK=1 takes the guard away.
"""

import contextlib
import gc
import json
import logging
import os
import random
import signal
import sys
import threading
import time
from multiprocessing import RawArray
from pathlib import Path

import odoo.tools
from odoo.modules.module import initialize_sys_path

sys.path[:0] = [str(Path(__file__).resolve().parents[1] / "oversell")]
rc, database, url, *numbers = sys.argv[1:]
odoo.tools.config.parse_config(["-c", rc, "-d", database, "--log-level=critical"])
initialize_sys_path()  # the addons can be imported from here on
logger = logging.getLogger("odoo.addons.ec_channel_base")
logger.setLevel(logging.WARNING)
logger.propagate = False

import checks  # noqa: E402
import ledger  # noqa: E402
import psycopg2  # noqa: E402
import real_checks  # noqa: E402
import real_play  # noqa: E402
from buyer import Buyer  # noqa: E402
from real_world import Staff, control, reach_by_http, setup, states  # noqa: E402
from street import QUIET, Street  # noqa: E402
from workers import Worker  # noqa: E402
from world import ACCOUNTS, open_portal  # noqa: E402

import odoo.sql_db  # noqa: E402
from odoo import SUPERUSER_ID, api  # noqa: E402
from odoo.modules.registry import Registry  # noqa: E402

from odoo.addons.ec_sale_batch.models import ec_lane  # noqa: E402

SHOP, ITEMS, UNITS = "north", 5, 3
PATIENCE = 120  # seconds that one buyer waits for the other
ROLES = ("stock", "fetch", "import", "confirm", "staff")
# the guard's marks are never written: two transactions may take the same unit
NO_GUARD = """
CREATE FUNCTION last_units_nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
CREATE TRIGGER last_units_nothing BEFORE INSERT ON ec_stock_guard FOR EACH ROW EXECUTE FUNCTION last_units_nothing();
"""


class Hands(Staff):
    """The staff cancel, deliver and count; they order nothing themselves, and take nothing away from an order that stays."""

    weights_of = {"cancel": 6, "deliver": 4, "ship": 4, "adjust": 1, "remove": 2, "assign": 4}


def work(worker, registry, world, seed, shops_url, stop):
    real_play.Staff = Hands
    real_play.work(worker, registry, world, seed, shops_url, stop)


def open_shop(skus, currency, seed):
    """The shop's process, forked: (pid, url, the state it began with). Its customers are slower than the buyers of the portal."""
    begun = states(currency, skus, {SHOP: True})
    ours, theirs = real_play.Pipe()
    pid = os.fork()
    if not pid:
        try:
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            Street(begun, skus, seed, QUIET, buyers=1, pace=1).serve(theirs.send)
        finally:
            os._exit(1)
    return pid, ours.recv(), begun


def prepare(registry, seed, broken):
    """(shop's pid, shop's url, world)"""
    skus = [f"LAST-{n}" for n in range(ITEMS)]
    with registry.cursor() as cr:
        currency = api.Environment(cr, SUPERUSER_ID, {}).company.currency_id.name
        cr.execute(ledger.SETUP)
        if broken:
            cr.execute(NO_GUARD)
    odoo.sql_db.close_all()
    pid, shops_url, begun = open_shop(skus, currency, seed)
    reach_by_http(registry, shops_url, begun)
    with registry.cursor() as cr:
        env = api.Environment(cr, SUPERUSER_ID, real_play.CONTEXT)
        world = open_portal(env, setup(env, begun, skus, UNITS, "shared", 0, {SHOP: (0,)}))
    real_play.all_lanes(registry, 2)
    with registry.cursor() as cr:
        api.Environment(cr, SUPERUSER_ID, real_play.CONTEXT)["ec.channel"].browse(world["channels"].values()).action_stock_on()
    real_play.all_lanes(registry, 2)
    odoo.sql_db.close_all()  # a connection must not be shared with a child
    gc.collect()
    gc.freeze()
    return pid, shops_url, world


class Rounds:
    """What both buyers want next. Before each round somebody counts these goods, so that the last unit is free, or the last two."""

    def __init__(self, registry, world, seed, people):
        self.registry, self.world, self.chance, self.items = registry, world, random.Random(f"{seed} rounds"), []
        self.begin, self.place = threading.Barrier(people, self._next, PATIENCE), threading.Barrier(people, timeout=PATIENCE)

    def stop(self):
        self.begin.abort()
        self.place.abort()

    def _next(self):
        self.items = self.chance.sample(range(ITEMS), self.chance.choice((1, 1, 2)))
        for item in self.items:
            product, free = self.world["products"][item], self.chance.choice((1, 1, 2))
            retrying(self.registry, lambda env, product=product, free=free: self._count(env, product, free))

    def _count(self, env, product, free):
        place = env["stock.warehouse"].browse(self.world["warehouses"]).lot_stock_id
        quants = env["stock.quant"].with_context(inventory_mode=True)
        quants._merge_quants()
        quants.invalidate_model()
        quant = quants.search([("product_id", "=", product), ("location_id", "=", place.id)])
        if quant:
            quant.inventory_quantity = quant.reserved_quantity + free
        else:
            quant = quants.create({"product_id": product, "location_id": place.id, "inventory_quantity": free})
        quant.action_apply_inventory()


def retrying(registry, work):
    """`work(env)` in a transaction, done again after a conflict as Odoo's requests are."""
    for _attempt in range(20):
        with contextlib.suppress(*real_play.PG_CONCURRENCY_EXCEPTIONS_TO_RETRY), registry.cursor() as cr:
            env = api.Environment(cr, SUPERUSER_ID, real_play.CONTEXT)
            done = work(env)
            env.flush_all()
            return done
        time.sleep(0.02)
    raise AssertionError("a conflict each time")


def shop_around(registry, world, buyer, name, seed, rounds, fight, trouble):
    """One buyer's rounds. Both want the same goods, and place what they have on their carts at the same moment."""
    chance = random.Random(f"{seed} {name}")
    try:
        for number in range(rounds):
            fight.begin.wait()
            buyer.fill({world["skus"][item]: chance.choice((1, 1, 2)) for item in fight.items})
            fight.place.wait()
            if order := buyer.place():
                with registry.cursor() as cr:
                    checks.count_late(cr, world, buyer, order)
            if number % 4 == 0:
                buyer.look()
    except BaseException as error:
        trouble.append(f"{name}: {error!r}")
        fight.stop()
        raise


def buy(registry, world, seed, rounds, eyes):
    """Both buyers' rounds; ({login: Buyer}, how often somebody looked, how often he saw more promised than there, what went wrong)."""
    buyers = {login: Buyer(url, login) for login in ACCOUNTS}
    fight, trouble, looks, seen = Rounds(registry, world, seed, len(buyers)), [], 0, 0
    people = [
        threading.Thread(target=shop_around, args=(registry, world, buyer, login, seed, rounds, fight, trouble), daemon=True)
        for login, buyer in buyers.items()
    ]
    for person in people:
        person.start()
    while any(person.is_alive() for person in people):
        time.sleep(0.05)
        eyes.execute(ledger.LOOK)
        looks += 1
        seen += bool(eyes.fetchone()[0])
    return buyers, looks, seen, trouble


def play(registry, seed, rounds, broken, eyes):
    shop_pid, shops_url, world = prepare(registry, seed, broken)
    workers, stop = [], RawArray("i", 1)
    try:
        workers = [Worker(number, real_play.KINDS, role) for number, role in enumerate(ROLES)]
        for worker in workers:
            worker.start(lambda worker: work(worker, registry, world, seed, shops_url, stop))
        control(shops_url, "street", "go")
        started = time.monotonic()
        buyers, looks, seen, trouble = buy(registry, world, seed, rounds, eyes)
        seconds = time.monotonic() - started
        control(shops_url, "street", "stop")
        stop[0] = 2
        for worker in workers:
            os.waitpid(worker.pid, 0)
        settled = real_checks.settle(registry, lambda: real_play.all_lanes(registry))
        reports, orders = ({SHOP: control(shops_url, SHOP, what)} for what in ("report", "orders"))
        ends = [*trouble, *real_checks.judge(registry, world, reports, orders, strict=False), *checks.judge(registry, world, buyers)]
    finally:
        for pid in (shop_pid, *(worker.pid for worker in workers)):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
    kinds = {kind: sum(worker.counts[n] for worker in workers) for n, kind in enumerate(real_play.KINDS)}
    return buyers, {"kinds": kinds, "looks": looks, "looks_that_saw_it": seen, "seconds": seconds, "settle_rounds": settled, "ends": ends, "shop": reports[SHOP]["counts"]}


def main(seed, rounds, broken):
    ec_lane.LANE_SECONDS = real_play.LANE_SECONDS
    registry = Registry(database)
    watcher = psycopg2.connect(dbname=database)
    watcher.autocommit = True
    eyes = watcher.cursor()
    buyers, result = play(registry, seed, rounds, broken, eyes)
    for sentence in result["ends"][:20]:
        print("at the end:", sentence, file=sys.stderr)
    result |= ledger.judge(eyes)
    print(json.dumps({**result, "buyers": {login: dict(buyer.counts) for login, buyer in buyers.items()}, "wrong": [one for b in buyers.values() for one in b.wrong]}))


if __name__ == "__main__":
    main(*map(int, numbers))
