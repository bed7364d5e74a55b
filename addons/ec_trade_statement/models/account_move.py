from odoo import api, fields, models
from odoo.tools.sql import column_exists, create_column

from .res_company import ROUNDING


class AccountMove(models.Model):
    _inherit = "account.move"

    ec_closing_id = fields.Many2one(
        "ec.trade.closing", "Closing", readonly=True, copy=False, index="btree_not_null", ondelete="set null"
    )
    ec_tax_rounding = fields.Selection(
        ROUNDING,
        "Tax Rounding",
        compute="_compute_ec_tax_rounding",
        store=True,
        compute_sudo=True,
        copy=False,
        help="Of customers with a closing day, as it was while the invoice was a draft. Empty: as Odoo does.",
    )

    def _auto_init(self):
        # an empty column, or Odoo would choose a rounding for invoices of before
        if not column_exists(self.env.cr, "account_move", "ec_tax_rounding"):
            create_column(self.env.cr, "account_move", "ec_tax_rounding", "varchar")
        return super()._auto_init()

    @api.depends("partner_id", "company_id", "move_type", "state")
    def _compute_ec_tax_rounding(self):
        drafts = self.filtered(lambda move: move.state == "draft")
        for move in self - drafts:
            move.ec_tax_rounding = move.ec_tax_rounding
        drafts.ec_tax_rounding = False
        invoices = drafts.filtered(lambda move: move.move_type in ("out_invoice", "out_refund") and move.partner_id)
        for company, moves in invoices.grouped("company_id").items():
            accounts = self.env["ec.trade.account"]._of_partners(moves.partner_id, company)
            for move in moves:
                account = accounts.get(move.partner_id._origin.id)
                if account and account.closing_days:
                    chosen = account.tax_rounding or company.ec_tax_rounding
                    move.ec_tax_rounding = chosen != "odoo" and chosen
