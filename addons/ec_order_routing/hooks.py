def uninstall_hook(env):
    """Take the triggers off Odoo's tables, and the tables that are no models."""
    env.cr.execute("SELECT oid::regprocedure::text FROM pg_proc WHERE proname ~ '^ec_routing_'")
    for (function,) in env.cr.fetchall():
        env.cr.execute(f"DROP FUNCTION {function} CASCADE")
    for table in ("todo", "clock", "wait", "need", "done"):
        env.cr.execute(f"DROP TABLE IF EXISTS ec_routing_{table}")
