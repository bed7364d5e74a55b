from datetime import datetime

from odoo import models
from odoo.tools import SQL

from ..billing import BACK, CLOSING_CREDIT, CLOSING_INVOICE, CREDIT, INVOICE, OUT, START, agreed, due
from ..closing import end_of


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    def _ec_due(self, days):
        """{line: quantity} delivered by a closing day and not billed; negative what came back after it was billed.

        :param days: {trade account: closing day}, accounts of one company. Superuser.
        """
        accounts = self.env["ec.trade.account"].concat(*days)
        partners = accounts._ledger_partners()
        found = {}
        for line in self._ec_candidates(accounts, list(partners)):
            account = partners[line.order_partner_id.id]
            quantity = line._ec_due_on(account, days[account])
            if not line.product_uom_id.is_zero(quantity):
                found[line] = quantity
        return found

    def _ec_candidates(self, accounts, partner_ids, downpaid=False):
        """Lines of confirmed orders that are delivered and invoiced in different quantities: those of orders without down
        payments, or only those of orders with; goods that did not move since the first of the accounts started are left out.
        """
        self.env["sale.order.line"].flush_model()
        self.env["stock.move"].flush_model()
        rows = self.env.execute_query(
            SQL(
                """SELECT id FROM sale_order_line line
                    WHERE state = 'sale' AND company_id = %s AND order_partner_id = ANY(%s)
                      AND display_type IS NULL AND is_downpayment IS NOT TRUE
                      AND (qty_delivered IS DISTINCT FROM qty_invoiced OR qty_to_invoice != 0)
                      AND (qty_delivered_method IS DISTINCT FROM 'stock_move' OR EXISTS (
                          SELECT FROM stock_move
                           WHERE sale_line_id = line.id AND stock_move.state = 'done' AND date >= %s))
                      AND %s = EXISTS (
                          SELECT FROM sale_order_line paid
                           WHERE paid.order_id = line.order_id AND paid.is_downpayment AND paid.qty_invoiced != 0)
                    ORDER BY order_id, sequence, id""",
                accounts.company_id.id,
                partner_ids,
                min(account._started() for account in accounts),
                downpaid,
            )
        )
        return self.browse(number for (number,) in rows)

    def _ec_due_on(self, account, day):
        cutoff = account._cutoff(day)
        posted, drafts = self._ec_bills(account.company_id._ec_zone())
        if self._ec_ordered() < 0:
            # what is taken off an order, with its first goods
            begun = account._started() <= self._ec_begun() < cutoff
            billed = sum(q if kind in (INVOICE, CLOSING_INVOICE) else -q for _at, kind, q in posted + drafts)
            return min(0.0, self._ec_ordered() - billed) if begun else 0.0
        start = (account._started(), START, 0.0)
        moved = self._ec_moved()
        on_day = due(
            [
                start,
                *(event for event in moved if event[0] < cutoff),
                *(event for event in posted if event[0] <= cutoff),
            ]
        )
        if drafts or any(event[0] > cutoff for event in posted):
            on_day = agreed(on_day, due([start, *moved, *posted, *drafts]))
        return on_day if self.qty_delivered_method == "stock_move" else max(0.0, on_day)

    def _ec_ordered(self):
        """What is billed of services and charges, as Odoo would; of goods what was delivered counts."""
        if self.qty_delivered_method == "stock_move":
            return 0.0
        ordered = self.product_id.type == "combo" or self.product_id.invoice_policy == "order"
        return self.product_uom_qty if ordered else self.qty_delivered

    def _ec_bills(self, zone):
        """(posted, draft) invoices and credit notes as events of billing.py."""
        posted, drafts = [], []
        for item in self.invoice_lines:
            move = item.move_id
            if move.state == "cancel" and move.payment_state != "invoicing_legacy":
                continue
            quantity = item.product_uom_id._compute_quantity(item.quantity, self.product_uom_id)
            quantity *= -move.direction_sign
            kinds = (CLOSING_INVOICE, CLOSING_CREDIT) if move.ec_closing_id else (INVOICE, CREDIT)
            day = move.invoice_date or (move.date if move.state != "draft" else None)
            at = end_of(day, zone) if day else datetime.max
            (drafts if move.state == "draft" else posted).append((at, kinds[quantity < 0], abs(quantity)))
        return posted, drafts

    def _ec_moved(self):
        """Deliveries and returns as events of billing.py; services and charges are delivered with the first goods."""
        if self.qty_delivered_method != "stock_move":
            return [(self._ec_begun(), OUT, self._ec_ordered())]
        if self.move_ids and not self.move_ids.filtered(lambda move: move.product_id == self.product_id):
            # a kit: its parts moved
            return [
                (max(self.move_ids.filtered(_is_done).mapped("date"), default=datetime.max), OUT, self.qty_delivered)
            ]
        outgoing, incoming = self._get_outgoing_incoming_moves()
        return [
            (
                move.date,
                kind,
                move.product_uom._compute_quantity(move.quantity, self.product_uom_id, rounding_method="HALF-UP"),
            )
            for kind, moves in ((OUT, outgoing), (BACK, incoming))
            for move in moves
            if _is_done(move)
        ]

    def _ec_begun(self):
        """When services and charges of the order are due: with the first goods that left, or at once where there are none."""
        goods = self.order_id.order_line.filtered(
            lambda line: line.qty_delivered_method == "stock_move"
            and line.product_uom_qty
            and (not line.move_ids or any(move.state != "cancel" for move in line.move_ids))
        )
        if not goods:
            return self.order_id.date_order
        left = goods.move_ids.filtered(lambda move: _is_done(move) and move.location_dest_id._is_outgoing())
        return min(left.mapped("date"), default=datetime.max)

    def _ec_amount(self, quantity, day):
        """About what a quantity is invoiced at: without tax, in the company's currency."""
        details = self.tax_ids.compute_all(
            self.price_unit * (1 - self.discount / 100), self.currency_id, quantity, self.product_id
        )
        return self.currency_id._convert(details["total_excluded"], self.company_id.currency_id, self.company_id, day)

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


def _is_done(move):
    return move.state == "done"
