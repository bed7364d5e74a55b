from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import HoldCommon

CODES = {
    "manual",
    "unmapped_sku",
    "amount_mismatch",
    "payment_pending",
    "address",
    "duplicate",
    "customer_match",
    "comment",
    "test_order",
    "channel_edit",
    "refund_review",
    "currency",
    "unknown_value",
    "stock_short",
    "risk",
}


@tagged("post_install", "-at_install")
class TestHoldType(HoldCommon):
    def test_shipped_types(self):
        types = self.env["ec.order.hold.type"]._get_by_code(CODES)
        self.assertEqual(set(types), CODES)
        for hold_type in types.values():
            self.assertTrue(hold_type.advice and hold_type.released_when, hold_type.code)
        self.assertEqual(
            {code for code, hold_type in types.items() if not hold_type.blocks_confirm},
            {"customer_match", "comment", "refund_review", "stock_short"},
        )
        self.assertEqual(
            {code for code, hold_type in types.items() if not hold_type.blocks_delivery},
            {"customer_match"},
        )

    def test_shipped_types_are_translated(self):
        if "ja_JP" not in dict(self.env["res.lang"].get_installed()):
            self.skipTest("Japanese is not installed")
        types = self.env["ec.order.hold.type"]._get_by_code(CODES).values()
        for hold_type in types:
            for name in ("name", "advice", "released_when"):
                self.assertNotEqual(
                    hold_type.with_context(lang="ja_JP")[name], hold_type[name], hold_type.code
                )

    def test_code_never_changes(self):
        manual = self.env.ref("ec_order_hold.type_manual")
        with self.assertRaises(UserError):
            manual.code = "by_hand"
        self.assertEqual(manual.code, "manual")

    def test_shipped_type_is_not_deleted(self):
        with self.assertRaises(UserError):
            self.env.ref("ec_order_hold.type_risk").unlink()
        self.assertTrue(self.env.ref("ec_order_hold.type_risk"))
        self.env["ec.order.hold.type"].create({"name": "Own", "code": "own"}).unlink()

    def test_archived_type_still_holds(self):
        risk = self.env.ref("ec_order_hold.type_risk")
        risk.active = False
        order = self._order()
        self._hold(order, "risk")
        with self.assertRaises(UserError):
            order.action_confirm()

    def test_changing_what_a_type_blocks_reaches_held_orders(self):
        held, released = self._orders(2)
        self._hold(held + released)
        released._ec_release_holds()
        manual = self.env.ref("ec_order_hold.type_manual")
        self.assertEqual((held + released).mapped("ec_status"), ["held", "quotation"])
        manual.blocks_confirm = False
        self.assertEqual((held + released).mapped("ec_status"), ["quotation", "quotation"])
        held.action_confirm()
        self.assertEqual(held.ec_status, "held")
        manual.blocks_delivery = False
        self.assertEqual(held.ec_status, "waiting_stock")
