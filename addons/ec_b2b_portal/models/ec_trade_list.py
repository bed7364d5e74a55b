from odoo import api, fields, models


class EcTradeList(models.Model):
    """What a buyer orders again and again; kept for himself or shared with his company."""

    _name = "ec.trade.list"
    _description = "Saved Order List"
    _order = "name, id"

    name = fields.Char(required=True)
    account_id = fields.Many2one("ec.trade.account", "Customer", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="account_id.company_id", store=True)
    buyer_id = fields.Many2one("ec.trade.buyer", "Saved By", required=True, index=True, ondelete="cascade")
    shared = fields.Boolean(help="All buyers of this customer see the list.")
    line_ids = fields.One2many("ec.trade.list.line", "list_id")

    @api.model
    def _of(self, buyer):
        """The lists that a buyer sees: his own, and those shared in his company; superuser."""
        # sudo: buyers have no rights on this table
        return self.sudo().search(
            [("account_id", "=", buyer.account_id.id), "|", ("buyer_id", "=", buyer.id), ("shared", "=", True)]
        )

    def _rows(self):
        """[(code, quantity, product id)] for the pad."""
        return [(line.product_id, line.quantity) for line in self.line_ids]


class EcTradeListLine(models.Model):
    _name = "ec.trade.list.line"
    _description = "Line of a Saved Order List"
    _order = "list_id, sequence, id"

    list_id = fields.Many2one("ec.trade.list", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="list_id.company_id", store=True)
    sequence = fields.Integer(default=10)
    product_id = fields.Many2one("product.product", required=True, index=True, ondelete="cascade")
    quantity = fields.Float(digits="Product Unit", required=True)
