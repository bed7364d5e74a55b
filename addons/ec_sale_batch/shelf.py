"""One product's quants at one location while a batch takes from them."""

from collections import defaultdict


class Shelf:
    """Quants of one untracked product below one location, locked, in the order of removal.

    :meth:`take` gives what Odoo's `_get_reserve_quantity` gives move by move, on plain numbers; :meth:`Row.write`
    puts the outcome on the quants, once.
    """

    __slots__ = ("quants", "rows")

    def __init__(self, quants, rows):
        """`rows` holds what is known of each quant, shared by shelves of which one contains the other."""
        self.quants = quants
        self.rows = [rows.get(quant.id) or rows.setdefault(quant.id, Row(quant)) for quant in quants]

    def take(self, need, unit, uom):
        """Take up to `need`, counted in the product's `unit`; `uom` is the move's, whose rounding is kept.

        :return: [(quant, quantity)], one entry for each location, lot, package and owner
        """
        free = sum(row.quantity for row in self.rows) - sum(row.reserved for row in self.rows)
        need = min(need, free if unit.compare(free, 0.0) >= 0 else 0.0)
        if uom != unit:
            need = uom._compute_quantity(
                unit._compute_quantity(need, uom, rounding_method="DOWN"), unit, rounding_method="HALF-UP"
            )
        if unit.compare(need, 0) <= 0:
            return []
        # What is promised twice on one quant is owed by the others with the same key
        owed = defaultdict(float)
        for row in self.rows:
            if unit.compare(row.quantity - row.reserved, 0) < 0:
                owed[row.key] += row.quantity - row.reserved
        left = sum(row.quantity for row in self.rows if unit.compare(row.quantity, 0) > 0)
        left -= sum(row.reserved for row in self.rows)
        taken = {}
        for row in self.rows:
            spare = row.quantity - row.reserved
            if unit.compare(spare, 0) > 0:
                if owed[row.key]:
                    settled = min(abs(owed[row.key]), spare)
                    owed[row.key] += settled
                    spare -= settled
                if unit.compare(spare, 0) > 0:
                    quantity = min(spare, need)
                    entry = taken.setdefault(row.key, [row.quant, 0.0])
                    entry[1] += quantity
                    need -= quantity
                    left -= quantity
            if unit.is_zero(need) or unit.is_zero(left):
                break
        for key, (_quant, quantity) in taken.items():
            self._book(key, quantity)
        return [tuple(entry) for entry in taken.values()]

    def _book(self, key, quantity):
        """Odoo books all of it on the first of several quants with one key, and gives that one the oldest date."""
        same = [row for row in self.rows if row.key == key]
        first = same[0]
        if len(same) > 1:
            order = self.quants.browse(row.quant.id for row in same)._ec_in_removal_order(
                self.quants._get_removal_strategy(first.quant.product_id, first.quant.location_id)
            )
            first = next(row for row in same if row.quant == order[0])
            first.in_date = min(row.quant.in_date for row in same if row.quantity > 0)
        first.reserved = max(0, first.reserved + quantity)
        first.changed = True


class Row:
    """One quant in plain numbers."""

    __slots__ = ("changed", "in_date", "key", "quant", "quantity", "reserved")

    def __init__(self, quant):
        self.quant = quant
        self.quantity = quant.quantity
        self.reserved = quant.reserved_quantity
        self.key = quant.location_id.id, quant.lot_id.id, quant.package_id.id, quant.owner_id.id
        self.in_date = None
        self.changed = False

    @staticmethod
    def write(rows):
        """Write what was taken: quants that come to the same values in one write."""
        by_values = defaultdict(list)
        for row in rows:
            if row.changed:
                by_values[row.reserved, row.in_date].append(row.quant)
        for (reserved, in_date), quants in by_values.items():
            vals = {"reserved_quantity": reserved}
            if in_date:
                vals["in_date"] = in_date
            quants[0].concat(*quants[1:]).write(vals)
