from odoo import api, models
from odoo.tools import SQL

MOMENT = "YYYY-MM-DD HH24:MI:SS"


class EcRoutingFacts(models.AbstractModel):
    _inherit = "ec.routing.facts"

    @api.model
    def _order_facts(self):
        """What shops say: the buyer's comment, and when the order was placed there."""
        return {
            **super()._order_facts(),
            "fact.comment": lambda model, query: SQL.identifier(model._table, "ec_note"),
            "fact.placed_at": lambda model, query: SQL(
                "to_char(COALESCE(%s, %s), %s)", SQL.identifier(model._table, "ec_placed_at"), SQL.identifier(model._table, "date_order"), MOMENT
            ),
        }

    @api.model
    def _add_awaits_payment(self, snapshots):
        """A shop's order waits for its payment as long as the hold is open that the channel opened for it."""
        super()._add_awaits_payment(snapshots)
        held = self._payment_holds(snapshots)
        orders = self.env["sale.order"].sudo().browse(snapshot["order"]["id"] for snapshot in snapshots)  # rules see what is there
        for snapshot, order in zip(snapshots, orders, strict=True):
            if order.ec_channel_id:
                snapshot["order"]["fact.awaits_payment"] = held.get(order.id, False)

    @api.model
    def _add_paid(self, snapshots):
        """Of a shop's order the channel says whether it waits for a payment (a hold of its own, by the shop's payment method)."""
        super()._add_paid(snapshots)
        orders = self.env["sale.order"].sudo().browse(snapshot["order"]["id"] for snapshot in snapshots)  # rules see what is there
        for snapshot, order in zip(snapshots, orders, strict=True):
            if order.ec_channel_id:
                snapshot["order"]["fact.paid"] = snapshot["order"]["amount_total"]
