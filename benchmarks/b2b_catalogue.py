"""A buyer's catalogue page of 80 SKUs out of 100,000 products, with own prices and stock, and the same sorted by own price; beside Odoo's shop page of 20."""

import http.cookiejar
import re
import subprocess
import time
import urllib.parse
import urllib.request

from harness import ROOT, Figure, close_odoo, median, new_database, odoo_env, say
from stock_recompute import copies
from webhooks import PORT, server

PRODUCTS, RULES, ITEMS = 100_000, 100_000, 5_000
ROUNDS = 15
LOGIN = "buyer@example.com"


def run():
    database = portal_database("bench_b2b_catalogue")
    with odoo_env(database) as env:
        fill(env)
        sorted_as_priced(env)
    close_odoo()
    with server(database):
        browser = Browser()
        page = browser.time("/my/trade/catalogue")
        pages = [browser.time(path) for path in ("/my/trade/catalogue/page/3", "/my/trade/catalogue?search=article+77&sort=name", "/my/trade/catalogue?sort=name")]
        by_price = browser.time("/my/trade/catalogue?sort=price")
        browser.time("/my/trade/catalogue/page/400?sort=price_desc")
        shop = browser.time("/shop")
    say(f"page 3: {pages[0]:.0f} ms; found by name: {pages[1]:.0f} ms; all by name: {pages[2]:.0f} ms")
    note = f"80 of {PRODUCTS:,} products, {RULES:,} rules; baseline: Odoo's /shop with 20, the same login"
    return [
        Figure("b2b.catalogue_ms", page, "ms", shop, shop / page, note),
        Figure("b2b.sort_ms", by_price, "ms", shop, shop / by_price, "the same page sorted by own price; prices known since the last change"),
    ]


def portal_database(name):
    """A new database with the trade portal and its web shop."""
    database = new_database(name)
    subprocess.run(
        ["bash", "-c", f'. {ROOT}/dev/env.sh; use_cluster live; odoo -c "$ODOO_RC" -d {database} -i ec_b2b_portal --stop-after-init --no-http --log-level=error'],
        check=True,
    )
    return database


class Browser:
    """The buyer, logged in."""

    def __init__(self):
        cookies = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        self.opener = urllib.request.build_opener(cookies)
        token = re.search(r'name="csrf_token" value="(\w+)"', self.get("/web/login"))[1]
        form = {"csrf_token": token, "login": LOGIN, "password": LOGIN}
        self.opener.open(f"http://127.0.0.1:{PORT}/web/login", urllib.parse.urlencode(form).encode()).read()

    def get(self, path):
        return self.opener.open(f"http://127.0.0.1:{PORT}{path}", timeout=120).read().decode()

    def time(self, path):
        """Milliseconds of a page, warm: both workers have their caches."""
        for _warm in range(6):
            answer = self.get(path)
        if path.startswith("/my/trade"):
            assert answer.count('name="quantity_') == 80, path
        times = []
        for _round in range(ROUNDS):
            started = time.perf_counter()
            self.get(path)
            times.append(1000 * (time.perf_counter() - started))
        say(f"{path}: {median(times):.0f} ms ({min(times):.0f} to {max(times):.0f}), {len(answer) // 1000} kB")
        return median(times)


