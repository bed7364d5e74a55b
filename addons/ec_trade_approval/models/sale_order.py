import hashlib

from odoo import fields, models
from odoo.tools import format_list

from .ec_trade_approval import HOLD

GROUP = "ec_b2b_portal.group_trade_user"
OPEN = ("draft", "sent")
# Holds that end when goods or money come: buyers may know that
GOODS = {"stock_short", "preorder", "release_date"}
MONEY = {"payment_pending"}


class SaleOrder(models.Model):
    _inherit = "sale.order"

    ec_placed_at = fields.Datetime(
        "Placed", copy=False, readonly=True, groups=GROUP, help="When a buyer of a trade account ordered."
    )
    ec_confirm_asked = fields.Boolean(
        "Confirmation Asked",
        copy=False,
        readonly=True,
        groups=GROUP,
        help="It is confirmed when its approvals are given.",
    )
    ec_approval_ids = fields.One2many("ec.trade.approval", "order_id", "Approvals", groups=GROUP)

    # ---- ways to place an order

    def action_quotation_sent(self):
        result = super().action_quotation_sent()
        if self.env.user.share:
            self._ec_ask_approval()
        return result

    def _ec_hand_in(self, account):
        # an offer was sent before
        if self.state == "sent":
            self._ec_ask_approval()
        return super()._ec_hand_in(account)

    def action_confirm(self):
        # a job may confirm what a customer pays
        by_customer = self.env.user.share or self.env.context.get("ec_leave_held")
        if by_customer:
            self._ec_ask_approval()
            # sudo: customers may not read approvals
            self.sudo().filtered("ec_placed_at")._ec_waiting_approvals().order_id.ec_confirm_asked = True
        result = super().action_confirm()
        if by_customer:
            self._ec_no_cart()
        return result

    def _ec_no_cart(self):
        """What was ordered and waits is no draft, which the shop would take for a cart and change."""
        # sudo: who pays or signs need not see approvals
        self.sudo().filtered(lambda order: order.ec_placed_at and order.state == "draft").state = "sent"

    def write(self, vals):
        # of many lines at once: ask about the order as it is in the end
        order = self.with_context(ec_ask_later=True) if "order_line" in vals else self
        result = super(SaleOrder, order).write(vals)
        if "order_line" in vals:
            self._ec_ask_again()
        if vals.get("state") == "draft":
            # a draft is nobody's order yet
            # sudo: whoever takes an order back need not see approvals
            self.sudo().filtered("ec_placed_at").write({"ec_placed_at": False, "ec_confirm_asked": False})
        return result

    def _ec_ask_approval(self, payer=None):
        """These are ordered now by buyers of trade accounts: ask those whom their rules name; once for each order.

        :param payer: the contact who pays, where a job works on the payment
        """
        # sudo: customers may not read accounts and approvals
        orders = self.sudo().filtered(lambda order: not order.ec_placed_at and order.state in OPEN)
        for order, account in orders._ec_accounts().items():
            order.ec_placed_at = fields.Datetime.now()
            self.env["ec.trade.approval"].sudo()._ask(order, account, order._ec_requester(account, payer))

    def _ec_ask_again(self):
        """Lines changed: what was placed and is not confirmed yet may need another approval."""
        if self.env.context.get("ec_ask_later"):
            return
        # sudo: whoever changes an order need not see approvals
        orders = self.sudo().filtered(lambda order: order.ec_placed_at and order.state in OPEN)
        accounts = orders._ec_accounts()
        for order in orders:
            last = order.ec_approval_ids.sorted("id")[-1:]
            # another contact on an order that was asked about is no way out
            if account := last.account_id or accounts.get(order):
                requester = last.requester_id or order._ec_requester(account)
                self.env["ec.trade.approval"].sudo()._ask(order, account, requester)

    def _ec_requester(self, account, payer=None):
        """The buyer who orders: this login's, else who pays, else the contact; may be empty. Superuser."""
        buyers = {buyer.partner_id: buyer for buyer in account.buyer_ids}
        return (
            self.env.user._ec_trade_buyer(account)
            or buyers.get(payer)
            or buyers.get(self.partner_id)
            or account.buyer_ids.browse()
        )

    def _recompute_prices(self):
        result = super(SaleOrder, self.with_context(ec_ask_later=True))._recompute_prices()
        self._ec_ask_again()
        return result

    # ---- after the approvals

    def _ec_waiting_approvals(self):
        return self.ec_approval_ids.filtered(lambda one: one.state == "waiting")

    def _ec_for_staff(self):
        """This order in the language in which notes for staff are written."""
        return self.with_context(lang=self._ec_staff_lang())

    def _ec_go_on(self):
        """Nothing waits for an approval any more: confirm what would have been confirmed, unless another hold keeps it; superuser."""
        self.ensure_one()
        if self.ec_confirm_asked:
            self.with_context(ec_leave_held=True).action_confirm()
        paid = self.transaction_ids.filtered(lambda tx: tx.state in ("authorized", "done"))
        if self.state in OPEN and paid:
            paid._check_amount_and_confirm_order()
        if self.state == "sale":
            paid._ec_invoice()

    def _ec_lines_fingerprint(self):
        """Of what is ordered; another one if a product, quantity or price is another."""
        lines = sorted(
            (line.product_id.id, line.product_uom_qty, line.price_unit, line.discount) for line in self.order_line
        )
        return hashlib.sha256(repr((lines, self.currency_id.id)).encode()).hexdigest()[:16]

    # ---- what buyers read

    def _ec_waits(self):
        """Why this order waits, as sentences for its buyers: no reason of our staff, no name of another company; superuser."""
        self.ensure_one()
        _ = self.env._
        sentences = [
            _(
                "Waiting for approval by %(names)s.",
                names=format_list(self.env, [buyer.name for buyer in deciders], "or"),
            )
            if (deciders := one._deciders())
            else _("Waiting for approval, but nobody in your company may approve it now. Please contact us.")
            for one in self._ec_waiting_approvals()
        ]
        holds = self.ec_hold_ids.filtered(lambda hold: hold.open and hold.code != HOLD)
        codes = set(holds.filtered("blocks_confirm" if self.state in OPEN else "blocks_delivery").mapped("code"))
        if codes & GOODS:
            sentences.append(_("Waiting for goods."))
        if codes & MONEY:
            sentences.append(_("Waiting for your payment."))
        if codes - GOODS - MONEY:
            sentences.append(_("Under review by the seller."))
        return list(dict.fromkeys(sentences))

    def _ec_salutation(self):
        return self.env._("Dear %(name)s,", name=self.partner_id.name)

    def _ec_received_template(self):
        if self.sudo()._ec_waiting_approvals():  # sudo: customers may not read approvals
            return self.env.ref("ec_trade_approval.mail_template_received")
        return super()._ec_received_template()
