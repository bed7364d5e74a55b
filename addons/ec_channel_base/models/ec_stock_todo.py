from odoo import api, fields, models
from odoo.tools import SQL


class EcStockTodo(models.Model):
    """Products whose figures in the shops need a look, appended by whoever changed something; and units that shops sold.

    Both are append-only, so that two who write never wait for each other; the planner alone takes rows out.
    """

    _name = "ec.stock.todo"
    _description = "Stock to Publish: Products to Look At"
    _auto = False
    _log_access = False

    product_id = fields.Many2one("product.product", readonly=True)

    def init(self):
        self.env.cr.execute(
            """CREATE TABLE IF NOT EXISTS ec_stock_todo (id bigserial PRIMARY KEY, product_id int NOT NULL);
               CREATE INDEX IF NOT EXISTS ec_stock_todo_product_idx ON ec_stock_todo (product_id);
               CREATE TABLE IF NOT EXISTS ec_stock_sale (
                   id bigserial PRIMARY KEY, channel_id int NOT NULL, listing_key varchar NOT NULL, location varchar NOT NULL,
                   units int NOT NULL, happened_at timestamp NOT NULL);
               CREATE TABLE IF NOT EXISTS ec_stock_hint (
                   id bigserial PRIMARY KEY, channel_id int NOT NULL, item varchar NOT NULL, location varchar, quantity int);
               CREATE SEQUENCE IF NOT EXISTS ec_stock_batch"""
        )

    @api.model
    def _add(self, product_ids):
        """Look at these products again, soon."""
        if product_ids:
            self.env.cr.execute("INSERT INTO ec_stock_todo (product_id) SELECT unnest(%s)", [sorted(set(product_ids))])
            self.env["ec.lane"]._wake("stock")

    @api.model
    def _add_channels(self, channels):
        """Look at everything these channels show."""
        self.env.execute_query(
            SQL(
                "INSERT INTO ec_stock_todo (product_id) SELECT DISTINCT product_id FROM ec_stock_level WHERE channel_id = ANY(%s) RETURNING 1",
                channels.ids,
            )
        )
        self.env["ec.lane"]._wake("stock")

    @api.model
    def _note_hint(self, channel, hint):
        """The shop says what it shows. Our own echo is dropped at the door; anything else the planner looks at."""
        reading = hint.reading
        rows = self.env.execute_query(
            SQL(
                """
                INSERT INTO ec_stock_hint (channel_id, item, location, quantity)
                SELECT v.channel, v.item, v.location, v.quantity
                  FROM (VALUES (%s::int, %s::text, %s::text, %s::int)) v (channel, item, location, quantity)
                 WHERE NOT EXISTS (SELECT FROM ec_stock_level level
                                    WHERE level.channel_id = v.channel AND level.inventory_external_id = v.item
                                      AND level.location_external_id = v.location
                                      AND v.quantity IN (GREATEST(level.believed, 0), level.acknowledged, level.flight_quantity))
                RETURNING id
                """,
                channel.id,
                hint.external_id or "",
                reading.location_external_id if reading else None,
                int(reading.quantity) if reading and reading.quantity is not None else None,
            )
        )
        if rows:
            self.env["ec.lane"]._wake("stock")

    @api.model
    def _take(self, limit):
        """Take out the products of the oldest rows, at most `limit` rows; ids."""
        rows = self.env.execute_query(
            SQL(
                "DELETE FROM ec_stock_todo WHERE id IN (SELECT id FROM ec_stock_todo ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED) RETURNING product_id",
                limit,
            )
        )
        return sorted({row[0] for row in rows})


class EcStockFigure(models.Model):
    _inherit = "ec.stock.figure"

    @api.model
    def _upsert(self, product_ids=None):
        """Whoever recounts hands the products on to the planner."""
        result = super()._upsert(product_ids)
        self.env.execute_query(
            SQL(
                "INSERT INTO ec_stock_todo (product_id) SELECT DISTINCT product_id FROM ec_stock_level %s RETURNING 1",
                SQL("WHERE product_id = ANY(%s)", list(product_ids)) if product_ids is not None else SQL(),
            )
        )
        return result

    @api.model
    def _note_counted(self, product_ids):
        """Items of these products get a row, or lose it."""
        super()._note_counted(product_ids)
        rows = self.env.execute_query(SQL("SELECT DISTINCT channel_id FROM ec_listing WHERE product_id = ANY(%s)", list(product_ids)))
        self.env["ec.stock.level"]._ask_resync(self.env["ec.channel"].browse([channel for (channel,) in rows]))


class EcStockDirty(models.Model):
    _inherit = "ec.stock.dirty"

    @api.model
    def _cron_fold(self):
        """The planner folds: the figures it works with are those of its own snapshot."""
        self.env["ec.lane"]._wake("stock")
