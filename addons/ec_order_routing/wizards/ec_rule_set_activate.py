from odoo import fields, models


class EcRuleSetActivate(models.TransientModel):
    """What changed and why, and for which orders at first."""

    _name = "ec.rule.set.activate"
    _description = "Activate a Rule Set"

    rule_set_id = fields.Many2one("ec.rule.set", required=True, ondelete="cascade")
    comment = fields.Text(string="What Changed and Why", required=True)
    applies_text = fields.Char(related="rule_set_id.applies_text", string="Orders")
    no_order = fields.Boolean(related="rule_set_id.no_order")
    share = fields.Selection(
        [("all", "All of these orders"), ("trial", "A part of them, on trial")], string="It Decides About", default="all", required=True
    )
    trial_percent = fields.Integer(string="Share of the Orders (%)", default=10)
    trial_domain = fields.Char(string="Only Orders", default="[]")
    trial_guarded = fields.Boolean(related="rule_set_id.trial_guarded", readonly=False)
    trial_min_orders = fields.Integer(related="rule_set_id.trial_min_orders", readonly=False)
    trial_max_held = fields.Float(related="rule_set_id.trial_max_held", readonly=False)
    trial_more_held = fields.Float(related="rule_set_id.trial_more_held", readonly=False)
    trial_more_cost = fields.Float(related="rule_set_id.trial_more_cost", readonly=False)
    trial_max_failed = fields.Float(related="rule_set_id.trial_max_failed", readonly=False)
    compare_id = fields.Many2one(related="rule_set_id.compare_id")
    diff = fields.Html(related="rule_set_id.diff")
    findings = fields.Json(related="rule_set_id.findings")
    error_count = fields.Integer(related="rule_set_id.error_count")
    finding_count = fields.Integer(related="rule_set_id.finding_count")

    def action_activate(self):
        self.ensure_one()
        if self.share == "all":
            self.rule_set_id._activate(self.comment)
        else:
            self.rule_set_id._try(self.comment, self.trial_percent, self.trial_domain)
        return {"type": "ir.actions.act_window_close"}
