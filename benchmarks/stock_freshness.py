"""How soon five shops show a change: a real Odoo with its scheduled actions, five Shopify shops on this machine, 20 changes a second."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time

from harness import RC, ROOT, Figure, close_odoo, new_database, odoo_env, say
from shopify_simulator.client import Simulator
from stock_push import connect

SHOPS = 5
ITEMS = 600
PER_SECOND = 20
THERE = 500


def run():
    database = new_database("bench_stock_fresh")
    with contextlib.ExitStack() as stack:
        shops = [stack.enter_context(Simulator.start(seed=n, domain=f"shop-{n}.myshopify.com")) for n in range(1, SHOPS + 1)]
        with odoo_env(database) as env:
            products = build(env, shops)
            lanes(env)
        close_odoo()
        server = stack.enter_context(odoo_server(database))
        time.sleep(15)  # its registry
        with odoo_env(database) as env:
            lags = changes(env, products)
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
        first = places.filtered(lambda place, code=shop.info()["locations"][0]["id"]: place.external_code == code)
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
    committed, waiting, lags = {}, {}, []
    location = env["stock.warehouse"].search([("company_id", "=", env.company.id)], limit=1).lot_stock_id
    started = time.perf_counter()
    todo = list(products.ids)
    while todo or waiting:
        now = time.perf_counter()
        if todo and len(committed) <= (now - started) * PER_SECOND:
            product = todo.pop(0)
            env["stock.quant"]._update_available_quantity(env["product.product"].browse(product), location, -1)
            env.cr.commit()
            env.invalidate_all()
            waiting[product] = committed[product] = time.perf_counter()
            continue
        env.cr.execute(
            "SELECT product_id FROM ec_stock_level WHERE product_id = ANY(%s) AND acknowledged = %s GROUP BY 1 HAVING count(*) = %s",
            [list(waiting), THERE - 1, SHOPS],
        )
        seen = time.perf_counter()
        for (product,) in env.cr.fetchall():
            lags.append(seen - waiting.pop(product))
        env.cr.rollback()
        if seen - started > len(products) / PER_SECOND + 120:
            raise AssertionError(f"{len(waiting)} changes were never shown everywhere")
        time.sleep(0.02)
    assert len(lags) == len(products)
    return lags


if __name__ == "__main__":
    print(run())
