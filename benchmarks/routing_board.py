"""The board at 100,000 open orders: queues with counts and values, and a page of orders, as the screen asks for them."""

import subprocess
import time

import routing_world
from harness import ROOT, Figure, close_odoo, median, new_database, odoo_env, say

ORDERS = 100_000


def run():
    database = new_database("bench_routing_board")
    with odoo_env(database) as env:
        groups = [(4, env.ref(name).id) for name in ("ec_order_hold.group_hold_manager", "sales_team.group_sale_manager")]
        users = env["res.users"].create([{"name": login, "login": login, "group_ids": groups} for login in ("manager", "clerk", "店長", "salesperson")])
        [template] = routing_world.build(env, 1)
        manager = users[0].id
        env.cr.commit()
    subprocess.run(
        ["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-v", f"orders={ORDERS}", "-v", f"template={template}", "-d", database, "-f", str(ROOT / "tests/browser/board_orders.sql")],
        check=True, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    with odoo_env(database) as env:
        board = env["ec.order.board"].with_user(manager)
        times = []
        for queue in ("", "", "waiting_stock", "held", "ready"):
            env.invalidate_all()
            started = time.perf_counter()
            answer = board.board(queue=queue)
            times.append(time.perf_counter() - started)
            say(f"{times[-1]:.2f} s {queue or 'first queue'}: {len(answer['queues'])} queues, {len(answer['rows'])} rows")
        assert len(answer["rows"]) == 80, len(answer["rows"])
        env.cr.rollback()
    close_odoo()
    return [Figure("routing.board_s", median(times[1:]), "s", None, None, f"{ORDERS} open orders, on the server; with the browser: tests/browser/test_board.py")]
