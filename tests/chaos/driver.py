"""The people at Odoo's screens, as a process: reads commands (one JSON a line) from stdin, answers each with one line.

Run as `python driver.py <rc> <database>`. It uses the models as a client would; the lanes run elsewhere, in the server.
"""

import json
import sys
import traceback
from datetime import timedelta
from functools import partial

import odoo.tools
from odoo import SUPERUSER_ID, api, fields
from odoo.modules.registry import Registry
from odoo.service.model import retrying

LOT = 25
PENDING = ("pending",)
STUCK = ("parked", "bug", "failed")


def setup(env, url, domain, token, secret, base_url, skus, prices):
    """Products with plenty of stock and one live channel."""
    env["ir.config_parameter"].set_param("web.base.url", base_url)
    env["ir.config_parameter"].set_param("web.base.url.freeze", "True")
    products = env["product.product"].create(
        [{"name": f"Goods {sku}", "default_code": sku, "type": "consu", "is_storable": True} for sku in skus]
    )
    warehouse = env["stock.warehouse"].search([], limit=1)
    for product in products:
        env["stock.quant"]._update_available_quantity(product, warehouse.lot_stock_id, 1_000_000)
    channel = env["ec.channel"].create(
        {
            "name": "Shop", "connector": "shopify", "warehouse_id": warehouse.id, "state": "live", "endpoint_url": url,
            "allow_private_host": True, "shopify_shop_domain": domain, "shopify_auth": "token",
            "import_since": fields.Datetime.now() - timedelta(days=30),
        }
    )
    channel.write({"shopify_token": token, "shopify_client_secret": secret})
    channel._work_maintain()
    return {"health": channel.health, "problem": channel.health_message or channel.webhook_note or ""}


def _orders(env, names):
    found = env["sale.order"].search([("ec_name", "in", names)])
    return {order.ec_name: order for order in found}


def deliver(env, rows):
    """Validate the open deliveries of these orders, whole or one unit short; what is held is left."""
    orders = _orders(env, [row["order"] for row in rows])
    whole, part = env["stock.picking"], env["stock.picking"]
    for row in rows:
        order = orders.get(row["order"])
        if not order or order.state != "sale" or order.ec_blocks_delivery:
            continue
        picking = order.picking_ids.filtered(lambda p: p.state == "assigned" and p.picking_type_code == "outgoing")[:1]
        if not picking:
            continue
        if row["tracking"]:
            picking.carrier_tracking_ref = row["tracking"]
        move = picking.move_ids.filtered(lambda m: m.product_uom_qty > 1)[:1]
        if row["partial"] and move:
            for one in picking.move_ids:
                one.quantity = 1 if one == move else 0
                one.picked = True
            part |= picking
        else:
            whole |= picking
    for pickings in (whole, part):
        if pickings:
            pickings.with_context(skip_backorder=True, skip_sms=True).button_validate()
    return len(whole | part)


def track(env, rows):
    orders = _orders(env, [row["order"] for row in rows])
    count = 0
    for row in rows:
        picking = orders[row["order"]].picking_ids.filtered(lambda p: p.state == "done")[:1]
        if picking:
            picking.carrier_tracking_ref = row["tracking"]
            count += 1
    return count


def nudge(env, since):
    """Time passes: whatever waits for its moment is due now, and the shop is read again unless it was read since then."""
    cr = env.cr
    cr.execute("SELECT id FROM ec_channel WHERE paused_until > now() AT TIME ZONE 'UTC' + interval '1 second'")
    for (channel_id,) in cr.fetchall():
        cr.execute("UPDATE ec_channel SET paused_until = now() AT TIME ZONE 'UTC' WHERE id = %s", [channel_id])
    cr.execute(
        "UPDATE ec_channel SET poll_next_at = NULL WHERE poll_next_at > now() AT TIME ZONE 'UTC' AND polled_at < %s", [since]
    )
    for table in ("ec_inbound_event", "ec_outbound_message"):
        cr.execute(
            f"UPDATE {table} SET due_at = now() AT TIME ZONE 'UTC' WHERE id IN (SELECT id FROM {table}"
            "  WHERE state = 'pending' AND due_at > now() AT TIME ZONE 'UTC' FOR UPDATE SKIP LOCKED)"
        )
    env["ec.lane"]._wake("fetch", "import", "confirm", "push")


