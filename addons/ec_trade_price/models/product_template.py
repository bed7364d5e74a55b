from odoo import fields, models


class ProductTemplate(models.Model):
    _inherit = "product.template"

    ec_brand_id = fields.Many2one("ec.brand", string="Brand", index="btree_not_null", ondelete="restrict")
