from odoo.http import request

from odoo.addons.portal.controllers.portal import CustomerPortal


class TradeAddresses(CustomerPortal):
    def _prepare_address_data(self, partner_sudo, **kwargs):
        data = super()._prepare_address_data(partner_sudo, **kwargs)
        user = request.env.user
        for kind in ("billing_addresses", "delivery_addresses"):
            data[kind] = user._ec_trade_visible(data[kind])
        return data
