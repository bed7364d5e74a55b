from odoo import api, models
from odoo.tools import SQL

from odoo.addons.ec_stock_atp.models.ec_stock_dirty import FOLD_ROWS


class EcStockDirty(models.Model):
    _inherit = "ec.stock.dirty"

    @api.model
    def _fold(self, limit=FOLD_ROWS):
        """Kits first: a bill of materials that changed marks its kit and the components."""
        self.env["ec.stock.kit"]._refresh()
        return super()._fold(limit)

    @api.model
    def _cron_recount(self):
        """Work all kits out again, whatever changed them unseen. A kit waits with its components: that is no drift."""
        self.env["ec.stock.kit"]._mark_all()
        self.env["ec.stock.kit"]._refresh()
        rows = self.env.execute_query(
            SQL("SELECT DISTINCT product_id FROM ec_stock_dirty WHERE product_id IS NOT NULL")
        )
        waiting = {product for (product,) in rows}
        more = set(self.env["ec.stock.figure"]._with_kits(waiting)) - waiting
        self.env.execute_query(
            SQL("INSERT INTO ec_stock_dirty (product_id) SELECT unnest(%s::int[]) RETURNING 1", sorted(more))
        )
        return super()._cron_recount()
