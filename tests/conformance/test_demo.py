"""The demo connector keeps every promise of the contract, for a shop that compares stock and for one that does not."""

from demo_harness import AbsoluteDemoHarness, DemoHarness

from odoo.addons.ec_channel_base.sdk.testing import ConnectorConformance


class TestDemo(ConnectorConformance):
    harness_class = DemoHarness


class TestAbsoluteDemo(ConnectorConformance):
    harness_class = AbsoluteDemoHarness
