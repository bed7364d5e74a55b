"""The only way out: one HTTP client that every connector uses, so that limits, errors and secrecy live in one place."""

from __future__ import annotations

import base64
import ipaddress
import json as jsonlib
import logging
import re
import socket
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote, quote_plus, urlsplit

import requests
import urllib3
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection

from .errors import ChannelError, NeedsAttention, Permanent, Retryable

_logger = logging.getLogger(__name__)

MIB = 1024 * 1024
CHUNK = 64 * 1024
LONGEST_HEAD = 16 * 1024  # read of a refused request's answer
EXCERPT = 500  # characters of a refused request's answer that a person gets to see
LONGEST_WAIT = 86_400.0  # seconds that a channel can make us wait at once
STREAM_FACTOR = 64  # a streamed body may be this many times `max_bytes`; no single line may exceed `max_bytes`
SLOWEST_BODY = 300.0  # seconds in which a body that is not streamed must be complete
SHORTEST_SECRET = 4  # shorter "secrets" would blank out ordinary text

Resolver = Callable[[str, int], Collection[str]]
"""(host, port) → its IP addresses as text; raises OSError when there are none."""

# What a status means to the queue. A status missing here falls to its class, see _error_for.
STATUS_ERRORS: Mapping[int, tuple[type[ChannelError], str]] = {
    400: (Permanent, "refused"),
    401: (NeedsAttention, "credentials"),
    402: (NeedsAttention, "account_frozen"),
    403: (NeedsAttention, "forbidden"),
    404: (Permanent, "not_found"),
    408: (Retryable, "timeout"),
    409: (Permanent, "conflict"),
    410: (Permanent, "gone"),
    422: (Permanent, "refused"),
    423: (NeedsAttention, "account_frozen"),
    425: (Retryable, "retryable"),
    429: (Retryable, "rate_limited"),
}
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

_SECRET_FIELD = re.compile(
    r"""((?:access_token|refresh_token|id_token|client_secret|api_key|api_secret|consumer_secret|password|"""
    r"""signature|X-[\w-]{0,60}(?:Token|Signature|Credential)|api-key)["']?\s*[:=]\s*["']?)[^"'&\s,;}<]+""",
    re.IGNORECASE,
)
_AUTHORIZATION = re.compile(r"""((?:proxy-)?authorization["']?\s*[:=]\s*["']?)(?:\w+\s+)?[^"'\s,;}<]+""", re.IGNORECASE)
REDACTED = "[redacted]"

# Public by number, yet only meant for the machine itself (Azure's wire server)
_METADATA = frozenset({ipaddress.ip_address("168.63.129.16")})
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


def is_public(address: str) -> bool:
    """Whether an IP address is on the open internet: not private, loopback, link-local, multicast or a metadata service."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        inner = (
            ip.ipv4_mapped or ip.sixtofour or (ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF) if ip in _NAT64 else None)
        )
        if inner is not None:
            return is_public(str(inner))
    return ip.is_global and not ip.is_multicast and ip not in _METADATA


def resolve(host: str, port: int) -> Collection[str]:
    return {str(info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)}


def parse_json(body: bytes | str) -> Any:
    """JSON with every fraction as Decimal. Raises NeedsAttention("unreadable")."""
    try:
        return jsonlib.loads(body, parse_float=Decimal, parse_constant=_no_constant)
    except (ValueError, ArithmeticError, RecursionError):
        problem = f"not JSON ({len(body)} bytes)"
    raise NeedsAttention(problem, code="unreadable")


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


@contextmanager
def reading(what: str) -> Iterator[None]:
    """Around the code that takes a body apart: a missing key or a wrong type there is NeedsAttention("unreadable"), no bug."""
    try:
        yield
        return
    except (LookupError, TypeError, ValueError, ArithmeticError, AttributeError) as error:
        problem = f"{what} is not what we can read: {type(error).__name__} {error}"
    raise NeedsAttention(problem, code="unreadable")


def dump_json(value: Any) -> bytes:
    """JSON with Decimal as text: money never passes through a float."""
    return jsonlib.dumps(value, default=_json_default, allow_nan=False, ensure_ascii=False).encode()


def _json_default(value: Any) -> str:
    if isinstance(value, Decimal):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no place in a JSON body")


@dataclass(frozen=True)
class Response:
    """What came back. Header names are lower case. A streamed answer has an empty `body` and is read once, by `lines()` or
    `chunks()`; both raise Retryable when the connection is cut and Permanent("too_large") beyond the bound."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(default=b"", repr=False)
    stream: Iterator[bytes] | None = field(default=None, repr=False)
    max_line: int = field(default=64 * MIB, repr=False)

    def json(self) -> Any:
        return parse_json(self.body)

    def chunks(self) -> Iterator[bytes]:
        if self.stream is None:
            yield self.body
        else:
            yield from self.stream

    def lines(self) -> Iterator[bytes]:
        """The body's lines without their ends; empty ones are left out."""
        parts: list[bytes] = []
        size = 0
        for chunk in self.chunks():
            *whole, rest = chunk.split(b"\n")
            for piece in whole:
                line = b"".join([*parts, piece]).rstrip(b"\r")
                parts, size = [], 0
                if line:
                    yield line
            parts.append(rest)
            size += len(rest)
            if size > self.max_line:
                raise Permanent(f"a line of more than {self.max_line} bytes", code="too_large")
        last = b"".join(parts).rstrip(b"\r")
        if last:
            yield last


