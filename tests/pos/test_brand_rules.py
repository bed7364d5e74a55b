"""Rules of brands do not reach the point of sale, which would take them for rules of all products."""

from odoo.tests import TransactionCase


class TestBrandRules(TransactionCase):
    # Odoo sets these for tests that live in an addon
    test_tags = frozenset({"standard", "post_install"})
    test_module = "pos"

    def test_they_stay_away(self):
        brand = self.env["ec.brand"].create({"name": "Minato"})
        pricelist = self.env["product.pricelist"].create(
            {"name": "Counter", "item_ids": [(0, 0, {"fixed_price": 1, "ec_brand_id": brand.id}), (0, 0, {"fixed_price": 2})]}
        )
        data = {"product.product": [], "product.category": [], "product.pricelist": [{"id": pricelist.id}]}
        loaded = self.env["product.pricelist.item"].search(self.env["product.pricelist.item"]._load_pos_data_domain(data, self.env["pos.config"]))
        self.assertEqual(loaded.mapped("fixed_price"), [2])
