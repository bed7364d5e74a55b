import re

import pytz

from odoo import api, fields, models

ROUNDING = [("floor", "Drop Fractions"), ("half", "Round Half Up"), ("ceil", "Raise Fractions")]


class ResCompany(models.Model):
    _inherit = "res.company"

    ec_tax_rounding = fields.Selection(
        [*ROUNDING, ("odoo", "As Odoo")],
        "Tax of Trade Accounts",
        default="half",
        required=True,
        help="How tax of accounts with a closing day is rounded, once per rate per invoice. An account may have its own way.",
    )
    ec_registration_number = fields.Char(
        "Registration Number",
        compute="_compute_ec_registration_number",
        store=True,
        readonly=False,
        help="T and 13 digits, as issuer of qualified invoices. Taken from the tax ID if that is one; 13 digits without T are none.",
    )
    ec_closing_auto = fields.Selection(
        [
            ("no", "Nothing (Close by Hand)"),
            ("draft", "Post Invoices, Draft Statements"),
            ("issue", "Post Invoices, Issue Statements"),
            ("send", "Post Invoices, Issue and Mail Statements"),
        ],
        "On Closing Days",
        default="no",
        required=True,
        help="Accounts with one invoice per closing get a posted invoice, dated on the closing day.",
    )

    @api.depends("vat")
    def _compute_ec_registration_number(self):
        for company in self:
            found = re.fullmatch(r"(?:JP)?(T\d{13})", (company.vat or "").replace("-", "").replace(" ", "").upper())
            company.ec_registration_number = found and found[1]

    def _ec_own_zone(self):
        """The company's time zone, or the only one of its country; else False."""
        self.ensure_one()
        zones = pytz.country_timezones.get(self.country_id.code or "", [])
        return self.partner_id.tz or (len(zones) == 1 and zones[0])

    def _ec_zone(self):
        """The time zone in which a day of this company ends, whoever asks; without one nothing is closed."""
        return self._ec_own_zone() or "UTC"
