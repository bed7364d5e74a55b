from odoo import fields, models


class ProductPricelist(models.Model):
    _inherit = "product.pricelist"

    ec_trade_account_ids = fields.One2many(
        "ec.trade.account", "pricelist_id", "Trade Accounts", groups="ec_b2b_portal.group_trade_user"
    )

    def _get_partner_pricelist_multi_search_domain_hook(self, company_id):
        """Nobody falls back on the list of an account: only its own company has it."""
        # sudo: guests look for their list, too
        accounts = self.env["ec.trade.account"].sudo().search([("pricelist_id", "!=", False)])
        domain = super()._get_partner_pricelist_multi_search_domain_hook(company_id)
        return [*domain, "|", ("selectable", "=", True), ("id", "not in", accounts.pricelist_id.ids)]
