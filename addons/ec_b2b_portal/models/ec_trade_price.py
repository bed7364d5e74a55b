from odoo import api, fields, models
from odoo.tools import SQL

LOT = 2000

# Appended to by triggers, whoever writes, so that nobody waits for anybody. Nothing given: all prices. `due_at`: rules have dates.
STALE = """
    CREATE TABLE IF NOT EXISTS ec_trade_price_stale (
        due_at timestamp NOT NULL DEFAULT '-infinity', pricelist_id int, product_id int, product_tmpl_id int
    );
    CREATE INDEX IF NOT EXISTS ec_trade_price_stale_due ON ec_trade_price_stale (due_at);
    CREATE OR REPLACE FUNCTION ec_trade_price_rule(rule product_pricelist_item) RETURNS void LANGUAGE sql AS $$
        INSERT INTO ec_trade_price_stale
        SELECT due_at, rule.pricelist_id, rule.product_id, rule.product_tmpl_id
          FROM (VALUES ('-infinity'::timestamp), (rule.date_start), (rule.date_end + interval '1 second')) moment (due_at)
         WHERE due_at = '-infinity' OR due_at > now() AT TIME ZONE 'UTC' - interval '1 hour'
    $$;
    CREATE OR REPLACE FUNCTION ec_trade_price_changed() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_ARGV[0] = 'rule' THEN
            IF TG_OP <> 'INSERT' THEN PERFORM ec_trade_price_rule(OLD); END IF;
            IF TG_OP <> 'DELETE' THEN PERFORM ec_trade_price_rule(NEW); END IF;
        ELSIF TG_ARGV[0] = 'pricelist' THEN INSERT INTO ec_trade_price_stale (pricelist_id) VALUES (NEW.id);
        ELSIF TG_ARGV[0] = 'product' THEN INSERT INTO ec_trade_price_stale (product_id) VALUES (NEW.id);
        ELSIF TG_ARGV[0] = 'template' THEN INSERT INTO ec_trade_price_stale (product_tmpl_id) VALUES (NEW.id);
        ELSIF TG_ARGV[0] = 'value' THEN INSERT INTO ec_trade_price_stale (product_tmpl_id) VALUES (NEW.product_tmpl_id);
        ELSE INSERT INTO ec_trade_price_stale DEFAULT VALUES;
        END IF;
        RETURN NULL;
    END $$;
"""
# (table, event, columns that matter, argument of the function)
WATCHES = (
    ("product_pricelist_item", "INSERT OR UPDATE OR DELETE", (), "rule"),
    ("product_pricelist", "UPDATE", ("ec_fallback_id", "ec_rounding", "ec_rounding_step", "currency_id"), "pricelist"),
    ("product_product", "INSERT", (), "product"),
    ("product_product", "UPDATE", ("standard_price", "product_tmpl_id"), "product"),
    ("product_template", "UPDATE", ("list_price", "categ_id", "ec_brand_id", "uom_id"), "template"),
    ("product_template_attribute_value", "UPDATE", ("price_extra",), "value"),
    ("product_category", "UPDATE", ("parent_path",), "all"),
    ("res_currency_rate", "INSERT OR UPDATE OR DELETE", (), "all"),
)


