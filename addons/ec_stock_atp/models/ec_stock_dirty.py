import logging

from psycopg2 import errors

from odoo import api, fields, models
from odoo.tools import SQL

_logger = logging.getLogger(__name__)

FOLD_ROWS = 20_000

ALL = "SELECT NULL::int FROM %s HAVING count(*) > 0"


def _changed(*columns, old="o", new="n"):
    """SQL: one of these columns differs between the old and the new row."""
    before, after = (", ".join(f"{alias}.{column}" for column in columns) for alias in (old, new))
    return f"({before}) IS DISTINCT FROM ({after})"


def _both(columns, where=""):
    """SQL: products of rows changed in these columns, before and after."""
    return f"""SELECT DISTINCT p.id FROM old_rows o JOIN new_rows n USING (id)
               CROSS JOIN LATERAL (VALUES (o.product_id), (n.product_id)) p (id)
               WHERE p.id IS NOT NULL AND {_changed(*columns)} {where}"""


def _any(table):
    """Watches that mark all products when a row of the table comes, goes or changes."""
    return {
        (table, "insert"): ALL % "new_rows",
        (table, "delete"): ALL % "old_rows",
        (table, "update"): ALL % "new_rows",
    }


def _own(table):
    """Watches that mark the product of each row that comes, goes or changes, all products for a row without one."""
    return {
        (table, "insert"): "SELECT DISTINCT product_id FROM new_rows",
        (table, "delete"): "SELECT DISTINCT product_id FROM old_rows",
        (table, "update"): "SELECT product_id FROM old_rows UNION SELECT product_id FROM new_rows",
    }


OPEN = "('waiting', 'confirmed', 'partially_available', 'assigned')"
QUANT = ("product_id", "location_id", "quantity", "reserved_quantity", "owner_id", "lot_id")
MOVE = (
    "state",
    "product_id",
    "product_qty",
    "quantity",
    "location_id",
    "location_dest_id",
    "location_final_id",
    "date",
    "restrict_partner_id",
)
LINE = ("product_id", "product_uom_qty", "product_uom_id", "order_id")
CLAIMS = "o_.ec_claims_stock AND o_.state IN ('draft', 'sent')"
# (table, event): SQL of the products that a statement changed, from its transition tables old_rows and new_rows
WATCHES = {
    ("stock_quant", "insert"): "SELECT DISTINCT product_id FROM new_rows WHERE quantity <> 0 OR reserved_quantity <> 0",
    ("stock_quant", "delete"): "SELECT DISTINCT product_id FROM old_rows WHERE quantity <> 0 OR reserved_quantity <> 0",
    ("stock_quant", "update"): _both(QUANT),
    ("stock_move", "insert"): f"SELECT DISTINCT product_id FROM new_rows WHERE state IN {OPEN}",
    ("stock_move", "delete"): f"SELECT DISTINCT product_id FROM old_rows WHERE state IN {OPEN}",
    ("stock_move", "update"): _both(MOVE, f"AND (o.state IN {OPEN} OR n.state IN {OPEN})"),
    (
        "sale_order_line",
        "insert",
    ): f"""SELECT DISTINCT n.product_id FROM new_rows n JOIN sale_order o_ ON o_.id = n.order_id
                                       WHERE n.product_id IS NOT NULL AND {CLAIMS}""",
    # an order that is deleted takes its lines with it and is gone when they go
    ("sale_order_line", "delete"): f"""SELECT DISTINCT o.product_id FROM old_rows o
                                       LEFT JOIN sale_order o_ ON o_.id = o.order_id
                                       WHERE o.product_id IS NOT NULL AND (o_.id IS NULL OR {CLAIMS})""",
    ("sale_order_line", "update"): _both(
        LINE, f"AND EXISTS (SELECT FROM sale_order o_ WHERE o_.id IN (o.order_id, n.order_id) AND {CLAIMS})"
    ),
    ("sale_order", "update"): f"""SELECT DISTINCT l.product_id FROM old_rows o JOIN new_rows n USING (id)
                                  JOIN sale_order_line l ON l.order_id = n.id
                                  WHERE l.product_id IS NOT NULL AND (o.ec_claims_stock OR n.ec_claims_stock)
                                    AND {_changed("state", "ec_claims_stock", "warehouse_id")}""",
    ("product_product", "insert"): "SELECT id FROM new_rows",
    ("product_product", "update"): f"""SELECT n.id FROM old_rows o JOIN new_rows n USING (id)
                                       WHERE {_changed("active", "product_tmpl_id")}""",
    ("product_template", "update"): f"""SELECT p.id FROM old_rows o JOIN new_rows n USING (id)
                                        JOIN product_product p ON p.product_tmpl_id = n.id
                                        WHERE {_changed("is_storable", "uom_id", "company_id", "categ_id")}""",
    ("product_category", "update"): f"""SELECT NULL::int FROM old_rows o JOIN new_rows n USING (id)
                                        WHERE {_changed("parent_path")} AND EXISTS (SELECT FROM ec_stock_rule)
                                        HAVING count(*) > 0""",
    # as JSON: the column is there only with module product_expiry
    ("stock_lot", "update"): """SELECT DISTINCT n.product_id FROM old_rows o JOIN new_rows n USING (id)
                                WHERE to_jsonb(o) -> 'expiration_date' IS DISTINCT FROM to_jsonb(n) -> 'expiration_date'""",
    ("stock_location", "update"): f"""SELECT NULL::int FROM old_rows o JOIN new_rows n USING (id)
                                      WHERE {_changed("parent_path", "usage")} HAVING count(*) > 0""",
    ("stock_warehouse", "update"): f"""SELECT NULL::int FROM old_rows o JOIN new_rows n USING (id)
                                       WHERE {_changed("view_location_id", "company_id")} HAVING count(*) > 0""",
    **_any("ec_stock_policy"),
    **_any("ec_stock_policy_line"),
    **_any("ec_stock_policy_blocked_rel"),
    **_own("ec_stock_rule"),
    **_own("ec_stock_pool"),
}
# figures go with their product or policy: they have no foreign keys (see ec_stock_figure)
FIGURES = {
    "product_product": "DELETE FROM ec_stock_figure WHERE product_id IN (SELECT id FROM old_rows)",
    "ec_stock_policy": "DELETE FROM ec_stock_figure WHERE policy_id IN (SELECT id FROM old_rows)",
}
TRANSITIONS = {
    "insert": "NEW TABLE AS new_rows",
    "delete": "OLD TABLE AS old_rows",
    "update": "OLD TABLE AS old_rows NEW TABLE AS new_rows",
}


