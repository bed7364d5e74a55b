from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.tools import SQL

from odoo.addons.ec_stock_atp.models.ec_stock_figure import BigInteger

STATES = [
    ("unread", "To be read"),
    ("ok", "Shown"),
    ("due", "To be told"),
    ("flight", "On its way"),
    ("stale", "Being read again"),
    ("error", "Needs a person"),
]
# Upper bound of what the shop shows plus what it sold that we have not seen; the protocol is ec_stock_atp/sharing.py
EXPOSURE = "GREATEST({0}.believed, {0}.flight_left, {0}.stale_quantity, 0) + {0}.extra"


class EcStockLevel(models.Model):
    """What one shop shows of one item at one of its locations, and what it shall show. Whole units of the product.

    Written by the lanes only, mostly in sets by SQL. `believed` is what we believe the shop shows plus its sales that we
    have not seen; a push is stored (`flight_*`) before it is sent, so that a crash sends the same push again. Instants are
    UTC as everywhere in Odoo.
    """

    _name = "ec.stock.level"
    _description = "Stock Shown by a Shop"
    _log_access = False
    _order = "id"
    _rec_name = "listing_id"

    # ---- fields

    listing_id = fields.Many2one("ec.listing", "Item", required=True, readonly=True, index=True, ondelete="cascade")
    channel_id = fields.Many2one("ec.channel", required=True, readonly=True, ondelete="cascade")
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True, ondelete="cascade")
    product_id = fields.Many2one("product.product", required=True, readonly=True, ondelete="cascade")
    policy_id = fields.Many2one("ec.stock.policy", "Stock Policy", required=True, readonly=True, index=True, ondelete="cascade")
    location_external_id = fields.Char("Location in the Shop", required=True, readonly=True, default="")
    inventory_external_id = fields.Char("Stock ID in the Shop", readonly=True)
    state = fields.Selection(STATES, required=True, readonly=True, default="unread")
    controlled = fields.Boolean(
        readonly=True, default=False, help="Its figure has been ours to set since the channel's stock was switched on."
    )
    pulled = fields.Boolean("The Shop Counts", readonly=True, default=False)
    strict = fields.Boolean("Divided", readonly=True, default=False, help="The units are divided among the shops now.")

    desired = fields.Integer("Shall Show", readonly=True, default=0)
    desired_at = fields.Datetime("Since", readonly=True)
    version = BigInteger(readonly=True, default=0, help="One more each time the desired figure changes.")
    believed = fields.Integer("Shows", readonly=True, help="What the shop shows, as far as we know; empty: never read.")
    extra = fields.Integer(readonly=True, default=0, help="Units that may be sold twice until the shop's figure is read again.")
    acknowledged = fields.Integer("Last Told", readonly=True)
    acknowledged_version = BigInteger(readonly=True)
    acknowledged_at = fields.Datetime("Told At", readonly=True)

    flight_batch = BigInteger(readonly=True)
    flight_quantity = fields.Integer("On Its Way", readonly=True)
    flight_expected = fields.Integer(readonly=True)
    flight_left = fields.Integer(readonly=True, help="The figure on its way, less what was sold since it was stored.")
    flight_at = fields.Datetime(readonly=True)
    attempts = fields.Integer(readonly=True, default=0)

    stale_quantity = fields.Integer("Read", readonly=True, help="What the shop showed when asked; counts once its orders are in.")
    stale_at = fields.Datetime(readonly=True)
    stale_seq = fields.Integer(readonly=True)
    sold_seq = fields.Integer(readonly=True, default=0, help="Counts the orders of this item that came in.")
    baseline_at = fields.Datetime(readonly=True, help="Orders placed before are contained in the figure read then.")
    checked_at = fields.Datetime("Read Back At", readonly=True)
    drift = fields.Integer(readonly=True, help="How far the shop's figure was off when it was last found wrong.")
    drift_at = fields.Datetime(readonly=True)
    drift_reason = fields.Selection(
        [
            ("sold", "Orders not seen yet"),
            ("changed", "Changed in the shop"),
            ("unsure", "An answer of the shop was lost"),
            ("first", "First reading"),
        ],
        readonly=True,
    )

    rate = fields.Float("Sold a Minute", readonly=True, default=0.0, help="Units, the last hours counting most.")
    rate_at = fields.Datetime(readonly=True)
    due_at = fields.Datetime(readonly=True)
    error_code = fields.Char(readonly=True)
    error_message = fields.Char(readonly=True)

    differs = fields.Boolean("Differs", compute="_compute_differs", search="_search_differs")
    fix = fields.Char("What To Do", compute="_compute_fix")

    _place_uniq = models.UniqueIndex("(listing_id, location_external_id)")
    _product_idx = models.Index("(product_id, channel_id)")
    _work_idx = models.Index("(channel_id, state, due_at) WHERE state IN ('unread', 'stale', 'flight')")
    _pull_idx = models.Index("(channel_id) WHERE pulled AND state = 'due'")
    _flight_idx = models.Index("(channel_id, flight_batch) WHERE flight_batch IS NOT NULL")
    _strict_idx = models.Index("(product_id) WHERE strict")
    _todo_idx = models.Index("(channel_id, state, id)")
    _extra_idx = models.Index("(channel_id) WHERE extra > 0")
    _item_idx = models.Index("(channel_id, inventory_external_id)")

    # ---- compute

    @api.depends("desired", "believed", "state")
    def _compute_differs(self):
        unknown = self._unknown_ids()
        for level in self:
            level.differs = level.id in unknown or level.desired != max(0, level.believed)

    def _unknown_ids(self):
        """Ids of the rows whose figure in the shop was never read (Odoo reads an empty integer as 0)."""
        return {row[0] for row in self.env.execute_query(
            SQL("SELECT id FROM ec_stock_level WHERE id = ANY(%s) AND believed IS NULL", self.ids))}

    def _search_differs(self, operator, value):
        if operator != "in":
            return NotImplemented
        # rows of the table are filtered by the record rules of the search around this
        wanted = SQL("believed IS NULL OR desired <> GREATEST(believed, 0)")
        ids = SQL("(SELECT id FROM ec_stock_level WHERE %s)", wanted)
        return [("id", "in" if True in value else "not in", ids)]

    @api.depends("error_code", "error_message")
    def _compute_fix(self):
        for level in self:
            level.fix = level.channel_id._error_text(level.error_code, level.error_message) if level.error_code else False

    @api.depends("listing_id", "channel_id", "location_external_id")
    def _compute_display_name(self):
        for level in self:
            level.display_name = f"{level.listing_id.display_name} – {level.channel_id.name}"

    # ---- actions

    def action_retry(self):
        """Read these again and go on: what a person corrected in the shop counts from now on."""
        self._check_may_steer()
        # an operator may ask for a retry; what the row says is written by the lanes only
        self.sudo().filtered(lambda level: level.state in ("error", "stale", "flight", "ok", "due"))._read_again()
        return True

    def action_why(self):
        """Open the page that says why the shop shows this figure."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Why this figure?"),
            "res_model": "ec.stock.level",
            "res_id": self.id,
            "views": [(self.env.ref("ec_channel_base.ec_stock_level_view_why").id, "form")],
        }

    def _check_may_steer(self):
        self.check_access("read")
        if not self.env.su and not self.env.user.has_group("ec_channel_base.group_ec_operator"):
            raise AccessError(self.env._("Your role in Channels does not allow this. Ask a manager or administrator of channels."))

    def _read_again(self):
        """Rows without a push in the air are read at once; one in the air is settled by its own answer first."""
        self.env.cr.execute(
            """UPDATE ec_stock_level SET state = CASE WHEN flight_batch IS NULL THEN 'stale' ELSE state END,
                      stale_at = NULL, due_at = now() AT TIME ZONE 'UTC', attempts = 0, error_code = NULL, error_message = NULL
                WHERE id = ANY(%s)""",
            [self.ids],
        )
        self.invalidate_recordset(flush=False)
        self.env["ec.lane"]._wake("stock")

    # ---- rows: one for each matched item of a channel and each of its published locations

    @api.model
    def _sync_rows(self, channels):
        """Make the rows that are missing, drop those that are no longer wanted, follow products and policies. Returns nothing.

        A row is dropped without a word to the shop: what it shows then is the shop's own affair.
        """
        self.env.flush_all()
        self.env.cr.execute(SQL(
            """
            WITH place AS (
                SELECT c.id AS channel_id, c.company_id, m.external_code AS location, COALESCE(m.stock_policy_id, c.stock_policy_id) AS policy_id,
                       m.stock_mode = 'pull' AS pulled
                  FROM ec_channel c
                  JOIN ec_mapping m ON m.channel_id = c.id AND m.kind = 'location' AND m.stock_mode IN ('publish', 'pull') AND NOT COALESCE(m.ignored, FALSE)
                 WHERE c.id = ANY(%(channels)s) AND c.stock_state IN ('shadow', 'on', 'stopped') AND c.active
            ),
            wanted AS (
                SELECT l.id AS listing_id, p.channel_id, p.company_id, l.product_id, p.policy_id, p.location, p.pulled, l.inventory_external_id
                  FROM place p
                  JOIN ec_listing l ON l.channel_id = p.channel_id AND l.state = 'matched' AND COALESCE(l.inventory_external_id, '') <> ''
                  JOIN ec_stock_policy policy ON policy.id = p.policy_id AND policy.active
                  JOIN product_product product ON product.id = l.product_id
                  JOIN product_template template ON template.id = product.product_tmpl_id AND %(counted)s
            ),
            gone AS (
                DELETE FROM ec_stock_level s
                 WHERE s.channel_id = ANY(%(channels)s)
                   AND NOT EXISTS (SELECT FROM wanted w WHERE w.listing_id = s.listing_id AND w.location = s.location_external_id)
             RETURNING s.product_id
            ),
            moved AS (
                UPDATE ec_stock_level s SET product_id = w.product_id, policy_id = w.policy_id, inventory_external_id = w.inventory_external_id,
                       pulled = w.pulled, state = CASE WHEN s.pulled <> w.pulled AND s.flight_batch IS NULL THEN 'stale' ELSE s.state END,
                       stale_at = NULL, due_at = now() AT TIME ZONE 'UTC'
                  FROM wanted w
                 WHERE w.listing_id = s.listing_id AND w.location = s.location_external_id
                   AND (s.product_id, s.policy_id, s.inventory_external_id, s.pulled)
                       IS DISTINCT FROM (w.product_id, w.policy_id, w.inventory_external_id, w.pulled)
             RETURNING s.product_id
            ),
            new AS (
                INSERT INTO ec_stock_level (listing_id, channel_id, company_id, product_id, policy_id, location_external_id, inventory_external_id,
                                            pulled, state, controlled, strict, desired, version, extra, sold_seq, attempts, rate, due_at)
                SELECT listing_id, channel_id, company_id, product_id, policy_id, location, inventory_external_id,
                       pulled, 'unread', FALSE, FALSE, 0, 0, 0, 0, 0, 0, now() AT TIME ZONE 'UTC'
                  FROM wanted ORDER BY listing_id, location
                    ON CONFLICT (listing_id, location_external_id) DO NOTHING
             RETURNING product_id
            )
            INSERT INTO ec_stock_todo (product_id)
            SELECT product_id FROM gone UNION SELECT product_id FROM moved UNION SELECT product_id FROM new
            """,
            channels=channels.ids,
            counted=self.env["ec.stock.figure"]._counted_sql(SQL("product"), SQL("template"), SQL("p.company_id")),
        ))
        if self.env.cr.rowcount:
            self.env["ec.lane"]._wake("stock")
        self.invalidate_model(flush=False)

    # ---- what makes rows come and go: noted by the database itself, whoever changes items or mappings

    def init(self):
        super().init()
        self.env.cr.execute("CREATE TABLE IF NOT EXISTS ec_stock_resync (id bigserial PRIMARY KEY, channel_id int NOT NULL)")
        self.pool.post_init(self._create_resync_triggers)

    def _create_resync_triggers(self):
        for table, columns in (
            ("ec_listing", ("product_id", "state", "inventory_external_id")),
            ("ec_mapping", ("kind", "external_code", "ignored", "warehouse_id", "stock_mode", "stock_policy_id")),
        ):
            self.env.cr.execute(_resync_triggers(table, columns))  # pylint: disable=sql-injection

    @api.model
    def _ask_resync(self, channels):
        """Rows of these channels may come or go."""
        if channels:
            self.env.cr.execute("INSERT INTO ec_stock_resync (channel_id) SELECT unnest(%s)", [channels.ids])
            self.env["ec.lane"]._wake("stock")

    @api.model
    def _resync(self):
        """Do what was asked. Returns the number of channels."""
        rows = self.env.execute_query(
            SQL("DELETE FROM ec_stock_resync WHERE id IN (SELECT id FROM ec_stock_resync FOR UPDATE SKIP LOCKED) RETURNING channel_id")
        )
        channels = self.env["ec.channel"].with_context(active_test=False).browse({row[0] for row in rows}).exists()
        if channels:
            channels._ensure_stock_policies()
            self._sync_rows(channels)
        return len(channels)


def _resync_triggers(table, columns):
    """SQL: statement triggers that note the channels of rows that came, went or changed in these columns."""
    old, new = (", ".join(f"{alias}.{column}" for column in columns) for alias in ("o", "n"))
    kinds = {
        "insert": ("NEW TABLE AS new_rows", "SELECT DISTINCT channel_id FROM new_rows"),
        "update": (
            "OLD TABLE AS old_rows NEW TABLE AS new_rows",
            f"SELECT DISTINCT n.channel_id FROM old_rows o JOIN new_rows n USING (id) WHERE ({old}) IS DISTINCT FROM ({new})",
        ),
        "delete": ("OLD TABLE AS old_rows", "SELECT DISTINCT channel_id FROM old_rows"),
    }
    return "".join(
        f"""
        CREATE OR REPLACE FUNCTION ec_stock_resync_{table}_{event}() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF to_regclass('ec_stock_resync') IS NOT NULL THEN
                INSERT INTO ec_stock_resync (channel_id) {query};
            END IF;
            RETURN NULL;
        END $$;
        DROP TRIGGER IF EXISTS ec_stock_resync_{table}_{event} ON {table};
        CREATE TRIGGER ec_stock_resync_{table}_{event} AFTER {event} ON {table} REFERENCING {tables}
            FOR EACH STATEMENT EXECUTE FUNCTION ec_stock_resync_{table}_{event}();
        """
        for event, (tables, query) in kinds.items()
    )
