"""Choosing warehouse and carrier: orders of three lines among 20 sites and 5 carriers, one in eight needs two sites. No database.

In seconds of CPU: one process that waits for nothing.
"""

import random
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests" / "routing")]

import conftest  # noqa: E402, F401: mounts the pure code
from harness import Figure, median, say  # noqa: E402
from sourcing_world import line, rate, service, site, snapshot, strategy  # noqa: E402

from odoo.addons.ec_order_routing.engine import sourcing  # noqa: E402

SITES, CARRIERS, LINES = 20, 5, 3
ORDERS, ROUNDS, SPLIT_EVERY = 400, 5, 8
STATES = [f"JP-{number:02}" for number in range(1, 48)]
REGIONS = [STATES[:7], STATES[7:14], STATES[14:23], STATES[23:30], STATES[30:39], STATES[39:46], STATES[46:]]
CRITERIA = ("parcels", "cost", "days", "distance")


def run():
    orders = world(random.Random(1))
    for lexicographic in (True, False):
        spec = strategy(*CRITERIA, mode="lexicographic" if lexicographic else "weighted", max_parcels=2)
        speeds, split, whole = [], 0, 0
        for _round in range(ROUNDS):
            started = time.process_time()
            choices = [sourcing.choose(order, spec) for order in orders]
            speeds.append(len(orders) / (time.process_time() - started))
            split = sum(len(choice.parcels) == 2 for choice in choices)
            whole = sum(len(choice.parcels) == 1 for choice in choices)
        assert split + whole == len(orders), "every order can be shipped"
        say(f"{spec.mode}: {median(speeds):.0f} orders/s; {whole} from one site, {split} from two")
        if lexicographic:
            figure = Figure("routing.sourcing_orders_per_s", median(speeds), "orders/s", note=f"{SITES} sites × {CARRIERS} carriers")
    return [figure]


def world(rng):
    sites = [
        site(number, priority=number % 3, state=rng.choice(STATES), cut_off="15:00", workdays=[0, 1, 2, 3, 4])
        for number in range(1, SITES + 1)
    ]
    services = [
        service(
            number,
            *[
                rate(600.0 + 40 * number + 120 * distance + extra, 1 + distance // 3, states=region, max_weight=weight)
                for distance, region in enumerate(REGIONS)
                for weight, extra in ((2.0, 0), (10.0, 200), (25.0, 600))
            ],
            max_weight=25.0,
        )
        for number in range(1, CARRIERS + 1)
    ]
    orders = []
    for number in range(ORDERS):
        halves = [set(range(1, SITES // 2 + 1)), set(range(SITES // 2 + 1, SITES + 1))]
        lines = []
        for place in range(1, LINES + 1):
            # Sites of one half have the first line only, those of the other half the rest
            having = halves[place > 1] if number % SPLIT_EVERY == 0 else set(rng.sample(range(1, SITES + 1), 15)) | {1, 2, 3, 4}
            lines.append(line(place, {each: float(rng.randint(2, 40)) for each in having}, float(rng.randint(1, 2)), product_id=1000 + place))
        order = {"id": number, "fact.ship_state": rng.choice(STATES), "fact.ship_zip": "104-0061", "amount_total": 8000.0}
        orders.append(snapshot(lines, sites, services, **order))
    return orders


if __name__ == "__main__":
    run()
