"""The active rules over 100,000 past decisions (of 10,000 orders), on the facts that were stored: nothing may differ, every fingerprint holds."""

import time

import routing_world
from harness import Figure, close_odoo, new_database, odoo_env, say

ORDERS = 10_000
COPIES = 10  # of each order's decision: 100,000 in all


def run():
    database = new_database("bench_routing_replay")
    with odoo_env(database) as env:
        routing_world.build(env, ORDERS)
        parts = routing_world.rules(env)
        first = env["ec.rule.set"].create({"name": "Bench", "rule_ids": parts, "strategy_ids": routing_world.strategies()})
        routing_world.source(first)
        first._activate("Bench")
        env.cr.commit()
        env["ec.lane"]._run(lambda: env["ec.routing"]._work(200), seconds=3000)
        total = multiply(env)
        replay = env["ec.replay"].create({"set_id": first.id})
        replay.action_start()
        env.cr.commit()
        assert replay.total == total, (replay.total, total)
        started = time.perf_counter()
        env["ec.lane"]._run(env["ec.replay"]._work, seconds=3000)
        seconds = time.perf_counter() - started
        env.invalidate_all()
        say(f"{total} orders in {seconds:.0f} s: {total / seconds:.0f} orders/s; {replay.changed} would change")
        assert replay.state == "done" and replay.looked_at == total, (replay.state, replay.looked_at)
        assert not (replay.changed or replay.unsure or replay.unverified), (replay.changed, replay.unsure, replay.unverified)
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
        """INSERT INTO sale_order SELECT r.* FROM copies c JOIN sale_order o ON o.id = c.old,
                  LATERAL jsonb_populate_record(o, jsonb_build_object('id', c.new, 'name', 'R' || c.new, 'access_token', NULL)) r"""
    )
    env.cr.execute(
        """INSERT INTO ec_decision (order_id, company_id, set_id, reason, fingerprint, snapshot, plan, decided_at)
           SELECT c.new, d.company_id, d.set_id, d.reason, d.fingerprint, d.snapshot, d.plan, d.decided_at FROM copies c JOIN ec_decision d ON d.order_id = c.old"""
    )
    env.cr.execute("DELETE FROM ec_routing_todo")
    env.cr.execute("ANALYZE ec_decision")
    env.cr.commit()
    return decided * COPIES
