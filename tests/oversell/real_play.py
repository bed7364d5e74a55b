"""The real publishing: Odoo's lanes in worker processes against demo shops over a network that fails, killed now and then.

Two planners, a reader, an importer
and staff work at random in processes of their own, buyers in the shops' process; all that happened is judged in one order.
"""

import contextlib
import gc
import logging
import os
import random
import signal
import sys
import time
import traceback
from multiprocessing import Pipe, RawArray

import ledger
import psycopg2
import real_checks
import real_ledger
from http_shop import Faults
from real_world import Staff, control, reach_by_http, setup, states
from street import Street
from workers import IDLE, WORKING, Worker, cpu_seconds

import odoo.sql_db
from odoo import SUPERUSER_ID, api
from odoo.exceptions import UserError
from odoo.modules.registry import Registry
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY

from odoo.addons.ec_sale_batch.models import ec_lane

TRIES = 5
STAFF = (
    "confirm", "batch", "cancel", "more", "fewer", "deliver", "ship", "give_back", "adjust_up", "remove", "unreserve", "assign", "open_inventory",
)
LANES = ("stock", "fetch", "import", "order_confirm")
KINDS = (*STAFF, *LANES, "conflicts", "lane_conflicts", "given_up", "refused", "nothing", "transactions", "errors", "warnings")
ROLES = ("stock", "stock", "fetch", "import", "confirm", "staff", "staff")
CONTEXT = {"tracking_disable": True, "mail_create_nolog": True}
LANE_SECONDS = 3  # so that a lane looks up now and then
HYBRID_BELOW = 40
FAULTS = Faults(lost_before=0.03, lost_after=0.06, error_after=0.03, throttled=0.02, slow=0.15, slowness=0.1, late_copy=0.12, latest=1.5)
# the copy of an absolute push that comes late would overwrite anything: no protocol helps there, and no shop does it
NO_LATE = Faults(**{**FAULTS.__dict__, "late_copy": 0})
ONE = {"north": (0,), "south": (0,), "west": (0,)}
TWO = {"north": (0,), "south": (0, 1), "west": (1,)}
# mode, {shop: compares}, {shop: its warehouses}, items, units of each, seconds between a buyer's deeds
RUNS = {
    "strict": ("strict", dict.fromkeys(ONE, True), ONE, 8, 6, 0.2),
    "two warehouses": ("strict", dict.fromkeys(TWO, True), TWO, 6, 5, 0.2),
    "shared": ("shared", dict.fromkeys(ONE, True), ONE, 8, 6, 0.2),
    "hybrid": ("hybrid", dict.fromkeys(ONE, True), ONE, 5, 44, 0.4),
    "one shop without compare-and-set": ("strict", {"north": True, "south": True, "west": False}, ONE, 8, 8, 0.2),
}


class Listener(logging.Handler):
    """A lane reports its errors to the log and goes on: here they are counted and shown."""

    def __init__(self, worker):
        super().__init__(logging.WARNING)
        self.worker = worker

    def emit(self, record):
        self.worker.add("errors" if record.levelno >= logging.ERROR else "warnings")
        print(f"{self.worker.role}: {record.getMessage()}", file=sys.stderr)
        if record.exc_info:
            traceback.print_exception(*record.exc_info)


def transaction(worker, registry, chance, work):
    """`work(env)` in one transaction, done again after a conflict as Odoo's requests are. Its answer; None: not done."""
    for attempt in range(TRIES):
        worker.state[0] = WORKING
        try:
            with registry.cursor() as cr:
                env = api.Environment(cr, SUPERUSER_ID, CONTEXT)
                done = work(env)
                env.flush_all()
            worker.add("transactions")
            return done
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
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
        finally:
            worker.state[0] = IDLE
    return None


def people(worker, registry, chance, world, url):
    hands = Staff(chance, world, url)
    kind = hands.choose()
    done = transaction(worker, registry, chance, lambda env: hands.do(env, kind))
    for name, count in (done or {}).items():
        worker.add(name, count)
    if done is not None and not sum(done.values()):
        worker.add("nothing")
    time.sleep(chance.uniform(0, 0.15))