class Transport:
    """HTTP to one account's host, and to nothing else.

    `base_url` is the account's address; `extra_hosts` ("host" or "host:port") are the further ones a channel needs, such as
    a download store. https is obligatory and every resolved address must be public, unless `allow_private` (a simulator, a
    shop in the own network), and then only for `base_url` itself. Redirects are never followed, cookies never kept, proxies
    and .netrc of the environment never used. `secrets` are the exact values that must not show in a log, repr or error; a
    request that would put one of them into its URL is refused. Raises only the errors of STATUS_ERRORS and their kind, and
    ValueError for a connector's own mistake. It never sleeps and never tries twice: the queue does.
    """

    def __init__(
        self,
        base_url: str,
        *,
        secrets: Iterable[str] = (),
        allow_private: bool = False,
        extra_hosts: Iterable[str] = (),
        session: requests.Session | None = None,
        resolver: Resolver | None = None,
        timeout: tuple[float, float] = (5.0, 30.0),
        max_bytes: int = 64 * MIB,
    ) -> None:
        self._allow_private = allow_private
        self._spellings = _spellings(secrets)
        self._base_url = base_url.rstrip("/")
        self._base = _origin(self._base_url)
        self._extra = frozenset(_host_port(host) for host in extra_hosts)
        self._session = session or _guarded_session(self._may_reach)
        self._resolver = resolver or resolve
        self._timeout = timeout
        self._max_bytes = max_bytes

    def __repr__(self) -> str:
        return f"<Transport {self._base[0]}://{self._base[1]}:{self._base[2]}>"

    def request(
        self,
        method: str,
        path_or_url: str,
        *,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, Any] | Iterable[tuple[str, Any]] | None = None,
        data: Any = None,
        json: Any = None,
        files: Any = None,
        accept: Collection[int] = (200,),
        stream: bool = False,
    ) -> Response:
        """Send one request and give the answer if its status is in `accept`; every other end is a ChannelError.

        A path is taken below `base_url`; a whole URL must lead to `base_url`'s origin or an extra host. Fractions in `json`
        go out as text. With `stream` the body is left to `Response.lines()` or `.chunks()`.
        """
        method = method.upper()
        url = path_or_url if "://" in path_or_url else f"{self._base_url}/{path_or_url.lstrip('/')}"
        sent_headers = {"User-Agent": "Hatoba/1", **(headers or {})}
        if json is not None:
            data = dump_json(json)
            sent_headers.setdefault("Content-Type", "application/json")
        _check_headers(sent_headers)
        prepared = self._prepare(method, url, headers=sent_headers, params=params, data=data, files=files)
        assert prepared.url is not None
        if self._without_secrets(prepared.url) != prepared.url:
            raise ValueError("a secret in a URL ends in access logs: send it in a header or the body")
        where = self._where(method, prepared.url)
        self._check_target(prepared.url, where)

        answer = self._send(prepared, where)
        status = answer.status_code
        received = {name.lower(): value for name, value in answer.headers.items()}
        _logger.debug("%s answered %s", where, status)
        if status not in accept:
            raise self._refusal(method, where, status, received, self._excerpt(answer))
        body = self._read(
            answer, where, self._max_bytes * (STREAM_FACTOR if stream else 1), None if stream else SLOWEST_BODY
        )
        if stream:
            return Response(status, received, stream=body, max_line=self._max_bytes)
        return Response(status, received, b"".join(body))

    def redact(self, text: str) -> str:
        """The same text without our secrets and without anything that is labelled as a credential."""
        text = _AUTHORIZATION.sub(rf"\1{REDACTED}", self._without_secrets(text))
        return _SECRET_FIELD.sub(rf"\1{REDACTED}", text)

    def close(self) -> None:
        self._session.close()

    # ---- where to

    def _prepare(self, method: str, url: str, **kwargs: Any) -> requests.PreparedRequest:
        _origin(url)
        try:
            return requests.Request(method, url, **kwargs).prepare()
        except (requests.RequestException, urllib3.exceptions.HTTPError, UnicodeError):
            pass
        raise NeedsAttention(f"not a usable address: {self._where(method, url)}", code="address")

    def _check_target(self, url: str, where: str) -> None:
        scheme, host, port = origin = _origin(url)
        is_base = origin == self._base
        if not is_base and (host, port) not in self._extra:
            raise NeedsAttention(f"{where} leads away from {self._base[1]}", code="address")
        if scheme != "https" and not (is_base and self._allow_private):
            raise NeedsAttention(f"{where}: https is obligatory", code="address")
        try:
            addresses = self._resolver(host, port)
        except (OSError, UnicodeError):
            addresses = ()
        if not addresses:
            raise Retryable(f"{host} has no address", code="retryable")
        if not all(self._may_reach(host, port, address) for address in addresses):
            raise NeedsAttention(f"{host} is an address of the own network", code="address")

    def _may_reach(self, host: str, port: int, address: str) -> bool:
        return is_public(address) or (self._allow_private and (host, port) == self._base[1:])

    def _where(self, method: str, url: str) -> str:
        """What a log may say about a request: no query, no credentials."""
        parts = urlsplit(url)
        return self.redact(f"{method} {parts.hostname or ''}{parts.path}")

    # ---- there and back

    def _send(self, prepared: requests.PreparedRequest, where: str) -> requests.Response:
        # An error is raised outside its handler: the library's own exception quotes the request and must not hang on as context
        try:
            return self._session.send(prepared, timeout=self._timeout, allow_redirects=False, stream=True)
        except _PrivatePeer:
            problem: ChannelError = NeedsAttention(f"{where}: the host moved into the own network", code="address")
        except requests.ConnectTimeout:
            problem = Retryable(f"{where}: no connection in time", code="retryable")
        except requests.exceptions.SSLError as error:
            untrusted = "CERTIFICATE_VERIFY_FAILED" in str(error)
            problem = Retryable(f"{where}: TLS failed", code="retryable", outcome_unknown=not untrusted)
        except requests.ConnectionError as error:
            if _never_connected(error):
                problem = Retryable(f"{where}: no connection", code="retryable")
            else:
                problem = _lost(where)
        except requests.RequestException:
            problem = _lost(where)
        raise problem

    def _read(self, answer: requests.Response, where: str, bound: int, seconds: float | None) -> Iterator[bytes]:
        """The body in pieces; closes the answer at the end, whatever the end is."""
        size, deadline = 0, None if seconds is None else time.monotonic() + seconds
        problem: ChannelError | None = None
        try:
            for chunk in answer.iter_content(CHUNK):
                size += len(chunk)
                if size > bound:
                    problem = Permanent(f"{where}: an answer of more than {bound} bytes", code="too_large")
                    break
                if deadline is not None and time.monotonic() > deadline:
                    problem = _lost(where)
                    break
                yield chunk
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError):
            problem = _lost(where)
        finally:
            answer.close()
        if problem is not None:
            raise problem

    def _excerpt(self, answer: requests.Response) -> str:
        """The beginning of a refusal's body as one line. Redacted before it is cut: half a secret is still one."""
        try:
            head = b""
            for chunk in answer.iter_content(CHUNK):
                head += chunk
                if len(head) >= LONGEST_HEAD:
                    break
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError):
            head = b""
        finally:
            answer.close()
        return self.redact(" ".join(head[:LONGEST_HEAD].decode(errors="replace").split()))[:EXCERPT]

    def _refusal(self, method: str, where: str, status: int, headers: Mapping[str, str], detail: str) -> ChannelError:
        message = f"{where} answered {status}"
        kind, code = STATUS_ERRORS.get(status, (None, ""))
        if kind is None:
            if status >= 500:
                kind, code = Retryable, "retryable"
            elif 400 <= status:
                kind, code = Permanent, "refused"
            elif 300 <= status:
                kind, code = NeedsAttention, "redirected"
            else:
                kind, code = NeedsAttention, "unexpected_answer"
        if issubclass(kind, Retryable):
            # 503 is said before the work, the other failures perhaps in the middle of it
            unknown = status >= 500 and status != 503 and method not in SAFE_METHODS
            wait = retry_after(headers)
            return Retryable(message, code=code, detail=detail, retry_after=wait, outcome_unknown=unknown)
        return kind(message, code=code, detail=detail)

    def _without_secrets(self, text: str) -> str:
        for spelling in self._spellings:
            text = text.replace(spelling, REDACTED)
        return text


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait as told by Retry-After (lower-case names): a number, or a date, read against the answer's own Date."""
    told = headers.get("retry-after", "").strip()
    if not told:
        return None
    try:
        seconds = float(told)
        return min(seconds, LONGEST_WAIT) if seconds >= 0 else None
    except ValueError:
        pass
    until, now = _http_date(told), _http_date(headers.get("date", ""))
    if until is None:
        return None
    return min(max(0.0, until - (time.time() if now is None else now)), LONGEST_WAIT)


