from odoo import fields, models


class Website(models.Model):
    _inherit = "website"

    ecommerce_access = fields.Selection(
        selection_add=[("trade", "Buyers of trade accounts")], ondelete={"trade": "set default"}
    )
    ec_prices_after_approval = fields.Boolean(
        "Prices after Approval", help="Who has no trade account sees products, but no prices, and cannot order."
    )

    def write(self, vals):
        if {"ecommerce_access", "ec_prices_after_approval"} & vals.keys():
            self.env.registry.clear_cache()
        return super().write(vals)

    def has_ecommerce_access(self):
        user = self.env.user
        if self.ecommerce_access == "trade" and user.share:
            return bool(user._ec_trade_buyer())
        return super().has_ecommerce_access()


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    ec_prices_after_approval = fields.Boolean(related="website_id.ec_prices_after_approval", readonly=False)
