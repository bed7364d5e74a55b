"""Shops are told of kits, and follow their components."""

from odoo.fields import Command

from odoo.addons.ec_channel_base.tests.stock_common import StockCommon


class TestKitsInShops(StockCommon):
    """`self.box`, two teas and a cup, is sold by `self.channel`; another shop sells the tea."""

    # Odoo sets these for tests that live in an addon
    test_tags = frozenset({"standard", "post_install"})
    test_module = "kits"

    def setUp(self):
        super().setUp()
        self.cup = self.products[1]
        self.box = self.env["product.product"].create(
            {"name": "Box", "default_code": "TEA-9", "type": "consu", "taxes_id": False}
        )
        self.open_shop(self._channel("Boxes"), products=self.box)
        self.boxes = self.env["ec.channel"].search([("name", "=", "Boxes")])
        self.set_there(9)
        self.set_there(100, self.cup)

    def make_kit(self):
        lines = [
            Command.create({"product_id": product.id, "product_qty": units})
            for product, units in ((self.tea, 2), (self.cup, 1))
        ]
        return self.env["mrp.bom"].create(
            {"product_tmpl_id": self.box.product_tmpl_id.id, "type": "phantom", "bom_line_ids": lines}
        )

    def test_a_kit_is_published_from_the_moment_it_is_one(self):
        self.settle()
        self.assertFalse(self.level(self.boxes, 9))
        bom = self.make_kit()
        self.turn_on()
        self.assertEqual((self.shown(self.boxes, 9), self.shown()), (4, 9))
        bom.unlink()
        self.settle()
        self.assertFalse(self.level(self.boxes, 9), "nobody's stock: the shop is left alone")

    def test_shops_follow_the_components(self):
        self.make_kit()
        self.turn_on()
        self.sell(self.channel, 4)
        self.read_orders()
        self.settle()
        self.assertEqual(self.shown(self.boxes, 9), 2, "five teas are left")
        self.sell(self.boxes, 2, 9)
        self.read_orders()
        self.settle()
        self.assertEqual((self.shown(self.boxes, 9), self.shown()), (0, 1))
        order = self.env["sale.order"].search([("ec_channel_id", "=", self.boxes.id)])
        self.assertTrue(order.sudo().ec_claims_stock)
        self.confirm()
        self.settle()
        self.assertEqual(sorted(order.picking_ids.move_ids.mapped("quantity")), [2, 4])
        self.assertEqual((self.shown(self.boxes, 9), self.shown()), (0, 1), "confirmed, and not counted twice")

    def test_divided_kits_are_never_more_than_the_kits_there_are(self):
        self.make_kit()
        other = self.open_shop(self._channel("More boxes"), products=self.box)
        self.turn_on()
        self.assertEqual(self.shown(self.boxes, 9) + self.shown(other, 9), 4)
