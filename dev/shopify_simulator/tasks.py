"""What Shopify does by itself after a request: routing, cancellation jobs, bulk operations. Due times are clock seconds."""
from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Any

_log = logging.getLogger(__name__)

#: kind → function(shop, values, tenant), run inside one transaction.
TASKS: dict[str, Callable[[Any, dict[str, Any], Any], None]] = {}


def task(kind: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    def register(function: Callable[..., None]) -> Callable[..., None]:
        TASKS[kind] = function
        return function
    return register


class Worker:
    """Runs due tasks of one shop: in its own thread, and before each request so that nobody sees a task overdue."""

    def __init__(self, tenant: Any) -> None:
        self.tenant, self.shop = tenant, tenant.shop
        self._stop = threading.Event()

    def start(self) -> None:
        threading.Thread(target=self._run, name="tasks", daemon=True).start()

    def stop(self) -> None:
        self._stop.set()

    def _run(self) -> None:
        while not self._stop.wait(0.05):
            try:
                self.run_due()
            except Exception:
                _log.exception("running tasks")

    def run_due(self) -> int:
        """Run every due task, oldest first; a failing one is dropped with a log entry."""
        shop = self.shop
        if not shop.tables.get("Task"):
            return 0
        done = 0
        with shop.lock:
            now = shop.clock.seconds()
            for row in sorted((r for r in shop.all("Task") if r["due"] <= now), key=lambda r: (r["due"], r["n"])):
                with shop.transaction():
                    shop.remove(row)
                try:
                    with shop.transaction():
                        TASKS[row["kind"]](shop, row["values"], self.tenant)
                except Exception:
                    _log.exception("task %s", row["kind"])
                done += 1
        return done
