"""Webhook subscriptions in GraphQL: create, update, delete, list and count, with Shopify's refusals."""
from __future__ import annotations

import ipaddress
import re
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from .connection import connection, count
from .errors import NotModelled, UserErrors, refuse, user_error
from .nodes import find
from .registry import field, mutation, query
from .schema import LATEST, load_schema

Node = dict[str, Any]

_FILTERS = {"id": ("id", lambda s: s["n"]), "created_at": ("time", lambda s: s["createdAt"]),
            "updated_at": ("time", lambda s: s["updatedAt"])}


def topic_text(enum_value: str) -> str:
    """ORDERS_CREATE → orders/create, the form of the X-Shopify-Topic header, as the schema's enum documents it."""
    return _topics()[enum_value]


@lru_cache(maxsize=1)
def _topics() -> dict[str, str]:
    enum = load_schema(LATEST).schema.get_type("WebhookSubscriptionTopic")
    found = {name: re.search(r"`([a-z_.]+/?[a-z_]+)`\s+events", value.description or "") for name, value in enum.values.items()}
    return {name: match[1] if match else name.lower().replace("_", "/", 1) for name, match in found.items()}


def _listed(args: Node, ctx: Any) -> list[Node]:
    rows = [s for s in ctx.shop.all("WebhookSubscription") if s["app"] == ctx.app.client_id]
    if args.get("topics"):
        rows = [s for s in rows if s["topic"] in args["topics"]]
    uri = args.get("uri") or args.get("callbackUrl")
    return [s for s in rows if s["uri"] == uri] if uri else rows


query("webhookSubscriptions")(lambda root, args, ctx: connection(
    _listed(args, ctx), args, ctx, filters=_FILTERS, sort_keys={"CREATED_AT": lambda s: s["createdAt"]},
    default_sort="CREATED_AT"))
query("webhookSubscriptionsCount")(lambda root, args, ctx: count(_listed({}, ctx), args, ctx, _FILTERS))
query("webhookSubscription")(lambda root, args, ctx: find(ctx, args["id"], "WebhookSubscription"))
field("WebhookSubscription.legacyResourceId")(lambda s, args, ctx: s["n"])
field("WebhookSubscription.callbackUrl")(lambda s, args, ctx: s["uri"])
field("WebhookSubscription.endpoint")(lambda s, args, ctx: {"__typename": "WebhookHttpEndpoint", "callbackUrl": s["uri"]})
field("WebhookSubscription.apiVersion")(lambda s, args, ctx: {
    "handle": ctx.shop.meta["settings"]["webhook_version"], "displayName": ctx.shop.meta["settings"]["webhook_version"],
    "supported": True})


def _check_uri(ctx: Any, uri: str | None, topic: str, values: Node, but: str | None = None) -> str:
    """The address, if Shopify would take it: https, a public host, no second subscription of the same topic and address."""
    where = ["webhookSubscription", "uri" if "uri" in values else "callbackUrl"]
    if not uri:
        raise refuse(where, "Address can't be blank")
    parts = urlsplit(uri)
    if parts.scheme in ("arn", "pubsub"):
        raise NotModelled(f"webhook address {parts.scheme}:")
    if parts.scheme != "https":
        raise UserErrors(user_error(where, "Address protocol http:// is not supported" if parts.scheme == "http"
                                    else "Address is invalid"))
    host = (parts.hostname or "").lower()
    if not host or _internal(host) or host.endswith((".shopify.com", ".myshopify.com")):
        raise refuse(where, "Address is not allowed")
    if any(s["uri"] == uri and s["topic"] == topic and s["id"] != but and s["filter"] == (values.get("filter") or None)
           for s in _listed({}, ctx)):
        raise refuse(where, "Address for this topic has already been taken")
    return uri


def _internal(host: str) -> bool:
    if host == "localhost" or host.endswith((".local", ".internal", ".localhost")):
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return "." not in host
    return not address.is_global


def _settings(values: Node) -> Node:
    if (values.get("format") or "JSON") != "JSON" or values.get("metafields") or values.get("metafieldNamespaces"):
        raise NotModelled("webhook subscription input format XML, metafields")
    return {"includeFields": values.get("includeFields") or [], "filter": values.get("filter") or None, "format": "JSON",
            "metafieldNamespaces": [], "metafields": [], "name": values.get("name")}


@mutation("webhookSubscriptionCreate")
def _create(args: Node, ctx: Any) -> Node:
    values, topic = args["webhookSubscription"], args["topic"]
    uri = _check_uri(ctx, values.get("uri") or values.get("callbackUrl"), topic, values)
    return {"webhookSubscription": ctx.shop.add("WebhookSubscription", topic=topic, uri=uri, app=ctx.app.client_id, failures=0,
                                                **_settings(values))}


def _own(args: Node, ctx: Any) -> Node:
    found = find(ctx, args["id"], "WebhookSubscription")
    if found is None:
        raise refuse(["id"], "Webhook subscription does not exist")
    return found


@mutation("webhookSubscriptionUpdate")
def _update(args: Node, ctx: Any) -> Node:
    found, values = _own(args, ctx), args["webhookSubscription"]
    uri = values.get("uri") or values.get("callbackUrl") or found["uri"]
    _check_uri(ctx, uri, found["topic"], values, but=found["id"])
    ctx.shop.touch(found)
    found.update(_settings({**found, **values}), uri=uri, failures=0)
    return {"webhookSubscription": found}


@mutation("webhookSubscriptionDelete")
def _delete(args: Node, ctx: Any) -> Node:
    found = find(ctx, args["id"], "WebhookSubscription")
    if found is None:
        raise refuse(["id"], "Webhook subscription does not exist", deletedWebhookSubscriptionId=None)
    ctx.shop.remove(found)
    return {"deletedWebhookSubscriptionId": args["id"]}


