import dataclasses

from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from ..sdk.documents import Address, Buyer
from .common import ChannelCommon

HOME = Address(name="Hana Mori", street="1-2-3 Kitano", city="Kobe", zip="6500002", region_code="JP-28", country_code="JP")
OFFICE = Address(
    name="Hana Mori", company="Mori Trading", street="9 Port Island", street2="Tower 5F", city="Kobe", zip="650-0045", region="Hyogo",
    country_code="JP",
)
FRIEND = Address(name="Ken Sato", street="4 Minami", city="Sapporo", zip="0600001", region="北海道", country_code="JP", phone="011-222-3333")


@tagged("post_install", "-at_install")
class TestPartner(ChannelCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Binding, cls.Match, cls.Partner = cls.env["ec.partner.binding"], cls.env["ec.partner.match"], cls.env["res.partner"]
        cls.japan = cls.env.ref("base.jp")

    def order(self, number="1", buyer="C1", shipping=HOME, billing=HOME, **vals):
        if isinstance(buyer, str):
            buyer = Buyer(external_id=buyer, name="Hana Mori", email="Hana@Example.com", phone="090-1234-5678")
        return self.document(number, buyer=buyer, shipping_address=shipping, billing_address=billing, **vals)

    def guest(self, number="1", email="guest@example.com", **vals):
        return self.order(number, buyer=None, email=email, **vals)

    def resolve(self, *documents, channel=None):
        result = self.Binding._resolve(channel or self.channel, documents)
        sets = [result[document.external_id] for document in documents]
        return [tuple(map(self.Partner.browse, (s.partner_id, s.invoice_id, s.shipping_id))) for s in sets]

    def count(self):
        return self.Partner.with_context(active_test=False).search_count([])

    # -- customers and guests

    def test_customer_with_one_address_is_one_contact(self):
        before = self.count()
        [(customer, invoice, shipping)] = self.resolve(self.order())
        self.assertEqual(self.count(), before + 1)
        self.assertEqual((invoice, shipping), (customer, customer))
        self.assertEqual(
            customer.read(["name", "email", "phone", "street", "city", "zip", "type", "is_company", "company_id", "parent_id"])[0],
            {"id": customer.id, "name": "Hana Mori", "email": "Hana@Example.com", "phone": "090-1234-5678", "street": "1-2-3 Kitano",
             "city": "Kobe", "zip": "650-0002", "type": "contact", "is_company": False, "company_id": False, "parent_id": False},
        )
        self.assertEqual((customer.country_id, customer.state_id.code), (self.japan, "JP-28"))
        self.assertEqual(
            sorted(key.split(":")[0] for key in self.Binding.search([("partner_id", "=", customer.id)]).mapped("key")),
            ["address", "customer"],
        )

    def test_second_order_and_replay_make_nothing(self):
        first = self.resolve(self.order("1"))
        before = self.count()
        self.assertEqual(self.resolve(self.order("2")), first)
        self.assertEqual(self.resolve(self.order("1"), self.order("2")), first * 2)
        self.assertEqual(self.count(), before)

    def test_two_orders_of_a_new_customer_in_one_batch_are_one_contact(self):
        one, two = self.resolve(self.order("1"), self.order("2"))
        self.assertEqual(one, two)

    def test_every_guest_is_a_contact_of_their_own_and_replay_finds_them(self):
        documents = [self.guest(str(n)) for n in range(3)]
        found = self.resolve(*documents)
        self.assertEqual(len({row[0] for row in found}), 3)
        before = self.count()
        self.assertEqual(self.resolve(*documents), found)
        self.assertEqual(self.resolve(documents[1]), [found[1]])
        self.assertEqual(self.count(), before)

    def test_guest_who_registers_later_is_a_customer_of_their_own(self):
        [(guest, *_rest)] = self.resolve(self.guest("1"))
        [(customer, *_rest)] = self.resolve(self.order("2"))
        self.assertNotEqual(guest, customer)

    def test_same_customer_id_in_two_channels_is_two_persons(self):
        [(one, *_rest)] = self.resolve(self.order())
        [(two, *_rest)] = self.resolve(self.order(), channel=self._channel("Second"))
        self.assertNotEqual(one, two)
        self.assertEqual(self.Match.search([("partner_id", "=", two.id)]).candidate_id, one)

    def test_missing_names(self):
        nameless = Address(street="1 X", city="Y", zip="1", country_code="US")
        for document, name in (
            (self.guest("1", shipping=FRIEND, billing=None), "Ken Sato"),
            (self.guest("2", shipping=nameless, billing=None), "guest@example.com"),
            (self.guest("3", shipping=nameless, billing=None, email="", phone="+1 555 0100"), "+1 555 0100"),
            (self.guest("4", shipping=None, billing=None, email=""), "#4"),
            (self.guest("5", shipping=dataclasses.replace(nameless, company="Acme"), billing=None), "Acme"),
            (self.order("6", buyer=Buyer(external_id="N", email="n@example.com"), shipping=None, billing=None), "n@example.com"),
        ):
            with self.subTest(name):
                [(customer, *_rest)] = self.resolve(document)
                self.assertEqual(customer.name, name)

    # -- addresses

    def test_gift_ships_to_its_receiver_never_to_the_buyer(self):
        [(customer, invoice, shipping)] = self.resolve(self.order(shipping=FRIEND))
        self.assertEqual(invoice, customer)
        self.assertEqual(
            shipping.read(["name", "street", "city", "zip", "phone", "type", "parent_id", "email"])[0],
            {"id": shipping.id, "name": "Ken Sato", "street": "4 Minami", "city": "Sapporo", "zip": "060-0001", "phone": "011-222-3333",
             "type": "delivery", "parent_id": (customer.id, customer.display_name), "email": False},
        )
        self.assertEqual(shipping.state_id.code, "JP-01")
        self.assertEqual(customer.street, "1-2-3 Kitano")

    def test_gift_without_billing_address_leaves_the_buyer_without_address(self):
        [(customer, invoice, shipping)] = self.resolve(self.order(shipping=FRIEND, billing=None))
        self.assertEqual((customer.name, customer.street, invoice), ("Hana Mori", False, customer))
        self.assertEqual((shipping.name, shipping.street), ("Ken Sato", "4 Minami"))

    def test_both_addresses_in_a_friend_s_name_carry_that_name(self):
        [(customer, invoice, shipping)] = self.resolve(self.order(shipping=FRIEND, billing=FRIEND))
        self.assertEqual((customer.name, customer.street), ("Hana Mori", False))
        self.assertEqual((invoice, shipping.name, shipping.street, shipping.parent_id), (shipping, "Ken Sato", "4 Minami", customer))
        # family name first is still the same person
        [(other, *_rest)] = self.resolve(self.order("2", "C2", billing=dataclasses.replace(HOME, name="Mori Hana")))
        self.assertEqual(other.street, HOME.street)

    def test_addresses_differ_from_home_and_from_each_other(self):
        [(home, *_rest)] = self.resolve(self.order("1"))
        [(customer, invoice, shipping)] = self.resolve(self.order("2", billing=OFFICE, shipping=FRIEND))
        self.assertEqual(customer, home)
        self.assertEqual((invoice.type, shipping.type), ("invoice", "delivery"))
        self.assertEqual((invoice.parent_id, shipping.parent_id), (home, home))
        self.assertEqual((invoice.name, invoice.street2, invoice.state_id.code), ("Mori Trading Hana Mori", "Tower 5F", "JP-28"))

    def test_one_address_for_both_is_one_contact(self):
        self.resolve(self.order("1"))
        [(customer, invoice, shipping)] = self.resolve(self.order("2", billing=OFFICE, shipping=OFFICE))
        self.assertEqual((invoice, invoice.type, invoice.parent_id), (shipping, "other", customer))

    def test_same_address_spelled_otherwise_is_the_same_contact(self):
        spellings = [
            OFFICE,
            dataclasses.replace(OFFICE, street="９  PORT island", zip="6500045", name="hana mori"),
            dataclasses.replace(OFFICE, street2="Tower　5F", phone="+81 90 1234 5678"),
        ]
        found = self.resolve(*(self.order(str(n), shipping=address) for n, address in enumerate(spellings)))
        self.assertEqual(len({row[2] for row in found}), 1)
        self.assertEqual(len(found[0][0].child_ids), 1)
        other = dataclasses.replace(OFFICE, street="10 Port Island")
        [(_customer, _invoice, shipping)] = self.resolve(self.order("9", shipping=other))
        self.assertNotEqual(shipping, found[0][2])

    def test_two_customers_share_no_address(self):
        one, two = self.resolve(self.order("1", "C1", shipping=FRIEND), self.order("2", "C2", shipping=FRIEND))
        self.assertNotEqual(one[2], two[2])
        self.assertEqual((one[2].parent_id, two[2].parent_id), (one[0], two[0]))

    def test_company_of_the_address_is_kept(self):
        [(customer, *_rest)] = self.resolve(self.order(billing=OFFICE, shipping=OFFICE))
        self.assertEqual((customer.name, customer.company_name, customer.is_company), ("Hana Mori", "Mori Trading", False))

    def test_street_is_kept_as_typed(self):
        street = "北野町１丁目２番３号　タワービル　"
        [(customer, *_rest)] = self.resolve(self.guest(shipping=None, billing=dataclasses.replace(HOME, street=street)))
        self.assertEqual(customer.street, street)

    def test_zip_of_japan_has_a_hyphen_others_are_kept(self):
        for zip_code, country, expected in (
            ("1234567", "JP", "123-4567"), ("〒１２３－４５６７", "JP", "123-4567"), ("12345", "JP", "12345"), ("SW1A 1AA", "GB", "SW1A 1AA"),
        ):
            address = Address(name="X", street="1", zip=zip_code, country_code=country)
            [(customer, *_rest)] = self.resolve(self.guest(f"{zip_code}{country}", billing=address, shipping=None))
            self.assertEqual(customer.zip, expected)

    def test_country_and_state_by_code_or_name(self):
        self.env["res.lang"]._activate_lang("ja_JP")
        self.japan.with_context(lang="ja_JP").name = "日本"
        for number, (country, region, code, expected) in enumerate((
            ("JP", "", "JP-13", ("JP", "JP-13")),
            ("JP", "", "13", ("JP", "JP-13")),
            ("jp", "東京都", "", ("JP", "JP-13")),
            ("日本", "東京", "", ("JP", "JP-13")),
            ("Japan", "Tōkyō", "", ("JP", "JP-13")),
            ("JP", "OSAKA-FU", "", ("JP", "JP-27")),
            ("US", "", "CA", ("US", "CA")),
            ("US", "california", "", ("US", "CA")),
            ("US", "", "US-CA", ("US", "CA")),
            ("UK", "", "", ("GB", "")),
        )):
            with self.subTest(country=country, region=region, code=code):
                address = Address(name="X", street="1", region=region, region_code=code, country_code=country)
                [(customer, *_rest)] = self.resolve(self.guest(f"S{number}", billing=address, shipping=None))
                self.assertEqual((customer.country_id.code, customer.state_id.code or ""), expected)
                self.assertFalse(customer.comment)

    def test_unknown_country_and_region_are_kept_in_the_note(self):
        address = Address(name="X", street="1", region="Skaro <b>", country_code="Gallifrey")
        [(customer, *_rest)] = self.resolve(self.guest(billing=address, shipping=None))
        self.assertFalse(customer.country_id)
        self.assertEqual(
            customer.comment, "<p>Country as typed: Gallifrey<br>Region as typed: Skaro &lt;b&gt;</p>"
        )

    def test_language_of_the_buyer_when_installed(self):
        self.env["res.lang"]._activate_lang("ja_JP")
        self.env["res.lang"]._activate_lang("en_US")
        self.company.partner_id.lang = "en_US"
        for locale, lang in (("ja", "ja_JP"), ("ja-JP", "ja_JP"), ("en-GB", "en_US"), ("tlh", "en_US"), ("", "en_US")):
            buyer = Buyer(external_id=f"lang{locale}", name="X", locale=locale)
            [(customer, _invoice, shipping)] = self.resolve(self.order(f"lang{locale}", buyer=buyer, shipping=FRIEND))
            self.assertEqual((customer.lang, shipping.lang), (lang, lang), locale)

    # -- what staff did stays

    def test_known_customer_gets_only_what_is_missing(self):
        [(customer, *_rest)] = self.resolve(self.order("1", buyer=Buyer(external_id="C1", email="hana@example.com"), shipping=None, billing=None))
        self.assertEqual((customer.name, customer.phone), ("hana@example.com", False))
        buyer = Buyer(external_id="C1", name="Hana Mori", email="new@example.com", phone="090-1")
        self.resolve(self.order("2", buyer=buyer, shipping=None, billing=None))
        self.assertEqual((customer.name, customer.email, customer.phone), ("Hana Mori", "hana@example.com", "090-1"))
        customer.name = "Mori, H."
        self.resolve(self.order("3", buyer=dataclasses.replace(buyer, phone="090-2"), shipping=None, billing=None))
        self.assertEqual((customer.name, customer.phone), ("Mori, H.", "090-1"))

    def test_address_changed_by_staff_is_not_what_the_buyer_typed(self):
        [(customer, _invoice, shipping)] = self.resolve(self.order("1", shipping=FRIEND))
        shipping.street = "5 Kita"
        [(_customer, _invoice, anew)] = self.resolve(self.order("2", shipping=FRIEND))
        self.assertEqual((anew.street, shipping.street), ("4 Minami", "5 Kita"))
        self.assertEqual(self.resolve(self.order("3", shipping=FRIEND))[0][2], anew)
        customer.street = "Moved"
        [(same, invoice, _shipping)] = self.resolve(self.order("4"))
        self.assertEqual((same, invoice.street, invoice.parent_id), (customer, "1-2-3 Kitano", customer))

    def test_name_changed_by_staff_and_archived_address(self):
        [(customer, _invoice, shipping)] = self.resolve(self.order("1", shipping=FRIEND))
        shipping.name = "Sato Ken"
        self.assertEqual(self.resolve(self.order("2", shipping=FRIEND))[0][2], shipping)
        shipping.active = False
        [(_customer, _invoice, anew)] = self.resolve(self.order("3", shipping=FRIEND))
        self.assertNotEqual(anew, shipping)

    def test_deleted_customer_is_made_anew(self):
        [(customer, *_rest)] = self.resolve(self.order("1"))
        customer.unlink()
        [(anew, invoice, _shipping)] = self.resolve(self.order("2"))
        self.assertTrue(anew.exists())
        self.assertEqual(invoice, anew)

    def test_address_of_a_known_customer_inherits_commercial_values(self):
        [(customer, *_rest)] = self.resolve(self.order("1"))
        term = self.env["account.payment.term"].create({"name": "Net 30"})
        customer.property_payment_term_id = term
        customer.vat = "X123"
        [(_customer, _invoice, shipping)] = self.resolve(self.order("2", shipping=FRIEND))
        self.assertEqual((shipping.property_payment_term_id, shipping.vat), (term, "X123"))
        self.assertEqual((customer.property_payment_term_id, customer.vat, customer.street), (term, "X123", "1-2-3 Kitano"))

    def test_same_result_as_odoos_own_create(self):
        [(customer, _invoice, shipping)] = self.resolve(self.order(billing=OFFICE, shipping=FRIEND))
        names = sorted(
            name for name, field in self.Partner._fields.items()
            if field.store and field.type not in ("one2many", "many2many", "binary", "datetime") and name not in ("id", "parent_id", "commercial_partner_id")
            and not name.endswith("_uid")
        )
        twin = self.Partner.create({
            "name": "Hana Mori", "email": "Hana@Example.com", "phone": "090-1234-5678", "company_name": "Mori Trading",
            "street": "9 Port Island", "street2": "Tower 5F", "city": "Kobe", "zip": "650-0045", "country_id": self.japan.id,
            "state_id": customer.state_id.id, "lang": customer.lang, "customer_rank": 1,
        })
        child = self.Partner.create({
            "name": "Ken Sato", "street": "4 Minami", "city": "Sapporo", "zip": "060-0001", "phone": "011-222-3333", "type": "delivery",
            "parent_id": twin.id, "country_id": self.japan.id, "state_id": shipping.state_id.id, "lang": customer.lang,
        })
        for mine, theirs in ((customer, twin), (shipping, child)):
            self.assertEqual(
                [(name, mine[name]) for name in names], [(name, theirs[name]) for name in names]
            )
            self.assertEqual(mine.commercial_partner_id == mine, theirs.commercial_partner_id == theirs)

    # -- queries

    def documents(self, prefix, count, buyer=True):
        return [
            self.order(
                f"{prefix}{n}", f"{prefix}{n % (count // 2)}" if buyer else None, email=f"{prefix}{n}@example.com",
                billing=dataclasses.replace(OFFICE, street=f"{prefix} {n} Port"), shipping=dataclasses.replace(FRIEND, street=f"{prefix} {n}"),
            )
            for n in range(count)
        ]

    def queries(self, documents):
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.cr.sql_log_count
        self.Binding._resolve(self.channel, documents)
        self.env.flush_all()
        return self.cr.sql_log_count - before

    def test_number_of_queries_does_not_depend_on_the_number_of_orders(self):
        self.queries(self.documents("warm", 4))
        known = {count: self.documents(f"K{count}x", count) for count in (10, 100)}
        counts = {
            kind: [self.queries(documents(count)) for count in (10, 100)]
            for kind, documents in (
                ("new customers", lambda count: known[count]),
                ("replay", lambda count: known[count]),
                ("known customers, new addresses", lambda count: [
                    dataclasses.replace(document, external_id=f"again{document.external_id}", shipping_address=dataclasses.replace(HOME, street=f"{n}"))
                    for n, document in enumerate(known[count])
                ]),
                ("guests", lambda count: self.documents(f"G{count}x", count, buyer=False)),
            )
        }
        for kind, (few, many) in counts.items():
            with self.subTest(kind, few=few, many=many):
                # Odoo inserts a hundred rows a statement, and these hundred orders have up to two hundred addresses
                self.assertLessEqual(many, few + 2)
        self.assertEqual(counts["replay"], [7, 7])
        self.assertLessEqual(max(map(max, counts.values())), 25)

    # -- proposals

    def test_equal_email_or_phone_proposes_the_known_contact(self):
        mail, phone, both = self.Partner.create([
            {"name": "Mail", "email": "HANA@example.com"},
            {"name": "Phone", "phone": "+81 (0)80-9999-8888"},
            {"name": "Both", "email": "both@example.com", "phone": "０７０-１１１１-２２２２"},
        ])
        [(hana, *_rest)] = self.resolve(self.order("1"))
        [(ken, *_rest)] = self.resolve(self.order("2", Buyer(external_id="K", name="Ken", phone="080 9999 8888")))
        [(bo, *_rest)] = self.resolve(self.order("3", Buyer(external_id="B", name="Bo", email="Both@Example.com", phone="+817011112222")))
        found = [(m.partner_id, m.candidate_id, m.reason, m.state) for m in self.Match.search([("channel_id", "=", self.channel.id)], order="id")]
        self.assertEqual(found, [
            (hana, mail, "email", "proposed"), (ken, phone, "phone", "proposed"), (bo, both, "both", "proposed"),
        ])
        self.resolve(self.order("1"), self.order("4"))
        self.assertEqual(self.Match.search_count([("channel_id", "=", self.channel.id)]), 3)

    def test_employees_addresses_archived_and_other_companies_are_not_proposed(self):
        other = self.env["res.company"].create({"name": "Elsewhere"})
        parent = self.Partner.create({"name": "Parent"})
        new_test_user(self.env, "hana_user", "base.group_user", email="hana@example.com")
        self.Partner.create([
            {"name": "Address", "email": "hana@example.com", "parent_id": parent.id, "type": "delivery"},
            {"name": "Archived", "email": "hana@example.com", "active": False},
            {"name": "Foreign", "email": "hana@example.com", "company_id": other.id},
        ])
        self.resolve(self.order())
        self.assertFalse(self.Match.search([("channel_id", "=", self.channel.id)]))

    def test_guests_with_one_email_are_each_proposed_to_one_contact(self):
        rows = self.resolve(*(self.guest(str(n)) for n in range(4)))
        matches = self.Match.search([("channel_id", "=", self.channel.id)], order="id")
        self.assertEqual(matches.partner_id, self.Partner.concat(*(row[0] for row in rows[1:])))
        self.assertEqual(matches.candidate_id, rows[0][0])
        customer = self.Partner.create({"name": "Known", "email": "guest@example.com"})
        [(late, *_rest)] = self.resolve(self.guest("9"))
        self.assertEqual(self.Match.search([("partner_id", "=", late.id)]).candidate_id, customer)

    def test_accept_merges_a_contact_with_the_same_address(self):
        known = self.Partner.create({
            "name": "H. Mori", "email": "hana@example.com", "street": "１－２－３ Kitano", "city": "Kobe", "zip": "650-0002",
            "country_id": self.japan.id, "state_id": self.env.ref("base.state_jp_jp-28", raise_if_not_found=False).id
            if self.env.ref("base.state_jp_jp-28", raise_if_not_found=False)
            else self.env["res.country.state"].search([("code", "=", "JP-28")]).id,
        })
        [order] = self.take_in(self.order("1", shipping=FRIEND))
        new, gift = order.partner_id, order.partner_shipping_id
        match = self.Match.search([("partner_id", "=", new.id)])
        match.action_accept()
        self.assertFalse(new.exists())
        self.assertEqual((order.partner_id, order.partner_shipping_id, gift.parent_id), (known, gift, known))
        self.assertEqual(gift.commercial_partner_id, known)
        self.assertEqual((known.name, known.street), ("H. Mori", "１－２－３ Kitano"))
        self.assertEqual(self.resolve(self.order("2", shipping=FRIEND))[0][0], known)
        self.assertEqual(self.resolve(self.order("2", shipping=FRIEND))[0][2], gift)

    def test_accept_keeps_another_address_for_the_orders_on_their_way(self):
        known = self.Partner.create({"name": "H. Mori", "email": "hana@example.com", "street": "Old street", "city": "Nara"})
        [order] = self.take_in(self.order("1"))
        new = order.partner_id
        before = (order.amount_total, order.pricelist_id, order.payment_term_id, order.fiscal_position_id)
        match = self.Match.search([("partner_id", "=", new.id)])
        match.action_accept()
        self.assertEqual((match.state, match.error), ("accepted", False))
        self.assertEqual((new.parent_id, new.type, new.street), (known, "other", "1-2-3 Kitano"))
        self.assertEqual((order.partner_id, order.partner_shipping_id, order.partner_invoice_id), (known, new, new))
        self.assertEqual((order.amount_total, order.pricelist_id, order.payment_term_id, order.fiscal_position_id), before)
        self.assertEqual((known.street, known.email), ("Old street", "hana@example.com"))
        [(customer, invoice, shipping)] = self.resolve(self.order("2"))
        self.assertEqual((customer, invoice, shipping), (known, new, new))

    def test_accept_many_and_one_that_cannot_stands_alone(self):
        rows = self.resolve(*(self.guest(str(n)) for n in range(4)))
        matches = self.Match.search([("channel_id", "=", self.channel.id)], order="id")
        first = rows[0][0]
        first.parent_id = rows[2][0]  # the known contact is an address of the new one
        matches.action_accept()
        self.assertEqual(matches.exists().mapped("state").count("proposed"), 1)
        stuck = matches.exists().filtered(lambda match: match.state == "proposed")
        self.assertEqual(stuck.partner_id, rows[2][0])
        self.assertIn(first.name, stuck.error)
        self.assertEqual([row[0].exists() for row in rows[1:]], [self.Partner, rows[2][0], self.Partner])

    def test_dismissed_pair_stays_two(self):
        known = self.Partner.create({"name": "H. Mori", "email": "hana@example.com"})
        [(new, *_rest)] = self.resolve(self.order())
        match = self.Match.search([("partner_id", "=", new.id)])
        match.action_dismiss()
        match.action_accept()
        self.assertEqual(match.state, "dismissed")
        self.assertTrue(new.exists() and known.exists())

    # -- rights

    def test_salesperson_decides_nothing_and_other_company_sees_nothing(self):
        self.Partner.create({"name": "H. Mori", "email": "hana@example.com"})
        [(new, *_rest)] = self.resolve(self.order())
        match = self.Match.search([("partner_id", "=", new.id)])
        company = {"company_id": self.company.id, "company_ids": [(6, 0, self.company.ids)]}
        salesperson = new_test_user(self.env, "match_sales", "sales_team.group_sale_salesman", **company)
        operator = new_test_user(self.env, "match_operator", "ec_channel_base.group_ec_operator", **company)
        with self.assertRaises(AccessError):
            match.with_user(salesperson).read(["state"])
        with self.assertRaises(AccessError):
            match.with_user(salesperson).action_accept()
        self.assertTrue(new.exists())
        self.assertEqual(new.with_user(salesperson).name, "Hana Mori")
        other = self.env["res.company"].create({"name": "Elsewhere"})
        stranger = new_test_user(
            self.env, "match_other", "ec_channel_base.group_ec_manager", company_id=other.id, company_ids=[(6, 0, other.ids)]
        )
        theirs = self.Match.with_user(stranger).with_context(allowed_company_ids=other.ids)
        self.assertFalse(theirs.search([("id", "=", match.id)]))
        with self.assertRaises(AccessError):
            theirs.browse(match.id).action_accept()
        match.with_user(operator).action_accept()
        self.assertEqual(match.exists().mapped("state"), ["accepted"])
        bindings = self.Binding.search([("channel_id", "=", self.channel.id)])
        self.assertTrue(bindings)
        with self.assertRaises(AccessError):
            bindings.with_user(operator).write({"partner_id": self.company.partner_id.id})
