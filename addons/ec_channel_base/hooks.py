def uninstall_hook(env):
    """What is no model's own: append-only tables, the batch numbers, and the functions of triggers that go with their tables."""
    env.cr.execute("DROP TABLE IF EXISTS ec_stock_todo, ec_stock_sale, ec_stock_hint, ec_stock_resync; DROP SEQUENCE IF EXISTS ec_stock_batch")
    for table in ("ec_listing", "ec_mapping"):
        for event in ("insert", "update", "delete"):
            env.cr.execute(f"DROP FUNCTION IF EXISTS ec_stock_resync_{table}_{event} CASCADE")  # pylint: disable=sql-injection
