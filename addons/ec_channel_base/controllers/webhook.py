import hmac
import logging

from odoo import http
from odoo.http import request

from ..sdk.errors import ChannelError, WebhookRefused

_logger = logging.getLogger(__name__)

MAX_BODY = 20 * 1024 * 1024
HINT_KINDS = ("order", "stock", "backfill", "uninstalled", "scopes", "privacy")


class WebhookController(http.Controller):
    """One door for every channel's deliveries. Verified before anything is parsed, stored before it is answered; what it means
    is worked out by the lanes."""

    @http.route(
        "/ec_channel/webhook/<int:channel_id>/<string:token>",
        type="http",
        auth="none",
        methods=["POST"],
        csrf=False,
        save_session=False,
        readonly=False,
    )
    def receive(self, channel_id, token, **_unused):
        length = request.httprequest.content_length
        if length is None or length > MAX_BODY:
            return request.make_response("too large", status=413)
        # Odoo calls this again after a conflict of transactions: the body must still be there
        body = request.httprequest.get_data(cache=True, parse_form_data=False)
        env = request.env(su=True)  # the sender has no user here; the token and the connector's signature check admit it
        channel = env["ec.channel"].browse(channel_id)
        gate = channel._gate(channel_id)
        if not gate or not hmac.compare_digest(gate.token.encode(), token.encode()):
            return request.make_response("unknown", status=404)
        headers = {name.lower(): value for name, value in request.httprequest.headers.items()}
        try:
            hint = channel._read_webhook(gate, headers, body)
        except WebhookRefused as error:
            _logger.warning("webhook refused for channel %s: %s", channel.id, error.code)
            return request.make_response("refused", status=401)
        except ChannelError as error:
            # a genuine sender with a body we cannot read: keep the bytes for a person, do not make the shop repeat it for ever
            env["ec.inbound.event"]._store_unreadable(channel, body, error)
            return request.make_response("stored", status=200)
        if hint.kind in HINT_KINDS:
            env["ec.inbound.event"]._store_webhook(channel, hint, body)
        return request.make_response("stored", status=200)
