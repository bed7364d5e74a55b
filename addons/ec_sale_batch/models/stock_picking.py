from odoo import api, models

from ..batch import ConfirmBatch, companies_agree


class StockPicking(models.Model):
    _inherit = "stock.picking"

    @api.model
    def search(self, domain, offset=0, limit=None, order=None):
        """While a batch makes its references: no transfer can carry them, though Odoo looks for some to recompute."""
        batch = ConfirmBatch.of(self.env)
        if batch is not None and batch.referring:
            return self.browse()
        return super().search(domain, offset=offset, limit=limit, order=order)

    def action_confirm(self):
        """In a batch: sale_stock confirms the pickings order by order; gather them for one call."""
        batch = ConfirmBatch.of(self.env)
        if (
            batch is not None
            and batch.pickings_to_confirm is not None
            and batch.order_ids.issuperset(self.sale_id.ids)
            and batch.move_ids.issuperset(self.move_ids._ids)
        ):
            batch.pickings_to_confirm.update(self.ids)
            return True
        return super().action_confirm()

    def _ec_post_origins(self, orders):
        """Note on each transfer the orders it came from, as sale_stock does.

        :param orders: one sale.order recordset a transfer
        """
        _template, view = self._get_source_from_ref("mail.message_origin_link")
        render = self.env["mail.render.mixin"]._render_template_qweb_view
        bodies = [
            (
                picking,
                render(view, self._name, picking.ids, add_context={"self": picking, "origin": order})[picking.id],
            )
            for picking, picking_orders in zip(self, orders, strict=True)
            for order in picking_orders
        ]
        self._ec_post_batch(bodies, self.env.ref("mail.mt_note"))

    def _check_company(self, fnames=None):
        """In a batch: look at each linked record once; where that finds a fault, let Odoo say which."""
        batch = ConfirmBatch.of(self.env)
        if batch is None or fnames is not None or not batch.as_read(self, "company") or not companies_agree(self):
            return super()._check_company(fnames)
        return None
