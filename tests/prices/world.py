"""The goods, lists and rules of the book, as records of a company in Japan."""

from datetime import datetime

import pytz

from odoo.fields import Command
from odoo.tests import TransactionCase

from .book import rows

ZONE = pytz.timezone("Asia/Tokyo")
SIZES = {"S": "SHIRT-S", "L": "SHIRT-L"}


def utc(moment):
    """ "2026-04-01 00:00:00" by the company's clock, as naive UTC; nothing for nothing."""
    return ZONE.localize(datetime.fromisoformat(moment)).astimezone(pytz.utc).replace(tzinfo=None) if moment else False


def amount(text):
    return float(text) if text else 0.0


class World(TransactionCase):
    """`goods`, `lists` and `units` are by the names of the book."""

    # Odoo sets these for tests that live in an addon
    test_tags = frozenset({"standard", "post_install"})
    test_module = "prices"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        yen = cls.env.ref("base.JPY")
        yen.active = True
        cls.company = cls.env["res.company"].create({"name": "Minato", "currency_id": yen.id, "country_id": cls.env.ref("base.jp").id})
        cls.env.user.write({"company_ids": [Command.link(cls.company.id)], "company_id": cls.company.id})
        cls.env = cls.env(context={"allowed_company_ids": cls.company.ids, "lang": "en_US", "tracking_disable": True})
        for group in ("product.group_product_pricelist", "uom.group_uom"):
            cls.switch(group)
        cls.units = {"unit": cls.env.ref("uom.product_uom_unit"), "dozen": cls.env.ref("uom.product_uom_dozen")}
        cls.currencies = {"JPY": yen, **{row["currency"]: cls._currency(row) for row in rows("currencies")}}
        cls._build_goods()
        cls._build_lists()

    @classmethod
    def switch(cls, group):
        cls.env.ref("base.group_user").write({"implied_ids": [Command.link(cls.env.ref(group).id)]})

    @classmethod
    def _currency(cls, row):
        currency = cls.env.ref(f"base.{row['currency']}")
        currency.active = True
        cls.env["res.currency.rate"].create({"currency_id": currency.id, "company_id": cls.company.id, "name": "2020-01-01", "rate": 1 / float(row["yen"])})
        return currency

    # ---- goods

    @classmethod
    def _build_goods(cls):
        cls.categories, cls.brands, cls.products, cls.goods = {}, {}, {}, {}
        size = cls.env["product.attribute"].create({"name": "Size", "value_ids": [Command.create({"name": name}) for name in SIZES]})
        for row in rows("goods"):
            if row["product"] not in cls.products:
                cls.products[row["product"]] = cls._product(row, size)
            template = cls.products[row["product"]]
            variant = cls._variant(template, row["sku"])
            variant.write({"default_code": row["sku"], "standard_price": amount(row["cost"])})
            variant.product_template_attribute_value_ids.price_extra = amount(row["extra"])
            cls.goods[row["sku"]] = variant

    @classmethod
    def _variant(cls, template, sku):
        if sku not in SIZES.values():
            return template.product_variant_ids
        return template.product_variant_ids.filtered(lambda variant: SIZES[variant.product_template_attribute_value_ids.name] == sku)

    @classmethod
    def _product(cls, row, size):
        sized = row["sku"] in SIZES.values()
        lines = [Command.create({"attribute_id": size.id, "value_ids": [Command.set(size.value_ids.ids)]})] if sized else []
        return cls.env["product.template"].create(
            {
                "name": row["product"], "company_id": cls.company.id, "list_price": amount(row["sales_price"]), "uom_id": cls.units[row["unit"]].id,
                "categ_id": cls.category(row["category"]).id, "ec_brand_id": cls.brand(row["brand"]).id, "taxes_id": [Command.clear()], "attribute_line_ids": lines,
            }
        )  # fmt: skip

    @classmethod
    def category(cls, path):
        if path not in cls.categories:
            above, _slash, name = path.rpartition(" / ")
            cls.categories[path] = cls.env["product.category"].create({"name": name, "parent_id": cls.category(above).id if above else False})
        return cls.categories[path]

    @classmethod
    def brand(cls, name):
        if name not in cls.brands:
            cls.brands[name] = cls.env["ec.brand"].create({"name": name}) if name else cls.env["ec.brand"]
        return cls.brands[name]

    # ---- lists and rules

    @classmethod
    def _build_lists(cls):
        cls.lists = {}
        for row in rows("lists"):
            cls.lists[row["list"]] = cls.env["product.pricelist"].create(
                {
                    "name": row["list"], "company_id": cls.company.id, "currency_id": cls.currencies[row["currency"]].id,
                    "ec_rounding": row["rounding"], "ec_rounding_step": amount(row["step"]),
                }
            )  # fmt: skip
        for row in rows("lists"):
            if row["behind"]:
                cls.lists[row["list"]].ec_fallback_id = cls.lists[row["behind"]]
        for row in rows("rules"):
            cls.env["product.pricelist.item"].create(cls._rule(row))

    @classmethod
    def _rule(cls, row):
        about = {
            "sku": lambda which: {"product_id": cls.goods[which].id},
            "product": lambda which: {"product_tmpl_id": cls.products[which].id},
            "brand": lambda which: {"ec_brand_id": cls.brand(which).id},
            "category": lambda which: {"categ_id": cls.category(which).id},
            "all": lambda which: {"applied_on": "3_global"},
        }[row["about"]](row["which"])
        vals = {
            "pricelist_id": cls.lists[row["list"]].id, "min_quantity": amount(row["from_quantity"]),
            "date_start": utc(row["valid_from"]), "date_end": utc(row["valid_until"]), **about,
        }  # fmt: skip
        if row["net"]:
            return {**vals, "compute_price": "fixed", "fixed_price": float(row["net"])}
        if row["of"] == "cost":
            vals |= {"base": "standard_price"}
        elif row["of"]:
            vals |= {"base": "pricelist", "base_pricelist_id": cls.lists[row["of"]].id}
        if row["of"] == "cost" or row["extra"] or row["round_off"]:
            discount = {"price_markup": float(row["rate"]) - 100} if row["of"] == "cost" else {"price_discount": 100 - float(row["rate"])}
            return {
                **vals, **discount, "compute_price": "formula", "price_surcharge": amount(row["extra"]), "price_round": amount(row["round_off"]),
                "price_min_margin": amount(row["least_margin"]), "price_max_margin": amount(row["most_margin"]),
            }  # fmt: skip
        return {**vals, "compute_price": "percentage", "ec_rate": float(row["rate"])}
