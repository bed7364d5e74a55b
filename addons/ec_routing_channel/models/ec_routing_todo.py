from odoo import api, models


class EcRoutingTodo(models.AbstractModel):
    _inherit = "ec.routing.todo"

    @api.model
    def _order_columns(self):
        return (*super()._order_columns(), "ec_note", "ec_payment_state", "ec_risk", "ec_total", "ec_open")
