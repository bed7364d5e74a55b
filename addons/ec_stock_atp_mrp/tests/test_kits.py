import random
from datetime import timedelta

from odoo import fields
from odoo.fields import Command
from odoo.tests import tagged

from odoo.addons.ec_stock_atp.tests.test_figure import FigureCase


class KitCase(FigureCase):
    """`self.kit` is made of two of `self.product` and one of `self.second`."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.kit = cls.env["product.product"].create({"name": "Gift box", "type": "consu", "list_price": 50})
        cls.bom = cls.make_bom(cls.kit, {cls.product: 2, cls.second: 1})
        cls.Dirty._fold()

    @classmethod
    def make_bom(cls, kit, components, **values):
        lines = [
            Command.create({"product_id": product.id, "product_qty": units}) for product, units in components.items()
        ]
        return cls.env["mrp.bom"].create(
            {"product_tmpl_id": kit.product_tmpl_id.id, "type": "phantom", "bom_line_ids": lines, **values}
        )

    def need(self, kit=None):
        """{component: units} as noted for the kit."""
        self.Dirty._fold()
        rows = self.env["ec.stock.kit"].search(
            [("kit_id", "=", (kit or self.kit).id), ("company_id", "=", self.env.company.id)]
        )
        return {row.component_id: row.units for row in rows}


@tagged("-at_install", "post_install")
class TestKit(KitCase):
    def test_the_scarcest_component_decides(self):
        self.put(7)
        self.put(10, self.second)
        self.assertEqual(self.figure(self.kit), 3)
        [limit] = self.Figure._explain_kit(self.kit, self.policy)
        self.assertEqual(limit, (self.product, 7, 2, 3), "limited by the first: 7 ÷ 2")
        self.assertEqual(dict(self.Figure._explain(self.kit, self.policy))["components"], 3)
        self.put(-9, self.second)
        self.assertEqual(self.figure(self.kit), 1)
        self.assertEqual((self.figure(), self.figure(self.second)), (7, 1), "the components themselves as ever")
        self.assertEqual(self.Figure._explain_kit(self.product, self.policy), [])

    def test_buffer_cap_share_and_rules_are_the_kit_s_own(self):
        self.put(20)
        self.put(20, self.second)
        self.policy.write({"buffer_value": 1, "capped": True, "cap": 6})
        self.assertEqual(self.figure(self.kit), 6)
        self.assertEqual(self.record(self.kit).offer, 9)
        self.policy.cap = 99
        self.assertEqual(self.figure(self.kit), 9)
        self.policy.soft_share = 50
        self.assertEqual(self.figure(self.kit), 4)
        self.rule(self.kit, mode="strict", buffer_set=True, buffer_value=3)
        self.assertEqual(self.figure(self.kit), 2)
        self.assertEqual(self.record(self.kit).mode, "strict")

    def test_each_warehouse_delivers_alone_unless_the_policy_says_otherwise(self):
        policy = self.make_policy(self.warehouse | self.other, name="Both")
        self.put(5)
        self.put(1, self.second)
        self.put(3, location=self.other.lot_stock_id)
        self.put(9, self.second, self.other.lot_stock_id)
        self.assertEqual(self.figure(self.kit, policy), 1 + 1)
        policy.kit_split = True
        self.assertEqual(self.figure(self.kit, policy), 4)
        policy.line_ids.filtered(lambda line: line.warehouse_id == self.other).share = 50
        self.Dirty._fold()
        self.assertEqual(self.stored(self.kit, policy), 3, "6.5 ÷ 2")
        policy.kit_split = False
        self.assertEqual(self.figure(self.kit, policy), 1, "1 + half a kit")
        self.assertEqual(self.figure(self.kit), 1, "another policy of the same warehouse")

    def test_more_promised_than_there_is(self):
        self.put(3)
        self.put(3, self.second)
        self.move(8, self.stock, self.customers)
        self.assertEqual(self.figure(self.kit), 0)
        self.assertEqual(self.record(self.kit).free, -3)

    def test_a_confirmed_order_of_the_kit_takes_its_components(self):
        self.put(10)
        self.put(10, self.second)
        order = self.order(3, self.kit)
        order.action_confirm()
        self.assertEqual((self.figure(self.kit), self.figure(), self.figure(self.second)), (2, 4, 7))
        for move in order.picking_ids.move_ids:
            self.assertEqual(move.state, "assigned")
        order.picking_ids.button_validate()
        self.assertEqual((self.figure(self.kit), self.figure(), self.figure(self.second)), (2, 4, 7))

    def test_a_shop_s_draft_order_claims_the_components_once(self):
        self.put(10)
        self.put(10, self.second)
        order = self.order(2, self.kit, ec_claims_stock=True)
        self.assertEqual((self.figure(self.kit), self.figure(), self.figure(self.second)), (3, 6, 8))
        self.assertEqual(dict(self.Figure._explain(self.product, self.policy))["claims"], -4)
        order.order_line.product_uom_qty = 4
        self.assertEqual((self.figure(self.kit), self.figure(), self.figure(self.second)), (1, 2, 6))
        order.order_line.product_uom_id = self.env.ref("uom.product_uom_dozen")
        order.order_line.product_uom_qty = 1
        self.assertEqual(self.record_free(), -14)
        order.order_line.write({"product_uom_id": self.kit.uom_id.id, "product_uom_qty": 4})
        order.action_confirm()
        self.assertEqual(
            (self.figure(self.kit), self.figure(), self.figure(self.second)), (1, 2, 6), "moves instead of claims"
        )
        order._action_cancel()
        self.assertEqual((self.figure(self.kit), self.figure(), self.figure(self.second)), (5, 10, 10))

    def record_free(self):
        self.Dirty._fold()
        return self.record().free

    def test_what_a_shop_s_order_of_the_kit_holds_is_not_reserved_by_others(self):
        self.put(5)
        self.put(5, self.second)
        self.order(2, self.kit, ec_claims_stock=True)
        self.pool(0.5, name="Kept")  # units are set aside of this product: reservations ask
        move = self.move(5, self.stock, self.customers)
        move._action_assign()
        self.assertEqual(move.quantity, 0.5)

    def test_a_component_change_counts_the_kit_again(self):
        self.put(4)
        self.put(4, self.second)
        self.assertEqual(self.figure(self.kit), 2)
        version = self.record(self.kit).version
        self.put(2)
        self.assertEqual(self.figure(self.kit), 3)
        self.assertEqual(self.record(self.kit).version, version + 1)
        self.product.is_storable = False
        self.assertEqual(self.figure(self.kit), 4, "who is not counted limits nothing")

    def test_a_full_recount_says_the_same(self):
        self.put(9)
        self.put(9, self.second)
        self.order(1, self.kit, ec_claims_stock=True)
        figure = self.figure(self.kit)
        self.assertEqual(figure, 3)
        self.Figure._upsert()
        self.assertEqual((self.stored(self.kit), self.stored(), self.stored(self.second)), (3, 7, 8))
        self.assertEqual(self.Dirty._cron_recount(), 0)


@tagged("-at_install", "post_install")
class TestBillOfMaterials(KitCase):
    def test_nested_kits(self):
        self.put(20)
        self.put(20, self.second)
        hamper = self.env["product.product"].create({"name": "Hamper", "type": "consu"})
        self.make_bom(hamper, {self.kit: 2, self.second: 3})
        self.assertEqual(self.need(hamper), {self.product: 4, self.second: 5})
        self.assertEqual(self.figure(hamper), 4)
        self.bom.bom_line_ids[0].product_qty = 5
        self.assertEqual(self.need(hamper), {self.product: 10, self.second: 5})
        self.assertEqual((self.figure(hamper), self.figure(self.kit)), (2, 4))
        self.bom.active = False
        self.assertEqual((self.need(), self.need(hamper)), ({}, {self.second: 3}))
        self.assertEqual(self.record(self.kit).quantity, 0, "no kit any more, and not storable")

    def test_changes_of_the_bill(self):
        self.put(12)
        self.put(12, self.second)
        third = self.env["product.product"].create({"name": "Ribbon", "is_storable": True})
        self.assertEqual(self.figure(self.kit), 6)
        line = self.env["mrp.bom.line"].create({"bom_id": self.bom.id, "product_id": third.id, "product_qty": 1})
        self.assertEqual(self.figure(self.kit), 0)
        line.product_qty = 0
        self.assertEqual(self.figure(self.kit), 6, "optional")
        line.product_qty = 1
        self.assertEqual(self.figure(self.kit), 0)
        line.unlink()
        self.assertEqual(self.figure(self.kit), 6)
        self.bom.type = "normal"
        self.assertEqual((self.need(), self.stored(self.kit)), ({}, 0))
        self.bom.type = "phantom"
        self.assertEqual(self.figure(self.kit), 6)
        self.bom.unlink()
        self.assertEqual((self.need(), self.stored(self.kit)), ({}, 0))

    def test_services_and_what_is_not_counted_do_not_limit(self):
        service, paper = self.env["product.product"].create(
            [{"name": "Packing", "type": "service"}, {"name": "Paper", "type": "consu"}]
        )
        for product in (service, paper):
            self.env["mrp.bom.line"].create({"bom_id": self.bom.id, "product_id": product.id, "product_qty": 1})
        self.put(4)
        self.put(4, self.second)
        self.assertEqual(self.figure(self.kit), 2)

    def test_units_of_the_bill_and_its_lines(self):
        dozen = self.env.ref("uom.product_uom_dozen")
        self.bom.write({"product_qty": 2, "product_uom_id": self.kit.uom_id.id})
        self.bom.bom_line_ids[0].write({"product_qty": 1, "product_uom_id": dozen.id})
        self.bom.bom_line_ids[1].product_qty = 3
        self.assertEqual(self.need(), {self.product: 6, self.second: 1.5}, "two kits of a dozen and three")
        self.put(13)
        self.put(3, self.second)
        self.assertEqual(self.figure(self.kit), 2)

    def test_thirds_make_a_whole(self):
        self.product.uom_id = self.env.ref("uom.product_uom_dozen")
        self.bom.bom_line_ids[0].write({"product_qty": 8, "product_uom_id": self.env.ref("uom.product_uom_unit").id})
        self.bom.bom_line_ids[1].unlink()
        self.put(2)
        self.assertEqual(self.figure(self.kit), 3, "two dozens, eight units each")

    def test_lines_for_one_variant(self):
        attribute = self.env["product.attribute"].create(
            {"name": "Colour", "value_ids": [Command.create({"name": name}) for name in ("Red", "Blue")]}
        )
        template = self.env["product.template"].create(
            {
                "name": "Box",
                "type": "consu",
                "attribute_line_ids": [
                    Command.create({"attribute_id": attribute.id, "value_ids": [Command.set(attribute.value_ids.ids)]})
                ],
            }
        )
        red, blue = template.product_variant_ids
        bom = self.make_bom(red, {self.product: 1, self.second: 1})
        self.assertEqual(self.need(red), {self.product: 1, self.second: 1})
        values = template.attribute_line_ids.product_template_value_ids
        bom.bom_line_ids[0].bom_product_template_attribute_value_ids = values[0]
        bom.bom_line_ids[1].bom_product_template_attribute_value_ids = values[1]
        self.assertEqual((self.need(red), self.need(blue)), ({self.product: 1}, {self.second: 1}))
        self.put(3)
        self.assertEqual((self.figure(red), self.figure(blue)), (3, 0))
        bom.bom_line_ids[1].bom_product_template_attribute_value_ids = False
        self.assertEqual(self.need(red), {self.product: 1, self.second: 1})
        own = self.make_bom(blue, {self.product: 3}, product_id=blue.id, sequence=-1)
        self.assertEqual(self.need(blue), {self.product: 3})
        bom.sequence, own.sequence = 1, 2
        self.assertEqual(self.need(blue), {self.second: 1})

    def test_a_bill_of_another_company(self):
        company = self.env["res.company"].create({"name": "Elsewhere"})
        self.make_bom(self.kit, {self.product: 1}, company_id=company.id, sequence=-1)
        self.assertEqual(self.need(), {self.product: 2, self.second: 1})
        warehouse = self.env["stock.warehouse"].search([("company_id", "=", company.id)], limit=1)
        policy = self.make_policy(warehouse, name="Theirs", company_id=company.id)
        self.put(4, location=warehouse.lot_stock_id)
        self.assertEqual(self.figure(self.kit, policy), 4)

    def test_stock_under_the_name_of_the_kit_itself_is_not_counted(self):
        crate = self.env["product.product"].create({"name": "Crate", "is_storable": True})
        self.put(50, crate)
        self.assertEqual(self.figure(crate), 50)
        self.make_bom(crate, {self.product: 2})
        self.put(6)
        self.assertEqual(self.figure(crate), 3)


@tagged("-at_install", "post_install")
class TestRandom(KitCase):
    def test_formula_and_statement_agree(self):
        rng = random.Random(7)
        hamper = self.env["product.product"].create({"name": "Hamper", "type": "consu"})
        self.make_bom(hamper, {self.kit: 1, self.second: 2})
        both = self.make_policy(self.warehouse | self.other, name="Both")
        for _round in range(25):
            product = rng.choice((self.product, self.second))
            match rng.randrange(7):
                case 0 | 1 | 2:
                    location = rng.choice((self.stock, self.other.lot_stock_id))
                    self.put(rng.choice((-1, 1, 2, 5, 0.5)), product, location)
                case 3:
                    self.order(rng.randint(1, 2), rng.choice((self.kit, hamper, product)), ec_claims_stock=True)
                case 4:
                    self.order(1, rng.choice((self.kit, hamper, product))).action_confirm()
                case 5:
                    both.write({"buffer_value": rng.randint(0, 2), "soft_share": rng.choice((100, 70))})
                    both.line_ids[0].share = rng.choice((100, 40))
                case 6:
                    self.bom.bom_line_ids[0].product_qty = rng.choice((0, 1, 2, 3))
            for kit in (self.kit, hamper):
                for policy in (self.policy, both):
                    self.figure(kit, policy)
        self.order(1, self.kit, date_order=fields.Datetime.now() - timedelta(days=1)).action_confirm()
        self.assertEqual(self.Dirty._cron_recount(), 0)
