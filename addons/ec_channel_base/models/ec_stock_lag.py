from datetime import timedelta

from odoo import api, fields, models

KEEP = timedelta(days=7)
RECENT = timedelta(hours=24)


class EcStockLag(models.Model):
    """How long figures took from the change here to the shop's word that it shows them: a row a batch. Seconds."""

    _name = "ec.stock.lag"
    _description = "Delay of Stock Figures"
    _log_access = False
    _order = "id desc"

    channel_id = fields.Many2one("ec.channel", required=True, readonly=True, ondelete="cascade")
    company_id = fields.Many2one("res.company", readonly=True, index=True)
    at = fields.Datetime(readonly=True)
    levels = fields.Integer("Figures", readonly=True, aggregator="sum")
    median = fields.Float("Median (s)", readonly=True, aggregator="avg")
    p95 = fields.Float("95 of 100 Within (s)", readonly=True, aggregator="max")

    _recent_idx = models.Index("(channel_id, at)")

    @api.model
    def _note(self, channel, seconds):
        """Note the ages (seconds) of one acknowledged batch."""
        ordered = sorted(seconds)
        self.create(
            {
                "channel_id": channel.id,
                "company_id": channel.company_id.id,
                "at": fields.Datetime.now(),
                "levels": len(ordered),
                "median": ordered[len(ordered) // 2],
                "p95": ordered[min(len(ordered) - 1, len(ordered) * 95 // 100)],
            }
        )

    @api.model
    def _measure(self, channel):
        """Nine of ten batches of the last day were shown within this many seconds; forgets old rows."""
        now = fields.Datetime.now()
        self.search([("channel_id", "=", channel.id), ("at", "<", now - KEEP)]).unlink()
        self.flush_model()
        self.env.cr.execute(
            "SELECT percentile_disc(0.9) WITHIN GROUP (ORDER BY p95) FROM ec_stock_lag WHERE channel_id = %s AND at > %s",
            [channel.id, now - RECENT],
        )
        return self.env.cr.fetchone()[0] or 0.0
