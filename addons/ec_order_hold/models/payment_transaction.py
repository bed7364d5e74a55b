from odoo import models


class PaymentTransaction(models.Model):
    _inherit = "payment.transaction"

    def _check_amount_and_confirm_order(self):
        """A payment for a held order is recorded; the order waits until its holds are released."""
        quotations = self.sale_order_ids.filtered(lambda order: order.state in ("draft", "sent"))
        held = quotations._ec_leave_held()
        transactions = self.filtered(lambda tx: not tx.sale_order_ids & held)
        return super(PaymentTransaction, transactions)._check_amount_and_confirm_order()
