from odoo import api, fields, models
from odoo.tools import SQL

# How a movement counts, by the usage of its other end
KINDS = {
    "sent": "u.usage NOT IN ('customer', 'inventory') AND u.units > 0",
    "returned": "u.usage NOT IN ('customer', 'inventory') AND u.units < 0",
    "sold": "u.usage = 'customer'",
    "adjusted": "u.usage = 'inventory'",
}


class EcConsignmentBalance(models.Model):
    """What was sent to a customer, sold, returned and found by counts, and what must lie there: summed from finished movements."""

    _name = "ec.consignment.balance"
    _description = "Consignment Balance"
    _auto = False
    _order = "partner_id, product_id"
    _rec_name = "product_id"
    _depends = {
        "ec.consignment": ["partner_id", "company_id", "location_id", "active"],
        "stock.location": ["usage"],
        "stock.move.line": ["state", "product_id", "location_id", "location_dest_id", "quantity_product_uom"],
    }

    agreement_id = fields.Many2one("ec.consignment", string="Agreement", readonly=True)
    partner_id = fields.Many2one("res.partner", string="Customer", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    location_id = fields.Many2one("stock.location", readonly=True)
    product_id = fields.Many2one("product.product", readonly=True)
    uom_id = fields.Many2one(related="product_id.uom_id", string="Unit")
    sent = fields.Float(digits="Product Unit", readonly=True)
    sold = fields.Float(digits="Product Unit", readonly=True, help="Less what corrections took back.")
    returned = fields.Float(digits="Product Unit", readonly=True)
    adjusted = fields.Float(string="Count Differences", digits="Product Unit", readonly=True)
    there = fields.Float(string="At Customer", digits="Product Unit", readonly=True)

    @property
    def _table_query(self):
        return SQL(
            """
            SELECT min(u.id) AS id, a.id AS agreement_id, a.partner_id, a.company_id, a.location_id, u.product_id,
                   COALESCE(sum(u.units) FILTER (WHERE %(sent)s), 0) AS sent,
                   COALESCE(-sum(u.units) FILTER (WHERE %(sold)s), 0) AS sold,
                   COALESCE(-sum(u.units) FILTER (WHERE %(returned)s), 0) AS returned,
                   COALESCE(sum(u.units) FILTER (WHERE %(adjusted)s), 0) AS adjusted,
                   sum(u.units) AS there
              FROM ec_consignment a
              JOIN (SELECT l.id * 2 AS id, l.location_dest_id AS place, l.product_id, l.quantity_product_uom AS units, o.usage
                      FROM stock_move_line l
                      JOIN stock_location o ON o.id = l.location_id
                     WHERE l.state = 'done' AND l.location_dest_id IN (SELECT location_id FROM ec_consignment)
                     UNION ALL
                    SELECT l.id * 2 + 1, l.location_id, l.product_id, -l.quantity_product_uom, o.usage
                      FROM stock_move_line l
                      JOIN stock_location o ON o.id = l.location_dest_id
                     WHERE l.state = 'done' AND l.location_id IN (SELECT location_id FROM ec_consignment)
                   ) u ON u.place = a.location_id
             WHERE a.active OR NOT EXISTS (
                   SELECT FROM ec_consignment b WHERE b.location_id = a.location_id AND (b.active OR b.id > a.id))
             GROUP BY a.id, u.product_id
            """,
            **{name: SQL(condition) for name, condition in KINDS.items()},
        )

    # === What is behind a number === #

    @api.model
    def _behind(self, kind):
        """Domain of the move lines, beside place and product, that a number sums up."""
        into, out = ("location_dest_id", "location_id.usage"), ("location_id", "location_dest_id.usage")
        other = [("customer", "inventory")]
        return {
            "sent": [(into[0], "in", self.location_id.ids), (into[1], "not in", *other)],
            "returned": [(out[0], "in", self.location_id.ids), (out[1], "not in", *other)],
            "sold": ["|", *self._either(("customer",))],
            "adjusted": ["|", *self._either(("inventory",))],
            "there": [
                "|",
                ("location_id", "in", self.location_id.ids),
                ("location_dest_id", "in", self.location_id.ids),
            ],
        }[kind]

    def _either(self, usages):
        places = self.location_id.ids
        return [
            "&", ("location_dest_id", "in", places), ("location_id.usage", "in", usages),
            "&", ("location_id", "in", places), ("location_dest_id.usage", "in", usages),
        ]  # fmt: skip

    def _movements(self, kind):
        domain = [("state", "=", "done"), ("product_id", "in", self.product_id.ids), *self._behind(kind)]
        return self.env["stock.move.line"].search(domain)

    def action_open(self):
        """The movements behind the number named in the context: one of sent, sold, returned, adjusted, there."""
        self.ensure_one()
        kind = self.env.context["kind"]
        action = self.env["ir.actions.act_window"]._for_xml_id("stock.stock_move_line_action")
        name = f"{self.partner_id.display_name}: {self.product_id.display_name}"
        return {**action, "name": name, "domain": [("id", "in", self._movements(kind).ids)], "context": {}}

    def action_stock(self):
        """The stock that lies there now."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("stock.dashboard_open_quants")
        domain = [("location_id", "=", self.location_id.id), ("product_id", "=", self.product_id.id)]
        return {**action, "domain": domain, "context": {}}
