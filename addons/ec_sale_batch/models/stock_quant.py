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

    def _ec_take(self, product, location, need, uom):
        """Reserve up to `need` (in the product's unit) on these quants, found at the location.

        :return: [(quant, quantity)], one entry a characteristic, as `_update_reserved_quantity_vals` groups them
        """
        taken = {}
        for quant, quantity in self._get_reserve_quantity(product, location, need, uom_id=uom, strict=False):
            entry = taken.setdefault(quant._ec_key(), [quant, 0.0])
            entry[1] += quantity
        for key, (_quant, quantity) in taken.items():
            # Odoo books all of it on the first of several quants with one key, and gives that one the oldest date
            same = self.filtered(lambda quant, key=key: quant._ec_key() == key)
            first = same._ec_in_removal_order(self._get_removal_strategy(product, key[0]))[:1]
            first.reserved_quantity = max(0, first.reserved_quantity + quantity)
            if len(same) > 1:
                first.in_date = min(quant.in_date for quant in same if quant.quantity > 0)
        return taken.values()

    def _ec_key(self):
        return self.location_id, self.lot_id, self.package_id, self.owner_id
