"""Workers of the routing lane, killed now and then, while people change the orders that they sort.

Run as `python play.py RC DATABASE SEED ORDERS CHANGES KILLS`; prints what was found at the end as one JSON line.
"""

import gc
import importlib
import json
import logging
import random
import sys
import time
from multiprocessing import RawArray
from pathlib import Path

import odoo.sql_db
import odoo.tools
from odoo import SUPERUSER_ID, api
from odoo.exceptions import UserError
from odoo.modules.registry import Registry
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY

sys.path[:0] = [str(Path(__file__).resolve().parents[1] / "oversell"), str(Path(__file__).resolve().parents[2] / "benchmarks")]

import routing_world  # noqa: E402
from workers import IDLE, WORKING, Worker  # noqa: E402

CAPACITY = 30
KINDS = ("changes", "conflicts", "refused", "lanes")
CONTEXT = {"tracking_disable": True, "mail_create_nolog": True}
ZIPS = ("100-0001", "530-0001", "12", "900-0001")


def setup(env, orders):
    """Two warehouses, one of which takes few orders a day, and rules of every kind."""
    ids = routing_world.build(env, orders, products=30, stock=25)
    near = env["stock.warehouse"].search([("company_id", "=", env.company.id)], limit=1)
    near.write({"ec_capacity": CAPACITY, "ec_routing_priority": 1})
    far = env["stock.warehouse"].create({"name": "Far", "code": "FAR", "company_id": env.company.id, "ec_routing_priority": 2})
    for product in env["product.product"].search([("default_code", "like", "SKU-")]):
        env["stock.quant"]._update_available_quantity(product, far.lot_stock_id, 15)
    tag = env["crm.tag"].create({"name": "Sorted"})
    rule_set = env["ec.rule.set"].create(
        {
            "name": "All kinds",
            "strategy_ids": routing_world.strategies(),
            "rule_ids": [
                hold("Postal code", "address", [{"name": "zip_not_seven", "args": {}}]),
                hold("Short", "stock_short", [{"name": "stock_short", "args": {}}]),
                hold("Expensive", "risk", [], "[('amount_total', '>', 9000)]", [{"name": "activity", "args": {"summary": "Call the buyer"}}]),
                (0, 0, {"name": "Tag", "scope": "mail", "order_domain": "[('amount_total', '<', 3000)]", "action_ids": [(0, 0, {"name": "tag", "args": {"tag": tag.id}})]}),
            ],
        }
    )
    routing_world.source(rule_set)
    rule_set._activate("First rules")
    env.cr.execute("INSERT INTO ec_routing_todo (order_id, reason) SELECT unnest(%s), 'new'", [ids])
    return {"orders": ids, "near": near.id, "rules": rule_set.id}


def hold(name, code, functions, domain="[]", more=()):
    actions = [{"name": "hold", "args": {"code": code}}, *more]
    return (
        0, 0,
        {
            "name": name, "scope": "hold", "order_domain": domain,
            "function_ids": [(0, 0, each) for each in functions], "action_ids": [(0, 0, each) for each in actions],
        },
    )  # fmt: skip


def change(env, world, chance):
    """One thing that a person does."""
    order = env["sale.order"].browse(chance.choice(world["orders"]))
    what = chance.choice(("units", "units", "zip", "cancel", "release", "again", "confirm", "stock"))
    if what == "units" and order.state == "draft":
        line = chance.choice(order.order_line)
        line.product_uom_qty = chance.randint(1, 4)
    elif what == "zip":
        order.partner_shipping_id.zip = chance.choice(ZIPS)
    elif what == "cancel" and chance.random() < 0.2:
        order._action_cancel()
    elif what == "release":
        order._ec_release_holds(note="by hand")
    elif what == "again":
        env["ec.routing"]._now(order)
    elif what == "confirm" and order.state == "draft":
        order.action_confirm()
    elif what == "stock":
        quant = env["stock.quant"].search([("location_id.usage", "=", "internal")], limit=1, offset=chance.randint(0, 40))
        if quant:
            env["stock.quant"]._update_available_quantity(quant.product_id, quant.location_id, 3)


def people(worker, registry, world, seed, changes, stop):
    chance = random.Random(f"{seed} {worker.number} {worker.generation}")
    while worker.counts[0] < changes and not stop[0]:
        worker.state[0] = WORKING
        try:
            with registry.cursor() as cr:
                env = api.Environment(cr, SUPERUSER_ID, CONTEXT)
                change(env, world, chance)
                env.flush_all()
            worker.add("changes")
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            worker.add("conflicts")
        except UserError:
            worker.add("refused")
        worker.state[0] = IDLE
    stop[0] = 1


def lane(worker, registry, stop):
    while not stop[0]:
        worker.state[0] = WORKING
        with registry.cursor() as cr:
            api.Environment(cr, SUPERUSER_ID, {})["ec.lane"]._cron_route()
        worker.add("lanes")
        worker.state[0] = IDLE
        time.sleep(0.02)


