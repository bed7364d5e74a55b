"""A company, a Shopify channel and the simulator as its shop: the whole path from the buyer to the parcel and back."""

from contextlib import contextmanager
from datetime import timedelta

from shopify_simulator.client import Simulator

from odoo import fields
from odoo.tests import TransactionCase, new_test_user


class ShopCase(TransactionCase):
    """`self.sim` is the shop, `self.channel` the channel that is connected to it; amounts are USD, taxes none unless a test says so."""

    # Odoo sets these for tests that live in an addon
    test_tags = frozenset({"standard", "post_install"})
    test_module = "faults"

    @classmethod
    def _request_handler(cls, session, request, /, **kwargs):
        # Odoo's guard cannot read a time-out of two numbers
        return super()._request_handler(session, request, **{**kwargs, "timeout": 30})

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # one process for a class's tests; Odoo ends the child processes that a class leaves behind
        cls.sim = Simulator.start()
        cls.addClassCleanup(cls.sim.stop)
        cls.usd = cls.env.ref("base.USD")
        cls.usd.active = True
        country = cls.env.ref("base.us")
        cls.company = cls.env["res.company"].create({"name": "Pier", "currency_id": cls.usd.id, "country_id": country.id})
        cls.env["account.chart.template"].try_loading("generic_coa", company=cls.company, install_demo=False)
        cls.env.user.write({"company_ids": [(4, cls.company.id)], "company_id": cls.company.id, "lang": "en_US"})
        cls.env = cls.env(context={"allowed_company_ids": cls.company.ids, "lang": "en_US", "tracking_disable": True})
        cls.env["account.tax"].search([("company_id", "=", cls.company.id)]).active = False
        cls.warehouse = cls.env["stock.warehouse"].search([("company_id", "=", cls.company.id)], limit=1)
        cls.channel = cls._new_channel("Shop")
        cls.products = cls.env["product.product"].create(
            [
                {"name": f"Tea {sku}", "default_code": sku, "type": "consu", "is_storable": True, "taxes_id": False}
                for sku in ("TEA-1", "TEA-2", "TEA-3")
            ]
        )
        for product in cls.products:
            cls.env["stock.quant"]._update_available_quantity(product, cls.warehouse.lot_stock_id, 1000)

    @classmethod
    def _new_channel(cls, name, **vals):
        channel = cls.env["ec.channel"].create(
            {
                "name": name,
                "connector": "shopify",
                "company_id": cls.company.id,
                "warehouse_id": cls.warehouse.id,
                "state": "live",
                "import_since": fields.Datetime.now() - timedelta(days=30),
                "endpoint_url": cls.sim.url,
                "allow_private_host": True,
                "shopify_shop_domain": cls.sim.domain,
                "shopify_auth": "token",
                **vals,
            }
        )
        channel.write({"shopify_token": cls.sim.token, "shopify_client_secret": cls.sim.client_secret})
        return channel

    def setUp(self):
        super().setUp()
        self.open_shop()

    def open_shop(self, id_base=0, **settings):
        """An empty shop with the three teas. Settings as the simulator's: currency, taxes_included, tax_rate, …"""
        self.sim.reset(settings={"currency": "USD", "taxes_included": False, "tax_rate": "0", **settings}, id_base=id_base)
        self.sim.configure(routing_delay=0, job_delay=0, bulk_seconds=0, search_lag=0)
        self.sim.configure(scopes=[*self.sim.info()["scopes"], "orders"])
        self.sim.webhook_mode(manual=True)
        place = self.sim.info()["locations"][0]["id"]
        prices = {"TEA-1": "10.00", "TEA-2": "149.99", "TEA-3": "7.35"}
        self.sim.seed(
            products=[
                {"title": f"Tea {sku}", "variants": [{"sku": sku, "price": price, "stock": {place: 1000}}]}
                for sku, price in prices.items()
            ]
        )

    # ---- the lanes' steps, one lot after the other, as the scheduled actions call them

    def fetch(self, channel=None):
        channel = channel or self.channel
        channel.poll_next_at = False
        while channel._work_fetch():
            pass

    def import_stored(self):
        while self.env["ec.inbound.event"]._work_import():
            pass
        for warehouse_id in self.env["sale.order"]._ec_warehouses_to_confirm():
            while self.env["sale.order"]._ec_work_confirm(warehouse_id):
                pass

    def push(self):
        while self.channel._work_push():
            pass

    def sync(self):
        self.fetch()
        self.import_stored()
        self.push()

    def wait_over(self):
        """The time the shop asked for has passed."""
        self.channel.paused_until = False
        self.env["ec.outbound.message"].search([("state", "=", "pending")]).due_at = self.env.cr.now()
        self.env["ec.inbound.event"].search([("state", "=", "pending")]).due_at = self.env.cr.now()

    # ---- the shop's side

    def place(self, *skus, **values):
        """A buyer's order of one unit of each SKU (default TEA-1), paid; `lines` says more. Returns its truth in the shop."""
        if "lines" not in values:
            values["lines"] = [{"sku": sku} for sku in skus or ("TEA-1",)]
        return self.sim.place_order(**values)

    def truth(self, placed):
        [order] = self.sim.truth(order=placed["id"])["orders"]
        return order

    @contextmanager
    def fault(self, **rule):
        """While inside, the shop misbehaves; with count=None until the end."""
        self.sim.arm_fault(**rule)
        try:
            yield
        finally:
            self.sim.clear_faults()

    # ---- Odoo's side

    def order(self, placed):
        return self.env["sale.order"].search([("ec_channel_id", "=", self.channel.id), ("ec_external_id", "=", placed["id"])])

    def take(self, *skus, **values):
        """Place an order and bring it in. Returns (its truth in the shop, the sale order)."""
        placed = self.place(*skus, **values)
        self.sync()
        return placed, self.order(placed)

    def events(self, placed, **conditions):
        domain = [("channel_id", "=", self.channel.id), ("external_id", "=", placed["id"])]
        return self.env["ec.inbound.event"].search(domain + [(name, "=", value) for name, value in conditions.items()])

    def holds(self, order):
        return sorted(order.sudo().ec_hold_ids.filtered("open").mapped("type_id.code"))

    def deliver(self, order, tracking=None, **quantities):
        """Validate the open delivery, all of it or {sku: units}. Returns the picking."""
        picking = order.picking_ids.filtered(lambda p: p.state not in ("done", "cancel"))
        if tracking:
            picking.carrier_tracking_ref = tracking
        if quantities:
            for move in picking.move_ids:
                move.quantity = quantities.get(move.product_id.default_code.replace("-", "_"), 0)
                move.picked = True
            picking.with_context(skip_backorder=True).button_validate()
        else:
            picking.button_validate()
        self.assertEqual(picking.state, "done")
        return picking

    def message(self, order):
        return self.env["ec.outbound.message"].search([("order_id", "=", order.id), ("kind", "=", "shipment")])

    def assert_nothing_stuck(self, placed):
        stuck = self.events(placed).filtered(lambda event: event.state not in ("done", "ignored"))
        self.assertFalse(stuck, [(event.state, event.error_trace or event.fix) for event in stuck])

    def assert_agrees(self, placed, holds=(), state="sale"):
        """The order exists once, stands as the shop's total says, waits only for these holds."""
        self.assert_nothing_stuck(placed)
        order = self.order(placed)
        self.assertEqual(len(order), 1)
        self.assertEqual(self.holds(order), sorted(holds))
        self.assertEqual(order.state, state)
        self.assertEqual(f"{order.amount_total:.2f}", f"{float(self.truth(placed)['current_total']):.2f}")
        return order

    @classmethod
    def person(cls, login, *groups):
        return new_test_user(
            cls.env, login, groups=",".join(("base.group_user", *groups)), company_id=cls.company.id, company_ids=[(6, 0, cls.company.ids)]
        )
