from datetime import UTC
from decimal import Decimal

from odoo import api, fields, models

from ..sdk.documents import Cancellation, RefundRequest, Shipment, ShipmentLine, Tracking
from ..sdk.errors import ChannelError, Unsupported
from .ec_inbound_event import STATES

PUSH_BATCH = 50
KINDS = [("shipment", "Shipment"), ("cancellation", "Cancellation"), ("refund", "Refund")]


class EcOutboundMessage(models.Model):
    """Something to tell a channel, written in the transaction in which it happened. It is due while `revision` is newer than
    `acknowledged_revision`, so a tracking number added later is simply a newer revision of the same shipment."""

    _name = "ec.outbound.message"
    _description = "Outbox to Channels"
    _order = "id desc"

    # ---- fields

    channel_id = fields.Many2one("ec.channel", required=True, ondelete="cascade", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True, index=True)
    kind = fields.Selection(KINDS, required=True, readonly=True)
    key = fields.Char(required=True, readonly=True, help="The same key twice has one effect in the shop.")
    order_id = fields.Many2one("sale.order", readonly=True, ondelete="cascade", index=True)
    picking_id = fields.Many2one("stock.picking", "Delivery", readonly=True, ondelete="set null", index="btree_not_null")
    payload = fields.Json(readonly=True)
    tracking = fields.Char(readonly=True)
    revision = fields.Integer(default=1, readonly=True)
    acknowledged_revision = fields.Integer(readonly=True)
    external_ids = fields.Json(readonly=True)
    cancelled = fields.Boolean("Taken Back", readonly=True)
    state = fields.Selection(STATES, default="pending", required=True, readonly=True)
    due_at = fields.Datetime(default=lambda self: self.env.cr.now(), readonly=True)
    attempts = fields.Integer(readonly=True)
    error_code = fields.Char(readonly=True)
    error_message = fields.Char(readonly=True)
    error_trace = fields.Text(readonly=True, groups="ec_channel_base.group_ec_admin")
    fix = fields.Char(compute="_compute_fix")
    note = fields.Char(readonly=True)
    acknowledged_at = fields.Datetime(readonly=True)

    _key_uniq = models.UniqueIndex("(channel_id, kind, key)")
    _due_idx = models.Index("(channel_id, due_at, id) WHERE state = 'pending'")
    _state_idx = models.Index("(state, id DESC)")

    # ---- compute

    @api.depends("error_code", "error_message")
    def _compute_fix(self):
        for message in self:
            message.fix = message.channel_id._error_text(message.error_code, message.error_message) if message.error_code else False

    @api.depends("kind", "order_id")
    def _compute_display_name(self):
        labels = dict(self._fields["kind"]._description_selection(self.env))
        for message in self:
            message.display_name = f"{labels[message.kind]} {message.order_id.ec_name or message.key}"

    # ---- actions

    def action_retry(self):
        """Send these again now."""
        rows = self.filtered(lambda m: m.state in ("parked", "failed", "bug", "ignored", "pending"))
        # an operator may ask for a retry; what the row says is written by the lanes only
        rows.sudo().write({"state": "pending", "due_at": self.env.cr.now(), "attempts": 0, "error_code": False, "error_message": False})
        rows.channel_id.sudo().filtered("paused_until").write({"paused_until": False})  # the person says: now
        self.env["ec.lane"]._wake("push")
        return True

    def action_retry_same_code(self):
        """Send everything again that waits for the same reason."""
        return self.search([("error_code", "in", list(set(self.mapped("error_code")))), ("state", "in", ("parked", "bug", "failed"))]).action_retry()

    def action_leave_alone(self):
        """A person decides that the shop need not be told."""
        self.env["ec.channel"]._check_role("manager")
        # a manager decides; the row is the lanes'
        self.filtered(lambda m: m.state in ("parked", "bug", "failed")).sudo().write({"state": "ignored"})
        return True

    def action_take_back(self):
        """Take these shipments back in the shop: they were announced, but the parcel did not leave."""
        self.env["ec.channel"]._check_role("manager")
        shipments = self.filtered(lambda m: m.kind == "shipment" and not m.cancelled)
        # a manager decides; the row is the lanes'
        shipments.sudo().write({"cancelled": True})
        shipments._touch()
        return True

    # ---- queueing

    @api.model
    def _enqueue(self, vals_list):
        """Queue messages ({channel_id, kind, key, order_id, picking_id, payload, tracking}); a key that is known is not queued again."""
        if not vals_list:
            return self
        channels = self.env["ec.channel"].browse({vals["channel_id"] for vals in vals_list})
        company = {channel.id: channel.company_id.id for channel in channels}
        known = {
            (m.channel_id.id, m.kind, m.key)
            for m in self.search([("channel_id", "in", channels.ids), ("key", "in", [v["key"] for v in vals_list])])
        }
        messages = self.create(
            [
                dict(vals, company_id=company[vals["channel_id"]])
                for vals in vals_list
                if (vals["channel_id"], vals["kind"], vals["key"]) not in known
            ]
        )
        self.env["ec.lane"]._wake("push")
        return messages

    def _touch(self):
        """Something about these changed: tell the channel again."""
        for message in self.sudo():  # written on behalf of whoever changed the delivery
            message.write(
                {"revision": message.revision + 1, "state": "pending", "due_at": self.env.cr.now(), "attempts": 0, "error_code": False}
            )
        self.env["ec.lane"]._wake("push")

    # ---- sending

    @api.model
    def _due_kinds(self, channel):
        """The kinds of which something is due, in the order in which they are told."""
        self.flush_model(["state", "due_at"])
        self.env.cr.execute(
            """SELECT DISTINCT kind FROM ec_outbound_message
                WHERE channel_id = %s AND state = 'pending' AND due_at <= now() AT TIME ZONE 'UTC'""",
            [channel.id],
        )
        due = {row[0] for row in self.env.cr.fetchall()}
        return [kind for kind, _label in KINDS if kind in due]

    @api.model
    def _work_push(self, channel, kind, limit=PUSH_BATCH):
        """Send one lot of one kind. Returns the number of rows handled. Raises ChannelError when the whole call failed."""
        self.flush_model(["state", "due_at"])
        self.env.cr.execute(
            """SELECT id FROM ec_outbound_message
                WHERE channel_id = %s AND kind = %s AND state = 'pending' AND due_at <= now() AT TIME ZONE 'UTC'
             ORDER BY due_at, id LIMIT %s FOR NO KEY UPDATE SKIP LOCKED""",
            [channel.id, kind, limit],
        )
        messages = self.browse(row[0] for row in self.env.cr.fetchall()).sorted("id")
        connector = channel._connector()
        prepare, send = {
            "shipment": (type(self)._prepare_shipment, connector.push_shipments),
            "cancellation": (type(self)._prepare_cancellation, connector.push_cancellations),
            "refund": (type(self)._prepare_refund, connector.push_refunds),
        }[kind]
        self.env["ec.lane"]._halving(
            messages,
            lambda lot: lot._send([prepare(row) for row in lot], send),
            lambda lot, error, trace: lot._park_error(error, trace),
            passing=(ChannelError,),
        )
        return len(messages)

    def _send(self, documents, send):
        try:
            results = send(documents)
        except Unsupported as error:
            for message in self:
                message._park_error(error)
            return
        for message, result in zip(self, results, strict=True):
            if result.error is None:
                message._acknowledge(result)
            else:
                if result.external_ids:  # a part of it was done: never forget which
                    message.external_ids = list(result.external_ids)
                message._park_error(result.error)

    def _acknowledge(self, result):
        self.write(
            {
                "state": "done",
                "acknowledged_revision": self.revision,
                "acknowledged_at": fields.Datetime.now(),
                "external_ids": list(result.external_ids) or self.external_ids,
                "note": result.note,
                "error_code": False,
                "error_message": False,
            }
        )

    def _park_error(self, error, trace=None):
        self.sudo().write(self.env["ec.channel.log"]._error_vals(error, trace, self.attempts))  # the traceback is the administrator's field

    def _prepare_shipment(self):
        """The Shipment as it stands now (tracking included)."""
        payload = self.payload or {}
        shipped_at = self.picking_id.date_done or self.create_date
        numbers = [n.strip() for n in (self.tracking or "").replace("\n", ",").split(",") if n.strip()]
        return Shipment(
            key=self.key,
            order_external_id=self.order_id.ec_external_id,
            lines=tuple(ShipmentLine(line_external_id=i, quantity=_decimal(q)) for i, q in payload.get("lines", ())),
            tracking=tuple(
                Tracking(number=n, carrier=payload.get("carrier") or "", url=payload.get("tracking_url") or "") for n in numbers
            ),
            location_external_id=payload.get("location") or "",
            shipped_at=shipped_at and shipped_at.replace(tzinfo=UTC),
            notify_buyer=bool(payload.get("notify")),
            cancelled=self.cancelled,
            external_ids=tuple(self.external_ids or ()),
            other_external_ids=tuple(
                external_id
                for other in self.order_id.ec_message_ids
                if other.kind == "shipment" and other != self
                for external_id in other.external_ids or ()
            ),
        )

    def _prepare_cancellation(self):
        payload = self.payload or {}
        return Cancellation(
            key=self.key,
            order_external_id=self.order_id.ec_external_id,
            reason=payload.get("reason") or "other",
            restock=bool(payload.get("restock", True)),
            refund=bool(payload.get("refund", True)),
            notify_buyer=bool(payload.get("notify")),
            note=payload.get("note") or "",
        )

    def _prepare_refund(self):
        payload = self.payload or {}
        return RefundRequest(
            key=self.key,
            order_external_id=self.order_id.ec_external_id,
            lines=tuple(ShipmentLine(line_external_id=i, quantity=_decimal(q)) for i, q in payload.get("lines", ())),
            shipping=_decimal(payload.get("shipping") or "0"),
            amount=_decimal(payload["amount"]) if payload.get("amount") is not None else None,
            restock=bool(payload.get("restock")),
            location_external_id=payload.get("location") or "",
            notify_buyer=bool(payload.get("notify")),
            note=payload.get("note") or "",
        )


def _decimal(text):
    return Decimal(str(text))
