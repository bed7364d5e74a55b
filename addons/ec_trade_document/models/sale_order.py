from odoo import fields, models

from . import priced_lines


class SaleOrder(models.Model):
    _name = "sale.order"
    _inherit = ["sale.order", "ec.trade.shipment"]

    def _ec_trade_document(self, kind):
        """Order confirmation or proforma invoice (document.Document), in the language of the context."""
        self.ensure_one()
        documents = self.env["ec.trade.document"]
        fmt, shipment = documents._format(self), self._ec_shipment()
        document = documents._start(kind, self, self.name, self._ec_stamp(kind))
        document.parties = documents._parties(
            self.env, self.partner_id, self.partner_invoice_id, self.partner_shipping_id
        )
        document.facts = self._ec_trade_facts(kind, documents, fmt, shipment)
        document.columns, document.rows = priced_lines.table(
            self._get_order_lines_to_report(),
            self.currency_id,
            fmt,
            "product_uom_qty",
            customs=kind == "proforma_invoice",
        )
        document.totals = priced_lines.totals(self, fmt)
        document.notes = documents._note_blocks(
            self.env, shipment, documents._bank(document.company, self._ec_bank_account())
        )
        if kind == "proforma_invoice":
            document.labels.pop("acceptance")
        return document

    def _ec_trade_facts(self, kind, documents, fmt, shipment):
        env = self.env
        issued = fields.Datetime.context_timestamp(self, self.date_order) if self.date_order else False
        return [
            (env._("Date"), fmt.date(issued)),
            (env._("Your Reference"), self.client_order_ref),
            (env._("Valid Until"), fmt.date(self.validity_date) if self.state in ("draft", "sent") else ""),
            (env._("Incoterm"), documents._incoterm(self.incoterm, self.incoterm_location)),
            (env._("Payment Terms"), self.payment_term_id.name),
            (env._("Delivery Date"), fmt.date(self.commitment_date)),
            *documents._shipment_facts(self, shipment),
        ]

    def _ec_stamp(self, kind):
        if self.state == "cancel":
            return self.env._("CANCELLED")
        if kind == "order_confirmation" and self.state != "sale":
            return self.env._("DRAFT")
        return ""

    def _ec_bank_account(self):
        return self.company_id.partner_id.bank_ids[:1]

    def _ec_trade_issues(self, kind):
        """[Issue, …] of one order."""
        documents = self.env["ec.trade.document"]
        found = documents._terms_issues(self, self.incoterm, self.partner_id)
        if kind == "proforma_invoice":
            found += documents._customs_issues(
                self.order_line.product_id.filtered(lambda product: product.type == "consu")
            )
        return found
