import hmac
import logging
from urllib.parse import parse_qsl

from odoo import http
from odoo.exceptions import AccessError, UserError
from odoo.http import request

from odoo.addons.ec_channel_base.sdk.errors import ChannelError

from ..shopify import auth

_logger = logging.getLogger(__name__)


class ShopifyAuthorization(http.Controller):
    """The two ends of the authorization code grant, both in the administrator's own browser session."""

    @http.route("/ec_channel_shopify/begin/<int:channel_id>", type="http", auth="user", methods=["GET"])
    def begin(self, channel_id):
        channel = self._channel(channel_id)
        return request.redirect(channel._shopify_authorize_url(), local=False)

    @http.route("/ec_channel_shopify/callback", type="http", auth="user", methods=["GET"])
    def callback(self, **params):
        number, _, state = params.get("state", "").partition(".")
        channel = self._channel(int(number)) if number.isdecimal() else None
        problem = self._problem(channel, state, params)
        if problem:
            _logger.warning("refused an answer to an authorization of Shopify: %s", problem)
            return request.make_response(problem, status=400)
        channel._set_secret("shopify_oauth_state", False)  # good for one answer
        try:
            secret = channel._get_secret("shopify_client_secret")
            grant = auth.exchange_code(
                channel._shopify_transport(), channel.shopify_client_id, secret, params.get("code", "")
            )
            channel._shopify_store_grant(grant)
            channel.action_check()
        except (ChannelError, UserError) as error:
            channel.message_post(body=channel._error_text(getattr(error, "code", "credentials"), str(error)))
        return request.redirect(f"/odoo/channels/{channel.id}")

    def _channel(self, channel_id):
        channel = request.env["ec.channel"].browse(channel_id).exists()
        if not channel or not request.env.user.has_group("ec_channel_base.group_ec_admin"):
            raise AccessError(request.env._("Only an administrator of channels connects shops."))
        channel.check_access("write")
        return channel

    def _problem(self, channel, state, params):
        """Why this answer is not the one we asked for, "" when it is."""
        if channel is None:
            return "unknown state"
        expected = channel._get_secret("shopify_oauth_state")
        if not expected or not hmac.compare_digest(expected.encode(), state.encode()):
            return "unknown state"
        query = parse_qsl(request.httprequest.query_string.decode(), keep_blank_values=True)
        if not auth.is_genuine_callback(query, [channel._get_secret("shopify_client_secret")]):
            return "not signed by Shopify"
        shop = params.get("shop", "")
        if not auth.is_shop_domain(shop) or shop.lower() != (channel.shopify_shop_domain or "").lower():
            return "another shop"
        return ""
