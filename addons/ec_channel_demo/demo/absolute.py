"""The connector of a demo shop that does not compare (`new_state(compare=False)`): a push overwrites what is shown."""

from __future__ import annotations

from odoo.addons.ec_channel_base.sdk.connector import Capability

from .connector import DemoConnector


class AbsoluteDemoConnector(DemoConnector):
    capabilities = DemoConnector.capabilities - {Capability.STOCK_COMPARE}
