from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..engine import registry
from ..engine.registry import REQUIRED, SpecError
from ..language import MODELS, call, label, sentence


class EcRuleCall(models.AbstractModel):
    """One registered function with its arguments; the function's typed arguments draw the form (widget `ec_arguments`)."""

    _name = "ec.rule.call"
    _inherit = ["ec.rule.part"]
    _description = "Function of a Rule"
    _order = "sequence, id"
    _sort = ""  # of engine/registry.py: condition, action, fence, criterion

    sequence = fields.Integer(default=10)
    name = fields.Selection(selection="_selection_name", string="What", required=True)
    args = fields.Json(string="Arguments", compute="_compute_args", store=True, readonly=False)
    args_form = fields.Json(compute="_compute_args_form")
    text = fields.Char(compute="_compute_text", string="In Words")

    @api.model
    def _selection_name(self):
        return [(each.name, label(self.env, each.label)) for each in registry.functions(self._sort)]

    def _function(self):
        """The registered function; SpecError if no installed addon has it."""
        return registry.function(self._sort, self.name)

    # -- Computes ------------------------------------------------------------------------

    @api.depends("name")
    def _compute_args(self):
        """Of another function: what it knows is kept, what is missing takes its default."""
        for record in self:
            given = record.args or {}
            args = record._function().args if record.name else ()
            record.args = {arg.name: given.get(arg.name, record._default_arg(arg)) for arg in args}

    def _is_gone(self):
        """Whether nobody has the function any more that the version had of which this draft is a copy; a finding says so there."""
        parent = self.rule_set_id.parent_id
        known = self.name in {each.name for each in registry.functions(self._sort)}
        return bool(not known and parent and self.search_count([("rule_set_id", "=", parent.id), ("name", "=", self.name)], limit=1))

    def _default_arg(self, arg):
        if arg.kind == "strategy":
            return self.rule_set_id._origin.strategy_ids.filtered("is_default").id or None
        return None if arg.default is REQUIRED else arg.default

    @api.depends("name")
    @api.depends_context("lang")
    def _compute_args_form(self):
        for record in self:
            try:
                args = record._function().args if record.name else ()
            except SpecError:
                args = ()
            record.args_form = [record._arg_form(arg) for arg in args]

    def _arg_form(self, arg):
        choices = [[value, label(self.env, text)] for value, text in arg.choices]
        if arg.kind == "hold_type":
            choices = [[hold_type.code, hold_type.name] for hold_type in self.env["ec.order.hold.type"].search([])]
        return {
            "name": arg.name,
            "kind": arg.kind,
            "label": label(self.env, arg.label),
            "required": arg.default is REQUIRED,
            "choices": choices,
            "model": MODELS.get(arg.kind, False),
            "domain": self._arg_domain(arg),
        }

    def _arg_domain(self, arg):
        model = MODELS.get(arg.kind)
        if model == "mail.template":
            return [["model", "=", "sale.order"]]
        if model == "ec.routing.strategy":
            return [["rule_set_id", "=", self.rule_set_id._origin.id]]
        if model == "res.users":
            return [["share", "=", False]]
        if model and "company_id" in self.env[model]._fields:
            return [["company_id", "in", [False, self.company_id.id or self.env.company.id]]]
        return []

    @api.depends("name", "args")
    @api.depends_context("lang")
    def _compute_text(self):
        for record in self:
            record.text = record._text()

    def _text(self):
        """The function and its arguments in words; False as long as none is chosen."""
        try:
            return self.name and call(self.env, self._function(), self.args or {})
        except SpecError as error:
            return sentence(self.env, error.said)

    # -- Constraints ---------------------------------------------------------------------

    @api.constrains("name", "args")
    def _check_args(self):
        for record in self:
            try:
                args = record._function().complete(record.args or {})
            except SpecError as error:
                if record._is_gone():
                    continue
                raise ValidationError(record._where(sentence(self.env, error.said))) from error
            for arg in record._function().args:
                record._check_arg(arg, args[arg.name])

    def _check_arg(self, arg, value):
        """The record exists and is not of another company; the code exists."""
        named = label(self.env, arg.label)
        if arg.default is REQUIRED and value in ("", []):
            raise ValidationError(self._where(self.env._("“%(name)s” is empty.", name=named)))
        if value is None or value == "":
            return
        if arg.kind == "hold_type":
            # the code is checked, whoever may see its type
            types = self.env["ec.order.hold.type"].sudo().with_context(active_test=False)
            if not types.search_count([("code", "=", value)], limit=1):
                raise ValidationError(self._where(self.env._("There is no hold type “%(code)s”.", code=value)))
        if arg.kind not in MODELS:
            return
        # a record that the author may not see is found, and refused if it is of another company
        record = self.env[MODELS[arg.kind]].sudo().browse(value).exists()
        if not record:
            raise ValidationError(self._where(self.env._("“%(name)s” was deleted.", name=named)))
        if arg.kind == "strategy" and record.rule_set_id != self.rule_set_id:
            raise ValidationError(self._where(self.env._("“%(name)s” is of another version.", name=named)))
        if "company_id" in record._fields and record.company_id and record.company_id != self.company_id:
            raise ValidationError(
                self._where(
                    self.env._("“%(record)s” belongs to another company.", record=record.display_name)
                )
            )

    def _where(self, problem):
        """The problem, and the rule or strategy it is in."""
        return problem

    # -- Engine --------------------------------------------------------------------------

    def _complete_args(self):
        """The arguments with the defaults of today; as they are if no installed addon has the function."""
        try:
            return self._function().complete(self.args or {})
        except SpecError:
            return dict(self.args or {})
