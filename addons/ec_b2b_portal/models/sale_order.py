from odoo import models
from odoo.exceptions import UserError, ValidationError


class SaleOrder(models.Model):
    _inherit = "sale.order"

    def _check_cart_is_ready_to_be_paid(self):
        if not self.env.user._ec_trade_may("can_order"):
            raise ValidationError(self.env._("Your role does not allow you to order."))
        return super()._check_cart_is_ready_to_be_paid()

    def _cart_add(self, product_id, *args, **kwargs):
        # carts are the superuser's: what the buyer may not see is asked for here
        product = self.env["product.product"].browse(product_id)
        if product - product.with_user(self.env.user)._filtered_access("read"):
            raise UserError(self.env._("The given product does not exist therefore it cannot be added to cart."))
        return super()._cart_add(product_id, *args, **kwargs)

    def _cart_accessories(self):
        # carts are the superuser's, who sees all products
        accessories = self.env["product.product"].concat(*super()._cart_accessories())
        return list(accessories.with_user(self.env.user)._filtered_access("read").with_env(self.env))

    def _action_confirm(self):
        result = super()._action_confirm()
        self._ec_tell_buyers()
        return result

    def _ec_tell_buyers(self):
        """Tell buyers by mail that our staff ordered for them."""
        entered = self.filtered(lambda order: not order.create_uid.share and not order.website_id)
        if not entered or self.env.user.share:
            return
        # sudo: whoever confirms need not see accounts
        buyers = (
            self.env["ec.trade.buyer"]
            .sudo()
            .search(
                [
                    ("partner_id", "in", entered.partner_id.ids),
                    ("account_id.state", "=", "active"),
                    ("account_id.tell_on_behalf", "=", True),
                ]
            )
        )
        template = self.env.ref("ec_b2b_portal.mail_template_on_behalf")
        for order in entered:
            if buyers.filtered(
                lambda buyer, order=order: buyer.partner_id == order.partner_id and buyer.company_id == order.company_id
            ):
                order.message_post_with_source(
                    template,
                    subtype_xmlid="mail.mt_comment",
                    partner_ids=order.partner_id.ids,
                    email_layout_xmlid="mail.mail_notification_light",
                )
