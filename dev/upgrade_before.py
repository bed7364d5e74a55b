"""Run in Odoo's shell on a database of the previous main: a demo shop with orders, some of them still open."""
# ruff: noqa: F821, the shell gives `env`
# the demo shop sells what is for sale here: without these a product of some other module, or nothing
env["product.product"].create(
    [
        {"name": f"Goods {number}", "default_code": f"UPGRADE-{number}", "is_storable": True, "list_price": 1000 + number}
        for number in range(5)
    ]
)
channel = env["ec.channel"].create({"name": "Upgrade", "connector": "demo"})
channel.action_check()
channel.action_sandbox()
channel.action_pull_catalogue()
channel.action_demo_place_orders()
env.cr.commit()
for lane in ("fetch", "import", "confirm"):
    getattr(env["ec.lane"], f"_cron_{lane}")()
orders = env["sale.order"].search([("ec_channel_id", "=", channel.id)])
assert orders, "no orders came in"
env["ir.config_parameter"].set_param("hatoba.upgrade_test", f"{len(orders)} {sum(orders.mapped('amount_total')):.2f}")
env.cr.commit()
