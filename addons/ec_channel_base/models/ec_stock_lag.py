from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

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
        """Seconds from a sale in this shop to the figure that tells of it, in nine of ten cases of the last day: how late its
        orders come in, and how late figures are told. Forgets old rows.
        """
        now = fields.Datetime.now()
        self.search([("channel_id", "=", channel.id), ("at", "<", now - KEEP)]).unlink()
        self.flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT COALESCE((SELECT percentile_disc(0.9) WITHIN GROUP (ORDER BY p95) FROM ec_stock_lag
                                  WHERE channel_id = %(channel)s AND at > %(since)s), 0)
                     + COALESCE((SELECT percentile_disc(0.9) WITHIN GROUP (ORDER BY extract(epoch FROM create_date - ec_placed_at))
                                   FROM sale_order WHERE ec_channel_id = %(channel)s AND ec_placed_at > %(since)s
                                    AND create_date > ec_placed_at), 0)
                """,
                channel=channel.id,
                since=now - RECENT,
            )
        )
        return float(rows[0][0])
