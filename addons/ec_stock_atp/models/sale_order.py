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
