from odoo import models
from odoo.exceptions import UserError


class StockPicking(models.Model):
    """Deliveries of orders that ship together leave together."""

    _inherit = "stock.picking"

    def _action_done(self):
        """What has left has used its place of the day."""
        result = super()._action_done()
        # the warehouse's people need no rights on orders to ship
        for warehouse, pickings in self.sudo().filtered(lambda p: p.state == "done" and p.picking_type_code == "outgoing").grouped(lambda p: p.picking_type_id.warehouse_id).items():
            if warehouse.ec_capacity and pickings.sale_id:
                self.env["ec.routing.capacity"].sudo()._consume(pickings.sale_id, warehouse)  # as above
        return result

    def button_validate(self):
        return super(StockPicking, self | self._ec_companions()).button_validate()

    def _ec_companions(self):
        """Deliveries that are in the same parcel as these.

        :raise UserError: one of them is not ready
        """
        # the warehouse's people need no rights on orders to ship
        combinations = self.sudo().filtered(lambda p: p.picking_type_code == "outgoing" and p.state not in ("done", "cancel")).sale_id.ec_combination_id
        others = combinations._pickings() - self.sudo()
        late = others.filtered(lambda p: any(move.state not in ("assigned", "done", "cancel") for move in p.move_ids))
        quotations = combinations.order_ids.filtered(lambda order: order.state in ("draft", "sent"))
        if late or quotations:
            raise UserError(
                self.env._(
                    "%(parcel)s ship together, and %(late)s is not ready. Wait for it, or have it ship by itself (Why tab of the order).",
                    parcel=", ".join(combinations.mapped("name")), late=", ".join([*late.sale_id.mapped("name"), *quotations.mapped("name")]),
                )  # fmt: skip
            )
        return others.with_env(self.env)

    def write(self, vals):
        result = super().write(vals)
        if vals.get("carrier_tracking_ref") and not self.env.context.get("ec_one_parcel"):
            # one parcel, one number; whoever enters it
            pickings = self.sudo().filtered(lambda p: p.picking_type_code == "outgoing")
            mates = pickings.sale_id.ec_combination_id.order_ids.picking_ids.filtered(lambda p: p.picking_type_code == "outgoing" and p.state != "cancel") - pickings
            mates = mates.filtered(lambda p: p.carrier_tracking_ref != vals["carrier_tracking_ref"])
            if mates:
                mates.with_context(ec_one_parcel=True).write({"carrier_tracking_ref": vals["carrier_tracking_ref"]})
        return result
