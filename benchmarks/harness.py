"""What the benchmarks share: a database, Odoo inside this process, clocks, and how a figure is told."""

import contextlib
import dataclasses
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CACHE = Path(os.environ["HATOBA_CACHE"])
RC = ROOT / ".run" / "odoo-live.conf"
TICKS = os.sysconf("SC_CLK_TCK")
# The durable cluster: figures without fsync say nothing
os.environ.update(PGHOST=str(CACHE / "pg-live" / "run"), PGPORT="54321", PGUSER="odoo")
# Decides the order of sets of words, and so, here and there, what a run does
os.environ.setdefault("PYTHONHASHSEED", "0")

sys.path.insert(0, str(ROOT / "dev"))


@dataclasses.dataclass
class Figure:
    """One line of the report. `ratio` says how many times better than the baseline of the same run."""

    name: str
    value: float
    unit: str
    baseline: float | None = None
    ratio: float | None = None
    note: str = ""


def median(values):
    return statistics.median(values)


def say(text):
    print(f"  {text}", flush=True)


# ---- databases


def new_database(name):
    subprocess.run(["bash", ROOT / "dev" / "db.sh", "new", "live", name, "hatoba"], check=True, stdout=subprocess.DEVNULL)
    return name


def drop_database(name):
    subprocess.run(["bash", ROOT / "dev" / "db.sh", "drop", "live", name], check=True, stdout=subprocess.DEVNULL)


def copy_database(source, name):
    drop_database(name)
    subprocess.run(["psql", "-qd", "postgres", "-c", f'CREATE DATABASE "{name}" TEMPLATE "{source}"'], check=True)
    return name


# ---- Odoo in this process


def load_odoo():
    from odoo.tools import config

    if not config.get("hatoba_secret_key"):
        config.parse_config(["-c", str(RC), "--log-level=error"], setup_logging=True)


@contextlib.contextmanager
def odoo_env(database):
    """An environment of the lanes' user on a cursor of its own. What is not committed is rolled back."""
    load_odoo()
    from odoo import SUPERUSER_ID, api
    from odoo.modules.registry import Registry

    with contextlib.closing(Registry(database).cursor()) as cr:
        yield api.Environment(cr, SUPERUSER_ID, {})


def close_odoo():
    """Let go of all connections, so that the database can be copied or dropped."""
    import odoo.sql_db

    odoo.sql_db.close_all()


# ---- clocks


def cpu_seconds(pid):
    """CPU that another process has used, in ticks of 10 ms."""
    try:
        parts = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(parts[11]) + int(parts[12])) / TICKS


class Meter:
    """Wall time, CPU (this process and its PostgreSQL backend) and SQL statements between `with` and its end."""

    def __init__(self, env):
        self.cr = env.cr
        self.cr.execute("SELECT pg_backend_pid()")
        self.backend = self.cr.fetchone()[0]

    def _cpu(self):
        return time.process_time() + cpu_seconds(self.backend)

    def __enter__(self):
        self.sql, self.cpu, self.wall = self.cr.sql_log_count, self._cpu(), time.perf_counter()
        return self

    def __exit__(self, *_exc):
        self.wall = time.perf_counter() - self.wall
        self.cpu = self._cpu() - self.cpu
        self.sql = self.cr.sql_log_count - self.sql


# ---- other processes of one benchmark


def start(script, *args):
    """Run a file of this folder as a process of its own; it tells its result as one line of JSON, the last it prints."""
    return subprocess.Popen(
        [sys.executable, "-W", "ignore", str(ROOT / "benchmarks" / script), *map(str, args)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


def answer(process, seconds):
    out, _ = process.communicate(timeout=seconds)
    if process.returncode:
        raise RuntimeError(f"{process.args[3]} ended with {process.returncode}")
    return json.loads(out.strip().splitlines()[-1])
