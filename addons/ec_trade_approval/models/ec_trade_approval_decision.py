from odoo import fields, models


class EcTradeApprovalDecision(models.Model):
    """Who decided one step of an approval: each once, and never changed."""

    _name = "ec.trade.approval.decision"
    _description = "Decision about an Order"
    _order = "id"

    approval_id = fields.Many2one("ec.trade.approval", required=True, readonly=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="approval_id.company_id", store=True)
    step = fields.Integer(required=True, readonly=True)
    verdict = fields.Selection(
        [("approved", "Approved"), ("rejected", "Rejected"), ("released", "Released by Staff")],
        "Decision",
        required=True,
        readonly=True,
    )
    buyer_id = fields.Many2one("ec.trade.buyer", "Approver", readonly=True, index=True, ondelete="set null")
    buyer_name = fields.Char(related="buyer_id.name", store=True, string="Name")
    for_buyer_id = fields.Many2one("ec.trade.buyer", "In Place Of", readonly=True, ondelete="set null")
    user_id = fields.Many2one("res.users", "Staff", readonly=True, ondelete="set null")
    comment = fields.Text(readonly=True)

    _once = models.UniqueIndex("(approval_id, step)", "This was decided already.")

    def _who(self):
        """Who decided, for customers: our staff without a name."""
        if self.verdict == "released":
            return self.company_id.name
        if self.for_buyer_id:
            return self.env._(
                "%(name)s in place of %(absent)s", name=self.buyer_name or "", absent=self.for_buyer_id.name
            )
        return self.buyer_name or ""

    def _what(self):
        """What was decided, for customers."""
        rule = self.approval_id.rule_id.name
        if self.verdict == "rejected":
            return self.env._("%(rule)s: rejected", rule=rule)
        if self.verdict == "released":
            return self.env._("%(rule)s: released by the seller", rule=rule)
        if self.buyer_id == self.approval_id.requester_id:
            return self.env._("%(rule)s: approved the own order, as the only approver", rule=rule)
        if len(self.approval_id.rule_id._steps()) > 1:
            return self.env._("%(rule)s: approved, step %(step)s", rule=rule, step=self.step)
        return self.env._("%(rule)s: approved", rule=rule)
