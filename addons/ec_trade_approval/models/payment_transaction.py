from odoo import models

# as far as who pays is concerned
PAID = ("pending", "authorized", "done")


class PaymentTransaction(models.Model):
    _inherit = "payment.transaction"

    def _post_process(self):
        """Who pays orders, also where the page of a provider or a job says so."""
        paid = self.filtered(lambda tx: tx.state in PAID)
        for tx in paid:
            tx.sale_order_ids._ec_ask_approval(tx.partner_id)
        result = super(PaymentTransaction, self.with_context(ec_leave_held=True))._post_process()
        paid.sale_order_ids._ec_no_cart()
        return result
