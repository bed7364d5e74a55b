from odoo import api, fields, models
from odoo.tools import SQL

from ..formula import SUBTRACTED, Buffer, Terms, explain

SOLD_MINUTES = 60  # the sales rate of an adaptive buffer is measured over this time
OPEN_STATES = ("confirmed", "waiting", "partially_available")
WORK_MEM = "256MB"  # a full recount groups and joins some hundred thousand rows, on disk it takes twice as long


class BigInteger(fields.Integer):
    _column_type = ("int8", "int8")


class Reference(fields.Many2one):
    """A many2one without a foreign key, which is most of the time of a first count: triggers delete what it would cascade."""

    def update_db_foreign_key(self, model, column):
        pass


def micro(expression):
    """SQL: a quantity in whole millionths, halves away from zero. Sums of bigint are exact, and cheap."""
    return SQL("round(LEAST(GREATEST(COALESCE(%s, 0)::numeric, -1e12), 1e12) * 1000000)::bigint", expression)


SOLD_UNITS = micro(SQL("l.product_uom_qty::numeric * unit.factor::numeric / base.factor::numeric"))
SOLD_ROWS = SQL(
    """
    FROM sale_order o
    JOIN scope ON scope.warehouse_id = o.warehouse_id
    JOIN sale_order_line l ON l.order_id = o.id
    JOIN product_product product ON product.id = l.product_id
    JOIN product_template template ON template.id = product.product_tmpl_id
    JOIN uom_uom base ON base.id = template.uom_id
    JOIN uom_uom unit ON unit.id = l.product_uom_id
    """
)


