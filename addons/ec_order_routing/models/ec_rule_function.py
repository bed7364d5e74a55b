from odoo import api, fields, models

from ..engine.spec import FunctionSpec


class EcRuleFunction(models.Model):
    """A registered condition that a rule asks for. All conditions of a rule must hold."""

    _name = "ec.rule.function"
    _inherit = ["ec.rule.call"]
    _description = "Condition of a Rule"
    _sort = "condition"
    _owner = "rule_id"

    rule_id = fields.Many2one("ec.rule", required=True, index=True, ondelete="cascade")
    rule_set_id = fields.Many2one(related="rule_id.rule_set_id", store=True, index=True)
    company_id = fields.Many2one(related="rule_id.company_id", store=True, index=True)
    negate = fields.Boolean(string="Must Not Hold")

    @api.depends("negate")
    def _compute_text(self):
        return super()._compute_text()

    def _text(self):
        text = super()._text()
        return self.env._("not (%(text)s)", text=text) if text and self.negate else text

    def _where(self, problem):
        return self.env._("Rule “%(rule)s”: %(problem)s", rule=self.rule_id.name, problem=problem)

    def _spec(self):
        return FunctionSpec(self.name, self._complete_args(), self.negate)