def _http_date(text: str) -> float | None:
    try:
        parsed: datetime = parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return None
    return parsed.timestamp()


def _check_headers(headers: Mapping[str, str]) -> None:
    for name, value in headers.items():
        if not value.isascii() or not value.isprintable() or value != value.strip():
            raise NeedsAttention(
                f"the value of {name} cannot be sent: blanks or foreign characters", code="credentials"
            )


def _lost(where: str) -> Retryable:
    return Retryable(f"{where}: the answer was lost", code="timeout", outcome_unknown=True)


def _never_connected(error: BaseException) -> bool:
    """Whether a connection error happened before a byte was sent."""
    reason = getattr(error.args[0], "reason", error.args[0]) if error.args else None
    return isinstance(reason, urllib3.exceptions.NewConnectionError | urllib3.exceptions.NameResolutionError)


def _origin(url: str) -> tuple[str, str, int]:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None
    host = (parts.hostname or "").rstrip(".").lower()
    if parts.scheme not in ("http", "https") or not host or parts.username is not None or parts.password is not None:
        raise NeedsAttention(f"not a usable address: {host or 'no host'}", code="address")
    return parts.scheme, host, port or (443 if parts.scheme == "https" else 80)


def _host_port(host: str) -> tuple[str, int]:
    return _origin(f"https://{host}")[1:]