def lane(worker, registry, chance, handled):
    """One run of the lane of this worker; it counts if it handled anything."""
    handled.clear()
    worker.state[0] = WORKING
    with registry.cursor() as cr:
        getattr(api.Environment(cr, SUPERUSER_ID, {})["ec.lane"], f"_cron_{worker.role}")()
    worker.state[0] = IDLE
    if any(handled) or worker.role == "fetch":  # a poll is a call, also when it brings nothing
        worker.add("order_confirm" if worker.role == "confirm" else worker.role)
    time.sleep(chance.uniform(0, 0.1))


def nudge(cr):
    """Time passes: whatever waits for its moment is due now."""
    cr.execute("UPDATE ec_channel SET poll_next_at = NULL WHERE poll_next_at IS NOT NULL")
    cr.execute("UPDATE ec_channel SET paused_until = NULL WHERE paused_until > now() AT TIME ZONE 'UTC' + interval '1 second'")
    for table, condition in (("ec_inbound_event", "state = 'pending'"), ("ec_stock_level", "state IN ('unread', 'stale', 'flight')")):
        cr.execute(
            f"""UPDATE {table} SET due_at = now() AT TIME ZONE 'UTC' WHERE id IN (SELECT id FROM {table}
                 WHERE {condition} AND due_at > now() AT TIME ZONE 'UTC' + interval '1 second' FOR UPDATE SKIP LOCKED)"""
        )


def work(worker, registry, world, seed, url, stop):
    chance = random.Random(f"{seed} {worker.number} {worker.generation}")
    rollback, run, handled = ec_lane.EcLane._rollback, ec_lane.EcLane._run, []
    ec_lane.EcLane._rollback = lambda lane: (worker.add("lane_conflicts"), rollback(lane))
    ec_lane.EcLane._run = lambda lane, step, *how: handled.append(done := run(lane, step, *how)) or done
    logging.getLogger("odoo.addons.ec_channel_base").addHandler(Listener(worker))
    while not stop[0] or (stop[0] == 1 and worker.role != "staff"):
        if worker.role == "staff":
            people(worker, registry, chance, world, url)
        else:
            if worker.role == "fetch":
                transaction(worker, registry, chance, lambda env: nudge(env.cr))
            lane(worker, registry, chance, handled)


def all_lanes(registry, rounds=1):
    for _round in range(rounds):
        for name in ("fetch", "import", "confirm", "stock"):
            with registry.cursor() as cr:
                nudge(cr)
            with registry.cursor() as cr:
                getattr(api.Environment(cr, SUPERUSER_ID, {})["ec.lane"], f"_cron_{name}")()


def open_street(run, skus, currency, seed):
    """The shops' process, forked; (its pid, url, the states it began with)."""
    _mode, compares, _places, _items, _units, pace = RUNS[run]
    begun = states(currency, skus, compares)
    ours, theirs = Pipe()
    pid = os.fork()
    if not pid:
        try:
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            Street(begun, skus, seed, FAULTS if all(compares.values()) else NO_LATE, pace=pace).serve(theirs.send)
        finally:
            os._exit(1)
    return pid, ours.recv(), begun


