from odoo.fields import Command
from odoo.tests import tagged

from odoo.addons.payment.tests.common import PaymentCommon
from odoo.addons.sale.tests.common import SaleCommon


@tagged("post_install", "-at_install")
class TestPayment(PaymentCommon, SaleCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.order = cls.sale_order
        cls.order.require_payment = True
        cls.partner = cls.order.partner_invoice_id
        cls.currency = cls.order.currency_id
        cls.amount = cls.order.amount_total

    def _pay(self):
        tx = self._create_transaction(
            "direct", state="done", sale_order_ids=[Command.set(self.order.ids)]
        )
        tx._post_process()
        return tx

    def test_payment_of_a_held_order_is_kept_and_the_order_waits(self):
        self.env["ec.order.hold"]._open(
            [{"order_id": self.order.id, "code": "risk", "reason": "Suspicious"}]
        )
        tx = self._pay()
        self.assertEqual(tx.state, "done")
        self.assertEqual(self.order.state, "draft")
        notes = "".join(self.order.message_ids.mapped("body"))
        self.assertIn("accepted or paid", notes)

    def test_payment_of_a_free_order_confirms(self):
        self._pay()
        self.assertEqual(self.order.state, "sale")

    def test_a_job_that_confirms_for_a_payment_leaves_a_held_order(self):
        self.env["ec.order.hold"]._open(
            [{"order_id": self.order.id, "code": "risk", "reason": "Suspicious"}]
        )
        self.assertTrue(self.order.with_context(ec_leave_held=True).action_confirm())
        self.assertEqual(self.order.state, "draft")
