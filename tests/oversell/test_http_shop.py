"""The failing network of the HTTP shops: what is lost, doubled and late, and that a request is handled alone."""

import json
import urllib.error
import urllib.request
from http.client import HTTPException

from http_shop import Faults, Shops

QUIET = {"lost_before": 0, "lost_after": 0, "error_after": 0, "throttled": 0, "slow": 0, "late_copy": 0}


def handle(shop, method, path, query, body, headers):
    if method == "PUT":
        shop["asked"].append([path, json.loads(body), query])
    return 200, {"X-Shop": shop["name"]}, json.dumps(len(shop["asked"])).encode()


def ask(url, method="PUT", body=b"{}"):
    request = urllib.request.Request(url, body if method == "PUT" else None, method=method)
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as error:
        return error.code, None
    except (OSError, HTTPException):
        return None, None


def shops(**faults):
    made = {name: {"name": name, "asked": []} for name in ("a", "b")}
    return Shops(made, handle, faults=Faults(**QUIET | faults), frail=lambda method, path: path == "stock")


def test_each_name_is_a_shop():
    with shops() as street:
        assert ask(f"{street.url}/a/stock?x=1", body=b'{"n": 1}') == (200, 1)
        assert ask(f"{street.url}/b/stock") == (200, 1)
        assert ask(f"{street.url}/c/stock") == (404, None)
        assert street.shops["a"]["asked"] == [["stock", {"n": 1}, {"x": "1"}]]


def test_lost_before_and_after():
    with shops(lost_before=1) as street:
        assert ask(f"{street.url}/a/stock") == (None, None) and not street.shops["a"]["asked"]
        assert ask(f"{street.url}/a/orders") == (200, 1)  # not frail
    with shops(lost_after=1) as street:
        assert ask(f"{street.url}/a/stock") == (None, None) and len(street.shops["a"]["asked"]) == 1
    with shops(error_after=1) as street:
        assert ask(f"{street.url}/a/stock") == (500, None) and len(street.shops["a"]["asked"]) == 1
    with shops(throttled=1) as street:
        assert ask(f"{street.url}/a/stock") == (429, None) and not street.shops["a"]["asked"]


def test_late_copies_are_the_same_request():
    with shops(late_copy=1, latest=0.05) as street:
        assert ask(f"{street.url}/a/stock", body=b'{"n": 2}') == (200, 1)
        for timer in street.timers:
            timer.join(5)
        assert street.shops["a"]["asked"] == [["stock", {"n": 2}, {}]] * 2 and street.counts["late copies"] == 1
