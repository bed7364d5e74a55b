"""What all parts of the conformance kit use."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import Any

from .documents import PushResult
from .errors import ChannelError


class Fault(Enum):
    """What goes wrong with the connector's next request (LOST_ANSWER: its next request that changes something)."""

    THROTTLED = "throttled"  # the channel's "too many requests", asking for RETRY_AFTER seconds
    DOWN = "down"  # 503 or whatever the channel says when it is out of order
    TIMEOUT = "timeout"  # nothing is done and nothing is answered
    LOST_ANSWER = "lost_answer"  # it is done, and the connection is cut before the answer
    REFUSED = "refused"  # 401: the credentials are no longer accepted
    UNREADABLE = "unreadable"  # 200 with half a body


def assert_frozen(value: Any, path: str) -> None:
    """Conventions of documents.py: immutable all the way down, exact money, aware instants, text never None."""
    if dataclasses.is_dataclass(value):
        for item in dataclasses.fields(value):
            assert_frozen(getattr(value, item.name), f"{path}.{item.name}")
    elif isinstance(value, tuple):
        for index, item in enumerate(value):
            assert_frozen(item, f"{path}[{index}]")
    elif isinstance(value, datetime):
        assert value.tzinfo is not None, f"{path} has no time zone"
    elif isinstance(value, Decimal):
        assert value.is_finite(), f"{path} is {value}"
    else:
        assert value is None or isinstance(value, str | bool | int | Enum), f"{path} is a {type(value).__name__}"


def push_errors(push: Any, items: Sequence[Any]) -> list[ChannelError | None]:
    """The error of each item, whether the call raised as a whole or answered one by one."""
    try:
        results: Sequence[PushResult] = push(items)
    except ChannelError as error:
        return [error] * len(items)
    assert [result.key for result in results] == [item.key for item in items], "one result an item, in the order given"
    return [result.error for result in results]
