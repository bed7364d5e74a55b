"""What the guard and the capture of changes cost a user who validates a delivery of 100 lines: with and without, in turns."""

import time
from unittest.mock import patch

from harness import Figure, close_odoo, median, new_database, odoo_env, say

LINES = 100
ROUNDS = 9


def run():
    database = new_database("bench_stock_hook")
    measured = {True: [], False: []}
    statements = {}
    with odoo_env(database) as env:
        from odoo.addons.ec_stock_atp.models.ec_stock_guard import EcStockGuard

        products = env["product.product"].create([{"name": f"P{n}", "is_storable": True} for n in range(LINES)])
        warehouse = env["stock.warehouse"].search([("company_id", "=", env.company.id)], limit=1)
        env["stock.quant"].create(
            [{"product_id": p.id, "location_id": warehouse.lot_stock_id.id, "quantity": 100_000} for p in products]
        )
        partner = env["res.partner"].create({"name": "Buyer"})
        env.cr.commit()
        env.cr.execute("ANALYZE")
        env.cr.commit()
        for round_number in range(ROUNDS + 1):
            for hooked in (True, False):
                order = env["sale.order"].create(
                    {"partner_id": partner.id, "order_line": [(0, 0, {"product_id": p.id, "product_uom_qty": 1}) for p in products]}
                )
                order.action_confirm()
                env.cr.commit()
                env.invalidate_all()
                switch(env, hooked)
                before = env.cr.sql_log_count
                started = time.perf_counter()
                with patch.object(EcStockGuard, "_mark", EcStockGuard._mark if hooked else (lambda self, moves, reserve=False: None)):
                    order.picking_ids.button_validate()
                env.flush_all()
                env.cr.commit()
                seconds = time.perf_counter() - started
                if round_number:  # the first warms both
                    measured[hooked].append(seconds)
                    statements[hooked] = env.cr.sql_log_count - before
                assert order.picking_ids.state == "done"
        switch(env, True)
        env.cr.commit()
    close_odoo()
    with_hook, without = median(measured[True]), median(measured[False])
    # neighbours in time, so that what else the machine does falls on both
    overhead = median([(a / b - 1) * 100 for a, b in zip(measured[True], measured[False], strict=True)])
    extra = statements[True] - statements[False]
    say(f"{with_hook * 1000:.0f} ms with, {without * 1000:.0f} ms without; {statements[True]} and {statements[False]} statements")
    return [
        Figure("stock.hook_sql", extra, "SQL", statements[False], None, "statements more in the transaction of a validation"),
        Figure("stock.hook_overhead_pct", overhead, "%", without * 1000, None, f"validating {LINES} lines; baseline: ms without"),
    ]


def switch(env, on):
    """All triggers of ec_stock_atp."""
    env.cr.execute("SELECT tgrelid::regclass::text, tgname FROM pg_trigger WHERE tgname LIKE 'ec\\_stock\\_%' AND NOT tgisinternal")
    for table, trigger in env.cr.fetchall():
        env.cr.execute(f"ALTER TABLE {table} {'ENABLE' if on else 'DISABLE'} TRIGGER {trigger}")
    env.cr.commit()


if __name__ == "__main__":
    print(run())
