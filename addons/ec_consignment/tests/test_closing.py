from datetime import date

from odoo.tests import TransactionCase, tagged

from ..closing import period


@tagged("post_install", "-at_install")
class TestClosing(TransactionCase):
    def test_the_newest_closed_period(self):
        cases = {
            (31, date(2026, 4, 30)): (date(2026, 4, 1), date(2026, 4, 30)),
            (31, date(2026, 4, 29)): (date(2026, 3, 1), date(2026, 3, 31)),
            (31, date(2026, 3, 1)): (date(2026, 2, 1), date(2026, 2, 28)),
            (20, date(2026, 1, 20)): (date(2025, 12, 21), date(2026, 1, 20)),
            (20, date(2026, 1, 19)): (date(2025, 11, 21), date(2025, 12, 20)),
            (30, date(2026, 3, 5)): (date(2026, 1, 31), date(2026, 2, 28)),
        }
        for (day, today), expected in cases.items():
            self.assertEqual(period(day, today), expected, (day, today))
