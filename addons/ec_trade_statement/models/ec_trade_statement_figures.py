from odoo import models
from odoo.fields import Command, Date, Domain

from ..closing import end_of

# Journal items of an invoice that say what was sold: no costs, headings, notes or receivables
SOLD = ("product", "epd", "rounding")
KINDS = {"out_invoice": "invoice", "out_receipt": "invoice", "out_refund": "credit"}


class EcTradeStatement(models.Model):
    """The figures of a statement, read from accounting: drafts only, many at once, superuser."""

    _inherit = "ec.trade.statement"

    def _figure(self):
        for (company, _first, last), statements in self.grouped(
            lambda statement: (statement.company_id, statement.date_from, statement.date_to)
        ).items():
            statements._figure_period(company, last)

    def _figure_period(self, company, last):
        """Of statements of one company and period."""
        accounts = self.account_id
        opening = accounts._balances(company, Date.subtract(self[0].date_from, days=1))
        partners = accounts._ledger_partners()
        domain = accounts._ledger(company, list(partners))
        items = self.env["account.move.line"].search(
            domain & Domain("date", ">=", self[0].date_from) & Domain("date", "<=", last), order="date, move_id, id"
        )
        by_account = items.grouped(lambda item: partners[item.partner_id.id])
        deliveries = items.move_id._ec_deliveries(end_of(last, company._ec_zone()))
        for statement in self:
            # goods and units are named in the customer's language, on paper and in the portal
            own = by_account.get(statement.account_id, items.browse()).with_context(lang=statement.partner_id.lang)
            statement.write(statement._figure_vals(own, opening[statement.account_id], deliveries))

    def _figure_vals(self, items, opening, deliveries):
        kinds = items.grouped(lambda item: _kind(item.move_id))
        total = {kind: self.currency_id.round(sum(rows.mapped("balance"))) for kind, rows in kinds.items()}
        previous = self.previous_id.amount_due if self.previous_id else opening
        invoices, credits = total.get("invoice", 0.0), -total.get("credit", 0.0)
        payments, other = -total.get("payment", 0.0), total.get("other", 0.0)
        adjustment = opening - previous
        carried = previous + adjustment + other - payments
        return {
            "date_due": self.account_id._date_due(self.date_to),
            "previous_balance": previous,
            "adjustment": adjustment,
            "payment_total": payments,
            "other_total": other,
            "carried_over": carried,
            "invoice_total": invoices,
            "credit_total": credits,
            "amount_due": carried + invoices - credits,
            "line_ids": [Command.clear(), *map(Command.create, self._line_vals(kinds, deliveries))],
            "tax_ids": [Command.clear(), *map(Command.create, self._tax_vals(kinds))],
        }

    def _line_vals(self, kinds, deliveries):
        lines = [
            {
                "kind": kind,
                "date": item.date,
                "slip": item.move_id.name,
                "name": item.move_id.ref or item.name,
                "amount": item.balance,
                "move_id": item.move_id.id,
            }
            for kind in ("payment", "other")
            for item in kinds.get(kind, [])
        ]
        used = {}
        for kind in ("invoice", "credit"):
            for move in kinds[kind].move_id if kind in kinds else []:
                if self.account_id.billing == "closing":
                    lines += move._ec_statement_lines(kind, deliveries, used)
                else:
                    lines.append(move._ec_statement_line(kind))
        return [{**line, "sequence": number} for number, line in enumerate(lines)]

    def _tax_vals(self, kinds):
        """Per rate: the sums of what the invoices have, which rounded their tax once; nothing is computed here."""
        totals = {}
        for kind in ("invoice", "credit"):
            for item in kinds[kind].move_id.line_ids if kind in kinds else []:
                if item.display_type not in (*SOLD, "tax"):
                    continue
                taxes = item.tax_line_id or item.tax_ids
                key = (kind, sum(taxes.mapped("amount")), any(taxes.mapped("ec_reduced")))
                base_and_tax = totals.setdefault(key, [0.0, 0.0])
                base_and_tax[bool(item.tax_line_id)] -= item.balance
        return [
            {"kind": kind, "rate": rate, "reduced": reduced, "base": base, "tax": tax}
            for (kind, rate, reduced), (base, tax) in totals.items()
        ]


