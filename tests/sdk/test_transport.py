"""The transport against a real HTTP server on this machine, and against look-ups that are made up."""

import gzip
import json
import logging
import socket
import threading
import time
import traceback
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from odoo.addons.ec_channel_base.sdk.errors import ChannelError, NeedsAttention, Permanent, Retryable
from odoo.addons.ec_channel_base.sdk.transport import Response, Transport, is_public, retry_after

SECRET = "s3cr3t/+value=1"


class Shop(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def do_GET(self):
        size = int(self.headers.get("content-length") or 0)
        self.server.seen.append((self.command, self.path, dict(self.headers), self.rfile.read(size)))
        status, headers, body = self.server.answer
        if status == "cut":
            self.connection.shutdown(socket.SHUT_RDWR)
            self.close_connection = True
            return
        if status == "short":
            self.send_response(200)
            self.send_header("Content-Length", "1000")
            self.end_headers()
            self.wfile.write(b"only this")
            self.wfile.flush()
            self.connection.shutdown(socket.SHUT_RDWR)
            self.close_connection = True
            return
        if status == "slow":
            self.server.release.wait(5)
            status = 200
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_PUT = do_DELETE = do_GET


@pytest.fixture
def shop():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Shop)
    server.daemon_threads = True
    server.seen, server.answer, server.release = [], (200, {}, b"{}"), threading.Event()
    server.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield server
    server.release.set()
    server.shutdown()
    server.server_close()


@pytest.fixture
def transport(shop):
    return Transport(shop.url, secrets=[SECRET], allow_private=True, timeout=(1.0, 0.3), max_bytes=1000)


def refused(kind, code, call, *args, **kwargs):
    with pytest.raises(ChannelError) as info:
        call(*args, **kwargs)
    assert (type(info.value), info.value.code) == (kind, code)
    return info.value


def test_json_keeps_fractions_and_large_integers_exact(shop, transport):
    shop.answer = 200, {"X-Shop": "a"}, b'{"price": 0.1, "id": 9007199254740993}'
    answer = transport.request(
        "post", "/orders", json={"price": Decimal("19.90"), "name": "\u6ce2\u6b62\u5834"}, params={"limit": 2}
    )
    assert answer.json() == {"price": Decimal("0.1"), "id": 9007199254740993}
    assert (answer.status, answer.headers["x-shop"]) == (200, "a")
    method, path, headers, body = shop.seen[0]
    assert (method, path, headers["Content-Type"]) == ("POST", "/orders?limit=2", "application/json")
    assert json.loads(body) == {"price": "19.90", "name": "\u6ce2\u6b62\u5834"}


@pytest.mark.parametrize(
    "body", [b"<html>", b"", b"\xff\xfe", b"[" * 100_000, b"NaN", b"[-Infinity]", b"1e9999999999999999999"]
)
def test_what_is_not_json_is_unreadable(body):
    refused(NeedsAttention, "unreadable", Response(200, {}, body).json)


@pytest.mark.parametrize(
    "status, kind, code, unknown",
    [
        (204, NeedsAttention, "unexpected_answer", None),
        (302, NeedsAttention, "redirected", None),
        (400, Permanent, "refused", None),
        (401, NeedsAttention, "credentials", None),
        (402, NeedsAttention, "account_frozen", None),
        (403, NeedsAttention, "forbidden", None),
        (404, Permanent, "not_found", None),
        (408, Retryable, "timeout", False),
        (409, Permanent, "conflict", None),
        (410, Permanent, "gone", None),
        (418, Permanent, "refused", None),
        (422, Permanent, "refused", None),
        (423, NeedsAttention, "account_frozen", None),
        (425, Retryable, "retryable", False),
        (429, Retryable, "rate_limited", False),
        (500, Retryable, "retryable", True),
        (502, Retryable, "retryable", True),
        (503, Retryable, "retryable", False),
        (504, Retryable, "retryable", True),
    ],
)
def test_each_status_has_one_meaning(shop, transport, status, kind, code, unknown):
    shop.answer = status, {"Location": "http://127.0.0.1:9/"}, b""
    error = refused(kind, code, transport.request, "POST", "/x")
    assert getattr(error, "outcome_unknown", None) is unknown
    assert len(shop.seen) == 1
    assert transport.request("POST", "/x", accept=(200, status)).status == status


def test_a_failed_read_has_no_outcome(shop, transport):
    shop.answer = 500, {}, b""
    assert refused(Retryable, "retryable", transport.request, "GET", "/x").outcome_unknown is False


