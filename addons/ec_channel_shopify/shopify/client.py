"""GraphQL over the shared transport: documents from files, four layers of errors made into three, pages that fit the cost limit."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from odoo.addons.ec_channel_base.sdk.errors import ChannelError, NeedsAttention, Permanent, Retryable
from odoo.addons.ec_channel_base.sdk.transport import Response, Transport

Json = dict[str, Any]
TokenSource = Callable[[str], str]
"""Gives the access token; the argument is a token that Shopify has just refused ("" on a first call)."""

DOCUMENTS = Path(__file__).parent / "documents"
SPREAD = re.compile(r"\.\.\.(\w+)")
BUSY_SECONDS = 5.0  # another request with the same idempotency key is still running
BULK_SECONDS = 60.0  # all slots for bulk operations are taken

# extensions.code of a top-level error → what the queue does. Codes missing here are static errors: the document and the
# version do not fit each other (undefinedField, argumentNotAccepted, …).
ERRORS: Mapping[str, tuple[type[ChannelError], str]] = {
    "ACCESS_DENIED": (NeedsAttention, "scope_missing"),
    "RESOURCE_NOT_FOUND": (Permanent, "not_found"),
    "INTERNAL_SERVER_ERROR": (Retryable, "channel_down"),
    "TIMEOUT": (Retryable, "channel_down"),
    "BAD_REQUEST": (Permanent, "refused"),
    "INVALID_VARIABLE": (Permanent, "refused"),
    "INVALID_FIELD_ARGUMENTS": (Permanent, "refused"),
    "MAX_INPUT_SIZE_EXCEEDED": (Permanent, "refused"),
}
# The same two codes come at the top level and in userErrors
BUSY = {
    "IDEMPOTENCY_CONCURRENT_REQUEST": BUSY_SECONDS,
    "OPERATION_IN_PROGRESS": BULK_SECONDS,
    "LIMIT_REACHED": BULK_SECONDS,
}

# Personal data that an app may be refused without the rest of the order becoming useless
PROTECTED = frozenset({"customer", "email", "phone", "shippingAddress", "billingAddress"})


class TooExpensive(Permanent):
    """One query above the cost limit: the same with smaller pages may pass."""

    code = "max_cost"


class Refused(Permanent):
    """A mutation answered with userErrors, whatever they are called in its payload."""

    code = "refused"

    def __init__(self, root: str, errors: Sequence[Json]) -> None:
        self.errors = tuple(errors)
        self.messages = tuple(str(error.get("message") or "") for error in errors)
        self.codes = frozenset(str(error["code"]) for error in errors if error.get("code"))
        super().__init__(f"{root}: {'; '.join(self.messages)}", detail="; ".join(self.messages))

    def says(self, text: str) -> bool:
        return any(text in message.lower() for message in self.messages)


@cache
def document(name: str) -> str:
    """The text of `documents/<name>.graphql`, followed by the fragments it spreads (`documents/fragments/<Fragment>.graphql`)."""
    parts = [(DOCUMENTS / f"{name}.graphql").read_text(encoding="utf-8")]
    wanted = list(dict.fromkeys(SPREAD.findall(parts[0])))
    for fragment in wanted:  # grows while it is read: fragments spread fragments
        parts.append((DOCUMENTS / "fragments" / f"{fragment}.graphql").read_text(encoding="utf-8"))
        wanted += [inner for inner in dict.fromkeys(SPREAD.findall(parts[-1])) if inner not in wanted]
    return "\n".join(parts)


@dataclass
class GraphQL:
    """One app on one shop. Never sleeps and never repeats, except once with a renewed token and with halved pages."""

    transport: Transport = field(repr=False)
    version: str
    token: TokenSource = field(repr=False)
    served_version: str = ""
    sizes: dict[str, int] = field(default_factory=dict)

    def query(self, name: str, variables: Json | None = None, tolerate: frozenset[str] = frozenset()) -> Json:
        """The data of a read. Fields denied on a path through `tolerate` stay null; every other error raises."""
        body = self._send(name, variables or {}, unknown=False)
        self._check(body, unknown=False, tolerate=tolerate)
        data: Json = body["data"]
        return data

    def page(self, name: str, variables: Json, size: int, tolerate: frozenset[str] = frozenset()) -> Json:
        """As `query`, with the variable `first`: the largest size up to `size` that the cost limit lets pass, remembered."""
        size = self.sizes.get(name, size)
        while True:
            try:
                return self.query(name, {**variables, "first": size}, tolerate)
            except TooExpensive:
                if size <= 1:
                    raise
                self.sizes[name] = size = size // 2

    def mutate(self, name: str, variables: Json) -> Json:
        """The payload of a mutation that Shopify has carried out. Raises Refused for its userErrors."""
        body = self._send(name, variables, unknown=True)
        data = body.get("data") or {}
        root, payload = next(iter(data.items()), (name, None))
        # An error inside a payload that exists (a denied field) does not undo what was done
        if payload is None:
            self._check(body, unknown=True)
            raise Retryable(f"{root}: an empty answer", code="channel_down", outcome_unknown=True)
        errors = [
            error for key, value in payload.items() if key.lower().endswith("usererrors") for error in value or ()
        ]
        if errors:
            refused = Refused(root, errors)
            for code in refused.codes & BUSY.keys():
                raise Retryable(str(refused), code="busy", retry_after=BUSY[code])
            raise refused
        result: Json = payload
        return result

    def rest(self, name: str, owner: str, after: str) -> Iterator[Json]:
        """The nodes of a list that did not fit into its page, from `after` on."""
        cursor: str | None = after
        while cursor is not None:
            node = self.query(name, {"id": owner, "after": cursor})["node"]
            if not node:
                raise Retryable(f"{owner} went away while it was read", code="changed_meanwhile")
            yield from node["rest"]["nodes"]
            info = node["rest"]["pageInfo"]
            cursor = info["endCursor"] if info["hasNextPage"] else None

    # ---- one request

    def _send(self, name: str, variables: Json, unknown: bool) -> Json:
        token = self.token("")
        try:
            response = self._post(name, variables, token)
        except NeedsAttention as error:
            renewed = self.token(token) if error.code == "credentials" else token
            if renewed == token:
                raise
            response = self._post(name, variables, renewed)
        self.served_version = response.headers.get("x-shopify-api-version", "") or self.served_version
        try:
            body = response.json()
        except NeedsAttention as error:
            raise Retryable(str(error), code="bad_answer", outcome_unknown=unknown) from error
        if not isinstance(body, dict):
            raise Retryable("an answer that is no object", code="bad_answer", outcome_unknown=unknown)
        return body

    def _post(self, name: str, variables: Json, token: str) -> Response:
        return self.transport.request(
            "POST",
            f"/admin/api/{self.version}/graphql.json",
            headers={"X-Shopify-Access-Token": token, "Accept": "application/json"},
            json={"query": document(name), "variables": variables},
        )

    def _check(self, body: Json, unknown: bool, tolerate: frozenset[str] = frozenset()) -> None:
        errors = body.get("errors") or ()
        if isinstance(errors, str):
            raise NeedsAttention(errors, code="refused")
        for error in errors:
            if not (
                body.get("data")
                and tolerate.intersection(map(str, error.get("path") or ()))
                and _code(error) == "ACCESS_DENIED"
            ):
                raise self._error(error, body, unknown)
        warnings = [
            warning
            for search in (body.get("extensions") or {}).get("search") or ()
            for warning in search.get("warnings") or ()
        ]
        if warnings:
            # Shopify ignores a wrong filter and answers with everything
            raise Permanent(f"a filter was ignored: {warnings[0].get('message')}", code="search_ignored")
        if body.get("data") is None:
            raise Retryable("an answer without data", code="bad_answer", outcome_unknown=unknown)

    def _error(self, error: Json, body: Json, unknown: bool) -> ChannelError:
        message, code = str(error.get("message") or "error"), _code(error)
        details = error.get("extensions") or {}
        if code == "THROTTLED":
            return Retryable(message, code="throttled", retry_after=_throttled_seconds(body))
        if code == "MAX_COST_EXCEEDED":
            return TooExpensive(message)
        if code in BUSY:
            return Retryable(message, code="busy", retry_after=BUSY[code])
        if not code and "cursor" in message.lower():
            return Retryable(message, code="cursor_lost")
        kind, ours = ERRORS.get(code, (NeedsAttention, "api_version"))
        if kind is Retryable:
            return Retryable(message, code=ours, outcome_unknown=unknown, detail=str(details.get("requestId") or ""))
        return kind(message, code=ours, detail=str(details.get("requiredAccess") or code))


def _code(error: Json) -> str:
    return str((error.get("extensions") or {}).get("code") or "")


def _throttled_seconds(body: Json) -> float:
    """Until the bucket holds what the refused query asked for."""
    cost = (body.get("extensions") or {}).get("cost") or {}
    bucket = cost.get("throttleStatus") or {}
    missing = Decimal(cost.get("requestedQueryCost") or 0) - Decimal(bucket.get("currentlyAvailable") or 0)
    rate = Decimal(bucket.get("restoreRate") or 0)
    return max(1.0, float(missing / rate)) if rate else 1.0
