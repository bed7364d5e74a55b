from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..engine.case import plain_zip

TEMPERATURES = [("normal", "Normal"), ("chilled", "Chilled"), ("frozen", "Frozen")]
GROUP = "ec_order_hold.group_hold_user"


class StockWarehouse(models.Model):
    """What a warehouse can ship, when, and where to."""

    _inherit = "stock.warehouse"

    ec_routing_priority = fields.Integer(
        "Routing Priority", default=10, groups=GROUP, help="The lower number goes first where nothing else decides."
    )
    ec_cut_off = fields.Float(
        "Cut-off", groups=GROUP, help="Orders routed later than this leave on the next working day. Company's time zone; 0: no cut-off."
    )
    ec_handling_days = fields.Integer("Handling Days", groups=GROUP, help="Working days between the order and its shipping; 0: the same day.")
    ec_capacity = fields.Integer("Orders per Day", groups=GROUP, help="0: unlimited.")
    ec_calendar_id = fields.Many2one(
        "resource.calendar",
        "Working Days",
        groups=GROUP,
        check_company=True,
        ondelete="restrict",
        help="Days with working hours, without time off. Empty: every day.",
    )
    ec_zone_state_ids = fields.Many2many(
        "res.country.state", "ec_warehouse_zone_state_rel", "warehouse_id", "state_id", string="Ships to States", groups=GROUP
    )
    ec_zone_zips = fields.Char(
        "Ships to Postal Codes", groups=GROUP, help="Beginnings of postal codes, separated by commas. States or postal codes: either will do."
    )
    ec_temperatures = fields.Selection(
        [("normal", "Normal"), ("chilled", "Normal and chilled"), ("frozen", "Normal and frozen"), ("all", "Normal, chilled and frozen")],
        "Keeps Goods",
        default="normal",
        required=True,
        groups=GROUP,
    )
    ec_dangerous = fields.Boolean("Dangerous Goods", groups=GROUP)
    ec_product_tag_ids = fields.Many2many(
        "product.tag",
        "ec_warehouse_product_tag_rel",
        "warehouse_id",
        "tag_id",
        string="Only Goods Tagged",
        groups=GROUP,
        help="Goods need one of these tags to ship from here. Empty: all goods.",
    )

    _ec_routing_priority = models.Constraint("CHECK (ec_routing_priority >= 0)", "The routing priority cannot be negative.")
    _ec_handling_days = models.Constraint("CHECK (ec_handling_days >= 0)", "Handling days cannot be negative.")
    _ec_capacity = models.Constraint("CHECK (ec_capacity >= 0)", "The orders per day cannot be negative.")
    _ec_cut_off = models.Constraint("CHECK (ec_cut_off >= 0 AND ec_cut_off < 24)", "The cut-off is a time of day.")

    @api.constrains("ec_zone_zips")
    def _check_ec_zone_zips(self):
        for warehouse in self:
            if (warehouse.ec_zone_zips or "").strip() and not warehouse._ec_zips():
                raise ValidationError(self.env._("Ships to Postal Codes has no postal code: %s", warehouse.ec_zone_zips))

    def _ec_zips(self):
        """Beginnings of postal codes, letters and digits only; [] for everywhere."""
        return [prefix for prefix in map(plain_zip, (self.ec_zone_zips or "").replace("、", ",").split(",")) if prefix]
