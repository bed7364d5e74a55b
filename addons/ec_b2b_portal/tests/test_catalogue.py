from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import TransactionCase, tagged

from .common import TradeWorld


class CatalogueWorld(TradeWorld):
    """Goods of two brands and two categories, all published but one."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.product.product_tmpl_id.website_published = False
        cls.brands = cls.env["ec.brand"].create([{"name": "Kaze"}, {"name": "Umi"}])
        cls.categories = cls.env["product.category"].create([{"name": "Bath"}, {"name": "Kitchen"}])
        cls.below = cls.env["product.category"].create({"name": "Towels", "parent_id": cls.categories[0].id})
        cls.goods = {
            name: cls.env["product.product"].create(
                {
                    "name": f"Goods {name}",
                    "default_code": f"ZZ-{name}",
                    "list_price": 1000.0 + price,
                    "categ_id": category.id,
                    "ec_brand_id": brand.id,
                    "website_published": name != "draft",
                    "type": "consu",
                    "is_storable": True,
                    "taxes_id": False,
                }
            )
            for price, (name, category, brand) in enumerate(
                (
                    ("bath-kaze", cls.categories[0], cls.brands[0]),
                    ("towel-umi", cls.below, cls.brands[1]),
                    ("pan-kaze", cls.categories[1], cls.brands[0]),
                    ("pan-umi", cls.categories[1], cls.brands[1]),
                    ("draft", cls.categories[1], cls.brands[1]),
                )
            )
        }
        cls.all_goods = cls.env["product.product"].concat(*cls.goods.values())
        cls.account = cls.north[0]
        cls.user = cls._buyer(cls.account, cls.roles["purchaser"], "North Bea")
        cls.other = cls._buyer(cls.south[0], cls.roles["purchaser"], "South Bob")

    def seen(self, user=None, **context):
        goods = self.all_goods.with_user(user or self.user).with_context(**context)
        return {product.name.removeprefix("Goods ") for product in goods.search([("id", "in", goods.ids)]).sudo()}


@tagged("post_install", "-at_install")
class TestCatalogueRules(CatalogueWorld, TransactionCase):
    PUBLISHED = {"bath-kaze", "towel-umi", "pan-kaze", "pan-umi"}

    def test_all_published_products_at_first(self):
        self.assertEqual(self.seen(), self.PUBLISHED)

    def test_nothing_chosen_is_nothing(self):
        self.account.catalogue = "chosen"
        self.assertEqual(self.seen(), set())
        self.assertEqual(self.seen(self.other), self.PUBLISHED, "another account has its own catalogue")

    def test_chosen_category_with_those_below(self):
        self.account.write({"catalogue": "chosen", "shown_category_ids": [Command.set(self.categories[0].ids)]})
        self.assertEqual(self.seen(), {"bath-kaze", "towel-umi"})

    def test_chosen_brand_and_product(self):
        self.account.write(
            {
                "catalogue": "chosen",
                "shown_brand_ids": [Command.set(self.brands[0].ids)],
                "shown_product_ids": [Command.set(self.goods["towel-umi"].product_tmpl_id.ids)],
            }
        )
        self.assertEqual(self.seen(), {"bath-kaze", "pan-kaze", "towel-umi"})

    def test_hidden_wins(self):
        self.account.hidden_brand_ids = self.brands[1]
        self.assertEqual(self.seen(), {"bath-kaze", "pan-kaze"})
        self.account.hidden_category_ids = self.categories[1]
        self.assertEqual(self.seen(), {"bath-kaze"})
        self.goods["bath-kaze"].product_tmpl_id.ec_hidden_account_ids = self.account
        self.assertEqual(self.seen(), set())
        self.assertEqual(self.seen(self.other), self.PUBLISHED)

    def test_not_published_is_not_shown_even_if_chosen(self):
        goods = self.goods["draft"].product_tmpl_id
        self.account.write({"catalogue": "chosen", "shown_product_ids": [Command.set(goods.ids)]})
        self.assertEqual(self.seen(), set())

    def test_guessed_ids_are_refused(self):
        self.account.hidden_brand_ids = self.brands[1]
        for record in (self.goods["pan-umi"], self.goods["pan-umi"].product_tmpl_id):
            with self.assertRaises(AccessError):
                record.with_user(self.user).read(["name"])

    def test_role_without_products(self):
        self.roles["purchaser"].can_browse = False
        self.assertEqual(self.seen(), set())

    def test_contact_who_is_no_buyer_sees_none(self):
        self.assertEqual(self.seen(self._login(self._contact(self.account.partner_id, "North Guest"))), set())

    def test_shop_for_buyers_only(self):
        website = self.env["website"].search([("company_id", "=", self.seller.id)], limit=1)
        stranger = self._login(self.env["res.partner"].create({"name": "Stranger", "email": "stranger@example.com"}))
        people = (stranger, self.env.ref("base.public_user"))
        for user in people:
            self.assertEqual(self.seen(user), self.PUBLISHED, "as in plain Odoo")
        website.ecommerce_access = "trade"
        for user in people:
            self.assertEqual(self.seen(user), set())
            self.assertEqual(self.seen(user, website_id=website.id), set())
        self.assertEqual(self.seen(), self.PUBLISHED)

    def test_cart_takes_nothing_hidden(self):
        self.account.hidden_brand_ids = self.brands[1]
        cart = self._order(self.user.partner_id, confirm=False).with_user(self.user).sudo()
        with self.assertRaisesRegex(Exception, "does not exist"):
            cart._cart_add(self.goods["pan-umi"].id)
        cart._cart_add(self.goods["pan-kaze"].id)
        self.assertEqual(len(cart.order_line), 2)
