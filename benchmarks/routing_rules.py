"""Thirty rules on a thousand orders, facts read and plans made: against the rules' domains asked one order at a time, in the same run."""

import time

import routing_world
from harness import Figure, Meter, close_odoo, median, new_database, odoo_env, say

ORDERS = 1000
ROUNDS = 5
PLAIN = 40


def run():
    database = new_database("bench_routing_rules")
    with odoo_env(database) as env:
        ids = routing_world.build(env, ORDERS)
        rule_set = env["ec.rule.set"].create({"name": "Bench", "rule_ids": routing_world.rules(env)})
        rule_set._activate("Bench")
        env.cr.commit()
        rates, sql = [], []
        for number in range(ROUNDS + 1):
            env.invalidate_all()
            orders = env["sale.order"].browse(ids)
            with Meter(env) as meter:
                decided = env["ec.routing"]._decide(rule_set, orders)
            assert len(decided) == ORDERS and any(plan.add_tags for *_rest, plan in decided)
            assert not any(plan.errors for *_rest, plan in decided), next(plan.errors for *_rest, plan in decided if plan.errors)
            if number:  # the first one compiles
                rates.append(ORDERS / meter.wall)
                sql.append(meter.sql)
                say(f"{ORDERS / meter.wall:8.0f} orders/s {meter.sql} SQL {1000 * meter.cpu / ORDERS:.3f} ms CPU an order")
            env.cr.rollback()
        base = plain(env, rule_set, ids[:PLAIN])
    close_odoo()
    rate = median(rates)
    return [
        Figure("routing.rules_orders_per_s", rate, "orders/s", base, rate / base, "30 rules; baseline: filtered_domain, order by order"),
        Figure("routing.rules_sql", median(sql), "SQL", None, None, f"in all, for {ORDERS} orders"),
    ]


def plain(env, rule_set, ids):
    """The same domains as `base_automation` and the like ask them."""
    domains = [rule_set._domain_of("applies_to")]
    domains += [env["ec.rule"]._domain(rule.order_domain) for rule in rule_set.rule_ids if rule.order_domain]
    env.invalidate_all()
    started = time.perf_counter()
    for order_id in ids:
        order = env["sale.order"].browse(order_id)
        for domain in domains:
            order.filtered_domain(domain)
        env.invalidate_all()
    rate = len(ids) / (time.perf_counter() - started)
    say(f"{rate:8.0f} orders/s by filtered_domain")
    return rate
