"""Demo shops as a process: served over HTTP with a failing network, with buyers who take what is shown, and their own books.

Each shop's book is the list of what was sold and shown of an item after every change, with the moment; one thread at a time
changes a shop, so the book is the true order of events. `control/…` is the harness's own way in.
"""

import copy
import json
import random
import threading
import time
from collections import Counter
from datetime import UTC, datetime

from http_shop import Faults, Shops

from odoo.addons.ec_channel_demo.demo.api import handle as demo_handle
from odoo.addons.ec_channel_demo.demo.samples import ADDRESS, BUYER
from odoo.addons.ec_channel_demo.demo.shop import DemoShop, Refused

PAGE_SIZE = 200
QUIET = Faults(lost_before=0, lost_after=0, error_after=0, throttled=0, slow=0, late_copy=0)


class BookShop(DemoShop):
    """A demo shop that notes (moment, item number, units sold net, units shown) after each change."""

    def __init__(self, state, skus):
        super().__init__(state, lambda: datetime.now(UTC))
        self.by_item = {listing["item_id"]: skus.index(listing["sku"]) for listing in state["listings"].values()}
        self.skus, self.book, self.counts, self.packed, self.open = skus, [], Counter(), set(), []
        self.sold = [0] * len(skus)
        self.last = {number: (0, self.shown(item)) for item, number in self.by_item.items()}

    def shown(self, item):
        return sum(self.state["stock"][item].values())

    def note(self):
        now = time.time()
        for item, number in self.by_item.items():
            state = self.sold[number], self.shown(item)
            if state != self.last[number]:
                self.last[number] = state
                self.book.append((now, number, *state))

    # ---- buyers, called by one thread at a time

    def buy(self, chance, most):
        """Somebody buys one or two of the items on show; now and then more than there is."""
        wanted = [n for item, n in self.by_item.items() if self.shown(item) > 0]
        if not wanted or chance.random() < 0.02:
            wanted = range(len(self.skus))
        goods = chance.sample(list(wanted), min(len(wanted), chance.choice((1, 1, 1, 2))))
        lines = [{"sku": self.skus[n], "quantity": chance.choice((1, 1, 1, 2, most)), "price": "100"} for n in goods]
        self.counts["attempts"] += 1
        try:
            order = self.place(lines, customer=BUYER, address=ADDRESS)
        except Refused:
            return
        self.counts["orders"] += 1
        for line in lines:
            self.sold[self.skus.index(line["sku"])] += line["quantity"]
        self.open.append(order)
        self.note()

    def think_again(self, chance):
        """Cancel an order, or take a unit of it back, unless it is being packed."""
        if not self.open:
            return
        order_id = chance.choice(self.open[-30:])
        order = self.order(order_id)
        before = self.units(order)
        if order_id in self.packed or not before:
            return
        if chance.random() < 0.5:
            self.cancel(order_id, reason="customer")
            self.counts["cancellations"] += 1
        else:
            line = chance.choice([line for line in order["lines"] if line["quantity"]])
            self.set_quantity(order_id, line["id"], line["quantity"] - 1)
            self.counts["changes"] += 1
        after = self.units(order)
        for sku in before:
            self.sold[self.skus.index(sku)] += after[sku] - before[sku]
        self.note()

    @staticmethod
    def units(order):
        found = Counter()
        for line in order["lines"]:
            found[line["sku"]] += line["quantity"]
        return +found

    # ---- the wire

    def answer(self, method, path, query, body, headers):
        if path.startswith("control/"):
            return 200, {}, json.dumps(getattr(self, f"_{path[8:]}")(**json.loads(body or b"{}"))).encode()
        status, result = demo_handle(self, method, path, query, json.loads(body) if body else {}, headers, page_size=PAGE_SIZE)
        if method == "PUT" and path == "stock":
            self.counts["pushes"] += 1
            self.counts.update(f"{row} pushes" for row in result.get("levels", ()))
            self.note()
        return status, {"Content-Type": "application/json"}, json.dumps(result).encode()

    def _pack(self, order):
        """The staff packs this order: from now on the buyer cannot change it. Its units by SKU."""
        if order not in self.packed:
            self.packed.add(order)
            if order in self.open:
                self.open.remove(order)
        return dict(self.units(self.order(order)))

    def _report(self):
        return {"counts": dict(self.counts), "book": self.book, "shown": [self.last[n][1] for n in range(len(self.skus))], "sold": self.sold}

    def _orders(self):
        return {key: dict(self.units(order)) for key, order in self.state["orders"].items()}

    def _count(self):
        return dict(self.counts)


class Street:
    """The shops of one run. `pace`: seconds between two deeds of one buyer, on average."""

    def __init__(self, states, skus, seed, faults, buyers=3, pace=0.05, most=2):
        self.shops = {name: BookShop(copy.deepcopy(state), skus) for name, state in states.items()}
        self.faults, self.seed, self.pace, self.most, self.going = faults, seed, pace, most, False
        self.http = Shops({**self.shops, "street": self}, self._handle, seed, QUIET, lambda _method, path: not path.startswith("control/"))
        self.people = [threading.Thread(target=self._shop_around, args=(n,), daemon=True) for n in range(buyers)]

    def _handle(self, shop, method, path, query, body, headers):
        if shop is self:
            return 200, {}, json.dumps(getattr(self, f"_{path[8:]}")(**json.loads(body or b"{}"))).encode()
        return shop.answer(method, path, query, body, headers)

    def serve(self, tell):
        with self.http:
            tell(self.http.url)
            for person in self.people:
                person.start()
            while True:
                time.sleep(60)

    def _shop_around(self, number):
        chance = random.Random(f"{self.seed} buyer {number}")
        names = list(self.shops)
        while True:
            time.sleep(chance.uniform(0, 2 * self.pace))
            if self.going:
                name = chance.choice(names)
                with self.http.locks[name]:
                    if chance.random() < 0.75:
                        self.shops[name].buy(chance, self.most)
                    else:
                        self.shops[name].think_again(chance)

    def _go(self):
        self.http.faults, self.going = self.faults, True

    def _stop(self, faults=False):
        """Buyers go home; with `faults` the network is mended too."""
        self.going = False
        if faults:
            self.http.faults = QUIET
        return dict(self.http.counts)
