"""A company in Japan with stock, connected to the simulator: the state in which the benchmarks find Odoo."""

from bodies import PRICES, SKUS, WAREHOUSES
from shopify_simulator.client import Simulator

STOCK = 1_000_000.0


def build(env, shop):
    """Products, taxes, two warehouses with stock, and a live channel. Returns the channel; nothing is committed."""
    company = env.company
    env["ir.config_parameter"].set_param("web.base.url", "https://erp.example")
    company.country_id = env.ref("base.jp")
    env["account.chart.template"].try_loading("jp", company=company, install_demo=False)
    tax = env["account.tax"].search([("type_tax_use", "=", "sale"), ("amount", "=", 10), ("company_id", "=", company.id)], limit=1)
    tax = tax.copy({"name": "10% (in the price)", "price_include_override": "tax_included"})
    products = env["product.product"].create(
        [
            {
                "name": f"Product {n}", "default_code": f"SKU-{n:04}", "barcode": f"49{n:011}", "type": "consu", "is_storable": True,
                "list_price": float(PRICES[n % len(PRICES)]), "taxes_id": [(6, 0, tax.ids)],
            }
            for n in range(1, SKUS + 1)
        ]
    )
    first = env["stock.warehouse"].search([("company_id", "=", company.id)], limit=1)
    first.name = WAREHOUSES[0]
    second = env["stock.warehouse"].create({"name": WAREHOUSES[1], "code": "WEST", "company_id": company.id})
    quants = env["stock.quant"].create(
        [
            {"product_id": product.id, "location_id": warehouse.lot_stock_id.id, "inventory_quantity": STOCK}
            for warehouse in (first, second)
            for product in products
        ]
    )
    quants.action_apply_inventory()
    channel = env["ec.channel"].create(
        {
            "name": "Tea shop", "connector": "shopify", "shopify_shop_domain": shop.domain, "shopify_auth": "token",
            "shopify_token": Simulator.token, "shopify_client_secret": Simulator.client_secret, "endpoint_url": shop.url,
            "allow_private_host": True, "import_since": "2020-01-01 00:00:00", "warehouse_id": first.id,
        }
    )
    channel.action_check()
    channel.action_pull_catalogue()
    channel.action_live()
    carrier_product = env.ref("ec_channel_base.product_shipping")
    carrier_product.taxes_id = tax
    return channel
