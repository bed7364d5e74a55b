"""Counting what may be sold anew: 100,000 products under 5 policies, and 1,000 changed products; beside one handwritten statement."""

import subprocess
import time

from harness import Figure, close_odoo, median, new_database, odoo_env, say

PRODUCTS = 100_000
MOVES = 20_000
CLAIM_LINES = 5_000
WAREHOUSES = 5
DIRTY = 1_000
ROUNDS = 5
SHOPS = 5

# What somebody would write by hand for these five policies: no chains, owners, shares, blocked places, rules or explanation
HANDWRITTEN = """
WITH place AS (
    SELECT w.id AS warehouse_id, l.id AS location_id
      FROM stock_warehouse w
      JOIN stock_location v ON v.id = w.view_location_id
      JOIN stock_location l ON l.usage = 'internal' AND l.parent_path LIKE v.parent_path || '%'
),
part AS (
    SELECT place.warehouse_id, q.product_id, sum(q.quantity - q.reserved_quantity) AS units
      FROM stock_quant q JOIN place USING (location_id) GROUP BY 1, 2
    UNION ALL
    SELECT place.warehouse_id, m.product_id, -sum(m.product_qty - COALESCE(m.quantity, 0))
      FROM stock_move m JOIN place USING (location_id)
     WHERE m.state IN ('confirmed', 'waiting', 'partially_available') AND m.location_dest_id NOT IN (SELECT location_id FROM place)
     GROUP BY 1, 2
    UNION ALL
    SELECT o.warehouse_id, l.product_id, -sum(l.product_uom_qty)
      FROM sale_order o JOIN sale_order_line l ON l.order_id = o.id
     WHERE o.ec_claims_stock AND o.state IN ('draft', 'sent') GROUP BY 1, 2
),
figure AS (
    SELECT p.id AS policy_id, part.product_id, floor(sum(part.units)) AS free, floor(sum(part.units)) - p.buffer_value AS offer
      FROM ec_stock_policy p
      JOIN ec_stock_policy_line line ON line.policy_id = p.id
      JOIN part ON part.warehouse_id = line.warehouse_id
     WHERE p.active GROUP BY 1, 2
)
INSERT INTO handwritten AS f (policy_id, product_id, quantity, free, offer, version)
SELECT policy_id, product_id, GREATEST(offer, 0), free, offer, 1 FROM figure
    ON CONFLICT (policy_id, product_id) DO UPDATE
   SET quantity = EXCLUDED.quantity, free = EXCLUDED.free, offer = EXCLUDED.offer, version = f.version + 1
 WHERE (f.quantity, f.free, f.offer) IS DISTINCT FROM (EXCLUDED.quantity, EXCLUDED.free, EXCLUDED.offer)
"""


def run():
    database = new_database("bench_stock_recompute")
    with odoo_env(database) as env:
        products = fill(env)
        figures = measure(env, products)
    close_odoo()
    return figures


def measure(env, products):
    figure, dirty = env["ec.stock.figure"], env["ec.stock.dirty"]
    first = timed(env, figure._recompute)
    first_by_hand = timed(env, lambda: env.cr.execute(HANDWRITTEN))
    say(f"the first time {first:.2f} s, by hand {first_by_hand:.2f} s")
    full, by_hand, changed = [], [], []
    for _round in range(ROUNDS):
        full.append(timed(env, figure._recompute))
        by_hand.append(timed(env, lambda: env.cr.execute(HANDWRITTEN)))
    # a change is folded each second, all is recounted at night: not in the wake of one another
    for number in range(ROUNDS):
        some = products[number::100][:DIRTY]
        env.cr.execute("UPDATE stock_quant SET quantity = quantity + 1 WHERE product_id = ANY(%s)", [some])
        env.cr.commit()
        changed.append(timed(env, dirty._fold))
        env.cr.execute("SELECT count(*) FROM ec_stock_dirty")
        assert env.cr.fetchone() == (0,)
    env.cr.execute(HANDWRITTEN)
    env.cr.execute(
        """
        SELECT count(*), count(*) FILTER (WHERE (f.quantity, f.free, f.offer) IS DISTINCT FROM (h.quantity, h.free, h.offer))
          FROM handwritten h LEFT JOIN ec_stock_figure f USING (policy_id, product_id)
        """
    )
    assert env.cr.fetchone() == (PRODUCTS * SHOPS, 0), "the two statements disagree"
    say(", ".join(f"{a:.2f} s, by hand {b:.2f} s" for a, b in zip(full, by_hand, strict=True)))
    say(", ".join(f"{c * 1000:.0f} ms" for c in changed))
    # neighbours in time, so that what else the machine does falls on both
    ratio = median([a / b for a, b in zip(full, by_hand, strict=True)])
    size = f"{PRODUCTS:,} products, {SHOPS} policies"
    return [
        Figure("stock.recompute_s", median(full), "s", first, None, f"{size}, nothing changed; baseline: the first time"),
        Figure("stock.recompute_vs_sql", ratio, "times", median(by_hand), None, "time beside one handwritten statement; baseline: its seconds"),
        Figure("stock.dirty_1000_ms", median(changed) * 1000, "ms", None, None, f"{DIRTY:,} changed products, fold and commit"),
    ]


