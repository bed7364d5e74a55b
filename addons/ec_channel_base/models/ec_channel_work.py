import logging
import time
from datetime import UTC, timedelta
from itertools import islice

from odoo import fields, models
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY

from ..sdk.connector import Capability
from ..sdk.errors import ChannelError, NeedsAttention, Permanent

_logger = logging.getLogger(__name__)

HINT_BATCH = 50
BACKFILL_BATCH = 500
OVERLAP = timedelta(minutes=5)
POLL_EVERY = timedelta(seconds=60)
# While the shop tells of its orders itself, the poll only finds what was lost on the way
POLL_EVERY_TOLD = timedelta(minutes=10)
TOLD_LATELY = timedelta(minutes=15)
BACKFILL_EVERY = timedelta(seconds=20)
MAINTAIN_EVERY = timedelta(minutes=10)
REREAD_EVERY = timedelta(hours=24)
REREAD_LIMIT = 2000


class EcChannel(models.Model):
    """What the lanes do with a channel. Each `_work_*` handles one lot and answers how many rows it was; a failure of the whole
    call is recorded on the channel (which then waits) and never raised."""

    _inherit = "ec.channel"

    poll_next_at = fields.Datetime(readonly=True, copy=False)
    backfill_next_at = fields.Datetime(readonly=True, copy=False)
    webhook_note = fields.Char("Subscriptions", readonly=True, copy=False)

    def _call(self, action, work):
        """`work()` with the channel's health and log kept; None when the call failed."""
        started = time.monotonic()
        Log = self.env["ec.channel.log"]
        try:
            with self.env.cr.savepoint():
                result = work()
                self.env.flush_all()
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            raise
        except Exception as error:
            self.env.invalidate_all(flush=False)
            if not isinstance(error, ChannelError):
                # our own fault: it must neither stop the other channels nor be tried in a loop
                _logger.exception("%s of channel %s", action, self.id)
                error = NeedsAttention(str(error), code="bug")
            Log._note(self, action, seconds=time.monotonic() - started, error=error)
            self._record_error(error, action)
            return None
        if result or time.monotonic() - started > 1:
            Log._note(self, action, count=result if isinstance(result, int) else 0, seconds=time.monotonic() - started)
        self._record_contact(action)
        return result

    # ---- reading

    def _work_fetch(self):
        now = fields.Datetime.now()
        if notices := self.env["ec.inbound.event"]._work_notices(self):
            return notices
        if self.poll_cursor or not self.poll_next_at or self.poll_next_at <= now:
            handled = self._call("poll", self._poll_page)
            if handled or handled is None:
                return handled or 0
        if self._pending_hints():
            return self._call("reread", self._reread_hints) or 0
        if self.catalogue_cursor:
            return self._call("catalogue", self._pull_catalogue_page) or 0
        if self.backfill_token and (not self.backfill_next_at or self.backfill_next_at <= now):
            return self._call("backfill", self._read_backfill) or 0
        return 0

    def _trigger_lanes(self):
        self.write({"poll_next_at": False})
        self.env["ec.lane"]._wake("fetch", "import", "confirm", "push", "maintain")

    def _pending_hints(self):
        self.env.cr.execute(
            """SELECT 1 FROM ec_inbound_event WHERE channel_id = %s AND state = 'pending' AND NOT has_body AND kind = 'order'
                  AND due_at <= now() AT TIME ZONE 'UTC' LIMIT 1""",
            [self.id],
        )
        return bool(self.env.cr.fetchone())

    def _reread_hints(self):
        """Read the orders that were hinted at, each once however many hints there are."""
        self.env.cr.execute(
            """SELECT external_id, max(id) FROM (
                   SELECT external_id, id FROM ec_inbound_event
                    WHERE channel_id = %s AND state = 'pending' AND NOT has_body AND kind = 'order'
                      AND due_at <= now() AT TIME ZONE 'UTC'
                 ORDER BY id LIMIT 1000) h
             GROUP BY external_id ORDER BY max(id) LIMIT %s""",
            [self.id, HINT_BATCH],
        )
        wanted = dict(self.env.cr.fetchall())
        events = self._connector().fetch_orders_by_id(list(wanted))
        self.env["ec.inbound.event"]._store(self, events, "reread")
        # a hint may name something else of the order (a fulfilment order, say)
        gone = set(wanted).difference(*((event.external_id, *event.asked_as) for event in events))
        self.env.cr.execute(
            """UPDATE ec_inbound_event SET state = CASE WHEN external_id = ANY(%s) THEN 'ignored' ELSE 'done' END,
                      error_code = CASE WHEN external_id = ANY(%s) THEN 'order_missing' ELSE 'reread' END,
                      done_at = now() AT TIME ZONE 'UTC'
                WHERE channel_id = %s AND state = 'pending' AND NOT has_body AND kind = 'order'
                  AND external_id = ANY(%s) AND id <= %s""",
            [list(gone), list(gone), self.id, list(wanted), max(wanted.values())],
        )
        self.env["ec.inbound.event"].invalidate_model()
        return len(wanted)

    def _poll_page(self):
        """Read one page of "changed since". The window overlaps the last one; what is already stored is not stored again.

        Answers the rows of the page, 0 after the last one (so that the lane turns to other channels).
        """
        since = self.poll_since or self.import_since or fields.Datetime.now() - timedelta(days=1)
        asked_at = self._clock()
        page = self._connector().fetch_orders(since.replace(tzinfo=UTC), self.poll_cursor or None)
        self.env["ec.inbound.event"]._store(self, page.events, "poll")
        seen = self.poll_seen
        if page.high_water:
            high_water = page.high_water.astimezone(UTC).replace(tzinfo=None, microsecond=0)
            seen = max(seen, high_water) if seen else high_water
        if page.next_cursor:
            self.write({"poll_since": since, "poll_cursor": page.next_cursor, "poll_seen": seen})
            return max(1, len(page.events))
        now = fields.Datetime.now()
        self._note_orders_read(asked_at)
        self.write(
            {
                "poll_since": max(since, seen - OVERLAP) if seen else since,
                "poll_cursor": False,
                "poll_seen": False,
                "polled_at": now,
                "poll_next_at": now + (POLL_EVERY_TOLD if self._told_lately() else POLL_EVERY),
            }
        )
        return 0

    def _told_lately(self):
        """Whether a genuine delivery came in the last minutes: subscriptions that died are found out by that."""
        self.env.cr.execute(
            "SELECT 1 FROM ec_inbound_event WHERE channel_id = %s AND source = 'webhook' AND received_at > now() AT TIME ZONE 'UTC' - %s LIMIT 1",
            [self.id, TOLD_LATELY],
        )
        return bool(self.env.cr.fetchone())

    def _start_backfill(self):
        """Ask for a mass read. The poll goes on from now: what changed before comes with the mass read, not page by page too."""
        now = fields.Datetime.now()
        self.backfill_token = self._connector().start_backfill(self.import_since and self.import_since.replace(tzinfo=UTC))
        if not self.poll_since or self.poll_cursor or self.poll_since < now - OVERLAP:
            self.write({"poll_since": now - OVERLAP, "poll_cursor": False, "poll_seen": False})

    def _read_backfill(self):
        """Store a finished mass read, in lots, in one transaction: all of it is there or it is read again."""
        try:
            backfill = self._connector().read_backfill(self.backfill_token)
        except Permanent as error:
            self.write({"backfill_token": False, "poll_since": self.import_since, "poll_cursor": False, "poll_seen": False, "poll_next_at": False})
            self.message_post(body=self.env._("The mass read failed (%s): the orders are read page by page.", error.code))
            return 1
        if not backfill.done:
            self.backfill_next_at = fields.Datetime.now() + BACKFILL_EVERY
            return 0
        events, stored = iter(backfill.events), 0
        while lot := list(islice(events, BACKFILL_BATCH)):
            stored += self.env["ec.inbound.event"]._store(self, lot, "backfill")
        self.write({"backfill_token": False, "backfill_next_at": False})
        self.message_post(body=self.env._("Mass read finished: %s orders.", stored))
        return max(1, stored)

    def _recent_documents(self, limit=100):
        """The documents of the newest stored bodies, for trying mappings. What cannot be read is left out."""
        self.ensure_one()
        connector = self._connector()
        # the bodies are the administrator's to read; only what they map to is shown
        events = self.env["ec.inbound.event"].sudo().search([("channel_id", "=", self.id), ("kind", "=", "order"), ("has_body", "=", True)], limit=limit)
        documents, seen = [], set()
        for event in events:
            if event.external_id in seen:
                continue
            seen.add(event.external_id)
            try:
                documents.append(connector.parse_order(event._raw()))
            except ChannelError:
                continue
        return documents

    # ---- telling

    def _work_push(self):
        """Each kind is a call of its own: what the shop has acknowledged of one is kept when it refuses another altogether."""
        Message = self.env["ec.outbound.message"]
        kinds = Message._due_kinds(self)
        if not kinds and self.last_error_action and self.last_error_action.startswith("push"):
            self._record_contact(self.last_error_action)  # what the shop refused has been settled otherwise
        return sum(self._call(f"push {kind}", lambda k=kind: Message._work_push(self, k)) or 0 for kind in kinds)

    # ---- upkeep

    def _work_maintain(self):
        now = fields.Datetime.now()
        if self.maintained_at and now - self.maintained_at < MAINTAIN_EVERY:
            return 0
        self.maintained_at = now
        self.stock_lag = self.env["ec.stock.lag"]._measure(self)
        connector = self._connector()
        if self._call("check", lambda: self._apply_account(connector.check()) or 0) is None:
            return 0
        if self._has(Capability.WEBHOOK_SUBSCRIPTIONS):
            self._check_subscriptions(connector)
        if not self.reread_at or now - self.reread_at > REREAD_EVERY:
            self.reread_at = now
            self._reread_open_orders()
            self.env["ec.channel.audit"]._audit_recent(self)
        return 0

    def _check_subscriptions(self, connector):
        url = self._webhook_url()
        if not url.startswith("https://"):
            self.webhook_note = self.env._("The shop delivers only to https addresses: set web.base.url. Until then orders come once a minute.")
            return
        repaired = self._call("webhooks", lambda: connector.sync_webhooks(url))
        if repaired:
            self.webhook_note = self.env._("Repaired: %s", ", ".join(repaired))
            # deliveries were lost while a subscription was gone: look back once. Never read so far: from the start date anyway
            since = self.poll_since and self.poll_since - timedelta(hours=6)
            self.write({"poll_since": since, "poll_cursor": False, "poll_next_at": False})
        elif repaired is not None:
            self.webhook_note = False

    def _reread_open_orders(self):
        """The slow round: a channel's own change test may miss something, so what is still to ship, and what was placed lately
        (refunds), is read again once a day."""
        self.env.cr.execute(
            """SELECT ec_external_id FROM sale_order
                WHERE ec_channel_id = %s AND ec_open AND state != 'cancel'
                  AND (ec_placed_at > now() AT TIME ZONE 'UTC' - interval '14 days'
                       OR ec_status != 'shipped' AND ec_placed_at > now() AT TIME ZONE 'UTC' - interval '1 year')
                  AND write_date < now() AT TIME ZONE 'UTC' - interval '1 day'
             ORDER BY ec_placed_at DESC LIMIT %s""",
            [self.id, REREAD_LIMIT],
        )
        self.env["ec.inbound.event"]._store_hints(self, [row[0] for row in self.env.cr.fetchall()], "poll")
