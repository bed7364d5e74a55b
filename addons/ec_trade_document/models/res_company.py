from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    ec_seller_block = fields.Text(
        string="Name and Address on Trade Documents",
        translate=True,
        help="Name and address as they stand on documents in each language. Empty: those of the company.",
    )
    ec_bank_block = fields.Text(
        string="Bank Details on Trade Documents",
        translate=True,
        help="Bank, branch, SWIFT code, account and holder as they stand on documents in each language. Empty: the bank account of the invoice, else the company's first.",
    )
    ec_signatory = fields.Char(
        string="Signatory", translate=True, help="Printed under the signature on trade documents."
    )
