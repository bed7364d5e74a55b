"""The control port: everything that only a merchant, a buyer, Shopify itself or a test can do. JSON verbs and the small shop page.

`POST /control/<verb>` with a JSON object answers {"result": …} or 4xx {"error": "…"}. Every verb takes an optional `shop` (its
domain); without it the first shop is meant.
"""
from __future__ import annotations

import json
import logging
import mimetypes
import threading
from collections import Counter
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from . import merchant
from .apps import App
from .clock import iso, parse_instant
from .errors import TopLevelError, UserErrors
from .faults import Faults
from .server import Server, Simulation, Tenant
from .webhooks import Mode

_log = logging.getLogger(__name__)
_PAGE = Path(__file__).parent / "page"
Node = dict[str, Any]

#: verbs that are merchant functions `(shop, values) -> JSON`
_MERCHANT = {
    "seed": merchant.seed, "place_order": merchant.place_order, "place_orders": merchant.place_orders,
    "edit_order": merchant.edit_order, "change_order": merchant.change_order, "pay": merchant.pay, "void": merchant.void_payment,
    "cancel_order": merchant.cancel, "refund": merchant.refund, "fulfil": merchant.fulfil,
    "cancel_fulfillment": merchant.cancel_fulfillment, "carrier_event": merchant.carrier_event, "hold": merchant.hold,
    "release_hold": merchant.release_hold, "move": merchant.move, "set_stock": merchant.set_stock,
    "delete_product": merchant.delete_product,
}


