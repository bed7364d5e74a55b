from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import tagged

from .common import ConsignmentCase


@tagged("post_install", "-at_install")
class TestCount(ConsignmentCase):
    def setUp(self):
        super().setUp()
        self.send(self.towel, 10)
        self.send(self.vase, 5)
        self.count = self.env["ec.consignment.count"].browse(self.agreement.action_count()["res_id"])

    def _line(self, product):
        return self.count.line_ids.filtered(lambda line: line.product_id == product)

    def test_differences_are_booked(self):
        cup = self.product("Cup")
        self.assertEqual(self.count.line_ids.mapped("expected"), [10, 5])
        self._line(self.towel).counted = 8
        self.count.line_ids = [Command.create({"product_id": cup.id, "counted": 1})]
        self.assertEqual(self.count.difference_count, 2)
        self.count.action_book()
        self.assertEqual([self.there(product) for product in (self.towel, self.vase, cup)], [8, 5, 1])
        self.assertBalance(self.towel, sent=10, adjusted=-2, sold=0, there=8)
        self.assertEqual(self.balance(cup).adjusted, 1)
        with self.assertRaises(UserError):
            self._line(self.towel).counted = 9

    def test_what_moved_since_is_counted_again(self):
        self._line(self.towel).counted = 8
        self.report([(self.towel, 1)]).action_settle()
        with self.assertRaisesRegex(UserError, "Goods moved since they were counted: .*Towel"):
            self.count.action_book()
        self.count.action_expect()
        self.assertEqual((self._line(self.towel).expected, self._line(self.towel).counted), (9, 8))
        self.count.action_book()
        self.assertEqual(self.there(self.towel), 8)

    def test_less_than_nothing_is_counted_as_nothing(self):
        cup = self.product("Cup", units=0)
        self.env["stock.quant"]._update_available_quantity(cup, self.agreement.location_id, -3)
        self.count.action_expect()
        self.assertEqual((self._line(cup).expected, self._line(cup).counted), (-3, 0))
        self.count.action_book()
        self.assertEqual(sum(self.env["stock.quant"]._gather(cup, self.agreement.location_id).mapped("quantity")), 0)

    def test_booking_a_count_settles_nothing(self):
        self._line(self.towel).counted = 8
        locked = self.agreement.lock_count
        self.count.action_book()
        self.assertFalse(self.agreement.settled_at)
        self.assertEqual(self.agreement.lock_count, locked + 1)

    def test_the_difference_report_lists_differences(self):
        self._line(self.towel).counted = 8
        page, _kind = self.env["ir.actions.report"]._render_qweb_html("ec_consignment.report_count", self.count.ids)
        self.assertIn("Towel", page.decode())
        self.assertNotIn("Vase", page.decode())
