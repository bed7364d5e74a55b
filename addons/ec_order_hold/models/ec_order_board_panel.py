from collections import defaultdict

from odoo import api, fields, models

HISTORY = 20


class EcOrderBoard(models.AbstractModel):
    """The panel beside the board: one order, why it waits, what it is made of."""

    _inherit = "ec.order.board"

    @api.model
    def panel(self, order_id):
        """All that the panel shows of one order; ``False`` if it has gone or is not for this user."""
        self._board_check()
        order = self.env["sale.order"].search([("id", "=", int(order_id))])
        if not order:
            return False
        statuses = dict(order._fields["ec_status"]._description_selection(self.env))
        [row] = self._board_rows(order.ids)
        # where the goods go is for whoever may see the order
        receiver = order.partner_shipping_id.sudo()
        return {
            **row,
            "status_name": statuses[order.ec_status],
            "blocks_confirm": order.ec_blocks_confirm,
            "blocks_delivery": order.ec_blocks_delivery,
            "confirmable": order.state in ("draft", "sent") and not order.ec_blocks_confirm,
            "lines": self._board_lines(order),
            # how many there are is no secret; opening them takes the user's own rights
            "deliveries": len(order.sudo().picking_ids),
            "address": "\n".join(line for line in receiver._display_address().splitlines() if line.strip()),
            "phone": receiver.phone or "",
            "history": self._board_history(order),
            "sections": self._board_panel(order),
        }

    @api.model
    def _board_panel(self, order):
        """What other addons show of this order: ``{key: data}``.

        The component of the same key in the registry category ``ec_order_board_panel`` is given the data. Extend
        it with ``{**super()._board_panel(order), "mine": {...}}``; data must be JSON. It runs with the user's
        rights and for one order at a time.
        """
        return {}

    @api.model
    def _board_lines(self, order):
        reserved = self._board_reserved(order)
        return [
            {
                "id": line.id,
                "name": line.product_id.display_name or line.name,
                "quantity": line.product_uom_qty,
                "unit": line.product_uom_id.name or "",
                "delivered": line.qty_delivered,
                "reserved": reserved.get(line.id, 0.0),
                "goods": line.product_id.type == "consu",
            }
            for line in order.order_line
            if not line.display_type
        ]

    @api.model
    def _board_reserved(self, order):
        """``{line id: quantity set aside in stock}``, in the line's unit."""
        # whoever sees the order sees how much of it is there, also goods in a warehouse that is not theirs
        moves = order.order_line.sudo().move_ids.filtered(
            lambda move: move.state not in ("done", "cancel") and move.picking_type_id.code != "incoming"
        )
        steps = defaultdict(lambda: defaultdict(float))
        for move in moves:
            unit = move.sale_line_id.product_uom_id
            steps[move.sale_line_id.id][move.picking_type_id.id] += move.product_uom._compute_quantity(
                move.quantity, unit
            )
        # picking, packing, delivery: the same goods wait at one of the steps
        return {line_id: max(quantities.values()) for line_id, quantities in steps.items()}

    @api.model
    def _board_history(self, order):
        """The last released holds."""
        holds = self.env["ec.order.hold"].search(
            [("order_id", "=", order.id), ("open", "=", False)], order="released_at desc, id desc", limit=HISTORY
        )
        return [
            {
                "id": hold.id,
                "name": hold.type_id.name,
                "color": hold.type_id.color,
                "reason": hold.reason or "",
                "released": fields.Datetime.to_string(hold.released_at),
                # whoever settled it, wherever they work
                "by": hold.released_by_id.sudo().name or "",
                "note": hold.release_note or "",
            }
            for hold in holds
        ]
