from datetime import datetime, timedelta

from odoo.tests import Form

from ..language import buyer_text, staff_lines
from ..models.product_pricelist_item import BRAND
from .common import DATE, PriceCommon

NOW = datetime.fromisoformat(DATE)


class TestWhy(PriceCommon):
    def why(self, pricelist, product=None, quantity=1, **more):
        return pricelist._ec_why(product or self.tea, quantity, date=NOW, **more)

    def reasons(self, why):
        return [
            (tried["list"].name, [(item["reason"], item["value"]) for item in tried["rules"]]) for tried in why["lists"]
        ]

    def test_every_rule_says_why_it_was_not_taken(self):
        later, earlier = NOW + timedelta(days=1), NOW - timedelta(days=1)
        head = self._list("Head office", self._rate(65, categ_id=self.teas.id), self._rate(70))
        branch = self._list(
            "Branch",
            self._fixed(1, product_id=self.tea.id, min_quantity=100),
            self._fixed(2, product_tmpl_id=self.tea.product_tmpl_id.id, date_start=later),
            self._fixed(3, categ_id=self.teas.id, date_end=earlier),
            self._fixed(4, ec_brand_id=self.hikari.id),
            self._fixed(5, categ_id=self.env["product.category"].create({"name": "Cups"}).id),
            self._fixed(6, product_id=self.cup.id),
            ec_fallback_id=head.id,
        )
        why = self.why(branch)
        self.assertEqual(
            self.reasons(why),
            [
                (
                    "Branch",
                    [
                        ("quantity", 100),
                        ("not_yet", later),
                        ("expired", earlier),
                        ("other_brand", None),
                        ("other_category", None),
                    ],
                ),
                ("Head office", [("taken", None), ("later", None)]),
            ],
        )
        self.assertEqual((why["price"], why["rule"]), (650, head.item_ids.filtered("categ_id")))

    def test_lists_behind_the_one_that_was_taken_are_not_asked(self):
        branch = self._list("Branch", self._fixed(2), ec_fallback_id=self._list("Head office", self._fixed(1)).id)
        self.assertEqual(self.reasons(self.why(branch)), [("Branch", [("taken", None)])])

    def test_no_rule_at_all(self):
        why = self.why(self._list("Empty"))
        self.assertEqual((why["price"], bool(why["rule"]), buyer_text(self.env, why)), (1000, False, "List price"))
        self.assertEqual([step["kind"] for step in why["steps"]], ["list_price"])

    def test_the_steps_end_at_the_price(self):
        self.tea.list_price = 1001
        tier = self._list("Tier", self._rate(80), ec_rounding="down")
        head = self._list(
            "Head office",
            self._rate(90, base="pricelist", base_pricelist_id=tier.id),
            ec_rounding="up",
            ec_rounding_step=10,
        )
        branch = self._list("Branch", ec_fallback_id=head.id, currency_id=self.dollar.id)
        why = self.why(branch)
        self.assertEqual(
            [(step["kind"], round(step["amount"], 4), step["currency"].name) for step in why["steps"]],
            [("pricelist", 800, "JPY"), ("rate", 720, "JPY"), ("round", 720, "JPY"), ("convert", 4.8, "USD")],
        )
        inner = why["steps"][0]["why"]
        self.assertEqual(
            [(step["kind"], round(step["amount"], 4)) for step in inner["steps"]],
            [("list_price", 1001), ("rate", 800.8), ("round", 800)],
        )
        self.assertEqual(why["steps"][-1]["amount"], why["price"])
        text = "\n".join(line for _depth, line, _kind in staff_lines(self.env, why))
        for part in (
            "Sales price → ¥ 1,001",
            "Rate 80 % → 800.8 JPY",
            "Rounded down to ¥ 1 → ¥ 800",
            "Rounded up to ¥ 10 → ¥ 720",
            "From JPY to USD → $ 4.80",
        ):
            self.assertIn(part, text.replace("\N{NO-BREAK SPACE}", " "))

    def test_buyers_hear_their_rate_and_break_and_nothing_else(self):
        said = {}
        cost = {"compute_price": "formula", "base": "standard_price", "price_markup": 30}
        tier = self._list("Secret tier", self._fixed(900))
        for name, rule in {
            "rate": self._rate(65, min_quantity=100),
            "fixed": self._fixed(650),
            "cost": cost,
            "tier": self._rate(90, base="pricelist", base_pricelist_id=tier.id, min_quantity=2),
        }.items():
            said[name] = buyer_text(self.env, self.why(self._list("Theirs", rule), quantity=100)).replace(
                "\N{NO-BREAK SPACE}", " "
            )
        self.assertEqual(
            said,
            {
                "rate": "Your rate 65 % of list price ¥ 1,000, from 100 Units",
                "fixed": "Your net price",
                "cost": "Your net price",
                "tier": "Your net price, from 2 Units",
            },
        )

    def test_the_dialog_of_a_list(self):
        pricelist = self._list("Dialog", self._rate(65, ec_brand_id=self.minato.id))
        wizard = self.env["ec.price.why"].browse(pricelist.action_ec_why_price()["res_id"])
        with Form(wizard) as form:
            form.product_id = self.tea
            self.assertIn("Brand: Minato", form.staff_text)
            self.assertIn("Your rate 65 %", form.buyer_text)
            form.uom_id = self.dozen
            self.assertIn("7,800", form.staff_text)

    def test_the_dialog_of_a_line(self):
        line = self._order(self._list("Dialog", self._rate(65)), (self.tea, 2, self.dozen)).order_line
        wizard = self.env["ec.price.why"].browse(line.action_ec_why_price()["res_id"])
        self.assertEqual(
            (wizard.product_id, wizard.quantity, wizard.uom_id, wizard.date), (self.tea, 2, self.dozen, NOW)
        )
        self.assertIn("7,800", wizard.staff_text)
        self.assertFalse(wizard.by_hand)
        line.price_unit = 5
        wizard.invalidate_recordset()
        self.assertIn("entered by hand: ¥\N{NO-BREAK SPACE}5", wizard.by_hand)

    def test_names_are_not_markup(self):
        self.minato.name = "<b>Minato</b>"
        wizard = self.env["ec.price.why"].create(
            {"pricelist_id": self._list("L", self._rate(65, ec_brand_id=self.minato.id)).id, "product_id": self.tea.id}
        )
        self.assertIn("&lt;b&gt;Minato", wizard.staff_text)

    def test_japanese(self):
        self.env["res.lang"]._activate_lang("ja_JP")
        self.env["ir.module.module"]._load_module_terms(["ec_trade_price"], ["ja_JP"])
        pricelist = self._list("本店", self._rate(65, min_quantity=100), ec_rounding="down").with_context(lang="ja_JP")
        why = pricelist._ec_why(self.tea, 100, date=NOW)
        env = pricelist.env
        self.assertIn("定価", buyer_text(env, why))
        self.assertIn("掛け率", "\n".join(line for _depth, line, _kind in staff_lines(env, why)))

    def test_brand_rules_are_called_so(self):
        self.assertEqual(self._list("L", self._fixed(3, ec_brand_id=self.minato.id)).item_ids.applied_on, BRAND)