class EcStockDirty(models.Model):
    """Products whose figure may have changed, appended by triggers; a row without product stands for all products."""

    _name = "ec.stock.dirty"
    _description = "Sellable Stock: Products to Recount"
    _auto = False
    _log_access = False

    product_id = fields.Many2one("product.product", readonly=True)

    def init(self):
        """The table; the triggers, once all tables are there."""
        self.env.cr.execute("CREATE TABLE IF NOT EXISTS ec_stock_dirty (id bigserial PRIMARY KEY, product_id int)")
        self.pool.post_init(self._create_triggers)

    def _create_triggers(self):
        """One function and one statement-level trigger a table and event. Harmless should the addon's table be gone."""
        statements = {key: f"INSERT INTO ec_stock_dirty (product_id) {query};" for key, query in WATCHES.items()}
        for table, query in FIGURES.items():
            statements[table, "delete"] = f"{query}; {statements.get((table, 'delete'), '')}"
        for (table, event), statement in statements.items():
            name = f"ec_stock_dirty_{table}_{event}"
            self.env.cr.execute(f"""
                CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN
                    IF to_regclass('ec_stock_dirty') IS NOT NULL THEN
                        {statement}
                    END IF;
                    RETURN NULL;
                END $$;
                DROP TRIGGER IF EXISTS {name} ON {table};
                CREATE TRIGGER {name} AFTER {event} ON {table} REFERENCING {TRANSITIONS[event]}
                    FOR EACH STATEMENT EXECUTE FUNCTION {name}();
            """)

    @api.model
    def _fold(self, limit=FOLD_ROWS):
        """Recount the products of the oldest `limit` rows and forget these rows. Returns the number of rows."""
        self.env.flush_all()
        rows = self.env.execute_query(
            SQL(
                """
                DELETE FROM ec_stock_dirty WHERE id IN (
                    SELECT id FROM ec_stock_dirty ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED)
                RETURNING product_id
                """,
                limit,
            )
        )
        products = {product for (product,) in rows}
        if products:
            self.env["ec.stock.figure"]._recompute(None if None in products else sorted(products))
        return len(rows)

    @api.model
    def _cron_fold(self):
        """The job: an addon that folds elsewhere, in a transaction of its own, replaces it."""
        self._fold_lot()

    @api.model
    def _fold_lot(self):
        """Fold one lot; while more may wait, the job is woken again at once."""
        try:
            with self.env.cr.savepoint():
                folded = self._fold()
        except (errors.SerializationFailure, errors.DeadlockDetected):
            folded = FOLD_ROWS  # somebody wrote the same figures: the rows stay, the next run has a new snapshot
        if folded >= FOLD_ROWS:
            self.env.ref("ec_stock_atp.cron_fold")._trigger()

    @api.model
    def _cron_recount(self):
        """Recount everything and log how many figures were wrong though no change of theirs was waiting.

        Time alone changes figures with an expiry date, a pre-order horizon or a sales rate: these are counted as well.
        """
        self._cron_fold()
        figure = self.env["ec.stock.figure"]
        figure._drop_orphans()
        written, drifted = figure._upsert()
        if drifted:
            _logger.warning("recount of sellable stock: %s figures written, %s had drifted", written, drifted)
        else:
            _logger.info("recount of sellable stock: %s figures written, none had drifted", written)
        return drifted
