from werkzeug.exceptions import Forbidden

from odoo.http import request, route

from odoo.addons.website_sale.controllers.main import WebsiteSale


class TradeShop(WebsiteSale):
    @route()
    def shop(self, *args, **kwargs):
        return self._ec_closed() or super().shop(*args, **kwargs)

    @route()
    def product(self, *args, **kwargs):
        return self._ec_closed() or super().product(*args, **kwargs)

    def _ec_closed(self):
        """Odoo sends who may not see the shop to the login; who is logged in already asks for an account."""
        if not request.env.user._is_public() and not request.website.has_ecommerce_access():
            return request.redirect("/trade/register")
        return None

    def _get_search_order(self, post):
        if "list_price" in post.get("order", "") and not request.env.user._ec_trade_sees_prices():
            post = {**post, "order": ""}
        return super()._get_search_order(post)

    @route()
    def shop_update_address(self, partner_id, address_type="billing", **kw):
        # sudo: only to ask whether this login may see the address
        address = request.env["res.partner"].sudo().browse(int(partner_id)).exists()
        if address - request.env.user._ec_trade_visible(address):
            raise Forbidden
        return super().shop_update_address(partner_id, address_type=address_type, **kw)

    def _check_cart(self, order_sudo):
        if redirection := super()._check_cart(order_sudo):
            return redirection
        if not request.env.user._ec_trade_may("can_order"):
            return request.redirect("/my/trade?refused=order" if request.env.user._ec_trade_buyer() else "/my")
        if request.env.user._ec_trade_buyer():
            # the number, the minimum and whatever else was agreed upon is asked for there
            return request.redirect("/my/trade/order/review")
        return None
