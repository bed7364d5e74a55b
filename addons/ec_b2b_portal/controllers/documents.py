from werkzeug.exceptions import Forbidden

from odoo.exceptions import AccessError, ValidationError
from odoo.fields import Domain
from odoo.http import request, route

from odoo.addons.sale.controllers.portal import CustomerPortal, PaymentPortal

from .common import chosen_branch


class TradeOrders(CustomerPortal):
    """Lists follow the role: the record rules say which orders, not the contact's own company."""

    def _document_check_access(self, model_name, document_id, access_token=None):
        document = super()._document_check_access(model_name, document_id, access_token)
        # a link opens without login what its owner may see: not more
        if model_name == "sale.order" and request.env.user._is_public() and document._ec_needs_login():
            raise AccessError(request.env._("Please log in to see this order."))
        return document

    def _prepare_quotations_domain(self, partner):
        return self._ec_trade_domain(super()._prepare_quotations_domain(partner))

    def _prepare_orders_domain(self, partner):
        return self._ec_trade_domain(super()._prepare_orders_domain(partner))

    def _ec_trade_domain(self, domain):
        buyer = request.env.user._ec_trade_buyer()
        if not buyer:
            return domain
        domain = [leaf for leaf in domain if leaf[:2] != ("partner_id", "child_of")]
        if branch := chosen_branch(buyer):
            domain += Domain("partner_id.commercial_partner_id", "=", branch.id)
        return domain

    @route()
    def portal_order_page(self, order_id, report_type=None, **kwargs):
        # the document is made with its prices
        if report_type in ("html", "pdf", "text") and not request.env.user._ec_trade_sees_amounts():
            raise Forbidden
        return super().portal_order_page(order_id, report_type=report_type, **kwargs)

    @route()
    def portal_my_sale_order_download_edi(self, order_id=None, **kwargs):
        if not request.env.user._ec_trade_sees_amounts():
            raise Forbidden
        return super().portal_my_sale_order_download_edi(order_id=order_id, **kwargs)

    @route()
    def portal_quote_accept(self, order_id, **kwargs):
        if not request.env.user._ec_trade_may("can_order"):
            return {"error": request.env._("Your role does not allow you to order.")}
        return super().portal_quote_accept(order_id, **kwargs)

    @route()
    def portal_quote_decline(self, order_id, **kwargs):
        if not request.env.user._ec_trade_may("can_order"):
            return request.redirect(f"/my/orders/{int(order_id)}")
        return super().portal_quote_decline(order_id, **kwargs)


class TradePayment(PaymentPortal):
    @route()
    def portal_order_transaction(self, order_id, *args, **kwargs):
        if not request.env.user._ec_trade_may("can_order"):
            raise ValidationError(request.env._("Your role does not allow you to order."))
        return super().portal_order_transaction(order_id, *args, **kwargs)
