from odoo import models
from odoo.tools import SQL

from .ec_routing_todo import OPEN


class EcRuleSet(models.Model):
    """Other rules: open orders that they apply to are looked at again."""

    _inherit = "ec.rule.set"

    def _move(self, vals):
        result = super()._move(vals)
        if "state" in vals:
            self.flush_recordset()
            for rule_set in self:
                # rules are for every order they apply to, whoever may see it
                mine = self.env["sale.order"].sudo().with_context(active_test=False)._search(
                    [("company_id", "=", rule_set.company_id.id), *rule_set._domain_of("applies_to")]
                )
                self.env.cr.execute(
                    SQL(
                        "INSERT INTO ec_routing_todo (order_id, reason) SELECT o.id, 'rules' FROM sale_order o WHERE %s AND o.id IN %s",
                        SQL(OPEN), mine.subselect(),
                    )  # fmt: skip
                )
            self.env["ec.lane"]._wake_routing()
        return result
