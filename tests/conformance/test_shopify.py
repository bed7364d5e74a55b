"""The Shopify connector keeps every promise of the contract, against the simulator."""

from shopify_harness import ShopifyHarness

from odoo.addons.ec_channel_base.sdk.testing import ConnectorConformance


class TestShopify(ConnectorConformance):
    harness_class = ShopifyHarness
