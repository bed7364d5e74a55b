from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC
from decimal import Decimal

from odoo import api, fields, models

from ..sdk.documents import LineKind, OrderDocument, OrderState, RiskLevel

ABSURD = Decimal(10) ** 12


@dataclass(frozen=True)
class ImportResult:
    """What became of one document: state done, ignored or parked; `code` and `message` say why."""

    state: str
    code: str = ""
    message: str = ""
    order_id: int = 0


class EcOrderImporter(models.AbstractModel):
    """From documents to sale orders, many at once. One keyed upsert: the same document twice changes nothing, an older one
    neither. Whatever is odd becomes a hold on the order; only what cannot be an order at all is parked."""

    _name = "ec.order.importer"
    _description = "Order Importer"

    @api.model
    def _import(self, channel, documents):
        """Apply the documents (each order at most once). One ImportResult a document, in the same order."""
        # the importer writes orders, contacts and holds of the channel's company, whoever's click or cron started it
        channel = channel.sudo().with_company(channel.company_id)
        # reasons are stored as text: in the language of who looks after the channel, not in the lane's
        language = channel.user_id.lang or channel.company_id.partner_id.lang
        importer = self.sudo().with_company(channel.company_id).with_context(lang=language)
        results = [importer._reject(channel, document) for document in documents]
        todo = [document for document, result in zip(documents, results, strict=True) if result is None]
        applied = importer._upsert(channel, todo) if todo else {}
        return [result or applied[document.external_id] for document, result in zip(documents, results, strict=True)]

    # ---- what never becomes an order

    @api.model
    def _reject(self, channel, document):
        """The result for a document that is not to be booked, or None."""
        if document.test:
            return ImportResult("ignored", "test_order")
        numbers = [document.total, document.current_total]
        for line in document.lines:
            numbers += [line.quantity, line.original_quantity, line.unit_price]
            # channels round each unit's share, so a little more than all of it is still "everything off"
            if line.discount > line.unit_price * line.original_quantity * Decimal("1.01") + 1:
                return ImportResult("parked", "absurd_amount", f"{document.name}: {line.title}: discount {line.discount}")
        for number in numbers:
            if not number.is_finite() or number < 0 or number > ABSURD:
                return ImportResult("parked", "absurd_amount", f"{document.name}: {number}")
        return None

    # ---- upsert

    @api.model
    def _upsert(self, channel, documents):
        orders = self._existing(channel, documents)
        results, new, changed = {}, [], []
        window = channel.import_since
        for document in documents:
            order = orders.get(document.external_id)
            if order:
                if (order.ec_version or "") > self._version(document):
                    results[document.external_id] = ImportResult("done", "stale", order_id=order.id)
                else:
                    changed.append((order, document))
            elif window and self._naive(document.placed_at) < window:
                results[document.external_id] = ImportResult("ignored", "before_window")
            else:
                new.append(document)
        batch = self._prepare_batch(channel, new + [document for _order, document in changed])
        for document in list(new):
            problem = batch.currency_problem(document)
            if problem:
                results[document.external_id] = ImportResult("parked", problem, document.currency)
                new.remove(document)
        created = self._create_orders(batch, new)
        for document, order in zip(new, created, strict=True):
            results[document.external_id] = ImportResult("done", "created", order_id=order.id)
            if document.state is OrderState.CANCELLED:
                self._cancel_order(order, document)
        for order, document in changed:
            code = self._update_order(batch, order, document)
            results[document.external_id] = ImportResult("done", code, order_id=order.id)
        pairs = list(zip(created, new, strict=True)) + changed
        self._book_refunds(batch, pairs)
        self._settle_totals(batch, pairs)
        self._evaluate_holds(batch, pairs)
        self._count_sales(batch, pairs, {document.external_id for document in new})
        if pairs and channel.auto_confirm:
            self.env["ec.lane"]._wake("confirm")
        return results

    @api.model
    def _existing(self, channel, documents):
        orders = self.env["sale.order"].search(
            [("ec_channel_id", "=", channel.id), ("ec_external_id", "in", [d.external_id for d in documents])]
        )
        return {order.ec_external_id: order for order in orders}

    @api.model
    def _version(self, document: OrderDocument):
        """Text that sorts like the document's `updated_at`."""
        return document.updated_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")

    @api.model
    def _naive(self, instant):
        return instant.astimezone(UTC).replace(tzinfo=None, microsecond=0)

    # ---- create

    @api.model
    def _create_orders(self, batch, documents):
        if not documents:
            return self.env["sale.order"]
        vals_list = [self._prepare_order_vals(batch, document) for document in documents]
        return self.env["sale.order"]._ec_create_batch(vals_list)

    # ---- totals

    @api.model
    def _settle_totals(self, batch, pairs):
        """Bring each order's total to the shop's: a difference within the tolerance becomes one rounding line."""
        rounding = batch.product("product_rounding")
        to_create, to_unlink = [], self.env["sale.order.line"]
        elsewhere = self._orders_refunded_elsewhere(pairs)
        for order, document in pairs:
            expected = self._expected_total(document)
            returned = expected is None and document.state is not OrderState.CANCELLED and order not in elsewhere
            if returned and not any(refund.adjustment for refund in document.refunds):
                expected = document.current_total  # what came back stands in the order's lines, each rounded by itself
            if order.state == "cancel" or expected is None or batch.unresolved_taxes(document):
                continue
            lines = order.order_line.filtered(lambda line: line.ec_external_id == "rounding")
            own = sum(lines.mapped("price_total"))
            difference = order.currency_id.round(float(expected) - (order.amount_total - own))
            if order.currency_id.compare_amounts(difference, own) == 0 and (lines or order.currency_id.is_zero(difference)):
                continue
            tolerance = self._tolerance(batch, order)
            beyond = order.currency_id.compare_amounts(abs(difference), tolerance) > 0
            fits = not beyond and not order.currency_id.is_zero(difference)
            if lines and fits and not order.invoice_ids:
                lines[0].write({"price_unit": difference})
            elif fits and not lines:
                to_create.append(self._prepare_rounding_vals(order, rounding, difference))
            elif lines and not order.invoice_ids and not (returned and beyond):
                if order.state == "sale":
                    lines.write({"product_uom_qty": 0, "price_unit": 0})
                else:
                    to_unlink |= lines
        to_unlink.unlink()
        self.env["sale.order.line"].create(to_create)

    @api.model
    def _orders_refunded_elsewhere(self, pairs):
        """The orders with a refund that does not stand in their own lines: a credit note, money on its way, a person's decision."""
        rows = self.env["ec.order.refund"].search(
            [
                ("order_id", "in", [order.id for order, document in pairs if document.refunds]),
                ("state", "not in", ("in_order", "covered")),
            ]
        )
        return rows.order_id

    @api.model
    def _prepare_rounding_vals(self, order, product, difference):
        return {
            "order_id": order.id,
            "product_id": product.id,
            "name": product.with_context(lang=order.partner_id.lang).name,
            "product_uom_qty": 1,
            "price_unit": difference,
            "tax_ids": [fields.Command.clear()],
            "ec_external_id": "rounding",
            "sequence": 9999,
        }

    @api.model
    def _tolerance(self, batch, order):
        """The channel's tolerance (kept in the company's currency) in the order's; never less than its smallest coin."""
        company = order.company_id
        amount = company.currency_id._convert(
            batch.channel.rounding_tolerance, order.currency_id, company, order.date_order or fields.Date.today(), round=False
        )
        return max(amount, order.currency_id.rounding)

    @api.model
    def _expected_total(self, document):
        """What Odoo's total must be, in the order's currency; None when the shop's figures do not say it.

        Untouched orders: the charged total. After edits and removals: the current total. Once units or money went back after
        shipping, the shop's current total no longer says what was sold, so the parts are trusted.
        """
        if document.state is OrderState.CANCELLED:
            return None
        if any(not line.removed for refund in document.refunds for line in refund.lines) or any(
            refund.shipping or refund.adjustment for refund in document.refunds
        ):
            return None
        touched = bool(document.refunds) or any(line.quantity != line.original_quantity for line in document.lines)
        return document.current_total if touched or document.current_total != document.total else document.total

    # ---- holds

    @api.model
    def _evaluate_holds(self, batch, pairs):
        """Open the holds that the documents call for, release those they no longer do. What a person released stays released."""
        wanted = {}
        for order, document in pairs:
            for code, key, reason in self._holds_for(batch, order, document):
                wanted[order.id, code, key] = reason
        orders = self.env["sale.order"].browse([order.id for order, _document in pairs])
        history = self.env["ec.order.hold"].search(
            [("order_id", "in", orders.ids), ("type_id.code", "in", list(self._managed_codes()))]
        )
        settled = {
            (hold.order_id.id, hold.type_id.code, hold.key or "")
            for hold in history
            if not hold.open and hold.released_by_id and hold.released_by_id.id != self.env.ref("base.user_root").id
        }
        self.env["ec.order.hold"]._open(
            [
                {"order_id": order_id, "code": code, "key": key, "reason": reason}
                for (order_id, code, key), reason in wanted.items()
                if (order_id, code, key) not in settled
            ]
        )
        outdated = history.filtered(
            lambda hold: hold.open and (hold.order_id.id, hold.type_id.code, hold.key or "") not in wanted
        )
        by_code = defaultdict(list)
        for hold in outdated:
            by_code[hold.type_id.code, hold.key or ""].append(hold.order_id.id)
        for (code, key), order_ids in by_code.items():
            self.env["sale.order"].browse(order_ids)._ec_release_holds(
                codes=[code], keys=[key], note=self.env._("No longer so in the shop.")
            )

    @api.model
    def _managed_codes(self):
        """Holds that follow from the document: opened and released by it."""
        return {
            "unmapped_sku", "unmapped_tax", "amount_mismatch", "payment_pending", "unknown_value", "risk", "address", "channel_hold",
            "shipped_in_channel",
        }

    @api.model
    def _holds_for(self, batch, order, document):
        """[(code, key, reason)] for one order. The key names the fact, so that a new fact is a new hold."""
        if document.state is OrderState.CANCELLED or order.state == "cancel":
            return []
        holds = []
        for line in order.order_line:
            if line.product_id == batch.product("product_placeholder") and line.ec_external_id:
                holds.append(("unmapped_sku", line.ec_external_id, self.env._("Unknown item: %s", line.name)))
        for code in batch.unresolved_taxes(document):
            holds.append(("unmapped_tax", code, self.env._("This tax of the shop is not mapped: %s", code.replace("|", " "))))
        expected = self._expected_total(document)
        if expected is not None and not batch.unresolved_taxes(document):
            if order.currency_id.compare_amounts(order.amount_total, float(expected)):
                holds.append(
                    (
                        "amount_mismatch",
                        f"{expected}",
                        self.env._(
                            "The shop charged %(there)s, Odoo computes %(here)s %(currency)s.",
                            there=expected, here=order.amount_total, currency=order.currency_id.name,
                        ),
                    )
                )
        if order.ec_status == "shipped":
            return holds  # the rest is about whether goods may leave
        if not batch.is_payable(document):
            holds.append(("payment_pending", document.payment.value, self.env._("Payment in the shop: %s", document.payment.value)))
        for value in document.unknown:
            holds.append(("unknown_value", value[:120], self.env._("The shop sent something this version does not know: %s", value)))
        if document.risk is RiskLevel.HIGH:
            holds.append(("risk", "high", self.env._("The shop rates this order as a high risk of fraud.")))
        if document.shipping_address is None and any(
            line.requires_shipping and line.kind in (LineKind.PRODUCT, LineKind.CUSTOM) and line.quantity for line in document.lines
        ):
            holds.append(("address", "missing", self.env._("The shop sent no shipping address.")))
        for reason in document.held_in_channel:
            holds.append(("channel_hold", reason[:120], self.env._("Held in the shop: %s", reason)))
        foreign = self._foreign_shipments(order, document)
        if foreign:
            holds.append(
                (
                    "shipped_in_channel",
                    ",".join(sorted(shipment.external_id for shipment in foreign))[:120],
                    self.env._("Somebody shipped (a part of) this order in the shop. Do not ship it twice."),
                )
            )
        return holds

    @api.model
    def _foreign_shipments(self, order, document):
        """Shipments in the shop that are not ours."""
        ours = {
            external_id for message in order.ec_message_ids if message.kind == "shipment" for external_id in message.external_ids or ()
        }
        if any(m.kind == "shipment" and m.state == "pending" for m in order.ec_message_ids):
            return []  # one of ours is on its way and not acknowledged yet: decided when it is
        return [shipment for shipment in document.shipments if not shipment.cancelled and shipment.external_id not in ours]
