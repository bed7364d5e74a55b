from odoo import fields, models

CODES = {"consignment": "CSG", "loan": "LOAN"}


class StockWarehouse(models.Model):
    _inherit = "stock.warehouse"

    ec_consignment_type_id = fields.Many2one("stock.picking.type", string="Consignment Type", readonly=True, copy=False)
    ec_loan_type_id = fields.Many2one("stock.picking.type", string="Loan Type", readonly=True, copy=False)

    def _ec_operation_type(self, kind):
        """The operation type that sends goods of this kind (`consignment`, `loan`) out of this warehouse, and takes them back."""
        self.ensure_one()
        name = f"ec_{kind}_type_id"
        warehouse = self.sudo()  # who sends goods may not configure warehouses
        if not warehouse[name]:
            label = self.env._("Consignment Out") if kind == "consignment" else self.env._("Loan Out")
            warehouse[name] = (
                self.env["stock.picking.type"]
                .sudo()
                .create(
                    {
                        "name": label,
                        "code": "internal",
                        "sequence_code": CODES[kind],
                        "warehouse_id": self.id,
                        "company_id": self.company_id.id,
                        "default_location_src_id": self.lot_stock_id.id,
                        "default_location_dest_id": self.company_id._ec_goods_root(kind).id,
                    }
                )
            )
        return warehouse[name].sudo(False)
