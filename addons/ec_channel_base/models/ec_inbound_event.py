import base64
import hashlib
import json
import traceback
from collections import defaultdict
from datetime import UTC, timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..sdk.documents import RawEvent
from ..sdk.errors import ChannelError, NeedsAttention

IMPORT_BATCH = 100
STATES = [
    ("pending", "To Do"),
    ("done", "Done"),
    ("parked", "To Settle"),
    ("ignored", "Left Alone"),
    ("failed", "Refused"),
    ("bug", "Fault"),
]


class EcInboundEvent(models.Model):
    """Something a channel told us, stored before it is understood. A row without body is a hint: the order is read again."""

    _name = "ec.inbound.event"
    _description = "Inbox of Channels"
    _order = "id desc"
    _log_access = False

    # ---- fields

    channel_id = fields.Many2one("ec.channel", required=True, ondelete="cascade", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True, index=True)
    kind = fields.Char(required=True, readonly=True)
    source = fields.Selection(
        [("webhook", "Told"), ("poll", "Read"), ("backfill", "Mass Read"), ("reread", "Read Again"), ("manual", "By Hand")],
        readonly=True,
    )
    topic = fields.Char(readonly=True)
    delivery_id = fields.Char(readonly=True)
    external_id = fields.Char("Shop's Id", readonly=True)
    version = fields.Char(readonly=True)
    digest = fields.Char(readonly=True)
    body = fields.Binary(attachment=False, readonly=True, groups="ec_channel_base.group_ec_admin")
    body_text = fields.Text(compute="_compute_body_text", groups="ec_channel_base.group_ec_admin")
    has_body = fields.Boolean(readonly=True)
    occurred_at = fields.Datetime(readonly=True)
    received_at = fields.Datetime(readonly=True, default=fields.Datetime.now)
    done_at = fields.Datetime(readonly=True)
    state = fields.Selection(STATES, default="pending", required=True, readonly=True)
    due_at = fields.Datetime(readonly=True, default=lambda self: self.env.cr.now())
    attempts = fields.Integer(readonly=True)
    error_code = fields.Char(readonly=True)
    error_message = fields.Char(readonly=True)
    error_trace = fields.Text(readonly=True, groups="ec_channel_base.group_ec_admin")
    fix = fields.Char(compute="_compute_fix")
    order_id = fields.Many2one("sale.order", readonly=True, ondelete="set null", index="btree_not_null")

    _delivery_uniq = models.UniqueIndex("(channel_id, delivery_id) WHERE delivery_id IS NOT NULL")
    _due_idx = models.Index("(due_at, id) WHERE state = 'pending'")
    _identity_idx = models.Index("(channel_id, kind, external_id, id DESC)")
    _state_idx = models.Index("(channel_id, state, id DESC)")
    _age_idx = models.Index("(received_at)")

    # ---- compute

    def _compute_body_text(self):
        for event in self:
            raw = base64.b64decode(event.body or b"")
            try:
                event.body_text = json.dumps(json.loads(raw), indent=2, ensure_ascii=False)[:200_000]
            except (ValueError, RecursionError):
                event.body_text = raw.decode("utf-8", "replace")[:200_000]

    @api.depends("error_code", "error_message")
    def _compute_fix(self):
        for event in self:
            event.fix = event.channel_id._error_text(event.error_code, event.error_message) if event.error_code else False

    @api.depends("kind", "external_id")
    def _compute_display_name(self):
        for event in self:
            event.display_name = f"{event.kind} {event.external_id or event.topic or event.id}"

    # ---- actions

    def action_retry(self):
        """Try these rows again now."""
        rows = self.filtered(lambda e: e.state not in ("pending", "done"))
        # an operator may ask for a retry; what the row says is written by the lanes only
        rows.sudo().write(
            {"state": "pending", "due_at": self.env.cr.now(), "attempts": 0, "error_code": False, "error_message": False, "error_trace": False}
        )
        self.env["ec.lane"]._wake("fetch", "import")
        return True

    def action_retry_same_code(self):
        """Try every row again that waits for the same reason."""
        states = ["parked", "bug", "failed"]
        if "ignored" in self.mapped("state"):  # what was left alone is taken up again only when such a row is among those chosen
            states.append("ignored")
        return self.search([("error_code", "in", list(set(self.mapped("error_code")))), ("state", "in", states)]).action_retry()

    def action_leave_alone(self):
        """A person decides that nothing is to be done about these."""
        self.env["ec.channel"]._check_role("manager")
        # a manager decides; the row is the lanes'
        self.filtered(lambda e: e.state in ("parked", "bug", "failed")).sudo().write({"state": "ignored"})
        return True

    def action_reread(self):
        """Ask the shop for these orders again."""
        by_channel = defaultdict(set)
        for event in self.filtered("external_id"):
            by_channel[event.channel_id].add(event.external_id)
        for channel, external_ids in by_channel.items():
            self._store_hints(channel, sorted(external_ids), source="manual")
        # as in action_retry
        self.filtered(lambda e: e.state in ("parked", "bug")).sudo().write({"state": "done", "error_code": "superseded"})
        return True

    def action_open_order(self):
        self.ensure_one()
        if not self.order_id:
            raise UserError(self.env._("There is no order from this row yet."))
        return {"type": "ir.actions.act_window", "res_model": "sale.order", "res_id": self.order_id.id, "view_mode": "form"}

    # ---- storing

    @api.model
    def _store(self, channel, raw_events, source):
        """Store bodies as they came; one that equals the newest stored body of the same thing is not stored again.

        Returns the number of new rows; wakes the import lane when there are any.
        """
        if not raw_events:
            return 0
        rows, seen = [], {}
        for event in raw_events:
            digest = hashlib.sha256(event.body).hexdigest()
            if seen.get((event.kind, event.external_id)) == digest:
                continue
            seen[event.kind, event.external_id] = digest
            occurred = event.occurred_at
            rows.append(
                (
                    event.kind,
                    event.external_id,
                    event.version,
                    digest,
                    base64.b64encode(event.body),
                    occurred.astimezone(UTC).replace(tzinfo=None) if occurred else None,
                )
            )
        values = SQL(", ").join(SQL("(%s, %s, %s, %s, %s::bytea, %s::timestamp)", *row) for row in rows)
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO ec_inbound_event (channel_id, company_id, kind, source, external_id, version, digest, body, has_body,
                                              occurred_at, received_at, due_at, state, attempts)
                SELECT %(channel)s, %(company)s, v.kind, %(source)s, v.external_id, v.version, v.digest, v.body, TRUE,
                       v.occurred_at, now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC', 'pending', 0
                  FROM (VALUES %(values)s) AS v(kind, external_id, version, digest, body, occurred_at)
                 WHERE v.digest IS DISTINCT FROM (
                           SELECT e.digest FROM ec_inbound_event e
                            WHERE e.channel_id = %(channel)s AND e.kind = v.kind AND e.external_id = v.external_id AND e.has_body
                         ORDER BY e.id DESC LIMIT 1)
                """,
                channel=channel.id,
                company=channel.company_id.id,
                source=source,
                values=values,
            )
        )
        stored = self.env.cr.rowcount
        if stored:
            self.env["ec.lane"]._wake("import")
        return stored

    @api.model
    def _store_hints(self, channel, external_ids, source):
        """Ask for these orders to be read again (one row each, coalesced when they are read)."""
        if not external_ids:
            return
        self.env.cr.execute(
            """
            INSERT INTO ec_inbound_event (channel_id, company_id, kind, source, external_id, has_body, received_at, due_at, state, attempts)
            SELECT %s, %s, 'order', %s, external_id, FALSE, now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC', 'pending', 0
              FROM unnest(%s::varchar[]) external_id
            """,
            [channel.id, channel.company_id.id, source, list(external_ids)],
        )
        self.env["ec.lane"]._wake("fetch")

    @api.model
    def _store_webhook(self, channel, hint, body):
        """Store a verified delivery once. Orders become hints; everything else keeps its body and is acted on by the lane."""
        occurred = hint.occurred_at
        is_order = hint.kind == "order"
        if is_order and not hint.external_id:  # a hint at nothing could never be read
            self._store_unreadable(channel, body, NeedsAttention("a delivery that names no order", code="unreadable"))
            return
        if hint.kind == "stock":
            self.env["ec.stock.todo"]._note_hint(channel, hint)
            return
        lane = self.env["ec.lane"]
        # one statement for all of it: there may be hundreds of deliveries a second
        self.env.cr.execute(
            """
            WITH stored AS (
                INSERT INTO ec_inbound_event (channel_id, company_id, kind, source, topic, delivery_id, external_id, body, has_body,
                                              occurred_at, received_at, due_at, state, attempts)
                SELECT id, company_id, %s, 'webhook', %s, %s, %s, %s, FALSE, %s, now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC',
                       'pending', 0
                  FROM ec_channel WHERE id = %s
                ON CONFLICT (channel_id, delivery_id) WHERE delivery_id IS NOT NULL DO NOTHING
                RETURNING id)
            SELECT EXISTS (SELECT 1 FROM stored) AND NOT EXISTS (
                       SELECT 1 FROM ir_cron_trigger WHERE cron_id = %s AND call_at <= now() AT TIME ZONE 'UTC')
            """,
            [
                hint.kind,
                hint.topic,
                hint.delivery_id or None,
                hint.external_id or None,
                None if is_order else base64.b64encode(body),
                occurred.astimezone(UTC).replace(tzinfo=None) if occurred else None,
                channel.id,
                lane._cron_id("fetch"),
            ],
        )
        if self.env.cr.fetchone()[0]:
            lane._wake("fetch")

    @api.model
    def _store_unreadable(self, channel, body, error):
        self.create(
            {
                "channel_id": channel.id,
                "company_id": channel.company_id.id,
                "kind": "unreadable",
                "source": "webhook",
                "body": base64.b64encode(body),
                "state": "parked",
                "error_code": error.code,
                "error_message": str(error)[:1000],
            }
        )

    @api.model
    def _work_notices(self, channel):
        """Act on the deliveries that are not about one order. Returns their number."""
        notices = self.search(
            [
                ("channel_id", "=", channel.id), ("state", "=", "pending"), ("due_at", "<=", self.env.cr.now()),
                ("kind", "in", ("uninstalled", "scopes", "privacy", "backfill")),
            ],
            limit=100,
        )
        self.env["ec.lane"]._halving(
            notices.sudo(),  # the body of a privacy request is the administrator's to read
            lambda lot: [notice._act_on_notice(channel) for notice in lot],
            lambda notice, error, trace: notice._park_error(error, trace),
        )
        return len(notices)

    def _act_on_notice(self, channel):
        self.ensure_one()
        if self.kind == "uninstalled":
            channel._on_uninstalled()
        elif self.kind == "scopes":
            channel._on_scopes_changed()
        elif self.kind == "backfill":
            channel.backfill_next_at = False
        else:
            channel._on_privacy_request(self.topic, base64.b64decode(self.body or b""))
        self._finish()

    # ---- importing

    @api.model
    def _work_import(self, limit=IMPORT_BATCH):
        """Import one lot of stored bodies. Returns the number of rows handled."""
        events = self._claim(limit)
        overtaken = events._overtaken()
        overtaken._finish("superseded")
        by_channel = defaultdict(self.browse)
        for event in events - overtaken:
            by_channel[event.channel_id] |= event
        for channel, rows in by_channel.items():
            channel = channel.with_company(channel.company_id)
            self.env["ec.lane"]._halving(
                rows._newest(rows._parse(channel)),
                lambda lot, c=channel: self._apply(c, lot),
                lambda lot, error, trace: lot[0][0]._park_error(error, trace),
            )
        return len(events)

    @api.model
    def _claim(self, limit):
        """Lock the oldest due bodies. A transaction-level advisory lock per order keeps two lanes off the same order."""
        self.flush_model(["state", "due_at"])
        self.env.cr.execute(
            """
            WITH due AS (
                SELECT e.id, e.channel_id, e.external_id
                  FROM ec_inbound_event e
                  JOIN ec_channel c ON c.id = e.channel_id AND c.state IN ('sandbox', 'live')
                 WHERE e.state = 'pending' AND e.has_body AND e.kind = 'order' AND e.due_at <= now() AT TIME ZONE 'UTC'
              ORDER BY e.due_at, e.id
                 LIMIT %s
                   FOR NO KEY UPDATE OF e SKIP LOCKED)
            SELECT id FROM due WHERE pg_try_advisory_xact_lock(channel_id, hashtext(external_id)) ORDER BY id
            """,
            [limit],
        )
        return self.browse(row[0] for row in self.env.cr.fetchall())

    def _overtaken(self):
        """Those of these rows that a body read later, of the same moment, has passed in another lane: channels date their
        changes to the second, so the importer itself could not tell that these are the older ones."""
        self.env.cr.execute(
            """
            SELECT e.id FROM ec_inbound_event e
             WHERE e.id = ANY(%s) AND EXISTS (
                       SELECT 1 FROM ec_inbound_event n
                        WHERE n.channel_id = e.channel_id AND n.kind = e.kind AND n.external_id = e.external_id AND n.id > e.id
                          AND n.has_body AND n.state = 'done' AND n.occurred_at = e.occurred_at)
            """,
            [self.ids],
        )
        return self.browse(row[0] for row in self.env.cr.fetchall())

    def _parse(self, channel):
        """[(event, document or None)]: what cannot be read is parked on the spot. One read of the connector's code, no network."""
        connector = channel._connector()
        parsed = []
        # the body is the administrator's to look at, but the lane's to read
        for event in self.sudo():
            try:
                parsed.append((event, connector.parse_order(event._raw())))
            except ChannelError as error:
                event._park_error(error)
                parsed.append((event, None))
            except Exception as error:  # a connector's fault must not stop its neighbours; the row keeps the traceback
                event._park_error(error, traceback.format_exc())
                parsed.append((event, None))
        return parsed

    def _newest(self, parsed):
        """Of several documents of one order only the newest counts, in whatever order they were stored."""
        newest = {}
        for event, document in parsed:
            if document is not None:
                rank = (document.updated_at, event.id)
                if event.external_id not in newest or newest[event.external_id][0] < rank:
                    newest[event.external_id] = (rank, event, document)
        chosen = [(event, document) for _rank, event, document in newest.values()]
        readable = self.browse([event.id for event, document in parsed if document is not None])
        (readable - self.browse([event.id for event, _document in chosen]))._finish("superseded")
        return chosen

    def _raw(self):
        self.ensure_one()
        return RawEvent(
            kind=self.kind,
            external_id=self.external_id,
            body=base64.b64decode(self.body or b""),
            version=self.version or "",
            occurred_at=self.occurred_at and self.occurred_at.replace(tzinfo=UTC),
        )

    @api.model
    def _apply(self, channel, pairs):
        results = self.env["ec.order.importer"]._import(channel, [document for _event, document in pairs])
        for (event, _document), result in zip(pairs, results, strict=True):
            if result.state == "parked":
                event._park(result.code, result.message)
        done = defaultdict(list)
        for (event, _document), result in zip(pairs, results, strict=True):
            if result.state != "parked":
                done[result.state, result.code].append((event.id, result.order_id or None))
        for (state, code), rows in done.items():
            self.env.cr.execute(
                SQL(
                    """UPDATE ec_inbound_event e SET state = %s, error_code = %s, done_at = now() AT TIME ZONE 'UTC', order_id = v.order_id::int
                         FROM (VALUES %s) AS v(id, order_id) WHERE e.id = v.id""",
                    state,
                    code,
                    SQL(", ").join(SQL("(%s, %s::int)", *row) for row in rows),
                )
            )
        # an earlier body of these orders that could not be used needs nobody any more
        self.env.cr.execute(
            """UPDATE ec_inbound_event e SET state = 'done', error_code = 'superseded', done_at = now() AT TIME ZONE 'UTC'
                 FROM ec_inbound_event n
                WHERE n.id = ANY(%s) AND e.channel_id = n.channel_id AND e.kind = n.kind AND e.external_id = n.external_id
                  AND e.id < n.id AND e.state IN ('parked', 'bug')""",
            [[event_id for rows in done.values() for event_id, _order_id in rows]],
        )
        self.invalidate_model(["state", "error_code", "done_at", "order_id"])

    # ---- states

    def _finish(self, code=None):
        if self:
            self.write({"state": "done", "done_at": fields.Datetime.now(), "error_code": code})

    def _park(self, code, message):
        self.write({"state": "parked", "error_code": code, "error_message": (message or "")[:1000], "attempts": self.attempts + 1})

    def _park_error(self, error, trace=None):
        """One row met an error: wait, park or give up, by its kind."""
        self.ensure_one()
        event = self.sudo()  # the traceback is the administrator's field
        event.write(self.env["ec.channel.log"]._error_vals(error, trace, event.attempts))

    @api.model
    def _retention(self):
        """Rows that are done are kept for this long."""
        return timedelta(days=90)
