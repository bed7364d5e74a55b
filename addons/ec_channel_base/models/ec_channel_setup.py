from odoo import api, fields, models
from odoo.fields import Domain

from ..sdk.connector import Capability


class EcChannel(models.Model):
    """What is still to do before (and while) a channel runs by itself, worked out from facts, and the way to each of it."""

    _inherit = "ec.channel"

    # ---- fields

    setup_credentials = fields.Boolean(compute="_compute_setup")
    setup_connected = fields.Boolean(compute="_compute_setup")
    setup_permissions = fields.Boolean(compute="_compute_setup")
    setup_catalogue = fields.Boolean(compute="_compute_setup")
    setup_reads_catalogue = fields.Boolean(compute="_compute_setup")
    setup_live = fields.Boolean(compute="_compute_setup")
    setup_stock = fields.Boolean(compute="_compute_setup")
    setup_done = fields.Boolean(compute="_compute_setup")
    setup_percent = fields.Integer("Set-up", compute="_compute_setup")
    listing_count = fields.Integer("Items", compute="_compute_setup")
    listing_unmatched_count = fields.Integer("Items to Match", compute="_compute_setup")
    mapping_unmapped_count = fields.Integer("Words to Map", compute="_compute_setup")

    # ---- compute

    @api.depends("state", "external_id", "missing_permissions", "last_error_code", "capabilities", "stock_state")
    def _compute_setup(self):
        listings, unmatched, unmapped = {}, {}, {}
        for channel, state, count in self.env["ec.listing"]._read_group(
            [("channel_id", "in", self.ids)], ["channel_id", "state"], ["__count"]
        ):
            listings[channel.id] = listings.get(channel.id, 0) + count
            if state == "unmatched":
                unmatched[channel.id] = count
        for channel, count in self.env["ec.mapping"]._read_group(
            [("channel_id", "in", self.ids), ("state", "=", "unmapped"), *self._setup_mapping_domain()], ["channel_id"], ["__count"]
        ):
            unmapped[channel.id] = count
        # that something is stored is no secret; what it is, is
        stored = self.env["ec.channel.secret"].sudo()._read_group([("channel_id", "in", self.ids), ("value", "!=", False)], ["channel_id"])
        with_secret = {channel.id for (channel,) in stored}
        for channel in self:
            key = channel._origin.id
            channel.listing_count = listings.get(key, 0)
            channel.listing_unmatched_count = unmatched.get(key, 0)
            channel.mapping_unmapped_count = unmapped.get(key, 0)
            channel.setup_credentials = bool(channel.external_id) or key in with_secret
            channel.setup_connected = bool(channel.external_id) and channel.state != "disconnected" and not channel.last_error_code
            channel.setup_permissions = channel.setup_connected and not channel.missing_permissions
            channel.setup_reads_catalogue = not channel.capabilities or channel._has(Capability.LISTINGS)
            channel.setup_catalogue = bool(channel.listing_count) or (channel.setup_connected and not channel.setup_reads_catalogue)
            channel.setup_live = channel._setup_is_live()
            channel.setup_stock = channel.setup_connected and (channel.stock_state != "shadow" or not channel._has(Capability.STOCK))
            steps = [
                channel.setup_credentials,
                channel.setup_connected,
                channel.setup_permissions,
                channel.setup_catalogue,
                channel.setup_catalogue and not channel.listing_unmatched_count,
                channel.setup_connected and not channel.mapping_unmapped_count,
                channel.setup_live,
                channel.setup_stock,
            ]
            channel.setup_done = all(steps)
            channel.setup_percent = 100 * sum(steps) // len(steps)

    @api.model
    def _setup_mapping_domain(self):
        """The words that hold orders up until somebody says what they mean. A tag means nothing unless somebody wants it to."""
        return [("kind", "!=", "tag")]

    def _setup_is_live(self):
        """Whether the channel runs as far as it ever will."""
        self.ensure_one()
        return self.state in ("live", "paused")

    # ---- actions: what is behind each number

    def _open_action(self, xml_id, context=None, domain=()):
        """The list of an own menu, for this channel alone."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(f"ec_channel_base.{xml_id}")
        field = "ec_channel_id" if action["res_model"] == "sale.order" else "channel_id"
        action["domain"] = list(Domain(field, "=", self.id) & Domain(list(domain)))
        action["context"] = {**(context or {}), "hide_channel": True}
        action.pop("path", None)  # the address of the menu's list shows every channel
        return action

    def action_open_orders(self):
        return self._open_action("sale_order_action_channel")

    def action_open_held_orders(self):
        return self._open_action("sale_order_action_channel", {"search_default_held": 1})

    def action_open_parked_events(self):
        return self._open_action("ec_inbound_event_action", {"search_default_attention": 1})

    def action_open_pending_events(self):
        return self._open_action("ec_inbound_event_action", {"search_default_pending": 1})

    def action_open_parked_messages(self):
        return self._open_action("ec_outbound_message_action", {"search_default_attention": 1})

    def action_open_pending_messages(self):
        return self._open_action("ec_outbound_message_action", {"search_default_pending": 1})

    def action_open_listings(self):
        return self._open_action("ec_listing_action")

    def action_open_unmatched(self):
        return self._open_action("ec_listing_action", {"search_default_unmatched": 1})

    def action_open_unmapped(self):
        return self._open_action("ec_mapping_action", {"search_default_unmapped": 1}, self._setup_mapping_domain())

    def action_open_audit(self):
        return self._open_action("ec_channel_audit_action")

    def action_open_log(self):
        return self._open_action("ec_channel_log_action")
