"""What a buyer types in a row, read without a database: codes and quantities."""

import re
import unicodedata
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

MAX_ROWS = 300
MAX_CODE = 64
ASKED_FROM = Decimal(100_000)  # who means this many says so once more
IMPOSSIBLE = Decimal(1_000_000_000)
NUMBER = re.compile(r"\d+(\.\d{1,6})?|\d{1,3}(,\d{3})+(\.\d{1,6})?", re.ASCII)
SHORTENED = re.compile(r"\d([.,]\d+)?e\+?\d+", re.IGNORECASE | re.ASCII)


class Unread(ValueError):
    """A quantity that is none; its argument is the code of the problem."""


def quantity(text):
    """The Decimal that is meant by a text: full width digits and thousands commas are read, nothing is guessed."""
    text = unicodedata.normalize("NFKC", str(text)).strip()
    if not text:
        raise Unread("no_quantity")
    if text.startswith(("=", "@")):
        raise Unread("formula")
    if text.startswith("-") and NUMBER.fullmatch(text[1:].strip()):
        raise Unread("not_positive")
    if not NUMBER.fullmatch(text):
        raise Unread("not_a_number")
    number = Decimal(text.replace(",", ""))
    if not number:
        raise Unread("not_positive")
    if number >= IMPOSSIBLE:
        raise Unread("too_many")
    return number


def spellings(code):
    """The ways in which a code may be stored, the one that was typed first."""
    plain = unicodedata.normalize("NFKC", code).strip()
    return list(dict.fromkeys([code, plain, plain.upper(), plain.lower()]))


def is_shortened(code):
    """Whether a spreadsheet made this of a long number: 4.90123E+12."""
    return bool(SHORTENED.fullmatch(unicodedata.normalize("NFKC", code).strip()))


def fitting(number, minimum, multiple):
    """The allowed quantities next to a number: at most one below and one above, in order."""
    step = multiple or Decimal(1)

    def near(amount, rounding):
        return (amount / step).to_integral_value(rounding) * step

    least = near(minimum, ROUND_CEILING) or step
    return sorted({amount for way in (ROUND_FLOOR, ROUND_CEILING) if (amount := near(number, way)) >= least} or {least})
