def uninstall_hook(env):
    """Take the triggers off Odoo's tables: their functions go, and the tables; the figures of kits are wrong without us."""
    env.cr.execute("SELECT oid::regprocedure::text FROM pg_proc WHERE proname ~ '^ec_stock_kit_'")
    for (function,) in env.cr.fetchall():
        env.cr.execute(f"DROP FUNCTION {function} CASCADE")
    env.cr.execute(
        """DELETE FROM ec_stock_figure WHERE product_id IN (SELECT kit_id FROM ec_stock_kit);
           INSERT INTO ec_stock_dirty (product_id) VALUES (NULL);
           DROP TABLE ec_stock_kit_dirty; DROP TABLE ec_stock_kit"""
    )