@pytest.mark.parametrize(
    "headers, seconds",
    [
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": "2.5"}, 2.5),
        ({"retry-after": "Mon, 23 Nov 2026 10:00:30 GMT", "date": "Mon, 23 Nov 2026 10:00:00 GMT"}, 30.0),
        ({"retry-after": "Mon, 23 Nov 2026 10:00:00 GMT", "date": "Mon, 23 Nov 2026 10:00:30 GMT"}, 0.0),
        ({"retry-after": "1e12"}, 86_400.0),
        ({"retry-after": "Fri, 31 Dec 9999 23:59:59 GMT"}, 86_400.0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-1"}, None),
        ({"retry-after": "nan"}, None),
        ({}, None),
    ],
)
def test_retry_after_in_seconds_or_as_a_date(headers, seconds):
    assert retry_after(headers) == seconds


def test_throttling_tells_how_long(shop, transport):
    shop.answer = 429, {"Retry-After": "3"}, b""
    assert refused(Retryable, "rate_limited", transport.request, "GET", "/x").retry_after == 3.0


@pytest.mark.parametrize("fault", ["cut", "short", "slow"])
def test_a_lost_answer_has_an_unknown_outcome(shop, transport, fault):
    shop.answer = fault, {}, b""
    assert refused(Retryable, "timeout", transport.request, "POST", "/x").outcome_unknown is True
    assert len(shop.seen) == 1


def test_no_connection_means_nothing_happened():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    error = refused(Retryable, "retryable", Transport(url, allow_private=True).request, "POST", "/x")
    assert error.outcome_unknown is False


def test_an_answer_beyond_the_bound_is_refused(shop, transport):
    shop.answer = 200, {}, b"x" * 1001
    refused(Permanent, "too_large", transport.request, "GET", "/x")
    shop.answer = 200, {"Content-Encoding": "gzip"}, gzip.compress(b"x" * 100_000)
    refused(Permanent, "too_large", transport.request, "GET", "/x")
    shop.answer = 200, {}, b"x" * 1000
    assert len(transport.request("GET", "/x").body) == 1000


def test_a_stream_gives_lines_of_any_total_but_bounded_length(shop, transport):
    shop.answer = 200, {}, b"\n".join(b"%d" % n for n in range(2000)) + b"\r\n\n" + b"last"
    lines = list(transport.request("GET", "/x", stream=True).lines())
    assert lines == [b"%d" % n for n in range(2000)] + [b"last"]
    shop.answer = 200, {}, b"x" * 1001
    refused(Permanent, "too_large", list, transport.request("GET", "/x", stream=True).lines())
    shop.answer = 200, {}, b"x\n" * 32_001
    refused(Permanent, "too_large", list, transport.request("GET", "/x", stream=True).lines())
    shop.answer = "short", {}, b""
    refused(Retryable, "timeout", list, transport.request("GET", "/x", stream=True).lines())


# ---- where to


@pytest.mark.parametrize(
    "url",
    [
        "https://other.example/x",
        "http://shop.example/x",
        "https://shop.example:8443/x",
        "https://shop.example.evil.example/x",
        "https://user@shop.example/x",
        "ftp://shop.example/x",
        "file:///etc/passwd",
        "https://[::1/x",
        "https:///x",
    ],
)
def test_nothing_but_the_configured_hosts(url):
    transport = Transport(
        "https://shop.example", extra_hosts=["files.example"], resolver=lambda host, port: ["93.184.216.34"]
    )
    refused(NeedsAttention, "address", transport.request, "GET", url)


def test_extra_hosts_and_paths_are_reached():
    sent = []

    class Session:
        def send(self, prepared, **kwargs):
            sent.append(prepared.url)
            raise ConnectionResetError

    transport = Transport(
        "https://shop.example/api/",
        extra_hosts=["files.example"],
        session=Session(),
        resolver=lambda *_: ["93.184.216.34"],
    )
    for target in ("/orders", "orders", "https://SHOP.example./x", "https://files.example/y?z=1"):
        with pytest.raises(ConnectionResetError):
            transport.request("GET", target)
    assert sent == [
        "https://shop.example/api/orders",
        "https://shop.example/api/orders",
        "https://shop.example./x",
        "https://files.example/y?z=1",
    ]


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.0.0.1", "192.168.1.1", "172.16.0.1", "169.254.169.254", "100.100.100.200", "0.0.0.0", "168.63.129.16", "224.0.0.1",
        "255.255.255.255", "::1", "::", "fe80::1%eth0", "fd00:ec2::254", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "ff02::1", "nonsense",
    ],
)  # fmt: skip
def test_the_own_network_is_out_of_reach(address):
    assert not is_public(address)
    transport = Transport("https://shop.example", resolver=lambda host, port: ["93.184.216.34", address])
    refused(NeedsAttention, "address", transport.request, "GET", "/x")


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1::1", "::ffff:8.8.8.8", "64:ff9b::808:808"])
def test_the_internet_is_in_reach(address):
    assert is_public(address)


