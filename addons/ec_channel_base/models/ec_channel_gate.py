import time
from dataclasses import dataclass, field
from typing import Any

from odoo import api, models
from odoo.exceptions import MissingError
from odoo.tools import ormcache

REMEMBERED_SECONDS = 600


@dataclass(frozen=True)
class Gate:
    """What admits deliveries to one channel."""

    token: str = field(repr=False)
    receiver: Any = field(repr=False)


class EcChannel(models.Model):
    """The gate of a channel's deliveries, remembered by each worker: hundreds of deliveries a second must not each decrypt
    credentials and build a connector."""

    _inherit = "ec.channel"

    @api.model
    def _gate(self, channel_id):
        """The Gate of this channel, None when there is none. Made anew at the latest every ten minutes: secrets can run out."""
        try:
            return self._remembered_gate(channel_id, int(time.time()) // REMEMBERED_SECONDS)
        except MissingError:
            return None  # not remembered: the next channel may get this number, and guesses must not fill the memory

    @ormcache("channel_id", "slot")
    def _remembered_gate(self, channel_id, slot):
        channel = self.sudo().browse(channel_id).exists()  # the sender has no user here; the token and the signature admit it
        if not channel:
            raise MissingError("no such channel")
        return Gate(channel.webhook_token, channel._webhook_receiver())

    def _webhook_receiver(self):
        """A pure object with `read(headers, body)` as the connector's `read_webhook`, that may be remembered; None: ask the connector.

        What it is made of is named in `_gate_fields()` or stored as a secret.
        """
        return None

    @api.model
    def _gate_fields(self):
        """Fields whose change makes the gate anew, in all workers."""
        return {"webhook_token", "connector", "active"}

    def _read_webhook(self, gate, headers, body):
        """The hint of a genuine delivery. Raises as `read_webhook` does."""
        return (gate.receiver.read if gate.receiver else self._connector().read_webhook)(headers, body)

    # ---- crud

    def write(self, vals):
        result = super().write(vals)
        if vals.keys() & self._gate_fields():
            self.env.registry.clear_cache()
        return result

    def unlink(self):
        result = super().unlink()
        self.env.registry.clear_cache()
        return result
