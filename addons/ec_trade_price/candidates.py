"""The rules that may apply to products, found through indexes and kept by what they are about."""

from collections import defaultdict

from odoo.fields import Domain
from odoo.tools import SQL

# in this order they come from the database
COLUMNS = (
    "id",
    "pricelist_id",
    "applied_on",
    "product_id",
    "product_tmpl_id",
    "categ_id",
    "ec_brand_id",
    "min_quantity",
)
KINDS = {
    "0_product_variant": "variant",
    "1_product": "template",
    "1_z_brand": "brand",
    "2_product_category": "category",
    "3_global": "all",
}


class Candidates:
    """Of `chain` (price lists, the first tried first) for `products` (variants or templates), valid at `date` or, without it, at any time; for
    at most `quantity` (in the product's unit), if given.

    One SQL statement, on the user's own access; the order among the rules of a list is Odoo's.
    """

    def __init__(self, chain, products, date=None, quantity=None):
        self.chain = chain
        self.of_templates = products._name == "product.template"
        templates = products if self.of_templates else products.product_tmpl_id
        self.categories = {category.id: self._ancestors(category) for category in templates.categ_id}
        self._by_key = defaultdict(list)
        ranks = {pricelist_id: rank for rank, pricelist_id in enumerate(chain.ids)}
        rows = chain.env.execute_query(self._select(products, templates, date, quantity))
        for position, (item_id, pricelist_id, applied_on, *about, min_quantity) in enumerate(rows):
            key = self._key(*about)
            sure = KINDS.get(applied_on) == (key if key == "all" else key[0]) and not (
                self.of_templates and key[0] == "variant"
            )
            self._by_key[key].append((ranks[pricelist_id], position, item_id, min_quantity or 0.0, sure))

    def of(self, product):
        """[(rank of the list, order, rule id, minimum quantity, sure)], the first tried first.

        Sure: the rule is about the product, by what Odoo itself looks at.
        """
        template = product if self.of_templates else product.product_tmpl_id
        rows = []
        for key in (
            ("variant", product.id),
            ("template", template.id),
            ("brand", template.ec_brand_id.id),
            *self.categories.get(template.categ_id.id, ()),
            "all",
        ):
            rows += self._by_key.get(key, ())
        rows.sort()
        return rows

    @staticmethod
    def _ancestors(category):
        return [("category", int(part)) for part in (category.parent_path or f"{category.id}/").split("/")[:-1]]

    def _key(self, product_id, template_id, category_id, brand_id):
        if product_id:
            return "variant", template_id if self.of_templates else product_id
        if template_id:
            return "template", template_id
        if brand_id:
            return "brand", brand_id
        return ("category", category_id) if category_id else "all"

    def _select(self, products, templates, date, quantity):
        Item = self.chain.env["product.pricelist.item"]
        Item.flush_model(COLUMNS[1:])
        valid = Domain.TRUE
        if date:
            valid = (Domain("date_start", "=", False) | Domain("date_start", "<=", date)) & (
                Domain("date_end", "=", False) | Domain("date_end", ">=", date)
            )
        query = Item._search(valid, order=Item._order)
        query.add_where(
            SQL("%s = ANY(ARRAY(%s))", SQL.identifier(query.table, "id"), self._union(products, templates, quantity))
        )
        return query.select(*(SQL.identifier(query.table, column) for column in COLUMNS))

    def _union(self, products, templates, quantity):
        """One index scan each: rules of variants, of templates, of brands and categories, of all."""
        found = SQL("SELECT id FROM product_pricelist_item WHERE pricelist_id = ANY(%s)", self.chain.ids)
        if quantity is not None:
            found = SQL("%s AND (min_quantity <= %s OR min_quantity IS NULL OR min_quantity = 0)", found, quantity)
        if self.of_templates:
            variants = SQL("SELECT id FROM product_product WHERE product_tmpl_id = ANY(%s)", products.ids)
            variants = SQL("ARRAY(%s)", variants)
        else:
            variants = SQL("%s", products.ids)
        no_product = SQL("product_id IS NULL AND product_tmpl_id IS NULL")
        categories = sorted({part for parts in self.categories.values() for _kind, part in parts})
        return SQL(" UNION ALL ").join(
            [
                SQL("%s AND product_id = ANY(%s)", found, variants),
                SQL("%s AND product_id IS NULL AND product_tmpl_id = ANY(%s)", found, templates.ids),
                SQL("%s AND %s AND ec_brand_id = ANY(%s)", found, no_product, templates.ec_brand_id.ids),
                SQL("%s AND %s AND ec_brand_id IS NULL AND categ_id = ANY(%s)", found, no_product, categories),
                SQL("%s AND %s AND ec_brand_id IS NULL AND categ_id IS NULL", found, no_product),
            ]
        )