class Control:
    """The verbs that are not a merchant's act, and the dispatch of all of them."""

    def __init__(self, simulation: Simulation) -> None:
        self.simulation = simulation

    def call(self, verb: str, values: Node) -> Any:
        tenant = self.simulation.tenant(values.pop("shop", None))
        if verb in _MERCHANT:
            return _MERCHANT[verb](tenant.shop, values)  # each act is a transaction of its own
        method = getattr(self, "verb_" + verb, None)
        if method is None:
            raise merchant.Wrong(f"no verb {verb!r}; there are: {', '.join(self.verbs())}")
        return method(tenant, values)

    def verbs(self) -> list[str]:
        return sorted([*_MERCHANT, *(name[5:] for name in dir(self) if name.startswith("verb_"))])

    # -- the shop and its app

    def verb_reset(self, tenant: Tenant, values: Node) -> Node:
        """Back to an empty shop: data, tokens, faults, modes, logs and the clock. {seed, id_base, settings}"""
        with tenant.shop.lock:
            tenant.shop.start(int(values.get("seed", 0)), int(values.get("id_base", 0)))
            fresh = App(self.simulation.clock, tenant.shop.random, **tenant.credentials)
            tenant.app.__dict__.update(fresh.__dict__)
            self.simulation.clock.reset()
            tenant.faults = Faults()
            tenant.requests.clear()
            tenant.counts.clear()
            tenant.pipeline.coverage.clear()
            tenant.hooks.forget()
            merchant.open_shop(tenant.shop, values.get("settings") or {})
        return self.verb_info(tenant, {})

    def verb_info(self, tenant: Tenant, values: Node) -> Node:
        """Address, credentials and counts."""
        shop, app = tenant.shop, tenant.app
        return {"shop": shop.domain, "url": self.simulation.base_url, "token": next(iter(app.tokens), None),
                "client_id": app.client_id, "client_secret": app.client_secret, "installed": app.installed,
                "scopes": sorted(app.scopes), "now": iso(shop.now()), "settings": {
                    key: value for key, value in shop.meta["settings"].items() if key != "order_app"},
                "locations": [{"id": place["id"], "name": place["name"]} for place in shop.all("Location")],
                "objects": {name: len(rows) for name, rows in shop.tables.items()},
                "bucket": {"capacity": app.bucket.capacity, "restore": app.bucket.restore}}

    def verb_add_shop(self, tenant: Tenant, values: Node) -> Node:
        """Another shop in the same process: {domain, token, client_id, client_secret, seed, settings}."""
        made = self.simulation.add(values["domain"], int(values.get("seed", 0)), None, **{
            key: values[key] for key in ("token", "client_id", "client_secret") if key in values})
        made.hooks.host_map = dict(tenant.hooks.host_map)
        with made.shop.transaction():
            made.shop.meta["settings"].update(values.get("settings") or {})
        made.start()
        return self.verb_info(made, {})

    def verb_configure(self, tenant: Tenant, values: Node) -> Node:
        """{capacity, restore} of the bucket; {routing_delay, job_delay, bulk_seconds, search_lag} in seconds; {scopes};
        {same_organisation}; {protected_data: false} nulls personal data; {settings}; {webhook_version}."""
        bucket = tenant.app.bucket
        if "capacity" in values or "restore" in values:
            tenant.app.bucket = type(bucket)(self.simulation.clock, values.get("capacity", bucket.capacity),
                                             values.get("restore", bucket.restore))
        with tenant.shop.transaction():
            for key in ("routing_delay", "job_delay", "bulk_seconds", "search_lag"):
                if key in values:
                    tenant.shop.meta[key] = float(values[key])
            tenant.shop.meta["settings"].update(values.get("settings") or {})
            if "webhook_version" in values:
                tenant.shop.meta["settings"]["webhook_version"] = values["webhook_version"]
            if "scopes" in values:
                before, tenant.app.scopes = sorted(tenant.app.scopes), set(values["scopes"])
                tenant.shop.emit("app/scopes_update", {"id": "app"}, previous=before, current=sorted(tenant.app.scopes))
        if "protected_data" in values:
            tenant.app.protected_data = bool(values["protected_data"])
        if "same_organisation" in values:
            tenant.app.same_organisation = bool(values["same_organisation"])
        return self.verb_info(tenant, {})

    def verb_uninstall(self, tenant: Tenant, values: Node) -> Node:
        """Tokens die at once, app/uninstalled is sent, subscriptions go."""
        with tenant.shop.transaction():
            tenant.shop.emit("app/uninstalled", {"id": "app"})
        with tenant.shop.transaction():
            for subscription in tenant.shop.all("WebhookSubscription"):
                tenant.shop.remove(subscription)
        tenant.app.installed = False
        return {"installed": False}

    def verb_install(self, tenant: Tenant, values: Node) -> Node:
        """Install again; `code` adds an authorization code that can be exchanged once."""
        tenant.app.installed = True
        if values.get("code"):
            tenant.app.codes.add(values["code"])
        return self.verb_info(tenant, {})

    def verb_rotate_secret(self, tenant: Tenant, values: Node) -> Node:
        return {"client_secret": tenant.app.rotate_secret(values.get("secret"))}

    def verb_expire_tokens(self, tenant: Tenant, values: Node) -> Node:
        """Every token with a life time ends now (`all`: the static one too)."""
        app = tenant.app
        app.tokens = {} if values.get("all") else {token: until for token, until in app.tokens.items() if until is None}
        return {"tokens": len(app.tokens)}

    # -- time

    def verb_set_clock(self, tenant: Tenant, values: Node) -> Node:
        """{at: ISO instant, frozen: true}."""
        self.simulation.clock.set(parse_instant(values["at"]), bool(values.get("frozen", True)))
        return {"now": iso(self.simulation.clock.now())}

    def verb_advance(self, tenant: Tenant, values: Node) -> Node:
        self.simulation.clock.advance(float(values["seconds"]))
        for each in self.simulation.tenants.values():
            each.worker.run_due()
        return {"now": iso(self.simulation.clock.now())}

    # -- faults and requests

    def verb_arm_fault(self, tenant: Tenant, values: Node) -> Node:
        return {"id": tenant.faults.arm(values)}

    def verb_clear_faults(self, tenant: Tenant, values: Node) -> Node:
        tenant.faults.clear(values.get("id"))
        return {}

    def verb_faults(self, tenant: Tenant, values: Node) -> list[Node]:
        return [rule.report() for rule in tenant.faults.rules]

    def verb_requests(self, tenant: Tenant, values: Node) -> Node:
        """{counts by root field, requests}; `operation` filters, `limit` keeps the last n, `clear` empties the log."""
        wanted = values.get("operation")
        rows = [row for row in tenant.requests if wanted in (None, row["operation"]) or wanted in row["root_fields"]]
        answer = {"counts": dict(tenant.counts), "requests": rows[-int(values.get("limit", 100)):], "total": len(rows)}
        if values.get("clear"):
            tenant.requests.clear()
            tenant.counts.clear()
        return answer

    def verb_coverage(self, tenant: Tenant, values: Node) -> Node:
        """How often each "Type.field" with a resolver was served."""
        return dict(sorted(tenant.pipeline.coverage.items()))

    # -- webhooks

    def verb_webhook_mode(self, tenant: Tenant, values: Node) -> Node:
        """{order, duplicate, drop, delay [min, max], signature, domain, oversize, manual, concurrency, seed}; nothing given = normal."""
        tenant.hooks.mode = Mode(**values)
        return values

    def verb_host_map(self, tenant: Tenant, values: Node) -> Node:
        """{"map": {"https://erp.example": "http://127.0.0.1:8069"}}: where https addresses really are."""
        tenant.hooks.host_map = dict(values["map"])
        return tenant.hooks.host_map

    def verb_webhook_deliveries(self, tenant: Tenant, values: Node) -> Node:
        """{counts by state, deliveries}; `topic` and `state` filter, `limit` keeps the last n."""
        rows = [row for row in tenant.hooks.rows() if values.get("topic") in (None, row["topic"])
                and values.get("state") in (None, row["state"])]
        return {"counts": dict(Counter(row["state"] for row in rows)), "deliveries": rows[-int(values.get("limit", 100)):]}

    def verb_flush(self, tenant: Tenant, values: Node) -> Node:
        """Send everything pending now, whatever its due time (`retries`: false sends only what is due); waits for the answers."""
        tried = tenant.hooks.send_due(everything=values.get("everything", True))
        return {"tried": tried, "pending": len(tenant.hooks.pending())}

    def verb_replay_webhook(self, tenant: Tenant, values: Node) -> Node:
        """Deliver an old delivery once more, unchanged: {webhook_id}."""
        row = next((r for r in tenant.shop.all("Delivery") if r["webhook_id"] == values["webhook_id"]), None)
        if row is None:
            raise merchant.Wrong("no such delivery")
        return {"status": tenant.hooks.post(row["uri"], row["body"], tenant.hooks.headers(row))}

    def verb_send_webhook(self, tenant: Tenant, values: Node) -> Node:
        """A forged or foreign delivery: {uri, topic, body (text), headers {…} that replace the real ones}."""
        row = {"topic": values["topic"], "body": values.get("body", "{}").encode(), "version": "2026-10", "event_id": "forged",
               "webhook_id": values.get("webhook_id", "forged"), "triggered_at": tenant.shop.now(), "name": None}
        headers = {**tenant.hooks.headers(row), **(values.get("headers") or {})}
        return {"status": tenant.hooks.post(values["uri"], row["body"], headers)}

    # -- truth

    def verb_truth(self, tenant: Tenant, values: Node) -> Node:
        """All orders' end state (`order`: one) and, with `stock`: true, all quantities."""
        with tenant.shop.lock:
            tenant.worker.run_due()
            rows = [merchant.find_order(tenant.shop, values["order"])] if values.get("order") else tenant.shop.all("Order")
            answer: Node = {"orders": [merchant.order_truth(order, tenant.shop) for order in rows]}
            if values.get("stock"):
                answer["stock"] = merchant.stock_truth(tenant.shop)
        return answer

    def verb_products(self, tenant: Tenant, values: Node) -> list[Node]:
        with tenant.shop.lock:
            return [{"title": p["title"], "variants": [{"sku": v["sku"], "price": str(v["price"]), "id": v["id"]}
                                                       for v in p["variants"]]} for p in tenant.shop.all("Product")]


