"""The public port: GraphQL, OAuth and bulk results over HTTP, as a shop's own domain would serve them."""
from __future__ import annotations

import json
import logging
import re
import socket
import threading
import time
import uuid
from collections import Counter, deque
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from . import (  # noqa: F401  (imported for the resolvers they register)
    accounts,
    bulk,
    bulk_mutations,
    catalogue,
    customer_api,
    draft_orders,
    edits,
    fulfillment_service_api,
    fulfilment_api,
    inventory_api,
    location_api,
    merchant,
    order_mutations,
    orders,
    payment_terms,
    product_api,
    refunds,
    returns,
)
from .apps import App
from .clock import Clock, iso
from .errors import TopLevelError
from .executor import internal_error
from .faults import Faults, Fired, change_answer
from .pipeline import Pipeline
from .schema import load_schema, resolve_version
from .store import Shop
from .tasks import Worker
from .webhooks import Hooks

_log = logging.getLogger(__name__)
_API = re.compile(r"/admin/api/(?:([^/]+)/)?graphql\.json$")
_BULK = re.compile(r"/bulk-results/([0-9]+)\.jsonl$")
_HTML = ("<!DOCTYPE html><html><head><title>Something went wrong</title></head><body><h1>{} {}</h1>"
         "<p>There's a problem loading this page. Request ID: {}</p></body></html>")
_REASONS = {200: "OK", 400: "Bad Request", 401: "Unauthorized", 402: "Payment Required", 403: "Forbidden", 404: "Not Found",
            405: "Method Not Allowed", 423: "Locked", 429: "Too Many Requests", 500: "Internal Server Error",
            502: "Bad Gateway", 503: "Service Unavailable", 504: "Gateway Timeout"}
_UNAUTHORIZED = {"errors": "[API] Invalid API key or access token (unrecognized login or wrong password)"}
_BEFORE = {
    "token_revoked": (401, _UNAUTHORIZED), "frozen": (402, {"errors": "Unavailable Shop"}),
    "forbidden": (403, {"errors": "[API] This action requires merchant approval for the necessary scope."}),
    "not_found": (404, {"errors": "Not Found"}), "locked": (423, {"errors": "Locked"}),
}


class Tenant:
    """One shop with the app installed on it, and everything that runs for it."""

    def __init__(self, server: Simulation, domain: str, seed: int = 0, path: str | None = None, **credentials: Any) -> None:
        self.server = server
        self.shop = Shop(domain, server.clock, seed, path)
        self.app = App(server.clock, self.shop.random, **credentials)
        self.credentials = credentials
        self.hooks = Hooks(self.shop, self.app)
        self.pipeline = Pipeline(self.shop, server)
        self.faults = Faults()
        self.worker = Worker(self)
        self.requests: deque[dict[str, Any]] = deque(maxlen=20000)
        self.counts: Counter[str] = Counter()
        if "settings" not in self.shop.meta:
            merchant.open_shop(self.shop, {})

    def start(self) -> None:
        self.hooks.start()
        self.worker.start()

    def stop(self) -> None:
        self.worker.stop()
        self.hooks.stop()

    def record(self, **values: Any) -> None:
        for name in values["root_fields"]:
            self.counts[name] += 1
        self.requests.append({"at": iso(self.shop.now()), **values})


class Simulation:
    """All tenants of one process, one clock, the public address."""

    def __init__(self, domain: str, seed: int = 0, path: str | None = None) -> None:
        self.clock = Clock()
        self.base_url = ""
        self.tenants: dict[str, Tenant] = {}
        self.add(domain, seed, path)

    def add(self, domain: str, seed: int = 0, path: str | None = None, **credentials: Any) -> Tenant:
        tenant = self.tenants[domain] = Tenant(self, domain, seed, path, **credentials)
        return tenant

    def tenant(self, domain: str | None = None) -> Tenant:
        return self.tenants[domain] if domain else next(iter(self.tenants.values()))

    def by_token(self, token: str | None) -> Tenant | None:
        return next((t for t in self.tenants.values() if t.app.accepts(token)), None)

    def by_client(self, client_id: str | None, host: str) -> Tenant:
        rows = [t for t in self.tenants.values() if t.app.client_id == client_id]
        return next((t for t in rows if t.shop.domain == host), rows[0] if rows else self.tenant())


