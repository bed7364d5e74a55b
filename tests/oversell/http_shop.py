"""Shops over HTTP with a network that fails: any `handle(shop, method, path, query, body, headers)` behind a threaded server.

The handler answers `(status, headers, body bytes)`. It is called by one thread at a time for each shop, so what it does
is the shop's true order of events. Faults befall only requests that `frail(method, path)` names.
"""

import contextlib
import random
import threading
import time
from collections import Counter
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, unquote, urlsplit


@dataclass(frozen=True)
class Faults:
    """Chances, by request."""

    lost_before: float = 0.04  # cut, and the shop never saw it
    lost_after: float = 0.08  # handled, and the answer cut
    error_after: float = 0.03  # handled, and the answer is 500
    throttled: float = 0.03
    slow: float = 0.2
    slowness: float = 0.1  # seconds at most
    late_copy: float = 0.12
    latest: float = 2.0  # seconds at most


class Shops:
    """`shops` by name; the first part of the path is the name. `counts` says what befell the requests."""

    def __init__(self, shops, handle, seed=1, faults=None, frail=lambda method, path: True):
        self.shops, self.handle, self.faults, self.frail = shops, handle, faults or Faults(), frail
        self.chance, self.counts = random.Random(seed), Counter()
        self.locks = {name: threading.Lock() for name in shops}
        self.lock, self.timers = threading.Lock(), []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self):
                outer._answer(self)

            do_GET = do_PUT = do_POST = do_DELETE = answer

            def log_message(self, *_values):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True)

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server.server_port}"

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_error):
        for timer in self.timers:
            timer.cancel()
        self.server.shutdown()
        self.server.server_close()

    def _happens(self, chance):
        with self.lock:
            return self.chance.random() < chance

    def _seconds(self, most):
        with self.lock:
            return self.chance.uniform(0, most)

    def _count(self, what):
        with self.lock:
            self.counts[what] += 1

    def do(self, name, *request):
        """Let the shop handle a request, now and alone."""
        with self.locks[name]:
            return self.handle(self.shops[name], *request)

    def _answer(self, http):
        parts = urlsplit(http.path)
        name, _slash, path = unquote(parts.path).lstrip("/").partition("/")
        body = http.rfile.read(int(http.headers.get("Content-Length") or 0))
        if name not in self.shops:
            return self._send(http, 404, {}, b"")
        self._count("requests")
        faults = self.faults if self.frail(http.command, path) else None
        if faults and self._happens(faults.lost_before):
            return self._cut(http, "lost before")
        if faults and self._happens(faults.throttled):
            self._count("throttled")
            return self._send(http, 429, {"Retry-After": "1"}, b"")
        if faults and self._happens(faults.slow):
            time.sleep(self._seconds(faults.slowness))
        request = (http.command, path, dict(parse_qsl(parts.query)), body, dict(http.headers))
        status, headers, content = self.do(name, *request)
        if faults and self._happens(faults.late_copy):
            timer = threading.Timer(self._seconds(faults.latest), self._late, (name, *request))
            timer.daemon = True
            self.timers.append(timer)
            timer.start()
        if faults and self._happens(faults.lost_after):
            return self._cut(http, "lost after")
        if faults and self._happens(faults.error_after):
            self._count("error after")
            status, headers, content = 500, {}, b""
        return self._send(http, status, headers, content)

    def _late(self, name, *request):
        self._count("late copies")
        self.do(name, *request)

    def _cut(self, http, what):
        self._count(what)
        http.close_connection = True

    @staticmethod
    def _send(http, status, headers, content):
        with contextlib.suppress(OSError):
            http.send_response(status)
            for key, value in headers.items():
                http.send_header(key, value)
            http.send_header("Content-Length", str(len(content)))
            http.end_headers()
            http.wfile.write(content)
