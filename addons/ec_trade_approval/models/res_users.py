from odoo import models


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
