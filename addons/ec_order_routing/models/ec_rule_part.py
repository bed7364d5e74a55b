from odoo import api, models


class EcRulePart(models.AbstractModel):
    """Something a version of a rule set consists of; it needs a field `rule_set_id`.

    Only parts of a draft change. That goes for everybody and every program: what an order met must stay readable.
    """

    _name = "ec.rule.part"
    _description = "Part of a Rule Set"

    @api.model_create_multi
    def create(self, vals_list):
        parts = super().create(vals_list)
        parts.rule_set_id._check_draft()
        return parts

    def write(self, vals):
        self.rule_set_id._check_draft()
        result = super().write(vals)
        self.rule_set_id._check_draft()  # nor moved into a version in use
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_draft(self):
        self.rule_set_id._check_draft()
