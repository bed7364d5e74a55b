import hashlib

from odoo import api, fields, models

GROUP = "ec_b2b_portal.group_trade_user"
ACTIVITY = "ec_trade_quote.mail_activity_quote"
# An offer that its customer may answer
OPEN = ("offered", "countered")
STATES = [
    ("requested", "Requested"),
    ("offered", "Offered"),
    ("countered", "Counter-Offer"),
    ("accepted", "Ordered"),
    ("declined", "Declined"),
]


class SaleOrder(models.Model):
    """A quotation of a trade customer: asked for, offered, answered. How it goes on is in sale_order_quote.py."""

    _inherit = "sale.order"

    ec_quote_state = fields.Selection(
        STATES, "Quotation", copy=False, readonly=True, index="btree_not_null", groups=GROUP
    )
    ec_quote_status = fields.Selection(
        [*STATES, ("expired", "Expired"), ("cancelled", "Cancelled")],
        "Quotation Status",
        compute="_compute_ec_quote_status",
        groups=GROUP,
    )
    ec_quote_asked_at = fields.Datetime("Quotation Asked", copy=False, readonly=True, groups=GROUP)
    ec_quote_note = fields.Text(
        "Customer's Word", copy=False, readonly=True, groups=GROUP, help="What the customer wrote last."
    )
    ec_quote_message = fields.Text(
        "Message to the Customer", copy=False, groups=GROUP, help="Shown with the offer in the portal."
    )
    ec_quote_sent = fields.Char(
        "Offer as Sent", copy=False, readonly=True, groups=GROUP, help="Fingerprint of the offer as it was sent."
    )
    ec_quote_changed = fields.Boolean("Changed since Sent", compute="_compute_ec_quote_changed", groups=GROUP)
    ec_quote_proposed = fields.Boolean("Has Proposals", compute="_compute_ec_quote_proposed", groups=GROUP)

    @api.depends("ec_quote_state", "state", "validity_date")
    def _compute_ec_quote_status(self):
        for order in self:
            order.ec_quote_status = order.ec_quote_state
            if order.ec_quote_state and order.ec_quote_state != "declined":
                if order.state == "cancel":
                    order.ec_quote_status = "cancelled"
                elif order.ec_quote_state in OPEN and order._ec_is_over():
                    order.ec_quote_status = "expired"

    @api.depends(
        "ec_quote_state",
        "ec_quote_sent",
        "ec_quote_message",
        "validity_date",
        "payment_term_id",
        "partner_shipping_id",
        "commitment_date",
        "amount_total",
        "order_line.name",
        "order_line.product_id",
        "order_line.product_uom_id",
        "order_line.product_uom_qty",
        "order_line.price_unit",
        "order_line.discount",
        "order_line.tax_ids",
    )
    def _compute_ec_quote_changed(self):
        for order in self:
            order.ec_quote_changed = (
                order.ec_quote_state in OPEN and order._origin._ec_quote_fingerprint() != order.ec_quote_sent
            )

    @api.depends("order_line.ec_quote_quantity", "order_line.ec_quote_price")
    def _compute_ec_quote_proposed(self):
        for order in self:
            order.ec_quote_proposed = bool(order._ec_proposed_lines())

    def _ec_is_over(self):
        """Whether its last day has passed; Odoo's own `is_expired` is not computed again when the day changes."""
        return bool(self.validity_date) and self.validity_date < fields.Date.today()

    def _ec_proposed_lines(self):
        return self.order_line.filtered(lambda line: line.ec_quote_quantity or line.ec_quote_price)

    def _ec_quote_fingerprint(self):
        """Of all that an offer says; another one if any of it is another. Superuser."""
        lines = [(line.product_id.id, line.product_uom_id.id, line.name) for line in self.order_line]
        terms = (
            self.validity_date,
            self.payment_term_id.id,
            self.partner_shipping_id.id,
            self.commitment_date,
            self.ec_quote_message or "",
        )
        return hashlib.sha256(repr((self._ec_fingerprint(), lines, terms)).encode()).hexdigest()[:16]

    # ---- where Odoo sends, confirms and takes back quotations

    def action_quotation_sent(self):
        result = super().action_quotation_sent()
        if not self.env.user.share:
            self._ec_quote_offer()
        return result

    def message_post(self, **kwargs):
        offers = self.browse()
        if self.env.context.get("mark_so_as_sent") and not self.env.user.share:
            # sudo: whoever sends a quotation need not see requests. What a buyer ordered and waits is no offer
            offers = self.sudo().filtered(lambda order: order.state == "draft" or order.ec_quote_state in OPEN)
        message = super().message_post(**kwargs)
        offers._ec_quote_offer()
        return message

    def write(self, vals):
        result = super().write(vals)
        if vals.get("state") in ("draft", "sale", "cancel"):
            # sudo: whoever confirms or cancels an order need not see requests
            quoted = self.sudo().filtered("ec_quote_state")
            if quoted:
                quoted.activity_unlink([ACTIVITY])
            if vals["state"] == "draft":
                asked = quoted.filtered("ec_quote_asked_at")
                asked.ec_quote_state = "requested"
                (quoted - asked).ec_quote_state = False
        return result

    def _action_confirm(self):
        result = super()._action_confirm()
        # sudo: whoever confirms an order need not see requests
        self.sudo().filtered("ec_quote_state").ec_quote_state = "accepted"
        return result

    def _ec_tell_buyers(self):
        # sudo: who ordered what was offered knows it
        super(
            SaleOrder, self - self.sudo().filtered(lambda order: order.ec_quote_state == "accepted")
        )._ec_tell_buyers()

    # ---- what a link or Odoo's own page of an order could do

    def _has_to_be_signed(self):
        # sudo: asked for customers. What is not paid online is ordered on its own page, with all that is asked there
        return super()._has_to_be_signed() and (self.require_payment or not self.sudo().ec_quote_state)

    def _can_be_edited_on_portal(self):
        # sudo: asked for customers, who propose other quantities
        return super()._can_be_edited_on_portal() and not self.sudo().ec_quote_state
