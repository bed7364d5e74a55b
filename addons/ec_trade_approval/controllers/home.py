from odoo.http import request

from odoo.addons.ec_b2b_portal.controllers.documents import TradeOrders


class ApprovalHome(TradeOrders):
    def _prepare_home_portal_values(self, counters):
        values = super()._prepare_home_portal_values(counters)
        if "ec_approval_count" in counters:
            buyer = request.env.user._ec_trade_buyer()
            asked = request.env["ec.trade.approval"]._asked_of(buyer) if buyer else ()
            values["ec_approval_count"] = len(asked.order_id) if asked else 0
        return values
