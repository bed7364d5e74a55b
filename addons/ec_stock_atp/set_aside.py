"""Units set aside: what a reservation of somebody else may still take. Pure Python; quantities in the product's unit.

An entry is (warehouses, units): units that somebody holds and that may come from any of these warehouses. A reservation at
one warehouse may take what is free there as long as no fewer units of the entries can be served afterwards. Where all
entries can be served, that is: for every union U of their warehouses with this one in it, `free(U)` less the units of the
entries that lie within U. An entry too large for what is free holds all there is at its warehouses, and nothing elsewhere.
"""

from collections import deque
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from .formula import ZERO, exact

Held = tuple[frozenset[int], Decimal]


def room(free: Mapping[int, Any], held: Iterable[Held], warehouse: int) -> Decimal:
    """Units that may be taken at `warehouse`: `free` units by warehouse, `held` (warehouses, units) must not be hurt."""
    needs: dict[frozenset[int], Decimal] = {}
    for warehouses, units in held:
        needs[warehouses] = needs.get(warehouses, ZERO) + max(exact(units), ZERO)
    spare = {number: max(exact(units), ZERO) for number, units in free.items()}
    served: dict[frozenset[int], dict[int, Decimal]] = {warehouses: {} for warehouses in needs}
    for warehouses, need in needs.items():
        while need > 0 and (step := _shift(spare, served, warehouses, need)):
            start, units = step
            served[warehouses][start] = served[warehouses].get(start, ZERO) + units
            need -= units
    total = ZERO
    while step := _shift(spare, served, (warehouse,), None):
        total += step[1]
    return total


def _shift(
    spare: dict[int, Decimal],
    served: dict[frozenset[int], dict[int, Decimal]],
    starts: Collection[int],
    most: Decimal | None,
) -> tuple[int, Decimal] | None:
    """Make room at one of `starts` along the shortest way to spare units, moving entries to other warehouses of theirs.

    Returns (that warehouse, units taken there, at most `most`); None: there is no way.
    """
    came: dict[int, tuple[int, frozenset[int]] | None] = dict.fromkeys(sorted(starts))
    queue = deque(came)
    while queue:
        end = queue.popleft()
        if spare.get(end, ZERO) > 0:
            break
        for warehouses, at in served.items():
            if at.get(end, ZERO) > 0:
                for other in sorted(warehouses - came.keys()):
                    came[other] = end, warehouses
                    queue.append(other)
    else:
        return None
    way, here = [], end
    while step := came[here]:
        way.append((*step, here))
        here = step[0]
    units = min([spare[end], *(served[entry][source] for source, entry, _target in way)])
    if most is not None:
        units = min(units, most)
    spare[end] -= units
    for source, entry, target in way:
        served[entry][source] -= units
        served[entry][target] = served[entry].get(target, ZERO) + units
    return here, units


class Budget:
    """What is free and what is set aside of some products, while a number of moves take from it in turn."""

    def __init__(self) -> None:
        self.free: dict[int, dict[int, Decimal]] = {}
        self.entries: dict[int, list[tuple[frozenset[int], Decimal, Hashable]]] = {}

    def load(
        self,
        products: Iterable[int],
        free: Mapping[tuple[int, int], Any],
        entries: Iterable[tuple[int, frozenset[int], Any, Hashable]],
    ) -> None:
        """Add products: free units by (product, warehouse), entries as (product, warehouses, units, key)."""
        for product in products:
            self.free[product] = {}
            self.entries[product] = []
        for (product, warehouse), units in free.items():
            self.free[product][warehouse] = max(exact(units), ZERO)
        for product, warehouses, units, key in entries:
            if units > 0:
                self.entries[product].append((frozenset(warehouses), exact(units), key))

    def room(self, product: int, warehouse: int, barred: Callable[[Any], bool]) -> Decimal:
        """Units that may be taken at the warehouse by somebody who is barred from the entries with these keys."""
        held = [(warehouses, units) for warehouses, units, key in self.entries[product] if barred(key)]
        return room(self.free[product], held, warehouse)

    def release(self, product: int, warehouse: int, units: Any, key: Hashable) -> Decimal:
        """Units under this key are no longer set aside: those bound to the warehouse alone first, then wider ones.

        Returns the units that no entry held.
        """
        left = exact(units)
        entries = self.entries[product]
        for number in sorted(range(len(entries)), key=lambda number: len(entries[number][0])):
            warehouses, held, holder = entries[number]
            if left > 0 and warehouse in warehouses and holder == key:
                used = min(left, held)
                left -= used
                entries[number] = (warehouses, held - used, holder)
        return left

    def take(self, product: int, warehouse: int, units: Any, own: Callable[[Any], bool]) -> None:
        """Units were taken at the warehouse; they come off the taker's own entries there, in their order."""
        left = exact(units)
        self.free[product][warehouse] = max(self.free[product].get(warehouse, ZERO) - left, ZERO)
        for number, (warehouses, held, key) in enumerate(self.entries[product]):
            if left > 0 and warehouse in warehouses and own(key):
                used = min(left, held)
                left -= used
                self.entries[product][number] = (warehouses, held - used, key)


def consumption(pools: Mapping[int, Any], lines: Iterable[tuple[Any, Sequence[int]]]) -> dict[int, Decimal]:
    """Units consumed of each pool. pools: units by pool; lines: (units, pools that may serve it, the oldest first)."""
    left = {pool: exact(units) for pool, units in pools.items()}
    for ordered, matching in lines:
        units = exact(ordered)
        for pool in matching:
            used = max(min(units, left[pool]), ZERO)
            left[pool] -= used
            units -= used
    return {pool: exact(units) - left[pool] for pool, units in pools.items()}
