from psycopg2 import IntegrityError

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, new_test_user, tagged
from odoo.tools import mute_logger

from ..sdk.documents import ListingDocument
from .common import ChannelCommon


@tagged("post_install", "-at_install")
class TestListing(ChannelCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Listing = cls.env["ec.listing"]
        cls.tea1, cls.tea2, cls.tea3 = cls.products[:3]
        cls.tea1.barcode = "4901234567894"

    def listing(self, external_id, **vals):
        return self.Listing.create({"channel_id": self.channel.id, "external_id": external_id, "title": "Item", **vals})

    def find(self, external_id):
        return self.Listing.search([("channel_id", "=", self.channel.id), ("external_id", "=", external_id)])

    # -- resolving

    def test_barcode_goes_before_sku(self):
        result = self.Listing._resolve(self.channel, [
            {"external_id": "V1", "sku": "TEA-2", "barcode": "4901234567894", "title": "Sencha"},
        ])
        self.assertEqual(result, {"V1": self.tea1.id})
        self.assertEqual(
            self.find("V1").read(["title", "sku", "barcode", "state", "match_method"])[0],
            {"id": self.find("V1").id, "title": "Sencha", "sku": "TEA-2", "barcode": "4901234567894", "state": "matched",
             "match_method": "barcode"},
        )

    def test_sku_of_one_product_matches(self):
        self.assertEqual(self.Listing._resolve(self.channel, [self.line(2)]), {"V2": self.tea2.id})
        self.assertEqual(self.find("V2").match_method, "sku")

    def test_shared_product_and_own_product_match_but_not_another_companys(self):
        other = self.env["res.company"].create({"name": "Elsewhere"})
        shared, own, foreign = self.env["product.product"].create([
            {"name": name, "default_code": name, "company_id": company}
            for name, company in (("SHARED", False), ("OWN", self.company.id), ("FOREIGN", other.id))
        ])
        result = self.Listing._resolve(self.channel, [
            {"external_id": sku, "sku": sku, "title": ""} for sku in ("SHARED", "OWN", "FOREIGN")
        ])
        self.assertEqual(result, {"SHARED": shared.id, "OWN": own.id, "FOREIGN": False})
        self.assertFalse(self.find("FOREIGN").proposal_ids & foreign)
        self.assertEqual(self.env["product.product"].search_count([("default_code", "=", "SHARED")]), 1)

    def test_sku_of_two_products_waits_with_both_as_proposals(self):
        twin = self.env["product.product"].create({"name": "Twin", "default_code": "TEA-2"})
        self.assertEqual(self.Listing._resolve(self.channel, [self.line(2)]), {"V2": False})
        self.assertEqual(self.find("V2").state, "unmatched")
        self.assertEqual(self.find("V2").proposal_ids, self.tea2 | twin)

    def test_ambiguous_barcode_falls_back_on_sku(self):
        other = self.env["res.company"].create({"name": "Branch", "parent_id": self.company.id})
        channel = self._channel("Branch", company_id=other.id, warehouse_id=False)
        self.tea1.company_id = self.company  # Odoo allows the barcode once for each company
        own = self.env["product.product"].create(
            {"name": "Own", "default_code": "TEA-OWN", "barcode": "4901234567894", "company_id": other.id}
        )
        item = {"external_id": "V1", "sku": "TEA-OWN", "barcode": "4901234567894", "title": ""}
        self.assertEqual(self.Listing._resolve(channel, [item]), {"V1": own.id})

    def test_archived_product_is_no_match(self):
        self.tea2.active = False
        self.assertEqual(self.Listing._resolve(self.channel, [self.line(2)]), {"V2": False})

    def test_item_without_id_is_known_by_its_sku(self):
        line = self.line(2, listing_external_id="")
        self.assertEqual(self.Listing._listing_key(line), "sku:TEA-2")
        self.assertEqual(self.Listing._resolve(self.channel, [line]), {"sku:TEA-2": self.tea2.id})
        self.assertEqual(self.Listing._resolve(self.channel, [line]), {"sku:TEA-2": self.tea2.id})
        self.assertEqual(len(self.find("sku:TEA-2")), 1)

    def test_item_with_neither_id_nor_sku_is_left_out(self):
        line = self.line(2, listing_external_id="", sku="")
        self.assertEqual(self.Listing._listing_key(line), "")
        self.assertEqual(self.Listing._resolve(self.channel, [line]), {})
        self.assertFalse(self.Listing.search([("channel_id", "=", self.channel.id)]))

    def test_unknown_item_is_listed_once_for_two_lines_and_two_runs(self):
        lines = [self.line(9), self.line(9, external_id="L10", title="")]
        self.assertEqual(self.Listing._resolve(self.channel, lines), {"V9": False})
        self.assertEqual(self.Listing._resolve(self.channel, lines), {"V9": False})
        self.assertEqual(self.find("V9").mapped("title"), ["Tea 9"])

    def test_same_item_of_two_channels_is_two_listings_of_one_product(self):
        other = self._channel("Second")
        self.assertEqual(self.Listing._resolve(self.channel, [self.line(2)]), {"V2": self.tea2.id})
        self.assertEqual(self.Listing._resolve(other, [self.line(2)]), {"V2": self.tea2.id})
        self.assertEqual(len(self.tea2.search([("default_code", "=", "TEA-2")])), 1)

    def test_product_made_later_matches_the_waiting_item(self):
        self.assertEqual(self.Listing._resolve(self.channel, [self.line(9)]), {"V9": False})
        product = self.env["product.product"].create({"name": "Nine", "default_code": "TEA-9"})
        self.assertEqual(self.Listing._resolve(self.channel, [self.line(9)]), {"V9": product.id})
        self.assertEqual(self.find("V9").match_method, "sku")

    def test_ignored_item_is_none_and_stays_ignored(self):
        self.Listing._resolve(self.channel, [self.line(9)])
        self.find("V9").action_ignore()
        self.env["product.product"].create({"name": "Nine", "default_code": "TEA-9"})
        self.assertEqual(self.Listing._resolve(self.channel, [self.line(9)]), {"V9": None})
        self.assertEqual(self.find("V9").state, "ignored")
        self.find("V9").action_unignore()
        self.assertEqual(self.find("V9").state, "matched")

    def test_choice_by_hand_holds_for_the_item_made_anew(self):
        self.listing("OLD", sku="SHOP-7").product_id = self.tea3
        result = self.Listing._resolve(self.channel, [{"external_id": "NEW", "sku": "SHOP-7", "title": ""}])
        self.assertEqual(result, {"NEW": self.tea3.id})
        self.assertEqual(self.find("NEW").match_method, "manual")

    def test_number_of_queries_does_not_depend_on_the_number_of_items(self):
        def items(start, count):
            return [{"external_id": f"Q{n}", "sku": f"Q-{n}", "barcode": f"{n:013}", "title": "x"} for n in range(start, start + count)]

        self.env["product.product"].create(
            [{"name": f"Q {n}", "default_code": f"Q-{n}", "taxes_id": False} for n in range(0, 2000, 2)]
        )
        self.env.flush_all()
        self.env.invalidate_all()
        self.Listing._resolve(self.channel, items(0, 1))  # reads the channel and the company
        for start, count in ((10, 10), (1000, 1000)):
            self.env.flush_all()
            with self.subTest(count=count), self.assertQueryCount(5):
                # read listings; products by barcode, by SKU; same SKU by hand; insert
                result = self.Listing._resolve(self.channel, items(start, count))
            self.assertEqual(sum(map(bool, result.values())), count // 2)
        matched = items(1000, 1000)[::2]
        self.env.invalidate_all()
        self.channel.company_id.parent_ids  # noqa: B018
        with self.assertQueryCount(1):
            self.Listing._resolve(self.channel, matched)

    @mute_logger("odoo.sql_db")
    def test_identity_is_an_index(self):
        self.listing("V1")
        with self.assertRaises(IntegrityError), self.cr.savepoint():
            self.env.cr.execute(
                "INSERT INTO ec_listing (channel_id, external_id) VALUES (%s, 'V1')", [self.channel.id]
            )

    # -- catalogue

    def page(self, *rows):
        return [
            ListingDocument(external_id=external_id, product_external_id="P1", title=title, sku=sku, inventory_external_id=f"I{external_id}")
            for external_id, title, sku in rows
        ]

    def test_catalogue_page_lists_and_matches(self):
        counts = self.Listing._pull(self.channel, self.page(("V1", "One", "TEA-1"), ("V9", "Nine", "TEA-9")))
        self.assertEqual(counts, {"created": 2, "updated": 0, "matched": 1, "unmatched": 1})
        self.assertEqual(self.find("V1").inventory_external_id, "IV1")
        counts = self.Listing._pull(self.channel, self.page(("V1", "One", "TEA-1"), ("V9", "Neun", "TEA-9")))
        self.assertEqual(counts, {"created": 0, "updated": 1, "matched": 1, "unmatched": 1})
        self.assertEqual(self.find("V9").title, "Neun")
        self.assertEqual(self.Listing.search_count([("channel_id", "=", self.channel.id)]), 2)

    def test_catalogue_fills_what_an_order_did_not_say(self):
        self.Listing._resolve(self.channel, [self.line(1)])
        self.assertFalse(self.find("V1").inventory_external_id)
        self.Listing._pull(self.channel, self.page(("V1", "One", "TEA-1")))
        self.assertEqual(self.find("V1").inventory_external_id, "IV1")
        self.assertEqual(self.find("V1").product_id, self.tea1)

    def test_match_follows_a_new_sku_but_not_when_made_by_hand(self):
        self.Listing._pull(self.channel, self.page(("V1", "One", "TEA-1"), ("V2", "Two", "TEA-2")))
        self.find("V2").product_id = self.tea1
        self.Listing._pull(self.channel, self.page(("V1", "One", "TEA-3"), ("V2", "Two", "TEA-3")))
        self.assertEqual(self.find("V1").product_id, self.tea3)
        self.assertEqual(self.find("V2").product_id, self.tea1)
        self.Listing._pull(self.channel, self.page(("V1", "One", "RENAMED")))
        self.assertEqual(self.find("V1").product_id, self.tea3)

    def test_matching_leaves_variants_and_their_reordering_rules_alone(self):
        attribute = self.env["product.attribute"].create(
            {"name": "Size", "value_ids": [(0, 0, {"name": "S"}), (0, 0, {"name": "L"})]}
        )
        template = self.env["product.template"].create({
            "name": "Shirt", "is_storable": True,
            "attribute_line_ids": [(0, 0, {"attribute_id": attribute.id, "value_ids": [(6, 0, attribute.value_ids.ids)]})],
        })
        variants = template.product_variant_ids
        variants[0].default_code, variants[1].default_code = "SHIRT-S", "SHIRT-L"
        rule = self.env["stock.warehouse.orderpoint"].create({
            "product_id": variants[0].id, "warehouse_id": self.warehouse.id, "location_id": self.warehouse.lot_stock_id.id,
        })
        self.Listing._pull(self.channel, self.page(("VS", "Shirt", "SHIRT-S"), ("VL", "Shirt", "SHIRT-L")))
        self.assertEqual(template.product_variant_ids, variants)
        self.assertEqual(rule.exists().product_id, variants[0])
        self.assertEqual((self.find("VS") | self.find("VL")).product_id, variants)

    def test_queries_of_a_catalogue_page_are_constant(self):
        def page(count):
            return self.page(*((f"P{count}-{n}", "x", f"TEA-{n % 7}") for n in range(count)))

        self.Listing._pull(self.channel, page(1))
        for count in (10, 250):
            self.env.flush_all()
            with self.subTest(count=count), self.assertQueryCount(5):
                # read; products by SKU; by hand; insert; count
                self.Listing._pull(self.channel, page(count))

    # -- proposals and bulk actions

    def test_proposals_other_spelling_leading_zero_and_name(self):
        self.tea2.default_code = "tea 0002"
        self.tea3.barcode = "0012345678905"
        named = self.env["product.product"].create({"name": "Gyokuro Premium"})
        spelling = self.listing("S", sku="TEA-0002")
        upc = self.listing("U", barcode="12345678905")
        title = self.listing("T", title="gyokuro premium")
        nothing = self.listing("N", title="No such thing", sku="ZZZ")
        self.assertEqual(spelling.proposal_ids, self.tea2)
        self.assertEqual(upc.proposal_ids, self.tea3)
        self.assertEqual(title.proposal_ids, named)
        self.assertFalse(nothing.proposal_ids)
        self.assertEqual(nothing.proposal_count, 0)

    def test_queries_of_proposals_are_constant(self):
        listings = self.Listing.create([
            {"channel_id": self.channel.id, "external_id": f"X{n}", "title": f"Name {n}", "sku": f"tea_{n}"} for n in range(1, 81)
        ])
        for few in (listings[:2], listings):
            self.env.flush_all()
            self.env.invalidate_all()
            few.mapped("state")
            self.channel.company_id.parent_ids  # noqa: B018
            with self.subTest(count=len(few)), self.assertQueryCount(3):  # the rows; by codes; by name
                few.mapped("proposal_count")

    def test_accept_proposal_takes_those_with_exactly_one(self):
        self.env["product.product"].create({"name": "Twin", "default_code": "TEA-3"})
        one, two = self.listing("A", sku="tea_2"), self.listing("B", sku="TEA-3")
        (one | two).action_accept_proposal()
        self.assertEqual((one.product_id, one.match_method, one.state), (self.tea2, "manual", "matched"))
        self.assertEqual((two.product_id, two.state), (self.tea3.browse(), "unmatched"))
        with self.assertRaises(UserError):
            two.action_accept_proposal()

    def test_match_many_to_one_product(self):
        listings = self.listing("A") | self.listing("B")
        action = listings.action_match_to()
        wizard = Form(self.env["ec.listing.match"].with_context(action["context"]))
        wizard.product_id = self.tea1
        wizard.save().action_match()
        self.assertEqual(listings.mapped("state"), ["matched", "matched"])
        self.assertEqual(listings.product_id, self.tea1)

    def test_proposal_button_of_the_form(self):
        listing = self.listing("A", sku="tea_2")
        self.tea2.with_context(ec_listing_id=listing.id).action_ec_use_for_listing()
        self.assertEqual(listing.product_id, self.tea2)

    def test_matching_by_hand_lets_the_waiting_order_go_on(self):
        document = self.document("77", lines=[self.line(9, sku="UNKNOWN")])
        [order] = self.take_in(document)
        self.assertEqual(order.state, "draft")
        self.find("V9").product_id = self.tea2
        self.take_in(document)
        self.assertEqual(order.order_line.product_id, self.tea2)
        self.assertEqual(self.holds(order), [])

    # -- rights

    def test_salesperson_sees_nothing_operator_matches_but_neither_adds_nor_removes(self):
        listing = self.listing("A", sku="tea_2")
        salesperson = new_test_user(
            self.env, "cat_sales", "sales_team.group_sale_salesman", company_id=self.company.id, company_ids=[(6, 0, self.company.ids)]
        )
        operator = new_test_user(
            self.env, "cat_operator", "ec_channel_base.group_ec_operator", company_id=self.company.id,
            company_ids=[(6, 0, self.company.ids)],
        )
        with self.assertRaises(AccessError):
            listing.with_user(salesperson).read(["title"])
        mine = listing.with_user(operator)
        mine.action_accept_proposal()
        self.assertEqual(listing.product_id, self.tea2)
        with self.assertRaises(AccessError):
            mine.unlink()
        with self.assertRaises(AccessError):
            mine.create({"channel_id": self.channel.id, "external_id": "B"})
        self.assertEqual(self.Listing.search_count([("channel_id", "=", self.channel.id)]), 1)

    def test_operator_of_another_company_sees_nothing(self):
        listing = self.listing("A")
        other = self.env["res.company"].create({"name": "Elsewhere"})
        operator = new_test_user(
            self.env, "cat_other", "ec_channel_base.group_ec_operator", company_id=other.id, company_ids=[(6, 0, other.ids)]
        )
        theirs = self.Listing.with_user(operator).with_context(allowed_company_ids=other.ids)
        self.assertFalse(theirs.search([("id", "=", listing.id)]))
        with self.assertRaises(AccessError):
            theirs.browse(listing.id).write({"ignored": True})
        self.assertFalse(listing.ignored)
