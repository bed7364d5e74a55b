from odoo import api, models
from odoo.tools import SQL


class EcStockSetAside(models.AbstractModel):
    _inherit = "ec.stock.set.aside"

    @api.model
    def _entries(self, product_ids):
        """Orders of shops that are not confirmed yet hold the components of their kits."""
        entries = super()._entries(product_ids)
        rows = self.env.execute_query(
            SQL(
                """
                SELECT kit.component_id, o.warehouse_id,
                       sum(round(l.product_uom_qty::numeric * unit.factor::numeric / base.factor::numeric * kit.units, 6))
                  FROM ec_stock_kit kit
                  JOIN sale_order_line l ON l.product_id = kit.kit_id AND l.product_uom_qty > 0
                  JOIN sale_order o ON o.id = l.order_id AND o.ec_claims_stock AND o.state IN ('draft', 'sent')
                  JOIN stock_warehouse warehouse ON warehouse.id = o.warehouse_id AND warehouse.company_id = kit.company_id
                  JOIN product_product product ON product.id = l.product_id
                  JOIN product_template template ON template.id = product.product_tmpl_id
                  JOIN uom_uom base ON base.id = template.uom_id
                  JOIN uom_uom unit ON unit.id = l.product_uom_id
                 WHERE kit.component_id = ANY(%s)
                 GROUP BY 1, 2 ORDER BY 1, 2
                """,
                list(product_ids),
            )
        )
        return entries + [(product, frozenset({warehouse}), units, ("claims",)) for product, warehouse, units in rows]
