from odoo import api, fields, models

from ..period import local_day


class EcTradeAccount(models.Model):
    """Who of a customer approves what."""

    _inherit = "ec.trade.account"

    approval_rule_ids = fields.One2many("ec.trade.approval.rule", "account_id", "Approval Rules")
    approval_remind_days = fields.Integer(
        "Remind Approvers after (Days)",
        default=2,
        help="Who has not approved or rejected an order so many days after he was asked is reminded by mail, and again after as many days. 0: never.",
    )
    approval_currency_id = fields.Many2one(
        "res.currency",
        "Currency of Approvals",
        compute="_compute_approval_currency_id",
        help="The currency of the customer's price list, else of your company.",
    )

    _remind_days_not_negative = models.Constraint(
        "CHECK (approval_remind_days >= 0)", "Days until a reminder cannot be negative."
    )

    @api.depends("pricelist_id.currency_id", "company_id.currency_id")
    def _compute_approval_currency_id(self):
        for account in self:
            account.approval_currency_id = account.pricelist_id.currency_id or account.company_id.currency_id

    def _approval_zone(self):
        """The time zone in which periods of budgets and days of substitutes begin."""
        return self.company_id.partner_id.tz or "Asia/Tokyo"

    def _approval_day(self):
        return local_day(fields.Datetime.now(), self._approval_zone())
