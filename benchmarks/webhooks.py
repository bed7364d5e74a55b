"""Signed deliveries accepted and stored by a real Odoo server with two HTTP workers."""

import base64
import hashlib
import hmac
import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
import uuid
from pathlib import Path

import bodies
import world
from harness import RC, ROOT, Figure, answer, close_odoo, cpu_seconds, median, new_database, odoo_env, say, start
from shopify_simulator.client import Simulator

PORT = 8350
ROUNDS = 3
SECONDS = 8
CONNECTIONS = 8
STEADY_RATE = 50
STEADY_SECONDS = 20
DELIVERIES = 9_000  # more than a round can take


def run():
    database = new_database("bench_webhooks")
    with bodies.start_shop() as shop, odoo_env(database) as env:
        channel = world.build(env, shop)
        path = channel._webhook_url().removeprefix("https://erp.example")
        domain = channel.shopify_shop_domain
        env.cr.commit()
    rates, ceilings, cpu = [], [], []
    with odoo_env(database) as env, server(database) as odoo:
        load("/web/health", 1, get=True)
        load(path, 1, domain=domain)  # both workers have their registry
        for number in range(ROUNDS):
            ceilings.append(load("/web/health", SECONDS / 2, get=True)["rate"])
            spent = odoo.cpu(env)
            rates.append(stored(env, path, domain, number))
            cpu.append((odoo.cpu(env) - spent) / rates[-1] / SECONDS * 1000)
            say(f"stored {rates[-1]:.0f}/s, an empty page of Odoo {ceilings[-1]:.0f}/s; {cpu[-1]:.2f} ms CPU each")
        steady = sorted(load(path, STEADY_SECONDS, domain=domain, rate=STEADY_RATE)["latencies"])
        # the same deliveries once more: accepted, not stored twice
        before = rows(env)
        load(path, 2, domain=domain, seed=0)
        assert rows(env) == before, "a delivery was stored twice"
    close_odoo()
    rate, ceiling = median(rates), median(ceilings)
    p99 = steady[int(len(steady) * 0.99)] * 1000
    middle = steady[len(steady) // 2] * 1000
    return [
        Figure("webhooks.accepted", rate, "/s", ceiling, rate / ceiling, f"baseline: an empty page (/web/health); {median(cpu):.2f} ms CPU each"),
        Figure("webhooks.p99_ms", p99, "ms", note=f"at {STEADY_RATE}/s; median {middle:.1f} ms"),
    ]


def rows(env):
    env.cr.rollback()
    env.cr.execute("SELECT count(*) FROM ec_inbound_event")
    return env.cr.fetchone()[0]


def stored(env, path, domain, number):
    """Rows that are there afterwards, a second; each answer promised one."""
    before = rows(env)
    told = load(path, SECONDS, domain=domain, seed=number)
    new = rows(env) - before
    assert new == told["accepted"], (new, told["accepted"])
    assert not told["refused"], told
    return new / told["seconds"]


def load(path, seconds, **options):
    """Run the load generator in its own process."""
    process = start("webhook_load.py", json.dumps({"port": PORT, "path": path, "seconds": seconds, "connections": CONNECTIONS, **options}))
    return answer(process, seconds + 60)


def deliveries(path, domain, seed, count=DELIVERIES):
    """Whole HTTP requests, ready to send: every one another order, signed, 1.6 kB."""
    requests = []
    for number in range(count):
        order_id = 6_000_000_000_000 + (seed or 0) * 1_000_000 + number
        body = order_body(order_id)
        mac = base64.b64encode(hmac.new(Simulator.client_secret.encode(), body, hashlib.sha256).digest()).decode()
        head = (
            f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{PORT}\r\nConnection: close\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\nUser-Agent: Shopify-Captain-Hook\r\nX-Shopify-Topic: orders/create\r\n"
            f"X-Shopify-Shop-Domain: {domain}\r\nX-Shopify-Hmac-Sha256: {mac}\r\nX-Shopify-Api-Version: 2026-10\r\n"
            f"X-Shopify-Webhook-Id: {uuid.UUID(int=order_id)}\r\nX-Shopify-Event-Id: {uuid.UUID(int=order_id + 1)}\r\n"
            f"X-Shopify-Triggered-At: 2026-11-01T09:00:00.123456789Z\r\n\r\n"
        )
        requests.append(head.encode() + body)
    return requests


def order_body(order_id):
    body = {
        "id": order_id,
        "admin_graphql_api_id": f"gid://shopify/Order/{order_id}",
        "created_at": "2026-11-01T18:00:00+09:00",
        "updated_at": "2026-11-01T18:00:01+09:00",
        "name": f"#{order_id % 1_000_000}",
        "currency": "JPY",
        "current_total_price": "7460",
        "financial_status": "paid",
        "fulfillment_status": None,
        "email": f"buyer{order_id}@example.com",
        "line_items": [
            {
                "id": order_id * 10 + line, "admin_graphql_api_id": f"gid://shopify/LineItem/{order_id * 10 + line}", "sku": f"SKU-{line:04}",
                "title": f"Product {line}", "quantity": 2, "price": "1160", "grams": 100, "requires_shipping": True, "taxable": True,
            }
            for line in range(3)
        ],
        "shipping_lines": [{"id": order_id + 7, "title": "宅配便", "code": "standard", "price": "500"}],
        "shipping_address": {"name": "山田 花子", "address1": "銀座1-2-3", "city": "中央区", "province_code": "JP-13", "country_code": "JP", "zip": "104-0061"},
        "note": "",
    }
    missing = 1600 - len(json.dumps(body, ensure_ascii=False).encode())
    return json.dumps({**body, "note": "x" * max(0, missing)}, ensure_ascii=False).encode()


def group_of(path):
    try:
        return int((path / "stat").read_text().rpartition(")")[2].split()[2])
    except OSError:
        return None


class server:
    """Odoo as one runs it: two HTTP workers, one database named in the configuration (so that no request has to ask for the list)."""

    def __init__(self, database):
        odoo = subprocess.run(
            ["bash", "-c", f". {ROOT}/dev/env.sh; odoo_bin"], check=True, capture_output=True, text=True
        ).stdout.strip()
        self.process = subprocess.Popen(
            [sys.executable, "-W", "ignore", odoo, "-c", RC, "-d", database, "--http-port", str(PORT),
             "--gevent-port", str(PORT + 1), "--workers=2", "--max-cron-threads=0", "--no-database-list", "--log-level=error"],
            start_new_session=True,
        )

    def __enter__(self):
        for _try in range(240):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{PORT}/web/health", timeout=5).read()
                return self
            except OSError:
                time.sleep(0.5)
        raise RuntimeError("the server does not answer")

    def cpu(self, env):
        """Seconds of CPU that the server and its PostgreSQL backends have used."""
        env.cr.execute("SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")
        backends = {row[0] for row in env.cr.fetchall()}
        env.cr.rollback()
        return sum(
            cpu_seconds(int(path.name)) for path in Path("/proc").glob("[0-9]*")
            if int(path.name) in backends or group_of(path) == self.process.pid
        )

    def __exit__(self, *_exc):
        os.killpg(self.process.pid, signal.SIGTERM)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


if __name__ == "__main__":
    print(run())
