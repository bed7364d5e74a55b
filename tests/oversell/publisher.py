"""The publisher: several threads that import, decide and send at once. Killed by SIGKILL at any moment; its only memory is the book."""

import contextlib
import random
import threading

from wire import Line, NoAnswer

PAGE = 60


class Lane(threading.Thread):
    def __init__(self, book, port, items, seed):
        super().__init__(daemon=True)
        self.book, self.line, self.items, self.chance = book, Line(port), items, random.Random(seed)

    def run(self):
        steps = (self.hints, self.fetch_one, self.decide, self.send)
        while True:
            step = self.chance.choices(steps, (30, 12, 25, 33))[0]
            with contextlib.suppress(NoAnswer):
                step()

    def hints(self):
        shop = self.chance.randrange(len(self.book.compare))
        orders = self.line.ask(do="hint", shop=shop, most=20)["orders"]
        if orders:
            self.book.take_in(shop, orders)

    def fetch_one(self):
        self.fetch(self.chance.randrange(len(self.book.compare)))

    def fetch(self, shop):
        """Import all changes of a shop, page by page."""
        while True:
            since = self.book.cursor(shop)
            answer = self.line.ask(do="orders", shop=shop, since=since, most=PAGE)
            if answer["cursor"] > since:
                self.book.take_in(shop, answer["orders"], answer["cursor"])
            if answer["cursor"] < since + PAGE:
                return

    def decide(self):
        for item in self.chance.sample(range(self.items), min(4, self.items)):
            self.book.decide(item, self.chance)

    def send(self):
        while push := self.book.take_push():
            key, item, shop, expected, value = push
            answer = self.line.ask(do="push", shop=shop, item=item, key=key, expected=expected, value=value)
            if answer["outcome"] == "applied" and (self.book.compare[shop] or self.book.mode == "absolute"):
                self.book.applied(key, item, shop)
            else:
                self.read_again(key, item, shop)

    def read_again(self, key, item, shop):
        """What it shows, then all its orders; again if any was imported meanwhile. Given up for now: the push is sent again."""
        for _attempt in range(20):
            imports = self.book.imports(item, shop)
            shown = self.line.ask(do="read", shop=shop, item=item)["shown"]
            self.fetch(shop)
            if self.book.reread(key, item, shop, shown, imports):
                return


def publish(book, port, items, seed, threads=3):
    lanes = [Lane(book, port, items, f"{seed} {number}") for number in range(threads)]
    for lane in lanes:
        lane.start()
    for lane in lanes:
        lane.join()
