"""The months, quarters and years of budgets; pure."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

MONTHS = {"month": 1, "quarter": 3, "year": 12}


def bounds(kind, day):
    """(first day, first day of the next period) around a day."""
    months = MONTHS[kind]
    start = (day.month - 1) // months * months + 1
    end = start + months
    return date(day.year, start, 1), date(day.year + end // 13, (end - 1) % 12 + 1, 1)


def local_day(moment, zone):
    """The day of a naive UTC moment in a zone."""
    return moment.replace(tzinfo=UTC).astimezone(ZoneInfo(zone)).date()


def midnight(day, zone):
    """Naive UTC of the moment at which a day begins in a zone."""
    return datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC).replace(tzinfo=None)
