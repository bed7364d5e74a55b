from odoo import api, models

from ..batch import ConfirmBatch


class StockQuant(models.Model):
    _inherit = "stock.quant"

    def _gather(self, product_id, location_id, lot_id=None, package_id=None, owner_id=None, strict=False, qty=0):
        batch = ConfirmBatch.of(self.env)
        if batch is not None and batch.quants and not (lot_id or package_id or owner_id or strict):
            found = batch.quants.get((product_id.id, location_id.id))
            if found is not None:
                return self.browse(found)
        return super()._gather(
            product_id, location_id, lot_id=lot_id, package_id=package_id, owner_id=owner_id, strict=strict, qty=qty
        )

    @api.model
    def _update_reserved_quantity(
        self, product_id, location_id, quantity, lot_id=None, package_id=None, owner_id=None, strict=True
    ):
        batch = ConfirmBatch.of(self.env)
        if batch is not None and batch.reserving:
            return None
        return super()._update_reserved_quantity(
            product_id, location_id, quantity, lot_id=lot_id, package_id=package_id, owner_id=owner_id, strict=strict
        )

    def _ec_in_removal_order(self, strategy):
        """The quants as `_gather` orders them for a removal strategy."""
        if strategy == "lifo":
            quants = self.sorted(lambda quant: (quant.in_date, quant.id), reverse=True)
        else:
            quants = self.sorted(lambda quant: (quant.in_date, quant.id))
        if strategy == "closest":
            quants = self.sorted(lambda quant: (quant.location_id.complete_name, -quant.id))
        return quants.sorted(lambda quant: not quant.lot_id)
