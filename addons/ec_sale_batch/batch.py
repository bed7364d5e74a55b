"""The batch: what one call of ``_ec_create_batch`` or ``_ec_confirm_batch`` knows, and where lower layers find it."""

CONTEXT_KEY = "ec_sale_batch"


class Batch:
    """State of one call, reachable by the layers below it.

    It travels in the context under :data:`CONTEXT_KEY`, the only channel that reaches `stock.move` through
    Odoo's own call chain (``action_confirm`` → rules → moves → reservation) without replacing that chain. The
    object is a register, not a switch: each layer acts on a record only if the batch has listed it, so foreign or
    nested calls made meanwhile, on other records, run Odoo's code. :meth:`close` ends it: a recordset that kept
    the context behaves as Odoo from then on.
    """

    __slots__ = ("_as_read", "open")

    def __init__(self):
        self.open = True
        self._as_read = {}

    def close(self):
        self.open = False

    def as_read(self, model, part):
        """Whether no module beyond those in :data:`READ` has a say in what this part stands in for."""
        key = model._name, part
        if key not in self._as_read:
            self._as_read[key] = _as_read(model, part)
        return self._as_read[key]

    @classmethod
    def of(cls, env):
        """The batch of this kind that is going on in this environment, or None."""
        batch = env.context.get(CONTEXT_KEY)
        return batch if isinstance(batch, cls) and batch.open else None


class CreateBatch(Batch):
    """One ``sale.order._ec_create_batch`` call: what was looked up once for all orders and lines."""

    __slots__ = ("memo",)

    def __init__(self):
        super().__init__()
        self.memo = {}

    def once(self, key, compute):
        """The value of `compute()`, called for the first line with this key only."""
        try:
            return self.memo[key]
        except KeyError:
            value = self.memo[key] = compute()
            return value

    @classmethod
    def search_once(cls, search, records, domain, offset, limit, order):
        """The answer of `search`, asked once a batch: for settings that no order changes while it is made."""
        batch = cls.of(records.env)
        if batch is None:
            return search(domain, offset=offset, limit=limit, order=order)
        env = records.env
        key = (
            records._name,
            env.uid,
            env.su,
            env.company.id,
            env.context.get("active_test"),
            repr(domain),
            offset,
            limit,
            order,
        )
        ids = batch.once(key, lambda: search(domain, offset=offset, limit=limit, order=order)._ids)
        return records.browse(ids)


class ConfirmBatch(Batch):
    """One ``sale.order._ec_confirm_batch`` call."""

    __slots__ = (
        "_orderpoint_product_ids",
        "assigned_ids",
        "line_ids",
        "move_ids",
        "new_reference_ids",
        "order_ids",
        "ordered_product_ids",
        "pickings_to_confirm",
        "quants",
        "referring",
        "reserving",
        "rules",
    )

    def __init__(self, orders):
        super().__init__()
        self.order_ids = frozenset(orders.ids)
        self.line_ids = frozenset()  # lines launched together
        self.move_ids = set()  # moves made for these lines
        self.assigned_ids = set()  # those of them that were looked at for a transfer
        self.new_reference_ids = set()  # references made here: no picking can carry them yet
        self.pickings_to_confirm = None  # collects ids while lines are launched
        self.referring = False  # references are being made
        self.rules = {}
        self.quants = None  # stock.quant ids by product while moves are reserved
        self.reserving = False  # quants already carry what the new move lines take
        self.ordered_product_ids = set()  # products that a reordering rule may order for these lines
        self._orderpoint_product_ids = None

    def orderpoint_product_ids(self, env):
        """Products with any reordering rule, archived ones aside."""
        if self._orderpoint_product_ids is None:
            # who sells may not read reordering rules
            rules = env["stock.warehouse.orderpoint"].sudo()._read_group([], [], ["product_id:array_agg_distinct"])
            self._orderpoint_product_ids = set(rules[0][0] or ())
        return self._orderpoint_product_ids


def outside(records):
    """The records in a context without batch."""
    return records.with_context(**{CONTEXT_KEY: None}) if CONTEXT_KEY in records.env.context else records


def companies_agree(records):
    """Whether `_check_company` would pass on all the records: each linked record looked at once, not once a link."""
    if "company_id" not in records._fields:
        return False
    regular, owned = [], []
    for name, field in records._fields.items():
        if field.relational and field.check_company:
            (owned if field.company_dependent else regular).append(name)
    checks = [(company, group, name) for company, group in records.grouped("company_id").items() for name in regular]
    checks += [(records.env.company, records, name) for name in owned]
    for company, group, name in checks:
        linked = group.sudo().mapped(name)  # as Odoo's check, which looks at what the user may not read
        domain = linked and linked._check_company_domain(company)
        if domain and linked != linked.with_context(active_test=False).filtered_domain(domain):
            return False
    return True


