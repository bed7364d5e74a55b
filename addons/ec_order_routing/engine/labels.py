"""What fits on a carrier's label. Pure."""

from __future__ import annotations

import unicodedata

# JIS and Microsoft map these to different letters: label software turns one into the other
TWINS = frozenset("〜−‖—¢£¬")


def width(text: str) -> float:
    """Width in full-width letters: a narrow one counts one half. Combining marks count nothing."""
    return sum(
        0 if unicodedata.combining(letter) else 1 if unicodedata.east_asian_width(letter) in "WFA" else 0.5
        for letter in text
    )


def not_printable(text: str) -> list[str]:
    """The letters, each once, that cp932 (Shift JIS as Windows has it) does not know."""
    found: dict[str, None] = {}
    for letter in text:
        if letter not in TWINS:
            try:
                letter.encode("cp932")
            except UnicodeEncodeError:
                found[letter] = None
    return list(found)
