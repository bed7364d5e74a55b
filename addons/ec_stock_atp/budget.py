"""The budget of one reservation: asked by Odoo's loop and by `ec_sale_batch` what a move may take, and told what it took."""

from .set_aside import Budget

CONTEXT_KEY = "ec_set_aside"


class MoveBudget:
    """What is set aside of the products of one `_action_assign` call, for moves. Read once, then kept in plain numbers.

    It travels in the context, so that calls below share it. :meth:`close` ends it: a recordset that kept the context is not
    limited by figures of the past.
    """

    __slots__ = ("_allowed", "_blocked", "_budget", "cuts", "open")

    def __init__(self):
        self.open = True
        self.cuts = {}  # move id: keys of the entries that kept units from it
        self._allowed = {}
        self._blocked = set()
        self._budget = Budget()

    @classmethod
    def of(cls, env):
        """The budget that is open in this environment, or None."""
        budget = env.context.get(CONTEXT_KEY)
        return budget if isinstance(budget, cls) and budget.open else None

    def close(self):
        self.open = False

    def load(self, set_aside, product_ids):
        """Read what is free and what is set aside of those products that are not known yet."""
        products = set(product_ids) - self._budget.free.keys()
        if products:
            entries = set_aside._entries(sorted(products))
            free, blocked = set_aside._free(sorted(products))
            self._blocked.update(blocked)
            self._budget.load(products, free, entries)

    def allowed(self, move, need):
        """How much of `need` (in the product's unit) the move may take now."""
        place = self._place(move)
        if place is None or move.move_orig_ids:  # what a chain of moves brought was limited where it started
            return need
        set_aside = move.env["ec.stock.set.aside"]
        room = self._budget.room(*place, lambda key: set_aside._bars(key, move))
        if move.product_id.tracking == "serial":
            room = int(room)
        self.cuts.pop(move.id, None)
        unit = move.product_id.uom_id
        if unit.compare(need, float(room)) <= 0:
            return need
        product, warehouse = place
        if unit.compare(float(room), float(self._budget.free[product].get(warehouse, 0))) < 0:
            self.cuts[move.id] = [
                key
                for warehouses, units, key in self._budget.entries[product]
                if warehouse in warehouses and units > 0 and set_aside._bars(key, move)
            ]
            self._allowed[move.id] = float(room)
        return float(room)

    def used(self, move, taken):
        """The move took this much (in the product's unit)."""
        unit = move.product_id.uom_id
        if move.id in self.cuts and unit.compare(taken, self._allowed[move.id]) < 0:
            del self.cuts[move.id]  # there is not even that much where it takes from
        place = self._place(move)
        if place is not None and unit.compare(taken, 0) > 0:
            set_aside = move.env["ec.stock.set.aside"]
            self._budget.take(*place, taken, lambda key: set_aside._consumes(key, move))
            claim = set_aside._claim(move)
            if claim is not None:
                self._budget.release(*place, taken, claim)

    def _place(self, move):
        """(product, warehouse) if the move takes what counts as free there, else None."""
        location, owner = move.location_id, move.restrict_partner_id
        if (
            move.product_id.id not in self._budget.free
            or not location.warehouse_id
            or location.usage not in ("internal", "view")
            or (owner and owner != move.company_id.partner_id)
            or any(location.parent_path.startswith(path) for path in self._blocked)
        ):
            return None
        return move.product_id.id, location.warehouse_id.id
