from odoo.exceptions import ValidationError
from odoo.fields import Command

from .common import PriceCommon


class TestRateAndRounding(PriceCommon):
    def test_a_rate_is_a_discount(self):
        rule = self._list("Rate", self._rate(64.9)).item_ids
        self.assertEqual((rule.percent_price, rule.ec_rate), (35.1, 64.9))
        rule.ec_rate = 70
        self.assertEqual(rule.percent_price, 30)
        rule.percent_price = 12.5
        self.assertEqual(rule.ec_rate, 87.5)

    def rounded(self, rounding, step, rate=65, price=1001):
        self.tea.list_price = price
        return self.price(self._list("Rounded", self._rate(rate), ec_rounding=rounding, ec_rounding_step=step))

    def test_yen_are_cut_off(self):
        self.assertAlmostEqual(self.rounded(False, 1), 650.65, 10)
        self.assertEqual(self.rounded("down", 1), 650)
        self.assertEqual(self.rounded("up", 1), 651)
        self.assertEqual(self.rounded("half_up", 1), 651)
        self.assertEqual(self.rounded("down", 10), 650)
        self.assertEqual(self.rounded("up", 10), 660)
        self.assertEqual(self.rounded("down", 0.1), 650.6)

    def test_noise_costs_no_yen(self):
        for rate in range(1, 200):
            self.assertEqual(self.rounded("down", 1, rate=rate, price=1000), rate * 10)

    def test_a_fixed_price_stays(self):
        pricelist = self._list("Fixed", self._fixed(650.65), ec_rounding="down")
        self.assertEqual(self.price(pricelist), 650.65)

    def test_a_formula_is_rounded_at_its_end(self):
        rule = {"compute_price": "formula", "base": "list_price", "price_discount": 35, "price_surcharge": 0.75}
        self.assertEqual(self.price(self._list("Formula", rule, ec_rounding="down")), 650)
        self.assertEqual(self.price(self._list("Formula", rule, ec_rounding="up")), 651)

    def test_the_price_of_the_unit_on_the_line_is_rounded(self):
        self.tea.list_price = 10.55
        pricelist = self._list("Dozen", self._rate(100), ec_rounding="down")
        self.assertEqual((self.price(pricelist), self.price(pricelist, uom=self.dozen)), (10, 126))

    def test_a_step_is_more_than_nothing(self):
        with self.assertRaises(ValidationError):
            self._list("Wrong", ec_rounding="down", ec_rounding_step=0)

    def test_with_the_discount_column_the_line_is_quantity_times_the_rounded_price(self):
        self._switch("sale.group_discount_per_so_line")
        self.tea.list_price = 1001
        rounded = self._order(self._list("Rounded", self._rate(65), ec_rounding="down"), (self.tea, 100)).order_line
        self.assertEqual((rounded.price_unit, rounded.discount, rounded.price_subtotal), (650, 0, 65_000))
        plain = self._order(self._list("Plain", self._rate(65)), (self.tea, 100)).order_line
        self.assertEqual((plain.price_unit, plain.discount, plain.price_subtotal), (1001, 35, 65_065))

    def test_the_discount_of_a_fallback_is_shown(self):
        self._switch("sale.group_discount_per_so_line")
        head = self._list("Head office", self._rate(65))
        line = self._order(self._list("Branch", ec_fallback_id=head.id), (self.tea, 10)).order_line
        self.assertEqual((line.price_unit, line.discount, line.price_subtotal), (1000, 35, 6500))
        in_dollars = self._order(
            self._list("Dollar", ec_fallback_id=head.id, currency_id=self.dollar.id), (self.tea, 30)
        ).order_line
        self.assertEqual((in_dollars.discount, in_dollars.price_subtotal), (35, 130))
        self.assertAlmostEqual(in_dollars.price_unit, 1000 / 150, 6)

    def test_taxes_are_counted_on_the_rounded_price(self):
        tax = self.env["account.tax"].create(
            {
                "name": "10%", "amount": 10, "company_id": self.company.id, "country_id": self.company.country_id.id,
                "tax_group_id": self.env["account.tax.group"].create({"name": "10%", "company_id": self.company.id}).id,
            }
        )  # fmt: skip
        self.tea.write({"list_price": 1001, "taxes_id": [Command.set(tax.ids)]})
        order = self._order(self._list("Rounded", self._rate(65), ec_rounding="down"), (self.tea, 3))
        self.assertEqual((order.amount_untaxed, order.amount_tax), (1950, 195))
