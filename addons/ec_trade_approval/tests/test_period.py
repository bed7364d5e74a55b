from datetime import date, datetime

from odoo.tests import tagged
from odoo.tests.common import BaseCase

from odoo.addons.ec_trade_approval.period import bounds, local_day, midnight


@tagged("post_install", "-at_install")
class TestPeriod(BaseCase):
    def test_periods_begin_and_end(self):
        for kind, day, start, end in (
            ("month", date(2026, 1, 31), date(2026, 1, 1), date(2026, 2, 1)),
            ("month", date(2026, 12, 1), date(2026, 12, 1), date(2027, 1, 1)),
            ("quarter", date(2026, 3, 31), date(2026, 1, 1), date(2026, 4, 1)),
            ("quarter", date(2026, 4, 1), date(2026, 4, 1), date(2026, 7, 1)),
            ("quarter", date(2026, 11, 9), date(2026, 10, 1), date(2027, 1, 1)),
            ("year", date(2026, 7, 7), date(2026, 1, 1), date(2027, 1, 1)),
        ):
            self.assertEqual(bounds(kind, day), (start, end), (kind, day))

    def test_days_are_those_of_the_zone(self):
        self.assertEqual(local_day(datetime(2026, 10, 31, 15, 0), "Asia/Tokyo"), date(2026, 11, 1))
        self.assertEqual(local_day(datetime(2026, 10, 31, 14, 59), "Asia/Tokyo"), date(2026, 10, 31))
        self.assertEqual(midnight(date(2026, 11, 1), "Asia/Tokyo"), datetime(2026, 10, 31, 15, 0))