class EcStockFigure(models.Model):
    """What a policy may sell of a product, in whole units of the product's unit. Written by one SQL statement only.

    The statement computes what `formula` computes. Decimals, as there: each row is rounded to 6 decimals, halves away from
    zero; shares multiply exactly; the sum is rounded down once, the buffer up, incoming units down.
    """

    _name = "ec.stock.figure"
    _description = "Sellable Stock Figure"
    _log_access = False
    _rec_name = "product_id"

    product_id = Reference("product.product", required=True, index=True, readonly=True, ondelete="cascade")
    policy_id = Reference("ec.stock.policy", required=True, readonly=True, ondelete="cascade")
    quantity = fields.Integer(required=True, default=0, readonly=True)
    free = fields.Integer(
        string="Free Units",
        required=True,
        default=0,
        readonly=True,
        help="Before shares, buffer and limit; may be negative.",
    )
    offer = fields.Integer(
        string="Units to Offer", required=True, default=0, readonly=True, help="Before the limit; may be negative."
    )
    mode = fields.Selection(
        [("strict", "Strict"), ("shared", "Shared"), ("hybrid", "Hybrid")],
        required=True,
        default="hybrid",
        readonly=True,
    )
    version = BigInteger(required=True, default=1, readonly=True, help="One more each time the figure changes.")
    computed_at = fields.Datetime(readonly=True, help="When the figure last changed.")

    _policy_product_unique = models.UniqueIndex("(policy_id, product_id)")

    def init(self):
        """Databases of the first version have foreign keys here."""
        self.env.cr.execute(
            """
            ALTER TABLE ec_stock_figure DROP CONSTRAINT IF EXISTS ec_stock_figure_product_id_fkey,
                                        DROP CONSTRAINT IF EXISTS ec_stock_figure_policy_id_fkey
            """
        )

    @api.model
    def _recompute(self, product_ids=None):
        """Bring the figures of these products (None: of all) up to date for all active policies. Returns rows written."""
        return self._upsert(product_ids)[0]

    @api.model
    def _upsert(self, product_ids=None):
        """As `_recompute`. Returns (rows written, rows of them that were wrong though no change of theirs is waiting).

        Each figure is locked, also one that stays: a recount on an older snapshot must not commit over it.
        """
        products = None if product_ids is None else list(product_ids)
        self.env.flush_all()
        self.env.cr.execute("SET LOCAL jit = off")
        if products is None:
            self.env.cr.execute("SELECT set_config('work_mem', %s, TRUE)", [WORK_MEM])
        else:
            self.env.cr.execute("SET LOCAL random_page_cost = 1.1")
        needs = self._needs()
        of_products = SQL("= ANY(%s)", products) if products is not None else None
        written, drifted = self.env.execute_query(
            SQL(
                """
                WITH %(scopes)s,
                part AS (%(parts)s),
                whole AS (%(whole)s),
                %(later)s
                %(rules)s
                old AS MATERIALIZED (
                    SELECT ctid AS at, product_id, policy_id, quantity, free, offer, mode FROM ec_stock_figure
                     %(old_products)s FOR NO KEY UPDATE
                ),
                figure AS (
                    SELECT product.id AS product_id, p.id AS policy_id, own.mode, here.sold,
                           CASE WHEN here.sold THEN LEAST(GREATEST(net.units, 0), CASE WHEN own.capped THEN own.cap END,
                                                          2147483647)::int ELSE 0 END AS quantity,
                           CASE WHEN here.sold THEN LEAST(GREATEST(floor(COALESCE(whole.free, 0)), -2147483648),
                                                          2147483647)::int ELSE 0 END AS free,
                           CASE WHEN here.sold THEN LEAST(GREATEST(net.units, -2147483648),
                                                          2147483647)::int ELSE 0 END AS offer
                      FROM product_product product
                      JOIN product_template template ON template.id = product.product_tmpl_id
                     CROSS JOIN policy p
                      LEFT JOIN whole ON whole.policy_id = p.id AND whole.product_id = product.id
                      %(later_join)s
                      %(own)s
                     CROSS JOIN LATERAL (
                           SELECT product.active AND %(counted)s
                                  AND (template.company_id IS NULL OR template.company_id = p.company_id) AS sold) here
                     -- OFFSET 0: computed once, not wherever it is used
                     CROSS JOIN LATERAL (
                           SELECT floor(COALESCE(whole.units, 0) * p.soft_share * 0.01) AS units OFFSET 0) shared
                     CROSS JOIN LATERAL (
                           SELECT CASE own.buffer_kind
                                  WHEN 'percent' THEN ceil(GREATEST(shared.units, 0) * own.buffer_value * 0.01)
                                  WHEN 'adaptive' THEN ceil(COALESCE(later.sold, 0) * p.lag_minutes / %(minutes)s)
                                  ELSE ceil(own.buffer_value) END AS units) held
                     CROSS JOIN LATERAL (
                           SELECT shared.units - held.units + floor(COALESCE(later.incoming, 0)) AS units OFFSET 0) net
                     WHERE %(products)s
                ),
                changed AS MATERIALIZED (
                    SELECT n.*, old.at FROM figure n LEFT JOIN old USING (policy_id, product_id)
                     WHERE CASE WHEN old.quantity IS NULL THEN n.sold
                           ELSE n.quantity <> old.quantity OR n.free <> old.free OR n.offer <> old.offer OR n.mode <> old.mode END
                ),
                -- the rows are locked, they stay where they were found: no second search of the index
                updated AS (
                    UPDATE ec_stock_figure f
                       SET quantity = c.quantity, free = c.free, offer = c.offer, mode = c.mode,
                           version = f.version + 1, computed_at = now() AT TIME ZONE 'UTC'
                      FROM changed c WHERE f.ctid = c.at
                    RETURNING f.product_id, TRUE AS known
                ),
                inserted AS (
                    INSERT INTO ec_stock_figure AS f (
                           product_id, policy_id, quantity, free, offer, mode, version, computed_at)
                    SELECT product_id, policy_id, quantity, free, offer, mode, 1, now() AT TIME ZONE 'UTC'
                      FROM changed WHERE at IS NULL
                     ORDER BY product_id, policy_id
                    ON CONFLICT (policy_id, product_id) DO UPDATE
                       SET quantity = EXCLUDED.quantity, free = EXCLUDED.free, offer = EXCLUDED.offer, mode = EXCLUDED.mode,
                           version = f.version + 1, computed_at = EXCLUDED.computed_at
                    RETURNING product_id, xmax::text <> '0' AS known
                ),
                written AS (SELECT * FROM updated UNION ALL SELECT * FROM inserted)
                SELECT count(*), count(*) FILTER (WHERE known AND product_id NOT IN (
                           SELECT product_id FROM ec_stock_dirty WHERE product_id IS NOT NULL))
                  FROM written
                """,
                scopes=self._scopes_sql(needs),
                parts=SQL(" UNION ALL ").join(
                    SQL(
                        "SELECT scope, product_id, %s AS units %s",
                        SQL(" ").join(
                            SQL("%s %s", SQL("+-"[code in SUBTRACTED]), units) for code, units in terms.items()
                        ),
                        rows,
                    )
                    for terms, rows in self._sources(needs, of_products)
                ),
                whole=self._whole_sql(needs, of_products),
                counted=self._counted_sql(SQL("product"), SQL("template"), SQL("p.company_id")),
                later=self._later_sql(needs, of_products),
                later_join=SQL("LEFT JOIN later ON later.policy_id = p.id AND later.product_id = product.id")
                if needs["incoming"] or needs["sold"]
                else SQL("CROSS JOIN (SELECT 0 AS incoming, 0 AS sold) later"),
                rules=self.env["ec.stock.rule"]._category_sql() if needs["rules"] else SQL(),
                own=self.env["ec.stock.rule"]._own_sql(needs["rules"]),
                old_products=SQL("WHERE product_id %s ORDER BY product_id, policy_id", of_products)
                if of_products
                else SQL(),
                products=SQL("product.id %s", of_products) if of_products else SQL("TRUE"),
                minutes=SOLD_MINUTES,
            )
        )[0]
        self.invalidate_model(flush=False)
        return written, drifted

    @api.model
    def _counted_sql(self, product, template, company):
        """Condition (SQL) that a figure is counted of the product for this company; also whether shops are told of it."""
        return SQL("%s.is_storable", template)

    @api.model
    def _note_counted(self, product_ids):
        """These products are counted from now on, or no longer; for addons that keep something for each of them."""

    @api.model
    def _whole_sql(self, needs, of_products):
        """SELECT of policy_id, product_id, free, units (weighted by shares) from CTEs `part` and `line`, before the rest of the
        formula. `of_products` as for `_sources`.
        """
        return SQL(
            """
            SELECT line.policy_id, part.product_id, sum(part.units) * 0.000001 AS free, %s AS units
              FROM part JOIN line USING (scope) GROUP BY 1, 2
            """,
            SQL("sum(part.units * line.share) * 0.00000001" if needs["shares"] else "sum(part.units) * 0.000001"),
        )

    @api.model
    def _drop_orphans(self):
        """Figures of a product or policy that was deleted while they were counted."""
        self.env.cr.execute(
            """
            DELETE FROM ec_stock_figure f
             WHERE NOT EXISTS (SELECT FROM product_product WHERE id = f.product_id)
                OR NOT EXISTS (SELECT FROM ec_stock_policy WHERE id = f.policy_id)
            """
        )

    @api.model
    def _needs(self):
        """Which parts of the statement the policies need; the others are left out of it."""
        return self.env.execute_query_dict(
            SQL(
                """
                SELECT EXISTS (SELECT FROM ec_stock_policy WHERE preorder) AS incoming,
                       EXISTS (SELECT FROM ec_stock_policy WHERE buffer_kind = 'adaptive'
                               UNION ALL SELECT FROM ec_stock_rule WHERE buffer_set AND buffer_kind = 'adaptive') AS sold,
                       EXISTS (SELECT FROM ec_stock_policy_blocked_rel) AS blocked,
                       EXISTS (SELECT FROM ec_stock_policy_line WHERE round(share::numeric, 6) <> 100) AS shares,
                       EXISTS (SELECT FROM ec_stock_pool) AS pools,
                       EXISTS (SELECT FROM ec_stock_rule) AS rules
                """
            )
        )[0]

    @api.model
    def _scopes_sql(self, needs, policy=None, draft=None):
        """CTEs: `policy`, `line` (policy, warehouse, share, scope), `scope` and `place` (scope and location). `draft`: CTEs that
        stand for the tables of a policy that is not stored yet.

        A scope is a warehouse seen with the same blocked locations, pre-order days and need of a sales rate: its rows are
        looked up once for all policies that share it. Places are looked up here and given as they are: PostgreSQL takes
        the join that finds them for one row and would plan the rest for it.
        """
        scopes = SQL(
            """
            policy AS MATERIALIZED (
                SELECT id, company_id, mode, buffer_kind, capped, cap, preorder, preorder_days,
                       round(buffer_value::numeric, 6) AS buffer_value, round(soft_share::numeric, 6) AS soft_share,
                       round(lag_minutes::numeric, 6) AS lag_minutes
                  FROM ec_stock_policy WHERE %(policies)s
            ),
            line AS MATERIALIZED (
                SELECT p.id AS policy_id, l.warehouse_id, round(l.share::numeric, 6) AS share, blocked.ids, own.days, own.rate,
                       dense_rank() OVER (ORDER BY l.warehouse_id, blocked.ids, own.days, own.rate)::int AS scope
                  FROM policy p
                  JOIN ec_stock_policy_line l ON l.policy_id = p.id
                 CROSS JOIN LATERAL (SELECT CASE WHEN p.preorder THEN p.preorder_days ELSE -1 END AS days,
                                            p.buffer_kind = 'adaptive' OR %(rules)s AS rate) own
                 CROSS JOIN LATERAL (SELECT COALESCE(array_agg(r.location_id ORDER BY r.location_id), '{}') AS ids
                                       FROM ec_stock_policy_blocked_rel r WHERE r.policy_id = p.id) blocked
            ),
            scope AS MATERIALIZED (
                SELECT DISTINCT line.scope, line.warehouse_id, line.ids, line.days, line.rate,
                       warehouse.view_location_id, company.partner_id
                  FROM line
                  JOIN stock_warehouse warehouse ON warehouse.id = line.warehouse_id
                  JOIN res_company company ON company.id = warehouse.company_id
            )
            """,
            policies=SQL("id = %s", policy) if policy is not None else SQL("active"),
            rules=SQL(
                """EXISTS (SELECT FROM ec_stock_rule r
                            WHERE r.policy_id = p.id AND r.buffer_set AND r.buffer_kind = 'adaptive')"""
            )
            if needs["rules"]
            else SQL("FALSE"),
        )
        places = self.env.execute_query(
            SQL(
                """
                WITH %s %s
                SELECT scope.scope, scope.days, scope.partner_id, l.id, l.usage = 'internal', l.usage IN ('internal', 'view'),
                       EXISTS (SELECT FROM stock_location b
                                WHERE b.id = ANY(scope.ids) AND l.parent_path LIKE b.parent_path || '%%')
                  FROM scope
                  JOIN stock_location v ON v.id = scope.view_location_id
                  JOIN stock_location l ON l.parent_path LIKE v.parent_path || '%%'
                """,
                draft or SQL(),
                scopes,
            )
        )
        columns = [list(column) for column in zip(*places, strict=True)] or [[]] * 7
        return SQL(
            """
            %s %s,
            place AS MATERIALIZED (
                SELECT * FROM unnest(%s::int[], %s::int[], %s::int[], %s::int[], %s::bool[], %s::bool[], %s::bool[])
                           AS place (scope, days, partner_id, location_id, internal, own, blocked)
            )
            """,
            draft or SQL(),
            scopes,
            *columns,
        )

    @api.model
    def _sources(self, needs, of_products=None):
        """Where free units come from: list of ({term code: SQL of its millionths}, SQL of the rows), each of a scope and a
        product. `of_products`: SQL after the column of the product; None for all products.

        `+ 0` keeps PostgreSQL from reading all of a location to find a few products.
        """

        def of(column):
            return SQL("AND %s %s", SQL(column), of_products) if of_products else SQL()

        units = micro(SQL("q.quantity"))
        lost = []
        quant = {"on_hand": units}
        if needs["blocked"]:
            quant["blocked"] = SQL("CASE WHEN place.blocked THEN %s ELSE 0 END", units)
            lost.append(SQL("place.blocked"))
        if "expiration_date" in self.env["stock.lot"]._fields:  # module product_expiry
            expired = SQL("COALESCE(lot.expiration_date <= now() AT TIME ZONE 'UTC', FALSE)")
            quant["expired"] = SQL("CASE WHEN %s AND NOT place.blocked THEN %s ELSE 0 END", expired, units)
            lost.append(expired)
        reserved = micro(SQL("q.reserved_quantity"))
        quant["reserved"] = (
            SQL("CASE WHEN %s THEN 0 ELSE %s END", SQL(" OR ").join(lost), reserved) if lost else reserved
        )
        sources = [
            (
                quant,
                SQL(
                    """
                    FROM stock_quant q
                    JOIN place ON place.location_id = q.location_id + 0 AND place.internal
                    %s
                   WHERE (q.owner_id IS NULL OR q.owner_id = place.partner_id) %s
                    """,
                    SQL("LEFT JOIN (SELECT id, expiration_date FROM stock_lot) lot ON lot.id = q.lot_id")
                    if "expired" in quant
                    else SQL(),
                    of("q.product_id"),
                ),
            ),
            (
                {
                    "demand": micro(
                        SQL(
                            """GREATEST(m.product_qty::numeric - COALESCE(m.quantity, 0)::numeric * unit.factor::numeric
                                      / base.factor::numeric, 0)"""
                        )
                    )
                },
                SQL(
                    """
                    FROM stock_move m
                    JOIN place ON place.location_id = m.location_id + 0 AND place.own
                         AND NOT place.blocked
                    JOIN product_product product ON product.id = m.product_id
                    JOIN product_template template ON template.id = product.product_tmpl_id
                    JOIN uom_uom base ON base.id = template.uom_id
                    JOIN uom_uom unit ON unit.id = m.product_uom
                   WHERE m.state IN %s %s
                     AND (m.restrict_partner_id IS NULL OR m.restrict_partner_id = place.partner_id)
                     AND NOT EXISTS (SELECT FROM place inside WHERE inside.scope = place.scope
                                        AND inside.location_id = COALESCE(m.location_final_id, m.location_dest_id))
                     -- a chain of moves takes its units once, where it starts
                     AND NOT EXISTS (
                         SELECT FROM stock_move_move_rel chain
                           JOIN stock_move o ON o.id = chain.move_orig_id
                           JOIN place source ON source.location_id = o.location_id
                          WHERE chain.move_dest_id = m.id AND source.scope = place.scope AND NOT source.blocked
                            AND o.state IN ('confirmed', 'waiting', 'partially_available', 'assigned')
                            AND NOT EXISTS (
                                SELECT FROM place inside WHERE inside.scope = source.scope
                                   AND inside.location_id = COALESCE(o.location_final_id, o.location_dest_id)))
                    """,
                    OPEN_STATES,
                    of("m.product_id"),
                ),
            ),
            (
                {"claims": SOLD_UNITS},
                SQL(
                    "%s WHERE o.ec_claims_stock AND o.state IN ('draft', 'sent') AND l.product_uom_qty > 0 %s",
                    SOLD_ROWS,
                    of("l.product_id"),
                ),
            ),
        ]
        if needs["pools"]:
            rows = """
                FROM ec_stock_pool pool
                JOIN scope ON scope.warehouse_id = pool.warehouse_id
               WHERE pool.active
                 AND (now() AT TIME ZONE 'UTC')::date BETWEEN COALESCE(pool.date_from, '-infinity')
                     AND COALESCE(pool.date_to, 'infinity')
            """
            units = micro(SQL("GREATEST(pool.quantity::numeric - COALESCE(pool.consumed, 0)::numeric, 0)"))
            sources.append(({"pools": units}, SQL("%s %s", SQL(rows), of("pool.product_id"))))
        return sources

    @api.model
    def _later_sources(self, needs, of_products=None):
        """As `_sources`: units expected, and units sold lately."""

        def of(column):
            return SQL("AND %s %s", SQL(column), of_products) if of_products else SQL()

        sources = []
        if needs["incoming"]:
            rows = """
                FROM stock_move m
                JOIN place ON place.location_id = m.location_dest_id + 0 AND place.days >= 0
                     AND place.own AND NOT place.blocked
               WHERE m.state IN ('confirmed', 'waiting', 'partially_available', 'assigned')
                 AND m.date <= now() AT TIME ZONE 'UTC' + make_interval(days => place.days)
                 AND (m.restrict_partner_id IS NULL OR m.restrict_partner_id = place.partner_id)
                 AND NOT EXISTS (SELECT FROM place inside
                                  WHERE inside.scope = place.scope AND inside.location_id = m.location_id)
            """
            sources.append(({"incoming": micro(SQL("m.product_qty"))}, SQL("%s %s", SQL(rows), of("m.product_id"))))
        if needs["sold"]:
            rows = SQL(
                """%s WHERE scope.rate AND o.state = 'sale' AND l.product_uom_qty > 0
                        AND o.date_order > now() AT TIME ZONE 'UTC' - make_interval(mins => %s) %s""",
                SOLD_ROWS,
                SOLD_MINUTES,
                of("l.product_id"),
            )
            sources.append(({"sold": SOLD_UNITS}, rows))
        return sources

    @api.model
    def _terms_sql(self, sources):
        """Rows of all terms of these sources: scope, product_id, code, units (in millionths)."""
        return SQL(" UNION ALL ").join(
            SQL("SELECT scope, product_id, %s AS code, %s AS units %s", code, units, rows)
            for terms, rows in sources
            for code, units in terms.items()
        )

    @api.model
    def _later_sql(self, needs, of_products):
        """CTE `later`: units incoming and sold of a policy and product; nothing if no policy looks at them."""
        sources = self._later_sources(needs, of_products)
        if not sources:
            return SQL()
        return SQL(
            """
            later AS (
                SELECT line.policy_id, part.product_id,
                       sum(part.units) FILTER (WHERE part.code = 'incoming') * 0.000001 AS incoming,
                       sum(part.units) FILTER (WHERE part.code = 'sold') * 0.000001 AS sold
                  FROM (%s) part JOIN line USING (scope) GROUP BY 1, 2
            ),
            """,
            self._terms_sql(sources),
        )

    @api.model
    def _formula_input(self, product, policy):
        """What the database says now of one product under one policy: (list of Terms, options), for `formula`."""
        self.env.flush_all()
        needs = dict.fromkeys(self._needs(), True)  # for one product nothing is gained by leaving a part out
        of_product = SQL("= %s", product.id)
        rows = self.env.execute_query(
            SQL(
                """
                WITH %s
                SELECT line.warehouse_id, line.share, part.code, sum(part.units) * 0.000001
                  FROM line LEFT JOIN (%s) part USING (scope) GROUP BY 1, 2, 3 ORDER BY 1, 3
                """,
                self._scopes_sql(needs, policy._origin.id or 0, policy._draft_sql()),
                self._terms_sql(self._sources(needs, of_product) + self._later_sources(needs, of_product)),
            )
        )
        warehouses = {}
        later = {"incoming": 0, "sold": 0}
        for warehouse, share, code, units in rows:
            terms = warehouses.setdefault(warehouse, {"share": share})
            if code in later:
                later[code] += units
            elif code:
                terms[code] = units
        own = self.env["ec.stock.rule"]._resolve(product, policy)
        buffer = Buffer(
            own["buffer_kind"], own["buffer_value"], sold=later["sold"], minutes=SOLD_MINUTES, lag=policy.lag_minutes
        )
        options = {
            "soft_share": policy.soft_share,
            "buffer": buffer,
            "incoming": later["incoming"],
            "cap": own["cap"] if own["capped"] else None,
        }
        return [Terms(**terms) for terms in warehouses.values()], options

    @api.model
    def _explain(self, product, policy):
        """Why this product's figure is what it is: ordered list of (term code, signed units) that adds up to it, now."""
        product.ensure_one()
        policy.ensure_one()
        warehouses, options = self._formula_input(product, policy)
        return explain(warehouses, **options)
