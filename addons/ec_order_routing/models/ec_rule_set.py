import json
from hashlib import sha256
from uuid import uuid4

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..engine.spec import RuleSetSpec

SHOP_ORDERS = '[("ec_claims_stock", "=", True)]'
# What changes only by way of `_move`: activating, trying, retiring
HISTORY = {"state", "frozen", "activated_at", "activated_by_id", "retired_at", "comment", "replaced_id", "ended_because"}
# For whom and how long, not what: may change while the version is on trial
TRIAL = {
    "trial_percent", "trial_domain", "trial_guarded", "trial_min_orders", "trial_max_held", "trial_more_held", "trial_more_cost", "trial_max_failed",
}  # fmt: skip
# Types of columns that the engine compares by itself
COLUMNS = {"boolean", "char", "date", "datetime", "float", "integer", "many2many", "many2one", "monetary", "selection", "text"}
# Of the editor, not of the version
UNSAVED = {"compare_id"}


class EcRuleSet(models.Model):
    """One version of the rules of a company. A draft is edited; once active it never changes again, and what runs is `frozen`."""

    _name = "ec.rule.set"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _description = "Rule Set"
    _order = "company_id, family, version DESC"

    name = fields.Char(required=True)
    company_id = fields.Many2one("res.company", required=True, index=True, default=lambda self: self.env.company)
    family = fields.Char(
        default=lambda self: self._new_key(),
        required=True,
        index=True,
        readonly=True,
        copy=False,
        help="Versions of one family follow each other; one of them is active.",
    )
    version = fields.Integer(default=1, required=True, readonly=True, copy=False, aggregator=False)
    sequence = fields.Integer(default=10, help="Of two active rule sets that apply to an order, the first one decides.")
    state = fields.Selection(
        [("draft", "Draft"), ("trial", "On Trial"), ("active", "Active"), ("retired", "Retired")],
        default="draft",
        required=True,
        index=True,
        readonly=True,
        copy=False,
    )
    author_id = fields.Many2one("res.users", default=lambda self: self.env.user, readonly=True, copy=False)
    parent_id = fields.Many2one("ec.rule.set", string="Copied From", readonly=True, copy=False, index=True)
    comment = fields.Text(string="What Changed and Why", readonly=True, copy=False)
    activated_at = fields.Datetime(readonly=True, copy=False)
    activated_by_id = fields.Many2one("res.users", readonly=True, copy=False)
    retired_at = fields.Datetime(readonly=True, copy=False)
    replaced_id = fields.Many2one(
        "ec.rule.set", string="Replaced", readonly=True, copy=False, help="The version that rolling back makes active again."
    )
    applies_to = fields.Char(
        string="Applies to", default=SHOP_ORDERS, required=True, help="Orders that these rules decide about."
    )
    trial_percent = fields.Integer(
        string="Share of the Orders (%)",
        default=100,
        copy=False,
        help="On trial, this share of the orders meets the new version, the others the active one.",
    )
    trial_domain = fields.Char(
        string="Only Orders", default="[]", required=True, copy=False, help="On trial, only such orders meet the new version."
    )
    frozen = fields.Json(readonly=True, copy=False, help="What runs: written once, when the version is activated.")
    rule_ids = fields.One2many("ec.rule", "rule_set_id", string="Rules", copy=False, context={"active_test": False})
    strategy_ids = fields.One2many("ec.routing.strategy", "rule_set_id", string="Strategy", copy=False)
    rule_count = fields.Integer(compute="_compute_rule_count", string="Number of Rules")

    intake_rule_ids = fields.One2many("ec.rule", "rule_set_id", string="Rule", domain=[("scope", "=", "intake")], context={"active_test": False})
    hold_rule_ids = fields.One2many("ec.rule", "rule_set_id", string="Rule", domain=[("scope", "=", "hold")], context={"active_test": False})
    route_rule_ids = fields.One2many("ec.rule", "rule_set_id", string="Rule", domain=[("scope", "=", "route")], context={"active_test": False})
    carrier_rule_ids = fields.One2many("ec.rule", "rule_set_id", string="Rule", domain=[("scope", "=", "carrier")], context={"active_test": False})
    mail_rule_ids = fields.One2many("ec.rule", "rule_set_id", string="Rule", domain=[("scope", "=", "mail")], context={"active_test": False})

    _version_unique = models.UniqueIndex("(company_id, family, version)", "This version exists already.")
    _one_active = models.UniqueIndex(
        "(company_id, family) WHERE state = 'active'", "Another version of this rule set is active."
    )
    _one_trial = models.UniqueIndex("(company_id, family) WHERE state = 'trial'", "Another version of this rule set is on trial.")
    _trial_range = models.Constraint("CHECK (trial_percent BETWEEN 0 AND 100)", "A share lies between 0 and 100 percent.")
    _frozen_if_used = models.Constraint(
        "CHECK (state = 'draft' OR frozen IS NOT NULL)", "A version in use keeps what it runs."
    )

    @api.model
    def _new_key(self):
        """What a rule, a strategy and a family are recognised by from version to version."""
        return uuid4().hex

    # -- Computes ------------------------------------------------------------------------

    @api.depends("name", "version")
    def _compute_display_name(self):
        for rule_set in self:
            rule_set.display_name = self.env._("%(name)s, version %(version)s", name=rule_set.name, version=rule_set.version)

    @api.depends("rule_ids.active")
    def _compute_rule_count(self):
        for rule_set in self:
            rule_set.rule_count = len(rule_set.rule_ids.filtered("active"))

    # -- Constraints ---------------------------------------------------------------------

    @api.constrains("applies_to", "trial_domain")
    def _check_domains(self):
        for rule_set in self:
            for text in (rule_set.applies_to, rule_set.trial_domain):
                try:
                    fields.Domain(self.env["ec.rule"]._domain(text)).validate(self.env["sale.order"])
                except Exception as error:  # whatever a field's search says about a value it cannot read
                    raise ValidationError(self.env._("This choice of orders cannot be read: %(error)s", error=error)) from error

    @api.constrains("company_id")
    def _check_records_of_company(self):
        self.rule_ids.function_ids._check_args()
        self.rule_ids.action_ids._check_args()

    # -- Immutable -----------------------------------------------------------------------

    def _check_draft(self):
        """
        :raise UserError: one of these versions is, or was, in use
        """
        # nobody's rights make a version change: not even those of who may not see it
        for rule_set in self.sudo():
            if rule_set.state != "draft":
                raise UserError(
                    self.env._(
                        "%(version)s is in use or was. It does not change any more: make a new version of it.",
                        version=rule_set.display_name,
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._check_not_history(vals)
        return super().create(vals_list)

    def write(self, vals):
        self._check_not_history(vals)
        tried = self.filtered(lambda version: version.state == "trial") if vals.keys() <= TRIAL | UNSAVED else self.browse()
        if vals.keys() - UNSAVED:
            (self - tried)._check_draft()
        return super().write(vals)

    @api.model
    def _check_not_history(self, vals):
        drafted = {"state": "draft", "frozen": False, "comment": False}
        if names := [name for name in HISTORY & vals.keys() if vals[name] and vals[name] != drafted.get(name)]:
            raise UserError(
                self.env._(
                    "%(fields)s: set by activating, retiring and rolling back only.",
                    fields=", ".join(self._fields[name]._description_string(self.env) for name in sorted(names)),
                )
            )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_draft(self):
        self._check_draft()

    def _move(self, vals):
        """Write what the history of a version consists of; the one way round `write`."""
        assert not vals.keys() - HISTORY
        return super().write(vals)

    # -- Engine --------------------------------------------------------------------------

    def _spec(self):
        """What the engine runs: of a draft what it says now, else what was frozen.

        An old version whose functions are gone is read all the same: its rules then say so and do not match.
        """
        self.ensure_one()
        if self.state != "draft":
            return RuleSetSpec.from_json(self.frozen, known=False)
        rules = self.rule_ids.filtered("active")
        return RuleSetSpec(
            self.id,
            self.version,
            tuple(rule._spec() for rule in rules),
            {strategy.id: strategy._spec() for strategy in self.strategy_ids},
            self._path_types(rules),
        )

    def _frozen_json(self):
        """The spec as it comes back from the database."""
        return json.loads(json.dumps(self._spec().to_json()))

    @api.model
    def _path_types(self, rules):
        """{"order": {path: type}, "lines": …} of the paths in the rules' domains that are columns alike for every reader."""
        types = {"order": {}, "lines": {}}
        for side, model, path in self._named(rules):
            if kind := self._path_type(model, path):
                types[side][path] = kind
        return {side: dict(sorted(found.items())) for side, found in types.items()}

    @api.model
    def _path_type(self, model, path):
        """The type of the column a path leads to; None: the database must be asked."""
        field = None
        for name in path.split("."):
            if field is not None and field.type != "many2one":
                return None
            field = self.env[model]._fields.get(name) if model else None
            if field is None or not field.store or field.translate or field.company_dependent:
                return None
            model = field.comodel_name
        if field.type == "float" and (digits := field.get_digits(self.env)):
            return f"float:{digits[1]}"
        return field.type if field.type in COLUMNS else None

    # -- Which version decides about an order ----------------------------------------------

    @api.model
    def _active_set(self, company):
        """The active versions of a company (usually one), the first to be asked first."""
        # orders are decided on behalf of people who have no rights on rules
        return self.sudo().search(
            [("company_id", "=", company.id), ("state", "=", "active")], order="sequence, id"
        )

    @api.model
    def _for_orders(self, orders):
        """{version (sudo): its orders}: of the first family that applies to an order, the active version or the one on trial.

        Orders to which nothing applies are in none of them.
        """
        found = {}
        for company, rest in orders.grouped("company_id").items():
            # as in `_active_set`
            used = self.sudo().search(
                [("company_id", "=", company.id), ("state", "in", ("active", "trial"))], order="sequence, id"
            )
            for versions in used.grouped("family").values():
                active, trial = (versions.filtered(lambda one, state=state: one.state == state) for state in ("active", "trial"))
                mine = rest.filtered_domain(active._domain_of("applies_to")) if active else rest
                tried = trial._share(mine) if trial else mine.browse()
                decided = {trial: tried, active: mine - tried} if active else {trial: tried}
                found.update({version: chosen for version, chosen in decided.items() if chosen})
                rest -= mine if active else tried
        return found

    def _share(self, orders):
        """Those of the orders that meet this version on trial: always the same ones."""
        self.ensure_one()
        orders = orders.filtered_domain(self._domain_of("applies_to")).filtered_domain(self._domain_of("trial_domain"))
        return orders.filtered(lambda order: _share_of(f"{self.family}:{order.id}") < self.trial_percent)

    def _domain_of(self, name):
        return self.env["ec.rule"]._domain(self[name])


def _share_of(text):
    """A number from 0 to 99 that depends on the text alone."""
    return int(sha256(text.encode()).hexdigest()[:8], 16) % 100
