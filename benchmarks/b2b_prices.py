"""A thousand prices of one account among 100,000 rules, and 100 lines added to an order: beside Odoo's own methods in the same run."""

import contextlib
import random
import time
from unittest.mock import patch

from harness import Figure, Meter, close_odoo, median, new_database, odoo_env, say

PRODUCTS, RULES, LISTS = 10_000, 100_000, 4  # rules in all, most of them of the account's own list
ASKED, LINES, ROUNDS, PLAIN = 1_000, 100, 7, 3


def run():
    database = new_database("bench_b2b_prices")
    with odoo_env(database) as env:
        account, products, partner = world(env)
        env.cr.commit()
        asked = random.Random(2).sample(products, ASKED)
        ours, sql = thousand(env, account, asked, ROUNDS)
        with plain_odoo(env):
            plain, _sql = thousand(env, account, asked, PLAIN)
        same(env, account, asked)
        lines = random.Random(3).sample(products, LINES)
        added = add_lines(env, account, partner, lines, ROUNDS)
        with plain_odoo(env):
            plain_added = add_lines(env, account, partner, lines, PLAIN)
        env.cr.rollback()
    close_odoo()
    note = f"{RULES} rules, {LISTS} lists behind each other; cold cache"
    return [
        Figure("b2b.price_1000_ms", ours, "ms", plain, plain / ours, note),
        Figure("b2b.price_1000_sql", sql, "SQL"),
        Figure("b2b.add_100_lines_ms", added, "ms", plain_added, plain_added / added, "written to the database, taxes and totals included"),
    ]


def world(env):
    """An account with its own list of nine rules a product (breaks, rates and net prices), falling back on three others."""
    rng = random.Random(1)
    env["res.config.settings"].create({"group_product_pricelist": True}).execute()
    brands = env["ec.brand"].create([{"name": f"Brand {number}"} for number in range(40)]).ids
    top = env["product.category"].create([{"name": f"Group {number}"} for number in range(20)])
    categories = env["product.category"].create([{"name": f"Class {number}", "parent_id": rng.choice(top.ids)} for number in range(200)]).ids
    tax = env["account.tax"].search([("type_tax_use", "=", "sale"), ("company_id", "=", env.company.id)], limit=1).ids
    products = env["product.product"].create(
        [
            {
                "name": f"Article {number}", "default_code": f"A{number:05}", "list_price": rng.randrange(100, 100_000), "categ_id": rng.choice(categories),
                "ec_brand_id": rng.choice(brands), "taxes_id": [(6, 0, tax)],
            }
            for number in range(PRODUCTS)
        ]
    )  # fmt: skip
    pricelist = env["product.pricelist"]
    for number in range(LISTS):
        pricelist = pricelist.create({"name": f"List {number}", "ec_fallback_id": pricelist.id, "ec_rounding": "down"})
    lists = pricelist._ec_chain()
    rules = [{"pricelist_id": lists[-1].id, "compute_price": "percentage", "percent_price": 10}]
    rules += [{"pricelist_id": lists[2].id, "compute_price": "percentage", "percent_price": rng.randrange(10, 40), "ec_brand_id": brand} for brand in brands]
    rules += [{"pricelist_id": lists[1].id, "compute_price": "percentage", "percent_price": rng.randrange(20, 50), "categ_id": category} for category in categories[:150]]
    while len(rules) < RULES:
        product = rng.choice(products)
        price = {"compute_price": "fixed", "fixed_price": rng.randrange(50, 50_000)} if rng.random() < 0.5 else {"compute_price": "percentage", "percent_price": rng.randrange(60)}
        about = {"product_id": product.id} if rng.random() < 0.3 else {}
        rules.append({"pricelist_id": pricelist.id, "product_tmpl_id": product.product_tmpl_id.id, "min_quantity": rng.choice([0, 10, 50, 100]), **about, **price})
    for start in range(0, len(rules), 5_000):
        env["product.pricelist.item"].create(rules[start : start + 5_000])
        env.invalidate_all()
    env.cr.execute("ANALYZE")
    return pricelist.id, products.ids, env["res.partner"].create({"name": "Account"}).id


@contextlib.contextmanager
def plain_odoo(env):
    """Odoo's own way of finding rules and prices."""
    from odoo.addons.product.models.product_pricelist import ProductPricelist

    Pricelist = type(env["product.pricelist"])
    with patch.object(Pricelist, "_compute_price_rule", ProductPricelist._compute_price_rule), patch.object(Pricelist, "_ec_finds_as_odoo", lambda self: False):
        yield


def thousand(env, account, asked, rounds):
    times, sql = [], []
    for _round in range(rounds):
        env.invalidate_all()
        pricelist, products = env["product.pricelist"].browse(account), env["product.product"].browse(asked)
        env.company.currency_id.mapped("name")  # every request has read its company
        with Meter(env) as meter:
            prices = pricelist._get_products_price(products, 10)
        assert len(prices) == len(asked)
        times.append(1000 * meter.wall)
        sql.append(meter.sql)
        say(f"{times[-1]:8.0f} ms {sql[-1]} SQL {1000 * meter.cpu:.0f} ms CPU for {len(asked)} prices")
    return median(times), median(sql)


def same(env, account, asked):
    pricelist, products = env["product.pricelist"].browse(account), env["product.product"].browse(asked)
    date = env.cr.now()
    ours = pricelist._compute_price_rule(products, 10, date=date)
    with plain_odoo(env):
        assert pricelist._compute_price_rule(products, 10, date=date) == ours


def add_lines(env, account, partner, products, rounds):
    times = []
    for number in range(rounds):
        order = env["sale.order"].create({"partner_id": partner, "pricelist_id": account})
        env.flush_all()
        env.invalidate_all()
        lines = [(0, 0, {"product_id": product, "product_uom_qty": 1 + (number + place) % 120}) for place, product in enumerate(products)]
        started = time.perf_counter()
        order.write({"order_line": lines})
        env.flush_all()
        times.append(1000 * (time.perf_counter() - started))
        assert len(order.order_line) == len(products) and order.amount_total > 0
        say(f"{times[-1]:8.0f} ms for {len(products)} lines")
    return median(times)
