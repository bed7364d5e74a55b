from odoo import fields, models
from odoo.fields import Domain

BAND_LIMIT = 10


class EcTradeAccount(models.Model):
    """What an account sees: products, and how much of their stock."""

    _inherit = "ec.trade.account"

    catalogue = fields.Selection(
        [("all", "All Published Products"), ("chosen", "Chosen Products")], default="all", required=True, tracking=True
    )
    shown_category_ids = fields.Many2many(
        "product.category", "ec_trade_shown_category_rel", "account_id", "category_id", "Shown Categories"
    )
    shown_brand_ids = fields.Many2many("ec.brand", "ec_trade_shown_brand_rel", "account_id", "brand_id", "Shown Brands")
    shown_product_ids = fields.Many2many(
        "product.template", "ec_trade_shown_product_rel", "account_id", "product_tmpl_id", "Shown Products"
    )
    hidden_category_ids = fields.Many2many(
        "product.category", "ec_trade_hidden_category_rel", "account_id", "category_id", "Hidden Categories"
    )
    hidden_brand_ids = fields.Many2many(
        "ec.brand", "ec_trade_hidden_brand_rel", "account_id", "brand_id", "Hidden Brands"
    )
    hidden_product_ids = fields.Many2many(
        "product.template", "ec_trade_hidden_product_rel", "account_id", "product_tmpl_id", "Hidden Products"
    )
    stock_shown = fields.Selection(
        [("none", "Not Shown"), ("band", "In Stock, Few Left, Out of Stock"), ("exact", "Number of Units")],
        "Stock Shown",
        default="none",
        required=True,
        tracking=True,
    )
    stock_policy_id = fields.Many2one(
        "ec.stock.policy",
        "Sellable Stock",
        check_company=True,
        index="btree_not_null",
        ondelete="restrict",
        tracking=True,
        help="Which stock this customer is told: the sellable figure of this policy.",
    )
    few_below = fields.Integer(
        "Few Left Below", default=BAND_LIMIT, help="With fewer units than this the catalogue says: few left."
    )
    item_ids = fields.One2many("ec.trade.item", "account_id", "Own Item Codes")

    _stock_has_policy = models.Constraint(
        "CHECK (stock_shown = 'none' OR stock_policy_id IS NOT NULL)", "Choose which sellable stock is shown."
    )

    def _catalogue_domain(self):
        """Products (templates) that this account sees, among those that are published at all."""
        self.ensure_one()
        shown = Domain.TRUE if self.catalogue == "all" else self._catalogue_part("shown")
        return shown & ~self._catalogue_part("hidden")

    def _catalogue_part(self, part):
        categories, brands = self[f"{part}_category_ids"], self[f"{part}_brand_ids"]
        domain = Domain.FALSE
        if categories:
            domain |= Domain("categ_id", "child_of", categories.ids)
        if brands:
            domain |= Domain("ec_brand_id", "in", brands.ids)
        if self[f"{part}_product_ids"]:
            # by relation, not by ids: an account may have thousands
            domain |= Domain(f"ec_{part}_account_ids", "in", self.ids)
        return domain


class ProductTemplate(models.Model):
    _inherit = "product.template"

    ec_shown_account_ids = fields.Many2many(
        "ec.trade.account",
        "ec_trade_shown_product_rel",
        "product_tmpl_id",
        "account_id",
        "Shown to Accounts",
        groups="ec_b2b_portal.group_trade_user",
        copy=False,
    )
    ec_hidden_account_ids = fields.Many2many(
        "ec.trade.account",
        "ec_trade_hidden_product_rel",
        "product_tmpl_id",
        "account_id",
        "Hidden from Accounts",
        groups="ec_b2b_portal.group_trade_user",
        copy=False,
    )

    def write(self, vals):
        if {"ec_shown_account_ids", "ec_hidden_account_ids"} & vals.keys():
            self.env.registry.clear_cache()
        return super().write(vals)
