"""A file of 300 rows checked, and ordered: from its bytes to the placed order, among 10,000 products and 100,000 price rules."""

import random
import time

from b2b_prices import world
from harness import Figure, close_odoo, median, new_database, odoo_env, say

LINES, ROUNDS = 300, 5


def run():
    database = new_database("bench_b2b_order")
    with odoo_env(database) as env:
        install(env)
    with odoo_env(database) as env:
        pricelist, products, _partner = world(env)
        user = buyer(env, pricelist, products)
        env.cr.commit()
        figures = [order_file_of(env, user, random.Random(number).sample(products, LINES)) for number in range(ROUNDS)]
        env.cr.rollback()
    close_odoo()
    checked, ordered, sql = (median(values) for values in zip(*figures, strict=True))
    note = f"{LINES} rows of an Excel file, {sql:.0f} SQL to check; read, found, priced"
    return [
        Figure("b2b.upload_check_s", checked, "s", note=note),
        Figure("b2b.upload_order_s", ordered, "s", note="read, checked, put on a draft, checked again, placed, confirmed"),
    ]


def install(env):
    env["ir.module.module"].update_list()
    env["ir.module.module"].search([("name", "=", "ec_b2b_portal")]).button_immediate_install()


def buyer(env, pricelist, products):
    """A purchaser of an account with this price list, to whom all these products are shown."""
    env["product.product"].browse(products).product_tmpl_id.is_published = True
    head = env["res.partner"].create({"name": "Bench customer", "is_company": True, "city": "Osaka"})
    contact = env["res.partner"].create({"name": "Bench buyer", "parent_id": head.id, "email": "bench@example.com"})
    account = env["ec.trade.account"].create({"partner_id": head.id, "pricelist_id": pricelist})
    account.action_activate()
    env["ec.trade.buyer"].create({"account_id": account.id, "partner_id": contact.id, "role_id": env.ref("ec_b2b_portal.role_purchaser").id})
    groups = [(6, 0, env.ref("base.group_portal").ids)]
    return env["res.users"].with_context(no_reset_password=True).create({"name": "Bench buyer", "login": "bench@example.com", "partner_id": contact.id, "group_ids": groups})


def order_file_of(env, user, asked):
    """(seconds to check, seconds to order, SQL to check) for one file of these products."""
    from odoo.addons.ec_b2b_portal import order_file
    from odoo.addons.ec_b2b_portal.models.ec_trade_pad import Row

    codes = env["product.product"].browse(asked).mapped("default_code")
    data = order_file.write_excel([("SKU", "Quantity"), *((code, 1 + place % 120) for place, code in enumerate(codes))])
    website, account = env["website"].search([], limit=1), env["ec.trade.account"].search([("name", "=", "Bench customer")])
    pad = env["ec.trade.pad"].with_user(user)

    def check(rows, order=None):
        pad._check(rows, website, order, account.pricelist_id, order and order.fiscal_position_id)
        pad._answers(rows, account.pricelist_id.currency_id, True)
        assert len(rows) == LINES and all(row.is_good for row in rows)
        return rows

    env.flush_all()
    env.invalidate_all()
    started, sql = time.perf_counter(), env.cr.sql_log_count
    rows = check([Row(str(place), *cells) for place, cells in enumerate(order_file.read(data))])
    checked, sql = time.perf_counter() - started, env.cr.sql_log_count - sql
    order = env["sale.order"].create({"partner_id": user.partner_id.id, "website_id": website.id, "pricelist_id": account.pricelist_id.id})
    # as the portal holds it: the superuser's rights, the buyer's name
    order = order.with_user(user).sudo()
    order._ec_pad_fill(rows, account.pricelist_id)
    env.flush_all()
    env.invalidate_all()
    check([Row(str(line.id), "", f"{line.product_uom_qty:g}", line.product_id.id) for line in order.order_line])
    order._recompute_prices()
    assert order._ec_trade_place(account, "", None, "")
    env.flush_all()
    ordered = time.perf_counter() - started
    assert order.state == "sale" and len(order.picking_ids.move_ids) == LINES
    say(f"checked in {checked:.2f} s ({sql} SQL), ordered in {ordered:.2f} s")
    return checked, ordered, sql
