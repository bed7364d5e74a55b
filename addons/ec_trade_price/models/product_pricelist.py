from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import ormcache


class ProductPricelist(models.Model):
    _inherit = "product.pricelist"

    ec_fallback_id = fields.Many2one(
        "product.pricelist",
        string="Fallback Pricelist",
        ondelete="restrict",
        index="btree_not_null",
        check_company=True,
        tracking=True,
        help="Where no rule of this pricelist applies to a product, the rules of this other pricelist are tried, and then those of its own fallback. "
        "With no rule at all, the sales price counts.",
    )
    ec_rounding = fields.Selection(
        [("down", "Down"), ("up", "Up"), ("half_up", "To the Nearest")],
        string="Round Prices",
        tracking=True,
        help="How prices that come from a rate or a formula of this pricelist are rounded, to a multiple of the step. Fixed prices stay as they are. "
        "Order lines then show the rounded net price, not a discount.",
    )
    ec_rounding_step = fields.Float(
        string="Rounding Step",
        default=1.0,
        min_display_digits="Product Price",
        help="In the currency of the pricelist: 1, 10, 0.01.",
    )

    @api.constrains("ec_fallback_id", "company_id")
    def _check_ec_fallback(self):
        if self._has_cycle("ec_fallback_id"):
            raise ValidationError(
                self.env._("A pricelist cannot fall back on itself, neither directly nor through other pricelists.")
            )
        behind = self.with_context(active_test=False).search([("ec_fallback_id", "in", self.ids)])
        (self | behind)._check_company(["ec_fallback_id"])

    @api.constrains("ec_rounding", "ec_rounding_step")
    def _check_ec_rounding_step(self):
        if any(pricelist.ec_rounding and pricelist.ec_rounding_step <= 0 for pricelist in self):
            raise ValidationError(self.env._("The rounding step must be more than 0."))

    def write(self, vals):
        if "ec_fallback_id" in vals:
            self.env.registry.clear_cache()
        return super().write(vals)

    def _ec_chain(self):
        """This list and its fallbacks, in the order in which they are tried."""
        self and self.ensure_one()
        return self.browse(self._ec_chain_ids(self._origin.id) if self._origin else [])

    @api.model
    @ormcache("pricelist_id")
    def _ec_chain_ids(self, pricelist_id):
        # superuser: the cache is everybody's; what a user may read is decided where the rules are read
        chain = pricelist = self.sudo().browse(pricelist_id)
        while (pricelist := pricelist.ec_fallback_id) and pricelist not in chain:
            chain += pricelist
        return chain._ids

    def _get_applicable_rules(self, products, date, **kwargs):
        """Rules of the chain, those of a list before those of its fallback: the first one that applies is taken."""
        chain = self._ec_chain()
        if len(chain) < 2:
            return super()._get_applicable_rules(products, date, **kwargs)
        rules = self.env["product.pricelist.item"]
        for pricelist in chain:
            rules += super(ProductPricelist, pricelist)._get_applicable_rules(products, date, **kwargs)
        return rules

    def _get_applicable_rules_domain(self, products, date, **kwargs):
        domain = super()._get_applicable_rules_domain(products, date, **kwargs)
        return [*domain, "|", ("ec_brand_id", "=", False), ("ec_brand_id", "in", products.ec_brand_id.ids)]

    def action_ec_why_price(self):
        self.ensure_one()
        return self.env["ec.price.why"]._open({"pricelist_id": self.id})
