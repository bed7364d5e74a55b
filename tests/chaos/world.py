"""Everything that runs: a database, an Odoo server with workers, the driver at its screens, a simulator as the shop, and a killer."""

import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from plan import PRICES, SKUS
from shopify_simulator.client import Simulator

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
PUBLIC = "https://erp.example"
TICKS = os.sysconf("SC_CLK_TCK")
# seconds to wait for quiet; more on a slow machine
PATIENCE = int(os.environ.get("CHAOS_PATIENCE") or 300)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def shell(command):
    return subprocess.run(["bash", "-c", f". dev/env.sh && {command}"], cwd=ROOT, check=True, capture_output=True, text=True).stdout.strip()


def database(kind):
    return f"chaos_{os.getpid()}_{kind}"


@contextmanager
def databases(*kinds):
    """One new database for each kind, all from the same template."""
    try:
        for kind in kinds:
            subprocess.run(["bash", "dev/db.sh", "new", "test", database(kind)], cwd=ROOT, check=True)
        yield
    finally:
        for kind in kinds:
            if not os.environ.get("CHAOS_KEEP"):
                subprocess.run(["bash", "dev/db.sh", "drop", "test", database(kind)], cwd=ROOT, check=False)


class Driver:
    """The driver process; its commands are methods."""

    def __init__(self, rc, database):
        self.process = subprocess.Popen(
            [sys.executable, "-W", "ignore", str(HERE / "driver.py"), rc, database], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
        )
        assert json.loads(self.process.stdout.readline()) == "ready"
        self.lock = threading.Lock()

    def __getattr__(self, name):
        def call(**values):
            with self.lock:
                self.process.stdin.write(json.dumps({"do": name, **values}) + "\n")
                self.process.stdin.flush()
                answer = json.loads(self.process.stdout.readline())
            if "error" in answer:
                raise RuntimeError(f"{name}: {answer['error']}")
            return answer["ok"]

        return call

    def stop(self):
        self.process.stdin.close()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()


class Server:
    """Odoo with two HTTP workers and two cron workers."""

    def __init__(self, rc, database, log):
        self.port, self.log = free_port(), log
        self.file = open(log, "w")
        self.process = subprocess.Popen(
            [
                sys.executable, "-W", "ignore", shell("odoo_bin"), "-c", rc, "-d", database, "--workers=2", "--max-cron-threads=2",
                "--http-interface=127.0.0.1", f"--http-port={self.port}", f"--gevent-port={free_port()}", "--log-level=warn",
                "--limit-time-real=600", "--limit-time-cpu=600",
            ],
            cwd=ROOT, stdout=self.file, stderr=self.file, start_new_session=True,
        )
        deadline = time.monotonic() + 90
        while True:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{self.port}/web/health", timeout=5).read()
                return
            except OSError:
                if time.monotonic() > deadline or self.process.poll() is not None:
                    raise RuntimeError(f"Odoo did not start: {Path(log).read_text()[-2000:]}") from None
                time.sleep(0.2)

    def workers(self):
        """{pid: is a cron worker} of the living workers. Cron workers are nicer than the server."""
        found, plain = {}, int(self._stat(self.process.pid)[16])
        for pid in filter(str.isdecimal, os.listdir("/proc")):
            try:
                stat = self._stat(pid)
                if int(stat[1]) == self.process.pid and stat[0] != "Z" and "gevent" not in Path(f"/proc/{pid}/cmdline").read_text().split("\0"):
                    found[int(pid)] = int(stat[16]) > plain
            except OSError:
                continue
        return found

    @staticmethod
    def _stat(pid):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()

    def busy(self, pid):
        """Processor seconds that this worker has used."""
        try:
            stat = self._stat(pid)
        except OSError:
            return 0
        return (int(stat[11]) + int(stat[12])) / TICKS

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            pass
        try:
            os.killpg(self.process.pid, signal.SIGKILL)  # the session of this server alone
        except ProcessLookupError:
            pass
        self.process.wait()
        self.file.close()


class Killer(threading.Thread):
    """Ends workers with SIGKILL in the middle of their work, as often as it is told to."""

    def __init__(self, server, seed):
        super().__init__(daemon=True)
        self.server, self.chance = server, random.Random(seed)
        self.wanted = 0
        self.killed = {"cron": 0, "http": 0, "idle": 0}
        self.stopped = threading.Event()
        self.start()

    @property
    def done(self):
        return self.killed["cron"] + self.killed["http"] >= self.wanted

    def run(self):
        while not self.stopped.wait(0.05):
            if not self.done:
                self.stopped.wait(self.chance.uniform(0.1, 1.5))
                self._kill_one(http=self.chance.random() < 0.2)

    def _kill_one(self, http):
        patience = time.monotonic() + 5
        while not self.stopped.is_set():
            workers = [pid for pid, is_cron in self.server.workers().items() if is_cron != http]
            before = {pid: self.server.busy(pid) for pid in workers}
            time.sleep(0.06)
            at_work = [pid for pid in workers if self.server.busy(pid) - before[pid] > 0.02]
            late = time.monotonic() > patience
            if at_work or (late and workers):
                self.stopped.wait(self.chance.uniform(0, 0.05))
                try:
                    os.kill(self.chance.choice(at_work or workers), signal.SIGKILL)
                except ProcessLookupError:
                    continue
                self.killed["http" if http else "cron"] += 1
                self.killed["idle"] += not at_work
                return