class AccountMove(models.Model):
    _inherit = "account.move"

    def _ec_deliveries(self, cutoff):
        """{order line: its finished stock moves before an instant, newest first} of what these invoices are about; superuser."""
        done = self.invoice_line_ids.sale_line_ids.move_ids.filtered(
            lambda move: move.state == "done" and move.date < cutoff
        )
        return done.sorted("date", reverse=True).grouped("sale_line_id")

    def _ec_statement_line(self, kind):
        """The whole invoice as one line."""
        return {
            "kind": kind,
            "date": self.invoice_date or self.date,
            "slip": self.name,
            "place": self.partner_id.commercial_partner_id.name,
            "name": self.ref or self.invoice_origin,
            "amount": self.amount_untaxed_signed,
            "tax": self.amount_tax_signed,
            "reduced": any(self.invoice_line_ids.tax_ids.mapped("ec_reduced")),
            "move_id": self.id,
        }

    def _ec_statement_lines(self, kind, deliveries, used):
        """Goods of the invoice, delivery by delivery; what it takes of deliveries is added to `used`."""
        lines = self.line_ids.filtered(lambda line: line.display_type in SOLD and not line.tax_line_id)
        return [vals for line in lines for vals in line._ec_statement_lines(kind, deliveries, used)]


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    def _ec_statement_lines(self, kind, deliveries, used):
        """The deliveries that the line bills, newest ones as they were billed last; what is left is a line of its own.

        :param used: {(order line, movement): quantity in the order line's unit} that other lines of the statement took
        """
        left, parts = abs(self.quantity), []
        for sale_line in self.sale_line_ids:
            unit = sale_line.product_uom_id
            for move in deliveries.get(sale_line, ()):
                key = (sale_line, move)
                free = move._ec_quantity_for(sale_line, unit, kind) - used.get(key, 0.0)
                taken = min(left, unit._compute_quantity(free, self.product_uom_id, rounding_method="HALF-UP"))
                if taken > 0:
                    parts.append((taken, move))
                    left -= taken
                    used[key] = used.get(key, 0.0) + self.product_uom_id._compute_quantity(
                        taken, unit, rounding_method="HALF-UP"
                    )
        zero = self.product_uom_id.is_zero(left) if self.product_uom_id else not left
        if not zero or not parts:
            parts.append((left, self.env["stock.move"]))
        return self._ec_shared(kind, parts[::-1])

    def _ec_shared(self, kind, parts):
        """One line a part; amounts are shared by quantity, and the last takes the rest."""
        amount, quantity = -self.balance, abs(self.quantity)
        zone = self.company_id._ec_zone()
        vals = []
        for number, (taken, move) in enumerate(parts, 1):
            share = self.company_currency_id.round(-self.balance * taken / quantity) if quantity else 0.0
            share = amount if number == len(parts) else share
            amount -= share
            order = self.sale_line_ids.order_id
            day = Date.context_today(self.with_context(tz=zone), move.date) if move else self.move_id.invoice_date
            vals.append(
                {
                    "kind": kind,
                    "date": day or self.date,
                    "slip": move.picking_id.name or ", ".join(order.mapped("name")) or self.move_id.name,
                    "place": order.partner_id.commercial_partner_id[:1].name,
                    "name": self.product_id.display_name or self.name,
                    "quantity": taken if kind == "invoice" else -taken,
                    "uom": self.product_uom_id.name,
                    "price_unit": self.price_unit * (1 - self.discount / 100),
                    "rate": sum(self.tax_ids.mapped("amount")),
                    "reduced": any(self.tax_ids.mapped("ec_reduced")),
                    "amount": share,
                    "move_id": self.move_id.id,
                    "picking_id": move.picking_id.id,
                }
            )
        return vals


class StockMove(models.Model):
    _inherit = "stock.move"

    def _ec_quantity_for(self, sale_line, uom, kind):
        """How much of an order line this movement delivered (or took back, for a credit note), in a unit."""
        outgoing, incoming = sale_line._get_outgoing_incoming_moves()
        if self not in (outgoing if kind == "invoice" else incoming):
            return 0.0
        return self.product_uom._compute_quantity(self.quantity, uom, rounding_method="HALF-UP")


def _kind(move):
    if kind := KINDS.get(move.move_type):
        return kind
    if move.origin_payment_id or move.statement_line_id or move.journal_id.type in ("bank", "cash", "credit"):
        return "payment"
    return "other"
