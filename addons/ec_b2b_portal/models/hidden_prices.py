"""Who may not see prices gets none: no field by remote call, no figure of the shop, no amount on a page.

Fields are refused to the login itself, so that what is not foreseen here fails instead of telling; carts and orders are computed
by the superuser, as always, and have their true prices.
"""

from markupsafe import Markup

from odoo import SUPERUSER_ID, models

OF_PRODUCTS = frozenset(
    {"list_price", "lst_price", "price_extra", "standard_price", "compare_list_price", "base_unit_price"}
)
OF_ORDERS = frozenset({"tax_totals", "discount", "currency_rate"})
NO_PRICES = {
    "price": 0.0,
    "list_price": 0.0,
    "compare_list_price": 0.0,
    "base_unit_price": 0.0,
    "has_discounted_price": False,
    "discount_start_date": False,
    "discount_end_date": False,
    # Odoo's own word for: shown, but neither with a price nor a button to order
    "prevent_zero_price_sale": True,
}


class ProductTemplate(models.Model):
    _inherit = "product.template"

    def _has_field_access(self, field, operation):
        if field.name in OF_PRODUCTS and not self.env.su and not self.env.user._ec_trade_sees_prices():
            return False
        return super()._has_field_access(field, operation)

    def _get_sales_prices(self, website):
        if self.env.user._ec_trade_sees_prices():
            return super()._get_sales_prices(website)
        return {template.id: {"price_reduce": 0.0} for template in self}

    def _get_additionnal_combination_info(self, product_or_template, quantity, uom, date, website):
        if self.env.user._ec_trade_sees_prices():
            return super()._get_additionnal_combination_info(product_or_template, quantity, uom, date, website)
        # sudo: computed with the prices, which are then taken out
        info = super(ProductTemplate, self.sudo())._get_additionnal_combination_info(
            product_or_template.sudo(), quantity, uom, date, website
        )
        return {**info, **NO_PRICES}

    def _website_show_quick_add(self):
        return self.env.user._ec_trade_sees_prices() and super()._website_show_quick_add()

    def _get_configurator_display_price(self, *args, **kwargs):
        if self.env.user._ec_trade_sees_prices():
            return super()._get_configurator_display_price(*args, **kwargs)
        return 0.0, False


class ProductProduct(models.Model):
    _inherit = "product.product"

    def _has_field_access(self, field, operation):
        if field.name in OF_PRODUCTS and not self.env.su and not self.env.user._ec_trade_sees_prices():
            return False
        return super()._has_field_access(field, operation)

    def _is_add_to_cart_allowed(self):
        return self.env.user._ec_trade_sees_prices() and super()._is_add_to_cart_allowed()

    def _website_show_quick_add(self):
        return self.env.user._ec_trade_sees_prices() and super()._website_show_quick_add()

    def _to_markup_data(self, website):
        if self.env.user._ec_trade_sees_prices():
            return super()._to_markup_data(website)
        # sudo: computed with the price, which is then taken out
        data = super(ProductProduct, self.sudo())._to_markup_data(website)
        data.pop("offers")
        return data


class ProductTemplateAttributeValue(models.Model):
    _inherit = "product.template.attribute.value"

    def _has_field_access(self, field, operation):
        if field.name in OF_PRODUCTS and not self.env.su and not self.env.user._ec_trade_sees_prices():
            return False
        return super()._has_field_access(field, operation)

    def _get_extra_price(self, combination_info):
        return super()._get_extra_price(combination_info) if self.env.user._ec_trade_sees_prices() else 0.0


class Website(models.Model):
    _inherit = "website"

    def is_view_active(self, key):
        # its ends are the least and the highest price
        if key == "website_sale.filter_products_price" and not self.env.user._ec_trade_sees_prices():
            return False
        return super().is_view_active(key)


def _is_amount(field):
    return field.type == "monetary" or field.name in OF_ORDERS or field.name.startswith(("amount_", "price_"))


class SaleOrder(models.Model):
    _inherit = "sale.order"

    def _has_field_access(self, field, operation):
        if _is_amount(field) and not self.env.su and not self.env.user._ec_trade_sees_amounts():
            return False
        return super()._has_field_access(field, operation)


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    def _has_field_access(self, field, operation):
        if _is_amount(field) and not self.env.su and not self.env.user._ec_trade_sees_amounts():
            return False
        return super()._has_field_access(field, operation)


class IrQwebFieldMonetary(models.AbstractModel):
    _inherit = "ir.qweb.field.monetary"

    def value_to_html(self, value, options):
        return super().value_to_html(value, options) if self.env.user._ec_trade_sees_amounts() else Markup("—")


class IrActionsReport(models.Model):
    _inherit = "ir.actions.report"

    def _render_template(self, template, values=None):
        """A document is made whole, whoever's request makes it; who may get one is asked where it is given."""
        if not self.env.user._ec_trade_sees_amounts():
            self = self.with_user(SUPERUSER_ID)
        return super()._render_template(template, values)
