"""Cartons and their sums, without Odoo: exact decimals, kilograms and cubic metres.

A figure that is not known is None, and so is every sum it belongs to: a document never shows a total that lacks a part.
"""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from itertools import groupby
from math import ceil

KG_PER_POUND = Decimal("0.45359237")
M3_PER_CUBIC_FOOT = Decimal("0.028316846592")
M_PER_FOOT = Decimal("0.3048")
M_PER_MM = Decimal("0.001")
CUBIC_CM = Decimal("0.000001")


@dataclass(frozen=True)
class Units:
    """What one unit of weight, volume and length of the database is in kg, m³ and m; `weight_step`: a printed weight's last digit."""

    kg: Decimal = Decimal(1)
    cbm: Decimal = Decimal(1)
    metre: Decimal = M_PER_MM
    weight_step: Decimal = Decimal("0.001")

    def weight(self, value):
        """Kilograms, rounded once, or None when nothing (0) is stored."""
        return rounded(value * self.kg, self.weight_step) if value else None

    def volume(self, value):
        """Cubic metres, rounded once to a cubic centimetre, or None when nothing is stored."""
        return rounded(value * self.cbm, CUBIC_CM) if value else None

    def box(self, *sides):
        """Cubic metres of a box, or None when a side is not stored."""
        length, width, height = (side * self.metre for side in sides)
        return rounded(length * width * height, CUBIC_CM) if length and width and height else None


@dataclass(frozen=True)
class Content:
    """Goods of one product in one unit of measure; `net` in kg. `lots`: ((name, quantity), …)."""

    product: int
    uom: int
    quantity: Decimal
    net: Decimal | None
    lots: tuple = ()


@dataclass(frozen=True)
class Carton:
    """`size` in metres; `gross` in kg and `volume` in m³ of the closed carton. A carton without a name is goods not packed."""

    name: str
    contents: tuple
    gross: Decimal | None
    volume: Decimal | None
    size: tuple = ()
    container: str = ""

    @property
    def net(self):
        return total(content.net for content in self.contents)

    @property
    def likeness(self):
        """Cartons that differ in nothing but their name are printed as one row."""
        return self.contents, self.gross, self.volume, self.size, self.container


@dataclass(frozen=True)
class Row:
    """Cartons `first` to `last` (numbers on the boxes), all alike."""

    first: int
    last: int
    cartons: tuple

    @property
    def count(self):
        return len(self.cartons)

    def times(self, value):
        return None if value is None else value * self.count


@dataclass(frozen=True)
class Packing:
    """What a delivery consists of: numbered cartons, goods that are loose (a Carton without name, or None), and pallets' own weights."""

    cartons: tuple = ()
    loose: Carton | None = None
    pallets: tuple = ()  # ((name, kg or None), …)

    @property
    def _parts(self):
        return (*self.cartons, *([self.loose] if self.loose else ()))

    @property
    def rows(self):
        """Rows in the order of the cartons; neighbours that are alike are one."""
        found, number = [], 1
        for _likeness, alike in groupby(self.cartons, key=lambda carton: carton.likeness):
            cartons = tuple(alike)
            found.append(Row(number, number + len(cartons) - 1, cartons))
            number += len(cartons)
        return found

    @property
    def net(self):
        return total(part.net for part in self._parts)

    @property
    def gross(self):
        return total([*(part.gross for part in self._parts), *(kg for _name, kg in self.pallets)])

    @property
    def volume(self):
        return total(part.volume for part in self._parts)

    @property
    def quantities(self):
        """{uom: quantity}: different units are never added."""
        found = {}
        for part in self._parts:
            for content in part.contents:
                found[content.uom] = found.get(content.uom, Decimal(0)) + content.quantity
        return found


def exact(value):
    """The number as it is stored: a float's shortest decimal."""
    return Decimal(repr(value)) if isinstance(value, float) else Decimal(value or 0)


def rounded(value, step):
    return value.quantize(step, ROUND_HALF_UP)


def total(values):
    values = list(values)
    return None if any(value is None for value in values) else sum(values, Decimal(0))


def cartons_needed(quantities, each):
    """How many cartons `fill` makes."""
    return ceil(sum(quantities, Decimal(0)) / each)


def fill(quantities, each):
    """Fill cartons of `each`: [[(index into quantities, quantity), …], …]; the last one takes the rest."""
    cartons, room = [], Decimal(0)
    for index, quantity in enumerate(quantities):
        while quantity > 0:
            if not room:
                cartons.append([])
                room = each
            part = min(quantity, room)
            cartons[-1].append((index, part))
            quantity, room = quantity - part, room - part
    return cartons
