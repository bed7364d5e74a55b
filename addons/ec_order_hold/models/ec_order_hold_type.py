from odoo import api, fields, models
from odoo.exceptions import UserError


class EcOrderHoldType(models.Model):
    """A kind of reason for which an order waits. Programs find it by its code."""

    _name = "ec.order.hold.type"
    _description = "Order Hold Type"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    code = fields.Char(required=True, copy=False, help="The name programs use. It never changes.")
    advice = fields.Text(
        string="What to Do",
        translate=True,
        help="What the person who meets this hold does next.",
    )
    released_when = fields.Char(
        translate=True,
        help="What ends this hold, in one sentence.",
    )
    blocks_confirm = fields.Boolean(string="Blocks Confirmation", default=True)
    blocks_delivery = fields.Boolean(string="Blocks Delivery", default=True)
    keep_on_cancel = fields.Boolean(
        string="Stays After Cancellation",
        help="Cancelling an order releases its holds, because nothing waits any more. "
        "A hold of this type stays open, e.g. because money must be returned.",
    )
    released_by = fields.Selection(
        [
            ("person", "A person"),
            ("fact", "By itself, when what it is about has changed"),
        ],
        string="Who Ends It",
        required=True,
        default="person",
        help="A person: somebody looks at the order and releases the hold. By itself: it waits for "
        "something that happens (a payment, stock, a date); people release it only as an exception.",
    )
    due_hours = fields.Integer(
        string="Due After (Hours)",
        help="A hold should be settled within so many hours after it was opened. 0: no limit.",
    )
    owner_id = fields.Many2one(
        "res.users",
        string="Default Owner",
        company_dependent=True,
        domain=[("share", "=", False)],
    )
    owner_group_id = fields.Many2one(
        "res.groups",
        ondelete="set null",
        help="Its members see holds without an owner under “Mine”.",
    )
    sequence = fields.Integer(default=10)
    color = fields.Integer()
    active = fields.Boolean(
        default=True,
        help="An archived type can no longer be chosen by hand; programs still open it, "
        "so that archiving never lets an order through.",
    )

    _code_uniq = models.UniqueIndex("(code)", "A hold type with this code exists already.")
    _due_hours_positive = models.Constraint(
        "CHECK (due_hours >= 0)", "The hours until a hold is due cannot be negative."
    )

    def write(self, vals):
        if "code" in vals and any(hold_type.code != vals["code"] for hold_type in self):
            raise UserError(self.env._("The code of a hold type cannot be changed."))
        result = super().write(vals)
        if {"blocks_confirm", "blocks_delivery"} & vals.keys():
            self._recompute_held_orders()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_shipped(self):
        if any(self._get_external_ids().values()):
            raise UserError(
                self.env._("This hold type belongs to an installed app. Archive it instead.")
            )

    def _recompute_held_orders(self):
        """Bring the orders that are held by these types in line, the history left alone."""
        # a type counts for the orders of all companies and salespeople, not only for those of who changes it
        holds = self.env["ec.order.hold"].sudo()
        holds.search([("type_id", "in", self.ids), ("open", "=", True)]).modified(["open"])

    @api.model
    def _get_by_code(self, codes):
        """The types of the codes, archived ones too: ``{code: type}``.

        :raise ValueError: a code is unknown; that is a mistake in the calling program.
        """
        # programs hold orders on behalf of people who have no rights on hold types
        types = self.sudo().with_context(active_test=False).search([("code", "in", list(codes))])
        by_code = {hold_type.code: hold_type for hold_type in types}
        if unknown := set(codes) - by_code.keys():
            raise ValueError(f"Unknown order hold type: {', '.join(sorted(unknown))}")
        return by_code

    def _get_owner_id(self, company):
        """Id of the default owner, none if that user does not work in the company."""
        # the owner of another company's holds may be a user whom the current one may not see
        owner = self.sudo().with_company(company).owner_id
        return owner.id if company in owner.company_ids else None
