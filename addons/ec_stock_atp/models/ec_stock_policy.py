from odoo import fields, models


class EcStockPolicy(models.Model):
    """What a shop may sell: of which warehouses, how much of it, and what is held back. Quantities in the product's unit."""

    _name = "ec.stock.policy"
    _description = "Sellable Stock Policy"
    _order = "name, id"

    name = fields.Char(required=True)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one("res.company", required=True, index=True, default=lambda self: self.env.company)
    line_ids = fields.One2many("ec.stock.policy.line", "policy_id", string="Warehouses", copy=True)
    blocked_location_ids = fields.Many2many(
        "stock.location",
        "ec_stock_policy_blocked_rel",
        "policy_id",
        "location_id",
        string="Blocked Locations",
        help="Stock in these locations and below them is not sold.",
    )
    buffer_kind = fields.Selection(
        [("fixed", "Fixed units"), ("percent", "Percent of the stock"), ("adaptive", "Sales rate times delay")],
        required=True,
        default="fixed",
    )
    buffer_value = fields.Float(
        string="Buffer", digits=(16, 2), default=0.0, help="Units, or percent; not used by the sales rate."
    )
    lag_minutes = fields.Float(
        string="Measured Delay (minutes)",
        digits=(16, 2),
        default=0.0,
        help="Time until the shop shows a change, for the buffer by sales rate.",
    )
    capped = fields.Boolean(string="Limit the Figure")
    cap = fields.Integer(string="Highest Figure", default=0, help="In units, when the figure is limited.")
    soft_share = fields.Float(string="Share of the Stock (%)", digits=(5, 2), default=100.0)
    preorder = fields.Boolean(string="Sell Incoming Stock")
    preorder_days = fields.Integer(default=0, help="Receipts due within this number of days count.")
    mode = fields.Selection(
        [("strict", "Strict"), ("shared", "Shared"), ("hybrid", "Hybrid")],
        required=True,
        default="hybrid",
        help="How quotas of several shops meet. Read by the sharing of stock, not by the figure itself.",
    )
    strict_below = fields.Integer(
        default=3, help="Hybrid: divide the units among the shops when fewer than this are left."
    )
    safety = fields.Float(
        string="Safety Factor",
        digits=(16, 2),
        default=3.0,
        help="Hybrid: also divide them when fewer are left than the shops sell within the delay, times this.",
    )
    rule_ids = fields.One2many("ec.stock.rule", "policy_id", string="Rules", copy=True)

    _buffer_range = models.Constraint(
        "CHECK (buffer_value >= 0 AND (buffer_kind <> 'percent' OR buffer_value <= 100))",
        "A buffer is not negative, and not above 100 percent.",
    )
    _lag_range = models.Constraint("CHECK (lag_minutes >= 0)", "A delay is not negative.")
    _cap_range = models.Constraint("CHECK (cap >= 0)", "The highest figure is not negative.")
    _soft_share_range = models.Constraint(
        "CHECK (soft_share >= 0 AND soft_share <= 100)", "A share lies between 0 and 100 percent."
    )
    _preorder_range = models.Constraint(
        "CHECK (preorder_days >= 0 AND preorder_days <= 3650)", "Pre-order days lie between 0 and 3650."
    )
    _strict_range = models.Constraint(
        "CHECK (strict_below >= 0 AND safety >= 0)", "What makes sharing strict is not negative."
    )


class EcStockPolicyLine(models.Model):
    """One warehouse of a policy, and which share of its free units counts (percent)."""

    _name = "ec.stock.policy.line"
    _description = "Sellable Stock Policy: Warehouse"
    _check_company_auto = True

    policy_id = fields.Many2one("ec.stock.policy", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="policy_id.company_id", store=True, index=True)
    warehouse_id = fields.Many2one("stock.warehouse", required=True, index=True, ondelete="cascade", check_company=True)
    share = fields.Float(string="Share (%)", digits=(5, 2), default=100.0)

    _warehouse_unique = models.Constraint("UNIQUE (policy_id, warehouse_id)", "A warehouse is listed once a policy.")
    _share_range = models.Constraint("CHECK (share >= 0 AND share <= 100)", "A share lies between 0 and 100 percent.")
