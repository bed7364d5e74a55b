"""Products, partners and orders for tests and measurements; every figure comes from a seed."""

import random

from odoo.fields import Command

PRICES = (120.0, 480.0, 980.0, 1250.0, 3300.0)


def make_products(env, count, stock=100000.0, warehouse=None, prefix="SKU", **values):
    """Create `count` storable products with `stock` units each in the warehouse's stock location."""
    warehouse = warehouse or env["stock.warehouse"].search([("company_id", "=", env.company.id)], limit=1)
    products = env["product.product"].create(
        [
            {
                "name": f"{prefix} product {number:05d}",
                "default_code": f"{prefix}-{number:05d}",
                "is_storable": True,
                "list_price": PRICES[number % len(PRICES)],
                "weight": 0.25,
                **values,
            }
            for number in range(count)
        ]
    )
    if stock:
        put_stock(env, products, stock, warehouse.lot_stock_id)
    return products


def put_stock(env, products, quantity, location):
    """Have `quantity` more units of each product at the location."""
    env["stock.quant"].sudo().create(
        [{"product_id": product.id, "location_id": location.id, "quantity": quantity} for product in products]
    )


def make_partners(env, count, prefix="Customer", **values):
    country = env.ref("base.jp")
    return env["res.partner"].create(
        [
            {
                "name": f"{prefix} {number:05d}",
                "email": f"{prefix.lower()}{number}@example.com",
                "street": f"{number} Minato",
                "zip": f"{1000000 + number}",
                "city": "Tokyo",
                "country_id": country.id,
                **values,
            }
            for number in range(count)
        ]
    )


def make_carrier(env, price=600.0, name="Takuhaibin"):
    product = env["product.product"].create(
        {
            "name": name,
            "type": "service",
            "list_price": price,
            "invoice_policy": "order",
        }
    )
    return env["delivery.carrier"].create(
        {
            "name": name,
            "product_id": product.id,
            "delivery_type": "fixed",
            "fixed_price": price,
        }
    )


def order_vals(env, partner, products, rng, carrier=None, lines=3, explicit_price=True, **values):
    """Values of one order: `lines` products and a shipping line, as an importer would write them."""
    order_line = []
    for product in rng.sample(list(products), min(lines, len(products))):
        line = {"product_id": product.id, "product_uom_qty": float(rng.randint(1, 3))}
        if explicit_price:
            line["price_unit"] = float(rng.randint(1, 90) * 10)
        order_line.append(Command.create(line))
    if carrier:
        order_line.append(
            Command.create(
                {
                    "product_id": carrier.product_id.id,
                    "name": carrier.name,
                    "price_unit": carrier.fixed_price,
                    "product_uom_qty": 1.0,
                    "is_delivery": True,
                    "sequence": 99,
                }
            )
        )
        values["carrier_id"] = carrier.id
    return {"partner_id": partner.id, "order_line": order_line, **values}


def make_orders_vals(env, partners, products, count, seed=1, carrier=None, **options):
    rng = random.Random(seed)
    return [
        order_vals(env, partners[index % len(partners)], products, rng, carrier, **options) for index in range(count)
    ]
