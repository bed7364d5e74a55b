"""The Shopify connector keeps every promise of the contract, against the simulator."""

from odoo.addons.ec_channel_base.sdk.testing import ConnectorConformance
from shopify_harness import ShopifyHarness


class TestShopify(ConnectorConformance):
    harness_class = ShopifyHarness
