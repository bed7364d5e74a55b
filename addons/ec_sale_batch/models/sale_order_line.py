from odoo import models
from odoo.tools import OrderedSet

from ..batch import ConfirmBatch, outside


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    def _action_launch_stock_rule(self, *, previous_product_uom_qty=False):
        """In a batch: procure the lines of all orders that allow it together, the others order by order."""
        batch = ConfirmBatch.of(self.env)
        if (
            batch is None
            or previous_product_uom_qty
            or batch.pickings_to_confirm is not None
            or not batch.order_ids.issuperset(self.order_id.ids)
        ):
            return super()._action_launch_stock_rule(previous_product_uom_qty=previous_product_uom_qty)
        together, own_path = self._ec_split_for_batch(batch)
        if together:
            lines = self.filtered(lambda line: line.order_id in together)
            lines._ec_create_references(batch)
            batch.line_ids = frozenset(lines.ids)
            batch.pickings_to_confirm = OrderedSet()
            try:
                super(SaleOrderLine, lines)._action_launch_stock_rule()
                pickings = self.env["stock.picking"].browse(batch.pickings_to_confirm)
            finally:
                batch.pickings_to_confirm = None
            pickings.action_confirm()
        for order in own_path:
            lines = outside(self.filtered(lambda line, order=order: line.order_id == order))
            super(SaleOrderLine, lines)._action_launch_stock_rule()
        return True

    def _ec_split_for_batch(self, batch):
        """Sort the orders of the lines into those procured together and those that go Odoo's own path.

        Stock is promised in the order of the orders, as one by one: once an order goes its own path, later
        orders that want one of its products follow it there.

        :return: two recordsets of sale.order
        """
        together, own_path = OrderedSet(), OrderedSet()
        taken_product_ids = set()
        for order, lines in self.grouped("order_id").items():
            goods = lines.filtered(lambda line: line.product_id.type == "consu")
            if taken_product_ids.isdisjoint(goods.product_id.ids) and order._ec_fits_batch(goods, batch):
                together.add(order.id)
            else:
                own_path.add(order.id)
                taken_product_ids.update(goods.product_id.ids)
        orders = self.order_id
        return orders.browse(together), orders.browse(own_path)

    def _ec_create_references(self, batch):
        """The stock references of all orders in one create; a line that would ask for none gets none."""
        vals_list = []
        for _order, lines in self.grouped("order_id").items():
            for line in lines:
                if (
                    line.state == "sale"
                    and not line.order_id.locked
                    and line.product_id.type == "consu"
                    and not line.product_uom_id.is_zero(line.product_uom_qty)
                ):
                    vals_list.append(line._prepare_reference_vals())
                    break
        references = self.env["stock.reference"].create(vals_list)
        batch.new_reference_ids.update(references.ids)

    def _ec_fits_batch(self, batch):
        """Whether this line of goods is plainly taken from stock."""
        self.ensure_one()
        product = self.product_id
        if product.tracking != "none" or self.product_uom_qty < 0:
            return False
        if product.categ_id.packaging_reserve_method == "full" or product.id in batch.ordered_product_ids(self.env):
            return False
        rule = self.env["stock.rule"]._get_rule(product, self._get_location_final(), {
            "route_ids": self.route_ids or self.order_id.carrier_id.route_ids,
            "warehouse_id": self.warehouse_id,
            "packaging_uom_id": self.product_uom_id,
            "company_id": self.company_id,
        })
        return (
            rule.action in ("pull", "pull_push")
            and rule.procure_method == "make_to_stock"
            and rule.location_src_id.usage == "internal"
        )