def status(env, since):
    """What is still to be done, by counts; `read`: whether the shop has been read through since then."""
    cr = env.cr
    cr.execute("SELECT count(*) FROM ec_inbound_event WHERE state = 'pending'")
    events = cr.fetchone()[0]
    cr.execute("SELECT count(*) FROM ec_outbound_message WHERE state = 'pending'")
    messages = cr.fetchone()[0]
    cr.execute("SELECT count(*) FROM ec_channel WHERE polled_at >= %s AND poll_cursor IS NULL", [since])
    read = bool(cr.fetchone()[0])
    return {
        "now": fields.Datetime.to_string(fields.Datetime.now()), "events": events, "messages": messages, "read": read,
        "confirm": len(env["sale.order"]._ec_warehouses_to_confirm()),
    }


def snapshot(env):
    """The end state, in words that do not depend on ids or moments."""
    orders = env["sale.order"].search([("ec_channel_id", "!=", False)], order="ec_name, id")
    stuck = {}
    for model in ("ec.inbound.event", "ec.outbound.message"):
        for row in env[model].search([("state", "in", STUCK)]):
            stuck.setdefault(f"{model} {row.state} {row.error_code}", []).append(row.error_message or row.error_trace or "")
    partners = env["ec.partner.binding"].search([("key", "=like", "customer:%")])
    per_customer = {}
    for binding in partners:
        per_customer.setdefault(binding.key, set()).add(binding.partner_id.id)
    emails = {}
    for partner in env["res.partner"].search([("parent_id", "=", False), ("email", "like", "buyer%@example.com")]):
        emails[partner.email] = emails.get(partner.email, 0) + 1
    quants = env["stock.quant"].search([("location_id.usage", "=", "internal")])
    stock = {}
    for quant in quants:
        have = stock.setdefault(quant.product_id.default_code, [0, 0])
        have[0] += quant.quantity
        have[1] += quant.reserved_quantity
    return {
        "orders": [_order(order) for order in orders],
        "stuck": {key: [len(values), values[0][-600:]] for key, values in stuck.items()},
        "customers": len(per_customer),
        "doubled_customers": [key for key, ids in per_customer.items() if len(ids) > 1],
        "contacts_per_email": emails,
        "stock": stock,
        "events": env["ec.inbound.event"].search_count([]),
    }


def _order(order):
    lines, delivered = [], {}
    for line in order.order_line:
        if line.product_uom_qty or line.qty_delivered:
            lines.append([line.product_id.default_code or line.name, line.product_uom_qty, round(line.price_total, 2)])
        if line.qty_delivered and line.product_id.is_storable:
            delivered[line.product_id.default_code] = delivered.get(line.product_id.default_code, 0) + line.qty_delivered
    pickings = order.picking_ids.filtered(lambda p: p.state != "cancel" and p.picking_type_code == "outgoing")
    shipping = order.partner_shipping_id
    return {
        "name": order.ec_name,
        "id": order.ec_external_id,
        "state": order.state,
        "holds": order.ec_hold_codes or "",
        "total": f"{order.amount_total:.2f}",
        "lines": sorted(lines),
        "customer": [order.partner_id.name, order.partner_id.email or ""],
        # family name first or last: the contact has the name with which the customer was first met
        "ship_to": [" ".join(sorted((shipping.name or "").split())), shipping.street or "", shipping.city or ""],
        "refunds": sorted([refund.state, f"{refund.amount:.2f}"] for refund in order.ec_refund_ids),
        "delivered": delivered,
        "deliveries": sorted(
            [
                picking.state,
                picking.carrier_tracking_ref or "",
                sorted([m.product_id.default_code, m.quantity if m.state == "done" else m.product_uom_qty] for m in picking.move_ids if m.state != "cancel"),
            ]
            for picking in pickings
        ),
        "told": sorted([m.kind, m.state, m.tracking or "", len(m.external_ids or ())] for m in order.ec_message_ids),
    }


COMMANDS = {f.__name__: f for f in (setup, deliver, track, nudge, status, snapshot)}


def main():
    rc, database = sys.argv[1:]
    odoo.tools.config.parse_config(["-c", rc, "-d", database, "--log-level=warn"])
    registry = Registry(database)
    print(json.dumps("ready"), flush=True)
    for text in sys.stdin:
        command = json.loads(text)
        name = command.pop("do")
        try:
            registry.check_signaling()
            with registry.cursor() as cr:
                env = api.Environment(cr, SUPERUSER_ID, {"tracking_disable": True})
                answer = {"ok": retrying(partial(COMMANDS[name], env, **command), env)}
        except Exception:
            answer = {"error": traceback.format_exc()}
        print(json.dumps(answer), flush=True)


main()