class Handler(BaseHTTPRequestHandler):
    """The control port's HTTP side."""

    protocol_version = "HTTP/1.1"
    control: Control

    def log_message(self, *args: Any) -> None:
        pass

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        name = "index.html" if path == "/" else path.lstrip("/")
        file = (_PAGE / name).resolve()
        if file.parent != _PAGE.resolve() or not file.is_file():
            return self._send(404, b"not found", "text/plain")
        return self._send(200, file.read_bytes(), mimetypes.guess_type(name)[0] or "application/octet-stream")

    def do_POST(self) -> None:
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        verb = urlsplit(self.path).path.removeprefix("/control/")
        try:
            values = json.loads(raw or b"{}")
            status, answer = 200, {"result": self.control.call(verb, values)}
        except (merchant.Wrong, UserErrors, TopLevelError, ValueError, KeyError, TypeError) as error:
            if not isinstance(error, (merchant.Wrong, UserErrors)):
                _log.warning("control %s", verb, exc_info=True)
            status, answer = 400, {"error": f"{type(error).__name__}: {error}"}
        except Exception as error:
            _log.exception("control %s", verb)
            status, answer = 500, {"error": f"{type(error).__name__}: {error}"}
        self._send(status, json.dumps(answer, ensure_ascii=False, default=str).encode(), "application/json")

    def _send(self, status: int, data: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind + ("; charset=utf-8" if kind.startswith("text/") else ""))
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


def serve(simulation: Simulation, host: str, port: int) -> Server:
    """The control port, running in a thread of its own."""
    handler = type("ControlHandler", (Handler,), {"control": Control(simulation)})
    server = Server((host, port), handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, name="control", daemon=True).start()
    return server
