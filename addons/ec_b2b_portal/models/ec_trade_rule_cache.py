from odoo import api, models


class EcTradeRuleCache(models.AbstractModel):
    """For models that the record rules of customers read: those are cached by user, so a change forgets them."""

    _name = "ec.trade.rule.cache"
    _description = "Record of which the record rules of customers are made"

    @api.model_create_multi
    def create(self, vals_list):
        self.env.registry.clear_cache()
        return super().create(vals_list)

    def write(self, vals):
        self.env.registry.clear_cache()
        return super().write(vals)

    def unlink(self):
        self.env.registry.clear_cache()
        return super().unlink()
