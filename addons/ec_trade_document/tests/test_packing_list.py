from decimal import Decimal

from odoo.tests import tagged

from .common import TradeCommon


@tagged("post_install", "-at_install")
class TestPackingList(TradeCommon):
    def _rows(self, picking, kind=None, lang="en_US"):
        rows = self.documents._documents("packing_list", picking, lang)[0].rows
        return [tuple(cell.text for cell in row.cells) for row in rows if kind in (None, row.kind)]

    def test_cartons_that_are_alike_are_one_row(self):
        picking = self._delivery([(self.towel, 50, 3)])
        packages = self._pack(picking, {self.towel: 24}).sorted("id")
        self._done(picking)
        names = [package.name for package in packages]
        self.assertEqual(
            self._rows(picking),
            [
                ("1–2", f"{names[0]} – {names[1]} · 60 × 40 × 30 cm", "12.00", "13.60", "0.144"),
                ("", "[T-1] Towel", "630260", "24", "48", "12.00", "", ""),
                ("3", f"{names[2]} · 60 × 40 × 30 cm", "0.50", "1.30", "0.072"),
                ("", "[T-1] Towel", "630260", "2", "2", "0.50", "", ""),
                ("Total", "50 Units", "12.50", "14.90", "0.216"),
            ],
        )

    def test_a_weighed_carton_weighs_what_the_scales_said(self):
        picking = self._delivery([(self.towel, 10, 3)])
        self._pack(picking, {self.towel: 10}).shipping_weight = 3.456
        self.assertEqual(self._rows(picking, "carton")[0][2:], ("2.50", "3.456", "0.072"))

    def test_goods_not_packed_are_loose(self):
        picking = self._delivery([(self.towel, 10, 3), (self.vase, 2, 9)])
        self._pack(picking, {self.towel: 10})
        self.assertEqual(
            self._rows(picking, "carton")[1], ("", "Loose goods (not in cartons)", "2.40", "2.40", "0.080")
        )
        self.assertEqual(self._rows(picking, "total")[0][1:], ("12 Units", "4.90", "5.70", "0.152"))
        total = self.documents._documents("packing_list", picking)[0].rows[-1]
        self.assertEqual(total.cells[0].small, ("Cartons: 1 and loose goods",))

    def test_a_total_without_one_of_its_parts_is_not_printed(self):
        picking = self._delivery([(self.towel, 20, 3)])
        packages = self._pack(picking, {self.towel: 10})
        packages[0].package_type_id = False
        self.assertEqual(self._rows(picking, "total")[0][2:], ("5.00", "—", "—"))

    def test_only_what_was_delivered(self):
        picking = self._delivery([(self.towel, 10, 3), (self.vase, 4, 9)])
        towel, vase = picking.move_ids
        towel.quantity = 6
        towel.picked = True
        self.assertEqual(self._rows(picking, "total")[0][1], "6 Units", "while nothing else is picked")
        picking._action_done()
        self.assertEqual(self._rows(picking, "total")[0][1], "6 Units")
        rest = self.env["stock.picking"].search([("backorder_id", "=", picking.id)])
        rest.action_assign()
        self.assertEqual(self._rows(rest, "total")[0][1], "8 Units")
        self.assertEqual(self.documents._documents("packing_list", rest)[0].stamp, "DRAFT")

    def test_lots_are_named_with_their_quantities(self):
        tea = self._product("Tea", tracking="lot", weight=0.1)
        for name in ("A", "B"):
            self._stock(tea, 6, self.env["stock.lot"].create({"name": name, "product_id": tea.id}))
        picking = self._delivery([(tea, 12, 5)])
        self._pack(picking, {tea: 8})
        rows = [row for row in self.documents._documents("packing_list", picking)[0].rows if row.kind == "content"]
        self.assertEqual([row.cells[1].small for row in rows], [("Lot: A × 6, B × 2",), ("Lot: B × 4",)])

    def test_the_line_s_unit_is_kept_and_units_are_not_added(self):
        dozen = self.env.ref("uom.product_uom_dozen")
        self.env["ir.config_parameter"].sudo().set_param("stock.propagate_uom", "1")
        picking = self._delivery([(self.towel, 2, {"price_unit": 30, "product_uom_id": dozen.id}), (self.vase, 3, 9)])
        self.assertEqual(picking.move_ids[0].product_uom, dozen)
        packing = picking._ec_packing()
        self.assertEqual(packing.quantities, {dozen.id: Decimal("2.0"), self.vase.uom_id.id: Decimal("3.0")})
        self.assertEqual(packing.net, Decimal("9.600"), "24 towels of 0.25 and 3 vases of 1.2")

    def test_components_of_a_kit_are_what_was_packed(self):
        picking = self._delivery([(self.towel, 2, 30)])
        parts = picking.move_ids.copy({"product_id": self.vase.id, "product_uom_qty": 6, "picking_id": picking.id})
        self._stock(self.vase, 6)
        parts._action_confirm()
        parts._action_assign()
        picking.move_ids.filtered(lambda move: move.product_id == self.towel)._action_cancel()
        self.assertEqual(self._rows(picking, "content"), [("", "Vase", "630260", "", "6", "7.20", "", "")])

    def test_pounds_and_cubic_feet_are_printed_as_kilograms_and_cubic_metres(self):
        params = self.env["ir.config_parameter"].sudo()
        params.set_param("product.weight_in_lbs", "1")
        params.set_param("product.volume_in_cubic_feet", "1")
        feet = self.env["stock.package.type"].create(
            {"name": "Feet", "packaging_length": 2, "width": 1, "height": 1, "base_weight": 2}
        )
        picking = self._delivery([(self.towel, 4, 3), (self.vase, 1, 3)])
        self._pack(picking, {self.towel: 4}, feet)
        self.vase.volume = 1
        cartons = self._rows(picking, "carton")
        # 1 lb 0.454 kg; 2 lb 0.907 kg; 2 ft³ 0.056634 m³; 1.2 lb 0.544 kg; 1 ft³ 0.028317 m³
        self.assertEqual(cartons[0][2:], ("0.454", "1.361", "0.056634"))
        self.assertEqual(cartons[1][2:], ("0.544", "0.544", "0.028317"))
        self.assertEqual(self._rows(picking, "total")[0][2:], ("0.998", "1.905", "0.084951"))

    def test_a_pallet_adds_its_own_weight(self):
        picking = self._delivery([(self.towel, 20, 3)])
        packages = self._pack(picking, {self.towel: 10})
        pallet_type = self.env["stock.package.type"].create({"name": "Pallet", "base_weight": 20})
        pallet = self.env["stock.package"].create({"name": "PAL1", "package_type_id": pallet_type.id})
        packages.package_dest_id = pallet
        before = self._rows(picking)
        self.assertEqual(before[-2], ("", "Pallet PAL1 (empty)", "0.00", "20.00", "0.000"))
        self.assertIn("on pallet PAL1", before[0][1])
        self.assertEqual(before[-1][2:], ("5.00", "26.60", "0.144"))
        self._done(picking)
        self.assertEqual(self._rows(picking), before)

    def test_boxes_are_in_the_order_of_their_numbers(self):
        picking = self._delivery([(self.towel, 33, 3)])
        packages = self._pack(picking, {self.towel: 3}).sorted("id")
        for number, package in enumerate(reversed(packages), 1):
            package.name = f"NW-{number}"
        names = [carton.name for carton in picking._ec_packing().cartons]
        self.assertEqual(names, [f"NW-{number}" for number in range(1, 12)])
