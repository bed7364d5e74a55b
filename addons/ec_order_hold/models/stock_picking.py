from odoo import models


class StockPicking(models.Model):
    _inherit = "stock.picking"

    def button_validate(self):
        # Here as well as in _action_done: before wizards ask about quantities for nothing
        self._ec_check_not_held()
        return super().button_validate()

    def _action_done(self):
        self._ec_check_not_held()
        return super()._action_done()

    def _ec_check_not_held(self):
        """Refuse deliveries of orders that are held for delivery.

        Only outgoing ones that are still open: picking and packing may go on, and a drop
        shipment has left the supplier already, refusing to book it would only hide it.
        """
        # the warehouse's people may not read sales orders, and are stopped all the same
        deliveries = self.sudo().filtered(
            lambda p: p.picking_type_id.code == "outgoing" and p.state not in ("done", "cancel")
        )
        orders = deliveries.sale_id | deliveries.move_ids.sale_line_id.order_id
        orders.with_env(self.env)._ec_check_not_held("deliver")
