from odoo import fields, models


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    ec_warehouse_id = fields.Many2one(
        "stock.warehouse", "Ships From", copy=False, readonly=True, groups="ec_order_hold.group_hold_user",
        help="Set by the rules where this line ships from another warehouse than the order's.",
    )  # fmt: skip

    def _prepare_procurement_values(self):
        values = super()._prepare_procurement_values()
        # whoever confirms, the line ships from where the rules say
        warehouse = self.sudo().ec_warehouse_id
        if warehouse:
            values["warehouse_id"] = warehouse
        return values

    # a line that ships from elsewhere goes its own way, below
    _prepare_procurement_values.ec_batch_safe = True

    def _ec_fits_batch(self, batch):
        """A line that ships from elsewhere takes Odoo's own path."""
        return not self.sudo().ec_warehouse_id and super()._ec_fits_batch(batch)  # whoever confirms, as above
