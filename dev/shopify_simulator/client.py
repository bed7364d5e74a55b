"""Driving the simulator from tests and scripts; needs only the standard library.

    with Simulator.start() as shop:
        shop.seed(products=10)
        order = shop.place_order(lines=[{"sku": "SKU-0001", "quantity": 2}])
        answer = shop.graphql("query($id: ID!) { order(id: $id) { name } }", {"id": order["id"]})
"""
from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from .apps import DEFAULT_CLIENT_ID, DEFAULT_CLIENT_SECRET, DEFAULT_TOKEN


class ControlError(RuntimeError):
    """The control port refused a verb."""


class Simulator:
    """A running simulator. Every control verb is a method: `shop.place_order(lines=…)` posts to /control/place_order."""

    token = DEFAULT_TOKEN
    client_id = DEFAULT_CLIENT_ID
    client_secret = DEFAULT_CLIENT_SECRET

    def __init__(self, url: str, control_url: str, domain: str = "hatoba-test.myshopify.com",
                 process: subprocess.Popen[str] | None = None) -> None:
        self.url, self.control_url, self.domain = url, control_url, domain
        self._process = process

    @classmethod
    def start(cls, *, domain: str = "hatoba-test.myshopify.com", seed: int = 0, db: str | None = None, port: int = 0,
              control_port: int = 0, python: str = sys.executable, env: dict[str, str] | None = None) -> Simulator:
        """Run a simulator in its own process on free ports and wait until it answers."""
        root = str(Path(__file__).resolve().parents[1])
        environment = {**os.environ, **(env or {})}
        environment["PYTHONPATH"] = os.pathsep.join(filter(None, [root, environment.get("PYTHONPATH")]))
        command = [python, "-m", "shopify_simulator", "--port", str(port), "--control-port", str(control_port), "--seed", str(seed),
                   "--shop", domain, *(["--db", db] if db else [])]
        process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line.startswith("READY"):
            process.kill()
            raise RuntimeError(f"the simulator did not start: {line!r} (exit {process.wait()})")
        public, private = line.split()[1:]
        threading.Thread(target=process.stdout.read, daemon=True).start()
        return cls(f"http://127.0.0.1:{public}", f"http://127.0.0.1:{private}", domain, process)

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(5)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None

    def __enter__(self) -> Simulator:
        return self

    def __exit__(self, *_: Any) -> None:
        self.stop()

    def control(self, verb: str, /, **values: Any) -> Any:
        """The result of a control verb.

        :raises ControlError: with the simulator's words when it refuses.
        """
        status, body, _ = self.request(self.control_url, "POST", f"/control/{verb}", json.dumps(values, default=str).encode(),
                                       {"Content-Type": "application/json"}, timeout=600)
        answer = json.loads(body)
        if status != 200:
            raise ControlError(f"{verb}: {answer.get('error')}")
        return answer["result"]

    def __getattr__(self, verb: str) -> Any:
        if verb.startswith("_"):
            raise AttributeError(verb)
        return lambda **values: self.control(verb, **values)

    def graphql(self, query: str, variables: dict[str, Any] | None = None, *, version: str = "2026-10",
                token: str | None = None, operation: str | None = None) -> dict[str, Any]:
        """The JSON answer of the public API (whatever its HTTP status)."""
        body = {"query": query, "variables": variables or {}, **({"operationName": operation} if operation else {})}
        _, data, _ = self.request(self.url, "POST", f"/admin/api/{version}/graphql.json", json.dumps(body).encode(),
                                  {"Content-Type": "application/json", "X-Shopify-Access-Token": token or self.token})
        return json.loads(data)

    @staticmethod
    def request(base: str, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None,
                timeout: float = 30) -> tuple[int, bytes, dict[str, str]]:
        """(status, body, headers) of one HTTP request on a connection of its own."""
        parts = urlsplit(base)
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port or 80, timeout=timeout)
        try:
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            return answer.status, answer.read(), dict(answer.getheaders())
        finally:
            connection.close()
