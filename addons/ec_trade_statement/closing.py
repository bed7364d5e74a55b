"""Closing days (締め日), pure."""

import calendar
import re
from datetime import date, datetime, time, timedelta

import pytz


def days_of(text):
    """The days in `10, 20, 31`, ascending; 31 is the end of the month. ValueError for anything else."""
    days = sorted({int(part) for part in re.split(r"[\s,、，]+", (text or "").strip()) if part})
    if any(not 1 <= day <= 31 for day in days):
        raise ValueError(text)
    return days


def closing(day, year, month):
    """The closing date of a month; a day that the month does not have is its last one."""
    return date(year, month, min(day, calendar.monthrange(year, month)[1]))


def newest(days, until):
    """The last closing date on `until` or before."""
    return max(
        when
        for start in (until, until.replace(day=1) - timedelta(days=1))
        for when in (closing(day, start.year, start.month) for day in days)
        if when <= until
    )


def closings(days, after, until):
    """All closing dates after one date until another, ascending; without `after` only the newest."""
    if not days:
        return []
    found = [newest(days, until)]
    if after is None:
        return found
    while (before := newest(days, found[-1] - timedelta(days=1))) > after:
        found.append(before)
    return [when for when in reversed(found) if when > after]


def first_day(days, last):
    """The first day of the period that ends with a closing date; of a date that is none, of the period it lies in."""
    return newest(days, last - timedelta(days=1)) + timedelta(days=1) if days else last.replace(day=1)


def end_of(day, zone):
    """The first instant after a day by the clock of a time zone, as Odoo stores instants (UTC, naive)."""
    local = pytz.timezone(zone).localize(datetime.combine(day + timedelta(days=1), time()))
    return local.astimezone(pytz.utc).replace(tzinfo=None)
