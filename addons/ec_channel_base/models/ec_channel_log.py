from datetime import timedelta

from psycopg2.errors import UniqueViolation

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..sdk.errors import ChannelError, NeedsAttention, Permanent, Retryable

CLEAN_BATCH = 2000
MAX_ATTEMPTS = 20


class EcChannelLog(models.Model):
    """One line for every exchange with a channel that a person may want to look up: what was asked, the answer, how long it took."""

    _name = "ec.channel.log"
    _description = "Channel Log"
    _order = "id desc"
    _log_access = False

    channel_id = fields.Many2one("ec.channel", required=True, ondelete="cascade", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True, index=True)
    at = fields.Datetime(readonly=True, default=fields.Datetime.now)
    action = fields.Char(readonly=True)
    count = fields.Integer("Rows", readonly=True)
    milliseconds = fields.Integer(readonly=True, aggregator="avg")
    error_code = fields.Char(readonly=True)
    message = fields.Char(readonly=True)

    _channel_idx = models.Index("(channel_id, id DESC)")
    _age_idx = models.Index("(at)")

    @api.model
    def _note(self, channel, action, count=0, seconds=0.0, error=None):
        self.create(
            {
                "channel_id": channel.id,
                "company_id": channel.company_id.id,
                "action": action,
                "count": count,
                "milliseconds": int(seconds * 1000),
                "error_code": getattr(error, "code", None) or (error and "bug"),
                "message": str(error)[:500] if error else False,
            }
        )

    @api.model
    def _error_vals(self, error, trace, attempts):
        """What a queue row becomes after this error: due again, parked, failed, or a fault with its traceback."""
        now = fields.Datetime.now()
        if isinstance(error, UniqueViolation):
            # another lane made the same row after our snapshot: on the next one it is there
            error = Retryable(str(error), code="conflict", retry_after=1)
        if isinstance(error, Retryable):
            made = attempts + error.tried
            if made >= MAX_ATTEMPTS:
                return {"state": "parked", "error_code": "too_many_attempts", "error_message": str(error)[:1000], "attempts": made}
            wait = error.retry_after if error.retry_after is not None else min(3600, 2 ** min(attempts, 12))
            return {
                "state": "pending",
                "due_at": now + timedelta(seconds=wait),
                "attempts": made,
                "error_code": error.code,
                "error_message": str(error)[:1000],
            }
        if isinstance(error, Permanent):
            state, code = "failed", error.code
        elif isinstance(error, NeedsAttention | ChannelError):
            state, code = "parked", error.code
        elif isinstance(error, UserError | ValidationError):
            state, code, trace = "parked", "refused_by_odoo", None
        else:
            state, code = "bug", "bug"
        return {
            "state": state,
            "error_code": code,
            "error_message": str(error)[:1000],
            "error_trace": trace if state == "bug" else False,
            "attempts": attempts + 1,
        }

    @api.model
    def _work_clean_up(self):
        """Delete one lot of old finished rows; what a person must still look at is never deleted."""
        self.env.cr.execute(
            """DELETE FROM ec_inbound_event WHERE id IN (
                   SELECT id FROM ec_inbound_event
                    WHERE received_at < %s AND state IN ('done', 'ignored') ORDER BY received_at LIMIT %s)""",
            [fields.Datetime.now() - self.env["ec.inbound.event"]._retention(), CLEAN_BATCH],
        )
        deleted = self.env.cr.rowcount
        self.env.cr.execute(
            "DELETE FROM ec_channel_log WHERE id IN (SELECT id FROM ec_channel_log WHERE at < %s ORDER BY at LIMIT %s)",
            [fields.Datetime.now() - timedelta(days=30), CLEAN_BATCH],
        )
        return deleted + self.env.cr.rowcount
