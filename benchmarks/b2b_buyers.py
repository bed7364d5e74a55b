"""Fifty buyers of ten accounts in the portal at once, two seconds between an answer and the next click: 6,000 SKUs at each account's own prices."""

import json

import b2b_catalogue
from harness import Figure, answer, close_odoo, odoo_env, say, start
from webhooks import PORT, server

PRODUCTS, RULES, ITEMS = 6_000, 12_000, 1_000
ACCOUNTS, BUYERS, ORDERS = 10, 5, 10  # buyers an account, orders a buyer has placed before
WARM, SECONDS, BETWEEN = 30, 60, 2.0


def run():
    database = b2b_catalogue.portal_database("bench_b2b_buyers")
    with odoo_env(database) as env:
        first = b2b_catalogue.fill(env, PRODUCTS, RULES, ITEMS, priced=PRODUCTS - 1)
        accounts = first.concat(*(another(env, first, number) for number in range(1, ACCOUNTS)))
        for account in accounts:
            colleagues(env, account)
        env.cr.commit()
        env.cr.execute("ANALYZE")
        env.cr.commit()
    close_odoo()
    return [clicks(database)]


def clicks(database):
    """The figure of a database made as above."""
    with odoo_env(database) as env, server(database) as odoo:
        process = start("b2b_clicks.py", json.dumps(known(env)))
        assert process.stdout.readline() == "warm\n"
        spent = odoo.cpu(env)
        told = answer(process, SECONDS + 120)
        spent = odoo.cpu(env) - spent
    close_odoo()
    for name, (count, middle, high) in sorted(told["pages"].items()):
        say(f"{name:12}{count:5} clicks   p50 {1000 * middle:5.0f} ms   p95 {1000 * high:5.0f} ms")
    count, middle, high = told["all"]
    note = (
        f"{ACCOUNTS * BUYERS} buyers, {told['rate']:.1f} clicks/s, 2 HTTP workers; p50 {1000 * middle:.0f} ms; {1000 * spent / count:.0f} ms CPU each,"
        f" client {told['cpu']:.1f} s"
    )
    say(note)
    assert not told["errors"], told["errors"][:10]
    return Figure("b2b.p95_50_buyers_s", high, "s", note=note)


def another(env, first, number):
    """An account with a price list of its own: as many rules as the first one's, at other prices."""
    own = env["product.pricelist"].create({"name": f"Own {number}", "ec_fallback_id": first.pricelist_id.ec_fallback_id.id, "ec_rounding": "down"})
    env.flush_all()
    env.cr.execute(
        """INSERT INTO product_pricelist_item
           SELECT (jsonb_populate_record(t, jsonb_build_object('id', nextval('product_pricelist_item_id_seq'), 'pricelist_id', %s::int,
                                                               'fixed_price', t.fixed_price + %s))).*
             FROM product_pricelist_item t WHERE t.pricelist_id = %s""",
        [own.id, 3 * number, first.pricelist_id.id],
    )
    env.invalidate_all()
    company = env["res.partner"].create({"name": f"Customer {number}", "is_company": True, "city": "Osaka"})
    account = env["ec.trade.account"].create(
        {"partner_id": company.id, "pricelist_id": own.id, "stock_shown": "exact", "stock_policy_id": first.stock_policy_id.id,
         "hidden_category_ids": [(6, 0, first.hidden_category_ids.ids)]}
    )  # fmt: skip
    account.action_activate()
    env["ec.trade.price"]._ready(env.company, own)
    return account


def colleagues(env, account):
    """Buyers of the account with a login each, and what they ordered before."""
    company, logins = account.partner_id, [f"buyer{number}.{account.id}@example.com" for number in range(BUYERS)]
    contacts = env["res.partner"].create([{"name": login.partition("@")[0], "parent_id": company.id, "email": login} for login in logins])
    env["res.users"].with_context(no_reset_password=True).create(
        [{"login": login, "partner_id": contact.id, "group_ids": [(6, 0, env.ref("base.group_portal").ids)]} for login, contact in zip(logins, contacts, strict=True)]
    )
    # one password for all: each would take a third of a second
    env.cr.execute("UPDATE res_users SET password = (SELECT password FROM res_users WHERE login = %s) WHERE login = ANY(%s)", [b2b_catalogue.LOGIN, logins])
    role = env.ref("ec_b2b_portal.role_purchaser")
    env["ec.trade.buyer"].create([{"account_id": account.id, "partner_id": contact.id, "role_id": role.id} for contact in contacts])
    products = env["product.product"].search([("default_code", "like", "A0")], limit=3)
    orders = env["sale.order"].create(
        [
            {"partner_id": contact.id, "order_line": [(0, 0, {"product_id": product.id, "product_uom_qty": 2}) for product in products]}
            for contact in contacts
            for _number in range(ORDERS)
        ]
    )
    orders.write({"state": "sale"})


def known(env):
    """What the buyers know: their logins, SKUs, and the shop's pages of some, all in their catalogues."""
    hidden = env["ec.trade.account"].search([], limit=1).hidden_category_ids
    products = env["product.product"].search([("default_code", "like", "A0"), ("categ_id", "not in", hidden.ids)], limit=1000)
    logins = env["res.users"].search([("login", "like", "buyer_.%@example.com")]).mapped("login")
    assert len(logins) == ACCOUNTS * BUYERS
    return {
        "port": PORT, "logins": logins, "password": b2b_catalogue.LOGIN, "warm": WARM, "seconds": SECONDS, "between": BETWEEN,
        "skus": products.mapped("default_code"), "pages": products[:200].product_tmpl_id.mapped("website_url"),
    }  # fmt: skip


if __name__ == "__main__":
    print(run())
