import hashlib
import unicodedata
from datetime import datetime, time

import pytz
from psycopg2.errors import UniqueViolation

from odoo import fields, models
from odoo.fields import Command
from odoo.tools.sql import escape_psql


class SaleOrder(models.Model):
    """Orders of the quick-order pad: filled with many rows at once, then placed."""

    _inherit = "sale.order"

    ec_trade_po_key = fields.Char(
        copy=False, readonly=True, help="Account and purchase order number, where they are unique."
    )

    _ec_trade_po_uniq = models.UniqueIndex(
        "(ec_trade_po_key) WHERE ec_trade_po_key IS NOT NULL AND state != 'cancel'",
        "Another order of this customer has this purchase order number.",
    )

    def write(self, vals):
        result = super().write(vals)
        if "client_order_ref" in vals and "ec_trade_po_key" not in vals:
            # the staff put a number right
            for order in self.filtered("ec_trade_po_key"):
                account_id, number = order.ec_trade_po_key.partition("/")[0], purchase_number(order.client_order_ref)
                order.ec_trade_po_key = number and _po_key(account_id, number)
        if vals.get("state") == "draft" and (keyed := self.filtered("ec_trade_po_key")):
            # a draft has no number yet: another order may have taken it
            keyed.ec_trade_po_key = False
        return result

    def _ec_pad_fill(self, rows, pricelist):
        """Add checked rows to this draft, in one write; a product that is there already gets more; superuser."""
        self.ensure_one()
        order = self.with_company(self.company_id)
        if pricelist and order.pricelist_id != pricelist:
            order.pricelist_id = pricelist
            order._recompute_prices()
        there = {line.product_id: line for line in order.order_line.filtered(lambda line: line._ec_is_plain())}
        commands = []
        for row in rows:
            if line := there.get(row.product):
                quantity = line.product_uom_qty + float(row.number)
                commands.append(Command.update(line.id, {"product_uom_qty": quantity}))
            else:
                commands.append(Command.create(row.product._ec_pad_line(float(row.number))))
        order.write({"order_line": commands})
        order._verify_cart_after_update()

    def _ec_pad_lines(self):
        """Lines that a buyer ordered: no sections, delivery charges, down payments."""
        return self.order_line.filtered(
            lambda line: line.product_id and not (line.display_type or line.is_delivery or line.is_downpayment)
        )

    def _ec_fingerprint(self):
        """What a buyer sees of a draft; another one if a line, a quantity or a price is another."""
        lines = [
            (line.id, line.product_uom_qty, line.price_unit, line.discount, line.tax_ids.ids)
            for line in self.order_line
        ]
        return hashlib.sha256(repr((lines, self.currency_id.id, self.amount_total)).encode()).hexdigest()[:16]

    def _ec_aim(self, ship_to, pricelist):
        """The address (may be empty) and the prices with which this draft would be placed now; superuser."""
        self.ensure_one()
        if ship_to and ship_to != self.partner_shipping_id:
            self._update_address(ship_to.id, ["partner_shipping_id"])
        # the shop may have chosen another list with the address
        if pricelist and self.pricelist_id != pricelist:
            self.pricelist_id = pricelist
        self._recompute_prices()

    def _ec_po_used(self, account, number):
        """Whether another order of the customer, not cancelled, has this purchase order number; superuser."""
        return bool(
            self.search_count(
                [
                    ("id", "not in", self.ids),
                    ("company_id", "=", account.company_id.id),
                    ("partner_id", "child_of", account.partner_id.id),
                    ("client_order_ref", "=ilike", escape_psql(number)),
                    ("state", "in", ("sent", "sale")),
                ],
                limit=1,
            )
        )

    def _ec_trade_place(self, account, number, requested, note):
        """Place this draft for its buyer; superuser, with the buyer as user. What was asked for was checked before.

        A note opens a hold that keeps the delivery until somebody has read it. With an open hold that blocks
        confirmation, or where the staff confirms, the order stays a quotation that was sent.

        :param requested: date or None
        :return: False if the number was used in this very moment by another order
        """
        self.ensure_one()
        if not self._ec_take_number(account, number, commitment_date=requested and self._ec_noon(requested)):
            return False
        if note:
            self.env["ec.order.hold"]._open([{"order_id": self.id, "code": "comment", "reason": note}])
        self._ec_hand_in(account)
        return True

    def _ec_take_number(self, account, number, **vals):
        """Write the buyer's number and other values; False if another order took the number in this very moment. Superuser."""
        vals["client_order_ref"] = number
        if account.po_unique and number:
            vals["ec_trade_po_key"] = _po_key(account.id, number)
        try:
            with self.env.cr.savepoint():
                self.write(vals)
                self.flush_recordset()
        except UniqueViolation:
            return False
        return True

    def _ec_hand_in(self, account):
        """The buyer orders: a quotation that was sent, confirmed where the account says so, and a mail to the buyer; superuser."""
        self.ensure_one()
        if self.state == "draft":
            self.action_quotation_sent()
        if account.confirm_orders:
            self._ec_look()
            self.action_confirm()
        # the buyer is the author, and shall have it nevertheless
        self.with_context(mail_notify_author=True).message_post_with_source(
            self._ec_received_template(),
            subtype_xmlid="mail.mt_comment",
            partner_ids=self.partner_id.ids,
            email_layout_xmlid="mail.mail_notification_light",
        )

    def _ec_received_template(self):
        """What the buyer is told who placed this order."""
        return self.env.ref("ec_b2b_portal.mail_template_received")

    def _ec_noon(self, day):
        """Noon of a day by the seller's clock, as Odoo stores it: the same day wherever it is read."""
        zone = pytz.timezone(self.company_id.partner_id.tz or "UTC")
        return zone.localize(datetime.combine(day, time(12))).astimezone(pytz.utc).replace(tzinfo=None)


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    def _ec_is_plain(self):
        """Whether more of the same may be added to this line."""
        return (
            self.product_id.uom_id == self.product_uom_id
            and not self.linked_line_id
            and not self.combo_item_id
            and not self.product_custom_attribute_value_ids
            and not self.is_delivery
        )


class ProductProduct(models.Model):
    _inherit = "product.product"

    def _ec_pad_line(self, quantity):
        """Values of a new order line of this product."""
        only = self.attribute_line_ids.filtered(lambda line: line.attribute_id.create_variant == "no_variant")
        values = only.product_template_value_ids
        return {
            "product_id": self.id,
            "product_uom_qty": quantity,
            "product_uom_id": self.uom_id.id,
            **({"product_no_variant_attribute_value_ids": [Command.set(values.ids)]} if values else {}),
        }


def _po_key(account_id, number):
    return f"{account_id}/{number.casefold()}"


def purchase_number(text):
    """A purchase order number as it is kept and compared: full width letters and digits are plain ones."""
    return unicodedata.normalize("NFKC", text or "").strip()
