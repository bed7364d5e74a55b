"""A draft of rules over 100,000 past decisions, on the facts that were stored with them."""

import time

import routing_world
from harness import Figure, close_odoo, new_database, odoo_env, say

ORDERS = 2000
COPIES = 50  # of each order's decision: 100,000 in all


def run():
    database = new_database("bench_routing_replay")
    with odoo_env(database) as env:
        routing_world.build(env, ORDERS)
        parts = routing_world.rules(env)
        first = env["ec.rule.set"].create({"name": "Bench", "rule_ids": parts, "strategy_ids": routing_world.strategies()})
        routing_world.source(first)
        first._activate("Bench")
        env.cr.commit()
        env["ec.lane"]._cron_route()
        total = multiply(env)
        draft = first._new_version()
        replay = env["ec.replay"].create({"set_id": draft.id})
        replay.action_start()
        env.cr.commit()
        assert replay.total == total, (replay.total, total)
        started = time.perf_counter()
        env["ec.lane"]._run(env["ec.replay"]._work, seconds=3000)
        seconds = time.perf_counter() - started
        env.invalidate_all()
        say(f"{total} orders in {seconds:.0f} s: {total / seconds:.0f} orders/s; {replay.changed} would change")
        assert replay.state == "done" and replay.looked_at == total and replay.changed == 0
    close_odoo()
    return [Figure("routing.replay_100k_s", seconds * 100_000 / total, "s", None, None, f"{total} decisions with 31 rules and the choice of warehouse and carrier")]


def multiply(env):
    """As if a hundred thousand orders had been decided: the orders' rows and decisions, copied. Returns the number of decisions."""
    env.cr.execute("SELECT count(DISTINCT order_id) FROM ec_decision")
    decided = env.cr.fetchone()[0]
    assert decided == ORDERS, decided
    env.cr.execute(
        """CREATE TEMP TABLE copies AS SELECT o.id AS old, nextval('sale_order_id_seq')::int AS new FROM sale_order o, generate_series(2, %s)""", [COPIES]
    )
    env.cr.execute(
        """INSERT INTO sale_order SELECT (jsonb_populate_record(o, jsonb_build_object('id', c.new, 'name', 'R' || c.new, 'access_token', NULL))).*
             FROM copies c JOIN sale_order o ON o.id = c.old"""
    )
    env.cr.execute(
        """INSERT INTO ec_decision (order_id, company_id, set_id, reason, fingerprint, snapshot, plan, decided_at)
           SELECT c.new, d.company_id, d.set_id, d.reason, d.fingerprint, d.snapshot, d.plan, d.decided_at FROM copies c JOIN ec_decision d ON d.order_id = c.old"""
    )
    env.cr.execute("DELETE FROM ec_routing_todo")
    env.cr.execute("ANALYZE ec_decision")
    env.cr.commit()
    return decided * COPIES
