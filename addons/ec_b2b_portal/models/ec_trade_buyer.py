from odoo import api, fields, models
from odoo.exceptions import ValidationError


class EcTradeBuyer(models.Model):
    _name = "ec.trade.buyer"
    _inherit = ["ec.trade.rule.cache"]
    _description = "Buyer"
    _order = "account_id, name, id"

    account_id = fields.Many2one("ec.trade.account", "Customer", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="account_id.company_id", store=True)
    account_partner_id = fields.Many2one(related="account_id.partner_id")
    partner_id = fields.Many2one(
        "res.partner",
        "Contact",
        required=True,
        index=True,
        ondelete="restrict",
        domain="[('id', 'child_of', account_partner_id), ('is_company', '=', False)]",
    )
    name = fields.Char(related="partner_id.name", store=True)
    email = fields.Char(related="partner_id.email")
    role_id = fields.Many2one(
        "ec.trade.role",
        "Role",
        required=True,
        index=True,
        ondelete="restrict",
        domain="[('account_id', 'in', [False, account_id])]",
    )
    all_branches = fields.Boolean(default=True)
    branch_ids = fields.Many2many(
        "res.partner",
        "ec_trade_buyer_branch_rel",
        "buyer_id",
        "partner_id",
        "Branches",
        domain="[('id', 'child_of', account_partner_id), ('is_company', '=', True)]",
        help="Whose documents the role is about, if not those of all branches.",
    )
    active = fields.Boolean(default=True)
    user_id = fields.Many2one("res.users", "Login", compute="_compute_user_id", compute_sudo=True)
    login_date = fields.Datetime("Last Login", related="user_id.login_date")
    invited_at = fields.Datetime("Invited", readonly=True, copy=False)
    problem = fields.Char(readonly=True, copy=False, help="Why the invitation was not sent. Customers do not see it.")

    _contact_uniq = models.UniqueIndex("(account_id, partner_id)", "This contact is a buyer already.")

    @api.depends("partner_id.user_ids")
    def _compute_user_id(self):
        for buyer in self:
            buyer.user_id = buyer.partner_id.with_context(active_test=False).user_ids[:1]

    @api.constrains("account_id", "partner_id")
    def _check_contact(self):
        for buyer in self:
            if buyer.account_partner_id not in buyer.partner_id._ec_ancestors():
                raise ValidationError(
                    self.env._(
                        "%(contact)s does not belong to %(customer)s.",
                        contact=buyer.partner_id.name,
                        customer=buyer.account_partner_id.name,
                    )
                )

    @api.constrains("account_id", "role_id")
    def _check_role(self):
        for buyer in self:
            if buyer.role_id.account_id not in (buyer.account_id, self.env["ec.trade.account"]):
                raise ValidationError(
                    self.env._("The role %(role)s is that of another customer.", role=buyer.role_id.name)
                )

    @api.constrains("account_id", "all_branches", "branch_ids")
    def _check_branches(self):
        for buyer in self:
            if buyer.all_branches:
                continue
            if not buyer.branch_ids:
                raise ValidationError(self.env._("Choose at least one branch, or all of them."))
            if buyer.branch_ids - buyer.account_id.branch_ids:
                raise ValidationError(self.env._("A branch of another customer cannot be chosen."))

    # ---- invite, dismiss

    def action_invite(self):
        self.check_access("write")
        self._invite()

    def action_dismiss(self):
        self.check_access("write")
        self._dismiss()

    def _invite(self):
        """Give the contact a login and send the mail of Odoo's portal wizard, in the contact's language; superuser.

        Who has a login gets the mail again until the first log-in, and none afterwards.
        """
        for buyer in self.sudo():
            access = buyer._portal_access()
            buyer.problem = buyer._invitation_problem(access)
            if buyer.problem:
                continue
            if not access.is_portal:
                access.action_grant_access()
            elif not buyer.login_date:
                access.action_invite_again()
            # a buyer of two of our companies comes to the website of either
            buyer.user_id.company_ids |= buyer.company_id
            buyer.user_id.active = True
            buyer.invited_at = fields.Datetime.now()

    def _invitation_problem(self, access):
        if access.email_state == "ko":
            return self.env._("no e-mail address")
        if self.env["res.users"]._ec_logins([self.partner_id.email_normalized]).keys() - {
            (access.user_id.login or "").lower()
        }:
            return self.env._("this e-mail address is the login of another contact")
        return self.env._("this is a login of our own staff") if access.is_internal else False

    def _dismiss(self):
        """End all sessions of the buyers: without another account, the login itself goes; superuser."""
        buyers = self.sudo()
        buyers.active = False
        others = (
            self.env["ec.trade.buyer"]
            .sudo()
            .search([("partner_id", "in", buyers.partner_id.ids), ("active", "=", True)])
        )
        for buyer in buyers:
            if buyer.partner_id not in others.partner_id:
                access = buyer._portal_access()
                if access.is_portal:
                    access.action_revoke_access()

    def _portal_access(self):
        """The row of Odoo's portal wizard for this contact."""
        # sudo: whoever may manage buyers may give and take logins of customers
        wizard = self.env["portal.wizard"].sudo().with_company(self.company_id)
        return wizard.create({"partner_ids": [fields.Command.set(self.partner_id.ids)]}).user_ids

    def _may(self, permission):
        """Whether the role allows it now; a blocked account orders and approves nothing."""
        self.ensure_one()
        if self.account_id.state != "active" and permission in ("can_order", "can_approve"):
            return False
        return self.active and self.account_id.state != "draft" and self.role_id[permission]
