from odoo import models

from . import priced_lines


class AccountMove(models.Model):
    _name = "account.move"
    _inherit = ["account.move", "ec.trade.shipment"]

    def _ec_trade_document(self, kind):
        """Commercial invoice (document.Document), in the language of the context."""
        self.ensure_one()
        documents = self.env["ec.trade.document"]
        fmt, shipment = documents._format(self), self._ec_shipment()
        document = documents._start(kind, self, self.name or "", self._ec_stamp())
        document.parties = documents._parties(
            self.env, self.commercial_partner_id, self.partner_id, self.partner_shipping_id
        )
        document.facts = self._ec_trade_facts(documents, fmt, shipment)
        document.columns, document.rows = priced_lines.table(
            self._ec_trade_lines(), self.currency_id, fmt, "quantity", customs=True
        )
        document.totals = priced_lines.totals(self, fmt)
        document.notes = documents._note_blocks(
            self.env, shipment, documents._bank(document.company, self.partner_bank_id)
        )
        document.labels.pop("acceptance")
        return document

    def _ec_trade_lines(self):
        """Everything that amount_untaxed is the sum of, and what is written between."""
        rounding = self.line_ids.filtered(
            lambda line: line.display_type == "rounding" and not line.tax_repartition_line_id
        )
        return self.invoice_line_ids.sorted(lambda line: (line.sequence, line.id)) | rounding

    def _ec_trade_facts(self, documents, fmt, shipment):
        env = self.env
        return [
            (env._("Date"), fmt.date(self.invoice_date)),
            (env._("Order No."), self.invoice_origin),
            (env._("Your Reference"), self.ref),
            (env._("Incoterm"), documents._incoterm(self.invoice_incoterm_id, self.incoterm_location)),
            (env._("Payment Terms"), self.invoice_payment_term_id.name),
            (env._("Due Date"), fmt.date(self.invoice_date_due)),
            *documents._shipment_facts(self, shipment),
        ]

    def _ec_stamp(self):
        return {"draft": self.env._("DRAFT"), "cancel": self.env._("CANCELLED")}.get(self.state, "")

    def _ec_shipment_sources(self):
        # sudo: who may read the invoice prints it, also when orders and deliveries are a colleague's; only shipping terms are taken
        orders = self.sudo().invoice_line_ids.sale_line_ids.order_id
        shipped = orders.picking_ids.filtered(
            lambda picking: picking.state == "done" and picking.picking_type_code == "outgoing"
        )
        return [shipped, orders]

    def _ec_trade_issues(self, kind):
        """[Issue, …] of one invoice."""
        documents = self.env["ec.trade.document"]
        found = documents._terms_issues(self, self.invoice_incoterm_id, self.partner_id)
        products = self.invoice_line_ids.product_id.filtered(lambda product: product.type == "consu")
        return found + documents._customs_issues(products)
