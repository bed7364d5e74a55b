from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain


class EcTradeBuyer(models.Model):
    _inherit = "ec.trade.buyer"

    ec_substitution_ids = fields.One2many("ec.trade.approval.substitute", "buyer_id", "Substitutes")

    @api.ondelete(at_uninstall=False)
    def _unlink_except_approvers(self):
        # sudo: whoever deletes buyers need not see rules
        rules = self.env["ec.trade.approval.rule"].sudo().with_context(active_test=False)
        named = Domain("first_approver_ids", "in", self.ids) | Domain("second_approver_ids", "in", self.ids)
        if rule := rules.search(named, limit=1):
            raise UserError(
                self.env._(
                    "The approval rule %(rule)s names this buyer: archive the buyer, or choose other approvers first.",
                    rule=rule.name,
                )
            )

    def _covers(self, branch):
        """Whether the buyer's role is about documents of this company, and it is the customer's."""
        self.ensure_one()
        if self.account_partner_id not in branch._ec_ancestors():
            return False
        return self.all_branches or branch in self.branch_ids

    def _may_approve(self, branch):
        return self._may("can_approve") and self._covers(branch)

    def _possible_substitutes(self):
        """Buyers who may approve for all branches of this one; superuser."""
        self.ensure_one()
        others = self.account_id.buyer_ids - self
        return others.filtered(
            lambda other: (
                other._may("can_approve")
                and (other.all_branches or (not self.all_branches and self.branch_ids <= other.branch_ids))
            )
        )

    def _stand_ins(self, day):
        """{buyer: for whom}: these approvers, and those who stand in for some of them on a day."""
        found = {buyer: self.browse() for buyer in self}
        for one in self.ec_substitution_ids:
            if one.date_from <= day <= one.date_to and one.substitute_id not in self:
                found[one.substitute_id] = found.get(one.substitute_id, self.browse()) | one.buyer_id
        return found
