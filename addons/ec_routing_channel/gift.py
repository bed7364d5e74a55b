"""What a buyer wishes for a gift, read from a shop's order. Pure.

Shops tell it as attributes of the order or of a line, named as the theme or the app of the shop names them ("のし", "Gift message"), or in
the note, a line each ("のし: 御祝").
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from fnmatch import fnmatchcase

from odoo.addons.ec_channel_base.sdk.documents import OrderDocument

NAMES = (
    "のし*, 熨斗*, ギフト, ギフト包装*, ギフトラッピング*, ギフトメッセージ*, ギフト対応*, ラッピング*, 包装*, 名入れ*, 表書き*, メッセージカード*, "
    "gift, is gift, gift wrap*, gift message*, gift note*, gift card message*, noshi*, wrapping*, message card*"
)
# Answers that wish nothing
NO = frozenset({"", "0", "no", "none", "false", "off", "n", "-", "いいえ", "希望しない", "利用しない"})
NO_ENDINGS = ("なし", "無し", "不要", "しない", "いらない")
SHORT = 10  # a longer text that ends so is a message, no answer
_NOTE = re.compile(r"^\s*([^:：]{1,30})[:：]\s*(.+?)\s*$", re.MULTILINE)


def wishes(document: OrderDocument, names: str | None) -> str:
    """One wish a line, those of a line of the order with its title; "" if there is none. names: separated by commas, * stands for any text."""
    patterns = [folded for name in (names or "").replace("、", ",").split(",") if (folded := fold(name))]
    found = [
        f"{about}{name}: {value.strip()}"
        for about, name, value in _attributes(document)
        if _wished(value) and any(fnmatchcase(fold(name), pattern) for pattern in patterns)
    ]
    return "\n".join(dict.fromkeys(found))


def fold(text: str) -> str:
    """Letters alike whatever their width and case; "_" and "-" are spaces."""
    return re.sub(r"[\s_-]+", " ", unicodedata.normalize("NFKC", text).casefold()).strip()


def _attributes(document: OrderDocument) -> Iterator[tuple[str, str, str]]:
    """(what it is about, name, value)"""
    yield from (("", name, value) for name, value in document.attributes)
    for line in document.lines:
        yield from ((f"{line.title}: ", name, value) for name, value in line.properties)
    yield from (("", name, value) for name, value in _NOTE.findall(document.note))


def _wished(value: str) -> bool:
    text = fold(value)
    return text not in NO and not (len(text) <= SHORT and text.endswith(NO_ENDINGS))