def judge(registry, world):
    """Sentences about what is wrong when all is quiet."""
    found = []
    with registry.cursor() as cr:
        env = api.Environment(cr, SUPERUSER_ID, {})
        for _round in range(30):
            env["ec.lane"]._cron_route()
            cr.execute("SELECT count(*) FROM ec_routing_todo")
            if not cr.fetchone()[0]:
                break
        else:
            found.append("the queue never empties")
        orders = env["sale.order"].browse(world["orders"]).filtered(lambda o: o.state in ("draft", "sale"))
        last = env["ec.decision"]._last(orders.ids)
        for order, _snapshot, plan in env["ec.routing"]._decide(env["ec.rule.set"].browse(world["rules"]), orders):
            told = {(each["code"], each["reason"]["t"]) for each in last[order.id][1]["holds"]}
            now = {(each.code, each.reason.to_json()["t"]) for each in plan.holds.values()}
            # an order that was promised stock is not asked again when others take it: it is reserved next, or waits visibly
            late = {each for each in now - told if each[0] not in ("stock_short", "unroutable")}
            if (told - now or late) and order.state == "draft":
                found.append(f"{order.name} ({order.state}): decided {sorted(told)}, would be {sorted(now)}")
        cr.execute("SELECT order_id, key, count(*) FROM ec_order_hold WHERE open GROUP BY order_id, type_id, key HAVING count(*) > 1")
        found += [f"two open holds of one kind: {row}" for row in cr.fetchall()]
        cr.execute("SELECT res_id, count(*) FROM mail_activity WHERE summary = 'Call the buyer' GROUP BY 1 HAVING count(*) > 1")
        found += [f"asked twice: {row}" for row in cr.fetchall()]
        cr.execute("SELECT d.held + d.consumed, w.ec_capacity FROM ec_routing_capacity d JOIN stock_warehouse w ON w.id = d.warehouse_id")
        found += [f"more than a day takes: {row}" for row in cr.fetchall() if row[0] > row[1]]
        cr.execute(
            """SELECT count(*) FROM (SELECT order_id, fingerprint, lag(fingerprint) OVER (PARTITION BY order_id ORDER BY id) AS before FROM ec_decision) d
                WHERE fingerprint = before"""
        )
        found += [f"{count} decisions were stored twice" for (count,) in cr.fetchall() if count]
        cr.execute("SELECT count(*) FROM ec_decision")
        decisions = cr.fetchone()[0]
        cr.execute("SELECT count(*) FROM ec_order_hold WHERE key = 'rules' AND reason LIKE 'The rules could not%%'")
        found += [f"{count} orders could not be decided" for (count,) in cr.fetchall() if count]
    return found, decisions, len(orders)


def main(rc, database, seed, orders, changes, kills):
    odoo.tools.config.parse_config(["-c", rc, "--log-level=error"], setup_logging=True)
    registry = Registry(database)
    importlib.import_module("odoo.addons.ec_sale_batch.models.ec_lane").LANE_SECONDS = 3
    with registry.cursor() as cr:
        world = setup(api.Environment(cr, SUPERUSER_ID, CONTEXT), orders)
    with registry.cursor() as cr:  # one lot, so that the workers inherit warm caches
        env = api.Environment(cr, SUPERUSER_ID, {})
        env["ec.routing"]._work(2)
    odoo.sql_db.close_all()
    gc.collect()
    gc.freeze()
    chance, stop = random.Random(seed), RawArray("i", 1)
    workers = [Worker(number, KINDS, role) for number, role in enumerate(("lane", "lane", "lane", "people", "people"))]
    go = {"lane": lambda w: lane(w, registry, stop), "people": lambda w: people(w, registry, world, seed, changes, stop)}
    for worker in workers:
        worker.start(go[worker.role])
    killed = busy = 0
    while not stop[0]:
        time.sleep(0.05)
        done = max(worker.counts[0] for worker in workers)
        if killed < kills and done >= (killed + 1) * changes / (kills + 1):
            worker = chance.choice(workers[:4])
            busy += worker.kill(chance)
            killed += 1
            worker.start(go[worker.role])
    for worker in workers:
        while not worker.ended():
            time.sleep(0.05)
    found, decisions, left = judge(registry, world)
    for sentence in found[:20]:
        print(sentence, file=sys.stderr)
    totals = {kind: sum(worker.counts[n] for worker in workers) for n, kind in enumerate(KINDS)}
    print(json.dumps({**totals, "found": found, "decisions": decisions, "orders": left, "kills": killed, "busy": busy}))


if __name__ == "__main__":
    logging.getLogger("odoo.addons.ec_sale_batch").setLevel(logging.WARNING)
    main(*sys.argv[1:3], *map(int, sys.argv[3:]))
