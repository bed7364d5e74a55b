from datetime import datetime, timedelta, timezone

from freezegun import freeze_time
from psycopg2 import IntegrityError

from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import HoldCommon

NOW = datetime(2026, 4, 1, 3, 0)


@tagged("post_install", "-at_install")
class TestHold(HoldCommon):
    def _notes(self, order):
        return order.message_ids.filtered(lambda m: "old" in (m.body or ""))

    @freeze_time(NOW)
    def test_open_fills_every_field(self):
        order = self._order()
        hold = self.Hold._open([{"order_id": order.id, "code": "address", "reason": "No street"}])
        self.assertRecordValues(
            hold,
            [
                {
                    "order_id": order.id,
                    "company_id": order.company_id.id,
                    "type_id": self.env.ref("ec_order_hold.type_address").id,
                    "code": "address",
                    "key": "",
                    "reason": "No street",
                    "owner_id": False,
                    "due": NOW + timedelta(hours=24),
                    "open": True,
                    "opened_at": NOW,
                    "opened_by_id": self.env.uid,
                    "released_at": False,
                    "released_by_id": False,
                    "release_note": False,
                    "age_days": 0,
                    "overdue": False,
                }
            ],
        )
        self.assertRecordValues(
            order,
            [{"ec_hold_count": 1, "ec_hold_since": NOW, "ec_hold_codes": "address"}],
        )

    def test_open_twice_keeps_time_and_owner_and_replaces_the_reason(self):
        order = self._order()
        with freeze_time(NOW):
            first = self._hold(order, "unmapped_sku", "SKU A-1", owner_id=self.salesman.id)
        with freeze_time(NOW + timedelta(hours=5)):
            second = self._hold(order, "unmapped_sku", "SKU A-2", owner_id=self.hold_user.id)
        self.assertEqual(first, second)
        self.assertEqual(first.reason, "SKU A-2")
        self.assertEqual(first.opened_at, NOW)
        self.assertEqual(first.due, NOW + timedelta(hours=24))
        self.assertEqual(first.owner_id, self.salesman)
        self.assertEqual(order.ec_hold_count, 1)
        self.assertEqual(len(self._notes(order)), 2)

    def test_opening_the_same_again_changes_nothing(self):
        order = self._order()
        first = self._hold(order)
        written, notes = first.write_date, self._notes(order)
        again = self._hold(order)
        self.assertEqual(again, first)
        self.assertEqual(first.write_date, written)
        self.assertEqual(self._notes(order), notes)

    def test_named_due_time_is_taken_over(self):
        order = self._order()
        tokyo = timezone(timedelta(hours=9))
        hold = self._hold(order, "payment_pending", due=datetime(2026, 4, 8, 9, 0, tzinfo=tokyo))
        self.assertEqual(hold.due, datetime(2026, 4, 8))
        self._hold(order, "payment_pending", due=datetime(2026, 4, 9))
        self.assertEqual(hold.due, datetime(2026, 4, 9))
        self._hold(order, "payment_pending")
        self.assertEqual(hold.due, datetime(2026, 4, 9))

    def test_keys_tell_holds_of_one_type_apart(self):
        order = self._order()
        holds = self.Hold._open(
            [
                {"order_id": order.id, "code": "unmapped_sku", "key": "1", "reason": "A"},
                {"order_id": order.id, "code": "unmapped_sku", "key": "2", "reason": "B"},
                {"order_id": order.id, "code": "unmapped_sku", "key": "1", "reason": "C"},
            ]
        )
        self.assertEqual(holds.mapped("key"), ["1", "2"])
        self.assertEqual(holds.mapped("reason"), ["C", "B"])
        self.assertEqual(order.ec_hold_count, 2)
        self.assertEqual(order.ec_hold_codes, "unmapped_sku")
        self.assertEqual(len(self._notes(order)), 1)

    def test_two_open_holds_of_one_key_are_impossible(self):
        order = self._order()
        hold = self._hold(order)
        with self.assertRaises(IntegrityError), mute_logger("odoo.sql_db"), self.cr.savepoint():
            self.Hold.create({"order_id": order.id, "type_id": hold.type_id.id})

    def test_a_released_hold_is_opened_anew(self):
        order = self._order()
        first = self._hold(order)
        order._ec_release_holds()
        second = self._hold(order)
        self.assertNotEqual(first, second)
        self.assertEqual(order.ec_hold_ids, second + first)
        self.assertEqual(order.ec_hold_count, 1)

    def test_nothing_to_open(self):
        self.assertFalse(self.Hold._open([]))

    def test_unknown_code_opens_nothing(self):
        order = self._order()
        with self.assertRaisesRegex(ValueError, "no_such_code"):
            self.Hold._open(
                [
                    {"order_id": order.id, "code": "manual", "reason": ""},
                    {"order_id": order.id, "code": "no_such_code", "reason": ""},
                ]
            )
        self.assertEqual(self.Hold.search_count([("order_id", "=", order.id)]), 0)

    def test_reason_is_escaped_in_the_note_and_nobody_is_notified(self):
        order = self._order()
        mails = self.env["mail.mail"].search_count([])
        self._hold(order, reason="<script>alert(1)</script>")
        note = self._notes(order)
        self.assertIn("&lt;script&gt;", note.body)
        self.assertNotIn("<script>", note.body)
        self.assertTrue(note.is_internal)
        self.assertFalse(note.notification_ids)
        self.assertEqual(self.env["mail.mail"].search_count([]), mails)

    def test_default_owner_of_the_type_only_in_his_companies(self):
        manual = self.env.ref("ec_order_hold.type_manual")
        manual.owner_id = self.hold_user
        self.assertEqual(self._hold(self._order()).owner_id, self.hold_user)
        other = self.env["res.company"].create({"name": "Other"})
        self.hold_user.write({"company_ids": [Command.set(other.ids)], "company_id": other.id})
        self.assertFalse(self._hold(self._order()).owner_id)

    # -- Releasing -----------------------------------------------------------------------

    def test_release_keeps_the_history(self):
        order = self._order()
        with freeze_time(NOW):
            hold = self._hold(order)
        with freeze_time(NOW + timedelta(days=2, hours=1)):
            released = order.with_user(self.hold_user)._ec_release_holds(note="Called them")
        self.assertEqual(released, hold)
        self.assertRecordValues(
            hold,
            [
                {
                    "open": False,
                    "released_at": NOW + timedelta(days=2, hours=1),
                    "released_by_id": self.hold_user.id,
                    "release_note": "Called them",
                    "reason": "Wait",
                    "age_days": 2,
                }
            ],
        )
        self.assertRecordValues(
            order, [{"ec_hold_count": 0, "ec_hold_since": False, "ec_hold_codes": False}]
        )
        self.assertIn("Called them", order.message_ids[0].body)

    def test_notes_are_in_the_language_of_the_salesperson_or_else_of_the_company(self):
        self.env["res.lang"]._activate_lang("ja_JP")
        manual = self.Hold.env["ec.order.hold.type"]._get_by_code(["manual"])["manual"]
        manual.with_context(lang="ja_JP").name = "手動"
        own, nobodys = self._order(), self._order(user_id=False)
        self.salesman.lang = "ja_JP"
        own.company_id.partner_id.lang = "en_US"
        (own + nobodys).message_ids.unlink()
        self._hold(own + nobodys)
        (own + nobodys)._ec_release_holds()
        for order, name in ((own, "手動"), (nobodys, manual.with_context(lang="en_US").name)):
            self.assertEqual(len(order.message_ids), 2)
            for message in order.message_ids:
                self.assertIn(name, message.body)
        own.company_id.partner_id.lang = "ja_JP"
        self._hold(nobodys)
        self.assertIn("手動", nobodys.message_ids[0].body)

    def test_release_by_code_and_key(self):
        order = self._order()
        self._hold(order, "manual")
        self._hold(order, "unmapped_sku", key="1")
        self._hold(order, "unmapped_sku", key="2")
        self.assertEqual(order._ec_release_holds(codes=["unmapped_sku"], keys=["1"]).key, "1")
        self.assertEqual(order.ec_hold_count, 2)
        self.assertFalse(order._ec_release_holds(codes=[]))
        self.assertFalse(order._ec_release_holds(keys=[]))
        self.assertEqual(order._ec_release_holds(codes=["manual"]).code, "manual")
        self.assertEqual(order.ec_hold_codes, "unmapped_sku")

    def test_releasing_twice_keeps_the_first_release(self):
        hold = self._hold(self._order())
        hold._release("first")
        self.assertFalse(hold._release("second"))
        self.assertEqual(hold.release_note, "first")

    def test_cancelling_releases_all_but_what_stays(self):
        order = self._order()
        self._hold(order, "address")
        refund = self._hold(order, "refund_review")
        order.action_cancel()
        self.assertEqual(order.ec_status, "cancelled")
        self.assertEqual(order.ec_hold_ids.filtered("open"), refund)
        self.assertEqual((order.ec_hold_ids - refund).release_note, "The order was cancelled.")

    def test_a_copied_order_starts_without_holds(self):
        order = self._order()
        self._hold(order)
        copy = order.copy()
        self.assertFalse(copy.ec_hold_ids)
        self.assertEqual((copy.ec_hold_count, copy.ec_status), (0, "quotation"))

    # -- Searching -----------------------------------------------------------------------

    def test_overdue(self):
        order, other = self._orders(2)
        with freeze_time(NOW):
            hold = self._hold(order, due=NOW + timedelta(hours=1))
            self._hold(other, due=NOW + timedelta(days=9))
        with freeze_time(NOW + timedelta(hours=2)):
            mine = [("order_id", "in", (order + other).ids)]
            self.assertTrue(hold.overdue)
            self.assertEqual(self.Hold.search([*mine, ("overdue", "=", True)]), hold)
            self.assertEqual(self.Hold.search_count([*mine, ("overdue", "=", False)]), 1)
            hold._release()
            self.assertFalse(hold.overdue)
            self.assertEqual(self.Hold.search_count([*mine, ("overdue", "=", True)]), 0)

    def test_age_of_held_orders(self):
        fresh, days, late, free = orders = self._orders(4)
        for order, hours in ((fresh, 1), (days, 30), (late, 72)):
            with freeze_time(NOW - timedelta(hours=hours)):
                self._hold(order)
        with freeze_time(NOW):
            orders.invalidate_recordset(["ec_hold_age"])
            self.assertEqual(orders.mapped("ec_hold_age"), ["fresh", "days", "late", False])
            groups = self.env["sale.order"]._read_group(
                [("id", "in", orders.ids)], ["ec_hold_age"], ["id:recordset"]
            )
            self.assertEqual(
                dict(groups), {"fresh": fresh, "days": days, "late": late, False: free}
            )
            for age, order in (("fresh", fresh), ("days", days), ("late", late), (False, free)):
                self.assertEqual(
                    orders.search([("id", "in", orders.ids), ("ec_hold_age", "=", age)]), order
                )
