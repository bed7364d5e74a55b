from odoo import fields, models


class ProductPricelist(models.Model):
    _inherit = "product.pricelist"

    ec_trade_account_ids = fields.One2many(
        "ec.trade.account", "pricelist_id", "Trade Accounts", groups="ec_b2b_portal.group_trade_user"
    )

    def _get_partner_pricelist_multi_search_domain_hook(self, company_id):
        return [*super()._get_partner_pricelist_multi_search_domain_hook(company_id), *self._ec_of_no_account()]

    def _get_website_pricelists_domain(self, website):
        return [*super()._get_website_pricelists_domain(website), *self._ec_of_no_account()]

    def _ec_of_no_account(self):
        """Lists that Odoo may choose for anybody: the list of an account is that of its company only."""
        # sudo: guests look for their list, too
        accounts = self.env["ec.trade.account"].sudo().search([("pricelist_id", "!=", False), ("state", "!=", "draft")])
        return ["|", ("selectable", "=", True), ("id", "not in", accounts.pricelist_id.ids)]
