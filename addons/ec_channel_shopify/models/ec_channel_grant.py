import json
from datetime import timedelta

import psycopg2

from odoo import fields, models

from odoo.addons.ec_channel_base.sdk.errors import NeedsAttention, Retryable

from ..shopify import auth

GRANT = "shopify_grant"
BUSY_SECONDS = 2


class EcChannel(models.Model):
    """Access tokens that end: asked for when first needed, renewed by one worker at a time."""

    _inherit = "ec.channel"

    def _shopify_token_source(self):
        """The callable that gives the connector its token: from memory, from the stored grant, or newly made."""
        held = {}

        def token(refused):
            if refused and held.get("token") == refused:
                held.clear()
            if "token" not in held:
                held["token"] = self._shopify_access_token(refused)
            return held["token"]

        return token

    def _shopify_access_token(self, refused=""):
        """A token that is not `refused`, if there is one: a refused static token is given again, and so ends as an error."""
        self.ensure_one()
        if self.shopify_auth == "token":
            token = self._get_secret("shopify_token")
            if not token:
                raise NeedsAttention("no access token entered", code="credentials")
            return token
        if refused:  # what this transaction sees may be older still
            return self._shopify_renew(refused)
        return self._shopify_usable(self._shopify_grant(), refused) or self._shopify_renew(refused)

    def _shopify_grant(self):
        return json.loads(self._get_secret(GRANT) or "{}")

    def _shopify_usable(self, grant, refused):
        token, ends = grant.get("access_token"), fields.Datetime.to_datetime(grant.get("expires_at"))
        if not token or token == refused:
            return None
        margin = timedelta(seconds=auth.RENEW_BEFORE)
        return token if not ends or ends - margin > fields.Datetime.now() else None

    def _shopify_renew(self, refused):
        """Ask Shopify for the next token and store it, in a transaction of its own.

        Lock: the row of the stored grant, FOR UPDATE SKIP LOCKED, taken by the first statement, so that what is read under it
        is the newest. Every refresh makes the refresh token before it void: two at once would lock the app out. Who does not
        get the lock does not wait but tries later; whoever comes after a renewal finds its token and asks for nothing. The
        new grant is committed before it is used: a rollback of the caller must not lose it.
        """
        try:
            with self.env.registry.cursor() as cr:
                channel = self.with_env(self.env(cr=cr))
                channel._shopify_lock_grant()
                grant = channel._shopify_grant()
                return channel._shopify_usable(grant, refused) or channel._shopify_store_grant(
                    channel._shopify_ask(grant)
                )
        except (psycopg2.errors.UniqueViolation, psycopg2.errors.SerializationFailure) as busy:
            raise Retryable("another worker renews the token", code="token_busy", retry_after=BUSY_SECONDS) from busy

    def _shopify_lock_grant(self):
        """Raises Retryable when another worker holds the row."""
        key, cr = (self.id, GRANT), self.env.cr
        cr.execute("SELECT id FROM ec_channel_secret WHERE channel_id = %s AND name = %s FOR UPDATE SKIP LOCKED", key)
        if cr.rowcount:
            return
        cr.execute("SELECT id FROM ec_channel_secret WHERE channel_id = %s AND name = %s", key)
        if cr.rowcount:
            raise Retryable("another worker renews the token", code="token_busy", retry_after=BUSY_SECONDS)
        self._set_secret(GRANT, "{}")  # its unique index keeps a second one out
        self.env.flush_all()

    def _shopify_ask(self, grant):
        transport, client_id = self._shopify_transport(), self.shopify_client_id
        secret = self._get_secret("shopify_client_secret")
        if not client_id or not secret:
            raise NeedsAttention("no client id or secret entered", code="credentials")
        if self.shopify_auth == "client":
            return auth.client_credentials(transport, client_id, secret)
        if not grant.get("refresh_token"):
            raise NeedsAttention("the shop's owner has not approved the app yet", code="credentials")
        return auth.refresh(transport, client_id, secret, grant["refresh_token"])

    def _shopify_store_grant(self, grant):
        """Store what Shopify granted; gives the access token."""
        now = fields.Datetime.now()

        def ends(seconds):
            return seconds and fields.Datetime.to_string(now + timedelta(seconds=seconds))

        self._set_secret(
            GRANT,
            json.dumps(
                {
                    "access_token": grant.access_token,
                    "expires_at": ends(grant.expires_in),
                    "refresh_token": grant.refresh_token,
                    "refresh_expires_at": ends(grant.refresh_expires_in),
                }
            ),
        )
        self.env.flush_all()
        return grant.access_token
