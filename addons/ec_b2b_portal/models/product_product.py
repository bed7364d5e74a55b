from odoo import api, fields, models
from odoo.exceptions import ValidationError

MULTIPLE_HELP = "Trade customers order this product in multiples of it: 12 for boxes of a dozen. 0: any quantity."
MINIMUM_HELP = "The least that a trade customer orders of this product at a time. 0: no minimum."


class ProductProduct(models.Model):
    _inherit = "product.product"

    ec_order_multiple = fields.Float("Order Multiple", digits="Product Unit", help=MULTIPLE_HELP)
    ec_order_minimum = fields.Float("Order Minimum", digits="Product Unit", help=MINIMUM_HELP)

    @api.constrains("ec_order_multiple", "ec_order_minimum")
    def _check_ec_order_quantities(self):
        if any(product.ec_order_multiple < 0 or product.ec_order_minimum < 0 for product in self):
            raise ValidationError(self.env._("Order multiple and order minimum cannot be negative."))


class ProductTemplate(models.Model):
    _inherit = "product.template"

    ec_order_multiple = fields.Float(
        "Order Multiple",
        digits="Product Unit",
        compute="_compute_ec_order_multiple",
        inverse="_inverse_ec_order_multiple",
        help=MULTIPLE_HELP,
    )
    ec_order_minimum = fields.Float(
        "Order Minimum",
        digits="Product Unit",
        compute="_compute_ec_order_minimum",
        inverse="_inverse_ec_order_minimum",
        help=MINIMUM_HELP,
    )

    @api.depends("product_variant_ids.ec_order_multiple")
    def _compute_ec_order_multiple(self):
        self._compute_template_field_from_variant_field("ec_order_multiple")

    def _inverse_ec_order_multiple(self):
        self._set_product_variant_field("ec_order_multiple")

    @api.depends("product_variant_ids.ec_order_minimum")
    def _compute_ec_order_minimum(self):
        self._compute_template_field_from_variant_field("ec_order_minimum")

    def _inverse_ec_order_minimum(self):
        self._set_product_variant_field("ec_order_minimum")

    def _get_related_fields_variant_template(self):
        return [*super()._get_related_fields_variant_template(), "ec_order_multiple", "ec_order_minimum"]
