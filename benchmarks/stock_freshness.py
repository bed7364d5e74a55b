"""How soon five shops show a change: a real Odoo with its scheduled actions, five Shopify shops on this machine, 20 changes a second."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import psycopg2
from harness import RC, ROOT, Figure, close_odoo, new_database, odoo_env, say
from shopify_simulator.client import Simulator
from stock_push import connect

SHOPS = 5
ITEMS = 600
PER_SECOND = 20
THERE = 500
WARM = 5


def run():
    database = new_database("bench_stock_fresh")
    with contextlib.ExitStack() as stack:
        starting = [Simulator.start(seed=number, domain=f"shop-{number}.myshopify.com") for number in range(1, SHOPS + 1)]
        shops = [stack.enter_context(shop) for shop in starting]
        with odoo_env(database) as env:
            products = build(env, shops)
            lanes(env)
        close_odoo()
        server = stack.enter_context(odoo_server(database))
        with odoo_env(database) as env:
            changes(env, products[:WARM])  # until the server is there and has done it once
            lags = changes(env, products[WARM:])
        assert server.poll() is None, "the server ended"
    close_odoo()
    lags.sort()
    p50, p95 = lags[len(lags) // 2], lags[len(lags) * 95 // 100]
    say(f"{len(lags)} changes: half of them within {p50:.2f} s, 95 of 100 within {p95:.2f} s, the last {lags[-1]:.2f} s")
    return [Figure("stock.freshness_p95_s", p95, "s", note=f"{PER_SECOND} changes/s, commit to the word of all {SHOPS} shops; median {p50:.2f} s")]


def build(env, shops):
    """Products that all shops sell, all of them matched and switched on."""
    env["ir.config_parameter"].set_param("web.base.url", "https://erp.example")
    env["product.product"].create([{"name": f"Product {n}", "default_code": f"SKU-{n:04}", "is_storable": True} for n in range(1, ITEMS + 1)])
    products = env["product.product"].search([("default_code", "=like", "SKU-%")], order="id")
    location = env["stock.warehouse"].search([("company_id", "=", env.company.id)], limit=1).lot_stock_id
    env["stock.quant"].create([{"product_id": p.id, "location_id": location.id, "inventory_quantity": THERE} for p in products]).action_apply_inventory()
    for shop in shops:
        shop.seed(settings={"currency": "JPY"}, products=ITEMS, prices=["1000"], stock=1, quiet=True)
        channel = connect(env, shop)
        channel.name = shop.domain
        channel.action_pull_catalogue()
        while channel.catalogue_cursor:
            channel._pull_catalogue_page()
        places = env["ec.mapping"].search([("channel_id", "=", channel.id), ("kind", "=", "location")])
        first = places.search([("id", "in", places.ids), ("external_code", "=", shop.info()["locations"][0]["id"])])
        (places - first).stock_mode = "none"
        first.write({"warehouse_id": channel.warehouse_id.id})
        channel.stock_state = "on"
    env["ec.stock.policy"].search([]).mode = "shared"
    env.cr.commit()
    return products


def lanes(env):
    """Until every shop shows what it shall."""
    for _round in range(60):
        env["ec.lane"]._cron_stock()
        env["ec.lane"]._cron_fetch()
        env.cr.execute("SELECT count(*) FILTER (WHERE acknowledged = %s), count(*) FROM ec_stock_level", [THERE])
        told, rows = env.cr.fetchone()
        env.cr.commit()
        if told == rows == SHOPS * ITEMS:
            return
        time.sleep(0.2)
    raise AssertionError(f"{told} of {SHOPS * ITEMS} figures were told at the start")


@contextlib.contextmanager
def odoo_server(database):
    """A server as one starts it: threads, two of them for scheduled actions."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    code = f". dev/env.sh; odoo -c {RC} -d {database} --max-cron-threads=2 --http-port={port} --workers=0 --log-level=warn"
    process = subprocess.Popen(["bash", "-c", code], cwd=ROOT, start_new_session=True, stdout=subprocess.DEVNULL, stderr=sys.stderr, env=os.environ)
    try:
        yield process
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def changes(env, products):
    """Sell one unit of one product after the other, each in a transaction of its own. Returns the seconds until all shops said so."""
    committed = {}
    location = env["stock.warehouse"].search([("company_id", "=", env.company.id)], limit=1).lot_stock_id
    database, wanted = env.cr.dbname, len(products)
    with ThreadPoolExecutor(1) as watcher:
        shown = watcher.submit(watch, database, products.ids, wanted)
        started = time.perf_counter()
        for number, product in enumerate(products.ids):
            time.sleep(max(0, started + number / PER_SECOND - time.perf_counter()))
            env["stock.quant"]._update_available_quantity(env["product.product"].browse(product), location, -1)
            env.cr.commit()
            env.invalidate_all()
            committed[product] = time.perf_counter()
        took = time.perf_counter() - started
        seen = shown.result()
    say(f"{wanted} changes in {took:.0f} s")
    return [seen[product] - at for product, at in committed.items()]


def watch(database, product_ids, wanted):
    """{product id: when all shops had said that they show it}, by a connection and a clock of its own."""
    seen, until = {}, time.perf_counter() + wanted / PER_SECOND + 150
    with contextlib.closing(psycopg2.connect(dbname=database)) as connection, connection.cursor() as cr:
        connection.autocommit = True
        while len(seen) < wanted:
            cr.execute(
                "SELECT product_id FROM ec_stock_level WHERE product_id = ANY(%s) AND acknowledged = %s GROUP BY 1 HAVING count(*) = %s",
                [[product for product in product_ids if product not in seen], THERE - 1, SHOPS],
            )
            now = time.perf_counter()
            seen.update((product, now) for (product,) in cr.fetchall())
            if now > until:
                raise AssertionError(f"{wanted - len(seen)} changes were never shown everywhere")
            time.sleep(0.05)
    return seen


if __name__ == "__main__":
    print(run())
