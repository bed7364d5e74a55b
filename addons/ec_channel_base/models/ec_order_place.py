from odoo import api, models
from odoo.tools import SQL

from odoo.addons.ec_stock_atp.set_aside import Budget

CACHE = "ec.order.place"


class SaleOrder(models.Model):
    """Which warehouse serves a shop's order, where its shop sells from several: one that has all of it left over."""

    _inherit = "sale.order"

    def action_confirm(self):
        # whoever confirms, a shop's order goes where its goods are; which shop it is from is not everybody's to read
        self.sudo().filtered(lambda order: order.ec_channel_id and order.state in ("draft", "sent"))._ec_place()
        return super().action_confirm()

    def _ec_place(self):
        """Give each order the first warehouse of those its shop sells from that has all its goods free: its own, then the policy's
        order. What other shops show and what other orders want stays where it can be served. No such warehouse: it stays.

        The reservation that follows in this transaction marks what it takes, and where units are divided all warehouses that the
        choice looked at (`ec.stock.guard`), so no choice rests on old figures.
        """
        places = self.env["ec.mapping"]._warehouses_beside(self.ec_channel_id.ids)
        wide = self.filtered(lambda order: (order.ec_channel_id.id, order.warehouse_id.id) in places)
        wanted = {order: order._ec_wanted() for order in wide}
        products = sorted({product for units in wanted.values() for product in units})
        if not products:
            return
        set_aside, budget = self.env["ec.stock.set.aside"], Budget()
        budget.load(products, set_aside._free(products)[0], set_aside._entries(products))
        for order in wide.sorted(lambda order: (order.ec_placed_at or order.create_date, order.id)):
            channel, here, units = order.ec_channel_id.id, order.warehouse_id.id, wanted[order]
            for product, quantity in units.items():
                rest = budget.release(product, here, quantity, ("sold", channel))
                budget.release(product, here, rest, ("claims",))  # where nothing is divided, claims have no shop
            order._ec_place_within(budget, units, (here, *places[channel, here]))

    def _ec_place_within(self, budget, units, warehouses):
        """Take `units` (by product id) of this order from the first of `warehouses` that has room for all, else from its own."""

        def others(key):
            return not self._ec_owns(key)

        for warehouse in warehouses:
            if all(budget.room(product, warehouse, others) >= quantity for product, quantity in units.items()):
                if warehouse != self.warehouse_id.id:
                    self.warehouse_id = warehouse
                break
        for product, quantity in units.items():
            budget.take(product, self.warehouse_id.id, quantity, lambda key: key[0] == "pool" and self._ec_owns(key))

    def _ec_owns(self, key):
        """Whether what is set aside under this key leaves room for this order: pools of its buyer, and what its shop shows and
        sold. The latter may come from the same warehouses as this order's units, so it does not matter which of them goes first.
        """
        if key[0] == "pool":
            return self.env["ec.stock.pool"]._is_for(key, self)
        return key in (("shown", self.ec_channel_id.id), ("sold", self.ec_channel_id.id))

    def _ec_wanted(self):
        """{product id: units, in the product's unit} of the order's goods that are kept in stock."""
        wanted = {}
        for line in self.order_line:
            product = line.product_id
            if product.is_storable and line.product_uom_qty > 0:
                units = line.product_uom_id._compute_quantity(line.product_uom_qty, product.uom_id)
                wanted[product.id] = wanted.get(product.id, 0) + units
        return wanted


class EcMapping(models.Model):
    _inherit = "ec.mapping"

    @api.model
    def _warehouses_beside(self, channel_ids):
        """{(channel id, warehouse id): [other warehouse ids]} where one figure of the shop is made of several warehouses."""
        known = self.env.cr.precommit.data.setdefault(CACHE, {})
        unknown = [channel for channel in channel_ids if channel not in known]
        if unknown:
            for name in ("ec.mapping", "ec.channel", "ec.stock.policy.line"):
                self.env[name].flush_model()
            known.update({channel: {} for channel in unknown})
            rows = self.env.execute_query(
                SQL(
                    """
                    SELECT m.channel_id, own.warehouse_id, other.warehouse_id
                      FROM ec_mapping m
                      JOIN ec_channel c ON c.id = m.channel_id
                      JOIN ec_stock_policy_line own ON own.policy_id = COALESCE(m.stock_policy_id, c.stock_policy_id) AND own.share > 0
                      JOIN ec_stock_policy_line other ON other.policy_id = own.policy_id AND other.share > 0 AND other.id <> own.id
                     WHERE m.channel_id = ANY(%s) AND m.kind = 'location' AND m.stock_mode = 'publish' AND NOT COALESCE(m.ignored, FALSE)
                  ORDER BY m.id, other.id
                    """,
                    unknown,
                )
            )
            for channel, own, other in rows:
                beside = known[channel].setdefault(own, [])
                if other not in beside:
                    beside.append(other)
        return {(channel, own): beside for channel in channel_ids for own, beside in known[channel].items()}