def test_private_addresses_only_for_the_configured_host(shop):
    transport = Transport(
        shop.url, allow_private=True, extra_hosts=["files.example"], resolver=lambda host, port: ["127.0.0.1"]
    )
    assert transport.request("GET", "/x").status == 200
    refused(NeedsAttention, "address", transport.request, "GET", "https://files.example/x")
    refused(NeedsAttention, "address", transport.request, "GET", f"http://localhost:{shop.server_port}/x")


def test_a_name_that_moves_after_the_look_up_gets_not_a_byte(shop):
    url = f"https://127.0.0.1:{shop.server_port}"
    transport = Transport(url, resolver=lambda host, port: ["93.184.216.34"])
    refused(NeedsAttention, "address", transport.request, "GET", "/x")
    assert shop.seen == []


def test_a_host_without_address_may_have_one_later():
    def nothing(host, port):
        raise socket.gaierror

    refused(Retryable, "retryable", Transport("https://shop.example", resolver=nothing).request, "GET", "/x")


def test_no_cookies_no_netrc_no_proxy(shop, transport, monkeypatch, tmp_path):
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login a password b")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    shop.answer = 200, {"Set-Cookie": "a=b"}, b"{}"
    transport.request("GET", "/x")
    transport.request("GET", "/x")
    assert not {"Cookie", "Authorization"} & {name for seen in shop.seen for name in seen[2]}


# ---- secrecy


def test_a_secret_is_nowhere(shop, transport, caplog):
    caplog.set_level(logging.DEBUG)
    echo = json.dumps(
        {"Authorization": f"Bearer {SECRET}", "you_sent": SECRET, "access_token": "unlisted-token", "next": "kept"}
    )
    shop.answer = 422, {}, echo.encode()
    error = refused(
        Permanent,
        "refused",
        transport.request,
        "POST",
        "/x",
        headers={"X-Shop-Access-Token": SECRET},
        json={"client_secret": SECRET},
    )
    shop.answer = "cut", {}, b""
    lost = refused(Retryable, "timeout", transport.request, "POST", "/x", headers={"Authorization": f"Bearer {SECRET}"})
    seen = caplog.text + error.detail + repr(transport) + str(vars(lost))
    seen += "".join(traceback.format_exception(error)) + "".join(traceback.format_exception(lost))
    assert lost.__cause__ is None and lost.__context__ is None
    assert SECRET not in seen and "unlisted-token" not in seen
    assert "kept" in error.detail and "POST 127.0.0.1/x answered 422" in seen


@pytest.mark.parametrize(
    "text",
    ["Authorization: Basic dXNlcjpwYXNz", "X-Shop-Access-Token: dXNlcjpwYXNz", "refresh_token=dXNlcjpwYXNz&a=b", '{"client_secret": "dXNlcjpwYXNz"}',
     "s3cr3t%2F%2Bvalue%3D1 dXNlcj", "czNjcjN0Lyt2YWx1ZT0x"],
)  # fmt: skip
def test_credentials_are_recognised_by_their_label_or_value(transport, text):
    redacted = transport.redact(text)
    assert (
        "[redacted]" in redacted
        and "dXNlcjpwYXNz" not in redacted
        and "s3cr3t" not in redacted
        and "czNjcjN0" not in redacted
    )


def test_a_secret_cut_by_the_excerpt_is_redacted_first(shop, transport):
    shop.answer = 400, {}, b"x" * 490 + b" " + SECRET.encode()
    assert "s3cr" not in refused(Permanent, "refused", transport.request, "GET", "/x").detail


def test_redacting_a_long_answer_is_quick(shop, transport):
    shop.answer = 400, {}, b"X-" * 500_000
    started = time.process_time()
    refused(Permanent, "refused", transport.request, "GET", "/x")
    assert time.process_time() - started < 5  # a quadratic pattern took minutes


def test_a_secret_in_a_url_is_a_mistake(shop, transport):
    with pytest.raises(ValueError):
        transport.request("GET", "/x", params={"key": SECRET})
    assert shop.seen == []


@pytest.mark.parametrize("value", [SECRET + "\n", " " + SECRET, SECRET + "\u3042"])
def test_a_header_that_cannot_be_sent_is_named_not_quoted(shop, transport, value):
    error = refused(NeedsAttention, "credentials", transport.request, "GET", "/x", headers={"X-Token": value})
    assert SECRET not in str(error) and shop.seen == []
