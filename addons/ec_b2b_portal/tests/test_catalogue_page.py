from datetime import timedelta
from unittest.mock import patch

from odoo import fields, http
from odoo.fields import Command
from odoo.tests import HttpCase, TransactionCase, tagged

from .test_catalogue import CatalogueWorld


class PricedWorld(CatalogueWorld):
    """North pays 60 % of the sales price, and for one product a fixed price."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["res.config.settings"].create({"group_product_pricelist": True}).execute()
        cls.general = cls.env["product.pricelist"].create({"name": "General", "selectable": False})
        cls.list = cls.env["product.pricelist"].create(
            {
                "name": "List of North",
                "selectable": False,
                "ec_fallback_id": cls.general.id,
                "item_ids": [
                    Command.create(
                        {
                            "compute_price": "percentage",
                            "percent_price": 40,
                            "categ_id": cls.categories[1].id,
                            "applied_on": "2_product_category",
                        }
                    ),
                    cls._net("pan-umi", 5000),
                ],
            }
        )
        cls.account.pricelist_id = cls.list
        cls.account.shown_category_ids = cls.categories
        cls.account.catalogue = "chosen"

    @classmethod
    def _net(cls, name, price, **vals):
        product = cls.goods[name]
        return Command.create(
            {
                "compute_price": "fixed",
                "fixed_price": price,
                "applied_on": "0_product_variant",
                "product_id": product.id,
                "product_tmpl_id": product.product_tmpl_id.id,
                **vals,
            }
        )

    def names(self, **asked):
        products = self.account._catalogue_products(self.user, **asked)
        return [product.name.removeprefix("Goods ") for product in products]


@tagged("post_install", "-at_install")
class TestCataloguePage(PricedWorld, TransactionCase):
    def test_search_by_sku_barcode_name_and_own_code(self):
        self.goods["pan-umi"].barcode = "4901234567894"
        self.env["ec.trade.item"].create(
            [
                {
                    "account_id": self.account.id,
                    "product_id": self.goods["pan-kaze"].id,
                    "code": "NB-77",
                    "name": "フライパン",
                },
                {"account_id": self.south[0].id, "product_id": self.goods["pan-umi"].id, "code": "SB-88"},
            ]
        )
        for term, found in (
            ("zz-pan", ["pan-kaze", "pan-umi"]),
            ("4901234567894", ["pan-umi"]),
            ("４９０１２３４５６７８９４", ["pan-umi"]),
            ("Goods tow", ["towel-umi"]),
            ("nb-7", ["pan-kaze"]),
            ("フライ", ["pan-kaze"]),
            ("SB-88", []),
            ("draft", []),
            ("%", []),
        ):
            self.assertEqual(self.names(term=term), found, term)

    def test_filters_and_order(self):
        self.assertEqual(self.names(), ["bath-kaze", "pan-kaze", "pan-umi", "towel-umi"])
        self.assertEqual(self.names(category=self.categories[0].id), ["bath-kaze", "towel-umi"])
        self.assertEqual(self.names(brand=self.brands[1].id), ["pan-umi", "towel-umi"])
        self.goods["towel-umi"].name = "A towel"
        self.assertEqual(self.names(order="name")[0], "A towel")

    def test_filters_are_those_of_the_seller_and_website_of_now(self):
        now, account = fields.Datetime.now(), self.account.sudo()
        before = account._catalogue_filters(self.user, now)
        # no cache is cleared by a name: an answer that was kept is the same again
        self.env.cr.execute("""UPDATE ec_brand SET name = '{"en_US": "Zeta"}' WHERE id = %s""", self.brands[0].ids)
        self.env.invalidate_all()
        self.assertEqual(account._catalogue_filters(self.user, now), before)
        other = self.env["res.company"].create({"name": "Other seller"})
        for elsewhere in (account.with_context(website_id=10**6), account.with_context(allowed_company_ids=other.ids)):
            with patch.object(self.env.registry["product.template"], "_read_group", return_value=[]):
                self.assertEqual(elsewhere._catalogue_filters(self.user, now), ([], []))

    def test_pages_meet_without_a_gap(self):
        for order in ("sku", "name", "price"):
            first, second = self.names(order=order, limit=2), self.names(order=order, limit=2, offset=2)
            self.assertEqual((len(first), first[2:]), (3, second[:1]), "one more tells that there is a next page")
            self.assertEqual(first[:2] + second, self.names(order=order))

    def test_own_price_is_that_of_a_quotation(self):
        products = self.account._catalogue_products(self.user)
        order = self.env["sale.order"].create(
            {
                "partner_id": self.user.partner_id.id,
                "order_line": [Command.create({"product_id": product.id}) for product in products],
            }
        )
        self.assertEqual(order.pricelist_id, self.list)
        rows = self.account._catalogue_rows(self.user, products)
        self.assertEqual([row.price for row in rows], [line.price_reduce_taxexcl for line in order.order_line])
        self.assertEqual([row.price for row in rows], [1000.0, 601.2, 5000.0, 1001.0])

    def test_stock_as_the_account_is_told(self):
        policy = self.env["ec.stock.policy"].create(
            {
                "name": "Trade",
                "line_ids": [
                    Command.create({"warehouse_id": warehouse.id})
                    for warehouse in self.env["stock.warehouse"].search([("company_id", "=", self.seller.id)], limit=1)
                ],
            }
        )
        location = policy.line_ids.warehouse_id.lot_stock_id
        for name, quantity in (("bath-kaze", 50), ("pan-kaze", 9)):
            self.env["stock.quant"]._update_available_quantity(self.goods[name], location, quantity)
        self.env["ec.stock.figure"]._recompute()
        self.env.invalidate_all()

        def told():
            products = self.account._catalogue_products(self.user)
            return [row.stock for row in self.account._catalogue_rows(self.user, products)]

        self.assertEqual(told(), [None] * 4)
        self.account.write({"stock_shown": "exact", "stock_policy_id": policy.id})
        self.assertEqual(told(), [50, 9, 0, 0])
        self.account.stock_shown = "band"
        self.assertEqual(told(), ["in", "few", "out", "out"])

    def test_questions_do_not_grow_with_rows(self):
        self.env["product.product"].create(
            [{"name": f"Goods {n}", "website_published": True, "categ_id": self.categories[1].id} for n in range(6)]
        )
        products = self.account._catalogue_products(self.user, category=self.categories[1].id)
        self.assertEqual(len(products), 8)
        counts = []
        for few in (products, products[:3], products):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.account._catalogue_rows(self.user, few)
            counts.append(self.env.cr.sql_log_count - before)
        self.assertEqual(counts[1], counts[2])

    # ---- sorted by price

    def _assert_sorted(self, *names):
        self.assertEqual(self.names(order="price"), list(names))
        self.assertEqual(self.names(order="price_desc"), list(reversed(names)))
        products = self.account._catalogue_products(self.user, order="price")
        prices = [row.price for row in self.account._catalogue_rows(self.user, products)]
        self.assertEqual(prices, sorted(prices))

    def test_sorted_by_own_price_after_every_change(self):
        self._assert_sorted("pan-kaze", "bath-kaze", "towel-umi", "pan-umi")
        self.list.item_ids = [self._net("bath-kaze", 10)]
        self._assert_sorted("bath-kaze", "pan-kaze", "towel-umi", "pan-umi")
        self.list.item_ids.filtered(lambda rule: rule.fixed_price == 10).fixed_price = 2000
        self._assert_sorted("pan-kaze", "towel-umi", "bath-kaze", "pan-umi")
        self.list.item_ids.filtered(lambda rule: rule.fixed_price == 2000).unlink()
        self._assert_sorted("pan-kaze", "bath-kaze", "towel-umi", "pan-umi")
        self.goods["bath-kaze"].list_price = 9000
        self._assert_sorted("pan-kaze", "towel-umi", "pan-umi", "bath-kaze")
        self.goods["bath-kaze"].categ_id = self.categories[1]
        self.goods["towel-umi"].list_price = 7000
        self._assert_sorted("pan-kaze", "pan-umi", "bath-kaze", "towel-umi")

    def test_sorted_after_a_change_behind_the_list(self):
        self._assert_sorted("pan-kaze", "bath-kaze", "towel-umi", "pan-umi")
        self.general.item_ids = [self._net("towel-umi", 1)]
        self._assert_sorted("towel-umi", "pan-kaze", "bath-kaze", "pan-umi")
        base = self.env["product.pricelist"].create({"name": "Base"})
        self.list.item_ids = [
            Command.create(
                {
                    "compute_price": "formula",
                    "base": "pricelist",
                    "base_pricelist_id": base.id,
                    "categ_id": self.below.id,
                    "applied_on": "2_product_category",
                }
            )
        ]
        self._assert_sorted("pan-kaze", "bath-kaze", "towel-umi", "pan-umi")
        base.item_ids = [self._net("towel-umi", 8000)]
        self._assert_sorted("pan-kaze", "bath-kaze", "pan-umi", "towel-umi")
        self.list.item_ids = [Command.clear()]
        self.list.ec_fallback_id = False
        self._assert_sorted("bath-kaze", "towel-umi", "pan-kaze", "pan-umi")

    def test_sorted_when_a_rule_begins_and_ends(self):
        now = fields.Datetime.now()
        self._assert_sorted("pan-kaze", "bath-kaze", "towel-umi", "pan-umi")
        self.list.item_ids = [self._net("towel-umi", 1, date_start=now + timedelta(days=1))]
        self._assert_sorted("pan-kaze", "bath-kaze", "towel-umi", "pan-umi")
        self.env.cr.execute(
            "SELECT count(*) FROM ec_trade_price_stale WHERE due_at = %s AND product_id = %s",
            [now + timedelta(days=1), self.goods["towel-umi"].id],
        )
        self.assertTrue(self.env.cr.fetchone()[0], "the day it begins, the price is computed again")

    def test_new_products_are_sorted_in(self):
        self._assert_sorted("pan-kaze", "bath-kaze", "towel-umi", "pan-umi")
        self.env["product.product"].create(
            {"name": "Goods new", "list_price": 1, "website_published": True, "categ_id": self.below.id}
        )
        self._assert_sorted("new", "pan-kaze", "bath-kaze", "towel-umi", "pan-umi")

    def test_deleted_products_leave_no_rows(self):
        self.names(order="price")
        gone = self.goods["draft"]
        gone_id = gone.id
        gone.list_price = 3
        self.env["ec.trade.price"]._fold()
        gone.unlink()
        self.names(order="price")
        self.env.cr.execute("SELECT count(*) FROM ec_trade_price WHERE product = %s", [gone_id])
        self.assertEqual(self.env.cr.fetchone()[0], 0)

    def test_two_accounts_two_orders(self):
        self._assert_sorted("pan-kaze", "bath-kaze", "towel-umi", "pan-umi")
        products = self.south[0]._catalogue_products(self.other, order="price")
        self.assertEqual(
            [product.default_code for product in products],
            ["ZZ-bath-kaze", "ZZ-towel-umi", "ZZ-pan-kaze", "ZZ-pan-umi"],
            "sales prices",
        )


@tagged("post_install", "-at_install")
class TestCatalogueHttp(PricedWorld, HttpCase):
    def _enter(self, user=None):
        user = user or self.user
        self.authenticate(user.login, user.login)

    def _post(self, path, **form):
        return self.url_open(path, data={**form, "csrf_token": http.Request.csrf_token(self)})

    def test_page_with_prices_and_codes(self):
        self.env["ec.trade.item"].create(
            {"account_id": self.account.id, "product_id": self.goods["pan-kaze"].id, "code": "NB-77"}
        )
        self._enter()
        answer = self.url_open("/my/trade/catalogue?sort=price&search=ZZ")
        self.assertEqual(answer.status_code, 200)
        self.assertLess(answer.text.index("Goods pan-kaze"), answer.text.index("Goods bath-kaze"))
        for told in ("601", "5,000", "NB-77"):
            self.assertIn(told, answer.text)
        self.assertNotIn("Goods draft", answer.text)
        self._enter(self.other)
        answer = self.url_open("/my/trade/catalogue")
        self.assertIn("1,002", answer.text)
        for secret in ("601", "NB-77"):
            self.assertNotIn(secret, answer.text)

    def test_quantities_go_to_the_cart(self):
        self._enter()
        pan, bath = self.goods["pan-kaze"], self.goods["bath-kaze"]
        (pan | bath).allow_out_of_stock_order = True
        answer = self._post("/my/trade/catalogue/add", **{f"quantity_{pan.id}": "3", f"quantity_{bath.id}": ""})
        self.assertIn("added=1", answer.url)
        line = self.env["sale.order.line"].search([("product_id", "=", pan.id)])
        self.assertEqual((line.product_uom_qty, line.price_reduce_taxexcl), (3, 601.2))
        for text in ("x", "-1", "1.5", "9999999"):
            answer = self._post("/my/trade/catalogue/add", **{f"quantity_{pan.id}": "3", f"quantity_{bath.id}": text})
            self.assertNotIn("added=", answer.url)
            self.assertIn("o_ec_order_pad", answer.text, "put right on the order pad")
        self.assertEqual(line.product_uom_qty, 3)

    def test_a_page_that_is_sent_twice_is_ordered_once(self):
        self._enter()
        pan = self.goods["pan-kaze"]
        pan.allow_out_of_stock_order = True
        for text, ordered in (("3", 3), ("3", 3), ("4", 7)):
            self._post(
                "/my/trade/catalogue/add", **{f"quantity_{pan.id}": text, "key": "11111111-2222-3333-4444-555555555555"}
            )
            self.assertEqual(self.env["sale.order.line"].search([("product_id", "=", pan.id)]).product_uom_qty, ordered)

    def test_odd_input_is_no_error(self):
        self._enter()
        answer = self.url_open("/my/trade/catalogue?search=%00Goods&category=%C2%B2&sort=price%00&brand=99999999999")
        self.assertIn("Goods pan-kaze", answer.text)
        answer = self._post("/my/trade/catalogue/add", **{"quantity_²": "3"}, page="²", search="\0", key="\0")
        self.assertIn("added=none", answer.url)

    def test_a_multiple_is_asked_for(self):
        self._enter()
        pan = self.goods["pan-kaze"]
        pan.write({"allow_out_of_stock_order": True, "ec_order_multiple": 6})
        self.assertIn("Multiples of", self.url_open("/my/trade/catalogue").text)
        self._post("/my/trade/catalogue/add", **{f"quantity_{pan.id}": "3"})
        self.assertFalse(self.env["sale.order.line"].search([("product_id", "=", pan.id)]))

    def test_hidden_product_is_not_added_by_its_id(self):
        self.account.hidden_brand_ids = self.brands[1]
        self._enter()
        answer = self._post("/my/trade/catalogue/add", **{f"quantity_{self.goods['pan-umi'].id}": "3"})
        self.assertNotIn("Goods pan-umi", answer.text)
        self.assertFalse(self.env["sale.order.line"].search([("product_id", "=", self.goods["pan-umi"].id)]))

    def test_hidden_product_is_on_no_page(self):
        self.goods["pan-kaze"].accessory_product_ids = self.goods["pan-umi"] | self.goods["bath-kaze"]
        self.all_goods.allow_out_of_stock_order = True
        self.account.hidden_brand_ids = self.brands[1]
        self._enter()
        self._post("/my/trade/catalogue/add", **{f"quantity_{self.goods['pan-kaze'].id}": "3"})
        hidden = self.goods["pan-umi"].product_tmpl_id
        for path in ("/shop", "/shop?search=Goods", "/shop/cart", "/my/trade/catalogue", hidden.website_url):
            answer = self.url_open(path)
            self.assertNotIn("Goods pan-umi", answer.text, path)
            self.assertEqual(answer.status_code, 404 if path == hidden.website_url else 200, path)
        self.assertIn("Goods bath-kaze", self.url_open("/shop/cart").text, "the other accessory")

    def test_roles(self):
        role = self.roles["purchaser"]
        role.can_order = False
        self._enter()
        self.assertNotIn("Add to cart", self.url_open("/my/trade/catalogue").text)
        answer = self._post("/my/trade/catalogue/add", **{f"quantity_{self.goods['pan-kaze'].id}": "3"})
        self.assertIn("refused=order", answer.url)
        role.can_browse = False
        self.assertEqual(self.url_open("/my/trade/catalogue").status_code, 404)

    def test_shop_for_buyers_only(self):
        self.env["website"].search([]).ecommerce_access = "trade"
        stranger = self._login(self.env["res.partner"].create({"name": "Stranger", "email": "stranger@example.com"}))
        self.authenticate(None, None)
        answer = self.url_open("/shop")
        self.assertIn("/web/login", answer.url)
        self.assertIn("/trade/register", answer.text)
        self._enter(stranger)
        self.assertIn("/trade/register", self.url_open("/shop").url)
        self._enter()
        self.assertIn("Goods pan-kaze", self.url_open("/shop?search=Goods").text)
