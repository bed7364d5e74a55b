from odoo import models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain


class SaleOrder(models.Model):
    _inherit = "sale.order"

    def _check_cart_is_ready_to_be_paid(self):
        if not self.env.user._ec_trade_may("can_order"):
            raise ValidationError(self.env._("Your role does not allow you to order."))
        if self.env.user._ec_trade_buyer():
            raise ValidationError(self.env._("Please place your order on the page “My order”."))
        return super()._check_cart_is_ready_to_be_paid()

    def _cart_add(self, product_id, *args, **kwargs):
        # carts are the superuser's: what the account may not see is asked for here. Whether a product is published is Odoo's
        # to ask: tickets and parts of a combo need not be
        if not self._ec_may_buy(self.env["product.product"].browse(product_id)):
            raise UserError(self.env._("The given product does not exist therefore it cannot be added to cart."))
        return super()._cart_add(product_id, *args, **kwargs)

    def _ec_may_buy(self, product):
        user = self.env.user
        if not user.share:
            return True
        goods = Domain(user._ec_trade_goods(self.env.company.id, self.website_id))
        # sudo: the rule's own domain is asked for
        templates = self.env["product.template"].sudo()
        return bool(templates.search_count(goods & Domain("id", "=", product.sudo().product_tmpl_id.id), limit=1))

    def _cart_accessories(self):
        # carts are the superuser's, who sees all products
        accessories = self.env["product.product"].concat(*super()._cart_accessories())
        return list(accessories.with_user(self.env.user)._filtered_access("read").with_env(self.env))

    def _ec_accounts(self):
        """{order: the trade account in force of its customer} where there is one; superuser."""
        above = {partner: partner._ec_ancestors() for partner in self.partner_id}
        partners = self.env["res.partner"].union(*above.values())
        found = self.env["ec.trade.account"].search([("partner_id", "in", partners.ids), ("state", "!=", "draft")])
        accounts = {
            order: found.filtered(
                lambda account, order=order: (
                    account.company_id == order.company_id and account.partner_id in above[order.partner_id]
                )
            )
            for order in self
        }
        return {order: account for order, account in accounts.items() if account}

    def _ec_needs_login(self):
        """Whether the role or the account of whom this order is for forbids what anybody with its link could do."""
        # sudo: asked for guests
        buyers = (
            self.env["ec.trade.buyer"]
            .sudo()
            .search([("partner_id", "=", self.partner_id.id), ("company_id", "=", self.company_id.id)])
        )
        return any(not (buyer._may("can_see_prices") and buyer._may("can_order")) for buyer in buyers)

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
