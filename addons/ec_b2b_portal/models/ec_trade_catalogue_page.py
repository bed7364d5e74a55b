import unicodedata
from dataclasses import dataclass

from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL, ormcache
from odoo.tools.sql import escape_psql

ORDERS = {"sku": "default_code, id", "name": "name, default_code, id"}


@dataclass(frozen=True)
class Row:
    """A line of the catalogue. `product` is the buyer's own record; price and stock are None where they are not shown."""

    product: object
    name: str
    sku: str
    barcode: str
    code: str
    own_name: str
    unit: str
    multiple: str
    price: float | None
    stock: int | str | None


class EcTradeAccount(models.Model):
    """The catalogue as its buyers read it: found with their own rights, priced as a quotation."""

    _inherit = "ec.trade.account"

    def _catalogue_products(self, user, term="", category=0, brand=0, order="sku", offset=0, limit=80):
        """Products (variants) of a page in order, as the user; one more than `limit` where there is a next page.

        `order`: sku, name, price or price_desc (of `_catalogue_pricelist`).
        """
        Product = self.env["product.product"].with_user(user)
        domain = Domain("sale_ok", "=", True) & self._catalogue_found(Product, term.strip())
        if category:
            domain &= Domain("categ_id", "child_of", category)
        if brand:
            domain &= Domain("ec_brand_id", "=", brand)
        if order in ("price", "price_desc"):
            return self._catalogue_by_price(user, Product, domain, order == "price_desc", offset, limit + 1)
        return Product.search(domain, order=ORDERS.get(order, ORDERS["sku"]), offset=offset, limit=limit + 1)

    def _catalogue_by_price(self, user, Product, domain, descending, offset, limit):
        pricelist = self._catalogue_pricelist(user)
        # sudo: prices are computed as on a quotation
        self.env["ec.trade.price"].sudo()._ready(self.company_id, pricelist)
        query = Product._search(domain)
        known = SQL(
            "known.product = product_product.id AND known.company = %s AND known.pricelist = %s",
            self.company_id.id,
            pricelist.id or 0,
        )
        query.add_join("JOIN", "known", "ec_trade_price", known)
        direction = SQL("DESC") if descending else SQL("ASC")
        query.order = SQL("known.price %s, known.product %s", direction, direction)
        query.offset, query.limit = offset, limit
        return Product.browse(product_id for (product_id,) in self.env.execute_query(query.select()))

    def _catalogue_found(self, Product, term):
        """What a buyer means by a text: a SKU, a barcode, a name or his own item code. Each by its own index."""
        if not term:
            return Domain.TRUE
        code = unicodedata.normalize("NFKC", term)
        like_code, like_term = escape_psql(code), escape_psql(term)
        # superuser: only the products, which the buyer's own rights limit, come of it
        Item = self.env["ec.trade.item"].sudo()
        items = Item._search(
            Domain("account_id", "=", self.id)
            & (Domain("code", "ilike", like_code) | Domain("name", "ilike", like_term))
        )
        named = Product.sudo().env["product.template"]._search(Domain("name", "ilike", like_term))
        return (
            Domain("default_code", "ilike", like_code)
            | Domain("barcode", "=", code)
            | Domain("product_tmpl_id", "in", named)
            | Domain("id", "in", items.subselect("product_id"))
        )

    def _catalogue_pricelist(self, user):
        """The price list of this buyer's orders: that of his branch, else the account's, else what Odoo chooses; may be empty. Superuser."""
        company = user.partner_id.commercial_partner_id.sudo().with_company(self.company_id)
        return (
            company.specific_property_product_pricelist
            or self.sudo().pricelist_id
            or company.property_product_pricelist
        )

    def _catalogue_rows(self, user, products):
        """[Row] for products of the catalogue, with one question each for prices, stock and item codes."""
        self.ensure_one()
        # sudo: the buyer may see these products, but neither the account nor each field that makes a price
        account = self.sudo()
        goods = products.sudo().with_context(display_default_code=False).with_company(account.company_id)
        prices = account._catalogue_prices(user, goods)
        stock = account._catalogue_stock(goods)
        items = {
            item.product_id: item
            for item in account.env["ec.trade.item"].search_fetch(
                [("account_id", "=", self.id), ("product_id", "in", goods.ids)]
            )
        }
        no_item = account.env["ec.trade.item"]
        return [
            Row(
                product=product,
                name=one.display_name,
                sku=one.default_code or "",
                barcode=one.barcode or "",
                code=items.get(one, no_item).code or "",
                own_name=items.get(one, no_item).name or "",
                unit=one.uom_id.name,
                multiple=f"{one.ec_order_multiple:g}" if one.ec_order_multiple else "",
                price=prices.get(one.id),
                stock=stock.get(one.id),
            )
            for product, one in zip(products, goods, strict=True)
        ]

    def _catalogue_prices(self, user, goods):
        """{product id: price of one unit}; empty for a role that sees none."""
        if not user._ec_trade_sees_prices():
            return {}
        return self._catalogue_pricelist(user)._get_products_price(goods, 1.0)

    def _catalogue_stock(self, goods):
        """{product id: units, or in / few / out}, as the account is told; goods that are not stocked are left out."""
        if self.stock_shown == "none":
            return {}
        stocked = self._catalogue_units(goods.filtered("is_storable"))
        if self.stock_shown == "exact":
            return stocked
        return {product_id: self._catalogue_band(quantity) for product_id, quantity in stocked.items()}

    def _catalogue_units(self, goods):
        """{product id: units}, the sellable figure of the account's policy."""
        figures = self.env["ec.stock.figure"].search_fetch(
            [("policy_id", "=", self.stock_policy_id.id), ("product_id", "in", goods.ids)]
        )
        return dict.fromkeys(goods.ids, 0) | {figure.product_id.id: figure.quantity for figure in figures}

    def _catalogue_band(self, quantity):
        if quantity <= 0:
            return "out"
        return "few" if quantity < self.few_below else "in"

    # ---- what can be filtered by

    def _catalogue_filters(self, user, now):
        """([(category id, name)], [(brand id, name)]) of the products that this user sees; ten minutes old at most."""
        website_id = self.env.context.get("website_id")
        moment = int(now.timestamp()) // 600
        return self._catalogue_filters_of(user.id, user.env.lang, self.env.company.id, website_id, moment)

    @api.model
    @ormcache("user_id", "lang", "_company_id", "_website_id", "_moment")
    def _catalogue_filters_of(self, user_id, lang, _company_id, _website_id, _moment):
        templates = self.env["product.template"].with_user(user_id).with_context(lang=lang)
        found = []
        for field, model in (("categ_id", "product.category"), ("ec_brand_id", "ec.brand")):
            groups = templates._read_group([("sale_ok", "=", True)], [field])
            # sudo: names of what the products that he sees belong to
            records = (
                self.env[model].sudo().with_context(lang=lang).browse([record.id for (record,) in groups if record])
            )
            found.append(sorted(((record.id, record.display_name) for record in records), key=lambda pair: pair[1]))
        return tuple(found)
