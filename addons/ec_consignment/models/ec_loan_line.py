from collections import defaultdict

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError


class EcLoanLine(models.Model):
    _name = "ec.loan.line"
    _description = "Loan Line"
    _order = "loan_id, sequence, id"
    _check_company_auto = True

    loan_id = fields.Many2one("ec.loan", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="loan_id.company_id", store=True, index=True)
    sequence = fields.Integer(default=10)
    product_id = fields.Many2one(
        "product.product",
        required=True,
        index=True,
        ondelete="restrict",
        domain="[('is_storable', '=', True)]",
        check_company=True,
    )
    lot_id = fields.Many2one(
        "stock.lot",
        string="Lot",
        domain="[('product_id', '=', product_id)]",
        check_company=True,
        ondelete="restrict",
        help="Empty: the lots that came first.",
    )
    quantity = fields.Float(digits="Product Unit", required=True, default=1.0, help="In the product's unit.")
    uom_id = fields.Many2one(related="product_id.uom_id", string="Unit")
    move_ids = fields.One2many("stock.move", "ec_loan_line_id", string="Movements")
    lent = fields.Float(digits="Product Unit", compute="_compute_moved", store=True)
    returned = fields.Float(digits="Product Unit", compute="_compute_moved", store=True)
    sold = fields.Float(digits="Product Unit", compute="_compute_moved", store=True)
    open = fields.Float(string="Still Lent", digits="Product Unit", compute="_compute_moved", store=True)

    _quantity_positive = models.Constraint("CHECK (quantity > 0)", "More than 0 units are lent.")

    @api.depends("move_ids.state", "move_ids.quantity", "move_ids.location_id", "move_ids.location_dest_id")
    def _compute_moved(self):
        for line in self:
            line.lent, line.returned, line.sold = line._moved()
            line.open = line.lent - line.returned - line.sold

    def _moved(self):
        """(lent, returned, sold) units by the finished moves; what was sold and comes back into stock is returned."""
        place = self.loan_id.location_id
        lent = returned = sold = 0.0
        for move in self.move_ids.filtered(lambda move: move.state == "done"):
            units = move.product_uom._compute_quantity(move.quantity, self.uom_id)
            source, target = move.location_id, move.location_dest_id
            if source.usage == "customer":
                sold -= units
                if target != place:
                    returned += units
            elif target == place:
                lent += units
            elif target.usage == "customer":
                sold += units
            else:
                returned += units
        return lent, returned, sold

    def _is_open(self):
        return self.uom_id.compare(self.open, 0) > 0

    def _is_moving(self):
        return any(move.state not in ("done", "cancel") for move in self.move_ids)

    def _returning(self):
        """Units in transfers back that are not finished."""
        place = self.loan_id.location_id
        moves = self.move_ids.filtered(lambda move: move.location_id == place and move.state not in ("done", "cancel"))
        return sum(move.product_qty for move in moves)

    def _check_sold(self, order_lines):
        """Refuse order lines that sell more of a loan than is still lent and stays there."""
        wanted = defaultdict(float)
        for sold in order_lines.filtered("ec_loan_line_id"):
            wanted[sold.ec_loan_line_id] += sold.product_uom_id._compute_quantity(
                sold.product_uom_qty, sold.product_id.uom_id
            )
        for line, units in wanted.items():
            line = line.sudo()  # who sells may not read loans
            free = max(line.open - line._returning(), 0)
            if line.uom_id.compare(units, free) > 0:
                raise UserError(
                    self.env._(
                        "%(product)s: %(units)s sold, only %(free)s are still lent and in no transfer back.",
                        product=line.product_id.display_name,
                        units=f"{units:g}",
                        free=f"{free:g}",
                    )
                )

    @api.constrains("product_id", "lot_id")
    def _check_product(self):
        for line in self:
            if not line.product_id.is_storable:
                raise ValidationError(
                    self.env._("%s is not kept in stock: it cannot be lent.", line.product_id.display_name)
                )
            if line.lot_id and line.lot_id.product_id != line.product_id:
                raise ValidationError(
                    self.env._(
                        "Lot %(lot)s is not of %(product)s.", lot=line.lot_id.name, product=line.product_id.display_name
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        lines.loan_id._check_draft()
        return lines

    def write(self, vals):
        if vals.keys() & {"loan_id", "product_id", "lot_id", "quantity"}:
            self.loan_id._check_draft()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_only_draft(self):
        self.loan_id._check_draft()
