import unicodedata

from markupsafe import Markup

from odoo import api, fields, models
from odoo.tools import SQL, format_amount
from odoo.tools.misc import format_datetime

from .sale_order import GROUP

# what people and shops put between the digits of telephone numbers and postal codes
_FROM, _TO = "０１２３４５６７８９ -－ー‐〒+()（）.", "0123456789"
_ICONS = {
    "done": "fa-check-circle text-success",
    "held": "fa-hand-paper-o text-warning",
    "waiting": "fa-clock-o text-info",
    "error": "fa-exclamation-triangle text-danger",
}


class SaleOrder(models.Model):
    """What the screens of channel orders show and how they are searched."""

    _inherit = "sale.order"

    ec_search = fields.Char("Find an Order", store=False, search="_search_ec_search", copy=False, groups=GROUP)
    ec_timeline = fields.Html("Timeline", compute="_compute_ec_timeline", groups=GROUP, sanitize=False)

    # ---- one box for everything a customer may tell on the telephone

    @api.model
    def _search_ec_search(self, operator, value):
        """Orders of channels by shop number, number, name of the customer, e-mail, telephone, postal code, tracking number.

        Full-width letters, blanks in names, hyphens in numbers and the country's prefix make no difference.
        """
        if operator != "ilike":
            return NotImplemented
        parts = self._ec_search_parts(value or "")
        if not parts:
            return [("id", "=", False)]
        return [("id", "in", SQL("(%s)", SQL(" UNION ").join(parts)))]

    @api.model
    def _ec_search_parts(self, word):
        """Selects of order ids, one for each table to look into."""
        narrow = unicodedata.normalize("NFKC", word).strip()
        if not narrow:
            return []
        self.env["sale.order"].flush_model(["ec_name", "name", "ec_email", "ec_phone", "ec_zip", "partner_id", "partner_shipping_id"])
        self.env["res.partner"].flush_model(["complete_name"])
        self.env["stock.picking"].flush_model(["carrier_tracking_ref", "sale_id"])
        like = "%" + _escaped(narrow) + "%"
        digits = narrow.translate(str.maketrans(_FROM, _TO + "\0" * (len(_FROM) - len(_TO)))).replace("\0", "")
        own = [SQL("ec_name ILIKE %s", like), SQL("name ILIKE %s", like), SQL("ec_email ILIKE %s", like)]
        if digits.isdecimal() and len(digits) >= 3:
            own.append(SQL("translate(ec_zip, %s, %s) LIKE %s", _FROM, _TO, f"{digits}%"))
        if digits.isdecimal() and len(digits) >= 4:
            # "03-1234-5678" is stored as "+81312345678"
            local = digits.removeprefix("0") if not narrow.startswith("+") else digits
            own.append(SQL("translate(ec_phone, %s, %s) LIKE %s", _FROM, _TO, f"%{local}%"))
        parts = [
            SQL("SELECT id FROM sale_order WHERE ec_channel_id IS NOT NULL AND (%s)", SQL(" OR ").join(own)),
            SQL("SELECT sale_id FROM stock_picking WHERE sale_id IS NOT NULL AND carrier_tracking_ref ILIKE %s", like),
        ]
        if digits.isdecimal() and len(digits) >= 6:
            parts.append(
                SQL("SELECT sale_id FROM stock_picking WHERE sale_id IS NOT NULL AND translate(carrier_tracking_ref, '- ', '') LIKE %s", f"%{digits}%")
            )
        else:
            name = "%" + _escaped("".join(narrow.split())) + "%"
            people = SQL("SELECT id FROM res_partner WHERE translate(complete_name, ' 　', '') ILIKE %s", name)
            parts += [
                SQL("SELECT id FROM sale_order WHERE ec_channel_id IS NOT NULL AND partner_id IN (%s)", people),
                SQL("SELECT id FROM sale_order WHERE ec_channel_id IS NOT NULL AND partner_shipping_id IN (%s)", people),
            ]
        return parts

    # ---- the timeline

    def _compute_ec_timeline(self):
        for order in self:
            steps = sorted(order._ec_timeline_steps(), key=lambda step: step[0])
            order.ec_timeline = bool(steps) and Markup("<ul class='list-unstyled mb-0'>%s</ul>") % Markup().join(
                Markup(
                    "<li class='d-flex gap-2 py-1 border-bottom'><i class='fa fa-fw mt-1 flex-shrink-0 %s'></i>"
                    "<span class='text-muted text-nowrap flex-shrink-0'>%s</span><span>%s</span></li>"
                )
                % (_ICONS[state], format_datetime(self.env, at, dt_format="short"), what)
                for at, what, state in steps
            )

    def _ec_timeline_steps(self):
        """[(when, what, "done" | "held" | "waiting" | "error")]: placed, received, imported, held, confirmed, shipped, acknowledged."""
        self.ensure_one()
        steps = []

        def add(at, what, state="done"):
            if at:
                steps.append((at, what, state))

        # whoever may open the order's channel tab sees where it stands, whatever the rights on transfers and holds
        order = self.sudo()
        add(order.ec_placed_at, self.env._("Placed in %s", order.ec_channel_id.name))
        first = order.ec_event_ids.filtered("has_body").sorted("id")[:1]
        add(first.received_at, self.env._("Received"))
        add(order.create_date, self.env._("Imported"))
        for hold in order.ec_hold_ids:
            add(hold.opened_at, self.env._("Held: %s", hold.type_id.name), "held" if hold.open else "done")
            add(hold.released_at, self.env._("Released: %s", hold.type_id.name))
        if order.state == "sale":
            add(order.date_order, self.env._("Confirmed"))
        for picking in order.picking_ids.filtered(lambda p: p.state == "done"):
            tracking = picking.carrier_tracking_ref
            add(
                picking.date_done,
                self.env._("Shipped: %(delivery)s, tracking number %(number)s", delivery=picking.name, number=tracking)
                if tracking
                else self.env._("Shipped: %s", picking.name),
            )
        for message in order.ec_message_ids:
            add(message.acknowledged_at, self.env._("The shop acknowledged: %s", message.display_name))
            if message.state in ("parked", "failed", "bug"):
                add(message.write_date, self.env._("The shop was not told: %s", message.fix or message.error_code), "error")
            elif message.state == "pending":
                add(message.write_date, self.env._("Is being told to the shop: %s", message.display_name), "waiting")
        for refund in order.ec_refund_ids:
            add(
                refund.refunded_at,
                self.env._("Refunded in the shop: %s", format_amount(self.env, refund.amount, refund.currency_id or order.currency_id)),
            )
        return steps


def _escaped(text):
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