class Handler(BaseHTTPRequestHandler):
    """One connection of the public port (keep-alive)."""

    protocol_version = "HTTP/1.1"
    server_version = "simulator"
    simulation: Simulation

    def log_message(self, *args: Any) -> None:
        pass

    def setup(self) -> None:
        super().setup()
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        match = _BULK.match(path)
        if not match:
            return self.answer(404, {"errors": "Not Found"})
        for tenant in self.simulation.tenants.values():
            found = bulk.result_file(tenant, match[1])
            if found is None:
                continue
            fired = tenant.faults.fired({"bulk_result"})
            if self._before(fired, tenant):
                return None
            expired = found["expires"] <= self.simulation.clock.seconds()
            if expired:
                return self.answer(403, "<?xml version='1.0'?><Error><Code>ExpiredToken</Code></Error>", kind="application/xml")
            return self._finish(fired, 200, found["body"], {}, "application/jsonl")
        return self.answer(404, {"errors": "Not Found"})

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        raw = self.rfile.read(length)
        path = urlsplit(self.path).path
        if path == bulk_mutations.UPLOAD_PATH:
            return self._upload(raw)
        if path == "/admin/oauth/access_token":
            return self._oauth(raw)
        match = _API.match(path)
        if not match:
            return self.answer(404, {"errors": "Not Found"})
        return self._graphql(match[1], raw)

    def _upload(self, raw: bytes) -> None:
        """A file for a bulk mutation; the storage knows by the key which shop it is for."""
        status, text = 403, "<Error><Code>AccessDenied</Code></Error>"
        for tenant in self.simulation.tenants.values():
            status, text = bulk_mutations.receive(tenant.shop, self.headers.get("Content-Type", ""), raw)
            if status != 403:
                break
        return self.answer(status, text, kind="application/xml")

    def _oauth(self, raw: bytes) -> None:
        text = raw.decode("utf-8", "replace")
        try:
            form = json.loads(text) if text.lstrip().startswith("{") else dict(parse_qsl(text))
        except ValueError:
            form = {}
        tenant = self.simulation.by_client(form.get("client_id"), self.headers.get("Host", ""))
        fired = tenant.faults.fired({"oauth"})
        tenant.record(operation="oauth", root_fields=["oauth"], variables={k: v for k, v in form.items() if k == "grant_type"},
                      status=200, faults=fired.kinds)
        if self._before(fired, tenant):
            return
        status, answer = tenant.app.grant(form)
        tenant.requests[-1]["status"] = status
        self._finish(fired, status, json.dumps(answer).encode(), {}, "application/json")

    def _graphql(self, wanted: str | None, raw: bytes) -> None:
        simulation = self.simulation
        version = resolve_version(wanted) if wanted else resolve_version("2025-01")
        if version is None:
            return self.answer(404, {"errors": "Not Found"})
        token = self.headers.get("X-Shopify-Access-Token")
        tenant = simulation.by_token(token)
        if tenant is None:
            return self.answer(401, _UNAUTHORIZED)
        try:
            body = json.loads(raw)
        except ValueError:
            return self.answer(400, {"errors": {"query": "Required parameter missing or invalid"}})
        started = time.perf_counter()
        loaded = load_schema(version)
        names, root_fields, operation = self._names(tenant, loaded, body)
        fired = tenant.faults.fired(names)
        entry = {"operation": operation, "root_fields": root_fields, "faults": fired.kinds, "version": version, "status": 200,
                 "variables": body.get("variables") if isinstance(body, dict) else None}
        tenant.record(**entry)
        logged = tenant.requests[-1]
        if self._before(fired, tenant, logged):
            return None
        if fired.of("version_retired"):
            loaded = load_schema("2025-01")
            logged["version"] = loaded.version
        tenant.worker.run_due()
        try:
            answer = tenant.pipeline.run(loaded, tenant.app, body, fired)
        except Exception as error:
            _log.exception("request")
            failure = internal_error(str(error))
            answer = {"errors": [{"message": failure.message, "extensions": failure.extensions}]}
        for fault in fired.at("answer"):
            change_answer(answer, fault, internal_error)
        logged["seconds"] = round(time.perf_counter() - started, 4)
        if answer.get("errors"):
            logged["errors"] = [e.get("message") if isinstance(e, dict) else e for e in answer["errors"]]
        data = json.dumps(answer, ensure_ascii=False, default=_unknown).encode()
        return self._finish(fired, 200, data, {"X-Shopify-API-Version": loaded.version}, "application/json; charset=utf-8")

    def _names(self, tenant: Tenant, loaded: Any, body: Any) -> tuple[set[str], list[str], str | None]:
        """What the request can be called in fault rules and counts: its root fields and its operation name."""
        if not isinstance(body, dict) or not isinstance(body.get("query"), str):
            return set(), [], None
        document, _ = tenant.pipeline.prepare(loaded, body["query"], body.get("operationName") or None)
        if document is None:
            return set(), ["invalid"], body.get("operationName")
        operation = document.operation.name.value if document.operation.name else None
        return {*document.root_fields, *([operation] if operation else [])}, document.root_fields, operation

    # -- faults and answers

    def _before(self, fired: Fired, tenant: Tenant, logged: dict[str, Any] | None = None) -> bool:
        """Act out the faults that come before execution; true when they answered (or cut) the request."""
        for fault in fired.at("before"):
            kind = fault["kind"]
            if logged is not None and kind not in ("slow", "merchant_acts"):
                logged["status"] = None
            if kind == "slow":
                time.sleep(fault.get("seconds", 1))
                continue
            if kind == "merchant_acts":
                from .control import Control
                Control(self.simulation).call(fault["verb"], dict(fault.get("params") or {}))
                continue
            if kind in ("timeout_before", "cut_before"):
                if kind == "timeout_before":
                    time.sleep(fault.get("seconds", 30))
                self._cut()
            elif kind == "http_429":
                self.answer(429, {"errors": "Exceeded 2 calls per second for api client. Reduce request rates to resume "
                                  "uninterrupted service."}, {"Retry-After": str(fault.get("retry_after", 2.0))})
            elif kind.startswith("http_"):
                self._html(int(kind[5:8]))
            else:
                self.answer(*_BEFORE[kind])
            return True
        return False

    def _finish(self, fired: Fired, status: int, data: bytes, headers: dict[str, str], kind: str) -> None:
        """Send the answer, unless a fault cuts, delays or damages it after the work was done."""
        after = fired.at("after")
        if not after:
            return self.answer(status, data, headers, kind)
        fault = after[0]
        if fault["kind"] in ("cut_after", "timeout_after"):
            if fault["kind"] == "timeout_after":
                time.sleep(fault.get("seconds", 30))
            return self._cut()
        if fault["kind"] == "http_500_after":
            return self._html(int(fault.get("status", 502)))
        return self.answer(status, data[:max(1, len(data) // 2)], headers, kind)  # truncated_json: a valid length, broken JSON

    def _cut(self) -> None:
        self.close_connection = True
        try:
            self.connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass

    def _html(self, status: int) -> None:
        self.answer(status, _HTML.format(status, _REASONS[status], uuid.uuid4()), kind="text/html; charset=utf-8")

    def answer(self, status: int, body: Any, headers: dict[str, str] | None = None,
               kind: str = "application/json; charset=utf-8") -> None:
        data = body if isinstance(body, bytes) else (body if isinstance(body, str) else json.dumps(body)).encode()
        lines = [f"HTTP/1.1 {status} {_REASONS.get(status, 'Unknown')}", f"Content-Type: {kind}", f"Content-Length: {len(data)}",
                 f"X-Request-Id: {uuid.uuid4()}", *(f"{name}: {value}" for name, value in (headers or {}).items())]
        try:
            self.wfile.write("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + data)
        except OSError:
            self.close_connection = True


def _unknown(value: Any) -> Any:
    raise TypeError(f"fake: {value!r} has no GraphQL serialisation")


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256
    allow_reuse_address = True


def serve(simulation: Simulation, host: str, port: int) -> Server:
    """The public port, running in a thread of its own."""
    handler = type("PublicHandler", (Handler,), {"simulation": simulation})
    server = Server((host, port), handler)
    simulation.base_url = f"http://{host}:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, name="public", daemon=True).start()
    return server


__all__ = ["Simulation", "Tenant", "serve", "TopLevelError"]
