from odoo import api, models

from ..batch import CreateBatch


class AccountFiscalPosition(models.Model):
    _inherit = "account.fiscal.position"

    @api.model
    def search(self, domain, offset=0, limit=None, order=None):
        """While orders are made in a batch: the positions that apply by themselves are searched once a company."""
        return CreateBatch.search_once(super().search, self, domain, offset, limit, order)
