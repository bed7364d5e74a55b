from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import TransactionCase, new_test_user, tagged

from odoo.addons.ec_channel_base.sdk.errors import NeedsAttention


@tagged("post_install", "-at_install")
class TestDemoChannel(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.products = cls.env["product.product"].create(
            [
                {"name": "Bowl", "default_code": "A-BOWL", "list_price": 1500, "is_storable": True},
                {"name": "Plate", "default_code": "A-PLATE", "list_price": 900, "is_storable": True},
            ]
        )
        cls.channel = cls.env["ec.channel"].create(
            {"name": "Demo", "connector": "demo", "import_since": fields.Datetime.now() - timedelta(days=1)}
        )

    def shop(self):
        return self.channel._demo_shop()._load()

    def test_a_new_channel_has_a_shop_that_sells_our_products(self):
        listings = {listing["sku"]: listing for listing in self.shop().state["listings"].values()}
        self.assertIn("A-BOWL", listings)
        self.assertEqual(float(listings["A-BOWL"]["price"]), 1500)
        self.assertEqual(self.shop().state["currency"], self.channel.company_id.currency_id.name)

    def test_connecting_asks_the_shop(self):
        self.channel.action_sandbox()
        self.assertEqual(self.channel.state, "sandbox")
        self.assertEqual(self.channel.external_id, "demo")
        self.assertIn("refund", self.channel.capabilities)

    def test_never_live(self):
        self.channel.action_sandbox()
        with self.assertRaises(UserError):
            self.channel.action_live()
        with self.assertRaises(ValidationError):
            self.channel.state = "live"
        with self.assertRaises(ValidationError):
            self.env["ec.channel"].create({"name": "Live at once", "connector": "demo", "state": "live"})

    def test_a_wrong_token_is_refused_and_a_new_one_is_accepted(self):
        self.channel.demo_token = "wrong-token"
        with self.assertRaises(NeedsAttention) as refused:
            self.channel._connector().check()
        self.assertEqual(refused.exception.code, "credentials")
        self.channel.action_demo_issue_token()
        self.assertEqual(self.channel._connector().check().external_id, "demo")

    def test_the_token_is_not_shown(self):
        token = self.shop().state["token"]
        self.channel.invalidate_recordset()
        self.assertNotIn(token, str(self.channel.read()))

    def test_buyers_order_and_each_order_is_told_once(self):
        self.channel.action_sandbox()
        events = self.env["ec.inbound.event"]
        before = events.search_count([("channel_id", "=", self.channel.id)])
        self.channel.action_demo_place_orders()
        self.assertEqual(len(self.shop().state["orders"]), 6)
        self.assertEqual(events.search_count([("channel_id", "=", self.channel.id)]) - before, 6)

    def test_placed_orders_are_read_and_parsed(self):
        self.channel.action_demo_place_orders()
        connector = self.channel._connector()
        page = connector.fetch_orders(self.channel.import_since.astimezone())
        documents = [connector.parse_order(event) for event in page.events]
        self.assertEqual(len(documents), 6)
        self.assertEqual([document.buyer is None for document in documents].count(True), 1)

    def test_from_the_buyer_to_the_parcel(self):
        self.channel.action_sandbox()
        self.channel.action_pull_catalogue()
        for product in self.products:
            self.env["stock.quant"]._update_available_quantity(product, self.channel.warehouse_id.lot_stock_id, 50)
        self.channel.action_demo_place_orders()
        self.run_lanes()
        orders = self.env["sale.order"].search([("ec_channel_id", "=", self.channel.id)], order="id")
        self.assertEqual(len(orders), 6)
        shop_orders = sorted(self.shop().state["orders"].values(), key=lambda order: int(order["id"]))
        self.assertEqual(orders.mapped("amount_total"), [float(order["total"]) for order in shop_orders])

        self.env["sale.order"]._ec_work_confirm(self.channel.warehouse_id.id)
        picking = orders.picking_ids.filtered(lambda picking: picking.state == "assigned")[:1]
        self.assertTrue(picking)
        picking.carrier_tracking_ref = "1111-2222-3333"
        picking.move_ids.picked = True
        picking._action_done()
        self.run_lanes()
        shipped = {
            order["id"]: [parcel["tracking"] for parcel in order["shipments"]]
            for order in self.shop().state["orders"].values()
        }
        told = shipped.pop(picking.sale_id.ec_external_id)
        self.assertEqual(told, [["1111-2222-3333"]])
        self.assertFalse(any(shipped.values()))

    def run_lanes(self):
        for _round in range(10):
            handled = (
                self.channel._work_fetch() + self.env["ec.inbound.event"]._work_import() + self.channel._work_push()
            )
            if not handled:
                return
        self.fail("the lanes do not come to rest")

    def test_a_buyer_cancels_the_newest(self):
        with self.assertRaises(UserError):
            self.channel.action_demo_cancel_order()
        self.channel.action_demo_place_orders()
        self.channel.action_demo_cancel_order()
        cancelled = [order["id"] for order in self.shop().state["orders"].values() if order["cancelled_at"]]
        self.assertEqual(cancelled, [max(self.shop().state["orders"], key=int)])
        self.assertIn("DEMO-", self.channel.demo_orders)

    def test_two_channels_are_two_shops(self):
        other = self.channel.create({"name": "Other", "connector": "demo"})
        self.channel.action_demo_place_orders()
        self.assertEqual(other._demo_shop()._load().state["orders"], {})
        self.assertNotEqual(other._demo_shop()._load().state["token"], self.shop().state["token"])

    def test_an_ordinary_salesperson_sees_nothing_of_the_shop(self):
        salesperson = new_test_user(self.env, "demo_seller", groups="sales_team.group_sale_salesman")
        with self.assertRaises(AccessError):
            self.channel._demo_shop().with_user(salesperson).read(["state"])
        operator = new_test_user(self.env, "demo_operator", groups="ec_channel_base.group_ec_operator")
        with self.assertRaises(AccessError):
            self.channel._demo_shop().with_user(operator).read(["state"])
        self.assertFalse(self.channel.with_user(operator).demo_orders)

    def test_the_shop_of_another_company_is_out_of_sight(self):
        company = self.env["res.company"].create({"name": "Other company"})
        operator = new_test_user(
            self.env,
            "demo_elsewhere",
            groups="ec_channel_base.group_ec_operator",
            company_id=company.id,
            company_ids=[(6, 0, company.ids)],
        )
        self.assertFalse(self.env["ec.demo.shop"].with_user(operator).search([("channel_id", "=", self.channel.id)]))
