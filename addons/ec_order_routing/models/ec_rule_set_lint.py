from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

from ..engine import registry
from ..engine.compile import named_paths
from ..engine.lint import lint
from ..engine.registry import SpecError
from ..language import label, sentence

LEVELS = ("error", "warning", "info")
DECIDING = ("active", "trial")
# How many decisions, and of how many days, tell whether a rule ever matches
NEWEST, DAYS = 2000, 30


class EcRuleSet(models.Model):
    """What is wrong or doubtful about a draft, before any order meets it; and what a version in use has lost since."""

    _inherit = "ec.rule.set"

    findings = fields.Json(compute="_compute_findings", help="Errors keep a draft from being activated, the others do not.")
    finding_count = fields.Integer(compute="_compute_findings")
    error_count = fields.Integer(compute="_compute_findings")

    @api.depends("state")
    @api.depends_context("lang")
    def _compute_findings(self):
        for version in self:
            findings = []
            if version._origin and version.state == "draft":
                findings = version._origin._findings()
            elif version._origin and version.state in DECIDING:
                findings = version._origin._lost()
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
            hold_types={hold_type.code: hold_type.released_by == "person" for hold_type in types},
            hits=self._hits(rules),
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

    # -- How often rules match -------------------------------------------------------------

    def _hits(self, rules):
        """{rule id: orders that it matched} in the newest decisions of earlier versions; rules that these did not have are left out."""
        self.flush_model(["family", "company_id"])
        rules.flush_model(["key", "rule_set_id"])
        rows = self.env.execute_query(
            SQL(
                """
                WITH newest AS (
                    SELECT d.order_id, d.set_id, d.plan FROM ec_decision d
                     WHERE d.set_id IN (SELECT id FROM ec_rule_set WHERE family = %(family)s AND company_id = %(company)s)
                       AND d.decided_at >= %(since)s ORDER BY d.id DESC LIMIT %(most)s),
                matched AS (
                    SELECT (step->>'rule')::int AS rule_id, count(DISTINCT order_id) AS orders
                      FROM newest, jsonb_array_elements(plan->'steps') step WHERE (step->>'matched')::boolean GROUP BY 1)
                SELECT r.key, COALESCE(sum(m.orders), 0)::int FROM ec_rule r LEFT JOIN matched m ON m.rule_id = r.id
                 WHERE r.active AND r.rule_set_id IN (SELECT set_id FROM newest) GROUP BY 1
                """,
                family=self.family, company=self.company_id.id, since=fields.Datetime.now() - timedelta(days=DAYS), most=NEWEST,
            )
        )  # fmt: skip
        by_key = dict(rows)
        return {rule.id: by_key[rule.key] for rule in rules if rule.key in by_key}

    # -- Functions that are gone -----------------------------------------------------------

    def _lost(self):
        """Findings about functions that this version in use names and no installed addon has: as `_findings`."""
        self.ensure_one()
        spec = self._spec()
        found = []
        for rule in spec.rules:
            calls = [("condition", each) for each in rule.condition.functions] + [("action", each) for each in rule.actions]
            found += [(rule.id, rule.name, text) for sort, each in calls if (text := self._missing(sort, each.name))]
        for strategy in spec.strategies.values():
            calls = [("fence", each) for each in strategy.fences] + [("criterion", each) for each, _weight in strategy.criteria]
            found += [(False, strategy.name, text) for sort, each in calls if (text := self._missing(sort, each.name))]
        return [{"level": "error", "code": "unknown_function", "rule_id": rule, "name": name, "text": text} for rule, name, text in found]

    @api.model
    def _missing(self, sort, name):
        """Why orders that need this function wait, or are about to; "" if it is there."""
        try:
            function = registry.function(sort, name)
        except SpecError as error:
            return self.env._("%(problem)s any more. Orders that meet it wait: install its app again, or make a new version without it.", problem=sentence(self.env, error.said))
        # a process that has loaded an addon keeps its functions until it is started again
        if function.addon and function.addon not in self.env.registry._init_modules:
            return self.env._(
                "“%(name)s” is of the app %(addon)s, which is not installed any more. Orders that meet it will wait: make a new version without it.",
                name=label(self.env, function.label), addon=function.addon,
            )  # fmt: skip
        return ""

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
