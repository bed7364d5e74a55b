"""What the tests of units set aside share."""

from unittest.mock import patch

from odoo.fields import Command
from odoo.tests import TransactionCase, new_test_user
from odoo.tools import SQL

LOOP, BATCH = "loop", "batch"
PATHS = (LOOP, BATCH)


class SetAsideCase(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.warehouse = cls.env["stock.warehouse"].search([("company_id", "=", cls.env.company.id)], limit=1)
        cls.other = cls.env["stock.warehouse"].create({"name": "Third", "code": "EC3"})
        cls.stock = cls.warehouse.lot_stock_id
        cls.customers = cls.env.ref("stock.stock_location_customers")
        cls.buyer, cls.stranger = cls.env["res.partner"].create(
            [{"name": "Buyer", "is_company": True}, {"name": "Stranger"}]
        )
        cls.contact = cls.env["res.partner"].create({"name": "Contact", "parent_id": cls.buyer.id})
        cls.Pool = cls.env["ec.stock.pool"]

    def make_product(self, units=10, warehouse=None, **values):
        product = self.env["product.product"].create(
            {"name": "Tea cup", "is_storable": True, "list_price": 10, **values}
        )
        if units:
            self.put(product, units, warehouse)
        return product

    def put(self, product, units, warehouse=None):
        location = (warehouse or self.warehouse).lot_stock_id
        self.env["stock.quant"]._update_available_quantity(product, location, units)

    def pool(self, product, quantity, **values):
        return self.Pool.create(
            {
                "name": "Spring",
                "product_id": product.id,
                "warehouse_id": self.warehouse.id,
                "quantity": quantity,
                **values,
            }
        )

    def order(self, product, quantity, partner=None, **values):
        return self.env["sale.order"].create(
            {
                "partner_id": (partner or self.stranger).id,
                "warehouse_id": self.warehouse.id,
                "order_line": [
                    Command.create({"product_id": product.id, "product_uom_qty": quantity, "price_unit": 10})
                ],
                **values,
            }
        )

    def confirm(self, orders, path=LOOP):
        if path == BATCH:
            orders._ec_confirm_batch()
        else:
            for order in orders:
                order.action_confirm()
        return [sum(order.picking_ids.move_ids.mapped("quantity")) for order in orders]

    def sell(self, product, quantity, partner=None, path=LOOP, **values):
        """Units reserved for a new confirmed order."""
        return self.confirm(self.order(product, quantity, partner, **values), path)[0]

    def set_aside(self, *entries):
        """As another addon does: entries of its own, until the end of the test."""
        Model = self.env.registry["ec.stock.set.aside"]
        sources, own = Model._sources, Model._entries
        products = sorted({entry[0] for entry in entries})

        def _sources(model):
            return [*sources(model), SQL("SELECT unnest(%s::int[]) AS product_id", products)]

        def _entries(model, product_ids):
            return own(model, product_ids) + [entry for entry in entries if entry[0] in product_ids]

        for name, value in (("_sources", _sources), ("_entries", _entries)):
            patcher = patch.object(Model, name, value)
            patcher.start()
            self.addCleanup(patcher.stop)
        self.env.cr.precommit.data.clear()  # what was learnt of these products before

    def user(self, groups):
        return new_test_user(self.env, login=f"aside-{groups}", groups=groups)
