from odoo.exceptions import AccessError, UserError
from odoo.tests import TransactionCase, new_test_user, tagged

from .common import AUGUST, StatementWorld


@tagged("post_install", "-at_install")
class TestAccess(StatementWorld, TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._sell(cls.head, (cls.cup, 2, 100), delivered="2026-08-05 03:00")
        cls._close(AUGUST)
        cls.statement = cls._statement(AUGUST)

    def test_sales_reads_billing_acts(self):
        clerk = new_test_user(self.env, "clerk", groups="ec_b2b_portal.group_trade_user")
        theirs = self.statement.with_user(clerk)
        self.assertEqual(theirs.amount_due, 220)
        for act in ("action_cancel", "action_send", "action_issue", "action_reissue", "action_refresh"):
            with self.assertRaises(AccessError, msg=act):
                getattr(theirs, act)()
        with self.assertRaises(AccessError):
            self.env["ec.trade.close"].with_user(clerk).create({})
        billing = new_test_user(self.env, "billing", groups="ec_trade_statement.group_trade_billing")
        theirs = self.statement.with_user(billing)
        theirs.cancel_reason = "Wrong"
        theirs.action_cancel()
        self.assertEqual(self.statement.state, "cancelled")

    def test_billing_clerk_closes(self):
        self._sell(self.south[1], (self.cup, 2, 100), delivered="2026-08-05 03:00")
        billing = new_test_user(self.env, "billing", groups="ec_trade_statement.group_trade_billing")
        wizard = self.env["ec.trade.close"].with_user(billing).create({"until": AUGUST, "wanted": "issue"})
        self.assertIn(200, wizard.line_ids.mapped("to_invoice"))
        wizard.action_close()
        self.env["ec.trade.closing"]._work()
        self.assertEqual(self._statement(AUGUST, self.south[0]).with_user(billing).amount_due, 220)

    def test_only_buttons_write(self):
        billing = new_test_user(self.env, "billing", groups="ec_trade_statement.group_trade_billing")
        theirs = self.statement.with_user(billing)
        for name, value in (("state", "draft"), ("issued_at", False), ("mailed_at", False), ("closing_id", False)):
            with self.assertRaises(AccessError, msg=name):
                theirs.write({name: value})
        with self.assertRaises(UserError):
            theirs.unlink()
        row = self.statement.closing_id
        with self.assertRaises(AccessError):
            row.with_user(billing).write({"state": "todo"})
        parked = self._close(AUGUST, self.south[0])
        parked.write({"state": "parked"})
        skip = self.env["ec.trade.skip"].with_user(billing).create({"closing_ids": parked.ids, "reason": "Asked to"})
        skip.action_skip()
        self.assertEqual(parked.state, "skipped")
        parked.with_user(billing).action_retry()
        self.assertEqual(parked.state, "todo")

    def test_another_company_sees_nothing(self):
        other = self.env["res.company"].create({"name": "Second seller"})
        user = new_test_user(
            self.env,
            "other",
            groups="ec_trade_statement.group_trade_billing",
            company_id=other.id,
            company_ids=other.ids,
        )
        for records in (self.statement, self.statement.line_ids, self.statement.tax_ids, self.statement.closing_id):
            self.assertTrue(records)
            self.assertFalse(records.with_user(user).search([("id", "in", records.ids)]), records._name)

    def test_customers_and_plain_salespeople_have_no_rights(self):
        users = [
            self._buyer(self.account, self.roles["administrator"], "North Ada"),
            new_test_user(self.env, "sales", groups="sales_team.group_sale_salesman"),
        ]
        for user in users:
            for records in (self.statement, self.statement.line_ids, self.statement.tax_ids, self.statement.closing_id):
                with self.assertRaises(AccessError, msg=(user.login, records._name)):
                    records.with_user(user).read(["display_name"])
