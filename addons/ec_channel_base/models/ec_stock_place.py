from odoo import api, fields, models
from odoo.exceptions import UserError

RULES = [
    ("follow", "Follow the policy"),
    ("limit", "At most"),
    ("fixed", "Always"),
    ("sold_out", "Sold out now"),
    ("paused", "Leave alone"),
]


class EcMapping(models.Model):
    """A location of the shop: which stock it shows."""

    _inherit = "ec.mapping"

    stock_mode = fields.Selection(
        [("publish", "Odoo tells the shop"), ("pull", "The shop counts, Odoo follows"), ("none", "Leave alone")],
        "Stock",
        default="publish",
        help="Odoo tells the shop: the location shows what its stock policy allows. The shop counts, Odoo follows: a place whose staff "
        "count and receive goods in the shop; differences become inventory adjustments of the warehouse.",
    )
    stock_policy_id = fields.Many2one(
        "ec.stock.policy", "Stock Policy", check_company=True, ondelete="set null", help="Empty: the channel's policy."
    )
    stock_cursor = fields.Char(readonly=True, copy=False)
    stock_walked = fields.Char("Read Back On", readonly=True, copy=False)

    @api.model
    def _prepare_vals(self, channel, kind, code, entry, target, now):
        return {
            **super()._prepare_vals(channel, kind, code, entry, target, now),
            "stock_mode": "publish" if kind == "location" else False,
            "stock_policy_id": False,
        }


class EcListing(models.Model):
    """An item of a shop: what a person decided for it alone."""

    _inherit = "ec.listing"

    stock_rule = fields.Selection(
        RULES,
        "Stock",
        default="follow",
        required=True,
        help="At most: never more than so many. Always: so many whatever there is (made to order). "
        "Sold out now: 0 at once. Leave alone: nothing is sent; units that the shop shows stay set aside for it.",
    )
    stock_units = fields.Integer("Units")
    stock_level_ids = fields.One2many("ec.stock.level", "listing_id", "Stock in the Shop")

    _stock_units_range = models.Constraint("CHECK (stock_units IS NULL OR stock_units >= 0)", "Units are not negative.")

    def write(self, vals):
        """Channel users steer the stock of an item; its lanes do the rest."""
        own = {name: vals[name] for name in ("stock_rule", "stock_units") if name in vals}
        if not own:
            return super().write(vals)
        rest = {name: value for name, value in vals.items() if name not in own}
        if rest:
            self.write(rest)
        self.env["ec.channel"]._check_role("operator")
        self.check_access("write")
        # the role has been checked; the rest of an item is what the shop says
        super(EcListing, self.sudo()).write(own)
        self.flush_recordset()
        self.env["ec.stock.todo"]._add(self.sudo().stock_level_ids.product_id.ids)
        return True

    def _prepare_vals(self, channel, key, item, matches, now):
        return {**super()._prepare_vals(channel, key, item, matches, now), "stock_rule": "follow", "stock_units": 0}

    def action_stock_sold_out(self):
        self.write({"stock_rule": "sold_out"})
        return True

    def action_stock_pause(self):
        self.write({"stock_rule": "paused"})
        return True

    def action_stock_follow(self):
        self.write({"stock_rule": "follow"})
        return True


class ResCompany(models.Model):
    _inherit = "res.company"

    ec_stock_stopped = fields.Boolean(
        "Stock to All Shops Stopped", groups="ec_channel_base.group_ec_operator", help="No shop of this company is told any figure."
    )

    def action_ec_stock_stop(self):
        """The switch for all shops: nothing is sent from now on."""
        return self._ec_stock_switch(True)

    def action_ec_stock_go_on(self):
        return self._ec_stock_switch(False)

    def _ec_stock_switch(self, stopped):
        if self - self.env.companies:
            raise UserError(self.env._("Choose this company first."))
        self.env["ec.channel"]._check_role("operator" if stopped else "manager")
        self.sudo().ec_stock_stopped = stopped  # the role has been checked
        self.flush_recordset()
        channels = self.env["ec.channel"].sudo().search([("company_id", "in", self.ids)])  # of these companies only
        if not stopped:
            self.env["ec.stock.todo"]._add_channels(channels)
        return True


class EcChannel(models.Model):
    _inherit = "ec.channel"

    def _ensure_stock_policies(self):
        """A location that is mapped to a warehouse shows that warehouse's stock unless somebody says otherwise."""
        Policy = self.env["ec.stock.policy"].sudo()  # made by the lane, for the channel's company
        places = self.env["ec.mapping"].search(
            [
                ("channel_id", "in", self.ids), ("kind", "=", "location"), ("stock_mode", "in", ("publish", "pull")),
                ("stock_policy_id", "=", False), ("warehouse_id", "!=", False), ("channel_id.stock_policy_id", "=", False),
            ]
        )  # fmt: skip
        for warehouse, own in places.grouped("warehouse_id").items():
            found = Policy.search([("line_ids.warehouse_id", "=", warehouse.id), ("company_id", "=", warehouse.company_id.id)], order="id")
            policy = found.filtered(lambda p, w=warehouse: p.line_ids.warehouse_id == w)[:1] or Policy.create(
                {"name": warehouse.name, "company_id": warehouse.company_id.id, "line_ids": [fields.Command.create({"warehouse_id": warehouse.id})]}
            )
            own.write({"stock_policy_id": policy.id})
