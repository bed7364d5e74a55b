from odoo import api, models

from ..batch import ConfirmBatch


class StockRule(models.Model):
    _inherit = "stock.rule"

    @api.model
    def _get_rule(self, product_id, location_id, values):
        """In a batch: look each rule up once for all products that share its routes."""
        batch = ConfirmBatch.of(self.env)
        if batch is None or not batch.as_read(self, "rule"):
            return super()._get_rule(product_id, location_id, values)
        warehouse = values.get("warehouse_id")
        routes = values.get("route_ids")
        packaging = values.get("packaging_uom_id")
        company = values.get("company_id")
        key = (
            self.env.uid,
            self.env.su,
            product_id.route_ids._ids,
            product_id.categ_id.id,
            location_id.id,
            routes._ids if routes else (),
            packaging.package_type_id.id if packaging else False,
            warehouse and warehouse.id,
            company and company.id,
        )
        if key not in batch.rules:
            batch.rules[key] = super()._get_rule(product_id, location_id, values).id
        return self.browse(batch.rules[key])
