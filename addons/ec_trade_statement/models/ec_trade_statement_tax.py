from odoo import fields, models


class EcTradeStatementTax(models.Model):
    _name = "ec.trade.statement.tax"
    _description = "Tax of a Trade Statement, per Rate"
    _order = "statement_id, kind desc, rate desc, id"

    statement_id = fields.Many2one("ec.trade.statement", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="statement_id.company_id", store=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    kind = fields.Selection([("invoice", "Invoices"), ("credit", "Credit Notes")], required=True)
    rate = fields.Float(help="In percent.")
    reduced = fields.Boolean("Reduced Rate")
    base = fields.Monetary("Taxable Amount", help="Credit notes are negative.")
    tax = fields.Monetary()