class World:
    """One run: `kind` names the database and the log."""

    def __init__(self, kind, seed):
        self.kind, self.seed = kind, seed
        self.database = database(kind)
        self.killer = None
        self.rc = os.environ["ODOO_RC"]
        self.started = []

    def __enter__(self):
        try:
            self.sim = self._start(Simulator.start(seed=self.seed))
            self.sim.reset(seed=self.seed, settings={"currency": "USD", "taxes_included": False, "tax_rate": "0.15", "tax_title": "Sales tax"})
            self.sim.configure(routing_delay=0, job_delay=0, bulk_seconds=0, search_lag=0, capacity=20000, restore=1000)
            self.sim.configure(scopes=[*self.sim.info()["scopes"], "orders"])
            self.sim.set_clock(at=(datetime.now(UTC) - timedelta(days=1)).isoformat(), frozen=False)
            place = self.sim.info()["locations"][0]["id"]
            self.sim.seed(
                products=[
                    {"title": f"Goods {sku}", "variants": [{"sku": sku, "price": PRICES[n % len(PRICES)], "stock": {place: 1_000_000}}]}
                    for n, sku in enumerate(SKUS)
                ]
            )
            self.driver = self._start(Driver(self.rc, self.database))
            answer = self.driver.setup(
                url=self.sim.url, domain=self.sim.domain, token=self.sim.token, secret=self.sim.client_secret, base_url=PUBLIC, skus=SKUS, prices=PRICES
            )
            assert answer["health"] == "ok", answer
            log = ROOT / ".run" / f"chaos_{self.kind}.log"
            self.server = self._start(Server(self.rc, self.database, log))
            self.sim.webhook_mode(concurrency=2)
            self.sim.host_map(map={PUBLIC: f"http://127.0.0.1:{self.server.port}"})
        except BaseException:
            self.__exit__()
            raise
        return self

    def _start(self, thing):
        self.started.append(thing)
        return thing

    def __exit__(self, *_):
        if self.killer:
            self.killer.stopped.set()
            self.killer.join(5)
        for thing in reversed(self.started):
            thing.stop()

    def make_trouble(self, kills):
        """From now on everything that can go wrong does, now and then."""
        sim, seed = self.sim, self.seed
        sim.webhook_mode(order="shuffled", duplicate=0.2, drop=0.2, delay=[0, 3], concurrency=2, seed=seed)
        told = ("fulfillmentCreate", "fulfillmentTrackingInfoUpdateV2", "fulfillmentTrackingInfoUpdate")
        for number, (kind, probability, values) in enumerate(
            [
                ("http_429", 0.03, {"retry_after": 1.0}), ("throttled", 0.03, {}), ("http_500", 0.02, {}), ("http_503", 0.02, {}),
                ("cut_before", 0.02, {}), ("truncated_json", 0.01, {}), ("internal_error", 0.01, {}),
                *[(kind, 0.08, {"operation": name}) for name in told for kind in ("cut_after", "http_500_after", "truncated_json")],
                *[("timeout_after", 0.02, {"operation": name, "seconds": 2}) for name in told],
            ]
        ):
            sim.arm_fault(kind=kind, probability=probability, count=None, seed=seed * 100 + number, **values)
        self.killer = Killer(self.server, seed)
        self.kills_left = kills

    def kill_some(self, share):
        """Let this many of the kills that are left happen before the next quiet."""
        if self.killer:
            now = round(self.kills_left * share)
            self.kills_left -= now
            self.killer.wanted += now

    def settle(self, seconds=PATIENCE):
        """Wait until nothing is pending anywhere and the shop has been read through; waiting times are cut short."""
        deadline, quiet = time.monotonic() + seconds, 0
        since, reads = self.driver.status(since="2000-01-01")["now"], 0
        while quiet < 2:
            waiting = self.sim.flush()["pending"]
            self.driver.nudge(since=since)
            time.sleep(0.4)
            state = self.driver.status(since=since)
            if state["read"] and reads < 2:
                # the first read may have begun before; only the next has surely seen everything
                since, reads = state["now"], reads + 1
            busy = state["events"] or state["messages"] or state["confirm"] or reads < 2 or waiting
            quiet = 0 if busy or (self.killer and not self.killer.done) else quiet + 1
            if time.monotonic() > deadline:
                killer = self.killer and (self.killer.is_alive(), self.killer.wanted, self.killer.killed)
                raise AssertionError(f"{self.kind}: no quiet after {seconds} s: {state}, webhooks waiting: {waiting}, killer: {killer}")
