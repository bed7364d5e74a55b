from odoo import api, models

from odoo.addons.ec_trade_price.models.product_pricelist_item import BRAND


class ProductPricelistItem(models.Model):
    _inherit = "product.pricelist.item"

    @api.model
    def _load_pos_data_domain(self, data, config):
        """The point of sale knows products and categories: a rule that names neither would apply to everything."""
        return [("applied_on", "!=", BRAND), *super()._load_pos_data_domain(data, config)]
