"""No customer learns anything of another, and nobody in a company more than his role and branch allow."""

import re
import threading
from unittest.mock import patch

from odoo import http
from odoo.tests import HttpCase

from . import sweep
from .world import IsolationWorld

RPC_TARGETS = ("south-head", "north-kobe", "north-mine")


class TestIsolation(IsolationWorld, HttpCase):
    # Odoo sets these for tests that live in an addon
    test_tags = frozenset({"standard", "post_install"})
    test_module = "isolation"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # Odoo's server sets it in each thread of its own; the route map asks for it
        threading.current_thread().dbname = cls.env.cr.dbname

    def session_stays(self):
        """A route may have logged the caller out: the same session again."""
        self.opener.cookies.set(
            "session_id",
            self.session.sid,
            domain=self.opener.cookies.list_domains()[0] if self.opener.cookies.list_domains() else "127.0.0.1",
            path="/",
        )
        http.root.session_store.save(self.session)

    def _people(self):
        return [name for name in self.people if not name.startswith("south")] + ["public"]

    def _targets(self, *names):
        return [self.targets[name] for name in names]

    def _assert_tight(self, tried):
        self.assertFalse(tried.changes)
        self.assertFalse(tried.leaks, "\n".join(map(str, sorted(tried.leaks)[:60])))

    def test_world_is_full_of_secrets(self):
        """Who may see them does: otherwise nothing below would prove anything."""
        for person, secrets in (("north-administrator", 4), ("north-viewer", 1), ("south-administrator", 4)):
            customer = person.split("-")[0]
            self.authenticate(self.people[person].login, self.people[person].login)
            page = "".join(
                self.url_open(f"/my/orders/{target['sale.order']}").text
                + self.url_open(f"/my/invoices/{target['account.move']}").text
                for name, target in self.targets.items()
                if name.startswith(customer)
            )
            told = {secret for secret in self.allowed if secret in page and secret.endswith("-order-zq7")}
            self.assertEqual(len(told), secrets, told)
        self.assertTrue(self.leaks("south-viewer", page))

    def test_catalogues_are_full_of_secrets(self):
        for number, customer in enumerate(("north", "south"), 1):
            own = {
                secret for secret in self.allowed if re.match(f"zq7-{customer}-(goods|sku|jan|item|own-name)-", secret)
            }
            for person, prices in (("purchaser", {f"price{number}"}), ("blind", set())):
                login = self.people[f"{customer}-{person}"].login
                self.authenticate(login, login)
                page = self.url_open("/my/trade/catalogue").text
                self.assertEqual(self.leaks("outsider", page), sorted(own | prices), person)

    def test_approvals_and_statements_are_full_of_secrets(self):
        for customer in ("north", "south"):
            asked = self.targets[f"{customer}-asked"]
            statement = asked["ec.trade.statement"]
            for person, path, words in (
                ("administrator", f"/my/trade/approvals/{asked['sale.order']}", {"asked", "comment", "rule"}),
                ("accounting", f"/my/trade/statements/{statement}", {"statement"}),
            ):
                login = self.people[f"{customer}-{person}"].login
                self.authenticate(login, login)
                page = self.url_open(path).text
                self.assertLessEqual({f"zq7-{customer}-{word}-zq7" for word in words}, {*self.leaks("outsider", page)})

    def test_quotations_are_full_of_secrets(self):
        for number, customer in enumerate(("north", "south"), 1):
            for person, prices in (("administrator", {f"price{number}"}), ("blind", set())):
                login = self.people[f"{customer}-{person}"].login
                self.authenticate(login, login)
                page = "".join(
                    self.url_open(f"/my/trade/quotes/{self.targets[f'{customer}-{name}']['sale.order']}").text
                    for name in ("requested", "offered")
                )
                words = {f"zq7-{customer}-{word}-zq7" for word in ("wish", "offer", "message", "proposal")}
                told = {*self.leaks("outsider", page)}
                self.assertLessEqual(words | prices, told, person)
                self.assertEqual({one for one in told if one.startswith("price")}, prices)

    def test_routes_of_quotations(self):
        tried = sweep.sweep_routes(
            self,
            self._people(),
            self._targets("south-offered", "south-requested", "north-offered", "north-requested"),
            only=lambda path: path.startswith(("/my/trade/quotes", "/my/trade/order", "/my/orders")),
        )
        self._assert_tight(tried)
        for what in ("order", "counter", "decline"):
            self.assertIn(f"/my/trade/quotes/<int:order_id>/{what}", tried.routes)

    def test_routes_of_approvals_and_statements(self):
        tried = sweep.sweep_routes(
            self, self._people(), self._targets("south-asked", "north-asked"), only=lambda path: "/my/trade" in path
        )
        self._assert_tight(tried)
        for route in ("/my/trade/approvals/<int:order_id>/decide", "/my/trade/statements/<int:statement_id>/pdf"):
            self.assertIn(route, tried.routes)

    def test_routes(self):
        tried = sweep.sweep_routes(self, self._people(), self._targets("south-head", "north-kobe"))
        print(
            f"\nroutes: {len(tried.routes)}, requests: {tried.requests}, answered: {tried.answered}, people: {len(self._people())}"
        )
        self._assert_tight(tried)
        self.assertGreater(len(tried.routes), 200)
        self.assertGreater(tried.answered, 500)
        for route in (
            "/my/orders/<int:order_id>",
            "/my/invoices/<int:invoice_id>",
            "/my/trade/buyers/<int:buyer_id>",
            "/web/dataset/call_kw",
        ):
            self.assertTrue([path for path in tried.routes if path.startswith(route)], route)

    def test_remote_calls(self):
        tried = sweep.sweep_rpc(self, self._people(), self._targets(*RPC_TARGETS))
        print(
            f"\nmodels: {len(tried.models)}, methods: {len(tried.methods)}, calls: {tried.calls}, answered: {tried.answered}"
        )
        self._assert_tight(tried)
        self.assertGreater(len(tried.models), 300)
        self.assertGreater(len(tried.methods), 1000)
        self.assertGreater(tried.answered, 1000)

    # ---- the search finds what is there to be found

    def test_planted_rule_is_found(self):
        self.env.ref("ec_b2b_portal.limit_order").active = False
        self.env.ref("ec_b2b_portal.grant_order").domain_force = "[(1, '=', 1)]"
        person = ["north-viewer"]
        found = sweep.sweep_routes(
            self, person, self._targets("south-head"), only=lambda path: path.startswith("/my/orders")
        )
        self.assertIn("/my/orders/<int:order_id>", {where for _person, where, _secrets in found.leaks})
        found = sweep.sweep_rpc(self, person, self._targets("south-head"), only=["sale.order"])
        self.assertLessEqual(
            {"sale.order.search_read", "sale.order.read"}, {where for _person, where, _secrets in found.leaks}
        )

    def test_planted_product_rule_is_found(self):
        self.env.ref("ec_b2b_portal.limit_product").active = False
        found = sweep.sweep_rpc(self, ["north-viewer"], self._targets("south-head"), only=["product.product"])
        self.assertLessEqual(
            {"product.product.search_read", "product.product.read"}, {where for _person, where, _secrets in found.leaks}
        )

    def test_planted_method_is_found(self):
        def get_everything(records):
            return [order.sudo().client_order_ref for order in records]

        with patch.object(self.env.registry["sale.order"], "get_everything", get_everything, create=True):
            found = sweep.sweep_rpc(self, ["north-viewer"], self._targets("south-head"), only=["sale.order"])
        self.assertEqual({where for _person, where, _secrets in found.leaks}, {"sale.order.get_everything"})

    def test_planted_change_is_found(self):
        def drop_everything(records):
            records.sudo().block_reason = "dropped"

        with patch.object(self.env.registry["ec.trade.account"], "drop_everything", drop_everything, create=True):
            found = sweep.sweep_rpc(self, ["north-viewer"], self._targets("south-head"), only=["ec.trade.account"])
        self.assertEqual(found.changes, {("north-viewer", "ec.trade.account.drop_everything")})

    def test_planted_route_is_found(self):
        class Planted(http.Controller):
            @http.route("/planted/<int:order_id>", type="http", auth="user")
            def planted(self, order_id):
                return http.request.env["sale.order"].sudo().browse(order_id).client_order_ref

        self.addCleanup(self.env.registry.clear_cache, "routing")
        self.addCleanup(http.Controller.children_classes[""].remove, Planted)
        self.env.registry.clear_cache("routing")
        found = sweep.sweep_routes(
            self,
            ["north-viewer"],
            self._targets("south-head"),
            only=lambda path: path.startswith(("/planted", "/my/trade")),
        )
        self.assertEqual({where for _person, where, _secrets in found.leaks}, {"/planted/<int:order_id>"})
