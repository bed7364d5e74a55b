from odoo import api, models


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        lines.filtered(lambda line: line.state == "sale")._ec_consume_pools()
        return lines

    def write(self, vals):
        confirmed = self.browse()
        if vals.keys() & {"product_uom_qty", "product_uom_id", "product_id"}:
            confirmed = self.filtered(lambda line: line.state == "sale")
        products = confirmed.product_id
        result = super().write(vals)
        confirmed._ec_consume_pools(products)
        return result

    def _ec_consume_pools(self, products=None):
        """Count again what the pools of these lines' products (and `products`) have given; no query where there are none."""
        products = self.product_id | products if products else self.product_id
        storable = products.filtered("is_storable").ids
        held = self.env["ec.stock.set.aside"]._held(storable) if storable else []
        if held:
            self.env["ec.stock.pool"]._consume(held)
