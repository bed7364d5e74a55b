from odoo import fields, models
from odoo.exceptions import UserError


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    ec_lot_id = fields.Many2one("stock.lot", string="Lot Sold", readonly=True, copy=False)
    ec_loan_line_id = fields.Many2one(
        "ec.loan.line", string="Loan Line", readonly=True, copy=False, index="btree_not_null"
    )

    def _compute_qty_to_invoice(self):
        """What the customer had already is invoiced as delivered, whatever the product says: a return is a credit."""
        super()._compute_qty_to_invoice()
        for line in self.filtered("order_id.ec_goods_at_id"):
            if line.state == "sale" and not line.display_type and line.product_id.type == "consu":
                line.qty_to_invoice = line.qty_delivered - line.qty_invoiced

    def _action_launch_stock_rule(self, *, previous_product_uom_qty=False):
        there = self.filtered("order_id.ec_goods_at_id")
        there._ec_deliver_from_there()
        return super(SaleOrderLine, self - there)._action_launch_stock_rule(
            previous_product_uom_qty=previous_product_uom_qty
        )

    def _ec_deliver_from_there(self):
        """Book the goods out of where they lie, all of them or none."""
        lines = self.filtered(
            lambda line: (
                line.state == "sale"
                and not line.order_id.locked
                and line.product_id.type == "consu"
                and line.product_uom_id.compare(line.product_uom_qty, 0) > 0
                and not line.move_ids
            )
        )
        if not lines:
            return
        lines._ec_check_loan()
        lines.ec_loan_line_id._check_sold(lines)
        lines._ec_refer_goods_sold()
        # who sells needs no rights in the warehouse, as with every order
        moves = self.env["stock.move"].sudo()
        pickings = self.env["stock.picking"].sudo().create([order._ec_delivery_vals() for order in lines.order_id])
        by_order = dict(zip(lines.order_id, pickings, strict=True))
        moves = moves.create([line._ec_move_vals(by_order[line.order_id]) for line in lines])
        moves = moves._action_confirm(merge=False)
        for move in moves.filtered("sale_line_id.ec_lot_id"):
            move._ec_take_lot(move.sale_line_id.ec_lot_id)
        moves._action_assign()
        if missing := moves._ec_missing():
            raise UserError(
                self.env._(
                    "Less lies at %(place)s than is sold: %(products)s.",
                    place=", ".join(missing.location_id.mapped("display_name")),
                    products=", ".join(missing.product_id.mapped("display_name")),
                )
            )
        moves.picked = True
        pickings._action_done()

    def _ec_check_loan(self):
        """An order of a loan sells what was lent, nothing else."""
        wrong = self.filtered(
            lambda line: (
                line.order_id.ec_loan_id
                # who sells may not read loans
                and (line.ec_loan_line_id.sudo().loan_id, line.ec_loan_line_id.sudo().product_id)
                != (line.order_id.ec_loan_id, line.product_id)
            )
        )
        if wrong:
            raise UserError(
                self.env._(
                    "An order of a loan sells only what was lent. Not lent: %s.",
                    ", ".join(wrong.product_id.mapped("display_name")),
                )
            )

    def _ec_refer_goods_sold(self):
        orders = self.order_id.filtered(lambda order: not order.stock_reference_ids)
        first = [self.filtered(lambda line, order=order: line.order_id == order)[0] for order in orders]
        self.env["stock.reference"].create([line._prepare_reference_vals() for line in first])

    def _ec_move_vals(self, picking):
        return {
            "picking_id": picking.id,
            "picking_type_id": picking.picking_type_id.id,
            "location_id": picking.location_id.id,
            "location_dest_id": picking.location_dest_id.id,
            "company_id": picking.company_id.id,
            "partner_id": picking.partner_id.id,
            "origin": picking.origin,
            "product_id": self.product_id.id,
            "product_uom_qty": self.product_uom_qty,
            "product_uom": self.product_uom_id.id,
            "procure_method": "make_to_stock",
            "sale_line_id": self.id,
            "ec_loan_line_id": self.ec_loan_line_id.id,
            "reference_ids": self.order_id.stock_reference_ids.ids,
        }
