from odoo import models
from odoo.tools import str2bool

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

    def _ec_invoice(self):
        """Make the invoices that Odoo makes of what is paid, and did not make while the order waited; superuser."""
        if not str2bool(self.env["ir.config_parameter"].get_param("sale.automatic_invoice"), False):
            return
        missing = self.filtered(lambda tx: tx.state == "done" and tx.operation != "validation" and not tx.invoice_ids)
        missing._invoice_sale_orders()
        missing.invoice_ids.filtered(lambda invoice: invoice.state == "draft").action_post()
        if missing.invoice_ids:
            missing._send_invoice()
