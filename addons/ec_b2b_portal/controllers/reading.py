"""What a browser or a program sent, made safe to read: never an error, whatever it is."""

import re

# PostgreSQL keeps no NUL, UTF-8 no half of a pair
UNSTORABLE = re.compile(r"[\x00\ud800-\udfff]")


def text(value):
    """A form's value as text that a database keeps; empty for a file or nothing."""
    return UNSTORABLE.sub("", value) if isinstance(value, str) else ""


def number(value):
    """The whole number of at most nine plain digits in a text, else 0."""
    digits = text(value).strip()
    return int(digits) if digits.isascii() and digits.isdecimal() and len(digits) < 10 else 0


def record_id(value):
    """An id of JSON, else 0."""
    return value if type(value) is int and 0 < value < 2**31 else 0
