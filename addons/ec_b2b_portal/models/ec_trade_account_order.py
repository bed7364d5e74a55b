from odoo import api, fields, models


class EcTradeAccount(models.Model):
    """How an account orders."""

    _inherit = "ec.trade.account"

    po_required = fields.Boolean(
        "Purchase Order Number Required", tracking=True, help="Buyers cannot order without their own number."
    )
    po_unique = fields.Boolean(
        "Purchase Order Number Unique", tracking=True, help="A number that this customer used before is refused."
    )
    confirm_orders = fields.Boolean(
        "Confirm Orders at Once",
        default=True,
        tracking=True,
        help="Otherwise an order that a buyer places stays a quotation until your staff confirms it.",
    )
    order_minimum = fields.Monetary(
        "Minimum Order",
        "order_currency_id",
        tracking=True,
        help="What an order's goods have to be worth, without taxes.",
    )
    order_currency_id = fields.Many2one("res.currency", compute="_compute_order_currency_id")

    _order_minimum_positive = models.Constraint("CHECK (order_minimum >= 0)", "The minimum order cannot be negative.")

    @api.depends("pricelist_id.currency_id", "company_id.currency_id")
    def _compute_order_currency_id(self):
        for account in self:
            account.order_currency_id = account.pricelist_id.currency_id or account.company_id.currency_id

    def _order_minimum_of(self, order):
        """What the goods of an order have to be worth at least, without taxes, in its currency."""
        day = fields.Date.context_today(self)
        return self.order_currency_id._convert(self.order_minimum, order.currency_id, self.company_id, day)
