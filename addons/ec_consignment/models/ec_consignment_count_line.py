from odoo import api, fields, models
from odoo.fields import Command


class EcConsignmentCountLine(models.Model):
    _name = "ec.consignment.count.line"
    _description = "Consignment Stock Count Line"
    _order = "count_id, product_id, id"
    _check_company_auto = True

    count_id = fields.Many2one("ec.consignment.count", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="count_id.company_id", store=True, index=True)
    product_id = fields.Many2one(
        "product.product",
        required=True,
        ondelete="restrict",
        domain="[('is_storable', '=', True)]",
        check_company=True,
    )
    lot_id = fields.Many2one(
        "stock.lot", string="Lot", domain="[('product_id', '=', product_id)]", check_company=True, ondelete="restrict"
    )
    uom_id = fields.Many2one(related="product_id.uom_id", string="Unit")
    expected = fields.Float(digits="Product Unit", readonly=True)
    counted = fields.Float(digits="Product Unit")
    difference = fields.Float(digits="Product Unit", compute="_compute_difference", store=True)

    _product_unique = models.UniqueIndex(
        "(count_id, product_id, COALESCE(lot_id, 0))", "A product and lot is counted on one line."
    )
    _counted_positive = models.Constraint("CHECK (counted >= 0)", "What is counted is not negative.")

    @api.depends("expected", "counted")
    def _compute_difference(self):
        for line in self:
            line.difference = line.counted - line.expected

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        lines.count_id._check_open()
        return lines

    def write(self, vals):
        self.count_id._check_open()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_only_open(self):
        self.count_id._check_open()

    def _place(self):
        return self.count_id.agreement_id.location_id, self.product_id, self.lot_id

    def _move_vals(self):
        """The inventory move of the difference."""
        there = self.count_id.agreement_id.location_id
        lost = self.product_id.with_company(self.company_id).property_stock_inventory
        source, target = (there, lost) if self.difference < 0 else (lost, there)
        units = abs(self.difference)
        place = {"location_id": source.id, "location_dest_id": target.id, "company_id": self.company_id.id}
        return {
            **place,
            "product_id": self.product_id.id,
            "product_uom": self.uom_id.id,
            "product_uom_qty": units,
            "state": "confirmed",
            "is_inventory": True,
            "inventory_name": self.count_id.name,
            "origin": self.count_id.name,
            "picked": True,
            "move_line_ids": [
                Command.create(
                    {
                        **place,
                        "product_id": self.product_id.id,
                        "product_uom_id": self.uom_id.id,
                        "quantity": units,
                        "lot_id": self.lot_id.id,
                    }
                )
            ],
        }
