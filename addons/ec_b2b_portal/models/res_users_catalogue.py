from odoo import models
from odoo.fields import Domain
from odoo.tools import ormcache


class ResUsers(models.Model):
    """Which products a login sees, and whether their prices."""

    _inherit = "res.users"

    def _ec_trade_goods(self, company_id, website):
        """The domain of the record rule on products: of a seller, at a website (none: outside of websites)."""
        if not self.share:
            return list(Domain.TRUE)
        account = self._ec_trade_accounts().filtered(lambda account: account.company_id.id == company_id)
        if not account:
            return list(
                Domain.FALSE
                if self._ec_trade_websites(company_id, website, "ecommerce_access", "trade")
                else Domain.TRUE
            )
        buyer = self._ec_trade_buyer(account)
        return list(account._catalogue_domain() if buyer and buyer._may("can_browse") else Domain.FALSE)

    def _ec_trade_websites(self, company_id, website, setting, value):
        """Whether this is the setting of the website; without a website, of any of the seller's."""
        # sudo: a setting of the website, not of the customer
        websites = (website or self.env["website"].search([("company_id", "=", company_id)])).sudo()
        return value in websites.mapped(setting)

    def _ec_trade_sees_prices(self):
        """Whether this login, with the sellers and website of now, may see prices of products."""
        if not self.share:
            return True
        roles = [self._ec_trade_prices_by_role(company_id) for company_id in self.env.companies.ids]
        if False in roles:
            return False
        if roles[0] is not None:
            return True
        return self._ec_trade_prices_by_website(self.env.company.id, self.env.context.get("website_id"))

    def _ec_trade_sees_amounts(self):
        """The same for amounts of its own documents: only a role hides them.

        A call may ask for documents of several sellers at once: one of them who hides his is enough.
        """
        return not self.share or all(
            self._ec_trade_prices_by_role(company_id) is not False for company_id in self.env.companies.ids
        )

    @ormcache("self.id", "company_id")
    def _ec_trade_prices_by_role(self, company_id):
        """None for who is no buyer of this seller: no role says anything."""
        account = self._ec_trade_accounts().filtered(lambda account: account.company_id.id == company_id)
        buyer = self._ec_trade_buyer(account)
        return bool(buyer._may("can_see_prices")) if buyer else None

    @ormcache("company_id", "website_id")
    def _ec_trade_prices_by_website(self, company_id, website_id):
        website = self.env["website"].browse(website_id or [])
        return not self._ec_trade_websites(company_id, website, "ec_prices_after_approval", True)
