from contextlib import ExitStack, contextmanager
from unittest.mock import patch

from odoo.fields import Command
from odoo.tests import TransactionCase

from odoo.addons.product.models.product_pricelist import ProductPricelist
from odoo.addons.product.models.product_pricelist_item import ProductPricelistItem

DATE = "2026-11-24 01:00:00"


class PriceCommon(TransactionCase):
    """A company in yen with pricelists on; a price list of 1,000 for a tea of the brand Minato, in the category Drinks / Tea."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.yen = cls.env.ref("base.JPY")
        cls.dollar = cls.env.ref("base.USD")
        (cls.yen | cls.dollar).active = True
        cls.company = cls.env["res.company"].create(
            {"name": "Minato", "currency_id": cls.yen.id, "country_id": cls.env.ref("base.jp").id}
        )
        cls.env.user.write({"company_ids": [Command.link(cls.company.id)], "company_id": cls.company.id})
        cls.env = cls.env(context={"allowed_company_ids": cls.company.ids, "lang": "en_US", "tracking_disable": True})
        cls.env["res.currency.rate"].create(
            {"currency_id": cls.dollar.id, "company_id": cls.company.id, "name": "2026-01-01", "rate": 1 / 150}
        )
        cls.env["product.pricelist"].search([]).active = False
        cls._switch("product.group_product_pricelist", "uom.group_uom")
        cls.unit = cls.env.ref("uom.product_uom_unit")
        cls.dozen = cls.env.ref("uom.product_uom_dozen")
        cls.drinks = cls.env["product.category"].create({"name": "Drinks"})
        cls.teas = cls.env["product.category"].create({"name": "Tea", "parent_id": cls.drinks.id})
        cls.minato, cls.hikari = cls.env["ec.brand"].create([{"name": "Minato"}, {"name": "Hikari"}])
        cls.tea = cls._product("Tea", 1000, categ_id=cls.teas.id, ec_brand_id=cls.minato.id)
        cls.cup = cls._product("Cup", 300)

    @classmethod
    def _switch(cls, *groups):
        cls.env.ref("base.group_user").write({"implied_ids": [Command.link(cls.env.ref(group).id) for group in groups]})

    @classmethod
    def _product(cls, name, price, **vals):
        # the currency of a sales price is that of the product's company
        company = cls.company.id
        return cls.env["product.product"].create(
            {"name": name, "list_price": price, "company_id": company, "taxes_id": [Command.clear()], **vals}
        )

    @classmethod
    def _list(cls, name, *rules, **vals):
        return cls.env["product.pricelist"].create(
            {
                "name": name,
                "currency_id": cls.yen.id,
                "company_id": cls.company.id,
                "item_ids": [Command.create(rule) for rule in rules],
                **vals,
            }
        )

    @classmethod
    def _rate(cls, rate, **vals):
        return {"compute_price": "percentage", "ec_rate": rate, **vals}

    @classmethod
    def _fixed(cls, price, **vals):
        return {"compute_price": "fixed", "fixed_price": price, **vals}

    @classmethod
    def _order(cls, pricelist, *lines, **vals):
        """Lines: (product, quantity) or (product, quantity, unit)."""
        partner = cls.env["res.partner"].create({"name": "Sato Shoten"})
        commands = [
            Command.create(
                {
                    "product_id": product.id,
                    "product_uom_qty": quantity,
                    **({"product_uom_id": unit[0].id} if unit else {}),
                }
            )
            for product, quantity, *unit in lines
        ]
        return cls.env["sale.order"].create(
            {"partner_id": partner.id, "pricelist_id": pricelist.id, "date_order": DATE, "order_line": commands, **vals}
        )

    def price(self, pricelist, product=None, quantity=1, **kwargs):
        return pricelist._get_product_price(product or self.tea, quantity, date=DATE, **kwargs)

    @contextmanager
    def plain_odoo(self):
        """Odoo's own methods in the place of ours."""
        originals = {
            ProductPricelist: ("_compute_price_rule", "_get_applicable_rules", "_get_applicable_rules_domain"),
            ProductPricelistItem: ("_compute_price", "_compute_base_price", "_is_applicable_for"),
        }
        with ExitStack() as stack:
            for original, names in originals.items():
                for name in names:
                    stack.enter_context(patch.object(type(self.env[original._name]), name, getattr(original, name)))
            yield
