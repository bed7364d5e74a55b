from odoo import models

from ..batch import CONTEXT_KEY, ConfirmBatch, companies_agree
from ..shelf import Row, Shelf

TOGETHER = "ec_reserve_together"


class StockMove(models.Model):
    _inherit = "stock.move"

    # === Public === #

    def _ec_assign_batch(self):
        """Reserve these moves, of any orders, with the result of ``self._action_assign()``: when stock has arrived.

        The order of the recordset is the order in which stock is promised. Raises and locks as
        ``sale.order._ec_confirm_batch``.
        """
        batch = ConfirmBatch(self.env["sale.order"])
        batch.move_ids.update(self._ids)
        try:
            self.with_context(**{CONTEXT_KEY: batch})._action_assign()
        finally:
            batch.close()

    def _trigger_assign(self):
        """What waits for the goods that have come is reserved together."""
        return super(StockMove, self.with_context(**{TOGETHER: True}))._trigger_assign()

    # === Create === #

    def _add_precomputed_values(self, vals_list):
        """In a batch: moves of one rule to one place end at one location; compute it for the first of them."""
        batch = ConfirmBatch.of(self.env)
        if batch is not None and batch.line_ids and batch.as_read(self, "move_precompute"):
            self._ec_precompute(vals_list, batch)
        return super()._add_precomputed_values(vals_list)

    def _ec_precompute(self, vals_list, batch):
        precomputed = {name: field for name, field in self._fields.items() if field.precompute}
        if not precomputed.keys() <= {"location_id", "location_dest_id", "packaging_uom_id", "product_uom"}:
            return
        # moves are made as superuser, from lines of which the user may see some only
        lines = {line.id: line for line in self.env["sale.order.line"].sudo().browse(sorted(batch.line_ids))}
        destinations = {}
        for vals in vals_list:
            line = lines.get(vals.get("sale_line_id"))
            if (
                not line
                or not vals.get("location_id")
                or not vals.get("product_uom")
                or vals.get("picking_id")
                or any(vals.get(name) for name in ("purchase_line_id", "production_id", "raw_material_production_id"))
            ):
                continue
            added = {precomputed["packaging_uom_id"]}
            if "location_dest_id" not in vals:
                key = vals.get("rule_id"), vals.get("picking_type_id"), vals.get("location_final_id")
                if key not in destinations:
                    names = ("rule_id", "picking_type_id", "location_final_id", "company_id", "product_id")
                    draft = self.new({name: vals.get(name) for name in names})
                    destinations[key] = draft.location_dest_id.id
                vals["location_dest_id"] = destinations[key]
                added.add(precomputed["location_dest_id"])
            vals["packaging_uom_id"] = line.product_uom_id.id
            vals["__precomputed__"] = added

    # === Confirm === #

    def _action_confirm(self, merge=True, merge_into=False, create_proc=True):
        """In a batch: list the moves that the batch's lines have just made."""
        batch = ConfirmBatch.of(self.env)
        if (
            batch is not None
            and batch.pickings_to_confirm is not None
            and self
            and batch.line_ids.issuperset(self.sale_line_id.ids)
            and all(move.sale_line_id and move.procure_method == "make_to_stock" for move in self)
        ):
            batch.move_ids.update(self.ids)
            confirmed = super()._action_confirm(merge=merge, merge_into=merge_into, create_proc=create_proc)
            confirmed._recompute_recordset()  # before the first search writes them: one UPDATE instead of two
            return confirmed
        return super()._action_confirm(merge=merge, merge_into=merge_into, create_proc=create_proc)

    def _ec_batch(self):
        """The batch, if it made all these moves."""
        batch = ConfirmBatch.of(self.env)
        if batch is not None and self and batch.move_ids and batch.move_ids.issuperset(self._ids):
            return batch
        return None

    def _assign_picking(self):
        """In a batch: the transfers of all orders in one create, on the first call; Odoo calls once an order."""
        batch = self._ec_batch()
        if batch is None or not batch.as_read(self, "assign_picking"):
            return super()._assign_picking()
        if not batch.assigned_ids.issuperset(self._ids):
            moves = self.browse(sorted(batch.move_ids - batch.assigned_ids)).filtered(
                lambda move: move._should_be_assigned()
                and move.product_uom_qty >= 0
                and move.reference_ids
                and batch.new_reference_ids.issuperset(move.reference_ids._ids)
            )
            batch.assigned_ids.update(batch.move_ids)
            if moves:
                moves._ec_create_pickings()
        rest = self.filtered(lambda move: move._should_be_assigned())
        return super(StockMove, rest)._assign_picking() if rest else True

    def _ec_create_pickings(self):
        """One new transfer for each key of the moves; their references are new, so none exists yet."""
        groups = list(self.grouped(lambda move: move._key_assign_picking()).values())
        vals_list = [moves._get_new_picking_values() for moves in groups]
        Picking = self.env["stock.picking"]
        by_type = {}
        for vals in vals_list:
            by_type.setdefault(vals["picking_type_id"], []).append(vals)
        for type_id, type_vals in by_type.items():
            sequence = self.env["stock.picking.type"].browse(type_id).sequence_id
            if sequence:
                for vals, name in zip(type_vals, sequence._ec_next_many(len(type_vals)), strict=True):
                    vals["name"] = name
        # A default that reads a unit of measure for each transfer
        defaults = Picking.default_get(["weight_uom_name"])
        pickings = Picking.create([{**defaults, **vals} for vals in vals_list])
        self._ec_link_pickings(pickings, groups)
        pickings._ec_post_origins([moves.sale_line_id.order_id for moves in groups])

    def _ec_link_pickings(self, pickings, groups):
        """Write each group's transfer; what depends on it is marked once for all."""
        field = self._fields["picking_id"]
        self.modified(["picking_id"], before=True)
        for picking, moves in zip(pickings, groups, strict=True):
            field.write(moves, picking.id)
        self.modified(["picking_id"])
        self._set_references()

    def _merge_moves(self, merge_into=False):
        """In a batch: moves of different order lines never merge, so new transfers need no comparison."""
        batch = self._ec_batch()
        if (
            batch is not None
            and not merge_into
            and batch.as_read(self, "merge")
            and len(self.sale_line_id) == len(self)
            and batch.move_ids.issuperset(self.picking_id.move_ids._ids)
            and all(move.product_uom_qty >= 0 for move in self)
        ):
            return self
        return super()._merge_moves(merge_into=merge_into)

    # === Reordering rules === #

    def _trigger_scheduler(self):
        batch = self._ec_batch()
        if batch is not None and batch.as_read(self, "scheduler"):
            return super(
                StockMove, self.filtered(lambda m: m.product_id.id in batch.ordered_product_ids)
            )._trigger_scheduler()
        return super()._trigger_scheduler()

    def _update_orderpoints(self):
        batch = ConfirmBatch.of(self.env)
        if batch is not None and batch.as_read(self, "orderpoints"):
            return super(
                StockMove, self.filtered(lambda m: m.product_id.id in batch.orderpoint_product_ids(self.env))
            )._update_orderpoints()
        return super()._update_orderpoints()

    # === Reserve === #

    def _action_assign(self, force_qty=False):
        """In a batch: reserve all moves from quants locked and read once; Odoo's own loop then finds them done."""
        batch = self._ec_batch()
        if batch is None and not force_qty and self.env.context.get(TOGETHER) and len(self) > 1:
            return self.with_context(**{TOGETHER: False})._ec_assign_batch()
        if batch is not None and not force_qty and batch.quants is None:
            batch.quants = {}
            try:
                self._ec_reserve(batch)
                return super()._action_assign(force_qty=force_qty)
            finally:
                batch.quants = None
        return super()._action_assign(force_qty=force_qty)

    def _ec_reserve(self, batch):
        """Reserve in the order of the moves what the quants hold; as superuser, as Odoo reserves."""
        Quant = self.env["stock.quant"].sudo()
        if not (batch.as_read(self, "reserve") and batch.as_read(Quant, "quant")):
            return
        todo = self.filtered(
            lambda move: move.state in ("confirmed", "waiting", "partially_available")
            and not move.picked
            and not move._should_bypass_reservation()
        )
        plain = todo.filtered(lambda move: move._ec_reserves_plainly())
        # Moves of one product compete: where one of them needs Odoo's loop, all of them go there, in their order
        contested = (todo - plain).product_id
        moves = plain.filtered(lambda move: move.product_id not in contested) if contested else plain
        batch.quants = moves._ec_lock_quants()
        budget = moves._ec_reserve_budget()
        rows, full, partial, vals_list = {}, [], [], []
        shelves = {key: Shelf(Quant.browse(ids), rows) for key, ids in batch.quants.items()}
        for move in moves:
            product, uom = move.product_id, move.product_uom
            need = uom._compute_quantity(move.product_uom_qty, product.uom_id, rounding_method="HALF-UP")
            missing = need
            allowed = need if budget is None else budget.allowed(move, need)
            for quant, quantity in shelves[product.id, move.location_id.id].take(allowed, product.uom_id, uom):
                missing -= quantity
                vals_list.append(
                    {
                        **move._prepare_move_line_vals(quantity=quantity, reserved_quant=quant),
                        "quantity_product_uom": quantity,  # Odoo computes it after the insert: an UPDATE is saved
                    }
                )
            if budget is not None:
                budget.used(move, need - missing)
            if product.uom_id.compare(missing, need) < 0:
                (full if product.uom_id.is_zero(missing) else partial).append(move.id)
        Row.write(rows.values())
        # Odoo derives the states from the new move lines, with the same outcome; known first, the lines take them over
        self.browse(full).write({"state": "assigned"})
        self.browse(partial).write({"state": "partially_available"})
        states = {**dict.fromkeys(full, "assigned"), **dict.fromkeys(partial, "partially_available")}
        for vals in vals_list:
            vals["state"] = states[vals["move_id"]]
        batch.reserving = True
        try:
            lines = self.env["stock.move.line"].create(vals_list)
        finally:
            batch.reserving = False
        lines._apply_putaway_strategy()

    def _ec_reserve_budget(self):
        """What these moves may take, where somebody limits it; None: all there is. A hook for other addons.

        The object answers `allowed(move, need)`, the quantity of `need` that the move may take now, and is told by
        `used(move, quantity)` what it took; both in the product's unit. Odoo's own loop comes after for what is missing:
        an addon that limits reservations asks the same object in its override of `_update_reserved_quantity_vals`.
        """
        return None

    def _ec_reserves_plainly(self):
        self.ensure_one()
        return (
            not self.move_orig_ids
            and not self.move_line_ids
            and self.procure_method == "make_to_stock"
            and self.product_uom_qty > 0
            and self.product_id.tracking == "none"
            and self.product_id.categ_id.packaging_reserve_method != "full"
        )

    def _ec_lock_quants(self):
        """Lock the quants that these moves can take from, in id order, and read them once.

        FOR NO KEY UPDATE: a foreign transaction that reserves the same quants waits, one that only refers to them
        does not. Ordered by id, two batches never wait for each other in a circle. Under REPEATABLE READ a row
        changed since the snapshot raises a serialization failure, which the caller's lane retries. Read as superuser,
        as Odoo reads quants to reserve.

        :return: {(product id, location id): quant ids in the order of removal}
        """
        Quant = self.env["stock.quant"].sudo()
        Quant.flush_model()
        self.env.cr.execute(
            """
            SELECT quant.id
              FROM stock_quant quant
              JOIN stock_location location ON location.id = quant.location_id
             WHERE quant.product_id = ANY(%s)
               AND EXISTS (
                   SELECT 1 FROM stock_location source
                    WHERE source.id = ANY(%s) AND location.parent_path LIKE source.parent_path || '%%'
               )
             ORDER BY quant.id
               FOR NO KEY UPDATE OF quant
            """,
            [self.product_id.ids, self.location_id.ids],
            log_exceptions=False,  # a serialization failure is the caller's to retry, no error to log
        )
        quants = Quant.browse(row[0] for row in self.env.cr.fetchall())
        quants.invalidate_recordset(["quantity", "reserved_quantity"])
        found = dict.fromkeys(((move.product_id.id, move.location_id.id) for move in self), ())
        for source in self.location_id:
            inside = quants.filtered(
                lambda quant, path=source.parent_path: quant.location_id.parent_path.startswith(path)
            )
            for product, product_quants in inside.grouped("product_id").items():
                strategy = Quant._get_removal_strategy(product, source)
                found[product.id, source.id] = product_quants._ec_in_removal_order(strategy)._ids
        return found

    def _check_company(self, fnames=None):
        """In a batch: look at each linked record once; where that finds a fault, let Odoo say which."""
        batch = ConfirmBatch.of(self.env)
        if batch is None or fnames is not None or not batch.as_read(self, "company") or not companies_agree(self):
            return super()._check_company(fnames)
        return None
