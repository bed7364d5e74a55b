"""Run in Odoo's shell after the update: the orders are there as they were, and the shop is read, compared and told as a new one is."""
# ruff: noqa: F821, the shell gives `env`
channel = env["ec.channel"].search([("name", "=", "Upgrade")])
orders = env["sale.order"].search([("ec_channel_id", "=", channel.id)])
before = env["ir.config_parameter"].get_param("hatoba.upgrade_test")
assert before == f"{len(orders)} {sum(orders.mapped('amount_total')):.2f}", (before, len(orders), sum(orders.mapped("amount_total")))
assert "stock" in channel.capabilities.split(","), channel.capabilities
assert channel.stock_state == "shadow", "an update must not begin to tell the shop"
for _round in range(4):
    env["ec.lane"]._cron_stock()
    env["ec.lane"]._cron_fetch()
    env["ec.lane"]._cron_import()
levels = env["ec.stock.level"].search([("channel_id", "=", channel.id)])
assert levels and set(levels.mapped("state")) <= {"ok", "due"}, levels.mapped("state")
shown = {level.inventory_external_id: level.believed for level in levels}
stock = channel._demo_shop()._load().state["stock"]
assert all(shown[item] == units for item, places in stock.items() if item in shown for units in places.values()), (shown, stock)
print("UPGRADE KEPT", before)
