from odoo import api, fields, models
from odoo.fields import Domain

from .ec_rule_set import SHOP_ORDERS

DOMAINS = {
    "all": "[]",
    "shops": SHOP_ORDERS,
    "hand": '[("ec_claims_stock", "=", False)]',
}


class EcRuleSet(models.Model):
    """Which orders a version decides about, as most people choose it; the domain is for whom none of the choices fits."""

    _inherit = "ec.rule.set"

    applies_choice = fields.Selection(
        [("all", "All orders"), ("shops", "Orders of shops"), ("hand", "Orders entered by hand"), ("own", "Orders chosen by conditions")],
        string="Decides About",
        compute="_compute_applies_choice",
        inverse="_inverse_applies_choice",
        help="Orders of shops are those that a connected shop sent. Of two active rule sets that meet an order, the first one decides.",
    )
    applies_text = fields.Char(compute="_compute_applies_text")
    no_order = fields.Boolean(compute="_compute_no_order", help="There is no such order, as before the first shop is connected.")

    @api.depends("applies_to")
    def _compute_applies_choice(self):
        for version in self:
            domain = version._domain_of("applies_to")
            version.applies_choice = next((choice for choice, text in DOMAINS.items() if self.env["ec.rule"]._domain(text) == domain), "own")

    @api.onchange("applies_choice")
    def _inverse_applies_choice(self):
        for version in self:
            if version.applies_choice in DOMAINS:
                version.applies_to = DOMAINS[version.applies_choice]

    @api.depends("applies_to")
    @api.depends_context("lang")
    def _compute_applies_text(self):
        texts = {"all": self.env._("all orders"), "shops": self.env._("orders of the shops"), "hand": self.env._("orders entered by hand")}
        for version in self:
            version.applies_text = texts.get(version.applies_choice) or self.env["ec.rule"]._domain_text("sale.order", version.applies_to)

    @api.depends("applies_to", "company_id", "state")
    def _compute_no_order(self):
        for version in self:
            domain = Domain("company_id", "=", version.company_id.id) & Domain(version._domain_of("applies_to"))
            asks = version.state == "draft" and version.applies_choice != "all"
            # whether there are such orders does not depend on who asks
            version.no_order = asks and not self.env["sale.order"].sudo().search(domain, limit=1)
