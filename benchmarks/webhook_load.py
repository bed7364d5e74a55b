"""Sends requests to 127.0.0.1 for a bounded time: as fast as they are answered, or at a fixed rate whatever the answers do.

    python benchmarks/webhook_load.py '{"port": …, "path": …, "seconds": …, "connections": …, "get": …, "rate": …, "seed": …}'
"""

import errno
import itertools
import json
import selectors
import socket
import sys
import time

import webhooks


class Exchange:
    """One request on a connection of its own."""

    __slots__ = ("due", "received", "sent", "socket", "to_send")

    def __init__(self, port, request, due):
        self.due, self.to_send, self.received = due, request, b""
        self.socket = socket.socket()
        self.socket.setblocking(False)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        result = self.socket.connect_ex(("127.0.0.1", port))
        if result not in (0, errno.EINPROGRESS):
            raise OSError(result, "connect")

    def complete(self):
        """All of the body that Content-Length promises is there. A proxy or an HTTP client closes then; one that waited for the server
        to close would add werkzeug's 10 ms of listening for unread data to every request."""
        head, end, body = self.received.partition(b"\r\n\r\n")
        length = head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]
        return bool(end and length) and len(body) >= int(length)


def run(port, path, seconds, connections, get=False, rate=None, seed=0, domain=""):
    if get:
        requests = itertools.repeat(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n".encode())
    else:
        count = int(rate * seconds) + 10 if rate else webhooks.DELIVERIES
        # a run at a fixed rate, or a short one to warm up, has numbers of its own
        requests = iter(webhooks.deliveries(path, domain, 500 if rate else seed if seconds > 1 else 501, count))
    selector = selectors.DefaultSelector()
    started = time.perf_counter()
    end = started + seconds
    latencies, refused, open_count, launched = [], 0, 0, 0

    def launch(due):
        nonlocal open_count
        exchange = Exchange(port, next(requests), due)
        selector.register(exchange.socket, selectors.EVENT_WRITE, exchange)
        open_count += 1

    while True:
        now = time.perf_counter()
        if now < end:
            if rate:
                while launched < (now - started) * rate:
                    launch(started + launched / rate)
                    launched += 1
            else:
                while open_count < connections:
                    launch(now)
        elif not open_count:
            break
        if now > end + 30:
            raise TimeoutError(f"{open_count} requests without an answer")
        for key, _mask in selector.select(0.001):
            exchange = key.data
            if exchange.to_send:
                sent = exchange.socket.send(exchange.to_send)
                exchange.to_send = exchange.to_send[sent:]
                if not exchange.to_send:
                    selector.modify(exchange.socket, selectors.EVENT_READ, exchange)
                continue
            try:
                data = exchange.socket.recv(65536)
            except ConnectionResetError:
                data = b""
            exchange.received += data
            if not data or exchange.complete():
                selector.unregister(exchange.socket)
                exchange.socket.close()
                open_count -= 1
                if exchange.received[9:12] == b"200":
                    latencies.append(time.perf_counter() - exchange.due)
                else:
                    refused += 1
    seconds = time.perf_counter() - started
    return {"seconds": seconds, "accepted": len(latencies), "refused": refused, "rate": len(latencies) / seconds, "latencies": latencies if rate else []}


if __name__ == "__main__":
    print(json.dumps(run(**json.loads(sys.argv[1]))))
