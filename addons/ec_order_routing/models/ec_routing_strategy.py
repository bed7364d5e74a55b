from odoo import api, fields, models

from ..engine import registry
from ..engine.spec import FunctionSpec, StrategySpec


class EcRoutingStrategy(models.Model):
    """How an order's warehouses and carriers are chosen: fences exclude, criteria rank what is left."""

    _name = "ec.routing.strategy"
    _inherit = ["ec.rule.part"]
    _description = "Routing Strategy"
    _order = "is_default DESC, name, id"

    name = fields.Char(required=True)
    key = fields.Char(default=lambda self: self.env["ec.rule.set"]._new_key(), required=True, readonly=True)
    rule_set_id = fields.Many2one("ec.rule.set", string="Rule Set", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="rule_set_id.company_id", store=True, index=True)
    state = fields.Selection(related="rule_set_id.state")
    is_default = fields.Boolean(string="Default", help="Proposed where a rule chooses warehouse and carrier.")
    mode = fields.Selection(
        [("lexicographic", "First criterion decides, the next breaks ties"), ("weighted", "Weighted sum")],
        required=True,
        default="lexicographic",
    )
    max_parcels = fields.Integer(
        string="Most Parcels", required=True, default=1, help="An order is divided among at most so many parcels."
    )
    criterion_ids = fields.One2many("ec.routing.criterion", "strategy_id", string="Criterion", copy=True)
    fence_ids = fields.One2many(
        "ec.routing.fence",
        "strategy_id",
        string="Fence",
        copy=True,
        default=lambda self: self._default_fences(),
    )
    sentence = fields.Char(compute="_compute_sentence", string="In Words")

    _default_unique = models.UniqueIndex("(rule_set_id) WHERE is_default", "A rule set has one default strategy.")
    _max_parcels_range = models.Constraint(
        "CHECK (max_parcels BETWEEN 1 AND 20)", "The number of parcels lies between 1 and 20."
    )

    @api.model
    def _default_fences(self):
        """All there are: a new strategy excludes whatever any fence excludes."""
        return [
            fields.Command.create({"name": each.name, "sequence": 10 + index})
            for index, each in enumerate(registry.functions("fence"))
            if all(arg.default is not registry.REQUIRED for arg in each.args)
        ]

    @api.depends("mode", "max_parcels", "criterion_ids.name", "criterion_ids.args", "criterion_ids.weight")
    @api.depends_context("lang")
    def _compute_sentence(self):
        for strategy in self:
            criteria = [
                criterion._text()
                if strategy.mode == "lexicographic"
                else self.env._("%(text)s × %(weight)g", text=criterion._text(), weight=criterion.weight)
                for criterion in self.env["ec.rule"]._sorted(strategy.criterion_ids)
                if criterion.name
            ]
            strategy.sentence = (" → " if strategy.mode == "lexicographic" else " + ").join(criteria)

    def _spec(self):
        self.ensure_one()
        return StrategySpec(
            self.id,
            self.name,
            self.mode,
            self.max_parcels,
            tuple(FunctionSpec(each.name, each._complete_args()) for each in self.fence_ids.sorted("id").sorted("sequence")),
            tuple(
                (FunctionSpec(each.name, each._complete_args()), each.weight)
                for each in self.criterion_ids.sorted("id").sorted("sequence")
            ),
        )


class EcRoutingCriterion(models.Model):
    """What a strategy looks at; lower is better."""

    _name = "ec.routing.criterion"
    _inherit = ["ec.rule.call"]
    _description = "Criterion of a Routing Strategy"
    _sort = "criterion"
    _owner = "strategy_id"

    strategy_id = fields.Many2one("ec.routing.strategy", required=True, index=True, ondelete="cascade")
    rule_set_id = fields.Many2one(related="strategy_id.rule_set_id", store=True, index=True)
    company_id = fields.Many2one(related="strategy_id.company_id", store=True, index=True)
    mode = fields.Selection(related="strategy_id.mode")
    weight = fields.Float(default=1.0, digits=(16, 3))

    _weight_range = models.Constraint("CHECK (weight >= 0)", "A weight is not negative.")

    def _where(self, problem):
        return self.env._("Strategy “%(name)s”: %(problem)s", name=self.strategy_id.name, problem=problem)


class EcRoutingFence(models.Model):
    """What a strategy excludes."""

    _name = "ec.routing.fence"
    _inherit = ["ec.rule.call"]
    _description = "Fence of a Routing Strategy"
    _sort = "fence"
    _owner = "strategy_id"

    strategy_id = fields.Many2one("ec.routing.strategy", required=True, index=True, ondelete="cascade")
    rule_set_id = fields.Many2one(related="strategy_id.rule_set_id", store=True, index=True)
    company_id = fields.Many2one(related="strategy_id.company_id", store=True, index=True)

    _name_unique = models.UniqueIndex("(strategy_id, name)", "A fence stands once in a strategy.")

    def _where(self, problem):
        return self.env._("Strategy “%(name)s”: %(problem)s", name=self.strategy_id.name, problem=problem)