def timed(env, work):
    started = time.perf_counter()
    work()
    env.cr.commit()
    return time.perf_counter() - started


def fill(env):
    """Products with quants in each warehouse, open moves, quotations and policies. Returns the products' ids."""
    warehouses = env["stock.warehouse"].search([("company_id", "=", env.company.id)], limit=1)
    warehouses |= warehouses.create([{"name": f"Warehouse {n}", "code": f"B{n}"} for n in range(1, WAREHOUSES)])
    env["ec.stock.policy"].search([]).active = False
    for n in range(SHOPS):
        lines = [(0, 0, {"warehouse_id": w.id}) for w in warehouses[n : n + 1 + n % 2]]
        env["ec.stock.policy"].create({"name": f"Shop {n}", "line_ids": lines, "buffer_value": n})
    env["product.product"].search([]).active = False
    product = env["product.product"].create({"name": "Product", "is_storable": True})
    order = env["sale.order"].create(
        {
            "partner_id": env["res.partner"].create({"name": "Buyer"}).id,
            "order_line": [(0, 0, {"product_id": product.id, "product_uom_qty": 1})],
            "ec_claims_stock": True,
        }
    )
    move = env["stock.move"].create(
        {
            "product_id": product.id,
            "product_uom_qty": 1,
            "location_id": warehouses[0].lot_stock_id.id,
            "location_dest_id": env.ref("stock.stock_location_customers").id,
        }
    )
    move._action_confirm()
    env.flush_all()
    # a year of numbers without a year of orders: copies of these rows
    templates = copies(env, product.product_tmpl_id, PRODUCTS - 1, "'{}'::jsonb")
    products = copies(env, product, PRODUCTS - 1, "jsonb_build_object('product_tmpl_id', (%s::int[])[n])", templates)
    env.cr.execute(
        """
        INSERT INTO stock_quant (product_id, location_id, company_id, quantity, reserved_quantity, in_date)
        SELECT product_id, place, %s, (n * 7 + place) %% 60, (n * 3 + place) %% 5, now()
          FROM unnest(%s) WITH ORDINALITY p (product_id, n), unnest(%s) place
        """,
        [env.company.id, [product.id, *products], warehouses.lot_stock_id.ids],
    )
    values = "jsonb_build_object('product_id', (%s::int[])[1 + n * 13 %% cardinality(%s)], 'product_uom_qty', 1 + n %% 3"
    more = ", 'product_qty', 1 + n %% 3, 'location_id', (%s::int[])[1 + n %% 5], 'state', (ARRAY['confirmed', 'waiting'])[1 + n %% 2])"
    copies(env, move, MOVES - 1, values + more, products, products, warehouses.lot_stock_id.ids)
    orders = copies(env, order, CLAIM_LINES - 1, "jsonb_build_object('warehouse_id', (%s::int[])[1 + n %% 5])", warehouses.ids)
    copies(env, order.order_line, CLAIM_LINES - 1, values + ", 'order_id', (%s::int[])[n])", products, products, orders)
    env.cr.execute(
        """
        CREATE TABLE handwritten (
            id serial PRIMARY KEY, policy_id int, product_id int, quantity int, free int, offer int, version bigint);
        CREATE UNIQUE INDEX ON handwritten (policy_id, product_id);
        CREATE INDEX ON handwritten (product_id);
        DELETE FROM ec_stock_dirty;
        DELETE FROM ec_stock_figure;
        """
    )
    env.cr.commit()
    env.cr.execute("ANALYZE")
    env.cr.commit()
    # what filling left behind, autovacuum would have taken away long ago
    subprocess.run(["psql", "-qd", env.cr.dbname, "-c", "VACUUM ANALYZE ec_stock_dirty"], check=True)
    return [product.id, *products]


def copies(env, record, number, values, *params):
    """Copies of a row by SQL; `values`: what differs, as JSON made of the number n. Returns the new ids."""
    table = record._table
    env.cr.execute(
        f"""
        INSERT INTO {table}
        SELECT (jsonb_populate_record(t, {values} || jsonb_build_object('id', nextval('{table}_id_seq')))).*
          FROM {table} t, generate_series(1, {number}) n WHERE t.id = {record.id}
        RETURNING id
        """,
        params,
    )
    return [new for (new,) in env.cr.fetchall()]


if __name__ == "__main__":
    print(run())
