from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import TradeCommon


@tagged("post_install", "-at_install")
class TestCartonPack(TradeCommon):
    def test_packs_so_many_a_carton_and_the_rest(self):
        picking = self._delivery([(self.towel, 50, 3), (self.vase, 4, 9)])
        packages = self._pack(picking, {self.towel: 24})
        self.assertEqual(len(packages), 3)
        self.assertEqual(len(set(packages.mapped("name"))), 3)
        self.assertEqual(packages.package_type_id, self.box)
        towels = picking.move_line_ids.filtered(lambda line: line.product_id == self.towel)
        self.assertEqual(sorted(towels.mapped("quantity")), [2, 24, 24])
        self.assertFalse((picking.move_line_ids - towels).result_package_id)
        self.assertEqual(picking.move_ids.mapped("quantity"), [50, 4])
        self.assertEqual(picking.state, "assigned")
        quant = self.env["stock.quant"].search(
            [("product_id", "=", self.towel.id), ("location_id", "=", self.warehouse.lot_stock_id.id)]
        )
        self.assertEqual(sum(quant.mapped("reserved_quantity")), 50)

    def test_packs_only_what_is_not_packed_yet(self):
        picking = self._delivery([(self.towel, 20, 3), (self.vase, 4, 9)])
        first = self._pack(picking, {self.towel: 10})
        dialog = self.env["ec.carton.pack"].with_context(active_id=picking.id).create({})
        self.assertEqual(dialog.line_ids.product_id, self.vase)
        both = self._pack(picking, {self.vase: 4})
        self.assertEqual(len(both - first), 1)

    def test_what_is_delivered_stays_in_its_carton(self):
        picking = self._delivery([(self.towel, 25, 3)])
        packages = self._pack(picking, {self.towel: 10})
        self._done(picking)
        self.assertEqual(sorted(sum(package.quant_ids.mapped("quantity")) for package in packages), [5, 10, 10])

    def test_asks_for_a_number(self):
        picking = self._delivery([(self.towel, 25, 3)])
        with self.assertRaises(UserError):
            self._pack(picking, {})

    def test_too_many_cartons_are_refused_before_any_is_planned(self):
        picking = self._delivery([(self.towel, 5000, 3), (self.vase, 2, 9)])
        with self.assertRaisesRegex(UserError, "These are 5,001 cartons, and 5,000 are"):
            self._pack(picking, {self.towel: 1, self.vase: 2})
        with self.assertRaisesRegex(UserError, "cartons"):
            self._pack(picking, {self.towel: 0.01})
        self.assertFalse(picking.move_line_ids.result_package_id)

    def test_packages_are_made_at_once(self):
        """One call makes all packages: their number changes only Odoo's own work for each move line."""
        picking = self._delivery([(self.towel, 400, 3)])
        calls = []
        create = type(self.env["stock.package"]).create
        self.patch(
            type(self.env["stock.package"]),
            "create",
            lambda records, vals: calls.append(len(vals)) or create(records, vals),
        )
        self._pack(picking, {self.towel: 4})
        self.assertEqual(calls, [100])
