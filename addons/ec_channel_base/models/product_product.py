from odoo import models


class ProductProduct(models.Model):
    _inherit = "product.product"

    def action_ec_use_for_listing(self):
        """Match the item whose form shows this product as a proposal (its id comes with the button's context)."""
        self.ensure_one()
        self.env["ec.listing"].browse(self.env.context["ec_listing_id"]).write({"product_id": self.id})
        return {"type": "ir.actions.client", "tag": "soft_reload"}
