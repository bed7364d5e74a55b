from odoo import fields, models


class EcStockPool(models.Model):
    _name = "ec.stock.pool"
    _description = "Stock Pool"

    product_id = fields.Many2one("product.product", required=True, index=True, ondelete="cascade")
    warehouse_id = fields.Many2one("stock.warehouse", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="warehouse_id.company_id", store=True, index=True)
    quantity = fields.Float(digits="Product Unit", default=0.0)
    consumed = fields.Float(digits="Product Unit", default=0.0)
    active = fields.Boolean(default=True)
    date_from = fields.Date()
    date_to = fields.Date()
