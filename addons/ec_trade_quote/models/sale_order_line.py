from odoo import fields, models

GROUP = "ec_b2b_portal.group_trade_user"


class SaleOrderLine(models.Model):
    """What a customer proposes in place of what was offered; 0 is no proposal."""

    _inherit = "sale.order.line"

    ec_quote_quantity = fields.Float(
        "Proposed Quantity", digits="Product Unit", copy=False, readonly=True, groups=GROUP
    )
    ec_quote_price = fields.Float(
        "Proposed Price",
        digits="Product Price",
        copy=False,
        readonly=True,
        groups=GROUP,
        help="Net price per unit that the customer proposes.",
    )

    def _ec_net_price(self):
        """The price per unit after discount."""
        return self.price_unit * (1 - self.discount / 100)

    def _ec_taken_over(self):
        """Values of this line with its proposal. A price stands explicitly: another quantity must not look for another one."""
        price, discount = (self.ec_quote_price, 0) if self.ec_quote_price else (self.price_unit, self.discount)
        return {
            "product_uom_qty": self.ec_quote_quantity or self.product_uom_qty,
            "price_unit": price,
            "discount": discount,
            **NOTHING_PROPOSED,
        }


NOTHING_PROPOSED = {"ec_quote_quantity": 0, "ec_quote_price": 0}
