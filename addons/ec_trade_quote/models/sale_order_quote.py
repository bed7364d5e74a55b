from datetime import timedelta

from markupsafe import Markup

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tools import format_date

from .sale_order import ACTIVITY, OPEN
from .sale_order_line import NOTHING_PROPOSED


class SaleOrder(models.Model):
    """What customer and seller do with a quotation. Methods for customers are the superuser's, with the buyer as user."""

    _inherit = "sale.order"

    # ---- the customer

    def _ec_quote_ask(self, account, number, requested, note):
        """This cart becomes a request: no cart any more, nothing is ordered. Superuser.

        :param requested: date or None
        """
        self.ensure_one()
        self.with_context(mail_auto_subscribe_no_notify=True).write(
            {
                # the shop takes a draft of its own for the cart
                "website_id": False,
                "client_order_ref": number,
                "commitment_date": requested and self._ec_noon(requested),
                "user_id": (self.user_id or account.user_id).id,
                "require_signature": self.company_id.portal_confirmation_sign,
                # it counts from the offer
                "validity_date": False,
                "ec_quote_state": "requested",
                "ec_quote_asked_at": fields.Datetime.now(),
                "ec_quote_note": note,
            }
        )
        self._ec_quote_log(note)
        self._ec_quote_tell("requested")

    def _ec_quote_problem(self):
        """Why this cannot be ordered now, as a sentence for its buyer; empty if it can. Superuser."""
        self.ensure_one()
        _ = self.env._
        if self.state != "sent" or self.ec_quote_state not in OPEN:
            return _("This quotation cannot be ordered any more. See its state.")
        if self._ec_is_over():
            return _(
                "This offer ended on %(date)s. Make a counter-offer to get a new one.",
                date=format_date(self.env, self.validity_date),
            )
        if self.ec_quote_changed:
            return _("We are changing this offer. You get a mail as soon as it is ready.")
        return ""

    def _ec_quote_order(self, account, number, signed_by):
        """Order what was offered, at the prices of the offer; whether it may be was asked before. Superuser.

        :return: False if the number was used in this very moment by another order
        """
        self.ensure_one()
        signed = {"signed_by": signed_by, "signed_on": fields.Datetime.now()} if signed_by else {}
        if not self._ec_take_number(account, number, ec_quote_state="accepted", **signed):
            return False
        self.activity_unlink([ACTIVITY])
        self._ec_hand_in(account)
        return True

    def _ec_quote_counter(self, proposals, note):
        """Keep what the customer proposes, apart from what was offered. Superuser.

        :param proposals: {order line: {"ec_quote_quantity": float, "ec_quote_price": float}}
        """
        self.ensure_one()
        commands = [
            Command.update(line.id, {**NOTHING_PROPOSED, **proposals.get(line, {})}) for line in self._ec_pad_lines()
        ]
        self.write({"ec_quote_state": "countered", "ec_quote_note": note, "order_line": commands})
        self._ec_quote_log(note)
        self._ec_quote_tell("countered")

    def _ec_quote_decline(self, reason):
        """The customer does not want what was offered; superuser."""
        self.ensure_one()
        self.write({"ec_quote_state": "declined", "ec_quote_note": reason})
        self._action_cancel()
        self._ec_quote_log(reason, told=self.user_id.partner_id)

    def _ec_quote_log(self, note, told=None):
        """A note for staff, which customers do not read: the customer's words and what is proposed."""
        order = self.with_context(lang=self._ec_staff_lang())
        lines = [
            order.env._(
                "%(product)s: quantity %(quantity)s, price %(price)s",
                product=line.product_id.display_name,
                quantity=_figure(line.ec_quote_quantity),
                price=_figure(line.ec_quote_price),
            )
            for line in order._ec_proposed_lines()
        ]
        labels = dict(order._fields["ec_quote_state"]._description_selection(order.env))
        text = Markup("<br/>").join([labels[self.ec_quote_state], *lines, *(note or "").splitlines()])
        self.message_post(body=text, subtype_xmlid="mail.mt_note", partner_ids=told.ids if told else None)

    def _ec_quote_tell(self, state):
        """It is the seller's turn: an activity of the salesperson; superuser."""
        self.activity_unlink([ACTIVITY])
        user = self.user_id or self._ec_accounts().get(self, self.env["ec.trade.account"]).user_id
        if not user:
            return
        _ = self.with_context(lang=user.lang).env._
        summary = _("Answer the counter-offer") if state == "countered" else _("Answer the quotation request")
        self.activity_schedule(ACTIVITY, summary=summary, user_id=user.id)

    # ---- the seller

    def action_ec_send_offer(self):
        """Send what is on the order now to its customer, as an offer."""
        self.check_access("write")
        for order in self:
            order._ec_quote_check()
        self.filtered(lambda order: order.state == "draft").action_quotation_sent()
        self._ec_quote_offer()
        for order in self:
            order.message_post_with_source(
                self.env.ref("ec_trade_quote.mail_template_offer"),
                subtype_xmlid="mail.mt_comment",
                partner_ids=order.partner_id.ids,
                email_layout_xmlid="mail.mail_notification_light",
            )

    def action_ec_take_over(self):
        """Write what the customer proposes to the lines; nothing is sent yet."""
        self.check_access("write")
        for order in self:
            commands = [Command.update(line.id, line._ec_taken_over()) for line in order._ec_proposed_lines()]
            order.write({"order_line": commands})

    def _ec_quote_check(self):
        """Raise what keeps an offer from being sent; without a last day it gets that of the company's settings."""
        if self.state not in ("draft", "sent") or not self._ec_pad_lines():
            raise UserError(self.env._("%(order)s: there is nothing that could be offered.", order=self.name))
        if not self.validity_date and (days := self.company_id.quotation_validity_days):
            self.validity_date = fields.Date.today() + timedelta(days=days)
        if self._ec_is_over():
            raise UserError(
                self.env._(
                    "%(order)s: its expiration %(date)s has passed. Choose a later day first.",
                    order=self.name,
                    date=format_date(self.env, self.validity_date),
                )
            )

    def _ec_quote_offer(self):
        """These are sent to their customers as they are now; those of trade accounts become offers."""
        # sudo: whoever sends a quotation need not see accounts and requests
        sent = self.sudo().filtered(lambda order: order.state == "sent" and order.ec_quote_state != "accepted")
        offers = sent.browse().concat(*sent._ec_accounts())
        for order in offers:
            order.write(
                {
                    "ec_quote_state": "offered",
                    "ec_quote_sent": order._ec_quote_fingerprint(),
                    "order_line": [Command.update(line.id, NOTHING_PROPOSED) for line in order._ec_proposed_lines()],
                }
            )
        if offers:
            offers.activity_unlink([ACTIVITY])

    def _ec_quote_salutation(self):
        return self.env._("Dear %(name)s,", name=self.partner_id.name)


def _figure(number):
    return f"{number:.6f}".rstrip("0").rstrip(".") if number else "—"
