from odoo import fields, models

GROUP = "ec_channel_base.group_ec_operator"


class ProductProduct(models.Model):
    _inherit = "product.product"

    ec_stock_level_ids = fields.One2many("ec.stock.level", "product_id", "Sold in Shops", readonly=True, groups=GROUP)


class ProductTemplate(models.Model):
    _inherit = "product.template"

    ec_stock_level_ids = fields.One2many("ec.stock.level", string="Sold in Shops", compute="_compute_ec_stock_level_ids", groups=GROUP)

    def _compute_ec_stock_level_ids(self):
        levels = self.env["ec.stock.level"].search([("product_id", "in", self.product_variant_ids.ids)])
        own = levels.grouped(lambda level: level.product_id.product_tmpl_id)
        for template in self:
            template.ec_stock_level_ids = own.get(template._origin, levels.browse())
