from odoo import api, models


class EcRulePart(models.AbstractModel):
    """Something a version of a rule set consists of; it needs a field `rule_set_id`.

    Only parts of a draft change. That goes for everybody and every program: what an order met must stay readable.
    """

    _name = "ec.rule.part"
    _description = "Part of a Rule Set"

    _owner = "rule_set_id"  # the field that leads to the version, or to a part of it

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._check_owner(vals.get(self._owner) or self.env.context.get(f"default_{self._owner}"))
        return super().create(vals_list)

    def write(self, vals):
        self.rule_set_id._check_draft()
        self._check_owner(vals.get(self._owner))
        return super().write(vals)

    def _check_owner(self, owner_id):
        """Nothing is put into a version in use."""
        owner = self.env[self._fields[self._owner].comodel_name].browse(owner_id or ())
        (owner if owner._name == "ec.rule.set" else owner.rule_set_id)._check_draft()

    @api.ondelete(at_uninstall=False)
    def _unlink_except_draft(self):
        self.rule_set_id._check_draft()
