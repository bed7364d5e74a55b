from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import TransactionCase, new_test_user, tagged

from .common import ApprovalWorld


@tagged("post_install", "-at_install")
class TestStaff(ApprovalWorld, TransactionCase):
    def setUp(self):
        super().setUp()
        self.rule = self._rule()

    def test_who_works_with_holds_may_release_it_and_it_is_kept_who(self):
        clerk = new_test_user(
            self.env,
            "approval_clerk",
            groups="ec_order_hold.group_hold_user,ec_b2b_portal.group_trade_user,sales_team.group_sale_salesman_all_leads",
        )
        order = self._ordered(self.purchaser)
        action = order.ec_approval_ids.with_user(clerk).action_release()
        wizard = self.env["ec.order.hold.release"].with_user(clerk).with_context(**action["context"])
        wizard.create({"note": "Mr Mori called"}).action_release()
        approval = order.ec_approval_ids
        self.assertEqual((approval.state, order.state), ("released", "sent"))
        decision = approval.decision_ids
        self.assertEqual((decision.user_id, decision.comment), (clerk, "Mr Mori called"))
        self.assertEqual(approval._history()[0][1:3], (self.seller.name, "Large orders: released by the seller"))
        self.assertFalse(self._decide(self.ann, order))
        order.with_user(clerk).action_confirm()
        self.assertEqual(order.state, "sale")

    def test_rules_are_made_by_managers_and_seen_by_users(self):
        user = new_test_user(self.env, "approval_user", groups="ec_b2b_portal.group_trade_user")
        manager = new_test_user(self.env, "approval_manager", groups="ec_b2b_portal.group_trade_manager")
        salesperson = new_test_user(self.env, "approval_sales", groups="sales_team.group_sale_salesman")
        self.assertEqual(self.rule.with_user(user).name, "Large orders")
        with self.assertRaises(AccessError):
            self.rule.with_user(user).min_amount = 5
        self.rule.with_user(manager).min_amount = 5
        for nobody in (salesperson, self.ann, self.env.ref("base.public_user")):
            for model in (
                "ec.trade.approval.rule",
                "ec.trade.approval",
                "ec.trade.approval.decision",
                "ec.trade.approval.notice",
                "ec.trade.approval.substitute",
            ):
                with self.assertRaises(AccessError, msg=(nobody.login, model)):
                    self.env[model].with_user(nobody).search([])

    def test_a_decision_is_never_changed(self):
        order = self._ordered(self.purchaser)
        self._decide(self.ann, order)
        manager = new_test_user(self.env, "approval_manager", groups="ec_b2b_portal.group_trade_manager")
        for record in (order.ec_approval_ids, order.ec_approval_ids.decision_ids):
            with self.assertRaises(AccessError):
                record.with_user(manager).write({"step": 2})
            with self.assertRaises(AccessError):
                record.with_user(manager).unlink()

    def test_another_companys_staff_sees_nothing(self):
        self._ordered(self.purchaser)
        other = self.env["res.company"].create({"name": "Second seller"})
        user = new_test_user(
            self.env,
            "approval_other",
            groups="ec_b2b_portal.group_trade_manager",
            company_id=other.id,
            company_ids=[(6, 0, other.ids)],
        )
        for model in ("ec.trade.approval.rule", "ec.trade.approval", "ec.trade.approval.notice"):
            self.assertFalse(self.env[model].with_user(user).search([]), model)
        self.assertTrue(self.env["ec.trade.approval"].search([("company_id", "=", self.seller.id)]))

    def test_who_sees_own_orders_only_sees_what_is_asked_about_these(self):
        group = "ec_b2b_portal.group_trade_user"
        own = new_test_user(self.env, "approval_own", groups=group)
        every = new_test_user(self.env, "approval_all", groups=f"{group},sales_team.group_sale_salesman_all_leads")
        order = self._ordered(self.purchaser)
        self._decide(self.ann, order)
        for salesperson, seen_by in ((every, every), (own, own | every), (self.env["res.users"], own | every)):
            order.user_id = salesperson
            self.env.flush_all()
            for user in own | every:
                for model, field in (
                    ("ec.trade.approval", "order_id"),
                    ("ec.trade.approval.notice", "order_id"),
                    ("ec.trade.approval.decision", "approval_id.order_id"),
                ):
                    found = self.env[model].with_user(user).search([(field, "=", order.id)])
                    self.assertEqual(bool(found), user in seen_by, (user.login, model))

    def test_the_history_of_a_rule_shows_who_may_approve_and_what_is_asked(self):
        category = self.env["product.category"].create({"name": "Glass"})
        rule = self.rule.with_context(tracking_disable=False)
        vals = {
            "first_approver_ids": [Command.set(self._of(self.ann).ids)],
            "two_steps": True,
            "second_approver_ids": [Command.set(self._of(self.bob).ids)],
            "branch_id": self.kyoto.id,
            "category_ids": [Command.set(category.ids)],
            "period": "year",
        }
        self.cr.precommit.run()  # as after it was made
        rule.write(vals)
        self.env.flush_all()
        self.cr.precommit.run()
        self.assertEqual(set(vals), set(rule.message_ids.tracking_value_ids.field_id.mapped("name")))
