from odoo import api, models

ASKED_ABOUT = {"product_id", "product_uom_qty", "product_uom_id", "price_unit", "discount"}


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        lines.order_id._ec_ask_again()
        return lines

    def write(self, vals):
        result = super().write(vals)
        if ASKED_ABOUT & vals.keys():
            self.order_id._ec_ask_again()
        return result

    def unlink(self):
        orders = self.order_id
        result = super().unlink()
        orders.exists()._ec_ask_again()
        return result
