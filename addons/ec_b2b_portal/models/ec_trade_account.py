from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

# Where Odoo keeps a term: the account's own field, the partner's
TERMS = {
    "user_id": "user_id",
    "pricelist_id": "property_product_pricelist",
    "payment_term_id": "property_payment_term_id",
    "fiscal_position_id": "property_account_position_id",
}


class EcTradeAccount(models.Model):
    """A customer company that orders by itself, with one of the seller's companies.

    The terms are kept here once and written to Odoo's own fields of the company and its branches: on activation, and
    when they change. Branches are companies of their own for Odoo and inherit nothing, and a draft must change no price.
    """

    _name = "ec.trade.account"
    _inherit = ["ec.trade.rule.cache", "mail.thread"]
    _description = "Trade Account"
    _order = "name, id"
    _check_company_auto = True

    name = fields.Char(related="partner_id.name", store=True)
    partner_id = fields.Many2one(
        "res.partner",
        "Customer",
        required=True,
        index=True,
        ondelete="restrict",
        domain=[("is_company", "=", True)],
        check_company=True,
        tracking=True,
    )
    company_id = fields.Many2one(
        "res.company", "Seller", required=True, index=True, default=lambda self: self.env.company
    )
    state = fields.Selection(
        [("draft", "Draft"), ("active", "Active"), ("blocked", "Blocked")],
        default="draft",
        required=True,
        readonly=True,
        copy=False,
        tracking=True,
    )
    block_reason = fields.Char(help="Why this customer may not order. Customers do not see it.", tracking=True)
    user_id = fields.Many2one(
        "res.users",
        "Salesperson",
        default=lambda self: self.env.user,
        domain=[("share", "=", False)],
        check_company=True,
        tracking=True,
    )
    pricelist_id = fields.Many2one(
        "product.pricelist",
        "Price List",
        check_company=True,
        tracking=True,
        index="btree_not_null",
        help="Price list and currency of the company and its branches. Other customers cannot see it.",
    )
    payment_term_id = fields.Many2one("account.payment.term", "Payment Terms", check_company=True, tracking=True)
    fiscal_position_id = fields.Many2one(
        "account.fiscal.position", "Fiscal Position", check_company=True, tracking=True
    )
    tell_on_behalf = fields.Boolean(
        "Tell Buyers about Our Entries",
        default=True,
        help="When your staff confirms an order that it entered for a buyer, the buyer gets a mail.",
    )
    buyer_ids = fields.One2many("ec.trade.buyer", "account_id", "Buyers")
    role_ids = fields.One2many("ec.trade.role", "account_id", "Own Roles")
    branch_ids = fields.Many2many("res.partner", compute="_compute_branch_ids", string="Branches")
    buyer_count = fields.Integer(compute="_compute_buyer_count")

    _customer_uniq = models.Constraint("UNIQUE (partner_id, company_id)", "This customer already has a trade account.")

    @api.depends("partner_id")
    def _compute_branch_ids(self):
        for account in self:
            account.branch_ids = account._companies().filtered("active")

    @api.depends("buyer_ids")
    def _compute_buyer_count(self):
        counts = dict(
            self.env["ec.trade.buyer"]._read_group([("account_id", "in", self.ids)], ["account_id"], ["__count"])
        )
        for account in self:
            account.buyer_count = counts.get(account, 0)

    @api.constrains("partner_id", "company_id")
    def _check_one_account_a_tree(self):
        for account in self:
            related = self.search_count(
                [
                    ("id", "!=", account.id),
                    ("company_id", "=", account.company_id.id),
                    "|",
                    ("partner_id", "child_of", account.partner_id.id),
                    ("partner_id", "parent_of", account.partner_id.id),
                ],
                limit=1,
            )
            if related:
                raise ValidationError(
                    self.env._(
                        "%(customer)s has a trade account at its head office or at a branch already.",
                        customer=account.partner_id.display_name,
                    )
                )
            if not account.partner_id.is_company:
                raise ValidationError(
                    self.env._("%(customer)s is not a company.", customer=account.partner_id.display_name)
                )

    def write(self, vals):
        result = super().write(vals)
        terms = [field for field in TERMS if field in vals]
        if terms:
            self.filtered(lambda account: account.state != "draft")._write_terms(terms)
        return result

    def action_activate(self):
        drafts = self.filtered(lambda account: account.state == "draft")
        self.write({"state": "active", "block_reason": False})
        for account in drafts:
            account._write_terms([field for field in TERMS if account[field]])

    def action_block(self):
        for account in self:
            if not (account.block_reason or "").strip():
                raise UserError(self.env._("%(customer)s: write first why it is blocked.", customer=account.name))
        self.write({"state": "blocked"})

    def action_view_buyers(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("ec_b2b_portal.ec_trade_buyer_action")
        return {
            **action,
            "domain": [("account_id", "=", self.id)],
            "context": {"default_account_id": self.id, "active_test": False},
        }

    def _write_terms(self, names, companies=None):
        """Write terms to the customer's company and branches, or to some of these."""
        for account in self:
            # sudo: the terms are the right of whoever may change the account, also without rights on all contacts
            partners = (companies or account.branch_ids).sudo().with_company(account.company_id)
            partners.write({TERMS[name]: account[name].id for name in names})

    def _companies(self):
        """The customer's head office and branches, archived ones too."""
        return (
            self.env["res.partner"]
            .with_context(active_test=False)
            .search([("id", "child_of", self.partner_id.ids), ("is_company", "=", True)], order="name, id")
        )

    def _roles(self):
        """Roles that its buyers may have: everybody's and its own."""
        return self.env["ec.trade.role"].search([("account_id", "in", [False, *self.ids])])

    def _invite_buyer(self, name, email, role, branches, lang):
        """A new buyer, invited by mail; his contact in this company is used if there is one. Superuser.

        An e-mail address that is somebody's login elsewhere gives a buyer all the same, with `problem` set for the
        staff: whoever invites must not learn who else has a login here.
        """
        self.ensure_one()
        # sudo: called for the customer's administrator after his permission was checked
        account = self.sudo()
        contact = account.env["res.partner"].search(
            [("id", "child_of", account.partner_id.id), ("is_company", "=", False), ("email_normalized", "=", email)],
            limit=1,
        ) or account.env["res.partner"].create(
            {
                "name": name,
                "email": email,
                "lang": lang,
                "type": "contact",
                "company_id": account.partner_id.company_id.id,
                "parent_id": branches.id if len(branches) == 1 else account.partner_id.id,
            }
        )
        buyer = (
            account.env["ec.trade.buyer"]
            .with_context(active_test=False)
            .search([("account_id", "=", account.id), ("partner_id", "=", contact.id)])
        )
        vals = {
            "role_id": role.id,
            "all_branches": not branches,
            "branch_ids": [fields.Command.set(branches.ids)],
            "active": True,
        }
        if buyer:
            buyer.write(vals)
        else:
            buyer = account.env["ec.trade.buyer"].create({"account_id": account.id, "partner_id": contact.id, **vals})
        buyer._invite()
        return buyer
