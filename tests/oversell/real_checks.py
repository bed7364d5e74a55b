"""When everybody has gone: all lanes until nothing is left to do, and what must be true then."""

from collections import Counter

from odoo import SUPERUSER_ID, api

WAITING = """
SELECT (SELECT count(*) FROM ec_inbound_event WHERE state = 'pending'), (SELECT count(*) FROM ec_stock_todo),
       (SELECT count(*) FROM ec_stock_sale), (SELECT count(*) FROM ec_stock_dirty),
       (SELECT count(*) FROM ec_stock_level WHERE state <> 'ok' OR flight_batch IS NOT NULL OR desired <> GREATEST(believed, 0))
"""


def settle(registry, all_lanes, rounds=25):
    """Number of rounds until all was quiet."""
    quiet = 0
    for number in range(rounds):
        all_lanes()
        with registry.cursor() as cr:
            cr.execute(WAITING)
            quiet = 0 if any(cr.fetchone()) else quiet + 1
        if quiet == 2:
            return number
    return rounds


def judge(registry, world, reports, orders, strict):
    """Sentences about what is wrong at the end."""
    with registry.cursor() as cr:
        env = api.Environment(cr, SUPERUSER_ID, {"tracking_disable": True})
        found = [*_waiting(cr), *_orders(env, world, orders), *_levels(env, world, reports), *_waiting_moves(env)]
        if strict:
            found += _shown_and_free(cr, world, reports)
        cr.rollback()
    return found


def _waiting(cr):
    cr.execute(WAITING)
    names = ("events", "todo", "sales", "dirty", "levels")
    yield from (f"{count} {name} are not done" for name, count in zip(names, cr.fetchone(), strict=True) if count)
    cr.execute("SELECT state, error_code, count(*) FROM ec_inbound_event WHERE state NOT IN ('done', 'superseded', 'ignored', 'pending') GROUP BY 1, 2")
    yield from (f"events {row}" for row in cr.fetchall())


def _orders(env, world, orders):
    """Every order of every shop is here exactly once, with the shop's quantities."""
    for name, channel in world["channels"].items():
        here = env["sale.order"].search([("ec_channel_id", "=", channel)])
        counts = Counter(here.mapped("ec_external_id"))
        for key, units in orders[name].items():
            if counts[key] != 1:
                yield f"{name}: order {key} is here {counts[key]} times"
                continue
            order = here.filtered(lambda o, key=key: o.ec_external_id == key)
            kept = Counter()
            for line in order.order_line.filtered("ec_external_id"):
                kept[line.product_id.default_code] += int(line.product_uom_qty) if order.state != "cancel" else 0
            if +kept != Counter(units):
                yield f"{name}: order {key} ({order.state}) has {dict(+kept)}, the shop says {units}"
        if extra := set(counts) - set(orders[name]):
            yield f"{name}: orders nobody placed: {extra}"


def _levels(env, world, reports):
    """Every shop shows its target, and we know it."""
    for name, channel in world["channels"].items():
        for level in env["ec.stock.level"].search([("channel_id", "=", channel)]):
            shown = reports[name]["shown"][world["products"].index(level.product_id.id)]
            if not (max(0, level.believed) == max(0, shown) == level.desired and level.state == "ok"):
                yield f"{name}: {level.product_id.default_code} {level.state} shows {shown}, believed {level.believed}, shall show {level.desired}"


def _waiting_moves(env):
    """A move that waits for units set aside could not be reserved."""
    moves = env["stock.move"].search([("ec_set_aside", "=", True)])
    before = {move.id: (move.state, move.quantity) for move in moves}
    moves.filtered(lambda move: move.state in ("confirmed", "waiting", "partially_available"))._action_assign()
    for move in moves:
        if move.quantity > before[move.id][1]:
            yield f"move {move.id} of {move.product_id.default_code} waited for nothing: {before[move.id]}, could have {move.quantity}"


def _shown_and_free(cr, world, reports):
    """All shops together show no more than is neither reserved nor wanted by their own orders."""
    for number, product in enumerate(world["products"]):
        cr.execute(
            """SELECT COALESCE(sum(COALESCE(q.quantity, 0) - COALESCE(q.reserved_quantity, 0)), 0) FROM stock_quant q JOIN stock_location l ON l.id = q.location_id AND l.usage = 'internal'
                WHERE q.product_id = %s""", [product])
        free = int(cr.fetchone()[0])
        shown = sum(report["shown"][number] for report in reports.values())
        if shown > max(0, free):
            yield f"{world['skus'][number]}: {shown} shown, {free} free"
