"""The demo connector keeps every promise of the contract."""

from demo_harness import DemoHarness

from odoo.addons.ec_channel_base.sdk.testing import ConnectorConformance


class TestDemo(ConnectorConformance):
    harness_class = DemoHarness
