from odoo import api, fields, models


class StockMove(models.Model):
    _inherit = "stock.move"

    ec_loan_line_id = fields.Many2one("ec.loan.line", string="Loan Line", readonly=True, index="btree_not_null")

    @api.model
    def _prepare_merge_moves_distinct_fields(self):
        return [*super()._prepare_merge_moves_distinct_fields(), "ec_loan_line_id"]

    # moves that ec_sale_batch merges belong to no loan
    _prepare_merge_moves_distinct_fields.ec_batch_safe = True

    def _ec_take_lot(self, lot):
        """Reserve this lot and no other."""
        self.ensure_one()
        self._do_unreserve()
        self._update_reserved_quantity(self.product_qty, self.location_id, lot_id=lot, strict=False)
        self._recompute_state()

    def _ec_missing(self):
        """The moves that are not reserved in full."""
        return self.filtered(lambda move: move.product_uom.compare(move.quantity, move.product_uom_qty) < 0)
