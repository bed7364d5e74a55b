import contextlib

from odoo import SUPERUSER_ID, api
from odoo.fields import Command
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY
from odoo.sql_db import db_connect
from odoo.tests import tagged
from odoo.tests.common import BaseCase, get_db_name
from odoo.tools import mute_logger


@tagged("post_install", "-at_install")
class TestTwoAtOnce(BaseCase):
    """Cursors of their own; everything is committed, and removed at the end."""

    def setUp(self):
        super().setUp()
        self.addCleanup(self.clean)
        with self.transaction() as env:
            head = env["res.partner"].create({"name": "Contended", "is_company": True})
            self.head_id = head.id
            account = env["ec.trade.account"].create({"partner_id": head.id, "user_id": False})
            account.action_activate()
            contacts = env["res.partner"].create(
                [{"name": name, "parent_id": head.id, "type": "contact"} for name in ("Pam", "Ann", "Bob")]
            )
            role = env.ref("ec_b2b_portal.role_approver")
            buyers = env["ec.trade.buyer"].create(
                [{"account_id": account.id, "partner_id": one.id, "role_id": role.id} for one in contacts]
            )
            self.account_id, self.buyer_ids = account.id, buyers.ids
            product = env["product.product"].create({"name": "Contended cup", "type": "consu"})
            self.product_id = product.id
            orders = env["sale.order"].create(
                [
                    {
                        "partner_id": contacts[0].id,
                        "order_line": [Command.create({"product_id": product.id, "price_unit": 100, "tax_ids": False})],
                    }
                    for _each in range(2)
                ]
            )
            self.order_ids = orders.ids

    def clean(self):
        with self.transaction() as env:
            env["sale.order"].search([("partner_id", "child_of", self.head_id)])._action_cancel()
            env["sale.order"].search([("partner_id", "child_of", self.head_id)]).unlink()
            account = env["ec.trade.account"].search([("partner_id", "=", self.head_id)])
            account.with_context(active_test=False).approval_rule_ids.unlink()
            account.buyer_ids.unlink()
            account.unlink()
            env["res.partner"].search([("id", "child_of", self.head_id)]).unlink()
            env["product.product"].browse(self.product_id).unlink()

    @contextlib.contextmanager
    def transaction(self):
        with db_connect(get_db_name()).cursor() as cr:
            yield api.Environment(cr, SUPERUSER_ID, {"tracking_disable": True})

    def rules(self, *vals):
        with self.transaction() as env:
            env["ec.trade.approval.rule"].create([{"account_id": self.account_id, **one} for one in vals])

    def place(self, env, order_id):
        order = env["sale.order"].browse(order_id)
        order._ec_ask_approval()
        env.flush_all()
        return order.ec_approval_ids

    def decide(self, env, place, verdict):
        order = env["sale.order"].browse(self.order_ids[0])
        done = order.ec_approval_ids._decide(env["ec.trade.buyer"].browse(self.buyer_ids[place]), verdict, "because")
        env.flush_all()
        return done

    def test_of_two_approvers_the_second_is_refused(self):
        self.rules({"name": "All"})
        with self.transaction() as env:
            self.place(env, self.order_ids[0])
        with self.transaction() as one, self.transaction() as two:
            for env in (one, two):
                env.cr.execute("SELECT 1")  # its snapshot
            self.assertTrue(self.decide(one, 1, "approved"))
            one.cr.commit()
            # Odoo starts such a request again
            with mute_logger("odoo.sql_db"), self.assertRaises(PG_CONCURRENCY_EXCEPTIONS_TO_RETRY):
                self.decide(two, 2, "rejected")
            two.cr.rollback()
            two.invalidate_all(flush=False)
            self.assertFalse(self.decide(two, 2, "rejected"), "and then nothing waits")
        with self.transaction() as env:
            approval = env["ec.trade.approval"].search([("order_id", "=", self.order_ids[0])])
            self.assertEqual((approval.state, len(approval.decision_ids)), ("approved", 1))

    def test_two_rules_approved_at_once_leave_no_order_behind(self):
        self.rules(
            {"name": "Ann's", "first_approver_ids": [Command.set(self.buyer_ids[1:2])]},
            {"name": "Bob's", "first_approver_ids": [Command.set(self.buyer_ids[2:])]},
        )
        with self.transaction() as env:
            self.place(env, self.order_ids[0])
            env["sale.order"].browse(self.order_ids[0]).ec_confirm_asked = True
        with self.transaction() as one, self.transaction() as two:
            for env in (one, two):
                env.cr.execute("SELECT 1")
            self.decide(one, 1, "approved")
            one.cr.commit()
            with mute_logger("odoo.sql_db"), self.assertRaises(PG_CONCURRENCY_EXCEPTIONS_TO_RETRY):
                self.decide(two, 2, "approved")
            two.cr.rollback()
            two.invalidate_all(flush=False)
            self.decide(two, 2, "approved")
            self.assertEqual(two["sale.order"].browse(self.order_ids[0]).state, "sale")
            two.cr.rollback()

    def test_two_orders_at_once_share_one_budget(self):
        self.rules({"name": "Budget", "budget": 150})
        with self.transaction() as one, self.transaction() as two:
            for env in (one, two):
                env.cr.execute("SELECT 1")
            first, second = self.order_ids
            one["sale.order"].browse(first).state = "sent"
            self.assertFalse(self.place(one, first))
            one.cr.commit()
            with mute_logger("odoo.sql_db"), self.assertRaises(PG_CONCURRENCY_EXCEPTIONS_TO_RETRY):
                self.place(two, second)
            two.cr.rollback()
            two.invalidate_all(flush=False)
            self.assertTrue(self.place(two, second))
            two.cr.rollback()
