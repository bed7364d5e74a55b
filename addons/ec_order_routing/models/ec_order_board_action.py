from collections import defaultdict

from odoo import api, models

from odoo.addons.ec_order_hold.models.ec_order_board_action import OrderAction


class EcOrderBoard(models.AbstractModel):
    """What the board can do about parcels: together, apart, what is there first, all at once again."""

    _inherit = "ec.order.board"

    @api.model
    def _board_actions(self):
        return {
            **super()._board_actions(),
            "combine": OrderAction(self._board_look_combine, self._board_combine),
            "uncombine": OrderAction(self._board_look_uncombine, self._board_uncombine),
            "split": OrderAction(self._board_look_split, self._board_split),
            "unsplit": OrderAction(self._board_look_unsplit, self._board_unsplit),
        }

    # ---- confirming

    @api.model
    def _board_confirm_refusals(self, orders):
        refusals = super()._board_confirm_refusals(orders)
        waiting = orders.filtered(lambda order: order.ec_sorting and order.id not in refusals)
        return {**refusals, **dict.fromkeys(waiting.ids, self.env._("The rules have not looked at its newest change yet. Try again in a moment."))}

    @api.model
    def _board_unsettled(self, what, orders):
        waiting = orders.filtered("ec_sorting") if what == "confirm" else orders.browse()
        if waiting:
            self.env["ec.routing.todo"]._hurry(waiting.ids)
            self.env["ec.lane"]._wake_routing()
        return bool(waiting) or super()._board_unsettled(what, orders)

    @api.model
    def _board_confirm(self, orders):
        orders._ec_confirm_batch()

    # ---- one parcel

    @api.model
    def _board_look_combine(self, orders):
        parcels, refusals = orders._ec_parcels()
        says = {}
        for together in parcels:
            names = " + ".join(together.mapped("name"))
            says.update(dict.fromkeys(together.ids, self.env._("One parcel: %s", names)))
        return says, refusals

    @api.model
    def _board_combine(self, orders):
        orders._ec_combine_parcels(orders._ec_parcels()[0])

    @api.model
    def _board_look_uncombine(self, orders):
        says, refusals = {}, {}
        for order in orders:
            combination = order.ec_combination_id.sudo()  # the numbers of its orders, as in the panel
            if not combination:
                refusals[order.id] = self.env._("It ships by itself already.")
            elif reason := order.sudo()._ec_not_any_more():  # its deliveries, as in the panel
                refusals[order.id] = reason
            else:
                rest = " + ".join((combination.order_ids - orders).mapped("name"))
                says[order.id] = self.env._("A parcel of its own; %s stay as they are.", rest) if rest else self.env._("A parcel of its own.")
        return says, refusals

    @api.model
    def _board_uncombine(self, orders):
        orders._ec_uncombine()

    # ---- what is there first

    @api.model
    def _board_look_split(self, orders):
        parts = defaultdict(list)
        for picking, rest, part in orders._ec_split_parts():
            parts[picking.sale_id.id].append((picking, rest, part))
        says, refusals = {}, {}
        for order in orders:
            if order.state != "sale":
                refusals[order.id] = self.env._("It is not confirmed: confirm it first, then its stock is reserved.")
            elif order.ec_combination_id:
                refusals[order.id] = self.env._("It ships together with others. Have it ship by itself first.")
            elif order.id not in parts:
                refusals[order.id] = self.env._("Nothing to split: all of it is there, or none of it.")
            else:
                says[order.id] = self._board_split_text(parts[order.id])
        return says, refusals

    @api.model
    def _board_split_text(self, parts):
        """What leaves now and what follows, in the units of the deliveries."""
        now, later = [], []
        for picking, rest, part in parts:
            for move in picking.move_ids.filtered(lambda m: m.state not in ("done", "cancel")):
                there = 0 if move in rest else move.quantity
                missing = move.product_uom_qty - there if move in rest | part else 0
                now += [f"{move.product_id.display_name} × {there:g}"] if there else []
                later += [f"{move.product_id.display_name} × {missing:g}"] if missing else []
        return self.env._("Now: %(now)s. Later: %(later)s", now=", ".join(now), later=", ".join(later))

    @api.model
    def _board_split(self, orders):
        orders._ec_split()

    @api.model
    def _board_look_unsplit(self, orders):
        # its deliveries, as in the panel
        split = orders.sudo().picking_ids.filtered(lambda p: p.backorder_id and {p.state, p.backorder_id.state}.isdisjoint(("done", "cancel"))).sale_id
        refused = dict.fromkeys((orders - split).ids, self.env._("It is not split, or a part of it has left already."))
        return dict.fromkeys(split.ids, self.env._("One delivery again.")), refused

    @api.model
    def _board_unsplit(self, orders):
        orders._ec_unsplit()
