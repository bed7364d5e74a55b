from odoo import models
from odoo.fields import Domain


class ResUsers(models.Model):
    _inherit = "res.users"

    def _ec_trade_waits(self, order):
        """Why an order waits, for a buyer of its customer; nothing for anybody else, who may have come by a link."""
        # sudo: customers may not read accounts and approvals
        order = order.sudo()
        accounts = self._ec_trade_accounts().filtered(lambda account: account.company_id == order.company_id)
        buyer = self._ec_trade_buyer(accounts)
        if not buyer or buyer.account_partner_id not in order.partner_id._ec_ancestors():
            return []
        return order._ec_waits() if order.state in ("draft", "sent") else []

    def _ec_sees_approval(self, order):
        """Whether there is a page about the approval of this order for this login."""
        buyer = self._ec_trade_buyer()
        if not buyer or not (buyer._may("can_order") or buyer._may("can_approve")):
            return False
        # sudo: searched among those of this buyer alone
        approvals = self.env["ec.trade.approval"].sudo()
        return bool(approvals.search_count(approvals._seen_by(buyer) & Domain("order_id", "=", order.id), limit=1))