def _spellings(secrets: Iterable[str]) -> tuple[str, ...]:
    """Every form in which a secret could show: plain, in a URL, in JSON, in a Basic header. Longest first."""
    found: set[str] = set()
    for secret in secrets:
        if len(secret or "") >= SHORTEST_SECRET:
            coded = base64.b64encode(secret.encode()).decode()
            found |= {
                secret,
                quote(secret, safe=""),
                quote(secret),
                quote_plus(secret),
                jsonlib.dumps(secret)[1:-1],
                coded,
                quote(coded, safe=""),
            }
    return tuple(sorted(found, key=len, reverse=True))


# ---- the check after connecting: between our look-up and the connection a name may have moved (DNS rebinding)


class _PrivatePeer(Exception):  # no OSError: urllib3 would wrap it
    """The connection ended at an address that may not be reached; nothing was sent."""


def _guarded_session(may_reach: Callable[[str, int, str], bool]) -> requests.Session:
    def checked(connection: HTTPConnection, sock: socket.socket) -> socket.socket:
        if not may_reach(connection.host.rstrip(".").lower(), connection.port, str(sock.getpeername()[0])):
            sock.close()
            raise _PrivatePeer
        return sock

    class PlainConnection(HTTPConnection):
        def _new_conn(self) -> socket.socket:
            return checked(self, super()._new_conn())

    class TlsConnection(HTTPSConnection):
        def _new_conn(self) -> socket.socket:
            return checked(self, super()._new_conn())

    class PlainPool(urllib3.HTTPConnectionPool):
        ConnectionCls = PlainConnection

    class TlsPool(urllib3.HTTPSConnectionPool):
        ConnectionCls = TlsConnection

    class GuardedAdapter(HTTPAdapter):
        def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
            super().init_poolmanager(*args, **kwargs)  # type: ignore[no-untyped-call]
            self.poolmanager.pool_classes_by_scheme = {"http": PlainPool, "https": TlsPool}

    session = requests.Session()
    session.trust_env = False
    session.mount("http://", GuardedAdapter())
    session.mount("https://", GuardedAdapter())
    return session
