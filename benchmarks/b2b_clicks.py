"""Buyers at a portal on 127.0.0.1: each looks at an answer for a while and clicks again.

    python benchmarks/b2b_clicks.py '{"port": …, "logins": […], "password": …, "skus": […], "pages": […], "warm": …, "seconds": …, "between": …}'

Prints `warm` when the figures begin, and the figures as the last line.
"""

import http.client
import json
import random
import re
import sys
import threading
import time
import urllib.parse
import uuid
from collections import defaultdict

# what a buyer clicks on, of a hundred clicks, and what the answer must say
CLICKS = {
    "catalogue": (25, 'name="quantity_'),
    "by price": (5, 'name="quantity_'),
    "search": (20, 'name="quantity_'),
    "product": (10, "product_detail"),
    "pad": (3, "o_ec_order_pad"),
    "pad row": (20, '"state": "good"'),
    "add": (7, '"added": 1'),
    "cart": (5, 'name="seen"'),
    "orders": (5, "o_portal_my_doc_table"),
}


class Buyer:
    def __init__(self, told, login, number):
        self.told, self.login, self.chance, self.cookies = told, login, random.Random(number), {}
        self.clicks, self.errors = [], []  # (moment, kind, seconds)

    # ---- the wire

    def ask(self, method, path, body=None, kind=None):
        """(status, text), redirects followed; a connection of its own, closed as soon as all is there."""
        connection = http.client.HTTPConnection("127.0.0.1", self.told["port"], timeout=60)
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        if kind:
            headers["Content-Type"] = kind
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            text = answer.read().decode()
        finally:
            connection.close()
        for cookie in answer.headers.get_all("Set-Cookie") or ():
            name, _sep, value = cookie.partition(";")[0].partition("=")
            self.cookies[name] = value
        if answer.status in (301, 302, 303):
            place = urllib.parse.urlsplit(answer.headers["Location"])
            return self.ask("GET", place.path + (f"?{place.query}" if place.query else ""))
        return answer.status, text

    def call(self, path, **params):
        return self.ask("POST", path, json.dumps({"jsonrpc": "2.0", "method": "call", "params": params}), "application/json")

    def log_in(self):
        token = re.search(r'name="csrf_token" value="(\w+)"', self.ask("GET", "/web/login")[1])[1]
        form = urllib.parse.urlencode({"csrf_token": token, "login": self.login, "password": self.told["password"]})
        status, text = self.ask("POST", "/web/login", form, "application/x-www-form-urlencoded")
        assert status == 200 and "oe_login_form" not in text, f"{self.login} could not log in"

    # ---- clicks

    def click(self, kind):
        sku = self.chance.choice(self.told["skus"])
        if kind == "catalogue":
            return self.ask("GET", f"/my/trade/catalogue/page/{self.chance.randint(1, 20)}")
        if kind == "by price":
            return self.ask("GET", "/my/trade/catalogue?sort=price")
        if kind == "search":
            return self.ask("GET", f"/my/trade/catalogue?search={self.chance.choice((sku, sku[:5], 'article+' + sku[-3:].lstrip('0')))}")
        if kind == "product":
            return self.ask("GET", self.chance.choice(self.told["pages"]))
        if kind == "pad":
            return self.ask("GET", "/my/trade/order")
        if kind == "pad row":
            codes = self.chance.sample(self.told["skus"], self.chance.randint(1, 20))
            return self.call("/my/trade/order/check", rows=[{"key": code, "code": code, "quantity": "12"} for code in codes])
        if kind == "add":
            return self.call("/my/trade/order/add", rows=[{"key": "1", "code": sku, "quantity": "12"}], key=str(uuid.uuid4()))
        return self.ask("GET", {"cart": "/my/trade/order/review", "orders": "/my/orders"}[kind])

    def shop(self, begin, end):
        """Clicks from `begin` to `end`; not all begin together. The first fills the cart and does not count."""
        kinds, weights, between = list(CLICKS), [weight for weight, _mark in CLICKS.values()], self.told["between"]
        time.sleep(self.chance.uniform(0, self.told["warm"] / 2))
        self.click("add")
        due = time.perf_counter() + between
        while due < end:
            time.sleep(max(0, due - time.perf_counter()))
            [kind] = self.chance.choices(kinds, weights)
            started = time.perf_counter()
            try:
                status, text = self.click(kind)
                if status != 200 or CLICKS[kind][1] not in text:
                    self.errors.append(f"{kind}: {status} {text[:300]}")
            except OSError as error:
                self.errors.append(f"{kind}: {error!r}")
            self.clicks.append((started, kind, time.perf_counter() - started))
            due = time.perf_counter() + between * self.chance.uniform(0.75, 1.25)


def figures(seconds):
    """(count, median, p95)"""
    ordered = sorted(seconds)
    return len(ordered), ordered[len(ordered) // 2], ordered[int(len(ordered) * 0.95)]


def run(told):
    buyers = [Buyer(told, login, number) for number, login in enumerate(told["logins"])]
    log_in = [threading.Thread(target=buyer.log_in) for buyer in buyers]
    for place in range(0, len(log_in), 2):  # a password takes a third of a second
        for thread in log_in[place : place + 2]:
            thread.start()
        for thread in log_in[place : place + 2]:
            thread.join()
    begin = time.perf_counter()
    measured, end = begin + told["warm"], begin + told["warm"] + told["seconds"]
    people = [threading.Thread(target=buyer.shop, args=(begin, end)) for buyer in buyers]
    for person in people:
        person.start()
    time.sleep(max(0, measured - time.perf_counter()))
    print("warm", flush=True)
    cpu = time.process_time()
    for person in people:
        person.join()
    pages = defaultdict(list)
    for buyer in buyers:
        for started, kind, seconds in buyer.clicks:
            if started >= measured:
                pages[kind].append(seconds)
    return {
        "rate": sum(map(len, pages.values())) / told["seconds"],
        "all": figures([one for times in pages.values() for one in times]),
        "pages": {kind: figures(times) for kind, times in pages.items()},
        "errors": [error for buyer in buyers for error in buyer.errors],
        "cpu": time.process_time() - cpu,
    }


if __name__ == "__main__":
    print(json.dumps(run(json.loads(sys.argv[1]))))
