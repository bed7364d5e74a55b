def uninstall_hook(env):
    """Take the triggers off Odoo's tables: their functions go, and the guard's table."""
    env.cr.execute("SELECT oid::regprocedure::text FROM pg_proc WHERE proname ~ '^ec_stock_(guard|dirty)_'")
    for (function,) in env.cr.fetchall():
        env.cr.execute(f"DROP FUNCTION {function} CASCADE")
    env.cr.execute("DROP TABLE IF EXISTS ec_stock_guard")
