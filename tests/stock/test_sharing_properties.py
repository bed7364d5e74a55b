"""The sharing protocol with random shops, units and events. Every case is named by its seed."""

from dataclasses import replace
from random import Random

import pytest

from odoo.addons.ec_stock_atp.sharing import (
    Sink,
    acknowledged,
    exposure_after_absolute,
    imported,
    next_pushes,
    oversell_bound,
    pushing,
    reread,
    targets,
    threshold,
)

CASES = 1500


def random_sinks(random, in_flight=True):
    return [
        Sink(
            id=number,
            believed=random.randint(-2, 12),
            weight=random.choice([0, 0, 1, 2.5, 7, random.random()]),
            in_flight=(random.randint(-1, 12),) if in_flight and random.random() < 0.3 else (),
            cap=random.choice([None, None, 0, 1, 5]),
        )
        for number in random.sample(range(100), random.randint(0, 6))
    ]


def cases(in_flight=True):
    for seed in range(CASES):
        random = Random(seed)
        yield random, random.randint(-5, 40), random_sinks(random, in_flight)


def apply_all(sinks, pushes):
    return [acknowledged(pushing(sink, pushes[sink.id])) if sink.id in pushes else sink for sink in sinks]


def test_strict_targets_use_every_unit_within_the_caps():
    for _random, free, sinks in cases():
        goal = targets("strict", free, sinks)
        assert set(goal) == {sink.id for sink in sinks}
        assert all(0 <= goal[sink.id] <= (99 if sink.cap is None else sink.cap) for sink in sinks)
        capacity = sum(max(0, free) if sink.cap is None else sink.cap for sink in sinks)
        assert sum(goal.values()) == min(max(0, free), capacity)


def test_strict_targets_follow_the_weights():
    for random, free, sinks in cases():
        sinks = [replace(sink, cap=None) for sink in sinks]
        goal = targets("strict", free, sinks)
        total = sum(sink.weight for sink in sinks)
        for sink in sinks:
            share = sink.weight / total if total else 1 / len(sinks)
            assert abs(goal[sink.id] - max(0, free) * share) < 1 + 1e-9
        random.shuffle(sinks)
        assert targets("strict", free, sinks) == goal


def test_ties_go_to_the_lower_id():
    sinks = [Sink(id=number, believed=0) for number in (3, 1, 2)]
    assert targets("strict", 4, sinks) == {1: 2, 2: 1, 3: 1}
    assert targets("strict", 5, [replace(sink, cap=1 if sink.id == 1 else None) for sink in sinks]) == {
        1: 1,
        2: 2,
        3: 2,
    }


def test_strict_pushes_never_expose_more_than_free():
    """Any of the pushes, in flight or applied, keep the exposure within free, or do not raise it if it was above."""
    for random, free, sinks in cases():
        pushes = next_pushes("strict", free, sinks)
        before = sum(sink.exposure for sink in sinks)
        some = {key: value for key, value in pushes.items() if random.random() < 0.7}
        flying = [pushing(sink, some[sink.id]) if sink.id in some else sink for sink in sinks]
        assert sum(sink.exposure for sink in flying) <= max(free, before)
        assert sum(sink.exposure for sink in apply_all(sinks, some)) <= max(free, before)
        for sink in sinks:
            assert sink.id not in pushes or (not sink.in_flight and 0 <= pushes[sink.id] != max(0, sink.believed))


@pytest.mark.parametrize("mode", ["strict", "shared", "hybrid"])
def test_pushes_applied_reach_the_targets(mode):
    """At most three rounds: lower, raise, and nothing left."""
    for random, free, sinks in cases(in_flight=False):
        rules = {"buffer": random.randint(0, 3), "threshold": random.randint(0, 20)}
        for _round in range(2):
            sinks = apply_all(sinks, next_pushes(mode, free, sinks, **rules))
        assert {sink.id: max(0, sink.believed) for sink in sinks} == targets(mode, free, sinks, **rules)
        assert next_pushes(mode, free, sinks, **rules) == {}
        if mode == "strict":
            assert oversell_bound(free, sinks) == max(0, -free)


def test_shared_shows_free_less_the_buffer():
    for random, free, sinks in cases():
        buffer = random.randint(0, 5)
        offer = max(0, free - buffer)
        goal = targets("shared", free, sinks, buffer=buffer)
        assert goal == {sink.id: offer if sink.cap is None else min(sink.cap, offer) for sink in sinks}


def test_hybrid_is_shared_from_the_threshold_and_strict_below():
    for random, free, sinks in cases():
        limit, buffer = random.randint(0, 30), random.randint(0, 3)
        mode = "shared" if free >= limit else "strict"
        assert targets("hybrid", free, sinks, buffer, limit) == targets(mode, free, sinks, buffer)
        assert next_pushes("hybrid", free, sinks, buffer, limit) == next_pushes(mode, free, sinks, buffer)


def test_threshold():
    assert threshold(2, 90, 1.5, 0) == 5  # 4.5 units
    assert threshold(0.1, 60, 3, 0) == 1  # exactly 0.3
    assert threshold(1.1, 60, 10, 0) == 11  # no unit more for the rounding of floats
    assert threshold(0, 90, 1.5, 4) == 4


def test_orders_lower_the_exposure_by_what_they_sold():
    for random, _free, sinks in cases():
        for sink in sinks:
            units = random.randint(0, 4)
            if units <= sink.exposure:
                assert imported(sink, units).exposure == sink.exposure - units


