from odoo import api, fields, models
from odoo.tools import SQL

from odoo.addons.ec_stock_atp.sharing import Sink, is_strict, targets, threshold

GROUP = "ec_channel_base.group_ec_operator"
EXAMPLE_SHOPS = 3


class EcStockPolicy(models.Model):
    """Who uses a policy, and what its shops would show with the values being edited."""

    _inherit = "ec.stock.policy"

    ec_channel_count = fields.Integer("Channels", compute="_compute_ec_counts", groups=GROUP)
    ec_place_count = fields.Integer("Locations", compute="_compute_ec_counts", groups=GROUP)
    ec_level_count = fields.Integer("Figures in Shops", compute="_compute_ec_counts", groups=GROUP)

    @api.depends_context("uid")
    def _compute_ec_counts(self):
        def counts(model, field):
            return {policy.id: count for policy, count in self.env[model]._read_group([(field, "in", self.ids)], [field], ["__count"])}

        channels, places = counts("ec.channel", "stock_policy_id"), counts("ec.mapping", "stock_policy_id")
        levels = counts("ec.stock.level", "policy_id")
        for policy in self:
            key = policy._origin.id
            policy.ec_channel_count, policy.ec_place_count = channels.get(key, 0), places.get(key, 0)
            policy.ec_level_count = levels.get(key, 0)

    # ---- actions

    def action_open_ec_channels(self):
        return self._open_users("ec_channel_action", "stock_policy_id")

    def action_open_ec_places(self):
        return self._open_users("ec_mapping_action", "stock_policy_id")

    def action_open_ec_levels(self):
        return self._open_users("action_ec_stock_level", "policy_id")

    def _open_users(self, xml_id, field):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(f"ec_channel_base.{xml_id}")
        action.update(domain=[(field, "=", self.id)], context={})
        action.pop("path", None)  # the address of the menu's list shows those of all policies
        return action

    # ---- the example

    def _find_example(self):
        """The product that the most shops show, if any shop shows one."""
        rows = self.env.execute_query(
            SQL(
                """SELECT product_id FROM (SELECT product_id FROM ec_stock_level WHERE company_id = %s ORDER BY product_id LIMIT 10000) level
                    GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1""",
                self.company_id.id,
            )
        )
        return self.env["product.product"].browse(rows[0]) if rows else super()._find_example()

    def _example_values(self):
        values = super()._example_values()
        figure, mode = values["figure"], self.mode or "hybrid"
        sinks, names, limit = self._example_shops()
        shown = targets(mode, figure, sinks, threshold=limit)
        divided = is_strict(mode, figure, limit)
        texts = [self.env._("Divided among them.") if divided else self.env._("Each shows all of it.")]
        if mode == "hybrid":
            texts.append(self.env._("Divided when fewer than %s are left.", limit))
        return {
            **values,
            "example_shops": [{"name": names[sink.id], "units": shown[sink.id]} for sink in sinks],
            "divided": divided,
            "divided_text": " ".join(texts),
        }

    def _example_shops(self):
        """(sinks, {sink id: name}, units below which hybrid mode divides): shops that show the product, else imaginary ones."""
        # the names of shops are for those who work with channels
        Level = self.env["ec.stock.level"]
        minimum = self["strict_below"] if "strict_below" in self._fields else 3
        safety = self["safety"] if "safety" in self._fields else 3.0
        levels = Level
        if Level.has_access("read"):
            domain = [("product_id", "=", self.example_product_id._origin.id), ("company_id", "=", self.company_id.id)]
            levels = Level.search(domain, limit=EXAMPLE_SHOPS)
        if len(levels) > 1:
            lag = max(level.channel_id.stock_lag for level in levels)
            limit = threshold(sum(levels.mapped("rate")), lag, safety, minimum)
            return [Sink(id=level.id, believed=0, weight=level.rate) for level in levels], {level.id: level.channel_id.name for level in levels}, limit
        names = {1: self.env._("A first shop"), 2: self.env._("A second shop")}
        return [Sink(id=id_, believed=0) for id_ in names], names, threshold(0, 0, safety, minimum)
