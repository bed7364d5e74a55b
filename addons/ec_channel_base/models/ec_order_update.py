from odoo import api, models
from odoo.tools import float_compare

from ..sdk.documents import OrderState


class EcOrderImporter(models.AbstractModel):
    """A newer document of an order that is already here: edits, addresses, cancellation, payment. Each step compares first and
    writes only a difference; what must not be undone silently (goods that left, invoices) becomes a hold."""

    _inherit = "ec.order.importer"

    @api.model
    def _update_order(self, batch, order, document):
        """Returns the code of what happened: unchanged, updated, cancelled or needs_decision."""
        changed = self._update_facts(order, document)
        if document.state is OrderState.CANCELLED:
            return self._cancel_order(order, document)
        if order.state == "cancel":
            return "unchanged"
        changed |= self._update_lines(batch, order, document)
        changed |= self._update_customer(batch, order, document)
        changed |= self._update_addresses(batch, order, document)
        return "updated" if changed else "unchanged"

    @api.model
    def _update_facts(self, order, document):
        vals = self._prepare_facts_vals(document)
        vals.pop("ec_address_digest")
        differing = {
            name: value
            for name, value in vals.items()
            if (order[name] or False) != (value or False)
        }
        if differing:
            order.write(differing)
        return bool(differing.keys() - {"ec_version"})

    # ---- lines

    @api.model
    def _update_lines(self, batch, order, document):
        targets = {vals["ec_external_id"]: vals for vals in self._prepare_all_lines_vals(batch, document)}
        present = {line.ec_external_id: line for line in order.order_line if line.ec_external_id}
        if order.locked:
            return self._differs(order, targets, present) and self._ask_staff(order, document, self.env._("the order is locked"))
        changed = False
        for key, vals in targets.items():
            line = present.get(key)
            if line:
                changed |= self._update_line(order, document, line, vals)
            elif vals["product_uom_qty"] or order.state != "sale":
                # a new line on a confirmed order makes its own delivery: Odoo's stock rules run on create
                self.env["sale.order.line"].create(dict(vals, order_id=order.id))
                changed = True
        for key, line in present.items():
            if key not in targets and not self._is_ours(key) and line.product_uom_qty:
                changed |= self._remove_line(order, document, line)
        return changed

    @api.model
    def _is_ours(self, key):
        """Lines we add ourselves; they are kept by who made them."""
        return key == "rounding" or key.startswith("refund:")

    @api.model
    def _line_difference(self, line, vals):
        """{field: new value} of what the shop changed. A product matched later by hand stays."""
        difference = {}
        if float_compare(line.product_uom_qty, vals["product_uom_qty"], precision_rounding=line.product_uom_id.rounding):
            difference["product_uom_qty"] = vals["product_uom_qty"]
        if line.currency_id.compare_amounts(line.price_unit, vals["price_unit"]):
            difference["price_unit"] = vals["price_unit"]
        if float_compare(line.discount, vals["discount"], precision_digits=2):
            difference["discount"] = vals["discount"]
        if set(line.tax_ids.ids) != set(vals["tax_ids"][0][2]):
            difference["tax_ids"] = vals["tax_ids"]
        placeholder = self.env.ref("ec_channel_base.product_placeholder")
        if line.product_id == placeholder and vals["product_id"] != placeholder.id:
            difference.update(product_id=vals["product_id"], product_uom_id=vals["product_uom_id"], name=vals["name"])
        if difference:
            # Odoo recomputes a price that it believes to be its own when quantity or product change
            difference.setdefault("price_unit", vals["price_unit"])
            difference.setdefault("discount", vals["discount"])
            difference.setdefault("tax_ids", vals["tax_ids"])
            difference.setdefault("name", line.name if "name" not in difference else vals["name"])
        return difference

    @api.model
    def _differs(self, order, targets, present):
        return any(key not in present or self._line_difference(present[key], vals) for key, vals in targets.items())

    @api.model
    def _update_line(self, order, document, line, vals):
        difference = self._line_difference(line, vals)
        if not difference:
            return False
        if order.state == "sale" and "product_uom_qty" in difference:
            if difference["product_uom_qty"] < line.qty_delivered:
                return self._ask_staff(
                    order, document, self.env._("%(name)s: %(qty)s left the warehouse already", name=line.name, qty=line.qty_delivered)
                )
            self._reduce_moves(line, difference["product_uom_qty"])
        line.write(difference)
        return True

    @api.model
    def _remove_line(self, order, document, line):
        if order.state != "sale":
            line.unlink()
            return True
        if line.qty_delivered:
            return self._ask_staff(order, document, self.env._("%(name)s: %(qty)s left the warehouse already", name=line.name, qty=line.qty_delivered))
        # Odoo does not allow to delete a line of a confirmed order: its quantity goes to 0
        self._reduce_moves(line, 0)
        line.write({"product_uom_qty": 0, "price_unit": line.price_unit})
        return True

    @api.model
    def _reduce_moves(self, line, quantity):
        """Take what is no longer wanted out of the open deliveries (Odoo only leaves a note for the warehouse)."""
        moves = line.move_ids.filtered(lambda m: m.state not in ("done", "cancel") and m.picking_code == "outgoing")
        if not moves or quantity >= line.product_uom_qty:
            return
        left = max(0.0, quantity - line.qty_delivered)
        for move in moves.sorted("id"):
            keep = min(left, move.product_uom_qty)
            left -= keep
            if not keep:
                move._action_cancel()
            elif float_compare(keep, move.product_uom_qty, precision_rounding=move.product_uom.rounding):
                move._do_unreserve()
                move.write({"product_uom_qty": keep})
                move._action_assign()

    # ---- customer and addresses

    @api.model
    def _update_customer(self, batch, order, document):
        """The shop now names the buyer of an order that came as a guest's: the order becomes the customer's."""
        guest = batch.guests.get(document.external_id)
        if not guest or order.partner_id.id != guest or order.invoice_ids:
            return False
        batch.resolve_partners([document])
        partners = batch.partners[document.external_id]
        # Only who buys: through the ORM, Odoo would work out prices and terms anew
        order.flush_recordset()
        self.env.cr.execute("UPDATE sale_order SET partner_id = %s WHERE id = %s", [partners.partner_id, order.id])
        order.invalidate_recordset(["partner_id"])
        order.write({"partner_invoice_id": partners.invoice_id, "partner_shipping_id": partners.shipping_id})
        waiting = order.picking_ids.filtered(lambda p: p.state not in ("done", "cancel") and p.picking_type_code == "outgoing")
        waiting.write({"partner_id": partners.shipping_id})
        return True

    @api.model
    def _update_addresses(self, batch, order, document):
        digest = self._address_digest(document)
        if order.ec_address_digest == digest:
            return False
        batch.resolve_partners([document])
        partners = batch.partners[document.external_id]
        done = order.picking_ids.filtered(lambda p: p.state == "done" and p.picking_type_code == "outgoing")
        waiting = order.picking_ids.filtered(lambda p: p.state not in ("done", "cancel"))
        if done and not waiting:
            return self._ask_staff(order, document, self.env._("the address changed after everything was shipped"))
        order.write(
            {"partner_shipping_id": partners.shipping_id, "partner_invoice_id": partners.invoice_id, "ec_address_digest": digest}
        )
        waiting.filtered(lambda p: p.picking_type_code == "outgoing").write({"partner_id": partners.shipping_id})
        return True

    # ---- cancellation

    @api.model
    def _cancel_order(self, order, document):
        if order.state == "cancel":
            return "unchanged"
        shipped = order.picking_ids.filtered(lambda p: p.state == "done" and p.picking_type_code == "outgoing")
        invoiced = order.invoice_ids.filtered(lambda move: move.state == "posted")
        if shipped or invoiced or order.locked:
            what = self.env._("goods left already") if shipped else self.env._("it is invoiced") if invoiced else self.env._("the order is locked")
            self._ask_staff(order, document, self.env._("it was cancelled in the shop, but %s", what))
            # what has not left must not leave
            order.picking_ids.filtered(lambda p: p.state not in ("done", "cancel")).action_cancel()
            return "needs_decision"
        order._ec_release_holds(note=self.env._("Cancelled in the shop."))
        order._action_cancel()
        order.message_post(body=self.env._("Cancelled in the shop: %s", document.cancel_reason or "-"))
        return "cancelled"

    @api.model
    def _ask_staff(self, order, document, reason):
        """A change that a person must decide on; the order does not ship meanwhile. What was decided is not asked again."""
        key = reason[:200]
        Hold = self.env["ec.order.hold"]
        settled = Hold.search_count(
            [
                ("order_id", "=", order.id),
                ("type_id.code", "=", "channel_edit"),
                ("key", "=", key),
                ("open", "=", False),
                ("released_by_id", "!=", self.env.ref("base.user_root").id),
            ],
            limit=1,
        )
        if settled:
            return False
        text = self.env._("Changed in the shop (%(name)s): %(reason)s.", name=document.name, reason=reason)
        Hold._open([{"order_id": order.id, "code": "channel_edit", "key": key, "reason": text}])
        return True
