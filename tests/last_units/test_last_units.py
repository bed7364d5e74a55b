"""Two buyers and a shop fight for the last units: nobody is promised what another has.

A real server with two workers takes the orders of two buyers of two accounts; a shop's orders come through the real lanes, and staff cancel,
count and deliver. Every commit is judged. SEED says which run, LAST_UNITS_ROUNDS how long; LAST_UNITS_BREAK=1 takes the guard away, and it
must fail. LAST_UNITS_KEEP=1 leaves the database.
"""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
SEED = int(os.environ.get("SEED") or 1)
ROUNDS = int(os.environ.get("LAST_UNITS_ROUNDS") or 12)
BREAK = int(os.environ.get("LAST_UNITS_BREAK") or 0)


def shell(command):
    subprocess.run(["bash", "-c", f". dev/env.sh; use_cluster test; {command}"], cwd=ROOT, check=True)


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


@contextlib.contextmanager
def portal():
    """A new database with the portal, served; (database, url)."""
    database, port = f"last_units_{os.getpid()}", free_port()
    shell(f"bash dev/db.sh new test {database}")
    server = None
    try:
        shell(f'odoo -c "$ODOO_RC" -d {database} -i ec_b2b_portal --stop-after-init --no-http --log-level=error')
        server = subprocess.Popen(
            ["bash", "-c", f'. dev/env.sh; use_cluster test; exec "$VENV/bin/python" -W ignore "$(odoo_bin)" -c "$ODOO_RC" -d {database}'
             f" --http-port {port} --gevent-port {free_port()} --workers=2 --max-cron-threads=0 --no-database-list --log-level=critical"],
            cwd=ROOT, stdin=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        url = f"http://127.0.0.1:{port}"
        _wait_for(f"{url}/web/health")
        yield database, url
    finally:
        if server:
            os.killpg(server.pid, signal.SIGTERM)
            server.wait(20)
        if not os.environ.get("LAST_UNITS_KEEP"):
            shell(f"bash dev/db.sh drop test {database}")


def _wait_for(url):
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError), urllib.request.urlopen(url, timeout=20):
            return
        time.sleep(0.2)
    raise AssertionError(f"{url} does not answer")


def test_nobody_is_promised_what_another_has():
    with portal() as (database, url):
        process = subprocess.run(
            [sys.executable, "-W", "ignore", str(HERE / "play.py"), os.environ["ODOO_RC"], database, url, *map(str, (SEED, ROUNDS, BREAK))],
            cwd=ROOT, stdout=subprocess.PIPE, text=True, timeout=900,
        )  # fmt: skip
    assert process.returncode == 0, process.stdout[-2000:]
    result = json.loads(process.stdout.splitlines()[-1])
    show(result)
    # the harness itself: the log is what is stored, in the order of the commits, and everybody did something
    assert not result["torn"] and not result["log_differs"] and not result["kinds"]["errors"]
    assert result["shop"].get("orders") and result["kinds"]["cancel"] and result["kinds"]["adjust_up"]
    for kind in ("has all", "told", "waits"):
        assert sum(buyer.get(kind, 0) for buyer in result["buyers"].values()), f"nobody {kind}: too little was tried"
    assert not result["violations"] and not result["looks_that_saw_it"] and not result["reserved_too_low"]
    assert not result["ends"], result["ends"][:10]


def show(result):
    print(f"\n  seed {SEED}, {ROUNDS} rounds in {result['seconds']:.0f} s, {result['commits']} commits, {result['violations']} with more promised than there")
    for login, counts in result["buyers"].items():
        print(f"  {login}: " + ", ".join(f"{kind} {count}" for kind, count in sorted(counts.items())))
    print("  shop: " + ", ".join(f"{kind} {count}" for kind, count in result["shop"].items()))
    print("  staff: " + ", ".join(f"{kind} {count}" for kind, count in result["kinds"].items() if count))
    print(f"  there {result['there']:.0f}, promised {result['promised']:.0f}, sold {result['sold']:.0f}")