def fill(env, products=PRODUCTS, rules=RULES, items=ITEMS, priced=33_000):
    """Products of 200 categories and 40 brands, a list of rules behind which others stand, an account that sees nine of ten products, stock and item codes.

    `priced`: products that have rules of their own. Gives the account.
    """
    env["res.config.settings"].create({"group_product_pricelist": True}).execute()
    brands = env["ec.brand"].create([{"name": f"Brand {number}"} for number in range(40)]).ids
    categories = env["product.category"].create([{"name": f"Class {number}"} for number in range(200)]).ids
    policy = env["ec.stock.policy"].create({"name": "Trade", "line_ids": [(0, 0, {"warehouse_id": env["stock.warehouse"].search([], limit=1).id})]})
    product = env["product.product"].create({"name": "Article", "default_code": "A", "is_storable": True, "list_price": 1000, "website_published": True, "taxes_id": False})
    behind = env["product.pricelist"].create({"name": "General", "ec_rounding": "down"})
    env["product.pricelist.item"].create(
        [{"pricelist_id": behind.id, "applied_on": "2_product_category", "categ_id": category, "compute_price": "percentage", "percent_price": 10 + n % 40} for n, category in enumerate(categories)]
    )
    own = env["product.pricelist"].create({"name": "Own", "ec_fallback_id": behind.id, "ec_rounding": "down"})
    rule = env["product.pricelist.item"].create(
        {"pricelist_id": own.id, "applied_on": "1_product", "product_tmpl_id": product.product_tmpl_id.id, "compute_price": "fixed", "fixed_price": 500}
    )
    company = env["res.partner"].create({"name": "Buyers", "is_company": True})
    contact = env["res.partner"].create({"name": "Bea", "parent_id": company.id, "email": LOGIN})
    env["res.users"].with_context(no_reset_password=True).create(
        {"login": LOGIN, "password": LOGIN, "partner_id": contact.id, "group_ids": [(6, 0, env.ref("base.group_portal").ids)]}
    )
    account = env["ec.trade.account"].create(
        {
            "partner_id": company.id, "pricelist_id": own.id, "hidden_category_ids": [(6, 0, categories[:20])], "stock_shown": "exact", "stock_policy_id": policy.id,
            "buyer_ids": [(0, 0, {"partner_id": contact.id, "role_id": env.ref("ec_b2b_portal.role_purchaser").id})],
        }
    )  # fmt: skip
    account.action_activate()
    env.flush_all()
    about = """jsonb_build_object('name', jsonb_build_object('en_US', 'Article ' || n), 'default_code', 'A' || lpad(n::text, 6, '0'), 'list_price', 100 + n::bigint * 7919 %% 99991,
               'categ_id', (%s::int[])[1 + n %% 200], 'ec_brand_id', (%s::int[])[1 + n %% 40])"""
    templates = copies(env, product.product_tmpl_id, products - 1, about, categories, brands)
    values = "jsonb_build_object('product_tmpl_id', (%s::int[])[n], 'default_code', 'A' || lpad(n::text, 6, '0'), 'barcode', (4900000000000 + n)::text)"
    variants = copies(env, product, products - 1, values, templates)
    # one rule of their own, and breaks
    about = """jsonb_build_object('product_tmpl_id', (%s::int[])[1 + n %% %s], 'min_quantity', (ARRAY[0, 10, 100])[1 + n / %s %% 3],
               'fixed_price', 50 + n::bigint * 104729 %% 49999)"""
    copies(env, rule, rules - 300, about, templates, priced, priced)
    env.cr.execute(
        "INSERT INTO ec_stock_figure (product_id, policy_id, quantity, free, offer, mode, version) SELECT p, %s, p %% 90, p %% 90, p %% 90, 'strict', 1 FROM unnest(%s) p ON CONFLICT DO NOTHING",
        [policy.id, variants],
    )
    env.invalidate_all()
    env["ec.trade.item"].create([{"account_id": account.id, "product_id": product_id, "code": f"OWN-{product_id}"} for product_id in variants[:items]])
    env.cr.commit()
    env.cr.execute("ANALYZE")
    started = time.perf_counter()
    env["ec.trade.price"]._ready(env.company, own)
    env.cr.commit()
    say(f"all {products:,} prices to sort by: {time.perf_counter() - started:.1f} s, once")
    env.cr.execute("ANALYZE ec_trade_price")
    env.cr.commit()
    return account


def sorted_as_priced(env):
    """The order is that of prices computed by the price list; also after changes."""
    account = env["ec.trade.account"].search([("partner_id.name", "=", "Buyers")])
    user = env["res.users"].search([("login", "=", LOGIN)])
    rules = account.pricelist_id.item_ids[:1000]
    rules.fixed_price = 77
    started = time.perf_counter()
    products = account._catalogue_products(user, order="price", limit=2000)
    say(f"the first sort after {len(rules)} rules changed: {1000 * (time.perf_counter() - started):.0f} ms")
    prices = [row.price for row in account._catalogue_rows(user, products)]
    assert prices == sorted(prices) and len(prices) > 2000, "not sorted by own price"
    env.cr.rollback()


if __name__ == "__main__":
    print(run())
