"""Stored bodies become confirmed, reserved orders: against plain Odoo, one by one, in turns on one database."""

import sys

import bodies
import world
from harness import Figure, Meter, close_odoo, median, new_database, odoo_env, say
from plain_odoo import PlainOdoo

ROUNDS = 5
OURS = 300
PLAIN = 40
LOT = 100


def run():
    database = new_database("bench_orders")
    with bodies.start_shop() as shop, odoo_env(database) as env:
        channel = world.build(env, shop)
        env.cr.commit()
        bodies.place(shop, OURS)
        events = bodies.read(env, channel, OURS)
        channel.endpoint_url = "http://127.0.0.1:9"  # from here on nothing answers: nothing may be sent
        env.cr.commit()
    ours, plain, sql = [], [], []
    with odoo_env(database) as env:
        channel = env["ec.channel"].search([], limit=1)
        import_ours(env, channel, bodies.renew(events[:LOT], 900))  # both warm
        import_plain(env, channel, bodies.renew(events[:3], 901))
        for number in range(ROUNDS):
            ours.append(import_ours(env, channel, bodies.renew(events, number + 1)))
            plain.append(import_plain(env, channel, bodies.renew(events[:PLAIN], 500 + number)))
            sql.append(count_sql(env, channel, bodies.renew(events[:LOT], 100 + number)))
        check(env)
    close_odoo()
    rate, base = median([m.orders / m.wall for m in ours]), median([m.orders / m.wall for m in plain])
    cpu, base_cpu = (median([1000 * m.cpu / m.orders for m in meters]) for meters in (ours, plain))
    base_sql = median([m.sql / m.orders for m in plain])
    return [
        Figure(
            "orders.import_confirm", rate, "orders/s", base, rate / base,
            f"CPU {cpu:.1f} against {base_cpu:.1f} ms an order: {base_cpu / cpu:.1f} times",
        ),
        Figure("orders.sql_per_order", median(sql), "SQL", base_sql, base_sql / median(sql), f"lots of {LOT}"),
    ]


def import_ours(env, channel, events):
    """As the lanes do it, commits included: the bodies stored in lots, imported, confirmed."""
    lane = env["ec.lane"]
    with Meter(env) as meter:
        for start in range(0, len(events), LOT):
            env["ec.inbound.event"]._store(channel, events[start : start + LOT], "poll")
            env.cr.commit()
        imported = lane._run(env["ec.inbound.event"]._work_import)
        lane._cron_confirm()
    assert imported == len(events), (imported, len(events))
    meter.orders = len(events)
    say(f"Hatoba {meter.orders / meter.wall:7.1f} orders/s {1000 * meter.cpu / meter.orders:7.1f} ms CPU {meter.sql / meter.orders:7.2f} SQL")
    return meter


def import_plain(env, channel, events):
    plain = PlainOdoo(env, channel)
    documents = [channel._connector().parse_order(event) for event in events]
    env.cr.commit()
    with Meter(env) as meter:
        for document in documents:
            plain.import_confirm(document)
    meter.orders = len(events)
    say(f"plain  {meter.orders / meter.wall:7.1f} orders/s {1000 * meter.cpu / meter.orders:7.1f} ms CPU {meter.sql / meter.orders:7.2f} SQL")
    return meter


def count_sql(env, channel, events):
    """Statements an order of one lot of a hundred: stored, imported, confirmed."""
    env["ec.inbound.event"]._store(channel, events, "poll")
    env.cr.commit()
    with Meter(env) as meter:
        assert env["ec.inbound.event"]._work_import(limit=len(events)) == len(events)
        env.cr.commit()
        assert env["sale.order"]._ec_work_confirm(channel.warehouse_id.id, limit=len(events)) == len(events)
        env.cr.commit()
    return meter.sql / len(events)


def check(env):
    """What was measured is what was wanted: every order confirmed, every move reserved, every total the shop's."""
    env.cr.execute(
        """SELECT count(*), count(*) FILTER (WHERE o.state = 'sale'), count(*) FILTER (WHERE o.amount_total = o.ec_total),
                  (SELECT count(*) FROM stock_move m JOIN sale_order_line l ON l.id = m.sale_line_id JOIN sale_order s ON s.id = l.order_id
                    WHERE s.ec_channel_id IS NOT NULL AND m.state = 'assigned')
             FROM sale_order o WHERE ec_channel_id IS NOT NULL"""
    )
    orders, confirmed, exact, moves = env.cr.fetchone()
    assert orders == confirmed == exact and moves == 3 * orders, (orders, confirmed, exact, moves)
    env.cr.execute("SELECT count(*) FROM (SELECT 1 FROM stock_quant GROUP BY product_id, location_id HAVING count(*) > 1) q")
    assert env.cr.fetchone()[0] == 0, "two quants for one product at one place"


if __name__ == "__main__":
    for figure in run():
        print(figure, file=sys.stderr)
