import re

from odoo import api, fields, models

ROUNDING = [("floor", "Drop Fractions"), ("half", "Round Half Up"), ("ceil", "Raise Fractions")]


class ResCompany(models.Model):
    _inherit = "res.company"

    ec_tax_rounding = fields.Selection(
        ROUNDING,
        "Tax of Trade Accounts",
        default="half",
        required=True,
        help="How tax is rounded, once per rate per invoice. A trade account may have its own way.",
    )
    ec_registration_number = fields.Char(
        "Registration Number",
        compute="_compute_ec_registration_number",
        store=True,
        readonly=False,
        help="T and 13 digits, as issuer of qualified invoices. Taken from the tax ID if that is one.",
    )
    ec_closing_auto = fields.Selection(
        [("no", "By Hand"), ("draft", "Draft Statements"), ("issue", "Issue Statements"), ("send", "Issue and Mail")],
        "On Closing Days",
        default="draft",
        required=True,
    )

    @api.depends("vat")
    def _compute_ec_registration_number(self):
        for company in self:
            found = re.fullmatch(r"(?:JP)?T?(\d{13})", (company.vat or "").replace("-", "").replace(" ", "").upper())
            company.ec_registration_number = f"T{found[1]}" if found else company.ec_registration_number

    def _ec_zone(self):
        """The time zone in which a day of this company ends."""
        return self.partner_id.tz or self.env.user.tz or "UTC"
