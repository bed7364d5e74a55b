import random
from datetime import datetime, timedelta

from .common import PriceCommon

NOW = datetime(2026, 11, 24, 1)
LISTS, RULES, PRODUCTS = 8, 160, 30


class TestSameAsOdoo(PriceCommon):
    """Random lists and rules: the price and the rule that Odoo's own methods give, wherever they can say it."""

    def test_random_lists(self):
        for seed in range(4):
            with self.subTest(seed=seed), self.env.cr.savepoint() as savepoint:
                self.random = random.Random(seed)
                self._random_world()
                self._compare_all()
                savepoint.close(rollback=True)
                self.env.invalidate_all()

    def _random_world(self):
        pick = self.random
        top = self.env["product.category"].create([{"name": f"C{pick.randrange(100)}"} for _number in range(3)])
        middle = self.env["product.category"].create(
            [{"name": f"M{pick.randrange(100)}", "parent_id": pick.choice(top).id} for _number in range(5)]
        )
        self.categories = top + middle
        attribute = self.env["product.attribute"].create(
            {"name": "Size", "value_ids": [(0, 0, {"name": "S"}), (0, 0, {"name": "L", "default_extra_price": 7.5})]}
        )
        templates = self.env["product.template"].create(
            [
                {
                    "name": f"P{number}",
                    "list_price": pick.choice([0, 99.9, pick.randrange(1, 100000) / 100]),
                    "standard_price": pick.randrange(1, 5000) / 100,
                    "categ_id": pick.choice(self.categories).id if pick.random() < 0.9 else False,
                    "uom_id": pick.choice(self.unit + self.dozen).id,
                    "taxes_id": [(5,)],
                    "attribute_line_ids": [
                        (0, 0, {"attribute_id": attribute.id, "value_ids": [(6, 0, attribute.value_ids.ids)]})
                    ]
                    if pick.random() < 0.4
                    else [],
                }
                for number in range(PRODUCTS)
            ]
        )
        self.templates = templates
        self.products = templates.product_variant_ids
        self.lists = self.env["product.pricelist"]
        for number in range(LISTS):
            self.lists += self._list(f"L{number}", currency_id=pick.choice(self.yen + self.dollar).id)
        self.env["product.pricelist.item"].create([self._random_rule() for _number in range(RULES)])

    def _random_rule(self):
        pick = self.random
        number = pick.randrange(LISTS)
        rule = {"pricelist_id": self.lists[number].id, "min_quantity": pick.choice([0, 0, 1, 5, 12, 12.5, 100])}
        about = pick.randrange(5)
        if about == 0:
            rule["product_id"] = pick.choice(self.products).id
        elif about == 1:
            rule["product_tmpl_id"] = pick.choice(self.templates).id
        elif about in (2, 3):
            rule["categ_id"] = pick.choice(self.categories).id
        if pick.random() < 0.3:
            rule["date_start"] = NOW + timedelta(days=pick.randrange(-20, 20))
        if pick.random() < 0.3:
            rule["date_end"] = NOW + timedelta(days=pick.randrange(20, 40))
        rule["compute_price"] = pick.choice(["fixed", "percentage", "formula"])
        if rule["compute_price"] == "fixed":
            return {**rule, "fixed_price": pick.randrange(1, 100000) / 100}
        # no recursion: a list is based on one with a higher number
        if number + 1 < LISTS and pick.random() < 0.3:
            rule |= {"base": "pricelist", "base_pricelist_id": self.lists[pick.randrange(number + 1, LISTS)].id}
        if rule["compute_price"] == "percentage":
            return {**rule, "percent_price": pick.choice([0, 35, 12.34, -10, 100])}
        rule.setdefault("base", pick.choice(["list_price", "standard_price"]))
        formula = {
            "price_discount": pick.choice([0, 20, -15, 33.33]),
            "price_round": pick.choice([0, 0, 0.05, 10]),
            "price_surcharge": pick.choice([0, 0, -0.01, 5]),
        }
        if pick.random() < 0.3:
            formula |= {"price_min_margin": 1, "price_max_margin": pick.choice([2, 50])}
        return {**rule, **formula}

    def _compare_all(self):
        self.env.flush_all()
        days = [NOW, NOW + timedelta(days=15), NOW + timedelta(days=30), (NOW + timedelta(days=10)).date()]
        asks = [
            (pricelist, records, quantity, uom, day)
            for pricelist in self.lists
            for records in (self.products, self.templates)
            for quantity, uom, day in zip(
                [0, 1, 6, 100], [None, self.unit, self.dozen, None], self.random.sample(days, 4), strict=True
            )
        ]
        ours = [
            pricelist._compute_price_rule(records, quantity, uom=uom, date=day)
            for pricelist, records, quantity, uom, day in asks
        ]
        one_by_one = [
            {
                record.id: pricelist._get_product_price_rule(record, quantity, uom=uom, date=day)
                for record in records[:6]
            }
            for pricelist, records, quantity, uom, day in asks
        ]
        # those of Odoo one at a time: of many at once it takes also what is said of another one of them, if a rule is inconsistent
        with self.plain_odoo():
            for index, (pricelist, records, quantity, uom, day) in enumerate(asks):
                plain = pricelist._compute_price_rule(records, quantity, uom=uom, date=day)
                self.assertEqual(plain, ours[index], (pricelist, quantity, uom, day))
                self.assertEqual({record.id: plain[record.id] for record in records[:6]}, one_by_one[index])
        self.assertGreater(len({rule for answer in ours for _price, rule in answer.values()}), RULES / 3)

    def test_random_chains(self):
        """A chain gives what Odoo gives for the first of its lists that has a rule."""
        self.random = random.Random(9)
        self._random_world()
        for pricelist, behind in zip(self.lists, self.lists[1:], strict=False):
            if self.random.random() < 0.8:
                pricelist.ec_fallback_id = behind
        self.lists[-1].ec_fallback_id = False
        for quantity in (1, 100):
            ours = {
                pricelist: pricelist._compute_price_rule(self.products, quantity, date=NOW) for pricelist in self.lists
            }
            with self.plain_odoo():
                rules = {
                    pricelist: pricelist._compute_price_rule(self.products, quantity, date=NOW, compute_price=False)
                    for pricelist in self.lists
                }
            for pricelist in self.lists:
                for product in self.products:
                    found = [rules[each][product.id][1] for each in pricelist._ec_chain()]
                    self.assertEqual(ours[pricelist][product.id][1], next((rule for rule in found if rule), False))

    def test_it_takes_few_statements(self):
        self.random = random.Random(1)
        self._random_world()
        self.env["product.pricelist.item"].search([("base", "=", "pricelist")]).write({"base": "list_price"})
        self.lists[0].ec_fallback_id = self.lists[1]
        self.lists[1].ec_fallback_id = self.lists[2]
        self.env.flush_all()
        self.env.invalidate_all()
        pricelist = self.lists[0]
        before = self.env.cr.sql_log_count
        pricelist._compute_price_rule(self.products, 1, date=NOW)
        self.assertLessEqual(self.env.cr.sql_log_count - before, 14)
        before = self.env.cr.sql_log_count
        pricelist._compute_price_rule(self.products, 5, date=NOW)
        self.assertLessEqual(self.env.cr.sql_log_count - before, 2)
