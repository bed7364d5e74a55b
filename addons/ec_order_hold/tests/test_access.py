from lxml import etree

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import Form, new_test_user, tagged

from .common import HoldCommon


@tagged("post_install", "-at_install")
class TestAccess(HoldCommon):
    # -- Users without our groups --------------------------------------------------------

    def test_ordinary_users_see_no_field_and_no_menu(self):
        holds_menu = self.env.ref("ec_order_hold.menu_holds")
        # fields that another addon gives to every salesperson are no business of ours
        own = {name for name, field in self.env["sale.order"]._fields.items() if field._modules == ("ec_order_hold",)}
        self.assertIn("ec_status", own)
        for user in (self.salesman, self.stock_user):
            order_model = self.env["sale.order"].with_user(user)
            self.assertFalse(own & set(order_model.fields_get()))
            views = order_model.get_views([(False, "form"), (False, "list"), (False, "search")])
            for view in views["views"].values():
                self.assertFalse([name for name in own if name in view["arch"]])
            visible = self.env["ir.ui.menu"].with_user(user)._visible_menu_ids()
            self.assertNotIn(holds_menu.id, visible)
            bindings = self.env["ir.actions.actions"].with_user(user).get_bindings("sale.order")
            self.assertNotIn(
                "ec.order.hold.open",
                [action.get("res_model") for action in bindings.get("action", [])],
            )
            with self.assertRaises(AccessError):
                self.env["ec.order.hold"].with_user(user).search([])

    def test_salesman_without_our_groups_works_with_a_held_order(self):
        self._stock(10)
        with Form(self.env["sale.order"].with_user(self.salesman)) as form:
            form.partner_id = self.partner
            with form.order_line.new() as line:
                line.product_id = self.product
        order = form.record
        self._hold(order.sudo(), "manual", "Wait")
        order.invalidate_recordset()
        with Form(order) as form:
            form.client_order_ref = "PO-1"
        self.assertEqual(order.client_order_ref, "PO-1")
        self.assertTrue(order.web_search_read([("id", "=", order.id)], {"name": {}})["records"])
        copy = order.copy()
        copy.action_confirm()
        self.assertEqual(copy.state, "sale")
        with self.assertRaises(UserError) as caught:
            order.action_confirm()
        self.assertNotIsInstance(caught.exception, AccessError)
        order.action_cancel()
        self.assertEqual(order.state, "cancel")
        self.assertEqual(order.sudo().ec_hold_count, 0)

    def test_stock_user_without_our_groups_delivers(self):
        self._stock(10)
        order = self._order()
        order.action_confirm()
        picking = order.picking_ids.with_user(self.stock_user)
        self.env.invalidate_all()
        picking.note = "Fragile"
        self.assertTrue(picking.button_validate())
        self.assertEqual(order.ec_status, "shipped")

    # -- Users with our groups -----------------------------------------------------------

    def test_hold_user_sees_the_tab(self):
        arch = etree.fromstring(
            self.env["sale.order"].with_user(self.hold_user).get_view(view_type="form")["arch"]
        )
        self.assertTrue(arch.xpath("//page[@name='ec_holds']"))

    def test_hold_user_holds_and_releases_many_by_the_wizards(self):
        orders = self._orders(3).with_user(self.hold_user)
        action = orders.action_ec_hold()
        form = Form(
            self.env[action["res_model"]]
            .with_user(self.hold_user)
            .with_context(**action["context"])
        )
        form.reason = "Stocktaking"
        form.save().action_hold()
        self.assertEqual(orders.mapped("ec_hold_codes"), ["manual"] * 3)
        self.assertEqual(orders.ec_hold_ids.owner_id, self.hold_user)
        action = orders.action_ec_release()
        form = Form(
            self.env[action["res_model"]]
            .with_user(self.hold_user)
            .with_context(**action["context"])
        )
        form.note = "Counted"
        form.save().action_release()
        self.assertEqual(orders.mapped("ec_hold_count"), [0] * 3)
        self.assertEqual(set(orders.ec_hold_ids.mapped("release_note")), {"Counted"})
        self.assertEqual(orders.ec_hold_ids.released_by_id, self.hold_user)

    def test_nothing_to_release_is_said(self):
        with self.assertRaisesRegex(UserError, "None of these orders is on hold"):
            self._order().with_user(self.hold_user).action_ec_release()

    def test_history_cannot_be_changed_from_outside(self):
        hold = self._hold(self._order())
        for user in (self.hold_user, self.hold_manager):
            as_user = hold.with_user(user)
            for vals in ({"open": False}, {"reason": "Other"}, {"released_by_id": user.id}):
                with self.assertRaises(AccessError):
                    as_user.write(vals)
            with self.assertRaises(AccessError):
                as_user.unlink()
            with self.assertRaises(AccessError):
                as_user.create({"order_id": hold.order_id.id, "type_id": hold.type_id.id})
            as_user.write({"owner_id": user.id, "due": "2030-01-01"})
            self.assertEqual(hold.owner_id, user)
        self.assertRecordValues(hold, [{"open": True, "reason": "Wait"}])

    def test_only_the_manager_changes_types(self):
        manual = self.env.ref("ec_order_hold.type_manual")
        with self.assertRaises(AccessError):
            manual.with_user(self.hold_user).due_hours = 3
        manual.with_user(self.hold_manager).due_hours = 3
        self.assertEqual(manual.due_hours, 3)

    def test_own_documents_only(self):
        clerk = new_test_user(self.env, "hold_clerk", groups="ec_order_hold.group_hold_user")
        mine, theirs = self._order(user_id=clerk.id), self._order()
        holds = self._hold(mine + theirs)
        seen = self.Hold.with_user(clerk).search([("id", "in", holds.ids)])
        self.assertEqual(seen.order_id, mine)
        with self.assertRaises(AccessError):
            self.env["ec.order.hold.release"].with_user(clerk).create(
                {"hold_ids": [Command.set(holds.ids)]}
            ).action_release()
        with self.assertRaises(AccessError):
            self.env["ec.order.hold.open"].with_user(clerk).create(
                {"order_ids": [Command.set(theirs.ids)], "reason": "Stop"}
            ).action_hold()
        self.assertEqual(holds.mapped("open"), [True, True])
        self.assertEqual(theirs.ec_hold_count, 1)

    def test_other_company_sees_nothing(self):
        other = self.env["res.company"].create({"name": "Other"})
        stranger = new_test_user(
            self.env,
            "hold_stranger",
            groups="ec_order_hold.group_hold_manager,sales_team.group_sale_salesman_all_leads",
            company_id=other.id,
            company_ids=[Command.set(other.ids)],
        )
        hold = self._hold(self._order())
        self.assertEqual(hold.company_id, self.env.company)
        self.assertFalse(self.Hold.with_user(stranger).search([("id", "=", hold.id)]))
        with self.assertRaises(AccessError):
            hold.with_user(stranger).read(["reason"])
        with self.assertRaises(AccessError):
            hold.with_user(stranger).write({"due": False})

    def test_one_call_serves_two_companies(self):
        other = self.env["res.company"].create({"name": "Other"})
        self.env.user.company_ids += other
        orders = self._order() + self.env["sale.order"].with_company(other).create(
            {"partner_id": self.partner.id, "company_id": other.id}
        )
        holds = self._hold(orders)
        self.assertEqual(holds.company_id, orders.company_id)
        self.assertEqual(len(holds.company_id), 2)
        self.assertEqual(
            self.Hold.with_user(self.hold_user).search([("id", "in", holds.ids)]), holds[0]
        )
