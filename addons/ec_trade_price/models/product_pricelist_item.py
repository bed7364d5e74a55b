from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..rounding import round_price

# Odoo orders rules by this value: after the product, before the category
BRAND = "1_z_brand"


class ProductPricelistItem(models.Model):
    _inherit = "product.pricelist.item"

    _ec_variant_idx = models.Index("(pricelist_id, product_id) WHERE product_id IS NOT NULL")
    _ec_template_idx = models.Index(
        "(pricelist_id, product_tmpl_id) WHERE product_id IS NULL AND product_tmpl_id IS NOT NULL"
    )
    _ec_other_idx = models.Index(
        "(pricelist_id, categ_id, ec_brand_id) WHERE product_id IS NULL AND product_tmpl_id IS NULL"
    )

    # a rule of a brand that is no more would be one for all products: it goes with the brand
    applied_on = fields.Selection(selection_add=[(BRAND, "Brand")], ondelete={BRAND: "cascade"})
    display_applied_on = fields.Selection(selection_add=[(BRAND, "Brand")], ondelete={BRAND: "set default"})
    ec_brand_id = fields.Many2one("ec.brand", string="Brand", index="btree_not_null", ondelete="cascade")
    ec_rate = fields.Float(
        string="Rate",
        compute="_compute_ec_rate",
        inverse="_inverse_ec_rate",
        help="What is left of the price after the discount, in percent: 65 is a discount of 35.",
    )

    # ---- the rate

    @api.depends("percent_price")
    def _compute_ec_rate(self):
        for item in self:
            item.ec_rate = round(100 - item.percent_price, 10)

    def _inverse_ec_rate(self):
        for item in self:
            item.percent_price = round(100 - item.ec_rate, 10)

    @api.onchange("ec_rate")
    def _onchange_ec_rate(self):
        self._inverse_ec_rate()

    # ---- brands

    @api.depends("ec_brand_id")
    def _compute_name(self):
        brands = self.filtered(lambda item: item.applied_on == BRAND and item.ec_brand_id)
        super(ProductPricelistItem, self - brands)._compute_name()
        for item in brands:
            item.name = self.env._("Brand: %s", item.ec_brand_id.display_name)

    @api.constrains("applied_on", "ec_brand_id")
    def _check_ec_brand(self):
        if any(item.applied_on == BRAND and not item.ec_brand_id for item in self):
            raise ValidationError(self.env._("Please specify the brand for which this rule should be applied"))

    @api.onchange("display_applied_on")
    def _onchange_display_applied_on(self):
        super()._onchange_display_applied_on()
        of_brands = self._ec_shown_as_brand()
        of_brands.update({"product_id": None, "product_tmpl_id": None, "categ_id": None, "applied_on": BRAND})
        (self - of_brands).update({"ec_brand_id": None})

    @api.onchange("product_id", "product_tmpl_id", "categ_id")
    def _onchange_rule_content(self):
        super()._onchange_rule_content()
        self._ec_shown_as_brand().update({"applied_on": BRAND})

    def _ec_shown_as_brand(self):
        return self.filtered(lambda item: item.display_applied_on == BRAND)

    @api.model_create_multi
    def create(self, vals_list):
        for index, vals in enumerate(vals_list):
            if not vals.get("applied_on") and vals.get("ec_brand_id"):
                vals = {**vals, "applied_on": BRAND}
            vals_list[index] = self._ec_consistent(vals)
        return super().create(vals_list)

    def write(self, vals):
        return super().write(self._ec_consistent(vals))

    @api.model
    def _ec_consistent(self, vals):
        """As Odoo does for products and categories: a rule names only what it is about."""
        if not vals.get("applied_on"):
            return vals
        if vals["applied_on"] != BRAND:
            return {**vals, "ec_brand_id": None}
        return {**vals, "product_id": None, "product_tmpl_id": None, "categ_id": None, "display_applied_on": BRAND}

    def _is_applicable_for(self, product, qty_in_product_uom):
        if self.applied_on == BRAND and product.ec_brand_id != self.ec_brand_id:
            return False
        return super()._is_applicable_for(product, qty_in_product_uom)

    # ---- prices

    def _compute_price(self, product, quantity, uom, date, currency=None, **kwargs):
        """Rounded as the list says, in the list's currency; in another currency (of the list that falls back on it) converted afterwards."""
        own = self._ec_price_currency(currency)
        price = super()._compute_price(product, quantity, uom, date, currency=own, **kwargs)
        if self._ec_rounds():
            price = round_price(price, self.pricelist_id.ec_rounding, self.pricelist_id.ec_rounding_step)
        return (
            price
            if not currency or own == currency
            else own._convert(price, currency, self.env.company, date, round=False)
        )

    def _ec_plain_price(self, product, quantity, uom, currency, bases):
        """What `_compute_price` gives for a fixed price or a rate whose base price is known, in the list's currency; None for all else."""
        if bases is None:
            return None
        kind = self.compute_price
        if kind == "fixed":
            return self.fixed_price if uom == product.uom_id and self.pricelist_id.currency_id == currency else None
        if kind and kind != "percentage":
            return None
        base = bases.get(self._ec_base_key(product, quantity, uom, currency))
        if not kind or base is None:
            return base
        price = (base - (base * (self.percent_price / 100))) or 0.0
        pricelist = self.pricelist_id
        if not pricelist.ec_rounding:
            return price
        return (
            round_price(price, pricelist.ec_rounding, pricelist.ec_rounding_step)
            if pricelist.currency_id == currency
            else None
        )

    def _ec_price_currency(self, asked):
        """In which the price is computed: the list's. A rate that is not rounded is computed in the one asked for, as Odoo does."""
        if self.compute_price == "percentage" and not self._ec_rounds():
            return asked
        return self.pricelist_id.currency_id or asked

    def _ec_rounds(self):
        return self.compute_price in ("percentage", "formula") and bool(self.pricelist_id.ec_rounding)

    def _ec_unrounded_price(self, *args, **kwargs):
        """What the rule gives before the list's rounding. Arguments as those of `_compute_price`."""
        return super()._compute_price(*args, **kwargs)

    def _compute_base_price(self, product, quantity, uom, date, currency, **kwargs):
        """`ec_bases`: base prices that were computed for many products at once, see `_ec_base_prices`."""
        if bases := kwargs.get("ec_bases"):
            price = bases.get(self._ec_base_key(product, quantity, uom, currency))
            if price is not None:
                return price
        return super()._compute_base_price(product, quantity, uom, date, currency, **kwargs)

    def _ec_base_key(self, product, quantity, uom, currency):
        if self.base == "pricelist" and self.base_pricelist_id:
            return self.base_pricelist_id.id, product.id, quantity, uom.id, currency.id
        return self.base or "list_price", product.id, uom.id, currency.id

    def _show_discount(self):
        """A rounded price is not its base less a percentage: it is shown as it is."""
        return super()._show_discount() and not self.pricelist_id.ec_rounding
