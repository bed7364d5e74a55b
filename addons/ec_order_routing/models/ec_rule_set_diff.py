from odoo import api, fields, models
from odoo.tools.misc import format_date

from ..engine import registry
from ..engine.registry import SpecError
from ..language import shown


class EcRuleSet(models.Model):
    """What two versions do differently."""

    _inherit = "ec.rule.set"

    compare_id = fields.Many2one(
        "ec.rule.set",
        string="Compared with",
        compute="_compute_compare_id",
        readonly=False,
        domain="[('family', '=', family), ('id', '!=', id)]",
    )
    diff = fields.Html(compute="_compute_diff", sanitize=False, string="Changes")

    @api.depends("state", "parent_id", "replaced_id")
    def _compute_compare_id(self):
        for version in self:
            active = self.search(
                [("company_id", "=", version.company_id.id), ("family", "=", version.family), ("state", "=", "active")]
            )
            version.compare_id = (active - version._origin) if version.state in ("draft", "trial") else version.replaced_id
            version.compare_id = version.compare_id or version.parent_id

    @api.depends("compare_id")
    @api.depends_context("lang")
    def _compute_diff(self):
        for version in self:
            version.diff = version.compare_id and self.env["ir.qweb"]._render(
                "ec_order_routing.rule_set_diff", {"changes": version._origin._diff(version.compare_id._origin)}
            )

    def _diff(self, before):
        """What is otherwise here than in the version `before`.

        :return: ``[{"change": added | removed | changed, "kind": rule | strategy | set, "name", "fields": [{"label", "before", "after"}]}]``
        """
        self.ensure_one()
        changes = []
        if lines := _different(before._facts(), self._facts()):
            changes.append({"change": "changed", "kind": "set", "name": self.name, "fields": lines})
        for kind, name in (("rule", "rule_ids"), ("strategy", "strategy_ids")):
            was = {part.key: part for part in before[name]}
            now = {part.key: part for part in self[name]}
            for key in [*now, *(key for key in was if key not in now)]:
                if key not in was:
                    change, lines = "added", [{"label": "", "before": "", "after": now[key].sentence}]
                elif key not in now:
                    change, lines = "removed", [{"label": "", "before": was[key].sentence, "after": ""}]
                else:
                    change, lines = "changed", _different(was[key]._facts(), now[key]._facts())
                if lines:
                    part = now.get(key) or was[key]
                    changes.append({"change": change, "kind": kind, "name": part.name, "fields": lines})
        return changes + self._diff_orders(before)

    def _diff_orders(self, before):
        """Stages whose rules, those that both versions have, are met in another order."""
        changes = []
        for scope, title in self.env["ec.rule"]._fields["scope"]._description_selection(self.env):
            keys = [version.rule_ids.filtered_domain([("scope", "=", scope)]).mapped("key") for version in (before, self)]
            both = set(keys[0]).intersection(keys[1])
            old, new = (
                version.rule_ids.filtered_domain([("key", "in", list(both))]).sorted("id").sorted("sequence")
                for version in (before, self)
            )
            if old.mapped("key") != new.mapped("key"):
                names = {"before": ", ".join(old.mapped("name")), "after": ", ".join(new.mapped("name"))}
                line = {"label": self.env._("Order of the rules"), **names}
                changes.append({"change": "changed", "kind": "set", "name": title, "fields": [line]})
        return changes

    def _facts(self):
        """{label: (what is compared, what is shown)}"""
        return {
            self.env._("Name"): (self.name, self.name),
            self.env._("Applies to"): (self._domain_of("applies_to"), self.applies_text),
            self.env._("Sequence"): (self.sequence, str(self.sequence)),
        }


class EcRule(models.Model):
    _inherit = "ec.rule"

    def _facts(self):
        """As `ec.rule.set._facts`."""
        env = self.env
        titles = dict(self._fields["scope"]._description_selection(env))
        order = self._domain_text("sale.order", self.order_domain)
        line = self._domain_text("sale.order.line", self.line_domain) if self.line_scope else ""
        scopes = dict(self._fields["line_scope"]._description_selection(env))
        functions, actions = self._sorted(self.function_ids), self._sorted(self.action_ids)
        return {
            env._("Name"): (self.name, self.name),
            env._("Stage"): (self.scope, titles[self.scope]),
            env._("In use"): (self.active, shown(env, self.active)),
            env._("Then stop"): (self.stop, shown(env, self.stop)),
            env._("Valid from"): (self.valid_from, format_date(env, self.valid_from)),
            env._("Valid until"): (self.valid_to, format_date(env, self.valid_to)),
            env._("Orders"): (self._domain(self.order_domain), order),
            env._("Lines"): (
                self.line_scope and (self.line_scope, self._domain(self.line_domain)),
                " ".join(filter(None, [scopes.get(self.line_scope), line])),
            ),
            env._("Conditions"): (functions._raw(), "; ".join(functions.mapped("text"))),
            env._("Actions"): (actions._raw(), "; ".join(actions.mapped("text"))),
        }


class EcRoutingStrategy(models.Model):
    _inherit = "ec.routing.strategy"

    def _facts(self):
        """As `ec.rule.set._facts`."""
        env = self.env
        criteria, fences = (calls.sorted("sequence") for calls in (self.criterion_ids, self.fence_ids))
        return {
            env._("Name"): (self.name, self.name),
            env._("Mode"): (self.mode, dict(self._fields["mode"]._description_selection(env))[self.mode]),
            env._("Most parcels"): (self.max_parcels, str(self.max_parcels)),
            env._("Default"): (self.is_default, shown(env, self.is_default)),
            env._("Criteria"): ([criteria._raw(), criteria.mapped("weight")], self.sentence),
            env._("Fences"): (fences._raw(), "; ".join(fences.mapped("text"))),
        }


class EcRuleCall(models.AbstractModel):
    _inherit = "ec.rule.call"

    def _raw(self):
        """What is compared of functions and their arguments; a strategy counts by its key, which copies keep."""
        return [(call.name, bool(call._fields.get("negate") and call.negate), call._raw_args()) for call in self]

    def _raw_args(self):
        args = self._complete_args()
        try:
            kinds = {arg.name: arg.kind for arg in registry.function(self._sort, self.name).args}
        except SpecError:
            return args
        strategies = self.env["ec.routing.strategy"]
        return {
            name: strategies.browse(value).key if value and kinds.get(name) == "strategy" else value
            for name, value in args.items()
        }


def _different(before, after):
    return [
        {"label": label, "before": before[label][1], "after": after[label][1]}
        for label in after
        if before[label][0] != after[label][0]
    ]
