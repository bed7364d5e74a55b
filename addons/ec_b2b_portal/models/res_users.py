from odoo import api, models
from odoo.fields import Domain

INVOICE_TYPES = ("out_invoice", "out_refund", "in_invoice", "in_refund")


class ResUsers(models.Model):
    """What a customer's login sees, as the domains of the record rules in ec_b2b_portal_isolation.xml.

    Their results are cached by user, so they name companies only: which contacts and documents are theirs is asked at
    every search. A change of accounts, buyers, roles (ec.trade.rule.cache) or companies (res.partner) forgets them.
    """

    _inherit = "res.users"

    def _ec_trade_accounts(self):
        """The trade accounts in force of this login's company, with all sellers; superuser. Empty for employees."""
        # sudo: customers may not read accounts
        accounts = self.env["ec.trade.account"].sudo()
        if not self.share:
            return accounts
        return accounts.search(
            [("state", "!=", "draft"), ("partner_id", "in", self.partner_id.sudo()._ec_ancestors().ids)]
        )

    def _ec_trade_buyer(self, account=None):
        """This login's buyer with the seller of now (or with an account); superuser, empty if there is none."""
        if account is None:
            account = self._ec_trade_accounts().filtered(lambda account: account.company_id == self.env.company)
        return account.buyer_ids.filtered(lambda buyer: buyer.active and buyer.partner_id == self.partner_id)

    def _ec_trade_may(self, permission):
        """Whether this login may do something with the seller of now; True if it belongs to no trade account."""
        accounts = self._ec_trade_accounts().filtered(lambda account: account.company_id == self.env.company)
        if not accounts:
            return True
        buyer = self._ec_trade_buyer(accounts)
        return bool(buyer) and buyer._may(permission)

    def _ec_trade_visible(self, records):
        """Those of the records that this login may read; all if it belongs to no trade account."""
        if not self._ec_trade_accounts():
            return records
        return records & records.with_user(self)._filtered_access("read").with_env(records.env)

    @api.model
    def _ec_logins(self, emails):
        """{e-mail in small letters: user} of those that are logins already, however written; superuser."""
        # sudo: asked for staff and guests, who do not learn the answer
        users = (
            self.sudo()
            .with_context(active_test=False)
            .search(Domain.OR(Domain("login", "=ilike", email) for email in emails))
        )
        return {user.login.lower(): user for user in users}

    # ---- domains of the record rules

    def _ec_trade_grant(self, model):
        """What the roles of this login show, also beyond Odoo's own rule for portals."""
        return list(self._ec_trade_domain(model, self._ec_trade_accounts()))

    def _ec_trade_limit(self, model):
        """What this login sees at most. Everything for employees, and for customers without a trade account."""
        accounts = self._ec_trade_accounts()
        if not accounts:
            return list(Domain.TRUE)
        domain = self._ec_trade_domain(model, accounts)
        if model in COMPANY:
            domain |= Domain(COMPANY[model], "not in", accounts.company_id.ids)
        return list(domain)

    def _ec_trade_texts(self):
        """Texts that buyers wrote on order lines: Odoo shows them all to customers and guests; now those of their own company."""
        if not self.share or self._ec_trade_accounts():
            return self._ec_trade_limit("product.attribute.custom.value")
        return [("sale_order_line_id.order_id.partner_id", "child_of", self.commercial_partner_id.id)]

    def _ec_trade_lists(self, company_id):
        """Price lists: those of other customers' accounts are not shown to customers and guests."""
        if not self.share:
            return list(Domain.TRUE)
        if self._ec_trade_prices_by_role(company_id) is False:
            return list(Domain.FALSE)
        own = Domain("ec_trade_account_ids", "in", self._ec_trade_accounts().ids)
        of_accounts = Domain("ec_trade_account_ids", "any", [("state", "!=", "draft")])
        return list(Domain("selectable", "=", True) | ~of_accounts | own)

    def _ec_trade_list_rules(self, company_id, website):
        """What stands in price lists: nothing for who sees no price of a product."""
        if (
            self.share
            and self._ec_trade_prices_by_role(company_id) is None
            and self._ec_trade_websites(company_id, website, "ec_prices_after_approval", True)
        ):
            return list(Domain.FALSE)
        return [("pricelist_id", "any", self._ec_trade_lists(company_id))]

    def _ec_trade_domain(self, model, accounts):
        build = getattr(self, SCOPES[model])
        scopes = [(account, build(account, self._ec_trade_buyer(account))) for account in accounts]
        if model in COMPANY:
            return Domain.OR(scope & Domain(COMPANY[model], "=", account.company_id.id) for account, scope in scopes)
        return Domain.OR(scope for _account, scope in scopes)

    def _ec_trade_partners(self, account, buyer):
        own = Domain("id", "in", (self.partner_id | self.partner_id.commercial_partner_id).ids)
        if not buyer:
            return own
        return own | Domain("commercial_partner_id", "in", self._ec_trade_companies(account, buyer).ids)

    def _ec_trade_companies(self, account, buyer):
        """The companies of the buyer's scope: each contact counts to the nearest company above it. Archived ones too."""
        return account._companies() if buyer.all_branches else buyer.branch_ids

    def _ec_trade_of_branches(self, account, buyer):
        """Documents of the buyer's branches, by their field partner_id; as lists of contacts, which its index finds."""
        if buyer.all_branches:
            return Domain("partner_id", "child_of", account.partner_id.id)
        # a company chosen alone is meant without those below it
        others = (account._companies() - buyer.branch_ids).filtered(
            lambda company: company._ec_ancestors() & buyer.branch_ids
        )
        chosen = Domain("partner_id", "child_of", buyer.branch_ids.ids)
        return chosen & ~Domain("partner_id", "child_of", others.ids) if others else chosen

    def _ec_trade_orders(self, account, buyer):
        own = Domain("partner_id", "=", self.partner_id.id)
        if buyer.role_id.orders_seen == "branch":
            return own | self._ec_trade_of_branches(account, buyer)
        return own

    def _ec_trade_order_lines(self, account, buyer):
        return Domain("order_id", "any", self._ec_trade_orders(account, buyer))

    def _ec_trade_deliveries(self, account, buyer):
        return Domain("partner_id", "=", self.partner_id.id) | Domain(
            "sale_id", "any", self._ec_trade_orders(account, buyer)
        )

    def _ec_trade_invoices(self, account, buyer):
        # an invoice tells prices
        posted = Domain("state", "not in", ("cancel", "draft")) & Domain("move_type", "in", INVOICE_TYPES)
        if not buyer:
            return posted & Domain("partner_id", "=", self.partner_id.id)
        if not (buyer.role_id.can_see_invoices and buyer.role_id.can_see_prices):
            return Domain.FALSE
        return posted & self._ec_trade_of_branches(account, buyer)

    def _ec_trade_invoice_lines(self, account, buyer):
        return Domain("move_id", "any", self._ec_trade_invoices(account, buyer))

    def _ec_trade_custom_values(self, account, buyer):
        return Domain("sale_order_line_id", "any", self._ec_trade_order_lines(account, buyer))


SCOPES = {
    "res.partner": "_ec_trade_partners",
    "sale.order": "_ec_trade_orders",
    "sale.order.line": "_ec_trade_order_lines",
    "product.attribute.custom.value": "_ec_trade_custom_values",
    "stock.picking": "_ec_trade_deliveries",
    "account.move": "_ec_trade_invoices",
    "account.move.line": "_ec_trade_invoice_lines",
}
# Each seller has accounts of its own
COMPANY = {
    "sale.order": "company_id",
    "sale.order.line": "company_id",
    "product.attribute.custom.value": "sale_order_line_id.company_id",
    "stock.picking": "company_id",
    "account.move": "company_id",
    "account.move.line": "company_id",
}
