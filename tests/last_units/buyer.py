"""A buyer of the trade portal as his browser is: session, pages, forms. Everything that he sees is judged at once."""

import html
import re
import uuid
from collections import Counter

import requests

SHORT = "Not that many are available at the moment."
STOPPED = "Some lines cannot be ordered any more. Remove or change them, please."
CHANGED = "Your order changed meanwhile. Look at it again, please."
TRIES = 4


class Buyer:
    """`orders` are the ids of those that he placed; `wrong` are sentences about what he should not have seen."""

    def __init__(self, url, login):
        self.url = url
        self.session, self.counts, self.orders, self.wrong = requests.Session(), Counter(), [], []
        form = {"login": login, "password": login, "csrf_token": self._token(self._page("/web/login"))}
        assert "/my" in self._ask("POST", "/web/login", data=form).url, f"{login} could not log in"

    # ---- the wire

    def _ask(self, method, path, **what):
        answer = self.session.request(method, f"{self.url}{path}", timeout=60, **what)
        if answer.status_code != 200:
            self.wrong.append(f"{method} {path}: {answer.status_code}")
        return answer

    def _page(self, path):
        return self._ask("GET", path).text

    def _call(self, path, **params):
        answer = self._ask("POST", path, json={"jsonrpc": "2.0", "method": "call", "params": params}).json()
        if "error" in answer:
            self.wrong.append(f"{path}: {answer['error']['data']['message']}")
            return {"rows": [], "added": 0}
        return answer["result"]

    @staticmethod
    def _token(page):
        return re.search(r'name="csrf_token" value="(\w+)"', page)[1]

    # ---- what he does

    def look(self):
        """The catalogue: what it shows of a product's stock is never below zero."""
        shown = [int(units) for units in re.findall(r"Stock: *(-?\d+)", re.sub(r"<[^>]+>", "", self._page("/my/trade/catalogue")))]
        self.counts["looks"] += 1
        self.counts["figures"] += len(shown)
        self.wrong += [f"the catalogue shows {units}" for units in shown if units < 0]

    def fill(self, wanted):
        """Rows of the quick order onto the cart: {sku: units}. Whether anything is on it."""
        rows = [{"key": sku, "code": sku, "quantity": str(units)} for sku, units in wanted.items()]
        answer = self._call("/my/trade/order/add", rows=rows, key=str(uuid.uuid4()))
        for row in answer["rows"]:
            if row["state"] == "bad":
                self._late(row["code"], row["message"])
        return bool(answer["added"])

    def place(self):
        """Place what is on the cart, and give the order's id; lines that somebody else was quicker at are taken off. None: nothing was left."""
        for _try in range(TRIES):
            page = self._page("/my/trade/order/review")
            if not (form := self._form(page)):
                return None
            answer = self._ask("POST", "/my/trade/order/review", data=form)
            if done := re.search(r"/my/trade/order/(\d+)/done", answer.url):
                return self._placed(int(done[1]), answer.text)
            self._not_placed(answer.text)
        self.wrong.append(f"not placed after {TRIES} tries")
        return None

    def _form(self, page):
        fields = {name: re.search(rf'name="{name}" value="(\w+)"', page) for name in ("csrf_token", "order_id", "seen")}
        if not fields["order_id"]:  # the page of an empty cart
            return None
        ship_to = re.search(r'<option value="(\d+)" selected', page)
        return {**{name: found[1] for name, found in fields.items()}, "ship_to": ship_to[1]}

    def _placed(self, order_id, page):
        self.counts["placed"] += 1
        self.orders.append(order_id)
        # the staff may have been quick to cancel it
        if "Your order is confirmed" not in page and "This order was cancelled" not in page:
            self.wrong.append(f"order {order_id}: the page does not say what came of it")
        return order_id

    def _not_placed(self, page):
        said = [html.unescape(text) for text in re.findall(r'<div class="alert alert-warning" role="alert">([^<]+)</div>', page)]
        if said == [CHANGED]:
            self.counts["changed"] += 1
            return
        if said != [STOPPED]:
            self.wrong.append(f"not placed, and said {said}")
        lines = re.findall(r'text-danger">([^<]+)</div>.*?action="(/my/trade/order/line/\d+/remove)"', page, re.DOTALL)
        for sentence, remove in lines:
            self._late(remove, html.unescape(sentence))
            self._ask("POST", remove, data={"csrf_token": self._token(page)})

    def _late(self, what, sentence):
        """He came too late for something that is not sold without stock: one sentence says so."""
        self.counts["told"] += 1
        if sentence != SHORT:
            self.wrong.append(f"{what}: {sentence!r}")
