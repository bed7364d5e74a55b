from odoo import fields, models


class EcTradeStatementLine(models.Model):
    _name = "ec.trade.statement.line"
    _description = "Line of a Trade Statement"
    _order = "statement_id, date, sequence, id"

    statement_id = fields.Many2one("ec.trade.statement", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="statement_id.company_id", store=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    sequence = fields.Integer()
    kind = fields.Selection(
        [
            ("invoice", "Invoice"),
            ("credit", "Credit Note"),
            ("payment", "Payment"),
            ("other", "Other Entry"),
        ],
        required=True,
    )
    date = fields.Date(required=True)
    slip = fields.Char("Slip Number", help="Delivery slip, invoice or entry.")
    place = fields.Char("Branch")
    name = fields.Char("Description")
    quantity = fields.Float(digits="Product Unit")
    uom = fields.Char("Unit")
    price_unit = fields.Float("Unit Price", digits="Product Price")
    rate = fields.Float("Tax Rate", help="In percent.")
    reduced = fields.Boolean("Reduced Rate")
    amount = fields.Monetary(help="Of goods without tax. Credit notes and payments are negative.")
    tax = fields.Monetary(help="Where the line is a whole invoice.")
    move_id = fields.Many2one("account.move", "Entry", index="btree_not_null", ondelete="set null")
    picking_id = fields.Many2one("stock.picking", "Delivery", index="btree_not_null", ondelete="set null")
