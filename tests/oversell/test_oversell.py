"""No unit is promised or sold twice, and the same harness finds it twice where nothing guards it.

Inside Odoo: worker processes at orders, deliveries, returns and inventories of the same few units, killed in the middle of their
transactions; every commit is judged. Over shops: the sharing protocol between processes that lose, delay and repeat messages and
are killed; every sale is judged. Real publishing: Odoo's lanes against demo shops over HTTP, both judged in one order of events.
SEED and OVERSELL_OPS say which and how many (one in twenty inside Odoo, one in eighty real publishing, 300 at least);
below 40,000 the real publishing is the strict run alone. OVERSELL_KEEP=1 leaves the databases.
"""

import contextlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
SEED = int(os.environ.get("SEED") or 1)
OPS = int(os.environ.get("OVERSELL_OPS") or 8000)
INSIDE = max(400, OPS // 20)
REAL = max(300, OPS // 80)
WORKERS = 3
# how the rest is divided among the runs over shops
SHARES = {"strict": 0.4, "shared": 0.15, "hybrid": 0.2, "one shop without compare-and-set": 0.15, "absolute push": 0.1}
# how the real publishing is divided among its runs; a small one is the first alone
REAL_SHARES = {"strict": 0.4, "two warehouses": 0.15, "shared": 0.1, "hybrid": 0.2, "one shop without compare-and-set": 0.15} if OPS >= 40000 else {"strict": 1}


def run(script, *values):
    process = subprocess.run(
        [sys.executable, "-W", "ignore", str(HERE / script), *map(str, values)], cwd=ROOT, stdout=subprocess.PIPE, text=True, timeout=7200
    )
    assert process.returncode == 0, f"{script} {values}: {process.stdout[-2000:]}"
    return json.loads(process.stdout.splitlines()[-1])


@contextlib.contextmanager
def odoo(kind):
    """A new database; what a script needs to open it."""
    database = f"oversell_{os.getpid()}_{kind}"
    subprocess.run(["bash", "dev/db.sh", "new", "test", database, kind], cwd=ROOT, check=True)
    try:
        yield os.environ["ODOO_RC"], database
    finally:
        if not os.environ.get("OVERSELL_KEEP"):
            subprocess.run(["bash", "dev/db.sh", "drop", "test", database], cwd=ROOT, check=False)


def inside(kind, ops, until_seen=0):
    with odoo(kind) as database:
        return run("inside.py", *database, SEED, ops, WORKERS, 3 + ops // 250, until_seen)


ROWS = [("run", "seed", "operations", "seconds", "kills", "conflicts", "sold", "there", "oversold", "bound")]


@pytest.fixture(scope="module", autouse=True)
def table():
    yield
    print()
    for name, *figures in ROWS:
        print(f"{name:<34}" + "".join(f"{figure!s:>11}" for figure in figures))


def show(name, result, bound, conflicts="-"):
    """A row of the table and the operations by kind. `sold` includes what Odoo's own orders took, `oversold` is the most of one item."""
    figures = [round(result[key]) for key in ("sold", "there", "oversold")]
    ROWS.append((name, SEED, sum(result["kinds"].values()), round(result["seconds"]), result["kills"], conflicts, *figures, bound))
    print(f"\n{name}, seed {SEED}\n  " + ", ".join(f"{kind} {count}" for kind, count in result["kinds"].items()))


def show_inside(name, result):
    show(name, result, 0, result["conflicts"])
    print("  " + ", ".join(f"{key} {round(result[key] or 0)}" for key in (
        "cpu", "transactions", "commits", "violations", "first", "reserved_too_low", "reserved_too_high", "ghosts", "doubled_quants", "negative_quants",
        "promised", "given_up", "refused", "nothing", "kills_in_a_transaction", "looks", "looks_that_saw_it",
    )))
    print(f"  after Odoo's own tidying: {result['after_tidying']}")
    # the harness itself: the log is what is stored, its order is that of the commits
    assert not result["log_differs"] and not result["torn"] and not result["errors"]
    assert result["kills"] and result["kills_in_a_transaction"] and result["conflicts"]


def test_inside_odoo_no_unit_is_promised_twice():
    result = inside("hatoba", INSIDE)
    show_inside("inside Odoo, guarded", result)
    assert not result["violations"] and not result["oversold"] and not result["looks_that_saw_it"]
    assert not result["reserved_too_low"]
    # Odoo splits a quant beside a lock and joins it when the inventory is opened: then both counts agree again
    assert not any(result["after_tidying"].values()), result["after_tidying"]


def test_plain_odoo_promises_units_twice():
    result = inside("none", min(INSIDE, 400), until_seen=6000)
    show_inside("inside Odoo, plain", result)
    assert result["violations"] and result["oversold"]


@pytest.fixture(scope="module")
def over_shops():
    def play(name):
        ops = round((OPS - INSIDE - REAL) * SHARES[name])
        result = run("protocol.py", name, SEED, ops, 3 + ops // 2000)
        show(name, result, "none" if name == "absolute push" else result["bound"])
        print("  " + ", ".join(f"{key} {result['counts'].get(key, 0)}" for key in ("orders", "applied", "stale", "lost"))
              + f", rises above what was there {result['rises']} on {result['oversold_items']} items")
        assert not result["books_differ"] and result["settled"]  # each order is imported once, each shop ends at its target
        assert result["kills"] and result["counts"]["lost"]
        return result

    return play


def test_strict_shops_sell_not_one_unit_too_many(over_shops):
    assert not over_shops("strict")["rises"]


def test_shared_shops_keep_to_the_bound(over_shops):
    result = over_shops("shared")
    assert result["oversold"], "the bound was not tried"
    assert not result["above_bound"]


def test_hybrid_shops_sell_none_too_many_while_the_threshold_holds(over_shops):
    result = over_shops("hybrid")
    print(f"  threshold {result['threshold']} units, {result['falls']} falls below it, longest lag {result['lag']:.2f} s of {result['assumed_lag']} s")
    assert result["falls"]
    assert not result["above_bound"]
    assert result["lag"] <= result["assumed_lag"], "too slow a machine: the threshold did not hold"
    assert not result["rises"]


def test_a_shop_without_compare_and_set_keeps_to_its_bound(over_shops):
    result = over_shops("one shop without compare-and-set")
    assert not result["above_bound"]


def test_absolute_push_oversells(over_shops):
    assert over_shops("absolute push")["oversold"]


REALLY = "real publishing, "


def published(name):
    """Play one run of the real publishing; what must hold in all of them is checked here."""
    if name not in REAL_SHARES:
        pytest.skip("in a longer run: OPS=40000")
    ops = round(REAL * REAL_SHARES[name])
    with odoo("hatoba") as database:
        result = run("real.py", *database, name, SEED, ops, 3 + ops // 150)
    show(REALLY + name, result, "none" if name in ("strict", "two warehouses") else result["bound"], result["conflicts"] + result["lane_conflicts"])
    print("  " + ", ".join(f"{key} {round(result[key])}" for key in (
        "cpu", "orders", "ok", "stale", "events", "rises", "uncovered", "inside_commits", "inside_violations", "given_up", "refused", "nothing",
        "kills_in_a_transaction", "settle_rounds")) + ", " + ", ".join(f"{kind} {count}" for kind, count in result["faults"].items()))
    assert not result["errors"], "a lane or an operation failed; its trace is above"
    assert not result["inside_torn"] and not result["inside_log_differs"]  # the harness itself
    assert not result["inside_violations"] and not result["inside_reserved_too_low"]
    assert not result["uncovered"], "a shop sold and showed more than Odoo's upper bound"
    assert not result["above_bound"]
    assert not result["ends"], result["ends"]
    return result


def test_really_published_strict_shops_sell_not_one_unit_too_many():
    result = published("strict")
    assert result["kills"] and result["orders"] and not result["rises"]


def test_really_published_from_two_warehouses():
    """Some shops sell from one warehouse, others from both: an order goes where its shop's units are left over."""
    assert not published("two warehouses")["rises"]


def test_really_published_shared_shops_keep_to_the_bound():
    published("shared")


def test_really_published_hybrid_shops_sell_none_too_many_while_the_threshold_holds():
    result = published("hybrid")
    print(f"  threshold {result['threshold']} units, at most {result['unseen']} units of an item sold and not imported yet")
    assert result["unseen"] < result["threshold"], "too slow a machine: the threshold did not hold"
    assert not result["rises"]


def test_really_published_without_compare_and_set_keeps_to_the_bound():
    published("one shop without compare-and-set")
