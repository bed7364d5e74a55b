from odoo import api, models
from odoo.tools import SQL

# what of an order, beside its lines and tags, may change what rules say of it; a bridge to another addon adds its columns
ORDER_COLUMNS = (
    "partner_id", "partner_shipping_id", "amount_total", "carrier_id", "commitment_date", "warehouse_id", "team_id", "user_id",
    "payment_term_id", "client_order_ref", "ec_claims_stock", "ec_gift",
)  # fmt: skip
ADDRESS = ("name", "street", "street2", "city", "zip", "state_id", "country_id", "phone")
PRODUCT = ("categ_id", "ec_release_date", "ec_temperature", "ec_dangerous")
OPEN = "o.state IN ('draft', 'sent', 'sale') AND COALESCE(o.ec_status, '') NOT IN ('shipped', 'no_delivery')"
QUIET = "COALESCE(current_setting('hatoba.routing', TRUE), '') <> 'on'"
TRANSITIONS = {
    "insert": "NEW TABLE AS new_rows",
    "delete": "OLD TABLE AS old_rows",
    "update": "OLD TABLE AS old_rows NEW TABLE AS new_rows",
}


def _differ(columns, old="o", new="n"):
    before, after = (", ".join(f"{alias}.{column}" for column in columns) for alias in (old, new))
    return f"({before}) IS DISTINCT FROM ({after})"


def _beside(alias):
    """Whether the order may still ship together with another one of its buyer."""
    return f"COALESCE({alias}.ec_status, 'quotation') IN ('quotation', 'held', 'waiting_stock', 'ready')"


def _credit(partners):
    """SELECT of the orders that wait for credit of the accounts that these partners belong to. partners: SELECT of ids."""
    return f"""SELECT o.id FROM ec_routing_need q JOIN sale_order o ON o.id = q.order_id JOIN res_partner buyer ON buyer.id = o.partner_id
                WHERE q.need = 'credit' AND {OPEN} AND buyer.commercial_partner_id IN (
                      SELECT owner.commercial_partner_id FROM res_partner owner WHERE owner.id IN ({partners}))"""


