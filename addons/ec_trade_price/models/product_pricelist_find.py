from collections import defaultdict

from odoo import fields, models

from ..candidates import Candidates

# whose finding and pricing of rules is known here
KNOWN = ("odoo.addons.product.", "odoo.addons.ec_trade_price.")


def _is_known(model, *methods):
    """Whether nobody but Odoo and this addon defines these methods: what is done at once then gives the same."""
    return all(
        parent.__module__.startswith(KNOWN)
        for parent in type(model).__mro__
        for method in methods
        if method in vars(parent)
    )


class ProductPricelist(models.Model):
    _inherit = "product.pricelist"

    def _compute_price_rule(
        self, products, quantity, *, currency=None, uom=None, date=False, compute_price=True, **kwargs
    ):
        """As Odoo's, with the rules of all products found by one SQL statement."""
        kwargs.pop("ec_bases", None)
        # records that are not saved yet have nothing to be found by
        if not (self and products and all(self._ids + products._ids) and self._ec_finds_as_odoo()):
            return super()._compute_price_rule(
                products, quantity, currency=currency, uom=uom, date=date, compute_price=compute_price, **kwargs
            )
        if not compute_price and not kwargs and (book := self.env.context.get("ec_price_book")):
            known = book.get((self.id, products._ids, quantity, uom, date))
            if known is not None:
                return {products.id: (0.0, known)}
        together = products.with_prefetch() if len(products) > 1 else products
        asks = [(product, quantity, uom or product.uom_id) for product in together]
        answers = self._ec_answer(asks, currency=currency, date=date, compute_price=compute_price, **kwargs)
        return dict(zip(products.ids, answers, strict=True))

    def _ec_finds_as_odoo(self):
        return _is_known(self, "_compute_price_rule", "_get_applicable_rules", "_get_applicable_rules_domain")

    def _ec_answer(self, asks, *, currency=None, date=False, compute_price=True, **kwargs):
        """[(price per unit of measure, rule id or False)] for asks [(product, quantity, unit of measure)], all variants or all templates."""
        self.ensure_one()
        # the lists of the chain are read together
        currency = currency or next(iter(self._ec_chain())).currency_id or self.env.company.currency_id
        date = date or fields.Datetime.now()
        rules = self._ec_find_rules(asks, date)
        if not compute_price:
            return [(0.0, rule.id) for rule in rules]
        bases = self._ec_base_prices(asks, rules, date, currency, **kwargs)
        prices = []
        for (product, quantity, uom), rule in zip(asks, rules, strict=True):
            price = rule._ec_plain_price(product, quantity, uom, currency, bases)
            if price is None:
                price = rule._compute_price(
                    product, quantity, uom, date=date, currency=currency, ec_bases=bases, **kwargs
                )
            prices.append((price, rule.id))
        return prices

    # ---- rules

    def _ec_find_rules(self, asks, date):
        """The rule (maybe none) for each ask."""
        Item = self.env["product.pricelist.item"]
        quantities = [
            quantity
            if uom == product.uom_id
            else uom._compute_quantity(quantity, product.uom_id, raise_if_failure=False)
            for product, quantity, uom in asks
        ]
        products = asks[0][0].concat(*(product for product, _quantity, _uom in asks[1:]))
        if not _is_known(Item, "_is_applicable_for"):
            candidates = Candidates(self._ec_chain(), products, date)
            tried = [
                [(item_id, False) for *_order, item_id, _least, _sure in candidates.of(product)] for product in products
            ]
        else:
            # Odoo's tests, made before a rule is read
            candidates = Candidates(self._ec_chain(), products, date, max(quantities))
            tried = [
                [
                    (item_id, sure)
                    for *_order, item_id, least, sure in candidates.of(product)
                    if not (least and quantity < least)
                ]
                for product, quantity in zip(products, quantities, strict=True)
            ]
        together = Item.browse(dict.fromkeys(rules[0][0] for rules in tried if rules))
        return [self._ec_first_rule(*ask, together) for ask in zip(products, quantities, tried, strict=True)]

    def _ec_first_rule(self, product, quantity, tried, together):
        for item_id, sure in tried:
            rule = together.browse(item_id).with_prefetch(together._prefetch_ids)
            if sure or rule._is_applicable_for(product, quantity):
                return rule
        return together.browse()

    # ---- base prices

    def _ec_base_prices(self, asks, rules, date, currency, **kwargs):
        """Base prices of what is not a fixed price, by `_ec_base_key`, computed at once; None where somebody else has a say in prices."""
        if len(asks) == 1 or not _is_known(rules[0], "_compute_base_price", "_compute_price"):
            return None
        one_currency = all(pricelist.currency_id == currency for pricelist in self._ec_chain())
        groups = defaultdict(list)
        for ask, rule in zip(asks, rules, strict=True):
            if rule.compute_price != "fixed":
                base = rule.base or "list_price"
                base_currency = currency if one_currency else rule._ec_price_currency(currency)
                groups[base, rule.base_pricelist_id if base == "pricelist" else None, base_currency].append((ask, rule))
        bases = {}
        for (base, base_list, base_currency), group in groups.items():
            if base_list:
                prices = self._ec_prices_of_list(
                    base_list, [ask for ask, _rule in group], date, base_currency, **kwargs
                )
            elif base in ("list_price", "standard_price"):
                prices = self._ec_prices_of_products(base, [ask for ask, _rule in group], date, base_currency)
            else:
                continue
            for ((product, quantity, uom), rule), price in zip(group, prices, strict=True):
                bases[rule._ec_base_key(product, quantity, uom, base_currency)] = price
        return bases

    def _ec_prices_of_list(self, base_list, asks, date, currency, **kwargs):
        rate = self._ec_rate(base_list.currency_id, currency, date)
        return [price * rate for price, _rule in base_list._ec_prices(asks, date, **kwargs)]

    def _ec_prices(self, asks, date, **kwargs):
        if self._ec_finds_as_odoo():
            return self._ec_answer(asks, currency=self.currency_id, date=date, **kwargs)
        return [
            self._get_product_price_rule(product, quantity, currency=self.currency_id, uom=uom, date=date, **kwargs)
            for product, quantity, uom in asks
        ]

    def _ec_prices_of_products(self, base, asks, date, currency):
        by_uom = defaultdict(list)
        for product, _quantity, uom in asks:
            by_uom[None if uom == product.uom_id else uom].append(product)
        prices = {}
        for uom, products in by_uom.items():
            computed = products[0].concat(*products[1:])._price_compute(base, uom=uom, date=date)
            prices.update({(product_id, uom): price for product_id, price in computed.items()})
        source = "cost_currency_id" if base == "standard_price" else "currency_id"
        rates = {}
        result = []
        for product, _quantity, uom in asks:
            of_product = product[source]
            if of_product not in rates:
                rates[of_product] = self._ec_rate(of_product, currency, date)
            result.append(prices[product.id, None if uom == product.uom_id else uom] * rates[of_product])
        return result

    def _ec_rate(self, source, target, date):
        return (
            1
            if source == target
            else self.env["res.currency"]._get_conversion_rate(source, target, self.env.company, date)
        )
