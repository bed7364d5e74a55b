from datetime import UTC, datetime, time, timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..sdk.connector import Capability
from ..sdk.errors import ChannelError

AUDIT_DAYS = 3


class EcChannelAudit(models.Model):
    """One day of one channel: orders there, orders here, and which are missing. A difference is fetched, then counted again."""

    _name = "ec.channel.audit"
    _description = "Daily Count of Orders"
    _order = "day desc, channel_id"

    channel_id = fields.Many2one("ec.channel", required=True, ondelete="cascade", readonly=True)
    company_id = fields.Many2one(related="channel_id.company_id", store=True, index=True)
    day = fields.Date(required=True, readonly=True, help="In UTC.")
    there_count = fields.Integer("Orders in the Shop", readonly=True)
    here_count = fields.Integer("Orders in Odoo", readonly=True)
    left_alone_count = fields.Integer("Left Alone", readonly=True, help="Test orders and orders from before the start date.")
    difference = fields.Integer(compute="_compute_difference", store=True)
    missing_ids = fields.Json("Missing Ids", readonly=True)
    missing_text = fields.Char("Missing", compute="_compute_missing_text")
    audited_at = fields.Datetime(readonly=True)

    _day_uniq = models.UniqueIndex("(channel_id, day)")

    @api.depends("there_count", "here_count", "left_alone_count")
    def _compute_difference(self):
        for audit in self:
            audit.difference = audit.there_count - audit.here_count - audit.left_alone_count

    @api.depends("missing_ids")
    def _compute_missing_text(self):
        for audit in self:
            audit.missing_text = ", ".join((audit.missing_ids or [])[:50])

    def action_audit(self):
        """Count these days again now and fetch what is missing."""
        self.check_access("read")
        for audit in self.sudo():  # whoever sees a count may have it counted again; the row is the lanes'
            try:
                self.sudo()._audit_day(audit.channel_id, audit.day)
            except ChannelError as error:
                raise UserError(audit.channel_id._error_text(error.code, str(error))) from error
        return True

    def action_open_orders(self):
        self.ensure_one()
        start = datetime.combine(self.day, time.min)
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Orders of %s", self.day),
            "res_model": "sale.order",
            "view_mode": "list,form",
            "domain": [
                ("ec_channel_id", "=", self.channel_id.id),
                ("ec_placed_at", ">=", start),
                ("ec_placed_at", "<", start + timedelta(days=1)),
            ],
        }

    @api.model
    def _audit_recent(self, channel):
        """Audit the last days (yesterday back), as far as the channel can count."""
        if not channel._has(Capability.COUNT_ORDERS):
            return
        today = fields.Date.today()
        for back in range(1, AUDIT_DAYS + 1):
            channel._call("audit", lambda day=today - timedelta(days=back): self._audit_day(channel, day))

    @api.model
    def _audit_day(self, channel, day):
        """Count one UTC day; returns the number of missing orders, which are asked for."""
        since = datetime.combine(day, time.min, tzinfo=UTC)
        until = since + timedelta(days=1)
        there = channel._connector().count_orders(since, until)
        self.env.cr.execute(
            """SELECT ec_external_id FROM sale_order WHERE ec_channel_id = %s AND ec_placed_at >= %s AND ec_placed_at < %s""",
            [channel.id, since.replace(tzinfo=None), until.replace(tzinfo=None)],
        )
        here = {row[0] for row in self.env.cr.fetchall()}
        self.env.cr.execute(
            """SELECT DISTINCT e.external_id FROM ec_inbound_event e
                WHERE e.channel_id = %s AND e.kind = 'order' AND e.state = 'ignored'
                  AND (e.external_id = ANY(%s) OR (%s AND e.occurred_at >= %s AND e.occurred_at < %s))
                  AND NOT EXISTS (SELECT 1 FROM sale_order o WHERE o.ec_channel_id = e.channel_id AND o.ec_external_id = e.external_id)""",
            [channel.id, list(there.external_ids or ()), there.external_ids is None, since.replace(tzinfo=None), until.replace(tzinfo=None)],
        )
        ignored = {row[0] for row in self.env.cr.fetchall()}
        missing = []
        if there.external_ids is not None:
            missing = sorted(set(there.external_ids) - here - ignored)
            self.env["ec.inbound.event"]._store_hints(channel, missing, "poll")
        elif there.count > len(here) + len(ignored):
            # the channel tells only how many: read that day again
            channel.write({"poll_since": since.replace(tzinfo=None), "poll_cursor": False, "poll_next_at": False})
            self.env["ec.lane"]._wake("fetch")
        vals = {
            "there_count": there.count,
            "here_count": len(here),
            "left_alone_count": len(ignored),
            "missing_ids": missing,
            "audited_at": fields.Datetime.now(),
        }
        audit = self.search([("channel_id", "=", channel.id), ("day", "=", day)])
        if audit:
            audit.write(vals)
        else:
            self.create(dict(vals, channel_id=channel.id, day=day))
        return len(missing)
