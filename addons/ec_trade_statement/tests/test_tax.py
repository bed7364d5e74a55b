from unittest.mock import patch

from odoo.fields import Command
from odoo.models import BaseModel
from odoo.tests import TransactionCase, tagged

from .common import SEPTEMBER, StatementWorld


@tagged("post_install", "-at_install")
class TestTax(StatementWorld, TransactionCase):
    def _tax(self, move):
        self.assertEqual(sum(move.line_ids.mapped("balance")), 0, "the entry balances")
        self.assertEqual(move.tax_totals["tax_amount"], move.amount_tax, "the total on screen is the one booked")
        self.assertEqual(move.amount_untaxed + move.amount_tax, move.amount_total)
        return move.amount_tax

    def test_three_of_105_are_31(self):
        for mode, expected in (("floor", 31), ("half", 32), ("ceil", 32)):
            self.account.tax_rounding = mode
            move = self._book("out_invoice", self.head, SEPTEMBER, 105, 105, 105, tax=self.tax10)
            self.assertEqual(self._tax(move), expected, mode)

    def test_company_says_where_the_account_does_not(self):
        self.assertEqual(self._tax(self._book("out_invoice", self.kobe, SEPTEMBER, 105, 105, 105, tax=self.tax10)), 31)
        self.seller.ec_tax_rounding = "ceil"
        self.assertEqual(self._tax(self._book("out_invoice", self.kobe, SEPTEMBER, 101, tax=self.tax10)), 11)

    def test_credit_note_is_rounded_as_the_invoice(self):
        self.assertEqual(self._tax(self._book("out_refund", self.head, SEPTEMBER, 105, 105, 105, tax=self.tax10)), 31)

    def test_rate_not_tax_record(self):
        """Two taxes of one rate are one rate."""
        other = self.tax10.copy({"name": "Ten, services"})
        move = self._book("out_invoice", self.head, SEPTEMBER, 105, 105, tax=self.tax10)
        move.button_draft()
        move.invoice_line_ids[0].tax_ids = [Command.set(other.ids)]
        move.action_post()
        self.assertEqual(self._tax(move), 21)

    def test_rates_are_apart(self):
        move = self._book("out_invoice", self.head, SEPTEMBER, 99, 99, tax=self.tax10)
        move.button_draft()
        move.invoice_line_ids[0].tax_ids = [Command.set(self.tax8.ids)]
        move.action_post()
        self.assertEqual(self._tax(move), 7 + 9)

    def test_tax_is_of_the_amounts_on_paper(self):
        """9.5 yen are 10 on paper, so are the next: 2 % of tax on 20, not on 19."""
        self.account.tax_rounding = "half"
        move = self._book("out_invoice", self.head, SEPTEMBER, 104.5, 104.5, tax=self.tax10)
        self.assertEqual((move.amount_untaxed, self._tax(move)), (210, 21))

    def test_tax_in_the_price(self):
        tax = self.tax10.copy({"name": "Ten in price", "price_include_override": "tax_included"})
        move = self._book("out_invoice", self.head, SEPTEMBER, 105, 105, 105, tax=tax)
        self.assertEqual((move.amount_total, self._tax(move)), (315, 28))

    def test_company_that_rounds_per_line(self):
        self.seller.tax_calculation_rounding_method = "round_per_line"
        self.assertEqual(self._tax(self._book("out_invoice", self.head, SEPTEMBER, 105, 105, 105, tax=self.tax10)), 31)

    def test_other_customers_are_as_in_plain_odoo(self):
        stranger = self.env["res.partner"].create({"name": "Stranger"})
        self.assertEqual(self._tax(self._book("out_invoice", stranger, SEPTEMBER, 105, 105, 105, tax=self.tax10)), 32)

    def test_posted_invoice_stays(self):
        move = self._book("out_invoice", self.head, SEPTEMBER, 105, 105, 105, tax=self.tax10)
        self.account.tax_rounding = "ceil"
        self.env.invalidate_all()
        self.assertEqual(self._tax(move), 31)

    def test_invoice_of_before_stays_as_odoo_made_it(self):
        self.account.write({"billing": "each", "closing_days": False})
        move = self._book("out_invoice", self.head, SEPTEMBER, 105, 105, 105, tax=self.tax10)
        self.account.closing_days = "31"
        self.env.invalidate_all()
        self.assertEqual((self._tax(move), move.tax_totals["tax_amount"]), (32, 32))

    def test_only_accounts_that_close_and_only_if_the_company_wants(self):
        self.seller.ec_tax_rounding = "odoo"
        self.assertEqual(self._tax(self._book("out_invoice", self.head, SEPTEMBER, 105, 105, 105, tax=self.tax10)), 32)
        self.seller.ec_tax_rounding = "floor"
        self.account.write({"billing": "each", "closing_days": False})
        self.assertEqual(self._tax(self._book("out_invoice", self.head, SEPTEMBER, 105, 105, 105, tax=self.tax10)), 32)

    def test_installing_rounds_no_invoice_of_before(self):
        """The column is made empty before Odoo would fill it."""
        move = self._book("out_invoice", self.head, SEPTEMBER, 105, tax=self.tax10)
        cr = self.env.cr
        cr.execute("ALTER TABLE account_move DROP COLUMN ec_tax_rounding")
        with patch.object(BaseModel, "_auto_init"):
            self.env["account.move"]._auto_init()
        cr.execute("SELECT ec_tax_rounding FROM account_move WHERE id = %s", [move.id])
        self.assertIsNone(cr.fetchone()[0])
