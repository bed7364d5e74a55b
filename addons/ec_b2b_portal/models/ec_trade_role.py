from odoo import api, fields, models
from odoo.exceptions import UserError

PERMISSIONS = ("can_browse", "can_see_prices", "can_order", "can_approve", "can_see_invoices", "can_administer")


class EcTradeRole(models.Model):
    """What a buyer may do: a shipped role for all customers, or one of a customer's own."""

    _name = "ec.trade.role"
    _inherit = ["ec.trade.rule.cache"]
    _description = "Trade Role"
    _order = "account_id nulls first, sequence, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    account_id = fields.Many2one(
        "ec.trade.account", "Only for", index=True, ondelete="cascade", help="Empty: for all customers."
    )
    can_browse = fields.Boolean("See Products", default=True)
    can_see_prices = fields.Boolean("See Prices", default=True)
    can_order = fields.Boolean("Order")
    can_approve = fields.Boolean("Approve Orders")
    can_see_invoices = fields.Boolean("See Invoices")
    can_administer = fields.Boolean("Administer Buyers")
    orders_seen = fields.Selection(
        [("own", "Own Orders Only"), ("branch", "All Orders of the Branches")],
        "Orders Seen",
        default="own",
        required=True,
    )
    buyer_ids = fields.One2many("ec.trade.buyer", "role_id")

    _name_uniq = models.UniqueIndex(
        "(account_id, (name->>'en_US')) WHERE account_id IS NOT NULL", "There is a role of this name already."
    )

    @api.constrains("account_id")
    def _check_buyers(self):
        self.buyer_ids._check_role()

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        if self.with_context(active_test=False).buyer_ids:
            raise UserError(self.env._("Buyers still have this role: give them another one first."))
