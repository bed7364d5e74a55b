"""Compares a recorded answer with the simulator's, modulo what no two shops share.

Two shops differ in ids, names of orders, times, cursors and addresses of pages.  The first time
such a value stands at the same place of both answers the two are taken for the same thing; from
then on they must stand for each other, in requests as in answers.  A value that the scenario's
requests gave is never excused: it must come back as it was given.
"""

import json
import re
from typing import Any

from .findings import Mismatch

ABSENT = "(absent)"

_GID = re.compile(r"gid://[A-Za-z0-9-]+/[A-Za-z0-9_]+/[^\s\"'\\,\])}]*[^\s\"'\\,\])}.]")
_GID_TYPE = re.compile(r"gid://[A-Za-z0-9-]+/([A-Za-z0-9_]+)/")
_GID_NUMBER = re.compile(r"gid://[A-Za-z0-9-]+/[A-Za-z0-9_]+/(\d+)")
_NAME = re.compile(r"#D?\d+")
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
_URL = re.compile(r"https?://\S+\Z")
_LITERAL = re.compile(r'"([^"\\\n]*)"')
_LONG_NUMBER = re.compile(r"(?<!\d)\d{6,}(?!\d)")
_UPLOAD_PARAMETER = re.compile(r"stagedTargets\[\d+\]\.parameters\[\d+\]\.value\Z")
_OPAQUE_KEYS = {
    "confirmationNumber",
    "cursor",
    "endCursor",
    "legacyResourceId",
    "paymentId",
    "signature",
    "startCursor",
}


class Alignment:
    """What stands for what between one recorded scenario and one simulated shop."""

    def __init__(self, given: list[Any]) -> None:
        """:param given: everything the scenario's requests hold."""
        self.ours: dict[str, str] = {}
        self._theirs: dict[str, str] = {}
        self._given = set(_texts(given))

    def pair(self, recorded: str, simulated: str) -> bool:
        """Take both for the same thing; False where one already stands for another."""
        known = self.ours.setdefault(recorded, simulated)
        return known == simulated and self._theirs.setdefault(simulated, recorded) == recorded

    def state(self):
        """What is known now, for `restore`."""
        return dict(self.ours), dict(self._theirs)

    def restore(self, state) -> None:
        """Forget what was learned since."""
        self.ours, self._theirs = state

    def request(self, value: Any) -> Any:
        """A recorded part of a request, as this shop has to be asked."""
        if isinstance(value, dict):
            return {key: self.request(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self.request(item) for item in value]
        return self.text(value) if isinstance(value, str) else value

    def text(self, value: str) -> str:
        """A recorded text with all that is known in it replaced."""
        if value in self.ours:
            return self.ours[value]
        value = _GID.sub(lambda found: self.ours.get(found[0], found[0]), value)
        value = _NAME.sub(lambda found: self.ours.get(found[0], found[0]), value)
        if "gid://" in value:
            return value
        return _LONG_NUMBER.sub(lambda found: self._numbers().get(found[0], found[0]), value)

    def compare(self, expected: Any, got: Any, path: str = "data") -> list[Mismatch]:
        """Where the answers differ; learns what stands for what on the way."""
        if isinstance(expected, dict) and isinstance(got, dict):
            return [
                found
                for key in [*expected, *(key for key in got if key not in expected)]
                for found in self.compare(
                    expected.get(key, ABSENT), got.get(key, ABSENT), f"{path}.{key}"
                )
            ]
        if isinstance(expected, list) and isinstance(got, list):
            found = []
            for place in range(max(len(expected), len(got))):
                wanted = expected[place] if place < len(expected) else ABSENT
                answered = got[place] if place < len(got) else ABSENT
                found += self.compare(wanted, answered, f"{path}[{place}]")
            return found
        return [] if self._alike(expected, got, path) else [Mismatch(path, expected, got)]

    def _alike(self, expected, got, path) -> bool:
        if not isinstance(expected, str) or not isinstance(got, str):
            return expected == got and isinstance(expected, bool) == isinstance(got, bool)
        if ABSENT in (expected, got):
            return False
        kind, other = _GID_TYPE.match(expected), _GID_TYPE.match(got)
        if kind and other:
            return kind[1] == other[1] and self.pair(expected, got)
        if expected == got:
            return True
        if _UPLOAD_PARAMETER.search(path):
            self.pair(expected, got)
            return True
        if self._was_given(expected):
            return self.text(expected) == got
        return self._excused(expected, got, path)

    def _was_given(self, text: str) -> bool:
        return text in self._given

    def _excused(self, expected: str, got: str, path: str) -> bool:
        if _INSTANT.fullmatch(expected) and _INSTANT.fullmatch(got):
            return True
        key = path.rsplit(".", 1)[-1].split("[")[0]
        if key in _OPAQUE_KEYS or (_URL.match(expected) and _URL.match(got)):
            self.pair(expected, got)
            return True
        names, ours = _NAME.findall(expected), _NAME.findall(got)
        if names and len(names) == len(ours) and _NAME.sub("#", expected) == _NAME.sub("#", got):
            known = [self.pair(name, our) for name, our in zip(names, ours, strict=True)]
            return all(known)
        return self.text(expected) == got

    def _numbers(self) -> dict[str, str]:
        pairs = (
            (_GID_NUMBER.match(key), _GID_NUMBER.match(ours)) for key, ours in self.ours.items()
        )
        return {key[1]: ours[1] for key, ours in pairs if key and ours}


def _texts(value: Any):
    """Every text in a JSON value, and every string literal in a document among them."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, str):
        yield value
        if "{" in value:
            yield from _LITERAL.findall(value)


def gids(value: Any) -> list[str]:
    """Every global id in a JSON value, in order of appearance."""
    return list(dict.fromkeys(_GID.findall(json.dumps(value, ensure_ascii=False))))


def gid_type(gid: str) -> str:
    return _GID_TYPE.match(gid)[1]


def first_instant(value: Any) -> str | None:
    """The first time in a JSON value."""
    found = _INSTANT.search(json.dumps(value))
    return found[0] if found else None
