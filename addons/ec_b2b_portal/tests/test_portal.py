from odoo import http
from odoo.tests import HttpCase, tagged

from .common import TradeWorld


@tagged("post_install", "-at_install")
class TestPortal(TradeWorld, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.account, cls.head, cls.kyoto, cls.kobe = cls.north
        cls.admin = cls._buyer(cls.account, cls.roles["administrator"], "North Ada")
        cls.viewer = cls._buyer(cls.account, cls.roles["viewer"], "North Vera")
        cls.foreign = cls._buyer(cls.south[0], cls.roles["viewer"], "South Vera")._ec_trade_buyer(cls.south[0])

    def _enter(self, user):
        self.authenticate(user.login, user.login)

    def _post(self, path, **form):
        return self.url_open(path, data={**form, "csrf_token": http.Request.csrf_token(self)})

    def _buyer_of(self, user):
        return (
            self.env["ec.trade.buyer"].with_context(active_test=False).search([("partner_id", "=", user.partner_id.id)])
        )

    def test_pages_in_both_languages(self):
        for lang, word in (("en_US", "Invite a buyer"), ("ja_JP", "担当者を招待")):
            self.admin.lang = lang
            self.env["res.lang"]._activate_lang(lang)
            self.env["website"].search([]).language_ids |= self.env["res.lang"]._lang_get(lang)
            self._enter(self.admin)
            for path in (
                "",
                "/buyers",
                "/buyers/invite",
                f"/buyers/{self._buyer_of(self.viewer).id}",
                "/roles",
                "/roles/new",
            ):
                answer = self.url_open(f"{'/ja' if lang == 'ja_JP' else ''}/my/trade{path}")
                self.assertEqual(answer.status_code, 200, path)
                if path == "/buyers":
                    self.assertIn(word, answer.text)

    def test_invite_change_and_dismiss(self):
        self._enter(self.admin)
        role = self.roles["purchaser"]
        answer = self._post(
            "/my/trade/buyers/invite",
            name="Ivo",
            email="ivo@example.com",
            role_id=role.id,
            branch_ids=self.kyoto.id,
            lang="ja_JP",
        )
        self.assertIn("done=invited", answer.url)
        ivo = self.account.buyer_ids.filtered(lambda buyer: buyer.email == "ivo@example.com")
        self.assertEqual((ivo.role_id, ivo.branch_ids, ivo.user_id.lang), (role, self.kyoto, "ja_JP"))
        self._post(f"/my/trade/buyers/{ivo.id}", role_id=self.roles["viewer"].id, all_branches="1")
        self.assertEqual((ivo.role_id, ivo.all_branches), (self.roles["viewer"], True))
        self._post(f"/my/trade/buyers/{ivo.id}/dismiss")
        self.assertFalse(ivo.active or ivo.user_id.active)

    def test_dismissed_buyer_is_out_at_once(self):
        self._enter(self.viewer)
        self.assertEqual(self.url_open("/my/trade").status_code, 200)
        self._buyer_of(self.viewer)._dismiss()
        answer = self.url_open("/my/trade")
        self.assertIn("/web/login", answer.url, answer.status_code)

    def test_answer_is_the_same_for_a_login_elsewhere(self):
        self._enter(self.admin)
        answers = [
            self._post(
                "/my/trade/buyers/invite", name="Xaver", email=email, role_id=self.roles["viewer"].id, all_branches="1"
            )
            for email in ("free@example.com", self.foreign.email)
        ]
        self.assertEqual(answers[0].url, answers[1].url)
        page = self.url_open("/my/trade/buyers").text
        self.assertEqual(page.count("<strong>Xaver"), 2)
        self.assertEqual(page.count("Invited, not logged in yet"), 3, "all but the one who looks")
        self.assertNotIn("login of another", page)

    def test_errors_stand_at_their_fields(self):
        self._enter(self.admin)
        page = self._post(
            "/my/trade/buyers/invite",
            name="",
            email=self.viewer.login,
            role_id=self.env["ec.trade.role"].create({"name": "x", "account_id": self.south[0].id}).id,
        ).text
        for field in ("name", "email", "role_id", "branch_ids"):
            self.assertIn(f'id="{field}_error"', page)

    def test_what_is_not_his_is_not_found(self):
        role = self.env["ec.trade.role"].create({"name": "South only", "account_id": self.south[0].id})
        mine = self._buyer_of(self.viewer)
        self._enter(self.admin)
        for path in (f"/buyers/{self.foreign.id}", f"/roles/{role.id}", f"/roles/{self.roles['viewer'].id}"):
            self.assertEqual(self.url_open(f"/my/trade{path}").status_code, 404, path)
        for path in (
            f"/buyers/{self.foreign.id}/dismiss",
            f"/buyers/{self.foreign.id}/invite",
            f"/roles/{role.id}/delete",
            f"/buyers/{self._buyer_of(self.admin).id}/dismiss",
        ):
            self.assertEqual(self._post(f"/my/trade{path}").status_code, 404, path)
        self._enter(self.viewer)
        for path in ("/buyers", "/buyers/invite", f"/buyers/{mine.id}", "/roles", "/roles/new"):
            self.assertEqual(self.url_open(f"/my/trade{path}").status_code, 404, path)
        self._enter(self._login(self._contact(self.head, "North Nobody")))
        self.assertEqual(self.url_open("/my/trade").status_code, 404)

    def test_an_administrator_of_a_branch_stays_in_it(self):
        boss = self._buyer(self.account, self.roles["administrator"], "North Bo", self.kyoto, self.kyoto)
        near, far = (
            self._buyer_of(self._buyer(self.account, self.roles["viewer"], f"North {place.name}", place, place))
            for place in (self.kyoto, self.kobe)
        )
        everywhere, role = self._buyer_of(self.viewer), self.roles["purchaser"].id
        self._enter(boss)
        form = self.url_open("/my/trade/buyers/invite").text
        self.assertNotIn('id="all_branches"', form)
        self.assertNotIn(f'id="branch_{self.kobe.id}"', form)
        page = self.url_open("/my/trade/buyers").text
        for buyer, managed in ((near, True), (far, False), (everywhere, False)):
            self.assertEqual(f'/my/trade/buyers/{buyer.id}"' in page, managed)
        for branches in ({"all_branches": "1"}, {"branch_ids": self.kobe.id}):
            answer = self._post(
                "/my/trade/buyers/invite", name="Ivo", email="ivo@example.com", role_id=role, **branches
            )
            self.assertIn('id="branch_ids_error"', answer.text)
            self.assertIn(
                'id="branch_ids_error"', self._post(f"/my/trade/buyers/{near.id}", role_id=role, **branches).text
            )
        self._post(f"/my/trade/buyers/{near.id}", role_id=role, branch_ids=[self.kyoto.id, self.kobe.id])
        self.assertEqual((near.role_id.id, near.all_branches, near.branch_ids), (role, False, self.kyoto))
        for buyer in (far, everywhere):
            for path in ("", "/dismiss", "/invite"):
                answer = self._post(f"/my/trade/buyers/{buyer.id}{path}", role_id=role, branch_ids=self.kyoto.id)
                self.assertEqual(answer.status_code, 404, path)
            self.assertTrue(buyer.active and buyer.role_id == self.roles["viewer"])
        self._post(f"/my/trade/buyers/{near.id}/dismiss")
        self.assertFalse(near.active)
        far._dismiss()
        again = {"name": "Back", "role_id": role, "branch_ids": self.kyoto.id}
        self.assertIn('id="email_error"', self._post("/my/trade/buyers/invite", email=far.email, **again).text)
        self.assertFalse(far.active)
        self.assertIn("done=invited", self._post("/my/trade/buyers/invite", email=near.email, **again).url)
        self.assertTrue(near.active)

    def test_an_administrator_of_a_branch_reads_roles_only(self):
        own = self.env["ec.trade.role"].create({"name": "Ours", "account_id": self.account.id})
        self._enter(self._buyer(self.account, self.roles["administrator"], "North Bo", self.kyoto, self.kyoto))
        page = self.url_open("/my/trade/roles").text
        self.assertIn("Ours", page)
        self.assertNotIn("/my/trade/roles/new", page)
        self.assertNotIn(f"/my/trade/roles/{own.id}", page)
        for path in ("new", own.id, f"{own.id}/delete"):
            answer = self._post(f"/my/trade/roles/{path}", name="Mine", can_administer="1")
            self.assertEqual(answer.status_code, 404, path)
        self.assertEqual((own.name, own.can_administer), ("Ours", False))

    def test_odd_input_is_no_error(self):
        self._enter(self.admin)
        self.assertEqual(self._post("/my/trade/branch", branch_id="²").status_code, 200)
        odd = {"name": "I\0vo", "email": "i\0vo@example.com", "role_id": self.roles["viewer"].id}
        answer = self._post("/my/trade/buyers/invite", **odd, branch_ids="²")
        self.assertIn('id="branch_ids_error"', answer.text)
        self.assertIn("done=invited", self._post("/my/trade/buyers/invite", **odd, all_branches="1").url)
        self.assertIn("ivo@example.com", self.account.buyer_ids.mapped("email"))
        self._post("/my/trade/roles/new", name="Sp\0ring")
        self.assertEqual(self.account.role_ids.name, "Spring")

    def test_own_roles(self):
        self._enter(self.admin)
        self._post("/my/trade/roles/new", name="Buyer in spring", can_order="1", orders_seen="branch")
        role = self.account.role_ids
        self.assertEqual(
            (role.name, role.can_order, role.can_browse, role.orders_seen), ("Buyer in spring", True, False, "branch")
        )
        self.assertIn('id="name_error"', self._post("/my/trade/roles/new", name="Buyer in spring").text)
        self._buyer_of(self.viewer).role_id = role
        self.assertIn("done=used", self._post(f"/my/trade/roles/{role.id}/delete").url)
        self._buyer_of(self.viewer).role_id = self.roles["viewer"]
        self._post(f"/my/trade/roles/{role.id}/delete")
        self.assertFalse(role.exists())

    def test_lists_follow_role_and_branch(self):
        orders = self._order(self.kyoto) + self._order(self.kobe)
        self._enter(self.viewer)
        self.assertFalse([order for order in orders if order.name in self.url_open("/my/orders").text])
        wide = self._buyer(self.account, self.roles["approver"], "North Wim", self.kobe)
        self._enter(wide)
        page = self.url_open("/my/orders").text
        self.assertTrue(all(order.name in page for order in orders), "a branch's approver for all branches")
        self._post("/my/trade/branch", branch_id=self.kyoto.id)
        page = self.url_open("/my/orders").text
        self.assertIn(orders[0].name, page)
        self.assertNotIn(orders[1].name, page)

    def test_order_page_names_no_invoice_to_who_may_not_see_it(self):
        order = self._order(self.head)
        order.order_line.qty_delivered = 1
        invoice = order._create_invoices()
        invoice.action_post()
        approver = self._buyer(self.account, self.roles["approver"], "North Abe")
        for user, seen in ((approver, False), (self.admin, True)):
            self._enter(user)
            page = self.url_open(f"/my/orders/{order.id}").text
            self.assertIn(order.name, page)
            self.assertEqual(invoice.name in page, seen)

    def test_who_may_not_order_neither_signs_nor_checks_out(self):
        self.env.company.portal_confirmation_sign = True
        quote = self._order(self.viewer.partner_id, confirm=False, state="sent", require_signature=True)
        self._enter(self.viewer)
        answer = self.make_jsonrpc_request(
            f"/my/orders/{quote.id}/accept", {"name": "V", "signature": "R0lGODlhAQABAAAAACw="}
        )
        self.assertIn("error", answer)
        self._post(f"/my/orders/{quote.id}/decline", decline_message="no")
        self.assertEqual(quote.state, "sent")
        self.product.product_tmpl_id.write(
            {"is_published": True, "allow_out_of_stock_order": True}
            if "allow_out_of_stock_order" in self.product._fields
            else {"is_published": True}
        )
        self.make_jsonrpc_request(
            "/shop/cart/add",
            {"product_template_id": self.product.product_tmpl_id.id, "product_id": self.product.id, "quantity": 1},
        )
        self.assertIn("/my/trade", self.url_open("/shop/checkout").url)
        self.assertIn("/my/trade", self.url_open("/shop/payment").url)

    def test_addresses_of_other_branches_are_not_offered(self):
        ship = self.env["res.partner"]
        for parent in (self.kyoto, self.kobe):
            ship |= ship.create(
                {"name": f"{parent.name} store", "parent_id": parent.id, "type": "delivery", "street": "s", "city": "c"}
            )
        limited = self._buyer(self.account, self.roles["purchaser"], "North Lim", self.head, self.kyoto)
        self._enter(limited)
        page = self.url_open("/my/addresses").text
        self.assertIn(ship[0].name, page)
        self.assertNotIn(ship[1].name, page)
        self.assertEqual(self.url_open(f"/my/address?partner_id={ship[1].id}").status_code, 403)
        self.assertEqual(self.url_open(f"/my/address?partner_id={ship[0].id}").status_code, 200)
