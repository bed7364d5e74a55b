from odoo import fields, models


class EcBrand(models.Model):
    _name = "ec.brand"
    _description = "Brand"
    _order = "name, id"

    name = fields.Char(required=True, translate=True)
    active = fields.Boolean(default=True)
    product_tmpl_ids = fields.One2many("product.template", "ec_brand_id", string="Products")
    product_count = fields.Integer(compute="_compute_product_count")

    def _compute_product_count(self):
        groups = self.env["product.template"]._read_group(
            [("ec_brand_id", "in", self.ids)], ["ec_brand_id"], ["__count"]
        )
        counts = {brand.id: count for brand, count in groups}
        for brand in self:
            brand.product_count = counts.get(brand.id, 0)
