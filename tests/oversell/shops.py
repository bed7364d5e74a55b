"""The shops, a process of their own: they show units, sell what they show, and take pushes with every fault a network has.

They also keep the ledger of what was really there and really sold, by all shops and by Odoo's own counter. One thread
handles one request at a time, so the ledger is the true order of events and is judged at every single one.
"""

import asyncio
import contextlib
import heapq
import json
import random
import time
from collections import Counter
from dataclasses import dataclass, field


@dataclass
class Faults:
    """Chances of what may happen to a push; a notification is late, doubled, lost and out of order as well."""

    lost_before: float = 0.04
    lost_after: float = 0.08
    slow: float = 0.2
    slowness: float = 0.08
    late_copy: float = 0.12
    latest: float = 2.0


@dataclass
class Order:
    id: str
    item: int
    units: int
    at: float
    version: int = 1


@dataclass
class Shop:
    shown: list
    compare: bool
    orders: dict = field(default_factory=dict)
    log: list = field(default_factory=list)  # order ids, one entry a change
    hints: list = field(default_factory=list)
    keys: dict = field(default_factory=dict)


class Ledger:
    """Units there, sold by shops and taken by Odoo's own orders, for each item; `missing` keeps every rise above zero."""

    def __init__(self, items, units):
        self.there, self.taken = [units] * items, [0] * items
        self.missing, self.worst = [], [0] * items
        self.ever = items * units

    def add(self, item, there=0, taken=0):
        self.there[item] += there
        self.taken[item] += taken
        self.ever += max(0, there)
        short = self.taken[item] - self.there[item]
        if taken > 0 and short > 0:
            self.missing.append((time.monotonic(), item, short))
            self.worst[item] = max(self.worst[item], short)


class Street:
    def __init__(self, seed, compare, items, units, pace):
        self.chance, self.faults, self.pace = random.Random(f"shops {seed}"), Faults(), pace
        self.shops = [Shop([0] * items, flag) for flag in compare]
        self.ledger, self.counts = Ledger(items, units), Counter()
        self.bucket = [(0.0, time.monotonic())] * items

    # ---- buyers

    def look(self, shop):
        return {"shown": self.shops[shop].shown}

    def buy(self, shop, item, units):
        here = self.shops[shop]
        if not self._in_pace(item, units):
            return {"sold": False, "wait": True}
        self.counts["attempts"] += 1
        if here.shown[item] < units:
            return {"sold": False}
        here.shown[item] -= units
        order = Order(f"{shop}-{len(here.orders)}", item, units, time.monotonic())
        here.orders[order.id] = order
        self.ledger.add(item, taken=units)
        self.counts["orders"] += 1
        self._changed(here, order)
        return {"sold": True, "order": order.id}

    def cancel(self, shop, order, units):
        """The buyer takes units back from the order; the shop shows them again by itself."""
        here, order = self.shops[shop], self.shops[shop].orders[order]
        units = min(units, order.units)
        if units:
            order.units -= units
            order.version += 1
            order.at = time.monotonic()
            here.shown[order.item] += units
            self.ledger.add(order.item, taken=-units)
            self.counts["cancellations"] += 1
            self._changed(here, order)
        return {}

    def _in_pace(self, item, units):
        """Whether this sale keeps to the sales rate of the run (units a second and item, all shops together)."""
        if not self.pace:
            return True
        saved, at = self.bucket[item]
        now = time.monotonic()
        saved = min(2.0, saved + (now - at) * self.pace)
        self.bucket[item] = (saved - units if saved >= units else saved, now)
        return saved >= units

    def _changed(self, shop, order):
        shop.log.append(order.id)
        for _copy in range(self.chance.choices((0, 1, 2), (15, 65, 20))[0]):
            late = self.chance.choice((0.0, 0.02, 0.1, 0.5)) * self.chance.random() * 2
            heapq.heappush(shop.hints, (time.monotonic() + late, order.id))

    # ---- what the publisher asks

    def hint(self, shop, most):
        """Notifications that arrive now."""
        waiting, now, found = self.shops[shop].hints, time.monotonic(), []
        while waiting and waiting[0][0] <= now and len(found) < most:
            found.append(heapq.heappop(waiting)[1])
        return {"orders": [self._document(shop, order) for order in found]}

    def orders(self, shop, since, most):
        """All changes after `since`, oldest first."""
        ids = self.shops[shop].log[since : since + most]
        return {"orders": [self._document(shop, order) for order in dict.fromkeys(ids)], "cursor": since + len(ids)}

    def _document(self, shop, order):
        order = self.shops[shop].orders[order]
        return {"id": order.id, "item": order.item, "units": order.units, "version": order.version, "at": order.at}

    def read(self, shop, item):
        return {"shown": self.shops[shop].shown[item]}

    async def push(self, reader, shop, item, key, expected, value):
        chance, faults, here = self.chance, self.faults, self.shops[shop]
        self.counts["pushes"] += 1
        if chance.random() < faults.lost_before:
            self.counts["lost"] += 1
            return None
        if chance.random() < faults.slow:
            await asyncio.sleep(chance.uniform(0, faults.slowness))
        if not here.compare and reader.at_eof():
            return None  # an absolute push whose sender gave up is not handled any more
        outcome = self._apply(here, item, key, expected, value)
        self.counts[outcome] += 1
        if here.compare and chance.random() < faults.late_copy:
            asyncio.get_running_loop().call_later(chance.uniform(0, faults.latest), self._late, here, item, key, expected, value)
        if chance.random() < faults.lost_after:
            self.counts["lost"] += 1
            return None
        return {"outcome": outcome}

    def _late(self, *push):
        self.counts["late_copies"] += 1
        self._apply(*push)

    def _apply(self, shop, item, key, expected, value):
        """Compare-and-set, the outcome kept under its key; or the plain overwriting of most shops."""
        if not shop.compare:
            shop.shown[item] = value
            return "applied"
        if key not in shop.keys:
            shop.keys[key] = "applied" if shop.shown[item] == expected else "stale"
            if shop.keys[key] == "applied":
                shop.shown[item] = value
        return shop.keys[key]

    # ---- Odoo's own counter, told to the ledger alone

    def own(self, item, units):
        self.counts["own"] += 1
        self.ledger.add(item, taken=units)
        return {}

    def receive(self, item, units):
        self.counts["receipts"] += 1
        self.ledger.add(item, there=units)
        return {}

    def report(self):
        return {"counts": dict(self.counts), "changes": [len(shop.log) for shop in self.shops]}

    def truth(self):
        ledger = self.ledger
        return {
            "there": ledger.there, "taken": ledger.taken, "worst": ledger.worst, "missing": ledger.missing, "ever": ledger.ever,
            "shown": [shop.shown for shop in self.shops], "counts": dict(self.counts),
        }

    async def talk(self, reader, writer):
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            while line := await reader.readline():
                request = json.loads(line)
                verb = request.pop("do")
                if verb == "push":
                    answer = await self.push(reader, **request)
                    if answer is None:
                        break
                else:
                    answer = getattr(self, verb)(**request)
                writer.write(json.dumps(answer).encode() + b"\n")
                await writer.drain()
        writer.close()


def serve(pipe, **options):
    """Run the shops; sends the port to `pipe`."""

    async def run():
        server = await asyncio.start_server(Street(**options).talk, "127.0.0.1", 0, limit=2**24)
        pipe.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(run())
