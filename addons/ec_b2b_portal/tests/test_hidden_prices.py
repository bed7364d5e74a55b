import json

from odoo import http
from odoo.exceptions import AccessError
from odoo.tests import HttpCase, tagged

from .test_catalogue_page import PricedWorld


@tagged("post_install", "-at_install")
class TestHiddenPrices(PricedWorld, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        role = cls.env["ec.trade.role"].create(
            {
                "name": "Store",
                "can_order": True,
                "can_see_prices": False,
                "can_see_invoices": True,
                "orders_seen": "branch",
            }
        )
        cls.blind = cls._buyer(cls.account, role, "North Blind")
        cls.all_goods.allow_out_of_stock_order = True
        cls.pan = cls.goods["pan-umi"]
        cls.website = cls.env["website"].search([("company_id", "=", cls.seller.id)], limit=1)
        cls.stranger = cls._login(cls.env["res.partner"].create({"name": "Stranger", "email": "s@example.com"}))

    def _enter(self, user):
        self.authenticate(user.login, user.login)

    def _info(self):
        body = {
            "product_template_id": self.pan.product_tmpl_id.id,
            "product_id": self.pan.id,
            "combination": [],
            "add_qty": 1,
        }
        answer = self.opener.post(
            self.base_url() + "/website_sale/get_combination_info", json={"jsonrpc": "2.0", "params": body}
        ).json()
        return answer["result"]

    def _assert_no_price(self, text, where):
        for price in ("5,000", "5000", "1,003", "1003", "List of North"):
            around = text.partition(price)
            self.assertFalse(around[1], (where, price, around[0][-300:]))

    def test_role_without_prices_sees_none(self):
        order = self._order(self.blind.partner_id, confirm=False)
        order.order_line.write({"product_id": self.pan.id, "price_unit": 5000})
        japan = self.env.ref("base.jp")
        self.blind.partner_id.write(
            {"street": "1", "city": "Osaka", "zip": "530-0001", "country_id": japan.id, "phone": "06-1234-5678"}
        )
        self._enter(self.blind)
        form = {f"quantity_{self.pan.id}": "2", "csrf_token": http.Request.csrf_token(self)}
        self.assertIn("added=1", self.url_open("/my/trade/catalogue/add", data=form).url)
        for path in (
            "/my/trade/catalogue?sort=price",
            "/shop",
            "/shop?order=list_price+asc",
            self.pan.product_tmpl_id.website_url,
            "/shop/cart",
            "/shop/checkout",
            "/shop/payment",
            "/my/quotes",
            f"/my/orders/{order.id}",
        ):
            answer = self.url_open(path)
            self.assertEqual(answer.status_code, 200, path)
            self._assert_no_price(answer.text, path)
        for document in ("?report_type=html", "/download_edi"):
            self.assertEqual(self.url_open(f"/my/orders/{order.id}{document}").status_code, 403, document)
        info = self._info()
        self.assertEqual((info["price"], info["list_price"]), (0, 0))
        self._assert_no_price(json.dumps(info), "JSON")
        line = self.env["sale.order.line"].search([("product_id", "=", self.pan.id), ("product_uom_qty", "=", 2)])
        self.assertEqual(line.price_unit, 5000, "the order has its true price")

    def test_role_without_prices_reads_none(self):
        for record, field in (
            (self.pan, "lst_price"),
            (self.pan.product_tmpl_id, "list_price"),
            (self._order(self.blind.partner_id), "amount_total"),
            (self._order(self.blind.partner_id).order_line, "price_unit"),
        ):
            record = record.with_user(self.blind)
            record.read(["display_name"])
            with self.assertRaises(AccessError):
                record.read([field])
            with self.assertRaises(AccessError):
                record.search([(field, ">", 1)])
        for records in (self.list.item_ids, self.list, self._invoice(self.blind.partner_id)):
            self.assertFalse(records.with_user(self.blind).search([("id", "in", records.ids)]))

    def test_another_seller_does_not_open_what_this_one_hides(self):
        order = self._order(self.blind.partner_id)
        other = self.env["res.company"].create({"name": "Another seller"})
        self.blind.company_ids |= other
        records = order.with_user(self.blind).with_context(allowed_company_ids=[other.id, self.seller.id])
        with self.assertRaises(AccessError):
            records.read(["amount_total"])
        with self.assertRaises(AccessError):
            self.pan.with_env(records.env).read(["lst_price"])

    def test_a_link_shows_no_more_than_a_login(self):
        order = self._order(self.blind.partner_id, confirm=False)
        other = self._order(self.env["res.partner"].create({"name": "Anybody"}), confirm=False)
        self.authenticate(None, None)
        for each, shown in ((order, False), (other, True)):
            each._portal_ensure_token()
            answer = self.url_open(f"/my/orders/{each.id}?access_token={each.access_token}")
            self.assertEqual(each.name in answer.text, shown, answer.url)

    def test_others_see_prices_as_before(self):
        self._enter(self.user)
        self.assertEqual(self._info()["price"], 5000)
        self.assertIn("5,000", self.url_open("/shop?search=Goods").text)
        self.assertEqual(self.pan.with_user(self.user).lst_price, 1003)

    def test_price_lists_tell_no_price_before_approval(self):
        item = (
            self.env["product.pricelist"]
            .create({"name": "General", "item_ids": [(0, 0, {"compute_price": "fixed", "fixed_price": 5})]})
            .item_ids
        )
        self.assertEqual(item.with_user(self.stranger).fixed_price, 5)
        self.website.ec_prices_after_approval = True
        self.env.invalidate_all()
        with self.assertRaises(AccessError):
            item.with_user(self.stranger).read(["fixed_price"])

    def test_prices_after_approval(self):
        for user in (None, self.stranger):
            self.authenticate(user and user.login, user and user.login)
            self.assertEqual(self._info()["price"], 1003)
        self.website.ec_prices_after_approval = True
        for user in (None, self.stranger):
            self.authenticate(user and user.login, user and user.login)
            self.assertEqual(self._info()["price"], 0)
            for path in ("/shop?search=Goods", self.pan.product_tmpl_id.website_url):
                answer = self.url_open(path)
                self.assertEqual(answer.status_code, 200, path)
                self.assertIn("Goods pan-umi", answer.text)
                self._assert_no_price(answer.text, path)
        with self.assertRaises(AccessError):
            self.pan.with_user(self.stranger).read(["lst_price"])
        self._enter(self.user)
        self.assertEqual(self._info()["price"], 5000)
