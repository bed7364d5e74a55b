from odoo import api, fields, models


class EcCartonPackLine(models.TransientModel):
    _name = "ec.carton.pack.line"
    _description = "Product to Pack into Cartons"

    pack_id = fields.Many2one("ec.carton.pack", required=True, ondelete="cascade")
    product_id = fields.Many2one("product.product", required=True, readonly=True)
    uom_id = fields.Many2one("uom.uom", string="Unit", required=True, readonly=True)
    quantity = fields.Float(string="Not Packed", digits="Product Unit", readonly=True)
    per_carton = fields.Float(digits="Product Unit", help="0: stays as it is.")
    carton_count = fields.Integer(
        string="Cartons", compute="_compute_carton_count", help="The last one takes the rest."
    )

    @api.depends("quantity", "per_carton")
    def _compute_carton_count(self):
        for line in self:
            line.carton_count = -(-line.quantity // line.per_carton) if line.per_carton > 0 else 0
