from odoo import api, fields, models


class EcRuleSet(models.Model):
    """What is doubtful or wrong about a draft, before anybody's order meets it."""

    _inherit = "ec.rule.set"

    findings = fields.Json(compute="_compute_findings", help="Errors keep a draft from being activated, warnings do not.")
    error_count = fields.Integer(compute="_compute_findings")
    warning_count = fields.Integer(compute="_compute_findings")

    @api.depends("state")
    @api.depends_context("lang")
    def _compute_findings(self):
        for version in self:
            findings = version._origin._findings() if version._origin and version.state == "draft" else []
            version.findings = list(findings)
            version.error_count = sum(finding["level"] == "error" for finding in findings)
            version.warning_count = len(findings) - version.error_count

    def _findings(self):
        """[{"level": error | warning, "code", "rule_id": id or False, "name", "text"}], errors first."""
        self.ensure_one()
        if not self.rule_ids.filtered("active"):
            text = self.env._("There is no rule in use yet.")
            return [{"level": "error", "code": "empty", "rule_id": False, "name": self.name, "text": text}]
        return []
