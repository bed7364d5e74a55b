"""Runs the benchmarks and prints each figure beside its bound: python benchmarks/run.py [orders|webhooks|backfill|memory|stock|routing|b2b] …

Writes benchmarks/latest.json, a list of {name, value, unit, baseline, ratio}; a run of one group keeps the other groups' figures.
Never fails on a figure: a machine that does other work beside is slow. It fails when the work that is measured is wrong.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
LATEST = HERE / "latest.json"
# One process a benchmark: each begins with fresh memory and its own registry
GROUPS = {
    "orders": ["orders_import_confirm", "orders_two_lanes", "orders_requests"],
    "webhooks": ["webhooks"],
    "backfill": ["backfill"],
    "memory": ["lane_memory"],
    "stock": ["stock_hook", "stock_recompute", "stock_push", "stock_freshness"],
    "routing": ["routing_rules", "routing_sourcing", "routing_unblock", "routing_replay", "routing_board"],
    "b2b": ["b2b_prices", "b2b_catalogue", "b2b_order", "b2b_buyers"],
}
# name → (what is bounded, at least / at most, bound, aim)
BOUNDS = {
    "orders.import_confirm": ("ratio", ">=", 6, 10),
    "orders.sql_per_order": ("value", "<=", 8, 2),
    "orders.two_lanes": ("ratio", ">=", 1.5, 1.9),
    "orders.requests": ("value", "<=", 1.1, None),
    "orders.backfill_requests": ("value", "<=", 0.02, None),
    "webhooks.accepted": ("value", ">=", 300, 600),
    "webhooks.p99_ms": ("value", "<=", 50, None),
    "orders.lane_rss_growth_mb": ("value", "<=", 50, 10),
    "stock.hook_sql": ("value", "<=", 1, None),
    "stock.hook_overhead_pct": ("value", "<=", 5, 3),
    "stock.recompute_s": ("value", "<=", 5, None),
    "stock.recompute_vs_sql": ("value", "<=", 2, None),
    "stock.dirty_1000_ms": ("value", "<=", 100, None),
    "stock.requests_per_level": ("value", "<=", 0.005, None),
    "stock.push_100k_s": ("value", "<=", 300, None),
    "stock.freshness_p95_s": ("value", "<=", 2, None),
    "routing.rules_orders_per_s": ("value", ">=", 8000, None),
    "routing.rules_sql": ("value", "<=", 30, None),
    "routing.sourcing_orders_per_s": ("value", ">=", 300, 500),
    "routing.unblock_2000_s": ("value", "<=", 60, None),
    "routing.replay_100k_s": ("value", "<=", 300, None),
    "routing.board_s": ("value", "<=", 1.5, None),
    "b2b.price_1000_ms": ("value", "<=", 100, None),
    "b2b.price_1000_sql": ("value", "<=", 8, None),
    "b2b.add_100_lines_ms": ("value", "<=", 400, None),
    "b2b.catalogue_ms": ("value", "<=", 90, None),
    "b2b.sort_ms": ("value", "<=", 200, None),
    "b2b.upload_check_s": ("value", "<=", 2, None),
    "b2b.upload_order_s": ("value", "<=", 6, None),
    "b2b.p95_50_buyers_s": ("value", "<=", 0.5, None),
}


def measure(benchmark):
    """The figures of one file, told by its process in a file of its own, so that it may print what it likes."""
    told = HERE / f".{benchmark}.json"
    code = (
        f"import sys, json, dataclasses; sys.path.insert(0, {str(HERE)!r}); import {benchmark} as b; "
        f"json.dump([dataclasses.asdict(f) for f in b.run()], open({str(told)!r}, 'w'))"
    )
    print(f"\n{benchmark}: {(HERE / f'{benchmark}.py').read_text().split(chr(34) * 3)[1].splitlines()[0]}", flush=True)
    try:
        subprocess.run([sys.executable, "-W", "ignore", "-c", code], check=True, cwd=HERE.parent)
        return json.loads(told.read_text())
    finally:
        told.unlink(missing_ok=True)


def verdict(figure):
    which, sense, bound, aim = BOUNDS[figure["name"]]
    value = figure[which]
    met = value >= bound if sense == ">=" else value <= bound
    text = f"{sense} {bound:g}{' times' if which == 'ratio' else ''}" + (f" (aim {aim:g})" if aim is not None else "")
    return text, "ok" if met else "below"


def table(figures):
    print(f"\n{'':28}{'value':>10} {'unit':15}{'baseline':>10}{'ratio':>8}   {'bound':22}")
    for figure in figures:
        bound, word = verdict(figure)
        numbers = [f"{figure[k]:.3g}" if figure[k] is not None and figure[k] < 100 else f"{figure[k]:.0f}" if figure[k] is not None else "" for k in ("value", "baseline", "ratio")]
        print(f"{figure['name']:28}{numbers[0]:>10} {figure['unit']:15}{numbers[1]:>10}{numbers[2]:>8}   {bound:22}{word}   {figure.get('note', '')}")


def main(groups):
    unknown = set(groups) - set(GROUPS)
    if unknown:
        sys.exit(f"unknown: {', '.join(sorted(unknown))}; there are {', '.join(GROUPS)}")
    before = json.loads(LATEST.read_text()) if LATEST.exists() else []
    figures = []
    failed = []
    for group in groups or GROUPS:
        for benchmark in GROUPS[group]:
            try:
                figures += measure(benchmark)
            except subprocess.CalledProcessError:
                failed.append(benchmark)
    table(figures)
    new = {figure["name"] for figure in figures}
    kept = [row for row in before if row["name"] not in new]
    rows = sorted(kept + figures, key=lambda row: list(BOUNDS).index(row["name"]))
    LATEST.write_text(
        json.dumps([{key: rounded(row[key]) for key in ("name", "value", "unit", "baseline", "ratio")} for row in rows], indent=2) + "\n"
    )
    print(f"\nload of this machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors; written: {LATEST.relative_to(HERE.parent)}")
    if failed:
        sys.exit(f"did not do their work: {', '.join(failed)}")


def rounded(value):
    return round(value, 4) if isinstance(value, float) else value


if __name__ == "__main__":
    main([word for argument in sys.argv[1:] for word in argument.split(",") if word])
