from odoo import api, fields, models


class EcListingMatch(models.TransientModel):
    """Choose one product for the selected items of the shops."""

    _name = "ec.listing.match"
    _description = "Match items to a product"

    listing_ids = fields.Many2many("ec.listing", string="Items", required=True)
    company_id = fields.Many2one("res.company", compute="_compute_company_id")
    proposal_ids = fields.Many2many("product.product", compute="_compute_proposal_ids", string="Proposals")
    product_id = fields.Many2one(
        "product.product", compute="_compute_product_id", store=True, readonly=False, check_company=True,
    )

    @api.depends("listing_ids")
    def _compute_company_id(self):
        for wizard in self:
            companies = wizard.listing_ids.company_id
            wizard.company_id = companies if len(companies) == 1 else False

    @api.depends("listing_ids")
    def _compute_proposal_ids(self):
        for wizard in self:
            wizard.proposal_ids = wizard.listing_ids.proposal_ids

    @api.depends("proposal_ids")
    def _compute_product_id(self):
        for wizard in self:
            wizard.product_id = wizard.proposal_ids if len(wizard.proposal_ids) == 1 else False

    def action_match(self):
        self.ensure_one()
        self.listing_ids.write({"product_id": self.product_id.id})
        return {"type": "ir.actions.act_window_close"}
