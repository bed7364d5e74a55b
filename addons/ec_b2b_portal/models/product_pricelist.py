from odoo import fields, models


class ProductPricelist(models.Model):
    _inherit = "product.pricelist"

    ec_trade_account_ids = fields.One2many(
        "ec.trade.account", "pricelist_id", "Trade Accounts", groups="ec_b2b_portal.group_trade_user"
    )
