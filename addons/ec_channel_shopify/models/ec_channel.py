import secrets
from datetime import UTC, timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..shopify import auth
from ..shopify.client import GraphQL
from ..shopify.connector import ShopifyConnector
from ..shopify.webhooks import Receiver

API_VERSION = "2026-10"
BULK_RESULTS = ("storage.googleapis.com",)  # where Shopify puts the results of mass reads
# Shopify goes on signing with the old secret for up to an hour after a rotation
OLD_SECRET_FOR = timedelta(hours=2)


class EcChannel(models.Model):
    """A Shopify shop: its address and credentials, and what they become, a connector."""

    _inherit = "ec.channel"

    # ---- fields

    connector = fields.Selection(selection_add=[("shopify", "Shopify")], ondelete={"shopify": "cascade"})
    shopify_shop_domain = fields.Char(
        "Shop Domain", help="The shop's permanent address, e.g. my-shop.myshopify.com (Shopify: Settings → Domains)."
    )
    shopify_auth = fields.Selection(
        [
            ("client", "App of our own organisation (client credentials)"),
            ("token", "Access token of a custom app (shpat_…)"),
            ("code", "App that the shop's owner approves (authorization code)"),
        ],
        string="How to Sign In",
        default="client",
    )
    shopify_api_version = fields.Char(
        "API Version",
        default=API_VERSION,
        groups="ec_channel_base.group_ec_admin",
        help="A quarterly version such as 2026-10.",
    )
    shopify_currency = fields.Selection(
        [("shop", "The shop's currency"), ("presentment", "The currency the buyer saw and paid")],
        string="Book Orders In",
        default="shop",
        help="Shopify tells every amount in both. Choose once: the two are never mixed in one order.",
    )
    shopify_client_id = fields.Char("Client ID", groups="ec_channel_base.group_ec_admin", copy=False)
    shopify_client_secret = fields.Char(
        "Client Secret",
        compute="_compute_secret_fields",
        inverse="_inverse_secret_fields",
        groups="ec_channel_base.group_ec_admin",
        copy=False,
        help="Also proves webhooks. After a rotation the old one is accepted for two more hours.",
    )
    shopify_token = fields.Char(
        "Access Token",
        compute="_compute_secret_fields",
        inverse="_inverse_secret_fields",
        groups="ec_channel_base.group_ec_admin",
        copy=False,
    )
    shopify_secret_rotated_at = fields.Datetime(readonly=True, copy=False, groups="ec_channel_base.group_ec_admin")
    shopify_redirect_url = fields.Char("Redirect URL", compute="_compute_shopify_redirect_url")

    # ---- compute and constraints

    def _compute_shopify_redirect_url(self):
        url = f"{self.get_base_url()}/ec_channel_shopify/callback"
        for channel in self:
            channel.shopify_redirect_url = url

    @api.constrains("connector", "shopify_shop_domain")
    def _check_shopify_shop_domain(self):
        for channel in self:
            if (
                channel.connector == "shopify"
                and channel.shopify_shop_domain
                and not auth.is_shop_domain(channel.shopify_shop_domain)
            ):
                raise ValidationError(
                    self.env._(
                        "“%s” is not a shop's permanent address, such as my-shop.myshopify.com.",
                        channel.shopify_shop_domain,
                    )
                )

    # ---- the contract with ec_channel_base

    def _connector(self):
        if self.connector != "shopify":
            return super()._connector()
        self.ensure_one()
        channel = self.sudo()  # the connector works for whoever fetches or ships; the settings are the administrator's
        if not channel.shopify_shop_domain:
            raise UserError(self.env._("Enter the shop's address first, e.g. my-shop.myshopify.com."))
        client = GraphQL(
            channel._shopify_transport(), channel.shopify_api_version or API_VERSION, channel._shopify_token_source()
        )
        return ShopifyConnector(
            client,
            channel._shopify_receiver(),
            presentment=channel.shopify_currency == "presentment",
            credential_expires_at=channel._shopify_credential_expires_at(),
        )

    def _shopify_transport(self):
        grant = self._shopify_grant()
        known = [
            self._get_secret(name) for name in ("shopify_token", "shopify_client_secret", "shopify_client_secret_old")
        ]
        known += [grant.get("access_token"), grant.get("refresh_token")]
        return self._transport(
            f"https://{self.shopify_shop_domain}", secrets=tuple(filter(None, known)), extra_hosts=BULK_RESULTS
        )

    def _webhook_receiver(self):
        channel = self.sudo()  # as in _connector
        if channel.connector != "shopify" or not channel.shopify_shop_domain:
            return super()._webhook_receiver()
        return channel._shopify_receiver()

    @api.model
    def _gate_fields(self):
        return super()._gate_fields() | {"shopify_shop_domain", "shopify_secret_rotated_at"}

    def _shopify_receiver(self):
        return Receiver(self.shopify_shop_domain, self._shopify_webhook_secrets())

    def _shopify_webhook_secrets(self):
        current, old = self._get_secret("shopify_client_secret"), self._get_secret("shopify_client_secret_old")
        rotated = self.shopify_secret_rotated_at
        if not old or not rotated or fields.Datetime.now() - rotated > OLD_SECRET_FOR:
            old = ""
        return tuple(filter(None, (current, old)))

    def _secret_field_names(self):
        return super()._secret_field_names() | {
            "shopify_token": "shopify_token",
            "shopify_client_secret": "shopify_client_secret",
        }

    def _set_secret(self, name, value):
        if name == "shopify_client_secret":
            old = self._get_secret(name)
            if old and value and old != value:
                super()._set_secret("shopify_client_secret_old", old)
                # the administrator's field, written for whoever was let in to set the secret
                self.sudo().shopify_secret_rotated_at = fields.Datetime.now()
        return super()._set_secret(name, value)

    def _on_uninstalled(self):
        super()._on_uninstalled()
        for channel in self.filtered(lambda channel: channel.connector == "shopify"):
            channel._set_secret("shopify_grant", False)  # dead already; what is not there cannot be tried again

    def _error_text(self, code, message=""):
        texts = {
            "scope_missing": self.env._(
                "The app may not do this. Give it the missing scope in Shopify (the app's configuration → Scopes), install it "
                "again and press Connect."
            ),
            "shop_not_permitted": self.env._(
                "Shopify gives this sign-in only to apps of the shop's own organisation. Choose the sign-in with the owner's approval."
            ),
            "api_version": self.env._(
                "Shopify does not understand a request of this API version. Check the API version on the Shopify page or update Hatoba."
            ),
            "not_routed": self.env._(
                "Shopify has not yet decided where this order ships from. It is tried again by itself."
            ),
            "fulfilled_elsewhere": self.env._(
                "Shopify has given these goods to another fulfilment service, or scheduled them for later. Take them back there first."
            ),
            "shipment_refused": self.env._("Shopify refuses this shipment. Look at the order there, then press Retry."),
            "shipment_gone": self.env._("The shipment was removed in the shop. Look at the order there."),
            "fractional_quantity": self.env._(
                "Shopify knows whole units only. Correct the delivered quantity or its unit of measure."
            ),
            "order_shipped": self.env._(
                "Shopify does not cancel an order with shipments. Take the shipments back first, or refund it."
            ),
            "cancel_refused": self.env._("Shopify refuses to cancel this order. Look at it there."),
            "refund_refused": self.env._("Shopify refuses this refund. Look at the order there."),
            "refund_too_high": self.env._("More than was paid and not yet given back. Lower the amount."),
            "refund_currency": self.env._(
                "The buyer paid in another currency than this channel books. Refund this order in Shopify."
            ),
            "webhook_address": self.env._(
                "Shopify cannot deliver to this server's address: it must be public and begin with https. Set web.base.url. "
                "Until then orders are read every few minutes."
            ),
        }
        if code in texts:
            return f"{texts[code]} [{message[:300]}]" if message and message != code else texts[code]
        return super()._error_text(code, message)

    # ---- actions

    def action_shopify_authorize(self):
        """Send the user to the shop's own page, where its owner approves the app."""
        self.ensure_one()
        self.check_access("write")
        return {"type": "ir.actions.act_url", "url": f"/ec_channel_shopify/begin/{self.id}", "target": "self"}

    def _shopify_authorize_url(self):
        """Where to go, remembering a state that only this answer can bring back."""
        self.ensure_one()
        if not (self.shopify_shop_domain and self.shopify_client_id and self._get_secret("shopify_client_secret")):
            raise UserError(self.env._("Enter the shop domain, the client ID and the client secret first, and save."))
        state = secrets.token_urlsafe(24)
        self._set_secret("shopify_oauth_state", state)
        return auth.authorize_url(
            f"https://{self.shopify_shop_domain}",
            self.shopify_client_id,
            self.shopify_redirect_url,
            f"{self.id}.{state}",
        )

    def _shopify_credential_expires_at(self):
        """When a person must act: a refresh token ends, a token that renews itself does not."""
        ends = self._shopify_grant().get("refresh_expires_at")
        return fields.Datetime.to_datetime(ends).replace(tzinfo=UTC) if ends and self.shopify_auth == "code" else None
