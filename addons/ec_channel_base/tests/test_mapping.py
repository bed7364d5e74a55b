import dataclasses
from decimal import Decimal

from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from ..sdk.documents import TaxLine, Transaction
from .common import ChannelCommon


@tagged("post_install", "-at_install")
class TestMapping(ChannelCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Mapping = cls.env["ec.mapping"]

    def lookup(self, kind, *names, channel=None, **entry):
        return self.Mapping._lookup(channel or self.channel, kind, {name: {"external_name": name, **entry} for name in names})

    def tax(self, title, rate, included):
        code = self.Mapping._tax_code(title, rate, included)
        return self.Mapping._lookup(
            self.channel, "tax", {code: {"external_name": title, "rate": float(rate), "price_include": included}}
        )[code]

    # -- taxes

    def test_code_of_a_tax(self):
        code = self.Mapping._tax_code
        self.assertEqual(code("VAT", Decimal("0.10"), True), "VAT|0.1|incl")
        self.assertEqual(code("VAT", Decimal("1E-1"), False), "VAT|0.1|excl")
        self.assertEqual(code("VAT", 0.08, True), "VAT|0.08|incl")
        self.assertEqual(code("", Decimal(0), True), "|0|incl")
        self.assertEqual(code("State", Decimal("0.08250"), False), "State|0.0825|excl")
        self.assertEqual(code("Luxury", Decimal("10"), False), "Luxury|10|excl")

    def test_tax_is_matched_by_rate_and_kind_of_prices(self):
        self.assertEqual(self.tax("JCT", Decimal("0.1"), True).tax_id, self.tax_in)
        self.assertEqual(self.tax("JCT", Decimal("0.1"), False).tax_id, self.tax_ex)
        other = self.tax("JCT", Decimal("0.08"), True)
        self.assertEqual((other.tax_id.id, other.state, other.rate, other.price_include), (False, "unmapped", 0.08, True))

    def test_kind_of_prices_may_come_from_the_company(self):
        self.tax_ex.price_include_override = False
        self.company.account_price_include = "tax_included"
        self.tax_in.active = False
        self.assertEqual(self.tax("JCT", Decimal("0.1"), True).tax_id, self.tax_ex)

    def test_two_taxes_that_fit_are_no_match_unless_the_name_tells(self):
        self.company.account_sale_tax_id = False
        twin = self.tax_in.copy({"name": "Twin 10 %"})
        self.assertFalse(self.tax("JCT", Decimal("0.1"), True).tax_id)
        self.assertEqual(self.tax("TWIN 10 %", Decimal("0.1"), True).tax_id, twin)
        self.company.account_sale_tax_id = self.tax_in
        self.assertEqual(self.tax("Consumption", Decimal("0.1"), True).tax_id, self.tax_in)

    def test_purchase_archived_and_other_companies_taxes_are_no_match(self):
        self.tax_in.active = False
        self.tax_in.copy({"type_tax_use": "purchase"}).active = True
        self.assertFalse(self.tax("JCT", Decimal("0.1"), True).tax_id)

    # -- the other kinds

    def test_payment_default_and_cash_on_delivery(self):
        rows = self.lookup(
            "payment", "shopify_payments", "Cash on Delivery (COD)", "cash_on_delivery", "代金引換", "代引き", "cod", "Codex Pay", "PayPal"
        )
        self.assertEqual({code: row.payment_policy for code, row in rows.items()}, {
            "shopify_payments": "authorized",
            "Cash on Delivery (COD)": "always",
            "cash_on_delivery": "always",
            "代金引換": "always",
            "代引き": "always",
            "cod": "always",
            "Codex Pay": "authorized",
            "PayPal": "authorized",
        })
        self.assertEqual({row.state for row in rows.values()}, {"mapped"})

    def test_delivery_method_by_name_in_any_language(self):
        for lang in ("en_US", "ja_JP"):
            self.env["res.lang"]._activate_lang(lang)
        product = self.env["product.product"].create({"name": "Parcel", "type": "service"})
        carrier = self.env["delivery.carrier"].create({"name": "Parcel", "product_id": product.id})
        carrier.with_context(lang="ja_JP").name = "宅急便"
        rows = self.Mapping._lookup(self.channel, "delivery", {
            "a": {"external_name": "PARCEL "}, "b": {"external_name": "宅急便"}, "c": {"external_name": "Drone"},
        })
        self.assertEqual([rows[code].carrier_id for code in "abc"], [carrier, carrier, carrier.browse()])
        self.assertEqual([rows[code].state for code in "abc"], ["mapped", "mapped", "unmapped"])

    def test_location_is_the_only_warehouse_or_the_one_of_that_name(self):
        self.assertEqual(self.lookup("location", "gid/1")["gid/1"].warehouse_id, self.warehouse)
        second = self.env["stock.warehouse"].create({"name": "Osaka", "code": "OSK", "company_id": self.company.id})
        rows = self.Mapping._lookup(self.channel, "location", {
            "2": {"external_name": "osaka"}, "OSK": {"external_name": "Anything"}, "4": {"external_name": "Kyoto"},
        })
        self.assertEqual([rows[code].warehouse_id for code in ("2", "OSK", "4")], [second, second, second.browse()])

    def test_tag_by_name_and_none_is_made(self):
        tag = self.env["crm.tag"].create({"name": "Gift"})
        before = self.env["crm.tag"].search_count([])
        rows = self.lookup("tag", "gift", "vip")
        self.assertEqual((rows["gift"].tag_id, rows["vip"].tag_id), (tag, tag.browse()))
        self.assertEqual(self.env["crm.tag"].search_count([]), before)

    # -- rows

    def test_second_lookup_makes_nothing_and_keeps_the_choice(self):
        first = self.lookup("payment", "bank")["bank"]
        first.payment_policy = "paid"
        self.assertEqual(self.lookup("payment", "bank"), {"bank": first})
        self.assertEqual(first.payment_policy, "paid")

    def test_empty_code_has_no_row_and_channels_are_apart(self):
        self.assertEqual(self.lookup("payment", ""), {})
        other = self._channel("Second")
        mine, theirs = self.lookup("payment", "bank")["bank"], self.lookup("payment", "bank", channel=other)["bank"]
        self.assertNotEqual(mine, theirs)
        self.assertEqual(theirs.company_id, self.company)

    def test_ignored_word_is_not_asked_for(self):
        row = self.lookup("tag", "vip")["vip"]
        row.action_ignore()
        self.assertEqual(row.state, "ignored")
        row.action_unignore()
        self.assertEqual(row.state, "unmapped")

    def test_look_again_maps_what_has_an_answer_by_now(self):
        rows = self.lookup("tag", "vip", "other")
        tag = self.env["crm.tag"].create({"name": "VIP"})
        (rows["vip"] | rows["other"]).action_match()
        self.assertEqual((rows["vip"].tag_id, rows["other"].state), (tag, "unmapped"))

    def test_number_of_queries_does_not_depend_on_the_number_of_words(self):
        self.lookup("tag", "warm")
        for kind, new in (("tag", 4), ("tax", 4), ("payment", 3), ("delivery", 4), ("location", 4)):
            self.lookup(kind, f"warm {kind}")
            for count in (10, 100):
                names = [f"{kind} {count} {n}" for n in range(count)]
                self.env.flush_all()
                with self.subTest(kind=kind, count=count), self.assertQueryCount(new):  # read, candidates, insert, read
                    self.lookup(kind, *names)
                with self.subTest(kind=kind, count=count, known=True), self.assertQueryCount(1):
                    self.lookup(kind, *names)

    # -- test of mappings

    def test_button_shows_what_is_used_and_what_is_missing(self):
        def order(number, **vals):
            line = dataclasses.replace(
                self.line(1), taxes=(TaxLine(title="VAT", rate=Decimal("0.1"), amount=Decimal("0.91")),), location_external_id="LOC"
            )
            return self.document(number, lines=[line, self.line(9, sku="NOPE")], tags=("vip",), shipping_lines=(self.shipping(),), transactions=(
                Transaction(external_id="T", kind="sale", success=True, gateway="paypal", amount=Decimal(15), currency="USD"),
            ), **vals)

        documents = [order("1"), order("2")]
        self.patch(type(self.channel), "_recent_documents", lambda channel, limit=100: documents)
        action = self.channel.action_test_mappings()
        test = self.env[action["res_model"]].browse(action["res_id"])
        self.assertEqual(test.document_count, 2)
        found = {
            (line.kind, line.code): (line.count, line.state, line.target or "") for line in test.line_ids
        }
        self.assertEqual(found, {
            ("item", "V9"): (2, "unmapped", ""),
            ("delivery", "standard"): (2, "unmapped", ""),
            ("tag", "vip"): (2, "unmapped", ""),
            ("tax", "VAT|0.1|incl"): (2, "mapped", self.tax_in.display_name),
            ("payment", "paypal"): (2, "mapped", "When authorised or paid"),
            ("location", "LOC"): (2, "mapped", self.warehouse.display_name),
        })
        self.assertEqual(test.missing_count, 3)
        test.invalidate_recordset()
        self.assertEqual({line.state for line in test.line_ids[:3]}, {"unmapped"})
        line = test.line_ids.filtered(lambda line: line.kind == "tag")
        fix = line.action_fix()
        self.assertEqual((fix["res_model"], fix["res_id"]), ("ec.mapping", line.mapping_id.id))
        self.env["crm.tag"].create({"name": "vip"})
        line.mapping_id.action_match()
        test.action_run()
        self.assertEqual(test.missing_count, 2)
        self.assertFalse(self.env["sale.order"].search([("ec_channel_id", "=", self.channel.id)]))

    # -- rights

    def test_operator_reads_manager_maps_salesperson_sees_nothing(self):
        row = self.lookup("tag", "vip")["vip"]
        company = {"company_id": self.company.id, "company_ids": [(6, 0, self.company.ids)]}
        salesperson = new_test_user(self.env, "map_sales", "sales_team.group_sale_salesman", **company)
        operator = new_test_user(self.env, "map_operator", "ec_channel_base.group_ec_operator", **company)
        manager = new_test_user(self.env, "map_manager", "ec_channel_base.group_ec_manager", **company)
        with self.assertRaises(AccessError):
            row.with_user(salesperson).read(["state"])
        self.assertEqual(row.with_user(operator).state, "unmapped")
        with self.assertRaises(AccessError):
            row.with_user(operator).write({"ignored": True})
        row.with_user(manager).action_ignore()
        self.assertEqual(row.state, "ignored")
        with self.assertRaises(AccessError):
            self.channel.with_user(operator).action_test_mappings()

    def test_manager_of_another_company_sees_nothing(self):
        row = self.lookup("tag", "vip")["vip"]
        other = self.env["res.company"].create({"name": "Elsewhere"})
        manager = new_test_user(
            self.env, "map_other", "ec_channel_base.group_ec_manager", company_id=other.id, company_ids=[(6, 0, other.ids)]
        )
        theirs = self.Mapping.with_user(manager).with_context(allowed_company_ids=other.ids)
        self.assertFalse(theirs.search([("id", "=", row.id)]))
        with self.assertRaises(AccessError):
            theirs.browse(row.id).write({"ignored": True})
        self.assertEqual(row.state, "unmapped")

    def test_target_of_another_company_is_refused(self):
        row = self.lookup("location", "gid/1")["gid/1"]
        other = self.env["res.company"].create({"name": "Elsewhere"})
        foreign = self.env["stock.warehouse"].search([("company_id", "=", other.id)], limit=1)
        with self.assertRaises(UserError), self.cr.savepoint():
            row.warehouse_id = foreign
        self.assertEqual(row.warehouse_id, self.warehouse)