class Shops:
    """Shops that compare and set, remember the outcome under every key, and lose messages. Quantities are units."""

    def __init__(self, random, mode, free):
        self.random, self.mode, self.free = random, mode, free
        self.rules = {"buffer": 0, "threshold": 6}
        self.sinks = {
            i: Sink(id=i, believed=0, weight=random.random(), cap=random.choice([None, None, 3])) for i in range(4)
        }
        self.shown = dict.fromkeys(self.sinks, 0)
        self.unseen = {i: [] for i in self.sinks}  # sales (1) and cancellations (-1) in the order they happened
        self.sold = dict.fromkeys(self.sinks, 0)
        self.stored = {}  # sink id: (key, expected, value)
        self.outcomes = {}  # key: applied?
        self.copies = []  # requests sent and not arrived: (sink id, key, expected, value)
        self.key = 0
        self.trouble = 0.3  # chance of a lost answer, and of a sale between a read and a fetch

    def sale(self, i):
        if self.shown[i] > 0:
            self.shown[i] -= 1
            self.sold[i] += 1
            self.unseen[i].append(1)

    def cancellation(self, i):
        if self.sold[i]:
            self.shown[i] += 1
            self.sold[i] -= 1
            self.unseen[i].append(-1)

    def take_in(self, i):
        if self.unseen[i]:
            units = self.unseen[i].pop(0)
            self.free -= units
            self.sinks[i] = imported(self.sinks[i], units)

    def stock(self, _i):
        room = self.free - sum(sink.exposure for sink in self.sinks.values())
        self.free += self.random.choice([1, -1] if room > 0 else [1])

    def decide(self, _i):
        for i, value in next_pushes(self.mode, self.free, list(self.sinks.values()), **self.rules).items():
            if self.random.random() < 0.8:
                self.key += 1
                self.stored[i] = (self.key, self.sinks[i].believed, value)
                self.sinks[i] = pushing(self.sinks[i], value)

    def send(self, i):
        if i in self.stored:
            self.copies.append((i, *self.stored[i]))

    def arrive(self, _i):
        """One request, in any order and perhaps long after its push was closed; its answer may be lost."""
        if not self.copies:
            return
        i, key, expected, value = self.copies.pop(self.random.randrange(len(self.copies)))
        if key not in self.outcomes:
            self.outcomes[key] = self.shown[i] == expected
            if self.outcomes[key]:
                self.shown[i] = value
        if i not in self.stored or self.stored[i][0] != key or self.random.random() < self.trouble:
            return
        if not self.outcomes[key]:
            self.settle_stale(i)
        else:
            self.sinks[i] = acknowledged(self.sinks[i])
        del self.stored[i]

    def settle_stale(self, i):
        while True:
            shown = self.shown[i]
            if self.random.random() < self.trouble:
                self.sale(i)
            if not self.unseen[i]:
                break
            while self.unseen[i]:
                self.take_in(i)
        self.sinks[i] = reread(self.sinks[i], shown)

    def settle(self):
        """Every message arrives and nothing else happens."""
        self.trouble = 0
        for _round in range(30):
            for i in self.sinks:
                while self.unseen[i]:
                    self.take_in(i)
                self.send(i)
            while self.copies:
                self.arrive(0)
            self.decide(0)


def run(seed, mode):
    random = Random(seed)
    shops = Shops(random, mode, random.randint(0, 9))
    events = [shops.sale, shops.take_in, shops.stock, shops.decide, shops.send, shops.arrive, shops.cancellation]
    for _event in range(150):
        random.choices(events, weights=[4, 4, 1, 4, 6, 6, 1])[0](random.randrange(4))
        yield shops


@pytest.mark.parametrize("mode", ["strict", "shared", "hybrid"])
def test_a_shop_never_sells_more_than_its_exposure(mode):
    for seed in range(150):
        for shops in run(seed, mode):
            for i, sink in shops.sinks.items():
                assert shops.shown[i] + sum(shops.unseen[i]) <= sink.exposure, seed
            unseen = sum(sum(units) for units in shops.unseen.values())
            assert unseen - shops.free <= oversell_bound(shops.free, shops.sinks.values()), seed


def test_strict_never_sells_more_than_there_is():
    for seed in range(150):
        for shops in run(seed, "strict"):
            assert oversell_bound(shops.free, shops.sinks.values()) == 0, seed
            assert sum(sum(units) for units in shops.unseen.values()) <= shops.free, seed


@pytest.mark.parametrize("mode", ["strict", "shared", "hybrid"])
def test_messages_that_arrive_in_the_end_bring_the_targets(mode):
    for seed in range(60):
        *_, shops = run(seed, mode)
        shops.settle()
        assert shops.shown == targets(mode, shops.free, shops.sinks.values(), **shops.rules), seed


def test_exposure_after_absolute_bounds_a_shop_without_compare_and_set():
    for seed in range(CASES):
        random = Random(seed)
        shown = exposure = random.randint(0, 5)
        unseen = 0
        for _event in range(8):
            if random.random() < 0.4:
                pushed = random.randint(0, 5)
                shown, exposure = pushed, exposure_after_absolute(pushed, exposure)
            elif random.random() < 0.7 and shown:
                shown, unseen = shown - 1, unseen + 1
            elif unseen:
                unseen, exposure = unseen - 1, exposure - 1
            assert shown + unseen <= exposure, seed
