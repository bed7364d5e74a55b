from odoo import models


class EcTradePad(models.AbstractModel):
    """What a buyer can have now of goods that are not sold without stock."""

    _inherit = "ec.trade.pad"

    def _free(self, products, website, order=None):
        """{product id: units}: the figure that his account is told, else what the website's warehouse has; superuser.

        The figure is brought up to date a moment after each change: it is no more than is there now, unless incoming
        units are sold. Who reserves in this transaction gets that much, or a conflict and starts again.
        """
        buyer = self.env.user._ec_trade_buyer()
        policy = buyer.account_id.stock_policy_id
        warehouses = policy.line_ids.warehouse_id if policy else website.warehouse_id
        if policy.preorder:
            return buyer.account_id._catalogue_units(products)
        # sudo: an order of this buyer that is not written
        order = order or self.env["sale.order"].sudo().new({"partner_id": buyer.partner_id.id})
        there = self._there(products, warehouses, order)
        if not policy:
            return there
        return {
            product_id: min(there[product_id], units)
            for product_id, units in buyer.account_id._catalogue_units(products).items()
        }

    def _there(self, products, warehouses, order):
        """{product id: units in these warehouses (none: in all) that are neither reserved nor set aside for others}"""
        free = {product.id: product.free_qty for product in products.with_context(warehouse_id=warehouses.ids)}
        # sudo: buyers do not learn who holds units
        set_aside, pools = self.env["ec.stock.set.aside"].sudo(), self.env["ec.stock.pool"].sudo()
        if held := set_aside._held(products.ids):
            for product_id, places, units, key in set_aside._entries(held):
                own = key[0] == "pool" and pools._is_for(key, order)
                if units > 0 and not own and (not warehouses or places <= set(warehouses.ids)):
                    free[product_id] -= float(units)
        return free
