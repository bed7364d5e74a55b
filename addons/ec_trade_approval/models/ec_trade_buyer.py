from odoo import fields, models


class EcTradeBuyer(models.Model):
    _inherit = "ec.trade.buyer"

    ec_substitution_ids = fields.One2many("ec.trade.approval.substitute", "buyer_id", "Substitutes")

    def _covers(self, branch):
        """Whether the buyer's role is about documents of this company of the customer."""
        self.ensure_one()
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
        """{buyer: for whom}: these approvers, and those who stand in for one of them on a day."""
        found = {buyer: self.browse() for buyer in self}
        for one in self.ec_substitution_ids:
            if one.date_from <= day <= one.date_to:
                found.setdefault(one.substitute_id, one.buyer_id)
        return found
