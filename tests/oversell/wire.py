"""One JSON line out, one JSON line back, over TCP on this machine; and the pure protocol, loaded without Odoo."""

import importlib.util
import json
import socket
import sys
from pathlib import Path

SHARING = Path(__file__).resolve().parents[2] / "addons" / "ec_stock_atp" / "sharing.py"


def load_sharing():
    spec = importlib.util.spec_from_file_location("sharing", SHARING)
    module = sys.modules["sharing"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class NoAnswer(Exception):
    """The connection ended or was silent: the request was handled, or it was not."""


class Line:
    """A connection to the shops, opened again after a fault."""

    def __init__(self, port, timeout=5):
        self.port, self.timeout, self.socket = port, timeout, None

    def ask(self, **request):
        try:
            if not self.socket:
                self.socket = socket.create_connection(("127.0.0.1", self.port), self.timeout)
                self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self.file = self.socket.makefile("rb")
            self.socket.sendall(json.dumps(request).encode() + b"\n")
            answer = self.file.readline()
            if not answer.endswith(b"\n"):
                raise OSError("cut")
            return json.loads(answer)
        except OSError as error:
            self.close()
            raise NoAnswer from error

    def close(self):
        if self.socket:
            self.socket.close()
            self.socket = None
