from odoo.exceptions import ValidationError
from odoo.tests import Form

from ..models.product_pricelist_item import BRAND
from .common import PriceCommon


class TestBrand(PriceCommon):
    def test_a_brand_comes_after_the_product_and_before_the_category(self):
        rules = [
            self._fixed(5),
            self._fixed(4, categ_id=self.teas.id),
            self._fixed(3, ec_brand_id=self.minato.id),
            self._fixed(2, product_tmpl_id=self.tea.product_tmpl_id.id),
            self._fixed(1, product_id=self.tea.id),
        ]
        prices = []
        for number in range(1, 6):
            pricelist = self._list("Nearest", *rules[:number])
            prices.append((self.price(pricelist), self.price(pricelist, self.tea.product_tmpl_id)))
        self.assertEqual(prices, [(5, 5), (4, 4), (3, 3), (2, 2), (1, 1)])

    def test_it_applies_to_products_of_the_brand_only(self):
        pricelist = self._list("Minato", self._fixed(3, ec_brand_id=self.minato.id))
        self.cup.ec_brand_id = self.hikari
        self.assertEqual((self.price(pricelist), self.price(pricelist, self.cup)), (3, 300))

    def test_a_rule_names_only_what_it_is_about(self):
        rule = self._list("Minato", self._fixed(3, ec_brand_id=self.minato.id)).item_ids
        self.assertEqual((rule.applied_on, rule.display_applied_on, rule.name), (BRAND, BRAND, "Brand: Minato"))
        rule.write({"applied_on": "1_product", "product_tmpl_id": self.cup.product_tmpl_id.id})
        self.assertFalse(rule.ec_brand_id)
        rule.write({"applied_on": BRAND, "ec_brand_id": self.hikari.id})
        self.assertFalse(rule.product_tmpl_id)

    def test_a_rule_of_a_brand_needs_one(self):
        with self.assertRaises(ValidationError):
            self._list("Nothing", self._fixed(3, applied_on=BRAND))

    def test_the_form_keeps_a_brand(self):
        pricelist = self._list("Form")
        with Form(pricelist) as form, form.item_ids.new() as line:
            line.display_applied_on = BRAND
            line.ec_brand_id = self.minato
            line.compute_price = "percentage"
            line.ec_rate = 60
        rule = pricelist.item_ids
        self.assertEqual((rule.applied_on, rule.ec_brand_id, rule.percent_price), (BRAND, self.minato, 40))

    def test_the_form_goes_back_to_products(self):
        pricelist = self._list("Form", self._fixed(3, ec_brand_id=self.minato.id))
        with Form(pricelist) as form, form.item_ids.edit(0) as line:
            line.display_applied_on = "1_product"
        self.assertEqual((pricelist.item_ids.applied_on, bool(pricelist.item_ids.ec_brand_id)), ("3_global", False))

    def test_products_are_counted(self):
        self.assertEqual((self.minato.product_count, self.hikari.product_count), (1, 0))
