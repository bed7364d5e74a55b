import json
from unittest.mock import patch

from odoo.fields import Command
from odoo.tests import HttpCase, tagged
from odoo.tests.common import JsonRpcException

from odoo.addons.ec_b2b_portal.models.ec_trade_pad import Row

from .order_common import PadWorld


@tagged("post_install", "-at_install")
class TestOrderPad(PadWorld, HttpCase):
    def _problems(self, *rows):
        return [row["problem"] for row in self._check(*rows)["rows"]]

    def test_rows_are_found_by_sku_and_jan_and_have_the_accounts_prices(self):
        self._enter(self.purchaser)
        answer = self._check(("A-1", "10"), ("a-2", "１２"), ("A-3", "1,000"))
        self.assertEqual([row["state"] for row in answer["rows"]], ["good"] * 3)
        self.assertEqual([row["name"] for row in answer["rows"]], ["Ware A-1", "Ware A-2", "Ware A-3"])
        self.assertEqual([row["quantity"] for row in answer["rows"]], ["10", "12", "1000"])
        for row, price, amount in zip(answer["rows"], ("50.00", "65.00", "65.00"), ("500.00", "780.00", "65,000.00"), strict=True):  # fmt: skip
            self.assertIn(price, row["price"])
            self.assertIn(amount, row["amount"])
        self.assertIn("66,280.00", answer["totals"]["amount"])
        self.assertEqual(self._check(("4901234567894", "1"))["rows"][0]["sku"], "A-1")

    def test_rows_are_found_by_the_customers_own_codes_and_by_nobody_elses(self):
        stranger = self.env["ec.trade.account"].create(
            {"partner_id": self.env["res.partner"].create({"name": "Stranger", "is_company": True}).id}
        )
        self.env["ec.trade.item"].create(
            [
                {"account_id": self.account.id, "product_id": self.bowl.id, "code": "OWN-BOWL"},
                {"account_id": stranger.id, "product_id": self.bowl.id, "code": "THEIR-BOWL"},
            ]
        )
        self._enter(self.purchaser)
        own, theirs = self._check(("OWN-BOWL", "1"), ("THEIR-BOWL", "1"))["rows"]
        self.assertEqual((own["state"], own["sku"]), ("good", "A-3"))
        self.assertEqual(theirs["problem"], "unknown")

    def test_every_bad_row_has_its_answer(self):
        self._goods("TWICE", "TWICE")
        self.bowl.write({"ec_order_multiple": 12, "ec_order_minimum": 24})
        self._enter(self.purchaser)
        rows = {
            ("nothing", "1"): "unknown",
            ("4.90123E+12", "1"): "shortened",
            ("TWICE", "1"): "ambiguous",
            ("", "1"): "no_code",
            ("x" * 65, "1"): "unknown",
            ('=HYPERLINK("x")', "1"): "formula",
            ("A-1", ""): "no_quantity",
            ("A-1", "many"): "not_a_number",
            ("A-1", "=2+2"): "formula",
            ("A-1", "0"): "not_positive",
            ("A-1", "-3"): "not_positive",
            ("A-2", "1000000"): "asked",
            ("A-1", "99999999999"): "too_many",
            ("A-1", "1.5"): "not_whole",
            ("A-3", "30"): "wrong_multiple",
        }
        answer = self._check(*rows)
        self.assertEqual([row["problem"] for row in answer["rows"]], list(rows.values()))
        self.assertTrue(all(row["message"] for row in answer["rows"]))
        self.assertEqual(answer["rows"][-1]["fixes"], ["24", "36"])
        self.assertEqual(len(answer["rows"][2]["choices"]), 2)
        self.assertEqual(self._problems(("A-3", "12")), ["below_minimum"])
        self.assertEqual(answer["totals"]["good"], 0)

    def test_a_choice_and_a_yes_are_taken(self):
        twice = self._goods("TWICE", "TWICE")
        self._enter(self.purchaser)
        rows = [
            {"key": "1", "code": "TWICE", "quantity": "1", "product_id": twice[1].id},
            {"key": "2", "code": "A-1", "quantity": "1000000", "sure": True},
            # the id of a product that the code does not stand for
            {"key": "3", "code": "A-2", "quantity": "1", "product_id": twice[0].id},
        ]
        answer = self.make_jsonrpc_request("/my/trade/order/check", {"rows": rows})
        self.assertEqual([row["product_id"] for row in answer["rows"]], [twice[1].id, self.cup.id, self.plate.id])

    def test_rows_of_one_product_become_one(self):
        self._enter(self.purchaser)
        answer = self._check(("A-1", "4"), ("A-2", "1"), ("4901234567894", "6"), ("A-1", "x"))
        self.assertEqual([row["state"] for row in answer["rows"]], ["good", "good", "merged", "bad"])
        self.assertEqual((answer["rows"][0]["quantity"], answer["rows"][2]["into"]), ("10", "0"))
        self.assertIn("50.00", answer["rows"][0]["price"], "the price is that of the sum")

    def test_what_the_buyer_may_not_see_is_not_found(self):
        self._goods("HIDDEN", is_published=False)
        self._goods("GONE", active=False)
        self._goods("NOT-SOLD", sale_ok=False)
        other = self.env["res.company"].create({"name": "Other seller"})
        self._goods("OTHERS", company_id=other.id, taxes_id=[Command.clear()])
        self._enter(self.purchaser)
        codes = ("HIDDEN", "GONE", "NOT-SOLD", "OTHERS")
        self.assertEqual(self._problems(*((code, "1") for code in codes)), ["unknown"] * 4)
        rows = [
            {"key": "1", "code": "", "quantity": "1", "product_id": product.id}
            for product in self.env["product.product"]
            .with_context(active_test=False)
            .search([("default_code", "in", codes)])
        ]
        answer = self.make_jsonrpc_request("/my/trade/order/check", {"rows": rows})
        self.assertEqual([row["problem"] for row in answer["rows"]], ["unknown"] * 4)
        self.assertNotIn("Ware", json.dumps(answer))

    def test_no_more_than_there_is_of_what_is_not_sold_without_stock(self):
        rare = self._goods("RARE", is_storable=True, allow_out_of_stock_order=False)
        warehouse = self.env["stock.warehouse"].search([("company_id", "=", self.env.company.id)], limit=1)
        self.env["stock.quant"]._update_available_quantity(rare, warehouse.lot_stock_id, 5)
        self._enter(self.purchaser)
        self.assertEqual(self._problems(("RARE", "6")), ["short"])
        self.assertEqual(self._add(("RARE", "5"))["added"], 1)
        self.assertEqual(self._problems(("RARE", "1")), ["short"], "five are on his order")

    def test_a_figure_that_is_a_moment_old_promises_nothing_that_is_gone(self):
        rare = self._goods("RARE", is_storable=True, allow_out_of_stock_order=False)
        warehouse = self.env["stock.warehouse"].search([("company_id", "=", self.env.company.id)], limit=1)
        self.env["stock.quant"]._update_available_quantity(rare, warehouse.lot_stock_id, 5)
        policy = self.env["ec.stock.policy"].create(
            {"name": "Trade", "line_ids": [Command.create({"warehouse_id": warehouse.id})]}
        )
        self.account.stock_policy_id = policy
        self.env["ec.stock.figure"]._recompute(rare.ids)
        self._enter(self.purchaser)
        self.assertEqual(self._problems(("RARE", "5"), ("RARE", "1")), ["short", ""])
        self.env["stock.quant"]._update_available_quantity(rare, warehouse.lot_stock_id, -4)
        self.assertEqual(self.account._catalogue_units(rare), {rare.id: 5}, "the figure does not know yet")
        self.assertEqual(self._problems(("RARE", "2")), ["short"])
        self.assertEqual(self._problems(("RARE", "1")), [""])
        policy.preorder = True
        self.assertEqual(self._problems(("RARE", "5")), [""], "more is on its way")

    def test_units_set_aside_for_others_are_not_there(self):
        rare = self._goods("RARE", is_storable=True, allow_out_of_stock_order=False)
        warehouse = self.env["stock.warehouse"].search([("company_id", "=", self.env.company.id)], limit=1)
        self.env["stock.quant"]._update_available_quantity(rare, warehouse.lot_stock_id, 5)
        pool = self.env["ec.stock.pool"].create(
            {
                "name": "Held",
                "product_id": rare.id,
                "warehouse_id": warehouse.id,
                "quantity": 4,
                "partner_id": self.south[1].id,
            }
        )
        self._enter(self.purchaser)
        self.assertEqual(self._problems(("RARE", "2")), ["short"])
        self.assertEqual(self._problems(("RARE", "1")), [""])
        pool.partner_id = self.head
        self.assertEqual(self._problems(("RARE", "5")), [""], "his own company's pool")

    def test_without_the_permission_no_amount_is_told(self):
        self.roles["purchaser"].can_see_prices = False
        self._enter(self.purchaser)
        answer = self._check(("A-1", "10"))
        self.assertNotIn("price", answer["rows"][0])
        self.assertNotIn("amount", answer["rows"][0])
        self.assertNotIn("amount", answer["totals"])
        self._add(("A-1", "10"))
        page = self.url_open("/my/trade/order/review").text
        self.assertIn("Ware A-1", page)
        self.assertNotIn("500.00", page)
        report = self._post("/my/trade/order/report", rows=json.dumps(self._rows(("A-1", "10"))), kind="csv")
        self.assertNotIn("500.00", report.text)

    def test_queries_do_not_grow_with_rows(self):
        goods = self._goods(*(f"Q-{number}" for number in range(300)))
        self.env.flush_all()
        website, pad = self.env["website"].search([], limit=1), self.env["ec.trade.pad"].with_user(self.purchaser)
        counts = []
        for number in (10, 300):
            self.env.invalidate_all()
            rows = [Row(str(place), product.default_code, "3") for place, product in enumerate(goods[:number])]
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            pad._check(rows, website, pricelist=self.pricelist.sudo())
            counts.append(self.env.cr.sql_log_count - before)
            self.assertTrue(all(row.is_good for row in rows))
        self.assertLessEqual(counts[1], counts[0] + 2, counts)

    def test_odd_input_is_no_error(self):
        self._enter(self.purchaser)
        rows = [
            {"key": "a\0", "code": "A\0-1\ud800", "quantity": "1\0"},
            {"key": "b", "code": "\ud800", "quantity": "²"},
            {"key": "c", "code": "", "quantity": "1", "product_id": 2**31},
            {"key": "d", "code": "", "quantity": "1", "product_id": True},
            {"key": "e", "code": "", "quantity": "1", "product_id": -1},
            {"key": "f", "code": "x" * 100_000, "quantity": "1"},
            {"key": "g", "code": ["A-1"], "quantity": {}},
        ]
        answer = self.make_jsonrpc_request("/my/trade/order/check", {"rows": rows})
        problems = ["", "no_code", "no_code", "no_code", "no_code", "unknown", "unknown"]
        self.assertEqual([row["problem"] for row in answer["rows"]], problems)
        self.assertEqual(len(answer["rows"][5]["code"]), 65)
        answer = self.make_jsonrpc_request("/my/trade/order/add", {"rows": rows, "key": "key-of-the-form"})
        self.assertEqual((answer["added"], answer["rows"][0]["key"]), (1, "a"))
        save = {"rows": rows, "name": "W\0eekly\ud800"}
        self.assertEqual(self.make_jsonrpc_request("/my/trade/lists/save", save), {"saved": 1})
        self.assertTrue(self.env["ec.trade.list"].search([("name", "=", "Weekly")]))
        for asked in ("order_id", "list_id"):
            self.assertEqual(self.url_open(f"/my/trade/order?{asked}=²").status_code, 404)
        rows[1]["code"] = "\x0b"
        for kind in ("csv", "xlsx"):
            self.assertEqual(self._post("/my/trade/order/report", rows=json.dumps(rows), kind=kind).status_code, 200)
        self.assertEqual(self._post("/my/trade/order/report", rows="[" * 100_000).status_code, 404)

    # ---- onto the order

    def test_good_rows_go_onto_the_order_and_bad_ones_stay(self):
        self._enter(self.purchaser)
        answer = self._add(("A-1", "10"), ("nothing", "2"), ("A-2", "3"))
        self.assertEqual((answer["added"], answer["lines"], answer["totals"]["bad"]), (2, 2, 1))
        order = self._drafts()
        lines = [(line.product_id.default_code, line.product_uom_qty, line.price_unit) for line in order.order_line]
        self.assertEqual([line[:2] for line in lines], [("A-1", 10), ("A-2", 3)])
        self.assertEqual(order.order_line.mapped("price_subtotal"), [500, 195])
        self.assertEqual(order.pricelist_id, self.pricelist)
        self.assertEqual(self._add(("A-1", "1"), ("A-3", "1"), key="another-form")["lines"], 3)
        self.assertEqual(order.order_line[0].product_uom_qty, 11)
        self.assertEqual(order.order_line[0].price_subtotal, 550)

    def test_all_bad_makes_no_order(self):
        self._enter(self.purchaser)
        self.assertEqual(self._add(("nothing", "2"))["added"], 0)
        self.assertFalse(self._drafts())

    def test_the_same_form_twice_is_one(self):
        self._enter(self.purchaser)
        first, second = (self._add(("A-1", "10")) for _time in range(2))
        self.assertEqual(first, second)
        self.assertEqual(self._drafts().order_line.product_uom_qty, 10)
        self._add(("A-1", "10"), key=first["key"])
        self.assertEqual(self._drafts().order_line.product_uom_qty, 20)
        # the key is the buyer's own
        self._enter(self.foreign)
        self._add(("A-1", "7"))
        self.assertEqual(self._drafts(self.foreign).order_line.product_uom_qty, 7)

    def test_an_error_half_way_leaves_nothing(self):
        self._enter(self.purchaser)
        Order = self.env.registry["sale.order"]
        with (
            patch.object(Order, "_verify_cart_after_update", side_effect=ZeroDivisionError),
            self.assertRaises(JsonRpcException),
        ):
            self._add(("A-1", "10"))
        self.assertFalse(self._drafts())
        self.assertEqual(self._add(("A-1", "10"))["added"], 1, "the form can be sent again")

    def test_who_may_not_order_checks_but_adds_nothing(self):
        self._enter(self.viewer)
        self.assertEqual(self._problems(("A-1", "1")), [""])
        self.assertIn("does not allow", self._add(("A-1", "1"))["error"])
        self.assertFalse(self._drafts(self.viewer))
        self.account.write({"block_reason": "late", "state": "blocked"})
        self._enter(self.purchaser)
        self.assertIn("does not allow", self._add(("A-1", "1"))["error"])

    def test_a_dismissed_buyers_session_does_nothing(self):
        self._enter(self.purchaser)
        self._add(("A-1", "1"))
        self.purchaser._ec_trade_buyer(self.account)._dismiss()
        with self.assertRaises(JsonRpcException):
            self._add(("A-1", "1"), key="another-form")
        self.assertEqual(self._drafts().order_line.product_uom_qty, 1)

    def test_others_have_no_pad(self):
        guest = self._login(self._contact(self.head, "North guest"))
        for user in (guest, self._login(self.env["res.partner"].create({"name": "x", "email": "x@example.com"}))):
            self._enter(user)
            for path in ("", "/review", "/template.csv"):
                self.assertEqual(self.url_open(f"/my/trade/order{path}").status_code, 404)

    # ---- where rows come from

    def test_an_old_order_again(self):
        line = Command.create({"product_id": self.cup.id, "product_uom_qty": 12})
        old = self._order(self.purchaser.partner_id, order_line=[line])
        foreign = self._order(self.foreign.partner_id)
        self._enter(self.purchaser)
        page = self.url_open(f"/my/trade/order?order_id={old.id}")
        self.assertIn("A-1", page.text)
        self.assertIn("&#34;12&#34;", page.text.replace("&quot;", "&#34;"))
        for order_id in (foreign.id, 0, 10**9, "x"):
            self.assertEqual(self.url_open(f"/my/trade/order?order_id={order_id}").status_code, 404, order_id)

    def test_lists_are_saved_shared_and_nobody_elses(self):
        self._enter(self.purchaser)
        save = {"rows": self._rows(("A-1", "4"), ("A-1", "2"), ("nope", "1")), "name": " Weekly ", "shared": False}
        self.assertEqual(self.make_jsonrpc_request("/my/trade/lists/save", save), {"saved": 1})
        self.make_jsonrpc_request("/my/trade/lists/save", save)
        weekly = self.env["ec.trade.list"].search([("name", "=", "Weekly")])
        self.assertEqual([(line.product_id, line.quantity) for line in weekly.line_ids], [(self.cup, 6)])
        self.assertIn("A-1", self.url_open(f"/my/trade/order?list_id={weekly.id}").text)
        self._enter(self.viewer)
        self.assertEqual(self.url_open(f"/my/trade/order?list_id={weekly.id}").status_code, 404)
        weekly.shared = True
        self.assertEqual(self.url_open(f"/my/trade/order?list_id={weekly.id}").status_code, 200)
        self.assertEqual(self._post(f"/my/trade/lists/{weekly.id}/delete").status_code, 404)
        self._enter(self.foreign)
        self.assertNotIn("Weekly", self.url_open("/my/trade/lists").text)
        self.assertEqual(self.url_open(f"/my/trade/order?list_id={weekly.id}").status_code, 404)
        self.assertEqual(self._post(f"/my/trade/lists/{weekly.id}/delete").status_code, 404)
        self._enter(self.purchaser)
        self._post(f"/my/trade/lists/{weekly.id}/delete")
        self.assertFalse(weekly.exists())

    # ---- files

    def _upload(self, data, name="order.csv"):
        from odoo import http

        form = {"csrf_token": http.Request.csrf_token(self)}
        return self.url_open("/my/trade/order/upload", data=form, files={"file": (name, data)}).json()

    def test_files_are_read_or_refused_in_a_sentence(self):
        self._enter(self.purchaser)
        self.assertEqual(
            self._upload("品番,数量\nA-1,3\nA-2,x".encode("cp932"))["rows"],
            [{"code": "A-1", "quantity": "3"}, {"code": "A-2", "quantity": "x"}],
        )
        self.assertIn("5 MB", self._upload(b"A-1,1\n" * 1_000_000)["error"])
        self.assertIn("300", self._upload(b"A-1,1\n" * 301)["error"])
        self.assertIn(".xlsx", self._upload(b"PK\x03\x04nonsense")["error"])

    def test_a_file_of_50_mb_is_refused_in_a_sentence(self):
        self._enter(self.purchaser)
        self.assertIn("5 MB", self._upload(b"x" * 50 * 1024 * 1024)["error"])

    def test_templates_are_read_back_in_both_languages(self):
        from odoo.addons.ec_b2b_portal import order_file

        self.env["res.lang"]._activate_lang("ja_JP")
        self.env["website"].search([]).language_ids |= self.env["res.lang"]._lang_get("ja_JP")
        self._enter(self.purchaser)
        for path in ("/my", "/ja/my"):
            csv = self.url_open(f"{path}/trade/order/template.csv").content
            self.assertEqual(order_file.read(csv + b"A-1,3\r\n"), [("A-1", "3")])
        self.assertTrue(self.url_open("/my/trade/order/template.xlsx").content.startswith(b"PK"))
        self.assertEqual(self.url_open("/my/trade/order/template.exe").status_code, 404)

    def test_the_report_says_it_line_by_line_and_runs_nothing(self):
        self.plate.name = "=cmd|' /C calc'!A0"
        self._enter(self.purchaser)
        rows = self._rows(("A-1", "4"), ("A-1", "6"), ("A-2", "1"), ("@evil", "1"))
        report = self._post("/my/trade/order/report", rows=json.dumps(rows), kind="csv").content.decode("utf-8-sig")
        lines = report.splitlines()
        self.assertIn("50.00", lines[1])
        self.assertIn("Added to row 1.", lines[2])
        self.assertIn("'=cmd", lines[3])
        self.assertIn("'@evil", lines[4])
        self.assertEqual(self._post("/my/trade/order/report", rows="no json", kind="csv").status_code, 404)
