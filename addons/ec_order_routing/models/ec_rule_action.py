from odoo import fields, models

from ..engine.spec import ActionSpec


class EcRuleAction(models.Model):
    """What a rule does when it matches; actions run in their order."""

    _name = "ec.rule.action"
    _inherit = ["ec.rule.call"]
    _description = "Action of a Rule"
    _sort = "action"
    _owner = "rule_id"

    rule_id = fields.Many2one("ec.rule", required=True, index=True, ondelete="cascade")
    rule_set_id = fields.Many2one(related="rule_id.rule_set_id", store=True, index=True)
    company_id = fields.Many2one(related="rule_id.company_id", store=True, index=True)

    def _where(self, problem):
        return self.env._("Rule “%(rule)s”: %(problem)s", rule=self.rule_id.name, problem=problem)

    def _spec(self):
        return ActionSpec(self.name, self._complete_args())
