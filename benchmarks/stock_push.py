"""A hundred thousand figures to one Shopify shop: read from it, then told to it, at 150 ms a request and Standard rate limits."""

import time

from harness import Figure, close_odoo, new_database, odoo_env, say
from shopify_simulator.client import Simulator

LEVELS = 100_000
LATENCY = 0.15
SHOWN, THERE = 3, 20


def run():
    database = new_database("bench_stock_push")
    with Simulator.start(seed=1) as shop, odoo_env(database) as env:
        shop.configure(capacity=1_000_000, restore=1_000_000)  # reading the catalogue is not what is measured
        shop.seed(settings={"currency": "JPY"}, products=LEVELS, prices=["1000"], stock=SHOWN, quiet=True)
        channel = connect(env, shop)
        catalogue(env, channel, shop)
        policy = env["ec.stock.policy"].create(
            {"name": "East", "mode": "shared", "line_ids": [(0, 0, {"warehouse_id": channel.warehouse_id.id})]}
        )
        places = env["ec.mapping"].search([("channel_id", "=", channel.id), ("kind", "=", "location")])
        first = shop.info()["locations"][0]["id"]  # where the shop's stock is
        places.stock_mode = "none"
        places.filtered(lambda place: place.external_code == first).write({"stock_mode": "publish", "stock_policy_id": policy.id, "warehouse_id": channel.warehouse_id.id})
        env.cr.commit()
        shop.configure(capacity=2000, restore=100)
        shop.arm_fault(kind="slow", seconds=LATENCY, count=None)
        started = time.perf_counter()
        drive(env, channel, "state = 'unread'", seconds=900)
        say(f"read and planned in {time.perf_counter() - started:.0f} s: {counts(env)}")
        shop.requests(clear=True)
        channel.action_stock_on()
        env.cr.commit()
        started = time.perf_counter()
        drive(env, channel, "desired <> GREATEST(believed, 0) OR flight_batch IS NOT NULL", seconds=900)
        seconds = time.perf_counter() - started
        sent = sum(row["operation"] in ("StockSet", "stock_set", "inventorySetQuantities") for row in shop.requests(limit=100_000)["requests"])
        requests = shop.requests(limit=1)["total"]
        env.cr.execute("SELECT count(*) FROM ec_stock_level WHERE acknowledged = %s", [THERE])
        told = env.cr.fetchone()[0]
        assert told == LEVELS, f"{told} of {LEVELS} were told"
        say(f"{requests} requests ({sent} of them set figures) for {LEVELS} figures in {seconds:.0f} s")
    close_odoo()
    note = f"{LATENCY * 1000:.0f} ms a request, the shop's limits of the Standard plan"
    return [
        Figure("stock.requests_per_level", requests / LEVELS, "requests/level", note="everything asked of the shop meanwhile"),
        Figure("stock.push_100k_s", seconds, "s", 9 * 3600.0, 9 * 3600.0 / seconds, f"{note}; baseline: another connector's 9 h, measured earlier"),
    ]


def connect(env, shop):
    """A live channel of the shop, in yen."""
    company = env.company
    company.country_id = env.ref("base.jp")
    env["account.chart.template"].try_loading("jp", company=company, install_demo=False)
    channel = env["ec.channel"].create(
        {
            "name": "Shop", "connector": "shopify", "shopify_shop_domain": shop.domain, "shopify_auth": "token",
            "shopify_token": Simulator.token, "shopify_client_secret": Simulator.client_secret, "endpoint_url": shop.url,
            "allow_private_host": True, "import_since": "2020-01-01 00:00:00",
        }
    )
    channel.action_check()
    channel.write({"state": "live"})
    return channel


def catalogue(env, channel, shop):
    """Products with stock and the shop's items matched to them, in a few statements: how fast these are made is not measured."""
    channel.action_pull_catalogue()
    while channel.catalogue_cursor:
        channel._pull_catalogue_page()
        env.cr.commit()
    sample = env["product.product"].create({"name": "Sample", "is_storable": True, "default_code": "SAMPLE"})
    env.flush_all()
    for record, extra in ((sample.product_tmpl_id, {}), (sample, {"product_tmpl_id": "t.id"})):
        env.cr.execute("SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped", [record._table])
        own = {"default_code": "l.sku", **extra}
        columns = [name for (name,) in env.cr.fetchall() if name != "id"]
        values = ", ".join(own.get(name, f"sample.{name}") for name in columns)
        env.cr.execute(
            f"""INSERT INTO {record._table} ({", ".join(columns)}) SELECT {values} FROM {record._table} sample, ec_listing l
                {"JOIN product_template t ON t.default_code = l.sku" if extra else ""} WHERE sample.id = %s AND l.channel_id = %s""",
            [record.id, channel.id],
        )
        env.cr.execute(f"ANALYZE {record._table}")
    env.cr.execute(
        """
        UPDATE ec_listing l SET product_id = p.id, state = 'matched', match_method = 'sku' FROM product_product p
         WHERE p.default_code = l.sku AND l.channel_id = %(channel)s;
        INSERT INTO stock_quant (product_id, location_id, company_id, quantity, reserved_quantity, in_date)
        SELECT p.id, %(location)s, %(company)s, %(there)s, 0, now() FROM product_product p JOIN ec_listing l ON l.product_id = p.id AND l.channel_id = %(channel)s;
        ANALYZE
        """,
        {"channel": channel.id, "location": channel.warehouse_id.lot_stock_id.id, "company": channel.company_id.id, "there": THERE},
    )
    env.cr.commit()
    env.invalidate_all()
    found = env["ec.listing"].search_count([("channel_id", "=", channel.id), ("state", "=", "matched")])
    assert found == LEVELS, f"{found} of {LEVELS} items"


def drive(env, channel, waiting, seconds):
    """Run the stock and the reading lane, as the scheduled actions do, until no figure is `waiting` (SQL)."""
    until = time.perf_counter() + seconds
    while time.perf_counter() < until:
        env["ec.lane"]._cron_stock()
        env["ec.lane"]._cron_fetch()
        env.cr.execute(f"SELECT count(*), (SELECT count(*) FROM ec_stock_level) FROM ec_stock_level WHERE {waiting}")
        left, rows = env.cr.fetchone()
        env.cr.execute("SELECT paused_until - now() AT TIME ZONE 'UTC', last_error FROM ec_channel WHERE id = %s", [channel.id])
        paused, error = env.cr.fetchone()
        env.cr.commit()
        if rows and not left:
            return
        if error:
            raise AssertionError(error)
        time.sleep(min(5, max(0.05, paused.total_seconds())) if paused else 0.05)
    raise AssertionError(f"still {left} figures after {seconds} s: {counts(env)}")


def counts(env):
    env.cr.execute("SELECT state, count(*) FROM ec_stock_level GROUP BY 1")
    return dict(env.cr.fetchall())


if __name__ == "__main__":
    print(run())
