from odoo import fields, models
from odoo.fields import Domain

from ..candidates import Candidates
from .product_pricelist_item import BRAND

# rules about something near the product, shown as such: so many at most for a list
NEAR = 10


class ProductPricelist(models.Model):
    _inherit = "product.pricelist"

    def _ec_why(self, product, quantity=1.0, *, uom=None, date=False, currency=None, **kwargs):
        """How the price of one product comes about:

        {"list": self, "price": float per `uom`, "currency": record, "rule": record (maybe empty), "quantity", "uom", "product_uom",
         "lists": [{"list": record, "rules": [{"rule": record, "reason": code, "value"}]}], in the order tried,
         "steps": [{"kind": code, "amount": float, "currency": record, …}]}

        Reasons: taken, later (a nearer rule came first), quantity (value: the least), not_yet, expired (value: the moment),
        other_variant, other_brand, other_category, not_applicable. Steps: list_price, cost, pricelist ("why": the same for the
        other list), fixed, rate ("rate"), formula ("rule"), round ("mode", "step"), convert.
        """
        self.ensure_one()
        product.ensure_one()
        uom = uom or product.uom_id
        date = date or fields.Datetime.now()
        currency = currency or self.currency_id
        price, rule_id = self._get_product_price_rule(
            product, quantity, currency=currency, uom=uom, date=date, **kwargs
        )
        rule = self.env["product.pricelist.item"].browse(rule_id)
        return {
            "list": self,
            "price": price,
            "currency": currency,
            "rule": rule,
            "quantity": quantity,
            "uom": uom,
            "product_uom": product.uom_id,
            "lists": self._ec_why_lists(product, quantity, uom, date, rule),
            "steps": rule._ec_why_steps(product, quantity, uom, date, currency, **kwargs),
        }

    # ---- rules looked at

    def _ec_why_lists(self, product, quantity, uom, date, taken):
        chain = self._ec_chain()
        if taken:
            chain = chain[: chain.ids.index(taken.pricelist_id.id) + 1]
        if uom != product.uom_id:
            quantity = uom._compute_quantity(quantity, product.uom_id, raise_if_failure=False)
        Item = self.env["product.pricelist.item"]
        rules = Item.browse([item_id for *_order, item_id, _least, _sure in Candidates(chain, product).of(product)])
        return [
            {
                "list": pricelist,
                "rules": self._ec_why_rules(of_list, product, quantity, date, taken)
                + pricelist._ec_why_near(product, of_list),
            }
            for pricelist in chain
            for of_list in [rules.filtered(lambda rule, pricelist=pricelist: rule.pricelist_id == pricelist)]
        ]

    def _ec_why_rules(self, rules, product, quantity, date, taken):
        result, found = [], False
        for rule in rules:
            reason, value = ("taken", None) if rule == taken else rule._ec_why_not(product, quantity, date, found)
            found = found or rule == taken
            result.append({"rule": rule, "reason": reason, "value": value})
        return result

    def _ec_why_near(self, product, rules):
        """Rules of this list about another variant, brand or category."""
        template = product if product._name == "product.template" else product.product_tmpl_id
        about = Domain("product_tmpl_id", "=", template.id) & Domain("product_id", "!=", False)
        about |= Domain("applied_on", "in", (BRAND, "2_product_category"))
        domain = Domain("pricelist_id", "=", self.id) & Domain("id", "not in", rules.ids) & about
        reasons = {"0_product_variant": "other_variant", BRAND: "other_brand", "2_product_category": "other_category"}
        near = self.env["product.pricelist.item"].search(domain, limit=NEAR)
        return [
            {"rule": rule, "reason": reasons.get(rule.applied_on, "not_applicable"), "value": None} for rule in near
        ]


class ProductPricelistItem(models.Model):
    _inherit = "product.pricelist.item"

    def _ec_why_not(self, product, quantity, date, found):
        """(reason, value) why this rule about the product does not give its price. `quantity` in the product's unit."""
        date = fields.Datetime.to_datetime(date)
        if self.date_start and self.date_start > date:
            return "not_yet", self.date_start
        if self.date_end and self.date_end < date:
            return "expired", self.date_end
        if self.min_quantity and quantity < self.min_quantity:
            return "quantity", self.min_quantity
        return ("later" if found else "not_applicable"), None

    # ---- how the price is computed

    def _ec_why_steps(self, product, quantity, uom, date, currency, **kwargs):
        """The steps of `_compute_price`, see `_ec_why`. Without a rule: the sales price."""
        own = self.pricelist_id.currency_id or currency
        ask = (product, quantity, uom, date)
        if self.compute_price == "fixed":
            steps = [
                {"kind": "fixed", "amount": self._ec_unrounded_price(*ask, currency=own, **kwargs), "currency": own}
            ]
        else:
            steps = self._ec_why_base(*ask, own, **kwargs)
            if self.compute_price:
                amount = self._ec_unrounded_price(*ask, currency=own, **kwargs)
                kind = (
                    {"kind": "rate", "rate": self.ec_rate}
                    if self.compute_price == "percentage"
                    else {"kind": "formula", "rule": self}
                )
                steps.append({**kind, "amount": amount, "currency": own})
        if self._ec_rounds():
            rounded = self._compute_price(*ask, currency=own, **kwargs)
            rule = {"mode": self.pricelist_id.ec_rounding, "step": self.pricelist_id.ec_rounding_step}
            steps.append({"kind": "round", **rule, "amount": rounded, "currency": own})
        if own != currency:
            amount = self._compute_price(*ask, currency=currency, **kwargs)
            steps.append({"kind": "convert", "amount": amount, "currency": currency, "source": own})
        return steps

    def _ec_why_base(self, product, quantity, uom, date, currency, **kwargs):
        """The base price where it comes from, and in the currency of the list if that is another one."""
        amount = self._compute_base_price(product, quantity, uom, date, currency, **kwargs)
        if self.base == "pricelist" and self.base_pricelist_id:
            why = self.base_pricelist_id._ec_why(product, quantity, uom=uom, date=date, **kwargs)
            first = {"kind": "pricelist", "why": why, "amount": why["price"], "currency": why["currency"]}
        else:
            kind, base, source = (
                ("cost", "standard_price", "cost_currency_id")
                if self.base == "standard_price"
                else ("list_price", "list_price", "currency_id")
            )
            price = product._price_compute(base, uom=uom, date=date)[product.id]
            first = {"kind": kind, "amount": price, "currency": product[source]}
        if first["currency"] == currency:
            return [first]
        return [first, {"kind": "convert", "amount": amount, "currency": currency, "source": first["currency"]}]
