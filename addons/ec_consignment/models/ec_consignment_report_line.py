from collections import defaultdict

from odoo import api, fields, models
from odoo.exceptions import ValidationError


class EcConsignmentReportLine(models.Model):
    _name = "ec.consignment.report.line"
    _description = "Sell-Through Report Line"
    _order = "report_id, sequence, id"
    _check_company_auto = True

    report_id = fields.Many2one("ec.consignment.report", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="report_id.company_id", store=True, index=True)
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
    quantity = fields.Float(digits="Product Unit", help="In the product's unit.")
    uom_id = fields.Many2one(related="product_id.uom_id", string="Unit")
    limit = fields.Float(
        string="At Most",
        digits="Product Unit",
        compute="_compute_limit",
        help="What lies at the customer and is in no transfer; of a correction: what was sold and has not come back.",
    )
    error = fields.Char(string="Problem", compute="_compute_error")
    corrects_line_id = fields.Many2one("ec.consignment.report.line", readonly=True, copy=False, index="btree_not_null")
    sale_line_id = fields.Many2one("sale.order.line", readonly=True, copy=False, index="btree_not_null")

    # === Computed === #

    @api.depends("product_id", "lot_id", "report_id.agreement_id", "report_id.state", "corrects_line_id")
    def _compute_limit(self):
        corrections = self.filtered("corrects_line_id")
        corrections._limit_of_corrections()
        (self - corrections)._limit_of_sales()

    def _limit_of_sales(self):
        free = defaultdict(float)
        for location, product, lot, there, taken in self.env["stock.quant"]._read_group(
            [
                ("location_id", "in", self.report_id.agreement_id.location_id.ids),
                ("product_id", "in", self.product_id.ids),
            ],
            ["location_id", "product_id", "lot_id"],
            ["quantity:sum", "reserved_quantity:sum"],
        ):
            free[location.id, product.id, lot.id] += there - taken
            if lot:
                free[location.id, product.id, False] += there - taken
        for line in self:
            place = line.report_id.agreement_id.location_id
            line.limit = max(free[place.id, line.product_id.id, line.lot_id.id], 0)

    def _limit_of_corrections(self):
        sold = self.corrects_line_id._sold()
        for line in self:
            line.limit = sold.get((line.corrects_line_id, line.lot_id), 0)

    def _sold(self):
        """{(line, lot): units that left for the customer and did not come back, more than 0} of settled lines."""
        units = defaultdict(float)
        for line in self:
            # who reports needs no rights on orders
            for move in line.sudo().sale_line_id.move_ids.filtered(lambda move: move.state == "done"):
                out, back = (place.usage == "customer" for place in (move.location_dest_id, move.location_id))
                for done in move.move_line_ids:
                    units[line, done.lot_id] += (out - back) * done.quantity_product_uom
        return {(line, lot): sold for (line, lot), sold in units.items() if line.uom_id.compare(sold, 0) > 0}

    @api.depends("quantity", "limit", "product_id", "lot_id", "report_id.line_ids.quantity", "report_id.state")
    def _compute_error(self):
        reported = defaultdict(float)
        for line in self.report_id.line_ids:
            reported[line._key(line.lot_id)] += line.quantity
            if line.lot_id:
                reported[line._key()] += line.quantity
        for line in self:
            line.error = line.report_id.state == "draft" and line._problem(reported)

    def _problem(self, reported):
        """What is wrong with a draft line, or False."""
        if not self.product_id:
            return False
        if self.quantity < 0 or (not self.quantity and not self.report_id.corrects_id):
            return self.env._("A quantity greater than 0 is needed.")
        if self.report_id.corrects_id and not self.corrects_line_id:
            return self.env._("This was not in the report that is corrected.")
        said = reported[self._key(self.lot_id)]
        if self.product_id.uom_id.compare(said, self.limit) <= 0:
            return False
        values = {"said": _number(said), "limit": _number(self.limit), "unit": self.uom_id.name}
        if self.report_id.corrects_id:
            return self.env._("%(said)s %(unit)s taken back, only %(limit)s were sold.", **values)
        return self.env._("%(said)s %(unit)s reported, only %(limit)s lie at the customer.", **values)

    def _key(self, lot=None):
        return self.report_id, self.corrects_line_id, self.product_id, lot or None

    # === Constraints and CRUD === #

    @api.constrains("product_id", "lot_id")
    def _check_product(self):
        for line in self:
            if not line.product_id.is_storable:
                raise ValidationError(
                    self.env._("%s is not kept in stock: it cannot lie at a customer.", line.product_id.display_name)
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
        lines.report_id._check_open()
        return lines

    def write(self, vals):
        if vals.keys() - {"sale_line_id"}:
            self.report_id._check_open()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_only_open(self):
        self.report_id._check_open()

    # === Values === #

    def _order_line_vals(self):
        return {"product_id": self.product_id.id, "product_uom_qty": self.quantity, "ec_lot_id": self.lot_id.id}

    def _correction_vals(self):
        """Lines of a correction, one a lot, with nothing taken back yet."""
        return [
            {"product_id": line.product_id.id, "lot_id": lot.id, "corrects_line_id": line.id, "quantity": 0}
            for line, lot in self._sold()
        ]

    def _return_vals(self, source, target):
        sold = self.corrects_line_id.sale_line_id
        origin = sold.move_ids.filtered(lambda move: move.location_dest_id == source)[:1]
        return {
            "product_id": self.product_id.id,
            "product_uom_qty": self.quantity,
            "product_uom": self.product_id.uom_id.id,
            "location_id": source.id,
            "location_dest_id": target.id,
            "company_id": self.company_id.id,
            "procure_method": "make_to_stock",
            "origin_returned_move_id": origin.id,
            "to_refund": True,
            "sale_line_id": sold.id,
            "reference_ids": sold.order_id.stock_reference_ids.ids,
        }


def _number(value):
    return f"{value:,.6f}".rstrip("0").rstrip(".")
