from unittest.mock import patch

from odoo import SUPERUSER_ID
from odoo.fields import Command
from odoo.tests import TransactionCase, tagged

from .common import ApprovalWorld


@tagged("post_install", "-at_install")
class TestPayment(ApprovalWorld, TransactionCase):
    """Quotations paid by link, and carts: who pays does not go round an approval."""

    def _payment(self, order, **vals):
        provider = self.env["payment.provider"].create({"name": "Dummy", "code": "none", "state": "test"})
        method = self.env["payment.method"].with_context(active_test=False).search([], limit=1)
        return self.env["payment.transaction"].create(
            {
                "provider_id": provider.id,
                "payment_method_id": method.id,
                "amount": order.amount_total,
                "currency_id": order.currency_id.id,
                "partner_id": order.partner_id.id,
                "reference": f"Paid {order.name}",
                "operation": "online_direct",
                "sale_order_ids": [Command.set(order.ids)],
                **vals,
            }
        )

    def _paid(self, order, done=False, **vals):
        """A payment of the order that its provider authorized (or that is done), told by a job and not by the buyer."""
        payment = self._payment(order, **vals)
        supports = dict.fromkeys(("support_express_checkout", "support_tokenization"), False)
        supports |= {"support_manual_capture": "full_only", "support_refund": "none"}
        with patch.object(
            self.registry["payment.provider"], "_compute_feature_support_fields", lambda self: self.update(supports)
        ):
            if done:
                self._into_bank(payment.provider_id)
            payment._set_done() if done else payment._set_authorized()
            payment._post_process()
        return order

    def _into_bank(self, provider):
        """What the provider pays is booked at a bank."""
        bank = self.env["account.journal"].search([("type", "=", "bank"), ("company_id", "=", self.seller.id)], limit=1)
        line = self.env["account.payment.method.line"].create(
            {
                "name": "Dummy",
                "payment_method_id": self.env.ref("account.account_payment_method_manual_in").id,
                "journal_id": bank.id,
            }
        )
        line.payment_provider_id = provider
        provider.journal_id = bank

    def test_a_paid_order_waits_and_is_confirmed_when_approved(self):
        self._rule()
        order = self._paid(self._cart(self.purchaser))
        self.assertEqual((order.state, self._open_codes(order)), ("sent", ["buyer_approval"]), "no cart")
        self.assertEqual(order.ec_approval_ids.requester_id, self._of(self.purchaser))
        self._decide(self.ann, order)
        self.assertEqual((order.state, self._open_codes(order)), ("sale", []))

    def test_cash_on_delivery_that_a_job_confirms_waits_too(self):
        self._rule()
        order = self._cart(self.purchaser)
        payment = self._payment(order)
        payment.provider_id.write({"code": "custom", "custom_mode": "cash_on_delivery"})
        payment._set_pending()
        payment.with_user(SUPERUSER_ID)._post_process()
        self.assertEqual((order.state, self._open_codes(order)), ("sent", ["buyer_approval"]))
        self._decide(self.ann, order)
        self.assertEqual(order.state, "sale")

    def test_who_pays_a_quotation_to_a_colleague_is_who_orders(self):
        self._rule()
        order = self._cart(self.purchaser, website_id=False)
        order.action_quotation_sent()
        self._paid(order, partner_id=self.ann.partner_id.id)
        self.assertEqual(order.ec_approval_ids.requester_id, self._of(self.ann))
        self.assertFalse(self._decide(self.ann, order), "her own order")

    def test_a_paid_order_has_its_invoice_when_it_is_approved(self):
        self._rule()
        self.env["ir.config_parameter"].set_param("sale.automatic_invoice", "True")
        order = self._paid(self._cart(self.purchaser), done=True)
        self.assertEqual((order.state, len(order.invoice_ids)), ("sent", 0))
        self._decide(self.ann, order)
        self.assertEqual((order.state, order.invoice_ids.state), ("sale", "posted"))
        self.assertEqual(order.invoice_ids.amount_total, order.amount_total)
        self.assertIn(order.invoice_ids.payment_state, ("in_payment", "paid"))

    def test_a_paid_order_has_no_invoice_where_staff_makes_them(self):
        self._rule()
        order = self._paid(self._cart(self.purchaser), done=True)
        self._decide(self.ann, order)
        self.assertEqual((order.state, len(order.invoice_ids)), ("sale", 0))

    def test_a_paid_order_that_needs_no_approval_is_confirmed(self):
        self._rule()
        self.assertEqual(self._paid(self._cart(self.purchaser, units=1)).state, "sale")