class EcRoutingTodo(models.AbstractModel):
    """The queue of orders that rules shall look at: a row an event, appended by the database itself, whatever path changed the fact.

    Only while a rule set is active. What routing itself writes appends nothing (`_quietly`). The lane forgets the rows in the
    transaction that stores its decision, so a crash leaves them. `ec_routing_clock` has when time alone may change a decision,
    `ec_routing_wait` which products an order waits for, `ec_routing_need` what else: "credit" of its buyer, a "warehouse" that can ship it.
    """

    _name = "ec.routing.todo"
    _description = "Orders to Sort"

    def init(self):
        self.env.cr.execute(
            """
            CREATE TABLE IF NOT EXISTS ec_routing_todo (id bigserial PRIMARY KEY, order_id int NOT NULL, reason varchar NOT NULL);
            CREATE INDEX IF NOT EXISTS ec_routing_todo_order_idx ON ec_routing_todo (order_id);
            CREATE TABLE IF NOT EXISTS ec_routing_clock (order_id int PRIMARY KEY, at timestamp NOT NULL);
            CREATE INDEX IF NOT EXISTS ec_routing_clock_at_idx ON ec_routing_clock (at);
            CREATE TABLE IF NOT EXISTS ec_routing_wait (product_id int, order_id int, PRIMARY KEY (product_id, order_id));
            CREATE INDEX IF NOT EXISTS ec_routing_wait_order_idx ON ec_routing_wait (order_id);
            CREATE TABLE IF NOT EXISTS ec_routing_need (order_id int, need varchar, PRIMARY KEY (order_id, need));
            CREATE INDEX IF NOT EXISTS ec_routing_need_idx ON ec_routing_need (need, order_id);
            """
        )
        self.pool.post_init(self._create_triggers)

    @api.model
    def _order_columns(self):
        """Columns of sale_order that are watched; another addon adds those its facts come from."""
        return ORDER_COLUMNS

    @api.model
    def _watches(self):
        """{(table, event): (reason, SELECT of order ids from old_rows and new_rows)}"""
        return {
            ("sale_order", "insert"): ("new", "SELECT id FROM new_rows WHERE state IN ('draft', 'sent')"),
            ("sale_order", "update"): (
                "edited",
                # an order that is cancelled no longer stands before others, nor, as one that has left, beside its buyer's others
                f"""SELECT n.id FROM old_rows o JOIN new_rows n USING (id) WHERE n.state <> 'cancel' AND {_differ(self._order_columns())}
                     UNION
                    SELECT w.order_id FROM old_rows o JOIN new_rows n USING (id) JOIN sale_order_line l ON l.order_id = n.id
                      JOIN ec_routing_wait w ON w.product_id = l.product_id
                     WHERE o.state IN ('draft', 'sent') AND n.state = 'cancel' AND n.ec_claims_stock
                     UNION
                    SELECT same.id FROM old_rows b JOIN new_rows n USING (id) JOIN sale_order same ON same.partner_id = n.partner_id AND same.id <> n.id
                     WHERE (b.state <> 'cancel' AND n.state = 'cancel' OR {_beside("b")} AND NOT {_beside("n")})
                       AND same.partner_shipping_id = n.partner_shipping_id AND same.company_id = n.company_id AND same.state IN ('draft', 'sent', 'sale')
                     UNION
                    {_credit("SELECT n.partner_id FROM old_rows b JOIN new_rows n USING (id) WHERE b.state = 'sale' AND n.state = 'cancel'")}""",
            ),
            ("sale_order_line", "insert"): ("edited", f"SELECT DISTINCT o.id FROM new_rows n JOIN sale_order o ON o.id = n.order_id WHERE {OPEN}"),
            ("sale_order_line", "delete"): (
                "edited",
                f"""SELECT o.id FROM old_rows n JOIN sale_order o ON o.id = n.order_id WHERE {OPEN}
                     UNION SELECT w.order_id FROM old_rows n JOIN ec_routing_wait w USING (product_id)""",
            ),
            ("sale_order_line", "update"): (
                "edited",
                f"""SELECT DISTINCT o.id FROM old_rows b JOIN new_rows n USING (id) JOIN sale_order o ON o.id = n.order_id
                     WHERE {OPEN} AND {_differ(("product_id", "product_uom_qty", "product_uom_id", "price_subtotal"), "b")}
                     UNION
                    SELECT w.order_id FROM old_rows b JOIN new_rows n USING (id) JOIN ec_routing_wait w ON w.product_id = b.product_id
                     WHERE n.product_id IS DISTINCT FROM b.product_id OR n.product_uom_qty < b.product_uom_qty""",
            ),
            ("res_partner", "update"): (
                "address",
                f"""SELECT o.id FROM old_rows b JOIN new_rows n USING (id) JOIN sale_order o ON o.partner_shipping_id = n.id
                     WHERE {OPEN} AND {_differ(ADDRESS, "b")}
                     UNION
                    SELECT o.id FROM old_rows b JOIN new_rows n USING (id) JOIN res_partner buyer ON buyer.commercial_partner_id = n.id
                      JOIN sale_order o ON o.partner_id = buyer.id WHERE {OPEN} AND {_differ(("credit_limit",), "b")}""",
            ),
            ("product_template", "update"): (
                "edited",
                f"""SELECT DISTINCT o.id FROM old_rows b JOIN new_rows n USING (id) JOIN product_product p ON p.product_tmpl_id = n.id
                      JOIN sale_order_line l ON l.product_id = p.id JOIN sale_order o ON o.id = l.order_id
                     WHERE {OPEN} AND {_differ(PRODUCT, "b")}""",
            ),
            # a hold that somebody released, or opened: other rules may look at it
            ("ec_order_hold", "update"): (
                "hold",
                f"""SELECT DISTINCT o.id FROM old_rows b JOIN new_rows n USING (id) JOIN sale_order o ON o.id = n.order_id
                     WHERE {OPEN} AND {_differ(("open",), "b")}""",
            ),
            ("payment_transaction", "update"): (
                "payment",
                f"""SELECT DISTINCT o.id FROM old_rows b JOIN new_rows n USING (id)
                      JOIN sale_order_transaction_rel r ON r.transaction_id = n.id JOIN sale_order o ON o.id = r.sale_order_id
                     WHERE {OPEN} AND {_differ(("state", "amount"), "b")}""",
            ),
            # an invoice was paid, a credit note or a payment posted: orders that wait for credit of the same account
            ("account_move_line", "update"): (
                "payment",
                _credit(
                    f"""SELECT n.partner_id FROM old_rows b JOIN new_rows n USING (id) JOIN account_account a ON a.id = n.account_id
                         WHERE a.account_type = 'asset_receivable' AND {_differ(("parent_state", "amount_residual", "partner_id"), "b")}"""
                ),
            ),
            # what the buyer wrote on the order
            ("mail_message", "insert"): (
                "edited",
                f"""SELECT DISTINCT o.id FROM new_rows n JOIN sale_order o ON o.id = n.res_id
                     WHERE n.model = 'sale.order' AND n.message_type = 'comment' AND {OPEN}
                       AND NOT EXISTS (SELECT FROM res_users u WHERE u.partner_id = n.author_id AND NOT u.share)""",
            ),
            # units became free: orders that wait for these products
            ("stock_quant", "insert"): (
                "stock",
                "SELECT DISTINCT w.order_id FROM new_rows n JOIN ec_routing_wait w USING (product_id) WHERE n.quantity > COALESCE(n.reserved_quantity, 0)",
            ),
            ("stock_quant", "update"): (
                "stock",
                """SELECT DISTINCT w.order_id FROM old_rows b JOIN new_rows n USING (id) JOIN ec_routing_wait w ON w.product_id = n.product_id
                    WHERE COALESCE(n.quantity, 0) - COALESCE(n.reserved_quantity, 0) > COALESCE(b.quantity, 0) - COALESCE(b.reserved_quantity, 0)""",
            ),
            ("sale_order_tag_rel", "insert"): ("edited", "SELECT DISTINCT order_id FROM new_rows"),
            ("sale_order_tag_rel", "delete"): ("edited", "SELECT DISTINCT order_id FROM old_rows"),
        }

    def _create_triggers(self):
        for (table, event), (reason, query) in self._watches().items():
            name = f"ec_routing_{table}_{event}"
            self.env.cr.execute(f"""
                CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN
                    IF {QUIET} AND to_regclass('ec_routing_todo') IS NOT NULL THEN
                        IF EXISTS (SELECT FROM ec_rule_set WHERE state IN ('active', 'trial')) THEN
                            INSERT INTO ec_routing_todo (order_id, reason) SELECT f.id, '{reason}' FROM ({query}) f (id);
                        END IF;
                    END IF;
                    RETURN NULL;
                END $$;
                DROP TRIGGER IF EXISTS {name} ON {table};
                CREATE TRIGGER {name} AFTER {event} ON {table} REFERENCING {TRANSITIONS[event]} FOR EACH STATEMENT EXECUTE FUNCTION {name}();
            """)  # pylint: disable=sql-injection

    # ---- asking

    @api.model
    def _add(self, order_ids, reason):
        """Have these orders looked at again."""
        if order_ids:
            self.env.cr.execute("INSERT INTO ec_routing_todo (order_id, reason) SELECT unnest(%s), %s", [list(order_ids), reason])

    @api.model
    def _hurry(self, order_ids):
        """Somebody waits for these: those of them that are to be looked at are the next."""
        self.env.cr.execute(
            """INSERT INTO ec_routing_todo (order_id, reason)
               SELECT order_id, 'manual' FROM ec_routing_todo WHERE order_id = ANY(%s) GROUP BY 1 HAVING NOT bool_or(reason = 'manual')""",
            [list(order_ids)],
        )

    @api.model
    def _add_waiting(self, order_ids):
        """These orders let go of goods or of a place: look at those that wait for what they want."""
        if order_ids:
            self.env.cr.execute(
                """INSERT INTO ec_routing_todo (order_id, reason)
                   SELECT DISTINCT w.order_id, 'stock' FROM sale_order_line l JOIN ec_routing_wait w USING (product_id)
                    WHERE l.order_id = ANY(%(orders)s) AND NOT w.order_id = ANY(%(orders)s)""",
                {"orders": list(order_ids)},
            )

    @api.model
    def _add_full(self, company_ids):
        """A warehouse of these companies has a place of a day again: look at their orders that nobody could ship."""
        self.env.cr.execute(
            """INSERT INTO ec_routing_todo (order_id, reason)
               SELECT o.id, 'stock' FROM ec_routing_need q JOIN sale_order o ON o.id = q.order_id
                WHERE q.need = 'warehouse' AND o.company_id = ANY(%s)""",
            [list(company_ids)],
        )

    @api.model
    def _add_due(self):
        """Orders whose moment has come."""
        self.env.cr.execute(
            """WITH due AS (DELETE FROM ec_routing_clock WHERE order_id IN (
                   SELECT order_id FROM ec_routing_clock WHERE at <= now() AT TIME ZONE 'UTC' LIMIT 5000 FOR UPDATE SKIP LOCKED) RETURNING order_id)
               INSERT INTO ec_routing_todo (order_id, reason) SELECT order_id, 'time' FROM due"""
        )
        return self.env.cr.rowcount

    @api.model
    def _next_moment(self):
        """The earliest moment that some order waits for, naive UTC; None: there is none."""
        self.env.cr.execute("SELECT min(at) FROM ec_routing_clock")
        return self.env.cr.fetchone()[0]

    # ---- working

    @api.model
    def _claim(self, limit):
        """{order id: reason}: the orders that people wait for, then those that were asked for first, locked until this transaction ends.

        Another worker's orders are left to it: nobody decides one order twice.
        """
        rows = self.env.execute_query(
            SQL(
                """
                SELECT o.id FROM sale_order o
                  JOIN (
                        SELECT order_id, bool_or(reason = 'manual') AS asked, min(id) AS first
                          FROM ec_routing_todo GROUP BY 1 ORDER BY asked DESC, first LIMIT %s) q ON q.order_id = o.id
              ORDER BY q.asked DESC, q.first FOR NO KEY UPDATE OF o SKIP LOCKED
                """,
                limit,
            )
        )
        orders = [row[0] for row in rows]
        rows = self.env.execute_query(
            SQL(
                """DELETE FROM ec_routing_todo WHERE order_id = ANY(%s) OR NOT EXISTS (SELECT FROM sale_order o WHERE o.id = order_id)
                RETURNING order_id, reason""",
                orders,
            )
        )
        reasons = {}
        for order, reason in rows:
            reasons.setdefault(order, reason)
        return {order: reasons.get(order, "edited") for order in orders}

    @api.model
    def _take(self, order_ids):
        """{order id: a reason} of those of these orders that were asked for, locked until this transaction ends."""
        self.env.cr.execute("SELECT FROM sale_order WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE", [list(order_ids)])
        self.env.cr.execute("DELETE FROM ec_routing_todo WHERE order_id = ANY(%s) RETURNING order_id, reason", [list(order_ids)])
        return dict(self.env.cr.fetchall())

    @api.model
    def _quietly(self):
        """What this transaction writes from now on asks for nothing: it is routing's own."""
        self.env.cr.execute("SET LOCAL hatoba.routing = 'on'")

    @api.model
    def _aloud(self):
        self.env.flush_all()
        self.env.cr.execute("SET LOCAL hatoba.routing = 'off'")

    @api.model
    def _remember(self, clocks, waits, needs):
        """What to wait for: {order id: moment or None}, {order id: [product ids]}, {order id: {need}}; replaces what was there."""
        orders = list(clocks)
        self.env.cr.execute("DELETE FROM ec_routing_need WHERE order_id = ANY(%s)", [orders])
        if needed := [(order, need) for order, names in needs.items() for need in sorted(names)]:
            self.env.cr.execute(
                "INSERT INTO ec_routing_need (order_id, need) SELECT * FROM unnest(%s::int[], %s::varchar[])",
                [list(column) for column in zip(*needed, strict=True)],
            )
        self.env.cr.execute("DELETE FROM ec_routing_clock WHERE order_id = ANY(%s)", [orders])
        self.env.cr.execute("DELETE FROM ec_routing_wait WHERE order_id = ANY(%s)", [orders])
        due = [(order, at) for order, at in clocks.items() if at]
        if due:
            self.env.cr.execute(
                "INSERT INTO ec_routing_clock (order_id, at) SELECT * FROM unnest(%s::int[], %s::timestamp[])", [list(column) for column in zip(*due, strict=True)]
            )
        wanted = [(product, order) for order, products in waits.items() for product in set(products)]
        if wanted:
            self.env.cr.execute(
                "INSERT INTO ec_routing_wait (product_id, order_id) SELECT * FROM unnest(%s::int[], %s::int[])",
                [list(column) for column in zip(*wanted, strict=True)],
            )
