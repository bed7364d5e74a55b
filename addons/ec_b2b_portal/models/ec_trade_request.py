import hashlib
import hmac
from datetime import timedelta

from odoo import api, fields, models

PER_HOUR = 5


class EcTradeRequest(models.Model):
    """A guest asks for a trade account. Nothing exists until the staff approves."""

    _name = "ec.trade.request"
    _description = "Trade Account Request"
    _order = "id desc"
    _rec_name = "company_name"

    company_name = fields.Char("Company", required=True, readonly=True)
    contact_name = fields.Char("Name", required=True, readonly=True)
    email = fields.Char(required=True, readonly=True, index=True)
    phone = fields.Char(readonly=True)
    message = fields.Text(readonly=True)
    lang = fields.Char("Language", readonly=True)
    company_id = fields.Many2one(
        "res.company", "Seller", required=True, readonly=True, index=True, default=lambda self: self.env.company
    )
    state = fields.Selection(
        [("new", "New"), ("approved", "Approved"), ("rejected", "Rejected")],
        default="new",
        required=True,
        readonly=True,
    )
    account_id = fields.Many2one("ec.trade.account", "Trade Account", readonly=True)
    login_exists = fields.Boolean(
        "Login Exists",
        compute="_compute_login_exists",
        compute_sudo=True,
        help="Somebody logs in with this e-mail address already: invite the contact from its own company instead.",
    )
    sender = fields.Char(
        readonly=True, groups="base.group_system", help="A fingerprint of the network address, to slow down floods."
    )

    _flood_idx = models.Index("(sender, create_date)")

    @api.depends("email")
    def _compute_login_exists(self):
        logins = self.env["res.users"]._ec_logins(self.mapped("email"))
        for request in self:
            request.login_exists = request.email in logins

    @api.model
    def _submit(self, vals, address):
        """Park a request. False if this network address sent too many; a second one of the same e-mail is dropped. Superuser."""
        # sudo: guests may create nothing by themselves
        requests = self.sudo()
        sender = self._fingerprint(address)
        hour_ago = fields.Datetime.now() - timedelta(hours=1)
        if requests.search_count([("sender", "=", sender), ("create_date", ">", hour_ago)], limit=PER_HOUR) >= PER_HOUR:
            return False
        if not requests.search_count(
            [("email", "=", vals["email"]), ("state", "=", "new"), ("company_id", "=", self.env.company.id)], limit=1
        ):
            requests.create({**vals, "sender": sender})
        return True

    def _fingerprint(self, address):
        # sudo: the secret is only used as a key
        secret = self.env["ir.config_parameter"].sudo().get_param("database.secret")
        return hmac.new(secret.encode(), (address or "").encode(), hashlib.sha256).hexdigest()[:32]

    def action_approve(self):
        """Open an account with an administrator for each request; those whose e-mail is a login already stay."""
        self.check_access("write")
        waiting = self.filtered(lambda request: request.state == "new")
        possible = waiting.filtered(lambda request: not request.login_exists)
        for request in possible:
            request._approve()
        left = waiting - possible
        if left:
            return {
                "type": "ir.actions.client",
                "tag": "display_notification",
                "params": {
                    "type": "warning",
                    "sticky": True,
                    "next": {"type": "ir.actions.client", "tag": "soft_reload"},
                    "message": self.env._(
                        "Not approved, as somebody logs in with this e-mail already: %(emails)s",
                        emails=", ".join(left.mapped("email")),
                    ),
                },
            }
        return False

    def _approve(self):
        self.ensure_one()
        # sudo: who approves customers need not have rights on all contacts
        partner = (
            self.env["res.partner"]
            .sudo()
            .create(
                {
                    "name": self.company_name,
                    "is_company": True,
                    "email": self.email,
                    "phone": self.phone,
                    "lang": self.lang,
                }
            )
        )
        account = (
            self.env["ec.trade.account"]
            .with_company(self.company_id)
            .create({"partner_id": partner.id, "company_id": self.company_id.id})
        )
        account.action_activate()
        role = self.env.ref("ec_b2b_portal.role_administrator")
        account._invite_buyer(self.contact_name, self.email, role, self.env["res.partner"], self.lang)
        self.write({"state": "approved", "account_id": account.id})

    def action_reject(self):
        self.filtered(lambda request: request.state == "new").state = "rejected"
