"""What was sold from a loan and came back into stock counts as returned, no longer as sold."""

from odoo import SUPERUSER_ID, api


def migrate(cr, version):
    lines = api.Environment(cr, SUPERUSER_ID, {})["ec.loan.line"].search([("sold", ">", 0)])
    for name in ("lent", "returned", "sold", "open"):
        lines.env.add_to_compute(lines._fields[name], lines)
    lines.env.flush_all()
