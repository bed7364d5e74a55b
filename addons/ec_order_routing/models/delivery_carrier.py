from odoo import api, fields, models


class DeliveryCarrier(models.Model):
    """What a carrier takes, and its rates. The highest weight is Odoo's own field."""

    _inherit = "delivery.carrier"

    ec_cod = fields.Boolean(
        "Collects on Delivery", help="Orders with this delivery method are paid at the door. Others are never routed to it."
    )
    ec_cod_limit = fields.Monetary(
        "Collects at Most", currency_field="ec_currency_id", help="Highest order total collected, in the company's currency; 0: unlimited."
    )
    ec_temperatures = fields.Selection(
        [("normal", "Normal"), ("chilled", "Normal and chilled"), ("frozen", "Normal and frozen"), ("all", "Normal, chilled and frozen")],
        "Carries Goods",
        default="normal",
        required=True,
    )
    ec_dangerous = fields.Boolean("Dangerous Goods")
    ec_rate_ids = fields.One2many("ec.shipping.rate", "carrier_id", "Shipping Rates", copy=True)
    ec_currency_id = fields.Many2one("res.currency", compute="_compute_ec_currency_id")

    @api.depends("company_id")
    @api.depends_context("company")
    def _compute_ec_currency_id(self):
        for carrier in self:
            carrier.ec_currency_id = (carrier.company_id or self.env.company).currency_id
