from dataclasses import dataclass
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import SQL, format_amount

from ..period import bounds, local_day, midnight


@dataclass
class Asked:
    """One order as rules see it, in the currency of the account."""

    order: object
    amount: float
    products: object
    category_ids: set
    branch: object
    day: object


class EcTradeApprovalRule(models.Model):
    """Which orders of a customer somebody of that customer approves first: all conditions hold."""

    _name = "ec.trade.approval.rule"
    _inherit = ["mail.thread"]
    _description = "Approval Rule"
    _order = "account_id, sequence, id"

    name = fields.Char(required=True, tracking=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True, tracking=True)
    account_id = fields.Many2one("ec.trade.account", "Customer", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="account_id.company_id", store=True)
    account_partner_id = fields.Many2one(related="account_id.partner_id", string="Head Office")
    currency_id = fields.Many2one(related="account_id.approval_currency_id")
    branch_id = fields.Many2one(
        "res.partner",
        "Branch",
        index="btree_not_null",
        tracking=True,
        ondelete="cascade",
        domain="[('id', 'child_of', account_partner_id), ('is_company', '=', True)]",
        help="Only orders of this company of the customer. Empty: of all.",
    )
    min_amount = fields.Monetary(
        "Amount from", tracking=True, help="Orders of at least this amount before tax. 0: of any amount."
    )
    min_skus = fields.Integer(
        "SKUs from", tracking=True, help="Orders of at least so many different products. 0: of any number."
    )
    category_ids = fields.Many2many(
        "product.category",
        "ec_trade_approval_rule_category_rel",
        "rule_id",
        "category_id",
        "Categories",
        tracking=True,
        help="Orders with a product of one of these categories or of those below. Empty: of any products.",
    )
    budget = fields.Monetary(
        tracking=True,
        help="Orders that exceed what is left of this amount before tax, for each branch and period. 0: no budget. "
        "Orders that were placed or confirmed count, those cancelled do not.",
    )
    period = fields.Selection(
        [("month", "Month"), ("quarter", "Quarter"), ("year", "Year")],
        "Budget per",
        default="month",
        required=True,
        tracking=True,
    )
    first_approver_ids = fields.Many2many(
        "ec.trade.buyer",
        "ec_trade_approval_rule_first_rel",
        "rule_id",
        "buyer_id",
        "Approvers",
        tracking=True,
        # people who were dismissed stay on the list: an empty one means anybody
        context={"active_test": False},
        domain="[('account_id', '=', account_id), ('role_id.can_approve', '=', True)]",
        help="One of them approves. Empty: anybody whose role may approve and whose branches include the order's.",
    )
    two_steps = fields.Boolean(tracking=True, help="After the first approval somebody else approves, too.")
    second_approver_ids = fields.Many2many(
        "ec.trade.buyer",
        "ec_trade_approval_rule_second_rel",
        "rule_id",
        "buyer_id",
        "Second Approvers",
        tracking=True,
        context={"active_test": False},
        domain="[('account_id', '=', account_id), ('role_id.can_approve', '=', True)]",
        help="One of them approves after the first. Empty: anybody who may approve.",
    )
    customer_may_edit = fields.Boolean(
        "Customer May Edit",
        tracking=True,
        help="The customer's own administrator may change amount, number of SKUs, budget and approvers.",
    )
    warning = fields.Char(compute="_compute_warning", help="What this rule lacks.")
    lock_count = fields.Integer(
        copy=False, readonly=True, help="Written to count orders against a budget one after another."
    )

    _not_negative = models.Constraint(
        "CHECK (min_amount >= 0 AND min_skus >= 0 AND budget >= 0)", "Amounts and numbers cannot be negative."
    )

    @api.constrains("account_id", "branch_id", "first_approver_ids", "second_approver_ids")
    def _check_account(self):
        for rule in self:
            if (rule.first_approver_ids | rule.second_approver_ids).account_id - rule.account_id:
                raise ValidationError(self.env._("A buyer of another customer cannot approve."))
            if rule.branch_id and rule.account_partner_id not in rule.branch_id._ec_ancestors():
                raise ValidationError(self.env._("A branch of another customer cannot be chosen."))

    def write(self, vals):
        if "account_id" in vals and any(rule.account_id.id != vals["account_id"] for rule in self):
            raise UserError(self.env._("A rule stays with its customer: archive it, and make a new one for the other."))
        return super().write(vals)

    @api.depends("account_id", "branch_id", "first_approver_ids", "two_steps", "second_approver_ids")
    def _compute_warning(self):
        for rule in self:
            rule.warning = rule._warning() if rule.account_id else False

    def _warning(self):
        """What a person should know of who approves; False if there are at least two."""
        branch = self.branch_id or self.account_partner_id
        for step in self._steps():
            buyers = self._approvers(step, branch)
            if not buyers:
                return self.env._(
                    "Nobody may approve: give a buyer a role that approves, or choose other approvers. Until then these orders wait for the seller."
                )
            if len(buyers) == 1:
                return self.env._(
                    "%(name)s is the only one who may approve, and therefore approves own orders, too.",
                    name=buyers.name,
                )
        return False

    # ---- as sentences

    def _conditions(self, shown=True):
        """What an order is that needs approval, as sentences for the customer.

        :param shown: whether the reader may see prices
        """
        _ = self.env._
        lines = []
        if self.min_amount:
            amount = format_amount(self.env, self.min_amount, self.currency_id)
            lines.append(_("From %(amount)s before tax", amount=amount) if shown else _("From an amount on"))
        if self.min_skus:
            lines.append(_("From %(number)s different products", number=self.min_skus))
        if self.category_ids:
            lines.append(_("With products of %(categories)s", categories=", ".join(self.category_ids.mapped("name"))))
        if self.budget:
            lines.append(self._budget_text(shown))
        return lines or [_("All orders")]

    def _budget_text(self, shown):
        _ = self.env._
        if not shown:
            return _("Beyond a budget")
        amount = format_amount(self.env, self.budget, self.currency_id)
        return {
            "month": _("Beyond %(amount)s a month and branch", amount=amount),
            "quarter": _("Beyond %(amount)s a quarter and branch", amount=amount),
            "year": _("Beyond %(amount)s a year and branch", amount=amount),
        }[self.period]

    def _who_approves(self):
        """One sentence a step."""
        _ = self.env._
        first, second = (
            ", ".join(buyers.mapped("name")) for buyers in (self.first_approver_ids, self.second_approver_ids)
        )
        lines = [first or _("Anybody who may approve")]
        if self.two_steps:
            lines.append(_("Then %(names)s", names=second) if second else _("Then anybody else who may approve"))
        return lines

    # ---- who

    def _steps(self):
        return (1, 2) if self.two_steps else (1,)

    def _approvers(self, step, branch):
        """The buyers who may approve orders of a branch at a step, whoever ordered; superuser."""
        chosen = self.first_approver_ids if step == 1 else self.second_approver_ids
        return (chosen or self.account_id.buyer_ids).filtered(lambda buyer: buyer._may_approve(branch))

    # ---- which orders

    def _matching(self, order):
        """{rule: facts} of those of these rules (of one account) that an order needs; superuser.

        Facts are plain JSON, amounts in the currency of the account and before tax: what the rule asked and what the order is.
        """
        if not self:
            return {}
        asked = self._read_order(order, self.account_id)
        rules = self.filtered(lambda rule: rule._fits(asked))
        budgeted = rules.filtered("budget")
        budgeted._lock()
        used = {period: budgeted._used(asked, period) for period in set(budgeted.mapped("period"))}
        return {
            rule: rule._facts(asked, used)
            for rule in rules
            if not rule.budget or rule.currency_id.compare_amounts(used[rule.period] + asked.amount, rule.budget) > 0
        }

    @api.model
    def _read_order(self, order, account):
        lines = order._ec_pad_lines()
        paths = lines.product_id.categ_id.mapped("parent_path")
        placed = order.ec_placed_at or fields.Datetime.now()
        return Asked(
            order=order,
            amount=order.currency_id._convert(
                order.amount_untaxed, account.approval_currency_id, order.company_id, fields.Date.today()
            ),
            products=lines.product_id,
            category_ids={int(part) for path in paths for part in path.split("/") if part},
            branch=order.partner_id.commercial_partner_id,
            day=local_day(placed, account._approval_zone()),
        )

    def _fits(self, asked):
        """Whether all conditions but the budget hold."""
        return (
            (not self.branch_id or self.branch_id == asked.branch)
            and self.currency_id.compare_amounts(asked.amount, self.min_amount) >= 0
            and len(asked.products) >= self.min_skus
            and (not self.category_ids or not asked.category_ids.isdisjoint(self.category_ids.ids))
        )

    def _lock(self):
        """Of two orders at once under one budget the second starts again on a fresh snapshot, and sees the first."""
        if self:
            self.env.execute_query(
                SQL(
                    "UPDATE ec_trade_approval_rule SET lock_count = COALESCE(lock_count, 0) + 1 WHERE id = ANY(%s) RETURNING id",
                    sorted(self.ids),
                )
            )
            self.invalidate_recordset(["lock_count"], flush=False)

    def _used(self, asked, period):
        """What the branch ordered in the period, without this order; in the currency of the account."""
        zone = self.account_id._approval_zone()
        start, end = (midnight(day, zone) for day in bounds(period, asked.day))
        placed = Domain("ec_placed_at", ">=", start) & Domain("ec_placed_at", "<", end)
        entered = Domain("date_order", ">=", start) & Domain("date_order", "<", end)
        counted = (placed & Domain("state", "!=", "cancel")) | (
            Domain("ec_placed_at", "=", False) & entered & Domain("state", "=", "sale")
        )
        sums = self.env["sale.order"]._read_group(
            counted
            & Domain("id", "!=", asked.order.id)
            & Domain("company_id", "=", self.company_id.id)
            & Domain("partner_id.commercial_partner_id", "=", asked.branch.id),
            ["currency_id"],
            ["amount_untaxed:sum"],
        )
        today = fields.Date.today()
        return sum(currency._convert(amount, self.currency_id, self.company_id, today) for currency, amount in sums)

    def _facts(self, asked, used):
        facts = {"amount": asked.amount, "skus": len(asked.products), "currency_id": self.currency_id.id}
        if self.min_amount:
            facts["min_amount"] = self.min_amount
        if self.min_skus:
            facts["min_skus"] = self.min_skus
        if self.category_ids:
            facts["category_ids"] = self.category_ids.ids
        if self.budget:
            start, end = bounds(self.period, asked.day)
            facts |= {
                "budget": self.budget,
                "used": used[self.period],
                "from": start.isoformat(),
                "to": (end - timedelta(days=1)).isoformat(),
            }
        return facts
