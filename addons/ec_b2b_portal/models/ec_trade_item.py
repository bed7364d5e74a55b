from odoo import api, fields, models
from odoo.exceptions import ValidationError


class EcTradeItem(models.Model):
    """What a customer calls a product: its own item code and name."""

    _name = "ec.trade.item"
    _description = "Customer's Item Code"
    _order = "account_id, code, id"
    _rec_name = "code"

    account_id = fields.Many2one("ec.trade.account", "Customer", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="account_id.company_id", store=True)
    product_id = fields.Many2one("product.product", required=True, index=True, ondelete="cascade")
    code = fields.Char("Customer's Code", required=True, index="trigram")
    name = fields.Char("Customer's Name", index="trigram")

    _product_uniq = models.UniqueIndex(
        "(account_id, product_id)", "This product has an item code of the customer already."
    )
    _code_uniq = models.UniqueIndex(
        "(account_id, code)", "This item code of the customer stands for another product already."
    )

    @api.constrains("code")
    def _check_code(self):
        for item in self:
            if not item.code.strip():
                raise ValidationError(
                    self.env._("%(product)s: enter the customer's code.", product=item.product_id.display_name)
                )
