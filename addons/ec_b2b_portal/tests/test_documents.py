from odoo.exceptions import AccessError
from odoo.tests import TransactionCase, tagged

from .common import TradeWorld


@tagged("post_install", "-at_install")
class TestDocuments(TradeWorld, TransactionCase):
    """Who of a company sees which document."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.account, cls.head, cls.kyoto, cls.kobe = cls.north
        cls.people = {name: cls._buyer(cls.account, role, f"North {name}") for name, role in cls.roles.items()}
        cls.people["kyoto"] = cls._buyer(cls.account, cls.roles["accounting"], "North Kyo", cls.kyoto, cls.kyoto)
        cls.people["wide"] = cls._buyer(cls.account, cls.roles["accounting"], "North Wide", cls.kobe)
        cls.people["guest"] = cls._login(cls._contact(cls.head, "North Guest"))
        cls.places = {"head": cls.head, "kyoto": cls.kyoto, "kobe": cls.kobe, "south": cls.south[1]}
        cls.places |= {f"of_{name}": cls.people[name].partner_id for name in ("viewer", "approver", "kyoto", "guest")}
        cls.orders = {place: cls._order(partner) for place, partner in cls.places.items()}
        cls.invoices = {place: cls._invoice(partner) for place, partner in cls.places.items()}

    ALL = {"head", "kyoto", "kobe", "of_viewer", "of_approver", "of_kyoto", "of_guest"}
    ORDERS = {
        "viewer": {"of_viewer"},
        "purchaser": set(),
        "approver": ALL,
        "accounting": ALL,
        "administrator": ALL,
        "kyoto": {"kyoto", "of_kyoto"},
        "wide": ALL,
        "guest": {"of_guest"},
    }
    INVOICES = {
        "viewer": set(),
        "purchaser": set(),
        "approver": set(),
        "accounting": ALL,
        "administrator": ALL,
        "kyoto": {"kyoto", "of_kyoto"},
        "wide": ALL,
        "guest": {"of_guest"},
    }

    def _assert_seen(self, records, expected):
        for person, user in self.people.items():
            for place, record in records.items():
                record = record.with_user(user)
                allowed = place in expected[person]
                self.assertEqual(
                    record.search([("id", "in", record.ids)]), record if allowed else record.browse(), (person, place)
                )
                if allowed:
                    record.read(["display_name"])
                else:
                    with self.assertRaises(AccessError, msg=str((person, place))):
                        record.read(["display_name"])

    def test_orders_by_role_and_branch(self):
        self._assert_seen(self.orders, self.ORDERS)

    def test_order_lines_follow_orders(self):
        self._assert_seen({place: order.order_line for place, order in self.orders.items()}, self.ORDERS)

    def test_deliveries_follow_orders(self):
        self._assert_seen({place: order.picking_ids for place, order in self.orders.items()}, self.ORDERS)

    def test_invoices_by_permission_and_branch(self):
        self._assert_seen(self.invoices, self.INVOICES)

    def test_invoice_lines_follow_invoices(self):
        self._assert_seen({place: move.invoice_line_ids for place, move in self.invoices.items()}, self.INVOICES)

    def test_contacts_by_branch(self):
        contacts = self.env["res.partner"].browse().union(*self.places.values())
        own = self.account.branch_ids | contacts.filtered(lambda partner: self.head in partner._ec_ancestors())
        expected = {
            "viewer": own,
            "wide": own,
            "administrator": own,
            "kyoto": self.kyoto | self.people["kyoto"].partner_id,
            "guest": self.head | self.people["guest"].partner_id,
        }
        for person, partners in expected.items():
            seen = contacts.with_user(self.people[person]).search([("id", "in", contacts.ids)])
            self.assertEqual(seen, partners & contacts, person)

    def test_archived_contacts_and_new_branches_count(self):
        nara = self._company("North Nara", self.head)
        gone = self._contact(self.kobe, "North Gone")
        orders = self._order(nara) + self._order(gone)
        gone.active = self.kobe.active = False
        self.assertEqual(orders.with_user(self.people["approver"]).search([("id", "in", orders.ids)]), orders)
        nara.parent_id = self.south[1]
        self.assertEqual(orders.with_user(self.people["approver"]).search([("id", "in", orders.ids)]), orders[1])

    def test_head_office_alone(self):
        user = self._buyer(self.account, self.roles["accounting"], "North Head", self.head, self.head)
        own = {"head", "of_viewer", "of_approver", "of_guest"}
        self.people = {"head": user}
        self._assert_seen(self.orders, {"head": own})
        self._assert_seen(self.invoices, {"head": own})

    def test_invoice_draft_is_seen_by_nobody(self):
        draft = self.invoices["head"].copy()
        for user in self.people.values():
            self.assertFalse(draft.with_user(user).search([("id", "=", draft.id)]))

    def test_price_list_of_an_account_is_its_own(self):
        plist = self.env["product.pricelist"].create(
            {"name": "North list", "item_ids": [(0, 0, {"fixed_price": 3})], "selectable": False}
        )
        self.account.pricelist_id = plist
        other = self._buyer(self.south[0], self.roles["administrator"], "South Ann")
        stranger = self._login(self.env["res.partner"].create({"name": "Stranger", "email": "stranger@example.com"}))
        for records in (plist, plist.item_ids):
            self.assertTrue(records.with_user(self.people["viewer"]).search([("id", "in", records.ids)]))
            for user in (other, stranger, self.env.ref("base.public_user")):
                self.assertFalse(records.with_user(user).search([("id", "in", records.ids)]), user.login)

    def test_nobody_falls_back_on_the_list_of_an_account(self):
        self.env["res.config.settings"].create({"group_product_pricelist": True}).execute()
        self.env["product.pricelist"].search([]).action_archive()
        plist = self.env["product.pricelist"].create({"name": "North list", "selectable": False})
        stranger = self.env["res.partner"].create({"name": "Stranger"})
        self.assertEqual(stranger.property_product_pricelist, plist, "what Odoo does with the only list there is")
        self.account.pricelist_id = plist
        self.env.invalidate_all()
        self.assertFalse(stranger.property_product_pricelist)
        self.assertEqual(self.kobe.property_product_pricelist, plist)

    def test_another_seller_is_as_in_plain_odoo(self):
        """An account with one seller says nothing about the documents of another."""
        other = self.env["res.company"].create({"name": "Second seller"})
        order = self.env["sale.order"].create({"partner_id": self.kobe.id, "company_id": other.id})
        user = self.people["viewer"]
        user.write({"company_ids": [(4, other.id)]})
        found = (
            self.env["sale.order"]
            .with_user(user)
            .with_context(allowed_company_ids=(self.seller + other).ids)
            .search([("id", "=", order.id)])
        )
        self.assertEqual(found, order)

    def test_rules_ask_no_question_a_record(self):
        """Some statements for the company's tree, as in Odoo's own rule, and one for the orders, however many."""
        for person in ("kyoto", "approver"):
            orders = self.env["sale.order"].with_user(self.people[person])
            orders.search([])
            with self.assertQueryCount(10):
                self.assertGreater(len(orders.search([])), 1)
