from decimal import Decimal

from odoo.fields import Command
from odoo.tests import tagged

from .common import TradeCommon


def numbers(rows, cell=-1):
    """The figures of one column of the priced lines, as Decimals."""
    return [Decimal(row.cells[cell].text.replace(",", "")) for row in rows if row.kind == "line"]


@tagged("post_install", "-at_install")
class TestAmounts(TradeCommon):
    def _document(self, kind, record, lang="en_US"):
        return self.documents._documents(kind, record, lang)[0]

    def _invoice(self, lines, **vals):
        order = self._order(lines, **vals)
        order.order_line.product_id.invoice_policy = "order"
        order.action_confirm()
        return order._create_invoices()

    def test_a_currency_without_decimals(self):
        order = self._order(
            [(self.towel, 3, 333), (self.vase, 1, {"price_unit": 1000, "discount": 0.5})], currency="JPY"
        )
        document = self._document("proforma_invoice", order)
        self.assertEqual(document.totals, [("Total", "JPY 1,994")])
        self.assertEqual([row.cells[-1].text for row in document.rows], ["999", "995"])

    def test_a_currency_with_three_decimals(self):
        self._currency("KWD").rounding = 0.001
        order = self._order([(self.towel, 3, 0.125), (self.vase, 2, 1000.5)], currency="KWD")
        document = self._document("order_confirmation", order)
        self.assertEqual(document.totals, [("Total", "KWD 2,001.375")])
        self.assertEqual([row.cells[-1].text for row in document.rows], ["0.375", "2,001.000"])

    def test_a_unit_price_keeps_all_its_decimals(self):
        order = self._order([(self.towel, 240, 3.125), (self.vase, 1, 12.5)])
        document = self._document("order_confirmation", order)
        self.assertEqual([row.cells[-2].text for row in document.rows], ["3.125", "12.50"])
        self.assertEqual(document.totals, [("Total", "USD 762.50")])

    def test_figures_are_written_as_the_language_does(self):
        lang = self.env["res.lang"]._activate_lang("de_DE")
        self.assertTrue(lang)
        order = self._order([(self.towel, 1000, 1.5)])
        self.assertEqual(self._document("proforma_invoice", order, "de_DE").totals, [("Total", "USD 1.500,00")])

    def test_taxes_are_those_of_the_order(self):
        tax = self.env["account.tax"].create({"name": "10%", "amount": 10, "company_id": self.company.id})
        order = self._order([(self.towel, 3, {"price_unit": 3.33, "tax_ids": [Command.set(tax.ids)]})])
        document = self._document("order_confirmation", order)
        self.assertEqual(
            document.totals,
            [
                ("Subtotal", f"{order.amount_untaxed:.2f}"),
                ("Tax", f"{order.amount_tax:.2f}"),
                ("Total", f"USD {order.amount_total:.2f}"),
            ],
        )

    def test_sections_and_notes_stand_between_the_lines(self):
        order = self._order([(self.towel, 1, 1)])
        order.order_line = [
            Command.create({"display_type": "line_section", "name": "Spring", "sequence": 1}),
            Command.create({"display_type": "line_note", "name": "Samples follow", "sequence": 99}),
        ]
        self.env.flush_all()
        self.env.invalidate_all()
        document = self._document("order_confirmation", order)
        self.assertEqual([row.kind for row in document.rows], ["section", "line", "note"])

    def test_the_commercial_invoice_is_the_invoice(self):
        move = self._invoice([(self.towel, 7, 3.33), (self.vase, 3, {"price_unit": 9.99, "discount": 7})])
        document = self._document("commercial_invoice", move)
        self.assertEqual(document.stamp, "DRAFT")
        self.assertEqual(sum(numbers(document.rows)), Decimal(str(move.amount_total)))
        self.assertEqual(document.totals, [("Total", f"USD {move.amount_total:.2f}")])
        move.action_post()
        document = self._document("commercial_invoice", move)
        self.assertEqual((document.number, document.stamp), (move.name, ""))

    def test_cash_rounding_is_a_line(self):
        move = self._invoice([(self.towel, 1, 3.33)])
        account = self.env["account.account"].search(
            [("account_type", "=", "income"), ("company_ids", "in", self.company.id)], limit=1
        )
        move.invoice_cash_rounding_id = self.env["account.cash.rounding"].create(
            {
                "name": "0.05",
                "rounding": 0.05,
                "strategy": "add_invoice_line",
                "profit_account_id": account.id,
                "loss_account_id": account.id,
            }
        )
        document = self._document("commercial_invoice", move)
        self.assertEqual([str(amount) for amount in numbers(document.rows)], ["3.33", "0.02"])
        self.assertEqual(document.totals, [("Total", "USD 3.35")])

    def test_only_customer_invoices_are_commercial_invoices(self):
        move = self._invoice([(self.towel, 1, 1)])
        move.action_post()
        refund = move._reverse_moves()
        with self.assertRaisesRegex(Exception, "customer invoice"):
            self._document("commercial_invoice", refund)

    def test_descriptions_follow_the_language_unless_they_were_written_by_hand(self):
        order = self._order([(self.towel, 1, 1), (self.towel, 1, {"price_unit": 1, "name": "Towel, embroidered NW"})])
        document = self._document("proforma_invoice", order, "ja_JP")
        self.assertEqual([row.cells[1].text for row in document.rows], ["[T-1] タオル", "Towel, embroidered NW"])
        self.assertEqual(document.title, "プロフォーマインボイス")
        self.assertEqual(self._document("proforma_invoice", order, "zh_CN").title, "形式发票")
        self.assertEqual(document.rows[0].cells[2].text, "630260")
