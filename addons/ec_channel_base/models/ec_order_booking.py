from decimal import Decimal

from odoo import api, fields, models

from ..sdk.documents import OrderState, PaymentState

# nothing was paid yet, so a refund returns no money: it lowers what the buyer still owes
OWING = {PaymentState.PENDING, PaymentState.AUTHORIZED, PaymentState.PARTIALLY_PAID, PaymentState.EXPIRED}


class EcOrderImporter(models.AbstractModel):
    """Booking of refunds made in the channel."""

    _inherit = "ec.order.importer"

    @api.model
    def _book_refunds(self, batch, pairs):
        """Book the refunds that are new in these documents. One read for all of them."""
        pairs = [(order, document) for order, document in pairs if document.refunds]
        if not pairs:
            return
        known = {
            refund.external_id: refund
            for refund in self.env["ec.order.refund"].search(
                [
                    ("channel_id", "=", batch.channel.id),
                    ("external_id", "in", [r.external_id for _order, document in pairs for r in document.refunds]),
                ]
            )
        }
        for order, document in pairs:
            for refund in document.refunds:
                row = known.get(refund.external_id)
                if row and row.state != "pending":
                    continue
                vals = self._book_refund(batch, order, document, refund)
                if row:
                    row.write(vals)
                else:
                    self.env["ec.order.refund"].create(vals)

    @api.model
    def _book_refund(self, batch, order, document, refund):
        """Values of the ec.order.refund row; makes the order line or credit note it stands for."""
        vals = {
            "order_id": order.id,
            "channel_id": batch.channel.id,
            "company_id": order.company_id.id,
            "external_id": refund.external_id,
            "refunded_at": self._naive(refund.created_at),
            "currency_id": order.currency_id.id,
            "amount": float(refund.amount),
            "pending": float(refund.pending),
            "note": refund.note or False,
        }
        parts = self._refund_parts(order, document, refund)
        returned = [part for part in parts if not part["removed"]]
        invoiced = order.invoice_ids.filtered(lambda move: move.state == "posted" and move.move_type == "out_invoice")
        if not refund.amount and refund.pending:
            return dict(vals, state="pending")
        if invoiced and parts:
            move = self._create_credit_note(batch, order, document, refund, parts)
            order.message_post(body=self.env._("The shop refunded %(amount)s: a draft credit note is ready.", amount=refund.amount))
            return dict(vals, state="credit_note", move_id=move.id)
        if not returned or order.state == "cancel" or document.state is OrderState.CANCELLED:
            return dict(vals, state="covered")
        if not refund.amount and document.payment not in OWING:
            self.env["ec.order.hold"]._open(
                [
                    {
                        "order_id": order.id,
                        "code": "refund_review",
                        "key": refund.external_id,
                        "reason": self.env._("The shop took units back without returning money. Decide what to invoice."),
                    }
                ]
            )
            return dict(vals, state="review")
        self.env["sale.order.line"].create(
            [self._prepare_refund_line_vals(batch, order, document, refund, number, part) for number, part in enumerate(returned)]
        )
        return dict(vals, state="in_order")

    @api.model
    def _refund_parts(self, order, document, refund):
        """[{line, quantity, price (of one unit, as the order's prices), taxes, name, removed}] that add up to the refund."""
        lines = {line.ec_external_id: line for line in order.order_line if line.ec_external_id}
        parts = []
        for part in refund.lines:
            line = lines.get(part.line_external_id, self.env["sale.order.line"])
            if part.quantity:
                parts.append(
                    {
                        "line": line,
                        "quantity": part.quantity,
                        "price": part.subtotal / part.quantity,
                        "taxes": line.tax_ids,
                        "name": line.name or part.line_external_id,
                        "removed": part.removed,
                    }
                )
        shipping_line = order.order_line.filtered(lambda line: (line.ec_external_id or "").startswith("shipping:"))[:1]
        if refund.shipping:
            parts.append(
                {
                    "line": self.env["sale.order.line"],
                    "quantity": Decimal(1),
                    "price": refund.shipping,
                    "taxes": shipping_line.tax_ids,
                    "name": shipping_line.name or self.env._("Delivery"),
                    "removed": False,
                }
            )
        if refund.adjustment:
            parts.append(
                {
                    "line": self.env["sale.order.line"],
                    "quantity": Decimal(1),
                    "price": refund.adjustment,
                    "taxes": self.env["account.tax"],
                    "name": self.env._("Refund adjustment"),
                    "removed": False,
                }
            )
        return parts

    @api.model
    def _prepare_refund_line_vals(self, batch, order, document, refund, number, part):
        price = batch.price(document, part["price"] * part["quantity"], part["taxes"])
        return {
            "order_id": order.id,
            **self._prepare_extra_vals(
                batch.product("product_refund"),
                f"refund:{refund.external_id}:{number}",
                -price,
                self.env._("Refunded in the shop: %s", part["name"]),
                part["taxes"],
                sequence=9500,
            ),
        }

    @api.model
    def _create_credit_note(self, batch, order, document, refund, parts):
        """A draft credit note in the order's currency. Only removed units are linked to their order lines: linking returned ones
        would make Odoo invoice them again."""
        product = self.env.ref("ec_channel_base.product_refund")
        return self.env["account.move"].create(
            {
                "move_type": "out_refund",
                "company_id": order.company_id.id,
                "partner_id": order.partner_invoice_id.id,
                "currency_id": order.currency_id.id,
                "invoice_origin": order.name,
                "ref": self.env._("%(name)s, refunded in the shop", name=order.ec_name),
                "invoice_date": refund.created_at.date(),
                "invoice_line_ids": [
                    fields.Command.create(
                        {
                            "product_id": (part["line"].product_id or product).id,
                            "name": part["name"],
                            "quantity": float(part["quantity"]),
                            "price_unit": batch.price(document, part["price"], part["taxes"]),
                            "tax_ids": [fields.Command.set(part["taxes"].ids)],
                            "sale_line_ids": [fields.Command.set(part["line"].ids if part["removed"] else [])],
                        }
                    )
                    for part in parts
                ],
            }
        )
