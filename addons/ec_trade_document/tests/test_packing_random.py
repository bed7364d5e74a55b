import random
from collections import defaultdict
from decimal import Decimal

from odoo.tests import tagged

from ..packing import exact
from .common import TradeCommon


@tagged("post_install", "-at_install")
class TestPackingRandom(TradeCommon):
    def test_the_paper_adds_up_to_what_was_moved(self):
        """Whatever was ordered, packed and delivered: totals = sum over cartons = quantities of the moves."""
        for seed in range(8):
            with self.subTest(seed=seed):
                self._check(self._play(random.Random(seed)))

    def _play(self, dice):
        products = [
            self._product(f"P{index}", weight=dice.randint(1, 300) / 100, volume=dice.randint(1, 9) / 100)
            for index in range(4)
        ]
        tea = self._product("Tea", tracking="lot", weight=0.07, volume=0.01)
        for name in ("A", "B", "C"):
            self._stock(tea, 20, self.env["stock.lot"].create({"name": name, "product_id": tea.id}))
        dozen = self.env.ref("uom.product_uom_dozen")
        lines = [
            (
                product,
                dice.randint(1, 40),
                {
                    "price_unit": dice.randint(1, 999) / 100,
                    **({"product_uom_id": dozen.id} if dice.random() < 0.3 else {}),
                },
            )
            for product in products
        ]
        picking = self._delivery([*lines, (tea, dice.randint(10, 60), 2)])
        self._pack(picking, {product: dice.choice([0, 3, 7, 12]) for product in [*products, tea]} | {products[0]: 5})
        if dice.random() < 0.5:
            move = dice.choice(picking.move_ids)
            move.move_line_ids[0].quantity -= min(1, move.move_line_ids[0].quantity)
        if dice.random() < 0.7:
            picking.move_ids.picked = True
            picking._action_done()
        return picking

    def _check(self, picking):
        packing = picking._ec_packing()
        parts = [*packing.cartons, *([packing.loose] if packing.loose else [])]
        moved, packed, net = defaultdict(Decimal), defaultdict(Decimal), Decimal(0)
        for move in picking.move_ids.filtered(lambda move: move.state != "cancel"):
            moved[move.product_id.id] += exact(
                move.product_uom._compute_quantity(move.quantity, move.product_id.uom_id)
            )
            net += moved[move.product_id.id] * exact(move.product_id.weight)
        for part in parts:
            for content in part.contents:
                product, uom = (
                    self.env["product.product"].browse(content.product),
                    self.env["uom.uom"].browse(content.uom),
                )
                packed[product.id] += exact(uom._compute_quantity(float(content.quantity), product.uom_id))
                if product.tracking == "lot":
                    self.assertEqual(sum(quantity for _name, quantity in content.lots), content.quantity)
        self.assertEqual({k: v for k, v in packed.items() if v}, {k: v for k, v in moved.items() if v})
        self.assertEqual(packing.net, net)
        self.assertEqual(packing.net, sum(part.net for part in parts))
        self.assertEqual(packing.gross, sum(part.gross for part in parts))
        self.assertEqual(packing.volume, sum(part.volume for part in parts))
        self.assertEqual([row.first for row in packing.rows], [1, *[row.last + 1 for row in packing.rows[:-1]]])
        self._check_paper(picking)

    def _check_paper(self, picking):
        """The printed rows add up to the printed total, in each column."""
        rows = self.documents._documents("packing_list", picking, "en_US")[0].rows
        figure = lambda row, cell: Decimal(row.cells[cell].text.replace(",", ""))  # noqa: E731
        for column in (-1, -2, -3):
            self.assertEqual(sum(figure(row, column) for row in rows if row.kind == "carton"), figure(rows[-1], column))
        self.assertEqual(sum(figure(row, 5) for row in rows if row.kind == "content"), figure(rows[-1], -3))
        quantities = defaultdict(Decimal)
        for row in rows:
            if row.kind == "content":
                quantities[row.cells[4].small[0]] += figure(row, 4)
        printed = dict(reversed(line.split(" ", 1)) for line in rows[-1].cells[1].text.splitlines())
        self.assertEqual(dict(quantities), {uom: Decimal(text.replace(",", "")) for uom, text in printed.items()})
