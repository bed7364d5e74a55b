from odoo import api, models
from odoo.tools import SQL

# What lowers the free units of a product where it can be promised from. Each statement that does so marks the product at that
# warehouse as changed by this transaction; the mark of another transaction that is not committed yet makes it wait, and one
# that was committed since our snapshot makes PostgreSQL refuse ours (40001), which Odoo's requests and our lanes retry.
_MARK = """
    INSERT INTO ec_stock_guard (product_id, warehouse_id, txid)
    SELECT DISTINCT lowered.product_id, COALESCE(location.warehouse_id, 0), txid_current()
      FROM ({lowered}) lowered
      JOIN stock_location location ON location.id = lowered.location_id AND location.usage IN ('internal', 'transit')
  ORDER BY 1, 2
        ON CONFLICT (product_id, warehouse_id) DO UPDATE SET txid = EXCLUDED.txid WHERE ec_stock_guard.txid <> EXCLUDED.txid
"""
_FREE = "COALESCE({0}.quantity, 0) - COALESCE({0}.reserved_quantity, 0)"
_EVENTS = {
    "insert": (
        "REFERENCING NEW TABLE AS new_rows",
        f"SELECT product_id, location_id FROM new_rows WHERE {_FREE.format('new_rows')} < 0",
    ),
    "delete": (
        "REFERENCING OLD TABLE AS old_rows",
        f"SELECT product_id, location_id FROM old_rows WHERE {_FREE.format('old_rows')} > 0",
    ),
    "update": (
        "REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows",
        f"""SELECT old_rows.product_id, old_rows.location_id
              FROM old_rows JOIN new_rows ON new_rows.id = old_rows.id
             WHERE {_FREE.format("new_rows")} < {_FREE.format("old_rows")}
                OR (new_rows.product_id, new_rows.location_id) IS DISTINCT FROM (old_rows.product_id, old_rows.location_id)""",
    ),
}


class EcStockGuard(models.AbstractModel):
    """No unit promised twice: two transactions that both lower what is free of one product at one warehouse never both commit
    on the same snapshot.

    Plain Odoo skips a quant that another transaction has locked and inserts a second one, so two orders get the last unit.
    The guard hangs on the table itself, so it holds for every path: confirm, assign, batch, inventory, point of sale, website
    and SQL of other modules. What only raises the free units (receipts, cancellations) is not ordered and never waits.
    """

    _name = "ec.stock.guard"
    _description = "Allocation Guard"

    def init(self):
        """The table (a row a product and warehouse: the last transaction that lowered it) and the triggers."""
        cr = self.env.cr
        cr.execute(
            """CREATE TABLE IF NOT EXISTS ec_stock_guard (
                   product_id integer NOT NULL, warehouse_id integer NOT NULL, txid bigint NOT NULL,
                   PRIMARY KEY (product_id, warehouse_id)
               ) WITH (fillfactor = 50)"""
        )
        for event, (tables, lowered) in _EVENTS.items():
            name = f"ec_stock_guard_{event}"
            cr.execute(
                f"""CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
                    BEGIN {_MARK.format(lowered=lowered)}; RETURN NULL; END $$"""
            )
            cr.execute(f"DROP TRIGGER IF EXISTS {name} ON stock_quant")
            cr.execute(
                f"""CREATE TRIGGER {name} AFTER {event} ON stock_quant {tables}
                    FOR EACH STATEMENT EXECUTE FUNCTION {name}()"""
            )

    @api.model
    def _mark(self, moves, reserve=False):
        """Mark at once, in id order, what these moves may take, before the work on them begins: whoever must wait waits
        early, nobody waits in a circle, and a conflict costs one statement instead of a whole confirmation.

        At most one statement a transaction for the same products. Raises psycopg2's SerializationFailure (Odoo retries).
        Returns the ids of those products of which units are set aside (`ec.stock.set.aside`).

        reserve: the moves will take what the others leave. Where others may be served from several warehouses, that rests on
        what is free in each of these, so all are marked: else two transactions could each leave them the other's unit.
        """
        data, set_aside = self.env.cr.precommit.data, self.env["ec.stock.set.aside"]
        done, around = data.setdefault("ec.stock.guard", set()), data.setdefault("ec.stock.guard.around", set())
        pairs, looking = set(), set()
        for move in moves:
            if move.product_id.is_storable and move.location_id.usage in ("internal", "transit"):
                pair = move.product_id.id, move.location_id.warehouse_id.id or 0
                pairs.add(pair)
                if reserve and pair not in looking and set_aside._looks_around(move):
                    looking.add(pair)
        self._mark_pairs((pairs - done) | (looking - around), looking - around)
        done |= pairs
        around |= looking
        known = set_aside._known()
        return {product for product, _warehouse in pairs if known[product]}

    @api.model
    def _mark_pairs(self, pairs, looking=()):
        """Mark (product id, warehouse id) as changed by this transaction, and learn whether units are set aside of them.

        Whoever sets units aside calls it too, after it wrote. One statement; none for no pairs. looking: pairs whose product is
        marked in all warehouses that units set aside may come from, if theirs is one of them.
        """
        if not pairs:
            return
        set_aside = self.env["ec.stock.set.aside"]
        products = sorted({product for product, _warehouse in pairs})
        sources, around = set_aside._wide_sources(), SQL()
        if looking and sources:
            around = SQL(
                """UNION
                   SELECT other.product_id, other.warehouse_id
                     FROM unnest(%s::int[], %s::int[]) AS own (product_id, warehouse_id)
                     JOIN (%s) other ON other.product_id = own.product_id
                    WHERE EXISTS (SELECT FROM (%s) here WHERE here.product_id = own.product_id AND here.warehouse_id = own.warehouse_id)""",
                [product for product, _warehouse in looking],
                [warehouse for _product, warehouse in looking],
                SQL(" UNION ALL ").join(sources),
                SQL(" UNION ALL ").join(sources),
            )
        query = SQL(
            """WITH mark AS (
                   INSERT INTO ec_stock_guard (product_id, warehouse_id, txid)
                   SELECT product_id, warehouse_id, txid_current()
                     FROM (SELECT * FROM unnest(%s::int[], %s::int[]) AS wanted (product_id, warehouse_id) %s) wanted
                 ORDER BY 1, 2
                       ON CONFLICT (product_id, warehouse_id) DO UPDATE SET txid = EXCLUDED.txid
                    WHERE ec_stock_guard.txid <> EXCLUDED.txid
               )
               SELECT id FROM unnest(%s::int[]) AS wanted (id) WHERE %s""",
            [product for product, _warehouse in pairs],
            [warehouse for _product, warehouse in pairs],
            around,
            products,
            set_aside._any_sql(SQL("wanted.id")),
        )
        # a serialization failure is retried by the caller: no error to log
        self.env.cr.execute(query, log_exceptions=False)
        set_aside._learn(products, self.env.cr.fetchall())
