"""Sentences that are made here and read in the reader's language. Pure.

`_("…")` marks an English template for Odoo's extraction and remembers the addon it stands in; `Said` keeps the template and its
figures apart, so that a stored decision can be read in any language later.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import Any


class Text(str):
    """An English template and the addon (`module`) whose translations know it."""

    module: str = ""

    def __new__(cls, text: str, module: str = "") -> Text:
        self = super().__new__(cls, text)
        self.module = module
        return self


def _(text: str) -> Text:
    """The template, marked: looked up in the translations of the addon that calls."""
    return Text(text, addon_of(sys._getframe(1).f_globals.get("__name__", "")))


def addon_of(module: str) -> str:
    """Addon of a Python module's name: "odoo.addons.ec_x.engine.y" → "ec_x"; "" for others."""
    parts = module.split(".", 3)
    return parts[2] if len(parts) > 2 and parts[:2] == ["odoo", "addons"] else ""


class Said:
    """A sentence with its figures: `Said(_("{paid} of {total} paid"), paid=100, total=300)`.

    Params are JSON values (text, numbers, lists of them) or sentences again. until: "YYYY-MM-DD HH:MM:SS" in UTC, when time alone ends what is said;
    None: it does not.
    """

    __slots__ = ("text", "params", "until")

    def __init__(self, text: str, /, *, until: str | None = None, **params: Any) -> None:
        self.text = text if isinstance(text, Text) else Text(text)
        self.params = params
        self.until = until

    def render(self, template: str | None = None, show: Callable[[Any], str] | None = None) -> str:
        """The sentence in English, or in the language of `template`. show: how a param is written, sentences and lists of them among
        them; `shown` unless given.
        """
        write = show or shown
        return (template or self.text).format(**{name: write(value) for name, value in self.params.items()})

    def to_json(self) -> dict[str, Any]:
        data: dict[str, Any] = {
            "m": self.text.module,
            "t": str(self.text),
            "p": {key: _plain(each) for key, each in self.params.items()},
        }
        return data if self.until is None else data | {"until": self.until}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Said:
        said = cls(Text(data["t"], data["m"]), until=data.get("until"))
        said.params = {key: _said(each) for key, each in data["p"].items()}
        return said

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Said) and self.to_json() == other.to_json()

    def __hash__(self) -> int:
        return hash((str(self.text), self.until))

    def __str__(self) -> str:
        return self.render()

    def __repr__(self) -> str:
        return f"Said({self.render()!r})"


def _plain(value: Any) -> Any:
    if isinstance(value, Said):
        return value.to_json()
    return [_plain(each) for each in value] if isinstance(value, (list, tuple)) else value


def _said(value: Any) -> Any:
    if isinstance(value, dict) and {"m", "t", "p"} <= value.keys():
        return Said.from_json(value)
    return [_said(each) for each in value] if isinstance(value, list) else value


class NotYet:
    """What a condition returns that does not hold now and may hold from `at` ("YYYY-MM-DD HH:MM:SS" in UTC) by time alone."""

    __slots__ = ("at",)

    def __init__(self, at: str) -> None:
        self.at = at


def shown(value: Any) -> str:
    """A param as English text: numbers with separators and no idle decimals, lists joined by commas, sentences as they are."""
    if isinstance(value, (str, Said)):
        return str(value)
    if isinstance(value, (list, tuple)):
        return ", ".join(map(shown, value))
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return str(value)
    number = f"{value:,.3f}" if isinstance(value, float) else f"{value:,}"
    return number.rstrip("0").rstrip(".") if "." in number else number
