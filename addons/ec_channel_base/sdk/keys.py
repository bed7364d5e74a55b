"""Idempotency keys: the same facts give the same key, in every process, for ever."""

from __future__ import annotations

import uuid

# Fixed for ever: another namespace would make every repeat look new
_NAMESPACE = uuid.UUID("6f0d1c52-5a0e-5c9b-9a51-0c7f2c3c8f11")


def idempotency_key(*parts: object) -> str:
    """A UUID made of `parts` (text and integers, in order): ("shipment", 7, "A1") and ("shipment", "7A1") differ."""
    return str(uuid.uuid5(_NAMESPACE, "".join(f"{len(text)}:{text}" for text in map(_text, parts))))


def _text(part: object) -> str:
    if isinstance(part, str):
        return part
    if isinstance(part, int) and not isinstance(part, bool):
        return str(part)
    raise TypeError(f"{type(part).__name__} has no lasting text form")
