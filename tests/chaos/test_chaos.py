"""The same seeded season in two worlds: one calm, one in which deliveries are lost, doubled and shuffled, the shop fails before and
after it did what it was asked for, and Odoo's workers are killed in the middle of their work. Both must end in the same state,
and that state must be the shop's.

SEED, CHAOS_ORDERS and CHAOS_KILLS say which and how much; CHAOS_KEEP=1 leaves the databases.
"""

import json
import os
import time
from collections import Counter
from decimal import Decimal
from pathlib import Path

import plan
from world import ROOT, World, databases

SEED = int(os.environ.get("SEED") or 1)
ORDERS = int(os.environ.get("CHAOS_ORDERS") or 200)
KILLS = int(os.environ.get("CHAOS_KILLS") or 5)
CHUNK = 25


def merchant(sim, acts):
    for values in acts:
        values = dict(values)
        verb = values.pop("verb")
        if verb == "pay_rest":
            [order] = sim.truth(order=values["order"])["orders"]
            if Decimal(order["outstanding"]) > 0:
                sim.pay(**values)
        else:
            sim.control(verb, **values)


def play(world, waves):
    """All waves; in the world of faults some kills fall into each part."""
    sim, driver = world.sim, world.driver
    parts = 3 * len(waves)
    left = parts

    def part():
        nonlocal left
        world.kill_some(1 / left)
        left -= 1

    for number, wave in enumerate(waves, 1):
        started = time.monotonic()
        sim.advance(seconds=900)  # out of the window that is read again each time
        part()
        behind = ()
        for start in range(0, len(wave.place), CHUNK):
            sim.place_orders(orders=wave.place[start : start + CHUNK])
            merchant(sim, (act for position in behind for act in wave.early.get(position, ())))  # while these are being imported
            behind = range(start, start + CHUNK)
        merchant(sim, (act for position in behind for act in wave.early.get(position, ())))
        world.settle()
        for rows in (wave.deliver, wave.finish):
            part()
            for start in range(0, len(rows), CHUNK):
                driver.deliver(rows=rows[start : start + CHUNK])
            world.settle()
        merchant(sim, wave.late)
        if wave.track:
            driver.track(rows=wave.track)
        print(f"{world.kind}: wave {number} of {len(waves)}, {time.monotonic() - started:.0f} s", flush=True)
    world.settle()


def run(kind, waves, kills=0):
    started = time.monotonic()
    with World(kind, SEED) as world:
        if kills:
            world.make_trouble(kills)
        play(world, waves)
        deliveries = world.sim.webhook_deliveries(limit=0)["counts"]
        ids = [row["webhook_id"] for row in world.sim.webhook_deliveries(limit=10**9)["deliveries"]]
        result = {
            "here": world.driver.snapshot(),
            "there": world.sim.truth(stock=True),
            "webhooks": deliveries,
            "duplicates": len(ids) - len(set(ids)),
            "faults": Counter({}),
            "kills": dict(world.killer.killed) if world.killer else {},
            "requests": world.sim.requests(limit=0)["counts"],
            "log": Path(world.server.log).read_text(),
        }
        for rule in world.sim.faults():
            result["faults"][rule["kind"]] += rule["hits"]
    result["seconds"] = time.monotonic() - started
    (ROOT / ".run" / f"chaos_{kind}.json").write_text(json.dumps(result, indent=1))
    return result


# ---- what must hold


def comparable(order):
    """An order without what depends on the moment: one cancelled in the shop keeps the lines it had when Odoo first saw it."""
    order = {key: value for key, value in order.items() if key != "id"}
    return {**order, "lines": [], "total": ""} if order["state"] == "cancel" else order


def shop_side(order):
    """What the shop says was shipped, and how."""
    skus = {line["id"]: line["sku"] for line in order["lines"]}
    return {
        "shipments": sorted(
            [
                sorted([skus[item["line"]], item["quantity"]] for item in shipment["items"]),
                sorted(row["number"] or "" for row in shipment["tracking"]),
            ]
            for shipment in order["fulfillments"]
            if shipment["status"] != "CANCELLED"
        ),
        **{name: order[name] for name in ("total", "current_total", "refunded", "cancelled", "financial_status", "fulfillment_status")},
    }


