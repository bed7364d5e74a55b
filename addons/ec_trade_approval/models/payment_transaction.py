from odoo import models


class PaymentTransaction(models.Model):
    _inherit = "payment.transaction"

    def _post_process(self):
        """Who pays orders, also where the page of a provider or a job says so."""
        self.filtered(lambda tx: tx.state in ("pending", "authorized", "done")).sale_order_ids._ec_ask_approval()
        return super()._post_process()
