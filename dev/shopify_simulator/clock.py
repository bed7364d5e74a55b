"""The simulator's clock: real time until a test sets or advances it. All instants are aware UTC datetimes."""
from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta


class Clock:
    """Real time plus an offset, or frozen time that moves only by :meth:`advance`."""

    def __init__(self) -> None:
        self._offset = timedelta(0)
        self._frozen: datetime | None = None
        self.moved = threading.Condition()

    def now(self) -> datetime:
        return self._frozen or datetime.now(UTC) + self._offset

    def seconds(self) -> float:
        """Seconds since the epoch on this clock; monotonic as long as nobody sets it back."""
        return self._frozen.timestamp() if self._frozen else time.time() + self._offset.total_seconds()

    def set(self, instant: datetime, frozen: bool = True) -> None:
        """Stand at an instant (frozen), or run on from it in real time."""
        if frozen:
            self._frozen = instant
        else:
            self._frozen, self._offset = None, instant - datetime.now(UTC)
        self._notify()

    def advance(self, seconds: float) -> None:
        if self._frozen:
            self._frozen += timedelta(seconds=seconds)
        else:
            self._offset += timedelta(seconds=seconds)
        self._notify()

    def reset(self) -> None:
        self._offset, self._frozen = timedelta(0), None
        self._notify()

    def _notify(self) -> None:
        with self.moved:
            self.moved.notify_all()


def iso(instant: datetime | None) -> str | None:
    """GraphQL DateTime: UTC, whole seconds, "Z"."""
    return instant.strftime("%Y-%m-%dT%H:%M:%SZ") if instant else None


def parse_instant(text: str) -> datetime:
    """An ISO 8601 instant or date; without an offset it means UTC. ValueError when malformed."""
    value = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return value if value.tzinfo else value.replace(tzinfo=UTC)
