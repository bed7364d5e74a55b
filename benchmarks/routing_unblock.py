"""A receipt comes for which 2,000 orders wait: validated, all of them looked at again, released and reserved."""

import time

import routing_world
from harness import Figure, close_odoo, new_database, odoo_env, say

ORDERS = 2000
BYSTANDERS = 200


def run():
    database = new_database("bench_routing_unblock")
    with odoo_env(database) as env:
        ids = routing_world.build(env, ORDERS + BYSTANDERS, products=20, stock=0)
        waiting, others = ids[:ORDERS], ids[ORDERS:]
        rare = env["product.product"].create({"name": "Bystander", "is_storable": True})
        env["sale.order.line"].search([("order_id", "in", others)]).write({"product_id": rare.id})
        rule_set = env["ec.rule.set"].create({"name": "Bench", "rule_ids": [(0, 0, short())]})
        rule_set._activate("Bench")
        env.cr.commit()
        work(env)
        assert held(env, ids) == len(ids)
        env["sale.order"].browse(waiting)._ec_confirm_batch()
        env.cr.commit()
        receipt = receive(env)
        env.cr.commit()
        looked_at = decisions(env, others)
        started = time.perf_counter()
        receipt.button_validate()
        env.cr.commit()
        validated = time.perf_counter() - started
        work(env)
        seconds = time.perf_counter() - started
        say(f"receipt validated in {validated:.1f} s, all of it in {seconds:.1f} s")
        assert held(env, waiting) == 0 and held(env, others) == BYSTANDERS
        assert decisions(env, others) == looked_at, "orders that wait for something else were looked at"
        env.cr.execute(
            "SELECT count(*) FROM stock_move m JOIN sale_order_line l ON l.id = m.sale_line_id WHERE l.order_id = ANY(%s) AND m.state <> 'assigned'", [waiting]
        )
        assert env.cr.fetchone()[0] == 0, "not all were reserved"
    close_odoo()
    return [Figure("routing.unblock_2000_s", seconds, "s", None, None, f"of which validating the receipt {validated:.1f} s")]


def short():
    return {
        "name": "Stock short", "scope": "hold", "function_ids": [(0, 0, {"name": "stock_short", "args": {}})],
        "action_ids": [(0, 0, {"name": "hold", "args": {"code": "stock_short"}})],
    }  # fmt: skip


def work(env):
    env["ec.lane"]._cron_route()
    env["ec.routing.todo"]._add_due()
    env["ec.lane"]._cron_route()
    env.invalidate_all()


def held(env, ids):
    env.cr.execute("SELECT count(DISTINCT order_id) FROM ec_order_hold WHERE open AND order_id = ANY(%s)", [ids])
    return env.cr.fetchone()[0]


def decisions(env, ids):
    env.cr.execute("SELECT count(*) FROM ec_decision WHERE order_id = ANY(%s)", [ids])
    return env.cr.fetchone()[0]


def receive(env):
    """A receipt of everything that the waiting orders want, confirmed."""
    kind = env["stock.warehouse"].search([], limit=1, order="id").in_type_id
    env.cr.execute(
        """SELECT product_id, sum(product_qty) FROM stock_move WHERE state IN ('confirmed', 'partially_available') AND sale_line_id IS NOT NULL GROUP BY 1"""
    )
    lines = env.cr.fetchall()
    supplier = env.ref("stock.stock_location_suppliers")
    picking = env["stock.picking"].create(
        {
            "picking_type_id": kind.id, "location_id": supplier.id, "location_dest_id": kind.default_location_dest_id.id,
            "move_ids": [
                (0, 0, {"product_id": product, "product_uom_qty": units, "location_id": supplier.id, "location_dest_id": kind.default_location_dest_id.id})
                for product, units in lines
            ],
        }
    )  # fmt: skip
    picking.action_confirm()
    for move in picking.move_ids:
        move.quantity = move.product_uom_qty
        move.picked = True
    return picking
