from datetime import date, datetime

from odoo.tests import BaseCase, tagged

from ..ageing import bucket
from ..billing import BACK, CLOSING_CREDIT, CLOSING_INVOICE, CREDIT, INVOICE, OUT, START, due
from ..closing import closings, days_of, end_of, first_day
from ..rounding import rounded


@tagged("post_install", "-at_install")
class TestPure(BaseCase):
    def test_closing_days_are_read(self):
        self.assertEqual(days_of("20"), [20])
        self.assertEqual(days_of("31, 10、20"), [10, 20, 31])
        self.assertEqual(days_of(""), [])
        for text in ("0", "32", "end", "10;20"):
            with self.assertRaises(ValueError):
                days_of(text)

    def test_a_day_that_the_month_lacks_is_its_last(self):
        self.assertEqual(closings([31], date(2026, 1, 31), date(2026, 4, 1)), [date(2026, 2, 28), date(2026, 3, 31)])
        self.assertEqual(closings([31], None, date(2028, 2, 29)), [date(2028, 2, 29)])

    def test_several_a_month(self):
        self.assertEqual(
            closings([10, 20, 31], date(2026, 1, 20), date(2026, 2, 27)),
            [date(2026, 1, 31), date(2026, 2, 10), date(2026, 2, 20)],
        )

    def test_the_end_is_not_closed_twice(self):
        self.assertEqual(closings([20], date(2026, 1, 20), date(2026, 2, 19)), [])

    def test_period_begins_after_the_closing_before(self):
        self.assertEqual(first_day([20], date(2026, 3, 20)), date(2026, 2, 21))
        self.assertEqual(first_day([10, 20, 31], date(2026, 3, 10)), date(2026, 3, 1))

    def test_day_ends_by_the_clock_of_the_seller(self):
        self.assertEqual(end_of(date(2026, 9, 30), "Asia/Tokyo"), datetime(2026, 9, 30, 15))

    def test_rounding_knows_no_sign(self):
        for mode, expected in (("floor", 31), ("half", 32), ("ceil", 32)):
            self.assertEqual(rounded(31.5, mode), expected)
            self.assertEqual(rounded(-31.5, mode), -expected)
        self.assertEqual(rounded(0.1 * 3 * 100, "ceil"), 30)
        self.assertEqual(rounded(29.999999999, "floor"), 30)

    def test_age(self):
        today = date(2026, 11, 24)
        for day, key in (
            (date(2026, 11, 24), "current"),
            (date(2026, 11, 23), "d30"),
            (date(2026, 10, 25), "d30"),
            (date(2026, 10, 24), "d60"),
            (date(2026, 8, 26), "d90"),
            (date(2026, 8, 25), "older"),
        ):
            self.assertEqual(bucket(day, today), key, day)


@tagged("post_install", "-at_install")
class TestDueQuantity(BaseCase):
    def test_what_is_delivered_and_not_billed(self):
        self.assertEqual(due([(2, OUT, 5), (3, BACK, 2), (4, INVOICE, 1)]), 2)

    def test_early_invoice_is_no_credit(self):
        self.assertEqual(due([(1, INVOICE, 5), (2, OUT, 3)]), 0)
        self.assertEqual(due([(1, OUT, 5), (2, BACK, 2), (3, CLOSING_INVOICE, 3), (4, INVOICE, 7)]), 0)

    def test_came_back(self):
        billed = [(1, OUT, 5), (2, INVOICE, 5), (3, BACK, 2)]
        self.assertEqual(due(billed), -2)
        self.assertEqual(due([*billed, (4, CREDIT, 2)]), 0)
        self.assertEqual(due([*billed, (4, CLOSING_CREDIT, 2)]), 0)
        self.assertEqual(due([*billed, (4, CREDIT, 2), (5, OUT, 2)]), 2)
        early = [(1, INVOICE, 10), (2, OUT, 4), (3, BACK, 1)]
        self.assertEqual((due(early), due([*early, (4, CLOSING_CREDIT, 1)])), (-1, 0))
        self.assertEqual(due([(1, OUT, 5), (2, BACK, 2), (3, CLOSING_INVOICE, 5)]), -2, "entered late")

    def test_credit_note_without_a_return(self):
        self.assertEqual(due([(1, OUT, 5), (2, INVOICE, 5), (3, CREDIT, 5)]), 0)
        self.assertEqual(due([(1, OUT, 5), (2, INVOICE, 5), (3, CREDIT, 5), (3, INVOICE, 5), (4, OUT, 2)]), 2)
        self.assertEqual(due([(1, OUT, 5), (2, BACK, 2), (3, INVOICE, 3), (4, CREDIT, 3)]), 0)

    def test_before_the_start(self):
        self.assertEqual(due([(1, OUT, 3), (2, START, 0), (3, OUT, 2)]), 2)
        self.assertEqual(due([(1, OUT, 3), (1, INVOICE, 3), (2, START, 0), (3, BACK, 2)]), -2)
        self.assertEqual(due([(1, OUT, 3), (2, START, 0), (3, BACK, 2)]), 0)
