from odoo import api, models

from ..gift import wishes


class EcOrderImporter(models.AbstractModel):
    """What the buyer wishes for a gift."""

    _inherit = "ec.order.importer"

    @api.model
    def _prepare_order_vals(self, batch, document):
        vals = super()._prepare_order_vals(batch, document)
        return {**vals, "ec_gift_said": wishes(document, batch.channel.gift_names) or False}

    @api.model
    def _update_facts(self, order, document):
        changed = super()._update_facts(order, document)
        said = wishes(document, order.ec_channel_id.gift_names) or False
        if (order.ec_gift_said or False) == said:
            return changed
        order.ec_gift_said = said
        return True
