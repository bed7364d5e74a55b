from odoo.tests import Form

from .common import DATE, PriceCommon


class TestOrderLines(PriceCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.goods = cls.env["product.product"].concat(
            *(cls._product(f"G{number}", 100 + number) for number in range(20))
        )
        cls.pricelist = cls._list(
            "Many",
            *(
                cls._fixed(10 + number, product_id=product.id, min_quantity=10)
                for number, product in enumerate(cls.goods)
            ),
            cls._rate(65),
            ec_rounding="down",
        )

    def wanted(self, line):
        with self.plain_finding():
            return self.pricelist._get_product_price(
                line.product_id, line.product_uom_qty, uom=line.product_uom_id, date=DATE
            )

    def plain_finding(self):
        from unittest.mock import patch

        return patch.object(type(self.pricelist), "_ec_finds_as_odoo", lambda self: False)

    def test_lines_of_different_quantities_and_units_have_the_prices_of_the_list(self):
        lines = [
            (product, 1 + number, (self.unit, self.dozen)[number % 2]) for number, product in enumerate(self.goods)
        ]
        order = self._order(self.pricelist, *lines)
        self.assertEqual(
            [line.price_unit for line in order.order_line], [self.wanted(line) for line in order.order_line]
        )
        self.assertTrue(all(line.pricelist_item_id for line in order.order_line))

    def test_the_rules_of_all_lines_are_found_by_one_statement(self):
        order = self._order(self.pricelist, *((product, 1) for product in self.goods))
        self.env.flush_all()
        with self.plain_finding():
            one_by_one = self._statements(order)
        at_once = self._statements(order)
        self.assertLess(at_once, one_by_one - 15)

    def _statements(self, order):
        self.env.flush_all()
        self.env.invalidate_all()
        order.order_line.mapped("product_id.product_tmpl_id.uom_id.name")
        order.order_line.mapped("order_id.pricelist_id.currency_id.name")
        before = self.env.cr.sql_log_count
        self.assertEqual(len(order.order_line.mapped("pricelist_item_id")), 1)
        return self.env.cr.sql_log_count - before

    def test_a_change_of_quantity_is_a_change_of_price(self):
        order = self._order(self.pricelist, (self.goods[0], 1), (self.goods[1], 1))
        order.order_line[0].product_uom_qty = 10
        self.assertEqual(order.order_line.mapped("price_unit"), [10, 65])

    def test_what_was_typed_stays(self):
        order = self._order(self.pricelist, (self.goods[0], 1), (self.goods[1], 1))
        order.order_line[0].price_unit = 77
        order.order_line.write({"product_uom_qty": 12})
        self.assertEqual(order.order_line.mapped("price_unit"), [77, 11])

    def test_the_form(self):
        with Form(self.env["sale.order"]) as form:
            form.partner_id = self.env["res.partner"].create({"name": "Sato"})
            form.pricelist_id = self.pricelist
            for product in self.goods[:2]:
                with form.order_line.new() as line:
                    line.product_id = product
                    line.product_uom_qty = 10
        self.assertEqual(form.record.order_line.mapped("price_unit"), [10, 11])

    def test_prices_are_updated_with_the_list(self):
        order = self._order(self.pricelist, (self.goods[0], 1), (self.goods[1], 1))
        order.pricelist_id = self._list("Other", self._fixed(5))
        order._recompute_prices()
        self.assertEqual(order.order_line.mapped("price_unit"), [5, 5])
