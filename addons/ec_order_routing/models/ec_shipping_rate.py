from odoo import api, fields, models


class EcShippingRate(models.Model):
    """What a parcel costs the company, and how long it takes: by warehouse, destination and weight.

    Rates that name the destination's state stand for all others of the carrier; then those that name the warehouse; of these the cheapest
    that carries the weight.
    """

    _name = "ec.shipping.rate"
    _description = "Shipping Rate"
    _order = "carrier_id, warehouse_id, max_weight, price, id"
    _check_company_auto = True

    carrier_id = fields.Many2one("delivery.carrier", required=True, index=True, ondelete="cascade", check_company=True)
    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company, ondelete="cascade"
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    warehouse_id = fields.Many2one(
        "stock.warehouse", "From", check_company=True, ondelete="cascade", index="btree_not_null", help="Empty: from any warehouse."
    )
    state_ids = fields.Many2many(
        "res.country.state", "ec_shipping_rate_state_rel", "rate_id", "state_id", string="To States", help="Empty: everywhere."
    )
    max_weight = fields.Float("Up to Weight", digits="Stock Weight", help="Of the parcel; 0: any weight.")
    weight_uom_name = fields.Char(related="carrier_id.weight_uom_name")
    price = fields.Monetary(required=True, help="What the parcel costs, in the company's currency.")
    days = fields.Integer("Transit Days", default=1, required=True, help="From the day it leaves to the day it arrives.")

    _max_weight = models.Constraint("CHECK (max_weight >= 0)", "The weight cannot be negative.")
    _price = models.Constraint("CHECK (price >= 0)", "The price cannot be negative.")
    _days = models.Constraint("CHECK (days >= 0)", "Transit days cannot be negative.")

    @api.depends("carrier_id", "warehouse_id", "max_weight")
    def _compute_display_name(self):
        for rate in self:
            parts = [rate.carrier_id.name, rate.warehouse_id.name, rate.max_weight and f"{rate.max_weight:g} {rate.weight_uom_name}"]
            rate.display_name = " / ".join(part for part in parts if part)
