from odoo import models
from odoo.tools import SQL


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    def _ec_due(self, cutoffs):
        """{line: quantity} delivered before an instant (UTC) and not invoiced; negative what came back after it was invoiced.

        :param cutoffs: {trade account: instant}, accounts of one company. Superuser.
        """
        accounts = self.env["ec.trade.account"].concat(*cutoffs)
        partners = accounts._ledger_partners()
        candidates = self._ec_candidates(accounts.company_id, list(partners))
        due = {line: line._ec_due_now() for line in candidates}
        late = self.env["stock.move"].search(
            [("sale_line_id", "in", candidates.ids), ("state", "=", "done"), ("date", ">=", min(cutoffs.values()))]
        )
        for line in late.sale_line_id & candidates:
            due[line] -= line._ec_delivered_after(cutoffs[partners[line.order_partner_id.id]])
        for line in candidates.filtered(lambda line: line.qty_delivered_method != "stock_move"):
            if not line._ec_is_begun(cutoffs[partners[line.order_partner_id.id]]):
                due[line] = 0.0
        return {line: quantity for line, quantity in due.items() if not line.product_uom_id.is_zero(quantity)}

    def _ec_candidates(self, company, partner_ids):
        """Lines of confirmed orders that are delivered and invoiced in different quantities, without down payments."""
        self.env["sale.order.line"].flush_model()
        rows = self.env.execute_query(
            SQL(
                """SELECT id FROM sale_order_line
                    WHERE state = 'sale' AND company_id = %s AND order_partner_id = ANY(%s)
                      AND display_type IS NULL AND is_downpayment IS NOT TRUE
                      AND (qty_delivered IS DISTINCT FROM qty_invoiced OR qty_to_invoice != 0)
                    ORDER BY order_id, sequence, id""",
                company.id,
                partner_ids,
            )
        )
        return self.browse(number for (number,) in rows)

    def _ec_due_now(self):
        """Goods are billed as delivered, whatever the product says; anything else as Odoo would."""
        if self.qty_delivered_method == "stock_move":
            return self.qty_delivered - self.qty_invoiced
        return self.qty_to_invoice

    def _ec_delivered_after(self, instant):
        outgoing, incoming = self._get_outgoing_incoming_moves()
        return sum(
            sign * move.product_uom._compute_quantity(move.quantity, self.product_uom_id, rounding_method="HALF-UP")
            for sign, moves in ((1, outgoing), (-1, incoming))
            for move in moves
            if move.state == "done" and move.date >= instant
        )

    def _ec_is_begun(self, instant):
        """Whether services and charges of the order are due: with the first goods, or at once where there are none."""
        goods = self.order_id.order_line.filtered(lambda line: line.qty_delivered_method == "stock_move")
        if not goods:
            return self.order_id.date_order < instant
        return any(move.state == "done" and move.date < instant for move in goods.move_ids)

    def _ec_invoice(self, quantities, final):
        """Odoo's invoices of these lines in these quantities, one for each account and currency; superuser."""
        if not quantities:
            return self.env["account.move"]
        orders = self.concat(*quantities).order_id
        lines = orders.order_line
        # Odoo invoices what this stored figure says; it is computed anew as soon as that is done
        for line in lines:
            line.qty_to_invoice = quantities.get(line, 0.0)
        moves = orders._create_invoices(final=final)
        self.env.add_to_compute(self._fields["qty_to_invoice"], lines)
        return moves
