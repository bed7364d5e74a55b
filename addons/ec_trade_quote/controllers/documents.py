from odoo.exceptions import AccessError, MissingError, ValidationError
from odoo.fields import Domain
from odoo.http import request, route

from odoo.addons.ec_b2b_portal.controllers.documents import TradeOrders, TradePayment

from ..models.sale_order import OPEN
from .quotes import quotes_of


class QuoteOrders(TradeOrders):
    def _prepare_home_portal_values(self, counters):
        values = super()._prepare_home_portal_values(counters)
        if "ec_quote_count" in counters:
            buyer = request.env.user._ec_trade_buyer()
            values["ec_quote_count"] = self._ec_open_offers(buyer) if buyer else 0
        return values

    def _ec_open_offers(self, buyer):
        offered = Domain("ec_quote_state", "=", "offered") & Domain("state", "=", "sent")
        # sudo: counted among those that the buyer may see
        return request.env["sale.order"].sudo().search_count(quotes_of(buyer) & offered)

    @route()
    def portal_order_page(self, order_id, report_type=None, **kwargs):
        """What a buyer has to answer is shown on the page where it is answered."""
        buyer = request.env.user._ec_trade_buyer()
        if buyer and not report_type:
            waiting = Domain("id", "=", order_id), Domain("ec_quote_state", "in", ["requested", *OPEN])
            # sudo: searched among those that the buyer may see
            quote = request.env["sale.order"].sudo().search(quotes_of(buyer, waiting[0]) & waiting[1])
            if quote and not quote._has_to_be_paid():
                return request.redirect(f"/my/trade/quotes/{order_id}")
        return super().portal_order_page(order_id, report_type=report_type, **kwargs)


class QuotePayment(TradePayment):
    @route()
    def portal_order_transaction(self, order_id, access_token, **kwargs):
        """What may not be ordered now is not ordered by paying it either."""
        try:
            order_sudo = self._document_check_access("sale.order", order_id, access_token)
        except (AccessError, MissingError):
            return super().portal_order_transaction(order_id, access_token, **kwargs)
        if order_sudo.ec_quote_state in ("requested", *OPEN) and (problem := order_sudo._ec_quote_problem()):
            raise ValidationError(problem)
        return super().portal_order_transaction(order_id, access_token, **kwargs)
