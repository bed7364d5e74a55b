from odoo import fields, models


class AccountMove(models.Model):
    _inherit = "account.move"

    ec_consignment_report_id = fields.Many2one(
        "ec.consignment.report", string="Sell-Through Report", readonly=True, copy=False, index="btree_not_null"
    )
