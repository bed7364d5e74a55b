"""The grid, the page that says why, the policy's example, and what people without our groups see: nothing of it, and no error."""

from unittest.mock import patch

from lxml import etree

from odoo.exceptions import AccessError
from odoo.tests import Form, new_test_user, tagged
from odoo.tools import SQL

from .common import ChannelCommon
from .stock_common import StockCommon, StockShop


@tagged("post_install", "-at_install")
class TestStockScreens(ChannelCommon):
    _world = StockCommon  # its steps; the world is another
    open_shop, set_there, settle, plan, step = _world.open_shop, _world.set_there, _world.settle, _world.plan, _world.step
    read_orders, level, shown, turn_on = _world.read_orders, _world.level, _world.shown, _world.turn_on

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.operator = cls._user("operator", "ec_channel_base.group_ec_operator")
        cls.manager = cls._user("manager", "ec_channel_base.group_ec_manager")
        cls.other_company = cls.env["res.company"].create({"name": "Elsewhere"})
        cls.stranger = cls._user("stranger", "ec_channel_base.group_ec_admin", company=cls.other_company)

    @classmethod
    def _user(cls, login, *groups, company=None):
        company = company or cls.company
        return new_test_user(cls.env, f"st_{login}", ",".join(("base.group_user", *groups)), company_id=company.id, company_ids=[(6, 0, company.ids)])

    def setUp(self):
        super().setUp()
        self.shop = StockShop()
        self.shops = {self.channel: self.shop}
        self.startPatcher(patch.object(type(self.env["ec.channel"]), "_connector", lambda channel: self.shops.get(channel) or self.shop))
        self.tea = self.products[0]
        self.policy = self.env["ec.stock.policy"].create(
            {"name": "All", "company_id": self.company.id, "mode": "strict", "line_ids": [(0, 0, {"warehouse_id": self.warehouse.id})]}
        )
        self.open_shop(self.channel, products=self.products[:3], shown=4)
        self.set_there(7)
        self.settle()

    def grid(self, user=None, **options):
        user = user or self.operator
        return self.env["ec.stock.level"].with_user(user).with_context(allowed_company_ids=user.company_ids.ids).grid(**options)

    def skus(self, **options):
        return [row["sku"] for row in self.grid(**options)["rows"]]

    def cells(self, sku, **options):
        [row] = [row for row in self.grid(**options)["rows"] if row["sku"] == sku]
        return {key.split()[0]: cells for key, cells in row["cells"].items()}

    # ---- the grid

    def test_a_row_a_product_a_cell_a_shop(self):
        other = self.open_shop(self._channel("Second"), shown=2)
        self.settle()
        data = self.grid()
        self.assertEqual([row["sku"] for row in data["rows"]], ["TEA-1", "TEA-2", "TEA-3"])
        self.assertEqual([column["name"] for column in data["columns"]], ["Memory", "Second"])
        self.assertEqual((data["total"], data["capped"]), (3, False))
        tea = data["rows"][0]
        self.assertEqual((tea["on_hand"], tea["free"], tea["least"], tea["most"]), (7, 7, 7, 7))
        [mine], [theirs] = (self.cells("TEA-1")[str(channel.id)] for channel in (self.channel, other))
        self.assertEqual((mine["shown"], theirs["shown"], mine["look"]), (4, 2, "off"), "only compared: nothing is sent")
        self.assertEqual((mine["differs"], theirs["differs"], theirs["desired"]), (False, True, 3))
        self.assertEqual(self.grid(channel_id=other.id)["columns"][0]["name"], "Second")
        self.assertEqual(self.skus(channel_id=other.id), ["TEA-1"])

    def test_filters_words_and_order(self):
        self.turn_on()
        self.assertEqual(self.skus(filters=["differs"]), [])
        self.assertEqual(self.cells("TEA-1")[str(self.channel.id)][0]["look"], "ok")
        self.set_there(3, self.products[1])
        self.set_there(90, self.products[2])
        self.plan()
        self.assertEqual(self.skus(filters=["differs"]), ["TEA-2", "TEA-3"])
        self.assertEqual(self.skus(filters=["differs", "flight"]), ["TEA-2", "TEA-3"])
        self.assertEqual(self.cells("TEA-2")[str(self.channel.id)][0]["look"], "flight")
        self.assertEqual(self.skus(sort="difference"), ["TEA-2", "TEA-3"], "97 are more than 10")
        self.env["ec.stock.level"].search([("product_id", "=", self.products[1].id)]).listing_id.write({"stock_rule": "sold_out"})
        self.settle()
        self.assertEqual(self.skus(filters=["sold_out"]), ["TEA-2"])
        self.assertEqual(self.skus(filters=["error"]), [])
        self.env.cr.execute("UPDATE ec_stock_level SET state = 'error', error_code = 'unknown_item' WHERE product_id = %s", [self.tea.id])
        self.assertEqual(self.skus(filters=["error"]), ["TEA-1"])
        self.assertEqual(self.cells("TEA-1")[str(self.channel.id)][0]["look"], "error")
        self.products[2].barcode = "4900000000019"
        for words, found in (("tea-2", ["TEA-2"]), ("ea 3", ["TEA-3"]), ("4900000000019", ["TEA-3"]), ("nothing", []), ("tea", ["TEA-1", "TEA-2", "TEA-3"])):
            with self.subTest(words):
                self.assertEqual(self.skus(words=words), found)
                self.assertEqual(self.grid(words=words)["total"], len(found))
        self.assertEqual(self.skus(sort="name", offset=1, limit=1), ["TEA-2"])

    def test_others_see_nothing_of_it(self):
        self.assertEqual(self.grid(self.stranger)["rows"], [])
        self.assertEqual(self.grid(self.stranger)["channels"], [])
        for login, group in (("plain", "base.group_user"), ("sales", "sales_team.group_sale_salesman"), ("stock", "stock.group_stock_user")):
            user = self._user(login, group)
            with self.subTest(login), self.assertRaises(AccessError):
                self.grid(user)
            with self.subTest(login), self.assertRaises(AccessError):
                self.env["ec.stock.level"].with_user(user).grid_apply(self.tea.ids, [], "sold_out")
        stranger = self.env["ec.stock.level"].with_user(self.stranger).with_context(allowed_company_ids=self.other_company.ids)
        self.assertEqual(stranger.grid_apply(self.tea.ids, [], "sold_out"), 0)
        self.assertEqual(self.level().listing_id.stock_rule, "follow")

    def test_the_head_counts_what_its_links_open(self):
        [head] = self.grid()["channels"]
        levels = self.env["ec.stock.level"].with_user(self.operator)
        self.assertEqual(head["differs"], levels.search_count([("channel_id", "=", self.channel.id), ("differs", "=", True)]))
        self.assertEqual((head["levels"], head["state"], head["running"]), (3, "shadow", True))

    # ---- many at once

    def test_a_preview_says_what_then_happens(self):
        other = self.open_shop(self._channel("Second"), shown=0)
        self.turn_on()
        Level = self.env["ec.stock.level"].with_user(self.operator)
        preview = Level.grid_preview(self.tea.ids, self.channel.ids, "sold_out")
        told = {row["channel"]: row for row in preview["rows"]}
        self.assertEqual((preview["items"], preview["figures"]), (1, 1))
        self.assertEqual((told["Memory"]["then"], told["Second"]["then"]), (0, 7), "divided units go to the other shop")
        self.assertEqual((told["Memory"]["chosen"], told["Second"]["chosen"]), (True, False))
        self.assertEqual(self.level().listing_id.stock_rule, "follow", "a preview changes nothing")
        self.assertEqual(Level.grid_apply(self.tea.ids, self.channel.ids, "sold_out"), 1)
        self.settle()
        self.assertEqual((self.shown(), self.shown(other)), (0, 7))
        Level.grid_apply(self.tea.ids, self.channel.ids, "limit", 2)
        self.settle()
        self.assertEqual((self.shown(), self.shown(other)), (2, 5))

    def test_read_again(self):
        self.turn_on()
        Level = self.env["ec.stock.level"].with_user(self.operator)
        self.assertEqual(Level.grid_preview(self.tea.ids, [], "read")["rows"], [])
        self.assertEqual(Level.grid_apply(self.tea.ids, [], "read"), 1)
        self.assertEqual(self.level().state, "stale")

    # ---- why

    def test_the_page_adds_up(self):
        self.policy.write({"buffer_value": 2, "capped": True, "cap": 3})
        self.turn_on()
        why = self.level().with_user(self.operator)._why()
        self.assertEqual([(line["code"], int(line["units"])) for line in why["lines"]], [("on_hand", 7), ("buffer", -2), ("cap", -2)])
        self.assertEqual((why["figure"], self.level().desired), (3, 3))
        self.assertEqual(why["sentence"], f"Memory shows 3 of {self.tea.display_name}, as it shall.")
        self.assertEqual((why["sharing"]["mode"], why["sharing"]["strict"], why["sharing"]["oversell"]), ("strict", True, 0))
        self.assertEqual([(shop["name"], shop["shown"], shop["exposure"], shop["me"]) for shop in why["shops"]], [("Memory", 3, 3, True)])
        html = self.level().with_user(self.operator).why
        for text in ("May be sold", "Buffer", "Nothing can be sold twice", "Last told", "/odoo/stock-policies/"):
            self.assertIn(text, html)

    def test_the_sentence_says_where_it_hangs(self):
        self.assertIn("only compared", self.level()._why_sentence())
        self.turn_on()
        self.set_there(5)
        self.plan()
        self.assertIn("Memory shows 7 of", self.level()._why_sentence())
        self.assertRegex(self.level()._why_sentence(), r"It shall show 5; the new figure is on its way since \d+ s\.$")
        self.channel.action_stock_stop()
        self.assertIn("stock to this shop is stopped", self.level()._why_sentence())
        self.company.action_ec_stock_stop()
        self.assertIn("stock to all shops is stopped", self.level()._why_sentence())
        self.env.cr.execute("UPDATE ec_stock_level SET believed = NULL")
        self.env.invalidate_all()
        self.assertIn("has not been read yet", self.level()._why_sentence())
        self.assertTrue(self.level().why)
        self.assertEqual(self.level().shown_text, "–")
        self.assertIsNone(self.cells("TEA-1")[str(self.channel.id)][0]["shown"], "nobody knows is not 0")

    def test_what_shared_shops_may_sell_twice(self):
        self.policy.mode = "shared"
        self.open_shop(self._channel("Second"), shown=0)
        self.turn_on()
        why = self.level()._why()
        self.assertEqual((why["sharing"]["strict"], why["sharing"]["oversell"]), (False, 7), "both show 7, there are 7")

    def test_orders_not_counted_yet_are_named(self):
        self.turn_on()
        self.env.cr.execute(
            "INSERT INTO ec_stock_sale (channel_id, listing_key, location, units, happened_at) VALUES (%s, 'V1', '', 2, now() AT TIME ZONE 'UTC')",
            [self.channel.id],
        )
        self.assertIn(("Sold in the shop, about to be counted", 2, ""), self.level()._why_path())

    # ---- the policy's example

    def test_the_example_shows_values_that_are_not_saved(self):
        second = self.env["stock.warehouse"].create({"name": "Second", "code": "SEC", "company_id": self.company.id})
        self.env["stock.quant"]._update_available_quantity(self.tea, second.lot_stock_id, 10)
        user = self.manager
        with Form(self.policy.with_user(user).with_context(allowed_company_ids=self.company.ids)) as form:
            form.example_product_id = self.tea
            self.assertIn(">7<", form.example)
            form.buffer_value = 3
            self.assertIn(">4<", form.example)
            with form.line_ids.new() as line:
                line.warehouse_id = second
                line.share = 50
            self.assertIn(">9<", form.example, "7 + half of 10, less 3")
            form.blocked_location_ids.add(self.warehouse.lot_stock_id)
            self.assertIn(">2<", form.example, "half of 10, less 3")
            stored = self.env.execute_query_dict(SQL("SELECT buffer_value FROM ec_stock_policy WHERE id = %s", self.policy.id))
            self.assertEqual(float(stored[0]["buffer_value"]), 0)
            self.assertEqual(self.env["ec.stock.figure"].search([("policy_id", "=", self.policy.id), ("product_id", "=", self.tea.id)]).quantity, 7)
        new = Form(self.env["ec.stock.policy"].with_user(user).with_context(allowed_company_ids=self.company.ids))
        new.example_product_id = self.tea
        with new.line_ids.new() as line:
            line.warehouse_id = second
        self.assertIn(">10<", new.example, "not even the policy is there yet")

    def test_the_example_shows_what_shops_would_show(self):
        self.open_shop(self._channel("Second"), shown=0)
        self.settle()
        with Form(self.policy.with_context(allowed_company_ids=self.company.ids)) as form:
            form.example_product_id = self.tea
            values = self.policy._example_values()
            self.assertEqual([shop["units"] for shop in values["example_shops"]], [4, 3])
            form.mode = "shared"
            self.assertIn("Each shows all of it", form.example)
            self.assertNotIn("Divided among them", form.example)
        self.assertIn("two shops may sell the last unit", self.policy.mode_text)

    # ---- other screens

    def test_a_channel_says_what_turning_it_on_changes(self):
        self.channel.external_id = "memory"
        self.assertIn("3 of 3 figures", self.channel.stock_on_text)
        self.assertFalse(self.channel.setup_stock)
        self.channel.action_stock_on()
        self.channel.invalidate_recordset()
        self.assertTrue(self.channel.setup_stock)

    def test_products_open_for_everybody(self):
        users = {
            "plain": self._user("p1", "base.group_user"),
            "sales": self._user("p2", "sales_team.group_sale_salesman"),
            "stock": self._user("p3", "stock.group_stock_user"),
            "operator": self.operator,
        }
        for name, user in users.items():
            for record in (self.tea, self.tea.product_tmpl_id):
                with self.subTest(name, model=record._name):
                    mine = record.with_user(user).with_context(allowed_company_ids=self.company.ids)
                    view = mine.get_view(self.env.ref("product.product_normal_form_view").id if record == self.tea else None, "form")
                    self.assertEqual("ec_stock_level_ids" in view["arch"], name == "operator")
                    names = {field.get("name") for field in etree.fromstring(view["arch"]).xpath("//field[not(ancestor::field)]")}
                    spec = {name: {} for name in names if name in mine._fields}
                    self.assertTrue(mine.web_read(spec))
        self.assertEqual(self.tea.product_tmpl_id.with_user(self.operator).ec_stock_level_ids, self.level())

    def test_the_policy_says_who_uses_it(self):
        self.channel.stock_policy_id = self.policy
        policy = self.policy.with_user(self.manager)
        self.assertEqual((policy.ec_channel_count, policy.ec_place_count, policy.ec_level_count), (1, 1, 3))
        self.assertEqual(self.env["ec.stock.level"].search_count(policy.action_open_ec_levels()["domain"]), 3)
