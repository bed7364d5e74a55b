from odoo import api, fields, models

from .res_company import ROUNDING


class AccountMove(models.Model):
    _inherit = "account.move"

    ec_closing_id = fields.Many2one(
        "ec.trade.closing", "Closing", readonly=True, copy=False, index="btree_not_null", ondelete="set null"
    )
    ec_tax_rounding = fields.Selection(ROUNDING, "Tax Rounding", compute="_compute_ec_tax_rounding", compute_sudo=True)

    @api.depends("partner_id", "company_id", "move_type")
    def _compute_ec_tax_rounding(self):
        self.ec_tax_rounding = False
        invoices = self.filtered(lambda move: move.move_type in ("out_invoice", "out_refund") and move.partner_id)
        for company, moves in invoices.grouped("company_id").items():
            accounts = self.env["ec.trade.account"]._of_partners(moves.partner_id, company)
            for move in moves:
                if account := accounts.get(move.partner_id._origin.id):
                    move.ec_tax_rounding = account.tax_rounding or company.ec_tax_rounding
