import base64
import hashlib
import os

from cryptography.fernet import Fernet, InvalidToken

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import config

KEY_OPTION = "hatoba_secret_key"
KEY_VARIABLE = "HATOBA_SECRET_KEY"


class EcChannelSecret(models.Model):
    """One credential of a channel, encrypted at rest. No group may read it: only `ec.channel._get_secret` does, as superuser."""

    _name = "ec.channel.secret"
    _description = "Channel Secret"
    _rec_name = "name"

    channel_id = fields.Many2one("ec.channel", required=True, ondelete="cascade", index=True)
    company_id = fields.Many2one(related="channel_id.company_id")
    name = fields.Char(required=True)
    value = fields.Text(groups="base.group_system", copy=False)

    _channel_name_uniq = models.UniqueIndex("(channel_id, name)")

    @api.model
    def _fernet(self):
        """The cipher made from the key in odoo.conf (`hatoba_secret_key`) or the environment (`HATOBA_SECRET_KEY`)."""
        key = config.get(KEY_OPTION) or os.environ.get(KEY_VARIABLE)
        if not key:
            raise UserError(
                self.env._(
                    "Credentials are stored encrypted, and this server has no key for it yet. Add a long random text as "
                    "%(option)s to odoo.conf (or as %(variable)s to the environment), restart Odoo and save again. "
                    "Keep that key with your backups: without it the credentials must be entered again.",
                    option=KEY_OPTION,
                    variable=KEY_VARIABLE,
                )
            )
        return Fernet(base64.urlsafe_b64encode(hashlib.sha256(key.encode()).digest()))

    @api.model
    def _encrypt(self, text):
        return self._fernet().encrypt(text.encode()).decode()

    def _decrypted(self):
        self.ensure_one()
        if not self.value:
            return ""
        try:
            return self._fernet().decrypt(self.value.encode()).decode()
        except InvalidToken as error:
            raise UserError(
                self.env._(
                    "The stored credential “%(name)s” of %(channel)s was encrypted with another key. "
                    "Put the old %(option)s back into odoo.conf, or enter the credential again.",
                    name=self.name,
                    channel=self.channel_id.name,
                    option=KEY_OPTION,
                )
            ) from error

    # ---- crud: whatever becomes of a credential is known at the gate of deliveries at once

    @api.model_create_multi
    def create(self, vals_list):
        rows = super().create(vals_list)
        self.env.registry.clear_cache()
        return rows

    def write(self, vals):
        result = super().write(vals)
        self.env.registry.clear_cache()
        return result

    def unlink(self):
        result = super().unlink()
        self.env.registry.clear_cache()
        return result
