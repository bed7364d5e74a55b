from odoo import api, fields, models
from odoo.exceptions import ValidationError


class SaleOrder(models.Model):
    _inherit = "sale.order"

    ec_goods_at_id = fields.Many2one(
        "stock.location",
        string="Goods Lie at",
        readonly=True,
        copy=False,
        help="The customer has the goods already: they are taken from there when the order is confirmed.",
    )
    ec_loan_id = fields.Many2one("ec.loan", string="Loan", readonly=True, copy=False, index="btree_not_null")

    @api.constrains("ec_goods_at_id", "partner_id")
    def _check_ec_goods_at(self):
        for order in self.filtered("ec_goods_at_id"):
            owner = order.ec_goods_at_id.ec_goods_partner_id
            if not owner or owner.commercial_partner_id != order.partner_id.commercial_partner_id:
                raise ValidationError(self.env._("Goods of a customer's location are sold to that customer."))

    def _should_be_locked(self):
        """What the customer had already is sold in one go; a change is a report or an order of its own."""
        return bool(self.ec_goods_at_id) or super()._should_be_locked()

    def _ec_delivery_vals(self):
        self.ensure_one()
        receiver = self.partner_shipping_id.with_company(self.company_id)
        return {
            "picking_type_id": self.warehouse_id.out_type_id.id,
            "partner_id": self.partner_shipping_id.id,
            "origin": self.name,
            "company_id": self.company_id.id,
            "location_id": self.ec_goods_at_id.id,
            "location_dest_id": receiver.property_stock_customer.id,
            "ec_loan_id": self.ec_loan_id.id,
            "move_type": "one",
        }
