"""Stock in the shops: open orders of shops claim their units, and each channel is asked anew what it can."""

from odoo import SUPERUSER_ID, api


def migrate(cr, version):
    cr.execute("UPDATE sale_order SET ec_claims_stock = TRUE WHERE ec_channel_id IS NOT NULL AND state IN ('draft', 'sent', 'sale')")
    cr.execute("UPDATE ec_mapping SET stock_mode = NULL WHERE kind <> 'location'")
    env = api.Environment(cr, SUPERUSER_ID, {})
    # at the end: the connectors' addons are loaded by now
    env["ec.channel"].with_context(active_test=False).search([])._refresh_capabilities()
