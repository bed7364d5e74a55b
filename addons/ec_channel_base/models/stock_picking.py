from collections import defaultdict

from odoo import models


class StockPicking(models.Model):
    _inherit = "stock.picking"

    def _action_done(self):
        """In the transaction in which goods leave, the message to the shop is written: both happen or neither does."""
        result = super()._action_done()
        self._ec_queue_shipments()
        return result

    def write(self, vals):
        result = super().write(vals)
        if "carrier_tracking_ref" in vals:
            self._ec_tracking_changed(vals["carrier_tracking_ref"])
        return result

    def _ec_queue_shipments(self):
        """Queue a shipment for each done delivery of a channel's order. Deliveries of other orders cost one test."""
        # the warehouse's people need no rights on channels to ship
        pickings = self.sudo().filtered(
            lambda p: p.state == "done" and p.picking_type_code == "outgoing" and p.sale_id.ec_channel_id
        )
        if pickings:
            locations = pickings._ec_locations()
            self.env["ec.outbound.message"].sudo()._enqueue(
                [vals for p in pickings if (vals := p._ec_prepare_shipment_vals(locations))]
            )

    def _ec_locations(self):
        """{(channel id, warehouse id): the shop's location}, looked up once for all of them."""
        mappings = self.env["ec.mapping"].search(
            [
                ("channel_id", "in", self.sale_id.ec_channel_id.ids),
                ("kind", "=", "location"),
                ("warehouse_id", "in", self.picking_type_id.warehouse_id.ids),
            ],
            order="id desc",
        )
        return {(mapping.channel_id.id, mapping.warehouse_id.id): mapping.external_code for mapping in mappings}

    def _ec_prepare_shipment_vals(self, locations):
        """Values of the message, None when nothing of it is the shop's (a free gift added here, say)."""
        self.ensure_one()
        order = self.sale_id
        channel = order.ec_channel_id
        quantities = defaultdict(float)
        for move in self.move_ids:
            line = move.sale_line_id
            if move.state == "done" and line.ec_external_id and line.order_id == order:
                quantities[line.ec_external_id] += move.product_uom._compute_quantity(move.quantity, line.product_uom_id, round=False)
        lines = [[external_id, f"{quantity:.6f}"] for external_id, quantity in quantities.items() if quantity]
        if not lines:
            return None
        return {
            "channel_id": channel.id,
            "kind": "shipment",
            "key": f"picking:{self.id}",
            "order_id": order.id,
            "picking_id": self.id,
            "tracking": self.carrier_tracking_ref,
            "payload": {
                "lines": lines,
                "location": locations.get((channel.id, self.picking_type_id.warehouse_id.id), ""),
                "carrier": self.carrier_id.name or "",
                "tracking_url": self.carrier_tracking_url or "",
                "notify": channel.notify_buyer,
            },
        }

    def _ec_tracking_changed(self, tracking):
        """A tracking number was added or corrected: the shipment is told again."""
        # as above: whoever enters the number needs no rights on channels
        messages = self.env["ec.outbound.message"].sudo().search(
            [("picking_id", "in", self.ids), ("kind", "=", "shipment"), ("cancelled", "=", False)]
        )
        changed = messages.filtered(lambda m: (m.tracking or "") != (tracking or ""))
        for message in changed:
            picking = message.picking_id
            message.tracking = tracking
            message.payload = dict(message.payload or {}, tracking_url=picking.carrier_tracking_url or "", carrier=picking.carrier_id.name or "")
        if changed:
            changed._touch()
