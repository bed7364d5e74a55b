from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from odoo import api, models
from odoo.exceptions import AccessError, UserError

from .ec_order_board_bulk import MAX_ROWS, ROWS
from .sale_order import GROUP


@dataclass(frozen=True)
class OrderAction:
    """Something that is done to many orders at once.

    ``look(orders)``: ``({order id: what will happen}, {order id: why it is refused, and what to do})``; an order in neither is
    done without a word. ``run(orders)`` does it to orders that are not refused. ``group``: who may.
    """

    look: Callable
    run: Callable
    group: str = GROUP


class EcOrderBoard(models.AbstractModel):
    """What can be done to many orders: shown first, then done to those for which it was shown."""

    _inherit = "ec.order.board"

    # ---- for the screen

    @api.model
    def preview_orders(self, order_ids, what, only="", limit=ROWS):
        """What ``apply_orders`` will do to these orders.

        :param what: a key of ``_board_actions``
        :param only: ``"done"`` or ``"refused"``: rows of these alone; the numbers are those of all
        :return: ``{order_ids, refused, rows, more, again}``: ids of the orders to which it will be done, how many are refused,
            rows ``{id, name, customer, refused, says}``, the refused ones last, and whether the answer is about to change
        :raise AccessError: it is not for this user
        """
        action, orders = self._board_action(what), self._board_orders(order_ids)
        says, refusals = action.look(orders)
        refused = orders.filtered(lambda order: order.id in refusals)
        done = orders - refused
        shown = {"done": done, "refused": refused}.get(only, done + refused)
        rows = [
            {
                "id": order.id,
                "name": order.name,
                # the customer's name, as in any list of orders
                "customer": order.partner_id.sudo().display_name,
                "refused": order in refused,
                "says": refusals.get(order.id) or says.get(order.id, ""),
            }
            for order in shown[: min(int(limit), MAX_ROWS)]
        ]
        more = len(shown) - len(rows)
        return {"order_ids": done.ids, "refused": len(refused), "rows": rows, "more": more, "again": self._board_unsettled(what, orders)}

    @api.model
    def apply_orders(self, order_ids, what):
        """Do it to the orders of a preview. Those that are refused by now are left alone.

        :return: number of orders to which it was done
        :raise AccessError: it is not for this user
        """
        action, orders = self._board_action(what), self._board_orders(order_ids)
        orders.check_access("write")
        _says, refusals = action.look(orders)
        orders = orders.filtered(lambda order: order.id not in refusals)
        if orders:
            action.run(orders)
        return len(orders)

    # ---- what other addons extend

    @api.model
    def _board_actions(self):
        """``{key: OrderAction}``. Extend it with ``{**super()._board_actions(), "mine": OrderAction(look, run)}`` and give the same key
        a label and a hotkey in the registry category ``ec_order_board_action``.
        """
        return {"confirm": OrderAction(self._board_look_confirm, self._board_confirm)}

    @api.model
    def _board_unsettled(self, what, orders):
        """Whether something is at work on these orders that decides about this action: the preview is then asked for again."""
        return False

    @api.model
    def _board_confirm_refusals(self, orders):
        """``{order id: why it cannot be confirmed}``. Extend it with what else must be settled before."""
        states, refusals = dict(orders._fields["state"]._description_selection(self.env)), {}
        for order in orders:
            if order.state not in ("draft", "sent"):
                refusals[order.id] = self.env._("Nothing to confirm: %s.", states[order.state])
            elif order.ec_blocks_confirm:
                blocking = order.ec_hold_ids.filtered(lambda hold: hold.open and hold.blocks_confirm)
                names = ", ".join(blocking.type_id.mapped("name"))
                refusals[order.id] = self.env._("On hold: %s. Settle it and release the hold first.", names)
        return refusals

    @api.model
    def _board_confirm(self, orders):
        orders.action_confirm()

    # ---- confirming

    @api.model
    def _board_look_confirm(self, orders):
        """Orders that can ship: nothing holds them, and their goods are there."""
        refusals = self._board_confirm_refusals(orders)
        open_orders = orders.filtered(lambda order: order.id not in refusals)
        missing = self._board_missing(open_orders)
        for order in open_orders:
            if lacks := missing.get(order.id):
                names = ", ".join(f"{product.display_name} × {units:g}" for product, units in lacks)
                refusals[order.id] = self.env._("Missing in stock: %s. Confirm it on the order if it shall wait for the goods.", names)
        ready = self.env._("Will be confirmed.")
        return dict.fromkeys((orders - orders.browse(refusals)).ids, ready), refusals

    @api.model
    def _board_missing(self, orders):
        """``{order id: [(product, units missing)]}``, units of the product, if these orders are confirmed in this order."""
        free, missing = self._board_free(orders), {}
        for order in orders:
            wanted = Counter()
            for line in order.order_line.filtered("product_id.is_storable"):
                wanted[line.product_id] += line.product_uom_id._compute_quantity(line.product_uom_qty, line.product_id.uom_id)
            left = {product: free[order.warehouse_id, product] - units for product, units in wanted.items()}
            lacks = [(product, -units) for product, units in left.items() if product.uom_id.compare(units, 0) < 0]
            if lacks:
                missing[order.id] = lacks
            else:
                free.update({(order.warehouse_id, product): units for product, units in left.items()})
        return missing

    @api.model
    def _board_free(self, orders):
        """``{(warehouse, product): units that nobody has reserved}`` of the goods of these orders; two reads a warehouse."""
        return {
            (warehouse, product): product.free_qty
            for warehouse, theirs in orders.grouped("warehouse_id").items()
            for product in theirs.order_line.product_id.filtered("is_storable").with_context(warehouse_id=warehouse.id)
        }

    # ---- helpers

    @api.model
    def _board_allowed(self):
        """Keys of the actions that are for this user."""
        return [key for key, action in self._board_actions().items() if self.env.user.has_group(action.group)]

    @api.model
    def _board_action(self, what):
        self._board_check()
        action = self._board_actions().get(what)
        if not action:
            raise UserError(self.env._("Orders cannot be changed by “%s”.", what))
        if not self.env.user.has_group(action.group):
            group = self.env.ref(action.group).sudo()  # its name is no secret
            raise AccessError(self.env._("Only “%s” may do this. Ask an administrator for the role.", group.full_name))
        return action

    @api.model
    def _board_orders(self, order_ids):
        """Those of the orders that this user may see, in the order of the list."""
        found = set(self.env["sale.order"].search([("id", "in", order_ids)]).ids)
        return self.env["sale.order"].browse(order_id for order_id in order_ids if order_id in found)
