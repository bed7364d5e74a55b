from odoo.fields import Command
from odoo.tests import tagged

from .test_routing import RoutingCommon


@tagged("post_install", "-at_install")
class TestCredit(RoutingCommon):
    """An order over the credit limit goes on when the account has paid."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if not cls.env["account.journal"].search_count([("company_id", "=", cls.company.id), ("type", "=", "sale")]):
            cls.env["account.chart.template"].try_loading("generic_coa", company=cls.company, install_demo=False)
        cls.tea.taxes_id = False
        cls.company.account_use_credit_limit = True
        cls._active(
            applies_to="[]",
            rule_ids=[
                Command.create(
                    {
                        "name": "Credit", "scope": "hold", "function_ids": [Command.create({"name": "credit_over", "args": {}})],
                        "action_ids": [Command.create({"name": "hold", "args": {"code": "credit_limit"}})],
                    }
                )
            ],
        )  # fmt: skip
        cls.account = cls.env["res.partner"].create({"name": "Suzuki Trading", "is_company": True, "credit_limit": 5000})
        cls.branch = cls.env["res.partner"].create({"name": "Osaka branch", "parent_id": cls.account.id, "type": "contact"})

    def _invoiced(self, partner, units):
        order = self._shop_order(units, partner_id=partner.id, ec_claims_stock=False)
        order.action_confirm()
        for line in order.order_line:
            line.qty_delivered = line.product_uom_qty
        invoice = order._create_invoices()
        invoice.action_post()
        return order, invoice

    def _waiting(self, partner, units=2):
        order = self._shop_order(units, partner_id=partner.id, ec_claims_stock=False)
        self._route()
        return order

    def _pay(self, invoice, **vals):
        wizard = self.env["account.payment.register"].with_context(active_model="account.move", active_ids=invoice.ids)
        wizard.create(vals)._create_payments()
        self.env.flush_all()

    def test_the_hold_ends_when_the_invoice_is_paid(self):
        _old, invoice = self._invoiced(self.account, 4)
        order = self._waiting(self.branch)
        self.assertEqual(self._holds(order), ["credit_limit"])
        self.assertEqual(self._todo(), [])
        self._pay(invoice)
        self.assertEqual(set(self._todo()), {(order.id, "payment")})
        self._route()
        self.assertEqual(self._holds(order), [])
        self.env.cr.execute("SELECT need FROM ec_routing_need WHERE order_id = %s", [order.id])
        self.assertFalse(self.env.cr.fetchall())

    def test_a_payment_that_is_not_enough_changes_the_reason(self):
        _old, invoice = self._invoiced(self.account, 4)
        order = self._waiting(self.branch)
        self.assertIn("1,000", order.ec_hold_ids.reason)
        self._pay(invoice, amount=400)
        self._route()
        self.assertIn("600", order.ec_hold_ids.filtered("open").reason)

    def test_payments_of_others_and_orders_within_the_limit_ask_for_nothing(self):
        other = self.env["res.partner"].create({"name": "Other", "credit_limit": 5000})
        _old, invoice = self._invoiced(other, 4)
        held, fits = self._waiting(self.account, 6), self._waiting(other, 1)
        self.assertEqual((self._holds(held), self._holds(fits)), (["credit_limit"], []))
        self._pay(invoice)
        self.assertEqual(self._todo(), [])

    def test_another_order_of_the_account_that_is_cancelled_gives_its_credit_back(self):
        old = self._shop_order(4, partner_id=self.account.id, ec_claims_stock=False)
        old.action_confirm()
        order = self._waiting(self.branch)
        self.assertEqual(self._holds(order), ["credit_limit"])
        old._action_cancel()
        self.env.flush_all()
        self.assertIn((order.id, "edited"), self._todo())
        self._route()
        self.assertEqual(self._holds(order), [])
