from odoo import api, models

from ..batch import CreateBatch


class StockWarehouse(models.Model):
    _inherit = "stock.warehouse"

    @api.model
    def search(self, domain, offset=0, limit=None, order=None):
        """While orders are made in a batch: the default warehouse is searched once a company."""
        return CreateBatch.search_once(super().search, self, domain, offset, limit, order)
