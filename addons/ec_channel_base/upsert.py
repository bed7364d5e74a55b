"""Many rows in one statement, for models whose identity is a unique index."""

from odoo.tools import SQL


def insert_missing(model, vals_list, conflict):
    """Insert all rows of `vals_list` in one statement and return the records that this call created.

    `conflict` is the tuple of columns of the unique index that gives a row its identity. A row that is already there is
    left alone and not returned. A row that another transaction committed meanwhile raises a serialization failure
    (Odoo runs in REPEATABLE READ), so the caller's transaction is simply run again: nothing is ever there twice.

    All dicts carry the same keys, and every stored column that has no default in PostgreSQL; stored computed fields
    that are not among them are computed as by `create`.
    """
    if not vals_list:
        return model.browse()
    cr = model.env.cr
    now = cr.now()
    log = {
        "create_uid": model.env.uid, "write_uid": model.env.uid, "create_date": now, "write_date": now,
    }
    names = [*vals_list[0], *log]
    # The same order in every transaction: two that insert the same rows wait for each other, they never deadlock
    rows = sorted(
        ({**vals, **log} for vals in vals_list), key=lambda vals: [str(vals[name]) for name in conflict]
    )
    columns = []
    for name in names:
        field = model._fields[name]
        values = [field.convert_to_column_insert(row[name], model) for row in rows]
        columns.append(SQL("%s::%s[]", values, SQL(field.column_type[0])))
    model.flush_model()
    # Not logged: losing a race is expected and handled, and the values may be a customer's
    cr.execute(SQL(
        "INSERT INTO %(table)s (%(columns)s) SELECT * FROM unnest(%(values)s) "
        "ON CONFLICT (%(conflict)s) DO NOTHING RETURNING id",
        table=SQL.identifier(model._table),
        columns=SQL(", ").join(SQL.identifier(name) for name in names),
        values=SQL(", ").join(columns),
        conflict=SQL(", ").join(SQL.identifier(name) for name in conflict),
    ), log_exceptions=False)
    records = model.browse(id_ for (id_,) in cr.fetchall())
    for field in model._fields.values():
        if field.store and field.compute and field.column_type and field.name not in names:
            model.env.add_to_compute(field, records)
    return records
