from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from .board_common import BoardCommon


@tagged("post_install", "-at_install")
class TestBoard(BoardCommon):
    # ---- queues and counts

    def test_an_order_stands_in_every_queue_it_waits_in(self):
        plain, held, both = self._order(), self._order(), self._order()
        self._hold(held + both, "address")
        self._hold(both, "comment")
        self.assertEqual(
            self._counts(),
            {"hold-address": 2, "hold-comment": 1, "status-quotation": 1, "status-held": 2, "all": 3},
        )
        self.assertEqual(self._ids("hold-comment"), both.ids)
        self.assertEqual(self._ids("status-quotation"), plain.ids)
        self.assertEqual(set(self._ids("all")), set((plain + held + both).ids))

    def test_two_holds_of_one_type_count_once(self):
        order = self._order()
        self._hold(order, "unmapped_sku", key="1")
        self._hold(order, "unmapped_sku", key="2")
        result = self.board.board(queue="hold-unmapped_sku")
        self.assertEqual((result["total"], [row["id"] for row in result["rows"]]), (1, order.ids))
        self.assertEqual(len(result["rows"][0]["holds"]), 2)

    def test_value_age_and_overdue(self):
        orders = self._order(quantity=1) + self._order(quantity=3)
        orders.order_line.price_unit = 50
        orders.order_line.tax_ids = False
        now = fields.Datetime.now()
        holds = self._hold(orders, "address", due=now + timedelta(hours=1))
        holds[0].due = now - timedelta(hours=1)
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE ec_order_hold SET opened_at = %s WHERE id = %s", (now - timedelta(days=3), holds[1].id)
        )
        self.env.invalidate_all()
        queue = self._queues()["hold-address"]
        self.assertEqual((queue["count"], queue["value"], queue["overdue"]), (2, 200.0, 1))
        self.assertAlmostEqual(queue["age"], 3 * 86400, delta=60)
        self.assertEqual(self._queues()["status-held"]["overdue"], 1)
        self.assertEqual(self._counts(filters=["overdue"]), {"hold-address": 1, "status-held": 1, "all": 1})

    def test_a_late_promise_is_overdue_without_any_hold(self):
        order = self._order(self.product, commitment_date=fields.Datetime.now() - timedelta(days=1))
        self.assertEqual(self._queues()["status-quotation"]["overdue"], 0)
        order.action_confirm()
        self.assertEqual(self._queues()["status-waiting_stock"]["overdue"], 1)
        self.assertEqual(self._ids("all", filters=["overdue"]), order.ids)
        [row] = self.board.board(queue="all")["rows"]
        self.assertTrue(row["late"])

    def test_finished_orders_are_not_there_but_their_holds_are(self):
        order = self._order()
        self._hold(order, "refund_review")
        order.action_cancel()
        self.assertEqual(self._counts(), {"hold-refund_review": 1})

    def test_the_value_is_in_the_company_s_currency(self):
        currency = self.env["res.currency"].create({"name": "BRD", "symbol": "B", "rounding": 0.01})
        self.env["res.currency.rate"].create(
            {"currency_id": currency.id, "rate": 4.0, "name": "2020-01-01", "company_id": self.company.id}
        )
        pricelist = self.env["product.pricelist"].create(
            {"name": "B", "currency_id": currency.id, "company_id": self.company.id}
        )
        order = self._order(pricelist_id=pricelist.id)
        order.order_line.write({"price_unit": 100, "tax_ids": False})
        self.assertEqual((order.amount_total, order.currency_id), (200, currency))
        self.assertEqual(self._queues()["all"]["value"], 50.0)

    # ---- looking for

    def test_search_by_number_customer_and_reference(self):
        order, other = self._order(client_order_ref="PO-77-X"), self._order()
        other.partner_id = self.env["res.partner"].create({"name": "Kobo Nishi"})
        self._hold(order, "address")
        for words in (order.name, "po-77", "sato"):
            self.assertEqual(self._ids("all", words=words), order.ids, words)
        self.assertEqual(self._ids("all", words="nishi"), other.ids)
        # in a queue that has none of them, the first that has some is shown
        result = self.board.board(queue="status-ready", words="PO-77")
        self.assertEqual((result["queue"], result["total"]), ("hold-address", 1))
        self.assertEqual(self.board.board(words="no such thing")["rows"], [])

    def test_mine_is_what_i_own_what_my_group_owns_and_what_i_sell(self):
        mine, group, sold, other = (self._order(user_id=self.clerk.id) for _index in range(4))
        (mine + group + other).user_id = False
        self._hold(mine, "address", owner_id=self.clerk.id)
        self._hold(other, "address", owner_id=self.lead.id)
        self._hold(group, "comment")
        manager_group = self.env.ref("sales_team.group_sale_manager")
        self.env.ref("ec_order_hold.type_comment").owner_group_id = manager_group
        board = self._board_of(self.clerk)
        self.assertEqual(self._ids("all", board, filters=["mine"]), (mine + sold).sorted("id").ids)
        self.assertEqual(self._ids("hold-address", board, filters=["mine"]), mine.ids)
        self.env.ref("ec_order_hold.type_comment").owner_group_id = self.env.ref("ec_order_hold.group_hold_user")
        self.assertEqual(self._ids("hold-comment", board, filters=["mine"]), group.ids)

    def test_responsible(self):
        owned, nobodys = self._order(), self._order(user_id=False)
        self._hold(owned, "address", owner_id=self.clerk.id)
        self._hold(nobodys, "address")
        self.assertEqual(self._ids("hold-address", responsible=str(self.clerk.id)), owned.ids)
        self.assertEqual(self._ids("hold-address", responsible="none"), nobodys.ids)
        self.assertEqual(
            self.board.people(), [[user.id, user.name] for user in (self.clerk + self.lead).sorted("name")]
        )

    def test_sorting_and_pages(self):
        orders = self._order(quantity=1) + self._order(quantity=9) + self._order(quantity=5)
        orders.order_line.price_unit = 10
        now = fields.Datetime.now()
        for order, hours in zip(orders, (5, 1, 3), strict=True):
            order.date_order = now - timedelta(hours=hours)
            self._hold(order, "address", due=now + timedelta(hours=hours))
        first, second, third = orders.ids
        for queue in ("hold-address", "status-held", "all"):
            self.assertEqual(self._ids(queue, sort="value"), [second, third, first])
            self.assertEqual(self._ids(queue, sort="due"), [second, third, first])
        self.assertEqual(self._ids("all"), [first, third, second])
        self.assertEqual(self._ids("all", offset=1, limit=1), [third])
        self.assertEqual(self.board.order_ids("all", sort="value"), [second, third, first])
        with self.assertRaises(UserError):
            self.board.board(sort="name; DROP TABLE")

    def test_a_row_has_all_badges_and_what_to_do_in_this_queue(self):
        order = self._order()
        self._hold(order, "address", owner_id=self.clerk.id)
        self._hold(order, "payment_pending")
        [row] = self.board.board(queue="hold-payment_pending")["rows"]
        self.assertEqual([hold["queue"] for hold in row["holds"]], ["hold-payment_pending", "hold-address"])
        self.assertIn("Wait for the payment", row["holds"][0]["advice"])
        [row] = self.board.board(queue="all")["rows"]
        self.assertEqual(row["holds"][0]["queue"], "hold-address")
        self.assertEqual((row["customer"], row["holds"][0]["owner"]), ("Sato Shoten", self.clerk.name))
        self.assertAlmostEqual(row["holds"][0]["left"], 24 * 3600, delta=60)

    def test_what_a_page_costs_does_not_grow_with_its_orders(self):
        for count in (2, 20):
            for _index in range(count):
                self._hold(self._order(), "address")
            self.env.flush_all()
            self.board.board(queue="hold-address")
            self.env.invalidate_all()
            with self.assertQueryCount(20):
                self.board.board(queue="hold-address")

    # ---- who sees what

    def test_own_orders_only(self):
        own, others = self._order(user_id=self.clerk.id), self._order()
        self._hold(own + others, "address")
        board = self._board_of(self.clerk)
        expected = {"hold-address": 1, "status-held": 1, "all": 1}
        self.assertEqual(self._counts(board), expected)
        for queue in expected:
            self.assertEqual(self._ids(queue, board), own.ids)
            self.assertEqual(board.order_ids(queue), own.ids)
        self.assertEqual(self._ids("all", board, words="Sato"), own.ids)
        self.assertFalse(board.panel(others.id))
        preview = board.preview((own + others).ids, "release")
        self.assertEqual([row["id"] for row in preview["rows"]], own.ids)
        holds = others.ec_hold_ids
        self.assertEqual(board.apply(holds.ids, "release", "x"), 0)
        self.assertEqual(board.comment(others.ids, "x"), 0)
        self.assertTrue(all(holds.mapped("open")))
        self.assertEqual(self._counts()["all"], 2)

    def test_companies(self):
        other = self.env["res.company"].create({"name": "Other board"})
        self.env.user.company_ids += other
        here, there = self._order(), self._order(company_id=other.id)
        self._hold(here + there, "address")
        both = self._user("board_both", "ec_order_hold.group_hold_user,sales_team.group_sale_manager", self.company + other)
        self.assertEqual(self._counts()["all"], 1)
        self.assertEqual(self._ids("hold-address"), here.ids)
        self.assertFalse(self.board.panel(there.id))
        board = self._board_of(both, self.company + other)
        self.assertEqual(self._counts(board)["hold-address"], 2)
        self.assertEqual(self._ids("all", self._board_of(both, other)), there.ids)
        rows = board.board(queue="all")["rows"]
        self.assertEqual({row["company"] for row in rows}, {"Board", "Other board"})
        # a colleague who does not work there cannot answer for it
        with self.assertRaises(UserError):
            board.apply((here + there).ec_hold_ids.ids, "assign", self.clerk.id)
        self.assertFalse((here + there).ec_hold_ids.owner_id)

    def test_values_of_companies_with_other_currencies_are_converted(self):
        currency = self.env["res.currency"].create({"name": "BRE", "symbol": "E", "rounding": 0.01})
        other = self.env["res.company"].create({"name": "Other money", "currency_id": currency.id})
        self.env["res.currency.rate"].create(
            {"currency_id": currency.id, "rate": 0.5, "name": "2020-01-01", "company_id": company.id}
            for company in self.company + other
        )
        self.env["res.currency.rate"].create(
            {"currency_id": self.company.currency_id.id, "rate": 1.0, "name": "2020-01-01", "company_id": other.id}
        )
        self.env.user.company_ids += other
        both = self._user("board_both", "ec_order_hold.group_hold_user,sales_team.group_sale_manager", self.company + other)
        orders = self._order(quantity=1) + self._order(quantity=1, company_id=other.id)
        orders.order_line.write({"price_unit": 100, "tax_ids": False})
        expected = 100 + currency._convert(100, self.company.currency_id, other, fields.Date.today())
        self.assertNotEqual(expected, 200)
        queue = self._queues(self._board_of(both, self.company + other))["all"]
        self.assertAlmostEqual(queue["value"], expected)

    def test_users_without_our_groups_are_refused(self):
        order = self._order()
        board = self._board_of(self.salesman, self.salesman.company_id)
        for call in (
            board.board,
            board.people,
            lambda: board.order_ids("all"),
            lambda: board.panel(order.id),
            lambda: board.preview(order.ids, "release"),
            lambda: board.apply([], "release"),
        ):
            with self.assertRaises(AccessError):
                call()
        menu = self.env.ref("ec_order_hold.menu_order_board")
        self.assertNotIn(menu.id, self.env["ir.ui.menu"].with_user(self.salesman)._visible_menu_ids())

    # ---- many at once

    def test_the_release_preview_is_what_then_happens(self):
        free, still, open_, other = (self._order() for _index in range(4))
        confirmed = self._order()
        confirmed.action_confirm()
        self._hold(free + still + open_ + confirmed, "address")
        self._hold(still, "payment_pending")
        self._hold(open_, "comment")
        orders = free + still + open_ + other + confirmed
        preview = self.board.preview(orders.ids, "release", "hold-address")
        self.assertEqual(
            {name: preview[name] for name in ("orders", "untouched", "holds", "freed", "confirmable")},
            {"orders": 4, "untouched": 1, "holds": 4, "freed": 2, "confirmable": 2},
        )
        self._hold(other, "address")  # after the look: not looked at, not released
        self.assertEqual(self.board.apply(preview["hold_ids"], "release", "Checked"), 4)
        self.assertEqual(other.ec_hold_codes, "address")
        for row in preview["rows"]:
            order = self.env["sale.order"].browse(row["id"])
            self.assertEqual(not order.ec_hold_count, row["freed"], order.name)
            self.assertEqual(
                order.state == "draft" and not order.ec_blocks_confirm, row["confirmable"], order.name
            )
            self.assertEqual(
                sorted(order.ec_hold_ids.filtered("open").mapped("type_id.name")), sorted(row["keeps"])
            )
        released = orders.ec_hold_ids.filtered(lambda hold: not hold.open)
        self.assertEqual(sorted(released.ids), sorted(preview["hold_ids"]))
        self.assertEqual(set(released.mapped("release_note")), {"Checked"})
        self.assertEqual(released.released_by_id, self.lead)

    def test_all_holds_are_released_when_no_queue_is_named(self):
        order = self._order()
        self._hold(order, "address")
        self._hold(order, "comment")
        preview = self.board.preview(order.ids, "release")
        self.assertEqual((preview["holds"], preview["freed"], preview["confirmable"]), (2, 1, 1))
        self.board.apply(preview["hold_ids"], "release")
        self.assertEqual((order.ec_hold_count, order.ec_status), (0, "quotation"))

    def test_assigning_and_due_dates(self):
        orders = self._order() + self._order()
        holds = self._hold(orders, "address")
        preview = self.board.preview(orders.ids, "assign", "hold-address")
        self.assertEqual((preview["holds"], preview["hold_ids"]), (2, holds.sorted().ids))
        self.assertEqual(self.board.apply(holds.ids, "assign", self.clerk.id), 2)
        self.assertEqual(holds.owner_id, self.clerk)
        self.assertEqual(self.board.apply(holds.ids, "due", "2030-02-03 04:05:06"), 2)
        self.assertEqual(set(holds.mapped("due")), {fields.Datetime.to_datetime("2030-02-03 04:05:06")})
        self.board.apply(holds.ids, "due", False)
        self.board.apply(holds.ids, "assign", False)
        self.assertFalse(any(holds.mapped("due")) or holds.owner_id)
        portal = new_test_user(self.env, "board_portal", groups="base.group_portal")
        for user in (portal, self.salesman):
            with self.assertRaises(UserError):
                self.board.apply(holds.ids, "assign", user.id)
        with self.assertRaises(UserError):
            self.board.apply(holds.ids, "open", True)

    def test_a_comment_is_an_internal_note_in_the_user_s_name(self):
        order = self._order()
        self.assertEqual(self.board.comment(order.ids, "Called <b>\nagain"), 1)
        message = order.message_ids[0]
        self.assertEqual(message.author_id, self.lead.partner_id)
        self.assertTrue(message.subtype_id.internal)
        self.assertIn("Called &lt;b&gt;<br>again", message.body)
        with self.assertRaises(UserError):
            self.board.comment(order.ids, "  ")

    # ---- the panel

    def test_the_panel(self):
        warehouse = self.env["stock.warehouse"].search([("company_id", "=", self.company.id)], limit=1)
        self.env["stock.quant"]._update_available_quantity(self.product, warehouse.lot_stock_id, 3)
        order = self._order(self.product, 5)
        self.partner.write({"street": "1-2-3", "phone": "03-1"})
        order.action_confirm()
        self._hold(order, "address")._release("Corrected")
        self._hold(order, "comment", "Please ring")
        panel = self.board.panel(order.id)
        self.assertEqual([hold["reason"] for hold in panel["holds"]], ["Please ring"])
        self.assertEqual([(hold["note"], hold["name"]) for hold in panel["history"]], [("Corrected", "Address doubtful")])
        [line] = panel["lines"]
        self.assertEqual((line["quantity"], line["reserved"], line["delivered"]), (5, 3, 0))
        self.assertIn("1-2-3", panel["address"])
        self.assertEqual((panel["phone"], panel["status"], panel["confirmable"]), ("03-1", "held", False))

    # ---- other addons

    def test_more_queues_and_panel_sections(self):
        order, _other = self._order(client_order_ref="split"), self._order()
        model = self.env.registry["ec.order.board"]
        own = {"key": "mine", "name": "To split", "section": "Routing", "domain": [("client_order_ref", "=", "split")]}
        before = model._board_queues
        with (
            patch.object(model, "_board_queues", lambda self: [*before(self), own]),
            patch.object(model, "_board_panel", lambda self, order: {"why": {"text": order.name}}),
            patch.object(model, "_board_search_domains", lambda self, words: [[("id", "=", order.id)]]),
        ):
            queue = self._queues()["mine"]
            self.assertEqual((queue["name"], queue["section"], queue["count"]), ("To split", "Routing", 1))
            self.assertNotIn("domain", queue)
            self.assertEqual(self._ids("mine"), order.ids)
            self.assertEqual(self._ids("mine", self._board_of(self.clerk)), [])
            self.assertEqual(self.board.order_ids("mine"), order.ids)
            self.assertEqual(self.board.panel(order.id)["sections"], {"why": {"text": order.name}})
            self.assertEqual(self._ids("all", words="anything"), order.ids)
