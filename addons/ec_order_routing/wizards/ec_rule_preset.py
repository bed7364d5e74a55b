from odoo import api, fields, models
from odoo.fields import Command

from ..language import label
from ..presets import PRESETS


class EcRulePreset(models.TransientModel):
    """Make a draft from a set of rules that fits a kind of business."""

    _name = "ec.rule.preset"
    _description = "Rule Set from a Preset"

    preset = fields.Selection(selection="_selection_preset", required=True, default="shops")
    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company)
    unpaid = fields.Selection(
        [
            ("nothing", "Nothing happens: the order waits"),
            ("remind", "Remind the buyer after 3 days"),
            ("cancel", "Remind after 3 days, cancel after 7"),
        ],
        string="If a Payment Does Not Come",
        required=True,
        default="remind",
        help="Rules of the draft are switched on accordingly; days and text can be changed there.",
    )
    summary = fields.Text(compute="_compute_summary")

    @api.model
    def _selection_preset(self):
        return [(code, label(self.env, preset["label"])) for code, preset in PRESETS.items()]

    @api.depends("preset", "unpaid")
    @api.depends_context("lang")
    def _compute_summary(self):
        for wizard in self:
            preset = PRESETS.get(wizard.preset)
            names = [label(self.env, rule["name"]) for rule in preset["rules"] if wizard._in_use(rule)] if preset else []
            wizard.summary = "\n".join(f"• {name}" for name in names)

    # -- Buttons -------------------------------------------------------------------------

    def action_create_draft(self):
        return self._draft()._open()

    @api.model
    def action_create_shops(self):
        return self.create({"preset": "shops"}).action_create_draft()

    @api.model
    def action_create_wholesale(self):
        return self.create({"preset": "wholesale"}).action_create_draft()

    # -- Business ------------------------------------------------------------------------

    def _draft(self):
        """A new draft with the preset's rules, named in the language of who makes it."""
        self.ensure_one()
        preset = PRESETS[self.preset]
        draft = self.env["ec.rule.set"].create(
            {
                "name": label(self.env, preset["name"]),
                "company_id": self.company_id.id,
                "applies_to": preset["applies_to"],
                "strategy_ids": [Command.create(self._prepare_strategy_vals(each)) for each in preset["strategies"]],
            }
        )
        draft.rule_ids = [
            Command.create(self._prepare_rule_vals(rule, 10 * (1 + index), draft))
            for index, rule in enumerate(preset["rules"])
        ]
        return draft

    def _in_use(self, rule):
        return "unpaid" not in rule or self.unpaid in rule["unpaid"]

    def _prepare_rule_vals(self, rule, sequence, draft):
        line_scope, line_domain = rule.get("lines", (False, []))
        return {
            "name": label(self.env, rule["name"]),
            "scope": rule["scope"],
            "sequence": sequence,
            "stop": rule.get("stop", False),
            "active": self._in_use(rule),
            "order_domain": repr(rule.get("order", [])),
            "line_scope": line_scope,
            "line_domain": repr(line_domain),
            "function_ids": [
                Command.create({**_call(*condition[:2], index), "negate": len(condition) > 2})
                for index, condition in enumerate(rule.get("when", []))
            ],
            "action_ids": [
                Command.create(_call(name, self._action_args(args, draft), index))
                for index, (name, args) in enumerate(rule["then"])
            ],
        }

    def _action_args(self, args, draft):
        """Texts in the author's language; a strategy is named by its place in the preset, a mail template by its own name."""
        if "template" in args:
            args = {**args, "template": self.env.ref(f"ec_order_routing.mail_template_{args['template']}").id}
        args = {name: label(self.env, value) if isinstance(value, str) else value for name, value in args.items()}
        if "strategy" in args:
            args["strategy"] = draft.strategy_ids.sorted("id")[args["strategy"]].id
        return args

    def _prepare_strategy_vals(self, strategy):
        return {
            "name": label(self.env, strategy["name"]),
            "mode": strategy.get("mode", "lexicographic"),
            "max_parcels": strategy.get("parcels", 1),
            "is_default": strategy.get("default", False),
            "criterion_ids": [
                Command.create({**_call(name, args, index), "weight": weight})
                for index, (name, args, weight) in enumerate(strategy["criteria"])
            ],
        }


def _call(name, args, index):
    return {"name": name, "args": args, "sequence": 10 * (1 + index)}
