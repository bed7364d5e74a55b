from markupsafe import Markup

from odoo import api, fields, models
from odoo.tools import formatLang

from ..budget import CONTEXT_KEY, MoveBudget

OPEN = ("confirmed", "waiting", "partially_available")


class StockMove(models.Model):
    _inherit = "stock.move"

    ec_set_aside = fields.Boolean(
        string="Waits for Units Set Aside",
        copy=False,
        readonly=True,
        groups="stock.group_stock_user",
        help="Units were there and were not reserved for this move, because they are set aside for others.",
    )

    _ec_set_aside_idx = models.Index("(product_id) WHERE ec_set_aside")

    # === Reserve === #

    def _action_assign(self, force_qty=False):
        """Order the reservation with others, and leave the units that are set aside."""
        waiting = self.filtered(lambda move: move.state in OPEN)
        held = self.env["ec.stock.guard"]._mark(waiting, reserve=True)
        if not held:
            return super()._action_assign(force_qty=force_qty)
        set_aside = self.env["ec.stock.set.aside"]
        budget = MoveBudget.of(self.env)
        if budget is not None:
            budget.load(set_aside, held)
            return super()._action_assign(force_qty=force_qty)
        budget = MoveBudget()
        budget.load(set_aside, held)
        try:
            limited = self.with_context(**{CONTEXT_KEY: budget})
            result = super(StockMove, limited)._action_assign(force_qty=force_qty)
        finally:
            budget.close()
        waiting._ec_tell_cuts(budget.cuts)
        return result

    def _ec_reserve_budget(self):
        return MoveBudget.of(self.env) or super()._ec_reserve_budget()

    def _update_reserved_quantity_vals(
        self, need, location_id, lot_id=None, package_id=None, owner_id=None, strict=True
    ):
        """Reserve within the budget, if there is one; what is moved by hand or leaves the house has none."""
        budget = MoveBudget.of(self.env)
        if budget is None:
            return super()._update_reserved_quantity_vals(need, location_id, lot_id, package_id, owner_id, strict)
        need = budget.allowed(self, need)
        vals_list, taken = [], 0
        if self.product_id.uom_id.compare(need, 0) > 0:
            vals_list, taken = super()._update_reserved_quantity_vals(
                need, location_id, lot_id, package_id, owner_id, strict
            )
        budget.used(self, taken)
        return vals_list, taken

    # the set-based reservation of ec_sale_batch asks the same budget
    _update_reserved_quantity_vals.ec_batch_safe = True

    def _action_done(self, cancel_backorder=False):
        self.env["ec.stock.guard"]._mark(self.filtered(lambda move: move.state not in ("done", "cancel")))
        done = super()._action_done(cancel_backorder=cancel_backorder)
        returned = done.filtered(
            lambda move: move.state == "done" and move.origin_returned_move_id and move.sale_line_id
        )
        # who receives goods may not read sale orders
        returned.sudo().sale_line_id._ec_consume_pools()
        return done

    # === Waiting for units set aside === #

    def _ec_tell_cuts(self, cuts):
        """Flag the moves that were cut, unflag the others, and say why on each transfer, once a move.

        cuts: keys of what kept units from a move, by move id. As superuser: the flag and the note are not the user's to write.
        """
        moves = (self | self.browse(cuts)).sudo().exists()
        cut = moves.filtered(lambda move: move.id in cuts and move.state in OPEN)
        new = cut.filtered(lambda move: not move.ec_set_aside)
        (moves - cut).filtered("ec_set_aside").ec_set_aside = False
        new.ec_set_aside = True
        set_aside = self.env["ec.stock.set.aside"]
        for picking, picking_moves in new.grouped("picking_id").items():
            if picking:
                lines = [
                    self.env._(
                        "Not reserved: %(missing)s of %(wanted)s %(unit)s of %(product)s. Set aside for %(reasons)s.",
                        missing=move._ec_amount(move.product_uom_qty - move.quantity),
                        wanted=move._ec_amount(move.product_uom_qty),
                        unit=move.product_uom.name,
                        product=move.product_id.display_name,
                        reasons=", ".join(dict.fromkeys(set_aside._reason(key) for key in cuts[move.id])),
                    )
                    for move in picking_moves
                ]
                picking._message_log(body=Markup("<br/>").join(lines))

    def _ec_amount(self, quantity):
        """The quantity as one writes it, without decimals that say nothing."""
        if float(quantity).is_integer():
            return formatLang(self.env, quantity, digits=0)
        return formatLang(self.env, quantity, dp="Product Unit")

    @api.model
    def _ec_assign_set_aside(self, product_ids):
        """Reserve again what waits for units of these products that were set aside, in Odoo's order; as superuser."""
        if not product_ids:
            return
        moves = self.sudo().search(
            [("ec_set_aside", "=", True), ("product_id", "in", list(product_ids))],
            order="priority desc, date asc, id asc",
        )
        moves.filtered(lambda move: move.state in OPEN)._ec_assign_batch()
        held = self.env["ec.stock.set.aside"]._held(moves.product_id.ids)
        moves.filtered(lambda move: move.state not in OPEN or move.product_id.id not in held).ec_set_aside = False
