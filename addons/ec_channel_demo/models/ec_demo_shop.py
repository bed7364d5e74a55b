import copy
from datetime import UTC, datetime

from odoo import fields, models

from ..demo.shop import DemoShop


class EcDemoShop(models.Model):
    """Where a demo shop lives. Another shop lives on its own servers and needs nothing like this."""

    _name = "ec.demo.shop"
    _description = "Demo Shop"

    channel_id = fields.Many2one("ec.channel", required=True, ondelete="cascade", readonly=True)
    company_id = fields.Many2one(related="channel_id.company_id", store=True, index=True)
    state = fields.Json(groups="base.group_system", readonly=True)

    _channel_uniq = models.UniqueIndex("(channel_id)")

    def _load(self):
        # the state holds the shop's own credentials; who acts in the shop is decided by the button or lane that leads here
        return DemoShop(copy.deepcopy(self.sudo().state), lambda: datetime.now(UTC))

    def _save(self, shop):
        # as in _load
        self.sudo().state = shop.state
