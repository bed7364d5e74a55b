"""What may be taken while units are set aside, against every way of serving them."""

import random
from decimal import Decimal
from itertools import chain, combinations, product

import pytest

from odoo.addons.ec_stock_atp.set_aside import Budget, consumption, room


def held(*entries):
    return [(frozenset(warehouses), Decimal(units)) for warehouses, units in entries]


@pytest.mark.parametrize(
    ("free", "entries", "expected"),
    [
        ({1: 10}, held(), 10),
        ({1: 10}, held(({1}, 6)), 4),
        ({1: 10}, held(({1}, 6), ({1}, 3)), 1),
        ({1: 10}, held(({1}, 12)), 0),
        ({1: 10}, held(({2}, 6)), 10),  # another warehouse's
        ({1: 10, 2: 4}, held(({1, 2}, 6)), 8),  # four of them may come from the other
        ({1: 10, 2: 4}, held(({1, 2}, 6), ({2}, 4)), 4),
        ({1: 10, 2: 4}, held(({1, 2}, 6), ({2}, 20)), 4),  # what is missing at 2 holds nothing more at 1
        ({1: 5, 2: 5, 3: 5}, held(({1, 2}, 4), ({2, 3}, 5)), 5),  # 1-2 moves to 2, 2-3 to 3
        ({1: 5, 2: 5, 3: 5}, held(({1, 2}, 6), ({2, 3}, 6)), 3),
        ({}, held(({1}, 1)), 0),
        ({1: -3}, held(), 0),
        ({1: Decimal("0.3")}, held(({1}, "0.1")), Decimal("0.2")),
    ],
)
def test_room(free, entries, expected):
    assert room(free, entries, 1) == expected


def served(free, entries):
    """Most units of the entries that can be served: every way of splitting each entry over its warehouses."""
    best = 0

    def serve(number, left, total):
        nonlocal best
        best = max(best, total)
        if number == len(entries):
            return
        warehouses, units = entries[number]
        places = sorted(warehouses)
        for split in product(*(range(min(int(units), left.get(place, 0)) + 1) for place in places)):
            if sum(split) <= units:
                rest = dict(left)
                for place, part in zip(places, split, strict=True):
                    rest[place] = rest.get(place, 0) - part
                serve(number + 1, rest, total + sum(split))

    serve(0, dict(free), 0)
    return best


def random_case(rng, warehouses=3, units=4):
    free = {number: rng.randint(0, units) for number in range(1, warehouses + 1)}
    sets = list(chain.from_iterable(combinations(free, size) for size in range(1, warehouses + 1)))
    return free, held(*((set(rng.choice(sets)), rng.randint(0, units)) for _entry in range(rng.randint(0, 3))))


@pytest.mark.parametrize("seed", range(150))
def test_against_brute_force(seed):
    """No unit more and no unit fewer than leaves all served that can be served."""
    free, entries = random_case(random.Random(seed))
    before = served(free, entries)
    for warehouse in free:
        most = max(
            units
            for units in range(free[warehouse] + 1)
            if served({**free, warehouse: free[warehouse] - units}, entries) == before
        )
        assert room(free, entries, warehouse) == most


def unions(entries):
    found = {frozenset()}
    for warehouses, _units in entries:
        found |= {union | warehouses for union in found}
    return found


@pytest.mark.parametrize("seed", range(300))
def test_the_rule_of_unions(seed):
    """Where all entries can be served: the smallest rest over the unions with this warehouse in it."""
    rng = random.Random(seed)
    free, entries = random_case(rng, warehouses=5, units=40)

    def rest(union):
        return sum(free[number] for number in union) - sum(units for inside, units in entries if inside <= union)

    for union in unions(entries):  # nothing is missing
        free[min(union, default=1)] += max(0, -rest(union))
    for warehouse in free:
        reach = {frozenset({warehouse})} | {union for union in unions(entries) if warehouse in union}
        assert room(free, entries, warehouse) == min(map(rest, reach))


def test_taking_all_the_room_in_turn_hurts_nobody():
    rng = random.Random(7)
    for _case in range(100):
        free, entries = random_case(rng)
        budget = Budget()
        budget.load(
            [9], {(9, number): units for number, units in free.items()}, [(9, *entry, "k") for entry in entries]
        )
        before = served(free, entries)
        for warehouse in rng.sample(sorted(free), len(free)):
            units = budget.room(9, warehouse, lambda key: True)
            budget.take(9, warehouse, units, lambda key: False)
            assert budget.room(9, warehouse, lambda key: True) == 0
        assert served({number: int(units) for number, units in budget.free[9].items()}, entries) == before


def test_what_the_buyer_takes_comes_off_its_own_entry():
    budget = Budget()
    budget.load([9], {(9, 1): 20}, [(9, frozenset({1}), 10, "a"), (9, frozenset({1}), 5, "b")])
    assert budget.room(9, 1, lambda key: key != "a") == 15
    budget.take(9, 1, 4, lambda key: key == "a")
    assert budget.room(9, 1, lambda key: True) == 5  # 16 there, 6 and 5 held
    budget.take(9, 1, 5, lambda key: False)
    assert budget.room(9, 1, lambda key: True) == 0


def test_what_is_released_comes_off_the_narrow_entries_first():
    budget = Budget()
    both = frozenset({1, 2})
    budget.load([9], {(9, 1): 5, (9, 2): 5}, [(9, both, 4, "a"), (9, frozenset({1}), 3, "a"), (9, both, 2, "b")])
    assert [budget.room(9, number, lambda key: True) for number in (1, 2)] == [1, 1]
    assert budget.release(9, 1, 4, "a") == 0
    assert [units for _warehouses, units, _key in budget.entries[9]] == [3, 0, 2]
    assert [budget.room(9, number, lambda key: True) for number in (1, 2)] == [5, 5]


def test_more_than_is_held_and_what_others_hold_is_not_released():
    budget = Budget()
    budget.load([9], {(9, 1): 5}, [(9, frozenset({1}), 2, "a"), (9, frozenset({1}), 1, "b"), (9, frozenset({2}), 1, "a")])
    assert budget.release(9, 1, 3, "a") == 1
    assert budget.release(9, 1, 1, "c") == 1
    assert [units for _warehouses, units, _key in budget.entries[9]] == [0, 1, 1]
    assert budget.room(9, 1, lambda key: True) == 4


def test_the_oldest_pool_is_consumed_first():
    assert consumption({1: 3, 2: 5}, [(2, [1, 2]), (4, [1, 2])]) == {1: 3, 2: 3}
    assert consumption({1: 3, 2: 5}, [(20, [2]), (2, [1])]) == {1: 2, 2: 5}
    assert consumption({1: 3}, []) == {1: 0}
    assert consumption({1: 3}, [(-2, [1])]) == {1: 0}
