from odoo import api, models

from .ec_trade_account import TERMS


class ResPartner(models.Model):
    _inherit = "res.partner"

    @api.model_create_multi
    def create(self, vals_list):
        partners = super().create(vals_list)
        if branches := partners.filtered(lambda partner: partner.is_company and partner.parent_id):
            self.env.registry.clear_cache()
            branches._ec_take_terms()
        return partners

    def write(self, vals):
        result = super().write(vals)
        # companies of an account changed, or logins went from one to another
        if {"parent_id", "is_company"} & vals.keys():
            self.env.registry.clear_cache()
            # sudo: whoever moves a company need not see accounts
            self.env["ec.trade.account"].sudo().search(
                [("partner_id", "child_of", self.ids)]
            )._check_one_account_a_tree()
        return result

    def _ec_ancestors(self):
        """This partner and all above it."""
        found = partner = self
        while partner := partner.parent_id - found:
            found |= partner
        return found

    def _ec_take_terms(self):
        """A new branch has the terms of its account."""
        # sudo: whoever adds a branch need not see the account
        accounts = (
            self.env["ec.trade.account"]
            .sudo()
            .search([("state", "!=", "draft"), ("partner_id", "parent_of", self.ids)])
        )
        for account in accounts:
            branches = self.filtered(lambda partner, root=account.partner_id: root in partner._ec_ancestors())
            account._write_terms([name for name in TERMS if account[name]], branches)

    def _can_be_edited_by_current_customer(self, **kwargs):
        return super()._can_be_edited_by_current_customer(**kwargs) and self <= self.env.user._ec_trade_visible(self)
