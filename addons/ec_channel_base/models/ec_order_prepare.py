import hashlib
from decimal import Decimal

from odoo import api, fields, models

from ..import_batch import ImportBatch
from ..sdk.documents import LineKind, OrderState

DISCOUNT_DIGITS = Decimal("0.01")


class EcOrderImporter(models.AbstractModel):
    """Values of orders and lines from documents: the place to extend what is written."""

    _inherit = "ec.order.importer"

    @api.model
    def _prepare_batch(self, channel, documents):
        return ImportBatch(self.env, channel, documents)

    @api.model
    def _prepare_order_vals(self, batch, document):
        """Values of a new sale order, lines included."""
        channel = batch.channel
        batch.resolve_partners(batch.documents)
        partners = batch.partners[document.external_id]
        currency = batch.currency(document)
        carriers = [batch.carrier(line) for line in document.shipping_lines]
        vals = {
            "company_id": channel.company_id.id,
            "partner_id": partners.partner_id,
            "partner_invoice_id": partners.invoice_id,
            "partner_shipping_id": partners.shipping_id,
            "pricelist_id": batch.pricelist(currency).id,
            "currency_id": currency.id,
            "warehouse_id": batch.warehouse(document).id,
            "team_id": channel.team_id.id,
            "user_id": channel.user_id.id,
            "date_order": self._naive(document.placed_at),
            "client_order_ref": document.po_number or document.name,
            "origin": f"{channel.name} {document.name}",
            "payment_term_id": batch.payment_term(document).id,
            "require_signature": False,
            "require_payment": False,
            "carrier_id": next((carrier.id for carrier in carriers if carrier), False),
            "tag_ids": [fields.Command.set(batch.tags(document).ids)],
            "ec_channel_id": channel.id,
            "ec_external_id": document.external_id,
            "ec_placed_at": self._naive(document.placed_at),
            "order_line": [fields.Command.create(vals) for vals in self._prepare_all_lines_vals(batch, document)],
            **self._prepare_facts_vals(document),
        }
        return vals

    @api.model
    def _prepare_facts_vals(self, document):
        """What the channel says of the order and Odoo has no field for; rewritten by every newer document."""
        return {
            "ec_name": document.name,
            "ec_version": self._version(document),
            "ec_payment_state": document.payment.value,
            "ec_total": float(document.total),
            "ec_current_total": float(document.current_total),
            "ec_url": document.url or False,
            "ec_note": document.note or False,
            "ec_risk": document.risk.value,
            "ec_open": document.state is OrderState.OPEN,
            "ec_phone": document.phone or (document.shipping_address.phone if document.shipping_address else False) or False,
            "ec_email": document.email or False,
            "ec_zip": document.shipping_address.zip if document.shipping_address else False,
            "ec_address_digest": self._address_digest(document),
        }

    @api.model
    def _address_digest(self, document):
        text = repr((document.shipping_address, document.billing_address))
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    # ---- lines

    @api.model
    def _prepare_all_lines_vals(self, batch, document):
        """Every line the document stands for now, keyed by `ec_external_id`."""
        lines = []
        for sequence, line in enumerate(document.lines, 10):
            lines += self._prepare_line_vals(batch, document, line, sequence)
        for sequence, line in enumerate(document.shipping_lines, 5000):
            lines.append(self._prepare_shipping_vals(batch, document, line, sequence))
        if document.cash_rounding:
            lines.append(
                self._prepare_extra_vals(batch.product("product_rounding"), "cash_rounding", float(document.cash_rounding), sequence=9000)
            )
        return lines

    @api.model
    def _prepare_line_vals(self, batch, document, line, sequence):
        """The sale line, and a line for its discount where a percentage cannot say it to the cent."""
        product = batch.product_of(line)
        taxes = batch.taxes_of(document, line)
        currency = batch.currency(document)
        quantity = line.quantity
        gross = line.unit_price * quantity
        discount = line.discount * quantity / line.original_quantity if line.original_quantity else Decimal(0)
        percent, exact = self._percent(currency, gross, discount)
        vals = {
            "ec_external_id": line.external_id,
            "ec_listing_key": batch.listing_key(line) if line.kind is LineKind.PRODUCT else False,
            "product_id": product.id,
            "name": self._line_name(line),
            "product_uom_id": product.uom_id.id,
            "product_uom_qty": float(quantity),
            "price_unit": batch.price(document, line.unit_price, taxes),
            "discount": float(percent) if exact else 0.0,
            "tax_ids": [fields.Command.set(taxes.ids)],
            "sequence": sequence,
        }
        if exact:
            return [vals]
        rest = self._prepare_extra_vals(
            batch.product("product_discount"),
            f"{line.external_id}:discount",
            batch.price(document, -discount, taxes),
            name=self.env._("Discount: %s", self._line_name(line)),
            taxes=taxes,
            sequence=sequence,
        )
        rest["product_uom_qty"] = 1 if quantity else 0
        return [vals, rest]

    @api.model
    def _percent(self, currency, gross, discount):
        """(discount in %, whether the line's amount is then right to the currency's last digit)."""
        if not discount:
            return Decimal(0), True
        if not gross:
            return Decimal(0), False
        percent = (discount / gross * 100).quantize(DISCOUNT_DIGITS)
        wanted = currency.round(float(gross - discount))
        return percent, currency.compare_amounts(currency.round(float(gross) * (1 - float(percent) / 100)), wanted) == 0

    @api.model
    def _line_name(self, line):
        name = line.title or line.sku or line.external_id
        if line.variant_title:
            name = f"{name} ({line.variant_title})"
        return "\n".join([name, *(f"{key}: {value}" for key, value in line.properties)])

    @api.model
    def _prepare_shipping_vals(self, batch, document, line, sequence):
        taxes = batch.taxes_of(document, line)
        carrier = batch.carrier(line)
        product = carrier.product_id or batch.product("product_shipping")
        return {
            **self._prepare_extra_vals(
                product, f"shipping:{line.external_id}", batch.price(document, line.price - line.discount, taxes), line.title, taxes, sequence
            ),
            "is_delivery": True,
        }

    @api.model
    def _prepare_extra_vals(self, product, key, price, name="", taxes=None, sequence=9000):
        return {
            "ec_external_id": key,
            "product_id": product.id,
            "name": name or product.name,
            "product_uom_id": product.uom_id.id,
            "product_uom_qty": 1,
            "price_unit": price,
            "discount": 0.0,
            "tax_ids": [fields.Command.set(taxes.ids if taxes else [])],
            "sequence": sequence,
        }