def play(registry, database, run, seed, ops, kills):
    mode, _compares, places, items, units, _pace = RUNS[run]
    skus = [f"OVS-{n}" for n in range(items)]
    with registry.cursor() as cr:
        currency = api.Environment(cr, SUPERUSER_ID, {}).company.currency_id.name
        cr.execute(ledger.SETUP)
        cr.execute(real_ledger.SETUP)
    odoo.sql_db.close_all()
    shops_pid, url, begun = open_street(run, skus, currency, seed)
    workers = []
    try:
        reach_by_http(registry, url, begun)
        with registry.cursor() as cr:
            world = setup(api.Environment(cr, SUPERUSER_ID, CONTEXT), begun, skus, units, mode, HYBRID_BELOW, places)
        all_lanes(registry, 2)
        with registry.cursor() as cr:
            api.Environment(cr, SUPERUSER_ID, CONTEXT)["ec.channel"].browse(world["channels"].values()).action_stock_on()
        all_lanes(registry, 2)
        hands = Staff(random.Random(seed), world, url)
        for _number in range(20):  # fills the caches that the workers inherit
            with contextlib.suppress(UserError), registry.cursor() as cr:
                hands.do(api.Environment(cr, SUPERUSER_ID, CONTEXT), hands.choose())
        odoo.sql_db.close_all()  # a connection must not be shared with a child
        gc.collect()
        gc.freeze()
        stop, chance = RawArray("i", 1), random.Random(seed)
        go = lambda worker: work(worker, registry, world, seed, url, stop)  # noqa: E731
        workers = [Worker(number, KINDS, role) for number, role in enumerate(ROLES)]
        for worker in workers:
            worker.start(go)
        control(url, "street", "go")
        started, killed, in_work = time.monotonic(), 0, 0
        while (done := operations(url, world, workers)) < ops:
            time.sleep(0.1)
            for worker in workers:
                if worker.ended():
                    raise SystemExit(f"a {worker.role} worker ended by itself")
            if killed < kills and done >= (killed + 1) * ops / (kills + 1):
                worker = chance.choice(workers)
                in_work += worker.kill(chance)
                killed += 1
                worker.start(go)
        faults = control(url, "street", "stop")
        stop[0] = 2
        for worker in workers:
            os.waitpid(worker.pid, 0)
        seconds = time.monotonic() - started
        faults = control(url, "street", "stop", faults=True)
        time.sleep(FAULTS.latest)  # the last late copies
        rounds = real_checks.settle(registry, lambda: all_lanes(registry))
        reports = {name: control(url, name, "report") for name in begun}
        orders = {name: control(url, name, "orders") for name in begun}
    finally:
        for pid in (shops_pid, *(worker.pid for worker in workers)):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
    return {"kills": killed, "kills_in_a_transaction": in_work, "seconds": seconds, "faults": faults, "settle_rounds": rounds}, world, workers, reports, orders


def operations(url, world, workers):
    """What buyers and staff did, pushes that arrived, and runs of lanes."""
    counts = [control(url, name, "count") for name in world["channels"]]
    shops = sum(count.get(kind, 0) for count in counts for kind in ("orders", "cancellations", "changes", "pushes"))
    return shops + sum(sum(worker.counts[: len(STAFF + LANES)]) for worker in workers)


def figures(database, run, seed, ops, kills):
    """Play, and judge what happened."""
    ec_lane.LANE_SECONDS = LANE_SECONDS
    registry = Registry(database)
    played, world, workers, reports, orders = play(registry, database, run, seed, ops, kills)
    totals = {kind: sum(worker.counts[n] for worker in workers) for n, kind in enumerate(KINDS)}
    totals["conflicts_of"] = [f"{worker.role} {worker.counts[KINDS.index('conflicts')] + worker.counts[KINDS.index('lane_conflicts')]}" for worker in workers]
    shops = {kind: sum(report["counts"].get(kind, 0) for report in reports.values()) for kind in (
        "attempts", "orders", "cancellations", "changes", "pushes", "ok pushes", "stale pushes")}
    kinds = {kind: shops[kind] for kind in ("orders", "cancellations", "changes", "pushes")} | {kind: totals.pop(kind) for kind in STAFF + LANES}
    watcher = psycopg2.connect(dbname=database)
    watcher.autocommit = True
    eyes = watcher.cursor()
    books = {
        channel: [(at, world["products"][number], sold, shown) for at, number, sold, shown in reports[name]["book"]]
        for name, channel in world["channels"].items()
    }
    truth = real_ledger.Truth(world["products"], list(books)).play(real_ledger.commits(eyes), books)
    for kind, rows in (("rise", truth.rises), ("uncovered", truth.uncovered)):
        for row in rows[:8]:
            print(kind, row, file=sys.stderr)
    ends = real_checks.judge(registry, world, reports, orders, RUNS[run][0] == "strict")
    for problem in ends[:20]:
        print("at the end:", problem, file=sys.stderr)
    inside = {f"inside_{key}": value for key, value in ledger.judge(eyes).items() if key in ("violations", "oversold", "reserved_too_low", "torn", "log_differs", "commits")}
    return {
        "kinds": kinds, **totals, **played, **inside, "cpu": cpu_seconds(), "seed": seed, "orders": shops["orders"], "ok": shops["ok pushes"],
        "stale": shops["stale pushes"], "sold": sum(sum(report["sold"]) for report in reports.values()), "there": truth.ever, "oversold": truth.oversold,
        "rises": len(truth.rises), "bound": truth.bound, "above_bound": sum(rise[2] > rise[3] for rise in truth.rises), "uncovered": len(truth.uncovered),
        "events": truth.events, "unseen": truth.unseen, "ends": ends, "threshold": HYBRID_BELOW,
    }
