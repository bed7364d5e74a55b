from odoo import api, fields, models
from odoo.tools import SQL

from ..sdk.connector import Capability


class EcChannel(models.Model):
    """What the screens say of a channel's stock, and the way to what is behind each number."""

    _inherit = "ec.channel"

    stock_place_ids = fields.One2many("ec.mapping", "channel_id", "Locations", domain=[("kind", "=", "location")])
    stock_capable = fields.Boolean(compute="_compute_stock_capable")
    stock_on_text = fields.Char("Turning It On", compute="_compute_stock_on_text")

    @api.depends("capabilities")
    def _compute_stock_capable(self):
        for channel in self:
            channel.stock_capable = channel._has(Capability.STOCK)

    def _compute_stock_on_text(self):
        counts = {}
        if self.ids:
            self.env.flush_all()
            counts = {
                row[0]: row[1:]
                for row in self.env.execute_query(
                    SQL(
                        """SELECT level.channel_id, count(*),
                                  count(*) FILTER (WHERE level.believed IS NULL),
                                  count(*) FILTER (WHERE level.believed IS NOT NULL AND level.desired > GREATEST(level.believed, 0)),
                                  count(*) FILTER (WHERE level.believed IS NOT NULL AND level.desired < GREATEST(level.believed, 0)),
                                  count(*) FILTER (WHERE level.desired = 0 AND level.believed > 0)
                             FROM ec_stock_level level JOIN ec_listing listing ON listing.id = level.listing_id
                            WHERE level.channel_id = ANY(%s) AND listing.stock_rule <> 'paused' GROUP BY 1""",
                        self.ids,
                    )
                )
            }
        for channel in self:
            total, unread, up, down, out = counts.get(channel.id, (0, 0, 0, 0, 0))
            if not total:
                channel.stock_on_text = self.env._("Nothing to tell yet: match items and map a location to a warehouse first.")
                continue
            text = self.env._(
                "Turning it on changes %(change)s of %(total)s figures in the shop: %(up)s up, %(down)s down, %(out)s of these to sold out.",
                change=up + down, total=total, up=up, down=down, out=out,
            )  # fmt: skip
            if unread:
                text += " " + self.env._("%s have not been read yet.", unread)
            channel.stock_on_text = text

    def action_open_stock_differs(self):
        return self._open_action("action_ec_stock_level", {"search_default_differs": 1})

    def action_open_stock_errors(self):
        return self._open_action("action_ec_stock_level", {"search_default_error": 1})

    def action_open_stock_places(self):
        return self._open_action("ec_mapping_action", {}, [("kind", "=", "location")])

    def action_open_stock_grid(self):
        """The grid, this channel alone."""
        self.ensure_one()
        action = self.env["ir.actions.client"]._for_xml_id("ec_channel_base.action_ec_stock_grid")
        return {**action, "params": {"channel_id": self.id}}
