from odoo import fields, models


class SaleOrder(models.Model):
    _inherit = "sale.order"

    ec_claims_stock = fields.Boolean(
        string="Claims Stock",
        default=False,
        copy=False,
        groups="stock.group_stock_manager",  # ordinary users' lists and exports stay as they were
        help="Counts as a claim on stock before it is reserved, while the order is a quotation.",
    )

    _ec_claims_stock_idx = models.Index("(warehouse_id, id) WHERE ec_claims_stock AND state IN ('draft', 'sent')")

    def _action_confirm(self):
        result = super()._action_confirm()
        self.order_line._ec_consume_pools()
        return result

    def write(self, vals):
        """Pools get back what an order consumed when it is cancelled or becomes another buyer's."""
        lines = self.env["sale.order.line"]
        if vals.get("state", "sale") != "sale" or vals.keys() & {"partner_id", "campaign_id", "warehouse_id"}:
            lines = self.filtered(lambda order: order.state == "sale").order_line
        result = super().write(vals)
        lines._ec_consume_pools()
        return result
