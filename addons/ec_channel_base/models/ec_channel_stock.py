import logging
import time
from datetime import timedelta
from decimal import Decimal

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..sdk.connector import Capability
from ..sdk.documents import StockLevel
from ..sdk.errors import ChannelError, NeedsAttention, Retryable, Unsupported
from .ec_stock_planner import QUEUED_BATCHES

_logger = logging.getLogger(__name__)

WALK_EVERY = timedelta(hours=24)
WALK_FROM = 500  # so many unread figures: the shop's stock is read as a whole
FLIGHT_HOURS = 20  # shops forget keys after a day: an answer that is missing so long is settled by reading
EXTRA_SECONDS = 30  # a figure that sold too fast to be settled exactly is read again after so long
LATE_SECONDS = 120
WAITING_ROWS = 5000


class EcChannel(models.Model):
    """What a channel shows of our stock: whether it is told, and the lane that reads and tells it."""

    _inherit = "ec.channel"

    stock_state = fields.Selection(
        [("off", "Off"), ("shadow", "Only Compare"), ("on", "Told to the Shop"), ("stopped", "Stopped")],
        "Stock",
        default="shadow",
        required=True,
        copy=False,
        tracking=True,
        help="Only Compare: figures are computed and differences shown, nothing is sent. Stopped: nothing is sent any more, "
        "units that the shop shows stay set aside for it.",
    )
    stock_policy_id = fields.Many2one(
        "ec.stock.policy", "Stock Policy", check_company=True, copy=False, help="For locations of the shop without a policy of their own."
    )
    stock_batch = fields.Integer(readonly=True, default=100, copy=False)
    stock_compare = fields.Boolean(readonly=True, copy=False, help="The shop compares before it changes a figure.")
    stock_walked_at = fields.Datetime("Stock Read Back", readonly=True, copy=False)
    stock_lag = fields.Float("Delay (seconds)", readonly=True, copy=False, help="In nine of ten cases a sale in this shop is known to the others within this time.")
    orders_read_at = fields.Datetime(readonly=True, copy=False)
    stock_differs_count = fields.Integer("Figures That Differ", compute="_compute_stock_counts")
    stock_error_count = fields.Integer("Figures to Settle", compute="_compute_stock_counts")
    stock_level_count = fields.Integer("Figures", compute="_compute_stock_counts")
    stock_stopped_for_all = fields.Boolean(related="company_id.ec_stock_stopped")

    # ---- compute

    def _compute_stock_counts(self):
        counts = {}
        if self.ids:
            self.env["ec.stock.level"].flush_model()
            # numbers of channels this user may read
            counts = {
                row[0]: row[1:]
                for row in self.env.execute_query(
                    SQL(
                        """SELECT channel_id, count(*), count(*) FILTER (WHERE believed IS NULL OR desired <> GREATEST(believed, 0)),
                                  count(*) FILTER (WHERE state = 'error')
                             FROM ec_stock_level WHERE channel_id = ANY(%s) GROUP BY 1""",
                        self.ids,
                    )
                )
            }
        for channel in self:
            channel.stock_level_count, channel.stock_differs_count, channel.stock_error_count = counts.get(channel.id, (0, 0, 0))

    def _stock_warnings(self):
        """What to look at about the stock of this channel, as sentences."""
        self.ensure_one()
        if self.stock_state not in ("on", "stopped"):
            return []
        if self.stock_state == "stopped" or self.stock_stopped_for_all:
            return [self.env._("No stock figures are told to the shop: somebody stopped it.")]
        found = []
        if self.stock_error_count:
            found.append(self.env._("%s stock figures need a person.", self.stock_error_count))
        if self.stock_lag > LATE_SECONDS:
            found.append(self.env._("Stock figures reach the shop late: within %s seconds.", round(self.stock_lag)))
        # what buyers take while the shop does not know better; units that are divided cannot be oversold
        rows = self.env.execute_query(
            SQL("SELECT COALESCE(sum(rate), 0) FROM ec_stock_level WHERE channel_id = %s AND NOT strict AND controlled", self.id)
        )
        units = rows[0][0] * self.stock_lag / 60
        if units >= 1:
            found.append(self.env._("Within that delay buyers take about %s units: so many can be oversold where units are shared.", round(units)))
        return found

    # ---- crud

    def write(self, vals):
        result = super().write(vals)
        if vals.keys() & {"stock_state", "stock_policy_id", "warehouse_id", "active", "state", "company_id"}:
            self.env["ec.stock.level"]._ask_resync(self)
        return result

    def _refresh_capabilities(self):
        super()._refresh_capabilities()
        for channel in self:
            try:
                batch = channel._connector().stock_batch if channel._has(Capability.STOCK) else 100
            except (UserError, ChannelError):
                continue
            channel.write({"stock_batch": batch, "stock_compare": channel._has(Capability.STOCK_COMPARE)})

    # ---- actions

    def action_stock_on(self):
        """From now on the shop is told. What it shows has been read; its figures are ours to set."""
        self._check_role("manager")
        for channel in self:
            if not channel._has(Capability.STOCK):
                raise UserError(self.env._("%s cannot be told stock figures.", channel.name))
        self.sudo().write({"stock_state": "on"})  # a manager decides; the role has been checked
        self.env.flush_all()
        self.env.cr.execute(
            """UPDATE ec_stock_level SET controlled = TRUE, desired_at = now() AT TIME ZONE 'UTC'
                WHERE channel_id = ANY(%s) AND believed IS NOT NULL AND NOT controlled""",
            [self.ids],
        )
        self.env["ec.stock.todo"]._add_channels(self)
        return True

    def action_stock_stop(self):
        """Send nothing more, at once. What the shop shows stays set aside for it."""
        self._check_role("operator")
        self.sudo().write({"stock_state": "stopped"})  # whoever sees the smoke may pull the handle
        return True

    def action_stock_shadow(self):
        """Compare only: the shop's figures are its own again."""
        self._check_role("manager")
        self.sudo().write({"stock_state": "shadow"})  # a manager decides; the role has been checked
        self.env.flush_all()
        self.env.cr.execute("UPDATE ec_stock_level SET controlled = FALSE, strict = FALSE WHERE channel_id = ANY(%s)", [self.ids])
        self.env["ec.stock.todo"]._add_channels(self)
        return True

    def action_stock_read_back(self):
        """Read all figures of the shop back now."""
        self._check_role("operator")
        # the lanes' own fields
        self.sudo().write({"stock_walked_at": False})
        self.env["ec.mapping"].sudo().search([("channel_id", "in", self.ids), ("kind", "=", "location")]).write({"stock_walked": False})
        self.env["ec.lane"]._wake("stock")
        return self._notify("info", self.env._("The shop's figures are being read in the background."))

    def action_open_stock_levels(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("ec_channel_base.action_ec_stock_level")
        return {**action, "domain": [("channel_id", "=", self.id)], "context": dict(self.env.context)}

    # ---- the lane: each step handles one call and answers the number of rows, or what is to be done with the answer

    def _work_stock(self):
        """Tell first, then read what is to be read again, then walk through everything once a day."""
        if self.stock_state not in ("shadow", "on") or not self._has(Capability.STOCK):
            return 0
        if self.stock_state == "on" and not self.company_id.ec_stock_stopped:
            step = self._stock_send_step()
            if step:
                return step
        return self._stock_walk_step() or self._stock_read_step() or 0

    def _stock_call(self, action, call, apply):
        """Make the call now; answers the step that takes its outcome in, on a new snapshot. A failed call is the channel's."""
        started = time.monotonic()
        try:
            outcome = call()
        except ChannelError as error:
            return lambda error=error: self._stock_failed(action, error, time.monotonic() - started)
        except Exception as error:  # our own fault: it must neither stop the other channels nor be tried in a loop
            _logger.exception("%s of channel %s", action, self.id)
            bug = NeedsAttention(str(error), code="bug")
            return lambda: self._stock_failed(action, bug, time.monotonic() - started)
        seconds = time.monotonic() - started

        def taken():
            count = apply(outcome)
            self.env["ec.channel.log"]._note(self, action, count=count, seconds=seconds)
            self._record_contact(action)
            return max(1, count)

        return taken

    def _stock_failed(self, action, error, seconds):
        self.env["ec.channel.log"]._note(self, action, seconds=seconds, error=error)
        self._record_error(error, action)
        return 0

    # ---- telling

    def _stock_send_step(self):
        """One batch of pushes that were stored, in the same order under the same keys each time."""
        self.env.cr.execute(
            """SELECT flight_batch FROM ec_stock_level
                WHERE channel_id = %s AND flight_batch IS NOT NULL AND state = 'flight' AND due_at <= now() AT TIME ZONE 'UTC'
             ORDER BY flight_batch LIMIT 1""",
            [self.id],
        )
        found = self.env.cr.fetchone()
        if not found:
            return None
        self.env.cr.execute(
            """SELECT id, inventory_external_id, location_external_id, flight_quantity, flight_expected, attempts, desired_at
                 FROM ec_stock_level WHERE channel_id = %s AND flight_batch = %s AND state = 'flight' ORDER BY id""",
            [self.id, found[0]],
        )
        rows = self.env.cr.fetchall()
        levels = [
            StockLevel(
                key=f"{found[0]}-{id_}",
                inventory_external_id=item,
                location_external_id=location,
                quantity=_whole(quantity),
                expected=_whole(expected),
            )
            for id_, item, location, quantity, expected, _attempts, _at in rows
        ]
        connector = self._connector()
        if not self.stock_compare:
            # known before it is sent: sent again, an absolute push puts on show what was sold in between
            self.env.cr.execute(
                """UPDATE ec_stock_level SET attempts = attempts + 1,
                          extra = extra + CASE WHEN attempts > 0 THEN GREATEST(flight_left, 0) ELSE 0 END
                    WHERE channel_id = %s AND flight_batch = %s AND state = 'flight'""",
                [self.id, found[0]],
            )
            self.env["ec.stock.level"].invalidate_model(flush=False)

        def send():
            try:
                return connector.push_stock(levels)
            except ChannelError as error:
                if getattr(error, "outcome_unknown", False):  # the whole call, and perhaps all of it done
                    return [error] * len(rows)
                raise

        call = lambda: self._stock_call("push stock", send, lambda results: self._stock_sent(rows, results))  # noqa: E731
        return call() if self.stock_compare else call

    def _stock_sent(self, rows, results):
        """Take in one result a row."""
        values, ages, now = [], [], self._clock()
        for (id_, _item, _location, _quantity, _expected, attempts, desired_at), result in zip(rows, results, strict=True):
            error = result if isinstance(result, ChannelError) else result.error
            outcome, code, message, wait = "ok", None, None, 0
            if error is not None:
                code, message = error.code, str(error)[:300]
                if isinstance(error, Retryable):
                    outcome = "unknown" if getattr(error, "outcome_unknown", False) else "again"
                    wait = error.retry_after if error.retry_after is not None else min(900, 2 ** min(attempts, 9))
                elif code in ("stale", "conflict"):
                    outcome = "stale"
                else:
                    outcome = "error"
            elif desired_at:
                ages.append((now - desired_at).total_seconds())
            values.append((id_, outcome, code, message, float(wait)))
        self.env.cr.execute(
            """
            WITH v AS (SELECT * FROM unnest(%(ids)s::int[], %(outcomes)s::text[], %(codes)s::text[], %(messages)s::text[], %(waits)s::float8[])
                                  AS v (id, outcome, code, message, wait)),
            changed AS (
                UPDATE ec_stock_level level
                   SET state = CASE v.outcome WHEN 'ok' THEN CASE WHEN %(compare)s THEN 'ok' ELSE 'stale' END
                                    WHEN 'unknown' THEN 'flight' WHEN 'again' THEN 'flight' ELSE v.outcome END,
                       believed = CASE v.outcome WHEN 'ok' THEN level.flight_left ELSE level.believed END,
                       acknowledged = CASE v.outcome WHEN 'ok' THEN level.flight_quantity ELSE level.acknowledged END,
                       acknowledged_at = CASE v.outcome WHEN 'ok' THEN now() AT TIME ZONE 'UTC' ELSE level.acknowledged_at END,
                       acknowledged_version = CASE WHEN v.outcome = 'ok' AND level.desired = level.flight_quantity THEN level.version
                                                   ELSE level.acknowledged_version END,
                       -- an absolute push overwrote sales that we have not seen: they count until the figure is read again
                       extra = CASE WHEN v.outcome = 'ok' AND NOT %(compare)s
                                    THEN level.extra + GREATEST(level.believed, level.flight_left, 0) - GREATEST(level.flight_left, 0) ELSE level.extra END,
                       -- what was not taken this time may have been taken the time before (a killed worker): it stays on its way
                       flight_batch = CASE WHEN v.outcome IN ('unknown', 'again') THEN level.flight_batch END,
                       flight_quantity = CASE WHEN v.outcome IN ('unknown', 'again') THEN level.flight_quantity END,
                       flight_left = CASE WHEN v.outcome IN ('unknown', 'again') THEN level.flight_left END,
                       flight_expected = CASE WHEN v.outcome IN ('unknown', 'again') THEN level.flight_expected END,
                       stale_at = NULL, stale_quantity = NULL,
                       attempts = CASE WHEN v.outcome IN ('unknown', 'again') THEN level.attempts + %(compare)s::int ELSE 0 END,
                       due_at = now() AT TIME ZONE 'UTC' + make_interval(secs => v.wait),
                       error_code = CASE v.outcome WHEN 'ok' THEN NULL ELSE v.code END,
                       error_message = CASE v.outcome WHEN 'ok' THEN NULL ELSE v.message END
                  FROM v WHERE level.id = v.id AND level.flight_batch IS NOT NULL
             RETURNING level.product_id, v.outcome, level.strict, level.desired, level.believed
            )
            INSERT INTO ec_stock_todo (product_id)
            SELECT DISTINCT product_id FROM changed WHERE outcome IN ('stale', 'error') OR strict OR desired IS DISTINCT FROM GREATEST(believed, 0)
            """,
            {
                "ids": [v[0] for v in values], "outcomes": [v[1] for v in values], "codes": [v[2] for v in values],
                "messages": [v[3] for v in values], "waits": [v[4] for v in values], "compare": bool(self.stock_compare),
            },
        )  # fmt: skip
        if self.env.cr.rowcount:
            self.env["ec.lane"]._wake("stock")
        self._stock_plan_waiting()
        if ages:
            self.env["ec.stock.lag"]._note(self, ages)
        self.env["ec.stock.level"].invalidate_model(flush=False)
        return len(values)

    def _stock_plan_waiting(self):
        """What waited while enough was on its way is planned once little is left of that."""
        self.env.cr.execute(
            """INSERT INTO ec_stock_todo (product_id)
               SELECT DISTINCT product_id FROM (
                   SELECT product_id FROM ec_stock_level level WHERE channel_id = %(channel)s AND state = 'due' AND controlled
                      AND NOT EXISTS (SELECT FROM ec_stock_todo todo WHERE todo.product_id = level.product_id) LIMIT %(limit)s) waiting
                WHERE (SELECT count(DISTINCT flight_batch) FROM ec_stock_level
                        WHERE channel_id = %(channel)s AND flight_batch IS NOT NULL AND state = 'flight') < %(queued)s""",
            {"channel": self.id, "limit": WAITING_ROWS, "queued": QUEUED_BATCHES},
        )
        if self.env.cr.rowcount:
            self.env["ec.lane"]._wake("stock")

    # ---- reading

    def _stock_read_step(self):
        """Read again what was refused, never read, or is doubtful; the orders placed before are fetched after it."""
        self.env.cr.execute(
            f"""UPDATE ec_stock_level SET state = 'stale', stale_at = NULL
                 WHERE channel_id = %s AND state = 'flight' AND flight_at < now() AT TIME ZONE 'UTC' - interval '{FLIGHT_HOURS} hours'""",  # pylint: disable=sql-injection
            [self.id],
        )
        doubtful = self.env.cr.rowcount
        self.env.cr.execute(
            f"""UPDATE ec_stock_level SET state = 'stale', stale_at = NULL, attempts = 0, due_at = now() AT TIME ZONE 'UTC'
                 WHERE channel_id = %s AND extra > 0 AND state IN ('ok', 'due') AND flight_batch IS NULL
                   AND (checked_at IS NULL OR checked_at < now() AT TIME ZONE 'UTC' - interval '{EXTRA_SECONDS} seconds')""",  # pylint: disable=sql-injection
            [self.id],
        )
        if doubtful or self.env.cr.rowcount:
            return 1  # orders that come in while a figure is read must see that it is: committed before the shop is asked
        self.env.cr.execute(
            """SELECT id, inventory_external_id, location_external_id, sold_seq FROM ec_stock_level
                WHERE channel_id = %s AND state IN ('unread', 'stale') AND stale_at IS NULL AND due_at <= now() AT TIME ZONE 'UTC'
             ORDER BY due_at, id LIMIT %s""",
            [self.id, max(1, self.stock_batch)],
        )
        rows = self.env.cr.fetchall()
        if not rows:
            return None
        connector = self._connector()
        return self._stock_call(
            "read stock",
            lambda: connector.read_stock([(item, location) for _id, item, location, _seq in rows]),
            lambda readings: self._stock_read(rows, readings, self._clock()),  # the moment of the answer: see _settle_readings
        )

    def _stock_read(self, rows, readings, read_at):
        """`rows` as (id, item, location, sold_seq); one reading a row."""
        read, bad = [], []
        for (id_, _item, _location, seq), reading in zip(rows, readings, strict=True):
            code = _reading_problem(reading)
            if code:
                bad.append((id_, code))
            else:
                read.append((id_, int(reading.quantity), seq))
        self._stock_note_readings(read, bad, read_at)
        return len(rows)

    def _stock_note_readings(self, read, bad, read_at):
        """read: [(id, quantity, sold_seq)]; bad: [(id, error code)]."""
        if bad:
            self.env.cr.execute(
                """UPDATE ec_stock_level level SET state = 'error', error_code = v.code, error_message = NULL, flight_batch = NULL,
                          flight_quantity = NULL, flight_left = NULL, flight_expected = NULL
                     FROM unnest(%s::int[], %s::text[]) v (id, code) WHERE level.id = v.id""",
                [[row[0] for row in bad], [row[1] for row in bad]],
            )
        if read:
            self.env.cr.execute(
                """UPDATE ec_stock_level level SET stale_quantity = v.quantity, stale_at = %s, stale_seq = v.seq
                     FROM unnest(%s::int[], %s::int[], %s::int[]) v (id, quantity, seq)
                    WHERE level.id = v.id AND level.state IN ('unread', 'stale')""",
                [read_at, *[[row[n] for row in read] for n in range(3)]],
            )
            self._stock_fetch_orders()
        self.env["ec.stock.level"].invalidate_model(flush=False)

    def _stock_fetch_orders(self):
        """The shop's orders are read now: a figure that was read counts after that."""
        self.env.flush_all()
        self.env.cr.execute("UPDATE ec_channel SET poll_next_at = NULL WHERE id = %s AND poll_next_at IS NOT NULL", [self.id])
        self.invalidate_recordset(["poll_next_at"])
        self.env["ec.lane"]._wake("fetch")

    def _clock(self):
        """The database's clock, which all workers share: UTC with microseconds, which Odoo's own cuts off."""
        return self.env.execute_query(SQL("SELECT clock_timestamp() AT TIME ZONE 'UTC'"))[0][0]

    def _note_orders_read(self, asked_at):
        """Every order placed before this instant (with microseconds, which Odoo's own writing cuts off) is stored."""
        self.env.flush_all()
        self.env.cr.execute("UPDATE ec_channel SET orders_read_at = %s WHERE id = %s", [asked_at, self.id])
        self.invalidate_recordset(["orders_read_at"])
        if self.stock_state in ("shadow", "on"):
            self.env["ec.lane"]._wake("stock")

    # ---- walking through all of it: first reading of a large shop, and the daily audit

    def _stock_walk_step(self):
        """One page of one location: every figure is read back within a day, however many there are."""
        now = fields.Datetime.now()
        places = self.env["ec.mapping"].search([("channel_id", "=", self.id), ("kind", "=", "location"), ("stock_mode", "in", ("publish", "pull"))])
        walking = places.filtered("stock_cursor")[:1]
        if not walking:
            due = not self.stock_walked_at or now - self.stock_walked_at > WALK_EVERY
            if not due:
                return None
            walking = places.filtered(lambda place: place.stock_walked != fields.Date.to_string(now))[:1]
            if not walking or not self._stock_worth_walking():
                self.write({"stock_walked_at": now})
                return None
        cursor = walking.stock_cursor if walking.stock_cursor not in (False, "start") else None
        connector = self._connector()

        def fetch():
            try:
                return connector.fetch_stock(walking.external_code, cursor)
            except Unsupported:
                return None

        return self._stock_call("read back stock", fetch, lambda page: self._stock_walked(places, walking, page, self._clock()))

    def _stock_worth_walking(self):
        """A first reading of a few figures is done one by one; there is nothing to audit before."""
        if self.stock_walked_at:
            return True
        self.env.cr.execute(
            "SELECT count(*) FILTER (WHERE state = 'unread'), count(*) FILTER (WHERE state <> 'unread') FROM ec_stock_level WHERE channel_id = %s",
            [self.id],
        )
        unread, read = self.env.cr.fetchone()
        return read or unread >= WALK_FROM

    def _stock_walked(self, places, place, page, read_at):
        """Take one page in: unread figures are noted, those that differ are read again by themselves."""
        count = 0
        if page is not None:
            count = self._stock_compare(place.external_code, page.readings, read_at)
        today = fields.Date.to_string(fields.Datetime.now())
        following = page.next_cursor if page is not None else None
        place.write({"stock_cursor": following or False, "stock_walked": place.stock_walked if following else today})
        if not following and all(p.stock_walked == today for p in places):
            self.write({"stock_walked_at": fields.Datetime.now()})
        return max(1, count)

    def _stock_compare(self, location, readings, read_at):
        """Compare a page of readings with what we believe. Returns the number of readings."""
        found = {reading.inventory_external_id: reading for reading in readings}
        self.env.cr.execute(
            """SELECT id, inventory_external_id, state, believed, sold_seq, stale_at FROM ec_stock_level
                WHERE channel_id = %s AND location_external_id = %s AND inventory_external_id = ANY(%s)""",
            [self.id, location, list(found)],
        )
        unread, bad, same, other = [], [], [], []
        for id_, item, state, believed, seq, stale_at in self.env.cr.fetchall():
            reading = found[item]
            code = _reading_problem(reading)
            if state == "unread" and not code:
                if stale_at is None:
                    unread.append((id_, int(reading.quantity), seq))
            elif state in ("ok", "due", "unread", "error"):
                if code:
                    bad.append((id_, code))
                elif state != "error" and int(reading.quantity) == max(0, believed):
                    same.append(id_)
                else:
                    other.append(id_)
        self._stock_note_readings(unread, bad, read_at)
        if same:
            self.env.cr.execute("UPDATE ec_stock_level SET checked_at = %s WHERE id = ANY(%s)", [read_at, same])
        if other:
            self.env["ec.stock.level"].browse(other)._read_again()
        return len(found)


def _reading_problem(reading):
    """Error code of a reading that is no figure."""
    if reading.error is not None:
        return reading.error.code
    if reading.quantity is None:
        return "unknown_item"
    return "" if reading.tracked else "untracked"


def _whole(number):
    return None if number is None else Decimal(number)
