from odoo import api, fields, models
from odoo.exceptions import ValidationError


class EcTradeApprovalSubstitute(models.Model):
    """While an approver is away another one of his company may decide in his place, too."""

    _name = "ec.trade.approval.substitute"
    _description = "Substitute of an Approver"
    _order = "date_from desc, id desc"

    buyer_id = fields.Many2one("ec.trade.buyer", "Approver", required=True, index=True, ondelete="cascade")
    account_id = fields.Many2one(related="buyer_id.account_id", store=True, index=True)
    company_id = fields.Many2one(related="buyer_id.company_id", store=True)
    substitute_id = fields.Many2one("ec.trade.buyer", required=True, index=True, ondelete="cascade")
    date_from = fields.Date("From", required=True)
    date_to = fields.Date("To", required=True)

    _dates = models.Constraint("CHECK (date_from <= date_to)", "The last day is before the first.")

    @api.constrains("buyer_id", "substitute_id")
    def _check_substitute(self):
        for one in self:
            if one.substitute_id not in one.buyer_id._possible_substitutes():
                raise ValidationError(
                    self.env._(
                        "%(name)s cannot stand in: it must be another buyer of this customer who may approve, for the same branches.",
                        name=one.substitute_id.name,
                    )
                )
