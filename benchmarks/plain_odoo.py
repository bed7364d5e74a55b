"""The baseline: what a plain Odoo does with the same orders, one by one, each in its own transaction."""

from decimal import Decimal


class PlainOdoo:
    """Everything that can be looked up beforehand is; what is left is `create`, `create`, `action_confirm`, `commit`."""

    def __init__(self, env, channel):
        self.env = env
        products = env["product.product"].search([("default_code", "=like", "SKU-%")])
        self.product_ids = {product.default_code: product.id for product in products}
        self.tax_ids = products[0].taxes_id.ids
        self.shipping_id = env.ref("ec_channel_base.product_shipping").id
        self.country_id = env.ref("base.jp").id
        self.state_id = env["res.country.state"].search([("country_id", "=", self.country_id), ("code", "in", ("13", "JP-13"))], limit=1).id
        self.warehouse_id = channel.warehouse_id.id
        self.pricelist_id = env["product.pricelist"].search([("item_ids", "=", False)], limit=1).id

    def import_confirm(self, document):
        address = document.shipping_address
        partner = self.env["res.partner"].create(
            {
                "name": address.name, "email": document.email, "phone": address.phone, "street": address.street, "city": address.city,
                "zip": address.zip, "state_id": self.state_id, "country_id": self.country_id, "customer_rank": 1,
            }
        )
        lines = [
            {
                "product_id": self.product_ids[line.sku], "name": line.title, "product_uom_qty": float(line.quantity),
                "price_unit": float(line.unit_price), "tax_ids": [(6, 0, self.tax_ids)],
            }
            for line in document.lines
        ]
        lines += [
            {
                "product_id": self.shipping_id, "name": line.title, "product_uom_qty": 1, "price_unit": float(line.price),
                "tax_ids": [(6, 0, self.tax_ids)], "is_delivery": True,
            }
            for line in document.shipping_lines
        ]
        order = self.env["sale.order"].create(
            {
                "partner_id": partner.id, "warehouse_id": self.warehouse_id, "pricelist_id": self.pricelist_id,
                "client_order_ref": document.name, "date_order": document.placed_at.replace(tzinfo=None, microsecond=0),
                "order_line": [(0, 0, line) for line in lines],
            }
        )
        order.action_confirm()
        self.env.cr.commit()
        assert Decimal(str(order.amount_total)) == document.total, (order.amount_total, document.total)
        return order
