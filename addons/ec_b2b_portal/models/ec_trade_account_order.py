from odoo import fields, models


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
