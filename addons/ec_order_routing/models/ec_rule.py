import ast

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools.misc import format_date

from ..describe import domain_text
from ..engine.spec import ConditionSpec, LinesSpec, RuleSpec

SCOPES = [
    ("intake", "Order Comes In"),
    ("hold", "Hold"),
    ("route", "Warehouse"),
    ("carrier", "Carrier"),
    ("mail", "Tell the Customer"),
]


class EcRule(models.Model):
    """When what is asked holds of an order, the actions follow. Rules of a scope are met in their order."""

    _name = "ec.rule"
    _inherit = ["ec.rule.part"]
    _description = "Order Rule"
    _order = "sequence, id"

    name = fields.Char(required=True)
    key = fields.Char(default=lambda self: self.env["ec.rule.set"]._new_key(), required=True, readonly=True)
    rule_set_id = fields.Many2one("ec.rule.set", string="Rule Set", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="rule_set_id.company_id", store=True, index=True)
    state = fields.Selection(related="rule_set_id.state")
    active = fields.Boolean(default=True)
    scope = fields.Selection(SCOPES, string="Stage", required=True, default="hold")
    sequence = fields.Integer(default=10, help="Rules of a stage are met in this order.")
    stop = fields.Boolean(
        string="Then Stop", help="When this rule matches, the later rules of its stage are not looked at."
    )
    valid_from = fields.Date()
    valid_to = fields.Date(string="Valid Until")
    order_domain = fields.Char(string="Orders", default="[]", required=True)
    line_scope = fields.Selection(
        [("any", "Any line is"), ("all", "All lines are"), ("none", "No line is")],
        string="Lines",
        help="Asks about the order's goods. Empty: the lines do not matter.",
    )
    line_domain = fields.Char(string="Such a Line", default="[]", required=True)
    function_ids = fields.One2many("ec.rule.function", "rule_id", string="Condition", copy=True)
    action_ids = fields.One2many("ec.rule.action", "rule_id", string="Action", copy=True)
    when_text = fields.Char(compute="_compute_sentence", string="When")
    sentence = fields.Char(compute="_compute_sentence", string="In Words")

    _valid_range = models.Constraint("CHECK (valid_to >= valid_from)", "A rule ends after it begins.")

    # -- Computes ------------------------------------------------------------------------

    @api.depends(
        *("order_domain", "line_scope", "line_domain", "valid_from", "valid_to", "stop"),
        *("function_ids.name", "function_ids.args", "function_ids.negate", "function_ids.sequence"),
        *("action_ids.name", "action_ids.args", "action_ids.sequence"),
    )
    @api.depends_context("lang")
    def _compute_sentence(self):
        for rule in self:
            rule.when_text = rule._when_text()
            rule.sentence = rule._sentence()

    def _when_text(self):
        """What must hold, in words; empty: always."""
        parts = [self._domain_text("sale.order", self.order_domain)]
        if self.line_scope:
            text = self._domain_text("sale.order.line", self.line_domain)
            parts.append(
                {
                    "any": self.env._("a line with %(text)s", text=text),
                    "all": self.env._("all lines with %(text)s", text=text),
                    "none": self.env._("no line with %(text)s", text=text),
                }[self.line_scope]
                if text
                else False
            )
        parts += self._texts(self.function_ids)
        parts += [
            self.valid_from and self.env._("from %(date)s", date=format_date(self.env, self.valid_from)),
            self.valid_to and self.env._("until %(date)s", date=format_date(self.env, self.valid_to)),
        ]
        return self.env._(" and ").join(part for part in parts if part)

    def _sentence(self):
        actions = ", ".join(self._texts(self.action_ids)) or self.env._("nothing")
        when = self._when_text()
        if when:
            text = self.env._("When %(when)s → %(then)s", when=when, then=actions)
        else:
            text = self.env._("Always → %(then)s", then=actions)
        return self.env._("%(text)s, then stop", text=text) if self.stop else text

    @api.model
    def _sorted(self, calls):
        return calls.sorted(lambda each: (each.sequence, each._origin.id or float("inf")))

    @api.model
    def _texts(self, calls):
        """Inside a sentence: "Hold the order" becomes "hold the order", "COD …" stays.

        Not by the field `text`: while a form is edited, Odoo keeps that of lines as it was before.
        """
        texts = [text for text in (each._text() for each in self._sorted(calls)) if text]
        return [text[0].lower() + text[1:] if text[1:2].islower() else text for text in texts]

    def _domain_text(self, model, text):
        try:
            # names of what the rule mentions are told to all who may read the rule
            return domain_text(self.env[model].sudo(), self._domain(text))
        except (ValueError, IndexError, TypeError):
            return text

    # -- Constraints ---------------------------------------------------------------------

    @api.constrains("order_domain", "line_domain", "line_scope")
    def _check_domains(self):
        for rule in self:
            rule._check_domain("sale.order", rule.order_domain)
            rule._check_domain("sale.order.line", rule.line_domain)

    def _check_domain(self, model, text):
        try:
            domain = self._domain(text)
            fields.Domain(domain).validate(self.env[model])
        except ValidationError:
            raise
        except Exception as error:  # whatever a field's search says about a value it cannot read
            raise ValidationError(
                self.env._("Rule “%(rule)s”: this condition cannot be read: %(error)s", rule=self.name, error=error)
            ) from error

    @api.model
    def _domain(self, text):
        """The domain as a list; ValueError if it is anything but plain values."""
        try:
            domain = ast.literal_eval(text or "[]")
        except (SyntaxError, ValueError) as error:
            raise ValueError(self.env._("it is not made of plain values: %(text)s", text=text)) from error
        if not isinstance(domain, (list, tuple)):
            raise ValueError(self.env._("it is not a domain: %(text)s", text=text))
        return list(domain)

    # -- Engine --------------------------------------------------------------------------

    def _spec(self):
        """What the engine reads of this rule."""
        self.ensure_one()
        lines = LinesSpec(self.line_scope, _plain(self._domain(self.line_domain))) if self.line_scope else None
        return RuleSpec(
            self.id,
            self.name,
            self.scope,
            self.sequence,
            self.stop,
            fields.Date.to_string(self.valid_from) or None,
            fields.Date.to_string(self.valid_to) or None,
            ConditionSpec(
                _plain(self._domain(self.order_domain)),
                lines,
                tuple(each._spec() for each in self._sorted(self.function_ids)),
            ),
            tuple(each._spec() for each in self._sorted(self.action_ids)),
        )


def _plain(value):
    """Tuples as lists, as JSON keeps them."""
    return [_plain(item) for item in value] if isinstance(value, (list, tuple)) else value