class EcTradePrice(models.Model):
    """The price of one unit of each product by a price list, to sort by. Known lists have a row for every product.

    Prices are those of the price list's own computation. A change marks them (ec_trade_price_stale, in the transaction that
    changes); whoever sorts next empties the marked ones and computes them again. So a row is never older than what the
    reader's own snapshot shows, and who computed on an older one leaves the mark where it is.
    """

    _name = "ec.trade.price"
    _description = "Price to Sort the Catalogue By"
    _log_access = False

    # plain numbers: foreign keys would take most of the time of a first computation. No list: 0
    company = fields.Integer(required=True)
    pricelist = fields.Integer(required=True)
    product = fields.Integer(required=True)
    price = fields.Float(digits=False)

    _product_uniq = models.UniqueIndex("(company, pricelist, product)")
    _price_idx = models.Index("(company, pricelist, price, product)")
    _unknown_idx = models.Index("(company, pricelist, product) WHERE price IS NULL")
    _of_product_idx = models.Index("(product)")

    def init(self):
        self.env.cr.execute("SELECT to_regclass('ec_trade_price_stale')")
        (known,) = self.env.cr.fetchone()
        self.env.cr.execute(STALE)
        for table, event, columns, about in WATCHES:
            name = f"ec_trade_price_{about}_{event.split()[0].lower()}"
            changed = " OR ".join(f"OLD.{column} IS DISTINCT FROM NEW.{column}" for column in columns)
            self.env.cr.execute(
                f"""DROP TRIGGER IF EXISTS {name} ON {table};
                    CREATE TRIGGER {name} AFTER {event} ON {table} FOR EACH ROW
                    {f"WHEN ({changed})" if changed else ""} EXECUTE FUNCTION ec_trade_price_changed('{about}')"""
            )
        if not known:
            # rules that are there already begin and end, too
            self.env.cr.execute(
                """SELECT ec_trade_price_rule(rule) FROM product_pricelist_item rule
                    WHERE GREATEST(date_start, date_end) > now() AT TIME ZONE 'UTC'"""
            )

    @api.model
    def _ready(self, company, pricelist):
        """Bring the prices of a list (maybe none) with a company up to date; superuser."""
        self._fold()
        self._know(company, pricelist)
        self._fill(company, pricelist)

    def _fold(self):
        """Empty the prices that changes since the last time may have touched, also through fallbacks and base lists."""
        self.env.flush_all()
        self.env.cr.execute(
            """
            WITH RECURSIVE stale AS (
                DELETE FROM ec_trade_price_stale WHERE due_at <= now() AT TIME ZONE 'UTC'
                RETURNING pricelist_id, product_id, product_tmpl_id
            ),
            hit (via, id) AS (
                SELECT DISTINCT pricelist_id, pricelist_id FROM stale WHERE pricelist_id IS NOT NULL
                 UNION
                SELECT hit.via, above.id FROM hit CROSS JOIN LATERAL (
                    SELECT id FROM product_pricelist WHERE ec_fallback_id = hit.id
                     UNION ALL
                    SELECT pricelist_id FROM product_pricelist_item WHERE base_pricelist_id = hit.id) above
            ),
            goods AS (
                SELECT DISTINCT s.pricelist_id, p.id FROM stale s JOIN product_product p
                    ON p.id = s.product_id OR (s.product_id IS NULL AND p.product_tmpl_id = s.product_tmpl_id)
            ),
            touched AS (
                SELECT price.id FROM ec_trade_price price
                 WHERE EXISTS (SELECT FROM stale s WHERE s.pricelist_id IS NULL AND s.product_id IS NULL AND s.product_tmpl_id IS NULL)
                 UNION ALL
                SELECT price.id FROM ec_trade_price price JOIN hit ON hit.id = price.pricelist
                 WHERE hit.via IN (SELECT pricelist_id FROM stale WHERE product_id IS NULL AND product_tmpl_id IS NULL)
                 UNION ALL
                SELECT price.id FROM goods JOIN hit ON hit.via = goods.pricelist_id
                  JOIN ec_trade_price price ON price.product = goods.id AND price.pricelist = hit.id
                 UNION ALL
                SELECT price.id FROM goods JOIN ec_trade_price price ON price.product = goods.id
                 WHERE goods.pricelist_id IS NULL
            ),
            emptied AS (UPDATE ec_trade_price SET price = NULL WHERE id IN (SELECT id FROM touched) AND price IS NOT NULL)
            INSERT INTO ec_trade_price (company, pricelist, product)
            SELECT known.company, known.pricelist, goods.id FROM goods
             CROSS JOIN (SELECT DISTINCT company, pricelist FROM ec_trade_price) known
             WHERE goods.pricelist_id IS NULL
                ON CONFLICT DO NOTHING
            """
        )

    def _know(self, company, pricelist):
        """A list that is asked for the first time gets its rows, without prices yet."""
        key = (company.id, pricelist.id or 0)
        self.env.cr.execute("SELECT FROM ec_trade_price WHERE company = %s AND pricelist = %s LIMIT 1", key)
        if not self.env.cr.rowcount:
            self.env.cr.execute(
                "INSERT INTO ec_trade_price (company, pricelist, product) SELECT %s, %s, id FROM product_product", key
            )

    def _fill(self, company, pricelist):
        """Compute what is not known, some thousand products at once."""
        key = SQL("company = %s AND pricelist = %s", company.id, pricelist.id or 0)
        rows = self.env.execute_query(SQL("SELECT product FROM ec_trade_price WHERE %s AND price IS NULL", key))
        unknown = [product_id for (product_id,) in rows]
        pricelist = pricelist.with_company(company)
        for start in range(0, len(unknown), LOT):
            asked = self.env["product.product"].with_company(company).browse(unknown[start : start + LOT])
            products = asked.exists()
            if gone := asked - products:
                self.env.cr.execute("DELETE FROM ec_trade_price WHERE product = ANY(%s)", [gone.ids])
            prices = pricelist._get_products_price(products, 1.0)
            self.env.execute_query(
                SQL(
                    """UPDATE ec_trade_price SET price = known.price
                         FROM unnest(%s::int[], %s::float8[]) known (product, price)
                        WHERE %s AND ec_trade_price.product = known.product RETURNING ec_trade_price.id""",
                    list(prices),
                    list(prices.values()),
                    key,
                )
            )
            self.env.invalidate_all()

    @api.model
    def _cron_refresh(self):
        """Between the buyers' visits, so that few of them wait."""
        self._fold()
        self.env.cr.execute("SELECT DISTINCT company, pricelist FROM ec_trade_price WHERE price IS NULL")
        for company_id, pricelist_id in self.env.cr.fetchall():
            company = self.env["res.company"].browse(company_id).exists()
            pricelist = self.env["product.pricelist"].browse(pricelist_id or []).exists()
            if company and bool(pricelist) == bool(pricelist_id):
                self._fill(company, pricelist)
            else:
                self.env.cr.execute(
                    "DELETE FROM ec_trade_price WHERE company = %s AND pricelist = %s", [company_id, pricelist_id]
                )
