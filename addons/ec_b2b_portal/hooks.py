def uninstall_hook(env):
    """Take the triggers off Odoo's tables: their functions go, and the table that they write."""
    env.cr.execute("DROP FUNCTION IF EXISTS ec_trade_price_changed() CASCADE")
    env.cr.execute("DROP FUNCTION IF EXISTS ec_trade_price_rule(product_pricelist_item) CASCADE")
    env.cr.execute("DROP TABLE IF EXISTS ec_trade_price_stale")