def against_the_shop(here, there):
    """Differences between Odoo's end state and the shop's, as sentences."""
    wrong = []
    ours = Counter(order["name"] for order in here["orders"])
    wrong += [f"{name} is here {count} times" for name, count in ours.items() if count > 1]
    by_name = {order["name"]: order for order in here["orders"]}
    for order in there["orders"]:
        mine = by_name.get(order["name"])
        if not mine:
            wrong.append(f"{order['name']} is lost")
            continue
        if (mine["state"] == "cancel") != order["cancelled"]:
            wrong.append(f"{order['name']}: {mine['state']} here, cancelled there: {order['cancelled']}")
        if order["cancelled"]:
            continue
        # what a refund means is a person's decision in one case: its order keeps its total until then
        if Decimal(mine["total"]) != Decimal(order["current_total"]) and "refund_review" not in mine["holds"]:
            wrong.append(f"{order['name']}: {mine['total']} here, {order['current_total']} there")
        if "shipped_in_channel" in mine["holds"]:
            continue
        shipped = {line["sku"]: line["fulfilled_quantity"] for line in order["lines"] if line["fulfilled_quantity"]}
        if shipped != mine["delivered"]:
            wrong.append(f"{order['name']}: delivered {mine['delivered']} here, {shipped} there")
        numbers = sorted(row["number"] for f in order["fulfillments"] if f["status"] != "CANCELLED" for row in f["tracking"] if row["number"])
        told = sorted(tracking for state, tracking, _moves in mine["deliveries"] if state == "done" and tracking)
        if numbers != told:
            wrong.append(f"{order['name']}: tracking {told} here, {numbers} there")
    wrong += [f"{name} is not in the shop" for name in by_name.keys() - {order["name"] for order in there["orders"]}]
    wrong += [f"customer doubled: {key}" for key in here["doubled_customers"]]
    wrong += [f"{what}: {count}, e.g. {example}" for what, (count, example) in here["stuck"].items()]
    shipped = Counter()
    for order in here["orders"]:
        shipped.update(order["delivered"])
    wrong += [
        f"stock of {sku}: {have} on hand after {shipped[sku]} left"
        for sku, (have, _reserved) in here["stock"].items()
        if sku and have != 1_000_000 - shipped[sku]
    ]
    return wrong


def differences(one, other):
    """Differences between two end states in Odoo and in the shop, as sentences."""
    wrong = []
    for side, rows in (("here", lambda r: {o["name"]: comparable(o) for o in r["here"]["orders"]}), ("shop", lambda r: {o["name"]: shop_side(o) for o in r["there"]["orders"]})):
        calm, stormy = rows(one), rows(other)
        for name in sorted(calm.keys() | stormy.keys()):
            a, b = calm.get(name) or {}, stormy.get(name) or {}
            wrong += [f"{side} {name} {key}: {a.get(key)} calm, {b.get(key)} with faults" for key in a.keys() | b.keys() if a.get(key) != b.get(key)]
    for key in ("customers", "contacts_per_email", "stock"):
        if one["here"][key] != other["here"][key]:
            wrong.append(f"{key}: {one['here'][key]} calm, {other['here'][key]} with faults")
    return wrong


def report(calm, storm):
    def row(name, a, b):
        print(f"  {name:<34}{a!s:>14}{b!s:>14}")

    print(f"\nseed {SEED}: {ORDERS} orders, {KILLS} kills")
    row("", "calm", "with faults")
    for name, value in (
        ("orders in the shop", lambda r: len(r["there"]["orders"])),
        ("orders in Odoo", lambda r: len(r["here"]["orders"])),
        ("  confirmed / cancelled / held", lambda r: "/".join(str(n) for n in (
            sum(o["state"] == "sale" for o in r["here"]["orders"]), sum(o["state"] == "cancel" for o in r["here"]["orders"]),
            sum(bool(o["holds"]) for o in r["here"]["orders"])))),
        ("refunds booked", lambda r: sum(len(o["refunds"]) for o in r["here"]["orders"])),
        ("deliveries done", lambda r: sum(d[0] == "done" for o in r["here"]["orders"] for d in o["deliveries"])),
        ("fulfilments in the shop", lambda r: sum(len(o["fulfillments"]) for o in r["there"]["orders"])),
        ("webhooks delivered", lambda r: r["webhooks"].get("delivered", 0)),
        ("  doubled", lambda r: r["duplicates"]),
        ("  dropped", lambda r: r["webhooks"].get("dropped", 0)),
        ("inbox rows", lambda r: r["here"]["events"]),
        ("faults of the shop", lambda r: sum(r["faults"].values())),
        ("  lost answers after a commit", lambda r: sum(n for kind, n in r["faults"].items() if "after" in kind)),
        ("workers killed (cron + http)", lambda r: f"{r['kills'].get('cron', 0)} + {r['kills'].get('http', 0)}"),
        ("seconds", lambda r: round(r["seconds"])),
    ):
        row(name, value(calm), value(storm))


def test_faults_change_nothing():
    waves = plan.make(SEED, ORDERS)
    with databases("calm", "faults"):
        calm = run("calm", waves)
        storm = run("faults", waves, KILLS)
    report(calm, storm)
    wrong = [f"calm: {text}" for text in against_the_shop(calm["here"], calm["there"])]
    wrong += [f"with faults: {text}" for text in against_the_shop(storm["here"], storm["there"])]
    wrong += differences(calm, storm)
    for kind, result in (("calm", calm), ("with faults", storm)):
        stopped = result["log"].count("lane stopped")
        wrong += [f"{kind}: a lane stopped {stopped} times, see .run/"] if stopped else []
    assert not wrong, "\n".join([f"{len(wrong)} differences", *wrong[:40]])
    assert storm["kills"]["cron"] + storm["kills"]["http"] >= KILLS
    assert storm["webhooks"].get("dropped") and storm["duplicates"] and sum(storm["faults"].values())
