from odoo import api, fields, models
from odoo.tools import SQL

PULL_ROWS = 100


class EcStockLevel(models.Model):
    """Places whose stock is counted in the shop: a settled figure of the shop becomes an inventory adjustment here.

    The shop's figure is what is free there: without what its orders hold. So the adjustment is the difference to what is free
    here; what is reserved or promised stays so.
    """

    _inherit = "ec.stock.level"

    @api.model
    def _work_pull(self):
        """Follow one lot of settled figures. Returns the number of rows."""
        if not self.search_count([("pulled", "=", True), ("state", "=", "due")], limit=1):
            return 0
        self.env["ec.stock.dirty"]._fold()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT level.id, level.believed - figure.free
                  FROM ec_stock_level level
                  JOIN ec_channel channel ON channel.id = level.channel_id AND channel.stock_state = 'on' AND channel.state IN ('sandbox', 'live')
                  JOIN ec_stock_figure figure ON figure.policy_id = level.policy_id AND figure.product_id = level.product_id
                 WHERE level.pulled AND level.state = 'due' ORDER BY level.id LIMIT %s FOR NO KEY UPDATE OF level SKIP LOCKED
                """,
                PULL_ROWS,
            )
        )
        differing = {id_: units for id_, units in rows if units}
        levels = self.browse(id_ for id_, _units in rows)
        refused = self.browse()
        for (channel, location), own in levels.filtered(lambda level: level.id in differing).grouped(
            lambda level: (level.channel_id, level._pull_location())
        ).items():
            refused |= own._adjust(channel, location, differing)
        self.env.flush_all()
        self.env.cr.execute("UPDATE ec_stock_level SET state = 'ok' WHERE id = ANY(%s)", [(levels - refused).ids])
        self.invalidate_model(flush=False)
        return len(rows)

    def _pull_location(self):
        """Where the units of this place are kept here."""
        return self.policy_id.line_ids[:1].warehouse_id.lot_stock_id

    def _adjust(self, channel, location, units):
        """Adjust what is in `location` by units[level id]. Returns the rows that a person must settle."""
        Quant = self.env["stock.quant"].with_company(channel.company_id).with_context(
            inventory_mode=True, inventory_name=self.env._("Counted in %s", channel.name)
        )
        quants, refused = Quant, self.browse()
        found = Quant.search([("location_id", "=", location.id), ("product_id", "in", self.product_id.ids), ("lot_id", "=", False), ("package_id", "=", False), ("owner_id", "=", False)])
        by_product = {quant.product_id: quant for quant in found}
        for level in self:
            product, quant = level.product_id, by_product.get(level.product_id)
            counted = (quant.quantity if quant else 0) + units[level.id]
            if product.tracking != "none" or counted < 0 or len(level.policy_id.line_ids) != 1:
                code = "counted_by_lot" if product.tracking != "none" else "counted_below_zero" if counted < 0 else "counted_several"
                level._pull_refused(code)
                refused |= level
            elif quant:
                quant.inventory_quantity = counted
                quants |= quant
            else:
                quants |= Quant.create({"product_id": product.id, "location_id": location.id, "inventory_quantity": counted})
        if quants:
            quants.action_apply_inventory()
        return refused

    def _pull_refused(self, code):
        self.env.cr.execute(
            "UPDATE ec_stock_level SET state = 'error', error_code = %s, error_message = NULL, checked_at = %s WHERE id = ANY(%s)",
            [code, fields.Datetime.now(), self.ids],
        )
