from odoo import api, fields, models

from ..engine.compile import named_paths
from ..engine.lint import lint
from ..language import sentence

LEVELS = ("error", "warning", "info")


class EcRuleSet(models.Model):
    """What is wrong or doubtful about a draft, before any order meets it."""

    _inherit = "ec.rule.set"

    findings = fields.Json(compute="_compute_findings", help="Errors keep a draft from being activated, the others do not.")
    finding_count = fields.Integer(compute="_compute_findings")
    error_count = fields.Integer(compute="_compute_findings")

    @api.depends("state")
    @api.depends_context("lang")
    def _compute_findings(self):
        for version in self:
            findings = version._origin._findings() if version._origin and version.state == "draft" else []
            version.findings = findings
            version.finding_count = len(findings)
            version.error_count = sum(finding["level"] == "error" for finding in findings)

    def _findings(self):
        """[{"level": error | warning | info, "code", "rule_id": id or False, "name", "text"}], the worst first."""
        self.ensure_one()
        rules = self.rule_ids.filtered("active")
        if not rules:
            text = self.env._("There is no rule in use yet.")
            return [{"level": "error", "code": "empty", "rule_id": False, "name": self.name, "text": text}]
        # which types there are does not depend on who asks
        types = self.env["ec.order.hold.type"].sudo().with_context(active_test=False).search([])
        found = lint(
            self._spec(),
            self._named_types(rules),
            hold_types=dict.fromkeys(types.mapped("code"), True),
            today=fields.Date.to_string(fields.Date.context_today(self)),
        )
        names = {rule.id: rule.name for rule in rules}
        findings = [
            {
                "level": finding.severity,
                "code": finding.code,
                "rule_id": finding.rule,
                "name": names.get(finding.rule, ""),
                "text": sentence(self.env, finding.said),
            }
            for finding in found
        ]
        return sorted(findings, key=lambda finding: LEVELS.index(finding["level"]))

    @api.model
    def _named_types(self, rules):
        """{"order": {path: field type}, "lines": …} of every path that the rules' domains name and that exists."""
        types = {"order": {}, "lines": {}}
        for side, model, path in self._named(rules):
            if field := self._field_of(model, path):
                types[side][path] = field.type
        return types

    @api.model
    def _field_of(self, model, path):
        field = None
        for name in path.split("."):
            field = self.env[model]._fields.get(name) if model else None
            model = field and field.comodel_name
        return field

    @api.model
    def _named(self, rules):
        """(side, model, path) of every path in the rules' domains and of every field on the way there."""
        for rule in rules:
            sides = [("order", "sale.order", rule.order_domain)]
            if rule.line_scope:
                sides.append(("lines", "sale.order.line", rule.line_domain))
            for side, model, text in sides:
                for path in named_paths(rule._domain(text)):
                    names = path.split(".")
                    yield from ((side, model, ".".join(names[: count + 1])) for count in range(len(names)))