#: What each set-based part stands in for: Odoo's methods, and the modules whose versions it reproduces. Where any other
#: module overrides one of them, that part leaves the work to Odoo's loop, unless the override says by an attribute
#: ``ec_batch_safe = True`` on the function that it changes nothing of the outcome.
READ = {
    "precompute": {
        "_add_precomputed_values": {"sale"},
        "_compute_custom_attribute_values": {"sale"},
        "_compute_no_variant_attribute_values": {"sale"},
        "_compute_name": {"sale", "sale_management", "sale_loyalty"},
        "_get_sale_order_line_multiline_description_sale": {"sale"},
        "_compute_product_uom_qty": {"sale"},
        "_compute_product_uom_id": {"sale"},
        "_compute_tax_ids": {"sale", "sale_loyalty"},
        "_get_custom_compute_tax_cache_key": {"sale"},
        "_compute_price_unit": {"sale"},
        "_compute_discount": {"sale", "sale_loyalty"},
        "_compute_amount": {"sale"},
        "_prepare_base_line_for_taxes_computation": {"sale"},
        "_is_global_discount": {"sale"},
        "_compute_price_reduce_taxexcl": {"sale"},
        "_compute_price_reduce_taxinc": {"sale"},
        "_compute_customer_lead": {"sale", "sale_stock"},
        "_compute_qty_delivered_method": {"sale", "sale_stock"},
        "_compute_analytic_distribution": {"sale", "analytic"},
    },
    "move_precompute": {
        "_add_precomputed_values": set(),
        "_compute_location_dest_id": {"stock", "mrp"},
        "_compute_packaging_uom_id": {"stock", "sale_stock", "purchase_stock", "mrp"},
    },
    "company": {"_check_company": set()},
    "rule": {"_get_rule": {"stock"}, "_search_rule_for_warehouses": {"stock"}},
    "assign_picking": {
        "_assign_picking": {"stock"},
        "_assign_picking_values": {"stock"},
        "_search_picking_for_assignation": {"stock"},
        "_search_picking_for_assignation_domain": {"stock", "mrp", "stock_picking_batch"},
        "_assign_picking_post_process": {"stock", "sale_stock"},
    },
    "merge": {
        "_merge_moves": {"stock"},
        "_update_candidate_moves_list": {"stock", "mrp"},
        "_prepare_merge_moves_distinct_fields": {"stock", "sale_stock", "purchase_stock", "mrp"},
    },
    "scheduler": {"_trigger_scheduler": {"stock"}},
    "orderpoints": {"_update_orderpoints": {"stock"}},
    "orderpoint": {
        "_compute_qty_to_order_computed": {"stock", "purchase_stock", "mrp"},
        "_procure_orderpoint_confirm": {"stock"},
        "_post_process_scheduler": {"stock"},
    },
    "reserve": {
        "_update_reserved_quantity": {"stock"},
        "_update_reserved_quantity_vals": {"stock"},
        "_get_available_quantity": {"stock"},
    },
    "quant": {
        "_gather": {"stock"},
        "_get_gather_domain": {"stock"},
        "_get_removal_strategy": {"stock"},
        "_get_removal_strategy_order": {"stock"},
        "_get_available_quantity": {"stock"},
        "_get_reserve_quantity": {"stock"},
        "_update_available_quantity": {"stock"},
        "_update_reserved_quantity": {"stock"},
    },
    "post": {
        "message_post": {"mail", "sms", "sale", "rating"},
        "_message_post_after_hook": {"mail", "rating", "website_sale"},
        "_notify_thread": {"mail", "sms"},
        "_notify_get_recipients": {"mail"},
        "_process_attachments_for_post": {"mail"},
        "_message_compute_parent_id": {"mail"},
    },
    "track": {"_message_track": {"mail"}, "_track_finalize": {"mail", "sale"}, "_track_subtype": {"mail", "sale"}},
}
OWN = "ec_sale_batch"


def _as_read(model, part):
    return not any(
        name in cls.__dict__ and cls._module not in modules and not getattr(cls.__dict__[name], "ec_batch_safe", False)
        for cls in type(model).mro()
        if getattr(cls, "_module", None) not in (None, OWN)
        for name, modules in READ[part].items()
    )
