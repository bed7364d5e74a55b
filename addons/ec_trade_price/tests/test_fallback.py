from psycopg2.errors import ForeignKeyViolation

from odoo.exceptions import UserError
from odoo.tools import mute_logger

from .common import DATE, PriceCommon


class TestFallback(PriceCommon):
    def test_branch_then_head_office_then_tier_then_general_then_sales_price(self):
        soda, milk, water = (self._product(name, 100) for name in ("Soda", "Milk", "Water"))
        general = self._list("General", self._fixed(40, product_id=milk.id))
        tier = self._list("Tier", self._fixed(30, product_id=soda.id), ec_fallback_id=general.id)
        head = self._list("Head office", self._fixed(20, product_id=self.cup.id), ec_fallback_id=tier.id)
        branch = self._list("Branch", self._fixed(10, product_id=self.tea.id), ec_fallback_id=head.id)
        asked = self.tea + self.cup + soda + milk + water
        self.assertEqual(list(branch._get_products_price(asked, 1, date=DATE).values()), [10, 20, 30, 40, 100])
        self.assertEqual([self.price(branch, product) for product in asked.product_tmpl_id], [10, 20, 30, 40, 100])
        lists = [
            self.env["product.pricelist.item"].browse(branch._get_product_rule(product, 1, date=DATE)).pricelist_id
            for product in asked
        ]
        self.assertEqual(lists, [branch, head, tier, general, self.env["product.pricelist"]])

    def test_a_break_that_is_not_reached_leaves_it_to_the_fallback(self):
        head = self._list("Head office", self._rate(80))
        branch = self._list("Branch", self._fixed(500, min_quantity=10), ec_fallback_id=head.id)
        self.assertEqual((self.price(branch, quantity=9), self.price(branch, quantity=10)), (800, 500))

    def test_a_list_of_the_branch_wins_with_any_rule(self):
        head = self._list("Head office", self._fixed(1, product_id=self.tea.id))
        branch = self._list("Branch", self._fixed(2), ec_fallback_id=head.id)
        self.assertEqual(self.price(branch), 2)

    def test_the_fallback_keeps_its_currency_and_rounding(self):
        yen = self._list(
            "Yen",
            self._rate(65.05, product_id=self.tea.id),
            self._fixed(300, product_id=self.cup.id),
            ec_rounding="down",
        )
        dollar = self._list("Dollar", ec_fallback_id=yen.id, currency_id=self.dollar.id)
        self.assertAlmostEqual(self.price(dollar), 650 / 150, 10)
        self.assertAlmostEqual(self.price(dollar, self.cup), 2, 10)

    def test_without_our_finding_it_is_the_same(self):
        """What happens where another addon has its own rules of finding."""
        head = self._list("Head office", self._rate(80))
        branch = self._list("Branch", self._fixed(500, min_quantity=10), ec_fallback_id=head.id)
        self.patch(type(branch), "_ec_finds_as_odoo", lambda self: False)
        self.assertEqual((self.price(branch, quantity=9), self.price(branch, quantity=10)), (800, 500))

    def test_no_list_at_all(self):
        self.assertEqual(self.env["product.pricelist"]._get_product_price(self.tea, 1), 1000)

    def test_another_fallback_counts_at_once(self):
        first, second = (self._list("Head office", self._fixed(price)) for price in (1, 2))
        branch = self._list("Branch", ec_fallback_id=first.id)
        self.assertEqual(self.price(branch), 1)
        branch.ec_fallback_id = second
        self.assertEqual(self.price(branch), 2)
        second.ec_fallback_id = first
        second.item_ids.unlink()
        self.assertEqual(self.price(branch), 1)

    def test_no_cycle(self):
        first = self._list("First")
        second = self._list("Second", ec_fallback_id=first.id)
        with self.assertRaises(UserError):
            first.ec_fallback_id = second

    def test_no_list_of_another_company(self):
        other = self.env["res.company"].create({"name": "Other"})
        foreign = self.env["product.pricelist"].create({"name": "Foreign", "company_id": other.id})
        with self.assertRaises(UserError):
            self._list("Ours", ec_fallback_id=foreign.id)
        general = self._list("General", company_id=False)
        ours = self._list("Ours", ec_fallback_id=general.id)
        with self.assertRaises(UserError):
            general.company_id = other
        self.assertEqual(ours._ec_chain(), ours + general)

    def test_a_list_in_use_stays(self):
        general = self._list("General")
        self._list("Ours", ec_fallback_id=general.id)
        with self.assertRaises(ForeignKeyViolation), mute_logger("odoo.sql_db"):
            general.unlink()

    def test_a_copy_falls_back_too(self):
        general = self._list("General", self._fixed(7))
        ours = self._list("Ours", ec_fallback_id=general.id)
        self.assertEqual(self.price(ours.copy()), 7)
