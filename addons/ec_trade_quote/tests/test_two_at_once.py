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
            account = env["ec.trade.account"].create({"partner_id": head.id, "user_id": False, "confirm_orders": False})
            account.action_activate()
            self.account_id = account.id
            product = env["product.product"].create({"name": "Contended cup", "type": "consu"})
            self.product_id = product.id
            line = {"product_id": product.id, "price_unit": 100, "tax_ids": False}
            order = env["sale.order"].create({"partner_id": head.id, "order_line": [Command.create(line)]})
            order.action_quotation_sent()
            self.order_id = order.id

    def clean(self):
        with self.transaction() as env:
            order = env["sale.order"].browse(self.order_id)
            order._action_cancel()
            order.unlink()
            env["ec.trade.account"].browse(self.account_id).unlink()
            env["res.partner"].browse(self.head_id).unlink()
            env["product.product"].browse(self.product_id).unlink()

    @contextlib.contextmanager
    def transaction(self):
        with db_connect(get_db_name()).cursor() as cr:
            yield api.Environment(cr, SUPERUSER_ID, {"tracking_disable": True})

    def order(self, env):
        offer = env["sale.order"].browse(self.order_id)
        if problem := offer._ec_quote_problem():
            return problem
        offer._ec_quote_order(env["ec.trade.account"].browse(self.account_id), "", "")
        env.flush_all()
        return ""

    def test_an_offer_is_ordered_once(self):
        with self.transaction() as one, self.transaction() as two:
            for env in (one, two):
                env.cr.execute("SELECT 1")  # its snapshot
            self.assertEqual(self.order(one), "")
            one.cr.commit()
            # Odoo starts such a request again
            with mute_logger("odoo.sql_db"), self.assertRaises(PG_CONCURRENCY_EXCEPTIONS_TO_RETRY):
                self.order(two)
            two.cr.rollback()
            two.invalidate_all(flush=False)
            self.assertIn("cannot be ordered any more", self.order(two))

    def test_what_the_seller_changes_meanwhile_is_not_ordered(self):
        with self.transaction() as seller, self.transaction() as buyer:
            for env in (seller, buyer):
                env.cr.execute("SELECT 1")
            seller["sale.order"].browse(self.order_id).order_line.price_unit = 120
            seller.flush_all()
            seller.cr.commit()
            with mute_logger("odoo.sql_db"), self.assertRaises(PG_CONCURRENCY_EXCEPTIONS_TO_RETRY):
                self.order(buyer)
            buyer.cr.rollback()
            buyer.invalidate_all(flush=False)
            self.assertIn("We are changing this offer.", self.order(buyer))
