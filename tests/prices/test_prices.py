"""Every case of the golden book, by every way in which a price is asked for: see docs/prices.md."""

from collections import defaultdict
from decimal import Decimal

from odoo.fields import Command

from .book import PLACES, rows, worked_out
from .world import World, utc

CASES = rows("cases")


def exact(price):
    return Decimal(repr(price)).quantize(PLACES)


class TestPrices(World):
    def told(self, row):
        return f"case {row['case']} ({row['theme']}): {row['quantity']} {row['unit']} {row['sku']} on {row['list']} at {row['date']}"

    def compare(self, prices):
        """`prices`: [(row, price)]; all that differ are told."""
        wrong = [f"{self.told(row)}: {exact(price)}, not {row['price']}" for row, price in prices if exact(price) != Decimal(row["price"])]
        self.assertFalse(wrong, "\n".join(wrong))

    def test_the_book_adds_up(self):
        self.assertGreaterEqual(len(CASES), 200)
        self.assertEqual([int(row["case"]) for row in CASES], list(range(1, len(CASES) + 1)))
        wrong = [f"{self.told(row)}: {row['calculation']} is {worked_out(row['calculation'])}" for row in CASES if worked_out(row["calculation"]) != Decimal(row["price"])]
        self.assertFalse(wrong, "\n".join(wrong))

    def asked(self, row, product=None):
        pricelist, product = self.lists[row["list"]], product or self.goods[row["sku"]]
        return pricelist._get_product_price_rule(product, float(row["quantity"]), uom=self.units[row["unit"]], date=utc(row["date"]))

    def test_the_price_list(self):
        self.compare([(row, self.asked(row)[0]) for row in CASES])

    def test_the_price_list_without_our_way_of_finding(self):
        self.patch(type(self.env["product.pricelist"]), "_ec_finds_as_odoo", lambda self: False)
        self.compare([(row, self.asked(row)[0]) for row in CASES])

    def test_all_goods_at_once(self):
        every = self.env["product.product"].concat(*self.goods.values())
        prices = []
        for row in CASES:
            answers = self.lists[row["list"]]._get_products_price(every, float(row["quantity"]), uom=self.units[row["unit"]], date=utc(row["date"]))
            prices.append((row, answers[self.goods[row["sku"]].id]))
        self.compare(prices)

    def test_the_page_of_a_shop(self):
        """Asked for the product, not the variant, as lists of products do."""
        alone = [row for row in CASES if len(self.goods[row["sku"]].product_tmpl_id.product_variant_ids) == 1]
        self.assertGreater(len(alone), 200)
        self.compare([(row, self.asked(row, self.goods[row["sku"]].product_tmpl_id)[0]) for row in alone])

    def orders(self):
        """[(rows, order)]: one quotation for each list and date, with a line for each case."""
        groups = defaultdict(list)
        for row in CASES:
            groups[row["list"], row["date"]].append(row)
        partner = self.env["res.partner"].create({"name": "Sato Shoten"})
        values = [
            {
                "partner_id": partner.id, "company_id": self.company.id, "pricelist_id": self.lists[name].id, "date_order": utc(date),
                "order_line": [
                    Command.create(
                        {"product_id": self.goods[row["sku"]].id, "product_uom_qty": float(row["quantity"]), "product_uom_id": self.units[row["unit"]].id}
                    )
                    for row in group
                ],
            }
            for (name, date), group in groups.items()
        ]  # fmt: skip
        return list(zip(groups.values(), self.env["sale.order"].create(values), strict=True))

    def test_the_line_of_a_quotation(self):
        self.compare([(row, line.price_unit) for group, order in self.orders() for row, line in zip(group, order.order_line, strict=True)])

    def test_the_line_with_a_discount_column(self):
        """The amount is quantity times the price of the list, to the last digit, wherever the list rounds."""
        self.switch("sale.group_discount_per_so_line")
        wrong = []
        for group, order in self.orders():
            for row, line in zip(group, order.order_line, strict=True):
                rule = line.pricelist_item_id
                if rule.pricelist_id.ec_rounding and rule.compute_price != "fixed":
                    amount = order.currency_id.round(float(row["price"]) * float(row["quantity"]))
                    if (line.discount, line.price_subtotal) != (0, amount):
                        wrong.append(f"{self.told(row)}: {line.price_subtotal}, not {amount}")
        self.assertFalse(wrong, "\n".join(wrong))

    def test_why(self):
        prices, last = [], []
        for row in CASES:
            why = self.lists[row["list"]]._ec_why(self.goods[row["sku"]], float(row["quantity"]), uom=self.units[row["unit"]], date=utc(row["date"]))
            prices.append((row, why["price"]))
            last.append((row, why["steps"][-1]["amount"]))
            taken = [item["rule"] for tried in why["lists"] for item in tried["rules"] if item["reason"] == "taken"]
            self.assertEqual(taken, list(why["rule"]), self.told(row))
        self.compare(prices)
        self.compare(last)
