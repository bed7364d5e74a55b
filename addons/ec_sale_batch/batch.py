"""The batch: what one call of ``_ec_confirm_batch`` knows, and the one place where lower layers find it."""

CONTEXT_KEY = "ec_sale_batch"


class ConfirmBatch:
    """State of one ``sale.order._ec_confirm_batch`` call.

    It travels in the context under :data:`CONTEXT_KEY`, the only channel that reaches `stock.move` through
    Odoo's own call chain (``action_confirm`` → rules → moves → reservation) without replacing that chain. The
    object is a register, not a switch: each layer acts on a record only if the batch has listed it, so foreign or
    nested calls made meanwhile, on other records, run Odoo's code. :meth:`close` ends it: a recordset that kept
    the context behaves as Odoo from then on.
    """

    __slots__ = (
        "_orderpoints", "line_ids", "move_ids", "new_reference_ids", "open", "order_ids", "pickings_to_confirm",
        "quants", "reserving", "rules",
    )

    def __init__(self, orders):
        self.open = True
        self.order_ids = frozenset(orders.ids)
        self.line_ids = frozenset()      # lines launched together
        self.move_ids = set()            # moves made for these lines
        self.new_reference_ids = set()   # references made here: no picking can carry them yet
        self.pickings_to_confirm = None  # collects ids while lines are launched
        self.rules = {}
        self.quants = None               # stock.quant ids by product while moves are reserved
        self.reserving = False           # quants already carry what the new move lines take
        self._orderpoints = None

    def close(self):
        self.open = False

    def orderpoint_product_ids(self, env):
        """Products with any reordering rule, archived ones aside."""
        return self._read_orderpoints(env)[0]

    def ordered_product_ids(self, env):
        """Products that a reordering rule may order by itself as soon as a move is confirmed."""
        return self._read_orderpoints(env)[1]

    def _read_orderpoints(self, env):
        if self._orderpoints is None:
            groups = env["stock.warehouse.orderpoint"].sudo()._read_group(
                [], ["trigger"], ["product_id:array_agg"]
            )
            by_trigger = {trigger: set(product_ids) for trigger, product_ids in groups}
            self._orderpoints = set().union(*by_trigger.values()), by_trigger.get("auto", set())
        return self._orderpoints

    @classmethod
    def of(cls, env):
        """The batch that is going on in this environment, or None."""
        batch = env.context.get(CONTEXT_KEY)
        return batch if batch is not None and batch.open else None


def outside(records):
    """The records in a context without batch."""
    return records.with_context(**{CONTEXT_KEY: None}) if CONTEXT_KEY in records.env.context else records


#: Odoo methods whose per-record work a set-based part stands in for, and the modules whose versions it reproduces.
READ = {
    "sale.order": {},
    "stock.move": {
        "_assign_picking": {"stock"},
        "_assign_picking_values": {"stock"},
        "_search_picking_for_assignation": {"stock"},
        "_search_picking_for_assignation_domain": {"stock"},
        "_assign_picking_post_process": {"stock", "sale_stock"},
        "_merge_moves": {"stock"},
        "_update_candidate_moves_list": {"stock"},
        "_prepare_merge_moves_distinct_fields": {"stock", "sale_stock", "purchase_stock", "mrp", "stock_account"},
        "_trigger_scheduler": {"stock"},
        "_update_orderpoints": {"stock"},
        "_set_references": {"stock"},
        "_update_reserved_quantity": {"stock"},
        "_update_reserved_quantity_vals": {"stock"},
        "_get_available_quantity": {"stock"},
    },
    "stock.rule": {"_get_rule": {"stock"}, "_search_rule_for_warehouses": {"stock"}},
    "stock.quant": {
        "_gather": {"stock"},
        "_get_gather_domain": {"stock"},
        "_get_removal_strategy": {"stock"},
        "_get_removal_strategy_order": {"stock"},
        "_get_available_quantity": {"stock"},
        "_get_reserve_quantity": {"stock"},
        "_update_available_quantity": {"stock"},
        "_update_reserved_quantity": {"stock"},
    },
}
OWN = "ec_sale_batch"


def as_read(model, *names):
    """Whether no module beyond those read has a say in these methods of the model."""
    read = READ[model._name]
    for cls in type(model).mro():
        module = getattr(cls, "_module", None)
        if module in (None, OWN):
            continue
        for name in names:
            if name in cls.__dict__ and module not in read[name]:
                return False
    return True
