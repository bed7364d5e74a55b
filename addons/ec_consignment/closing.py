"""Closing days (締め日), pure."""

import calendar
from datetime import date, timedelta


def closing(day, year, month):
    """The closing date of a month; a day that the month does not have is its last one."""
    return date(year, month, min(day, calendar.monthrange(year, month)[1]))


def period(day, today):
    """(first, last) day of the newest period that has ended on `today` or before."""
    last = closing(day, today.year, today.month)
    if last > today:
        last = closing(day, *_month_before(last))
    return closing(day, *_month_before(last)) + timedelta(days=1), last


def _month_before(when):
    before = when.replace(day=1) - timedelta(days=1)
    return before.year, before.month
