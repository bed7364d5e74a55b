"""A shop in memory that shows stock, and the lanes that read and tell it, step by step."""

from datetime import UTC, datetime
from decimal import Decimal
from unittest.mock import patch

from ..sdk.connector import Capability
from ..sdk.documents import PushResult, StockPage, StockReading
from ..sdk.errors import NeedsAttention, Retryable
from .common import ChannelCommon, MemoryConnector


class StockShop(MemoryConnector):
    """A shop that shows units and compares before it changes them, unless `absolute`. `sell` is a buyer; `lose`: its answers get lost."""

    capabilities = MemoryConnector.capabilities | {Capability.STOCK, Capability.STOCK_COMPARE}
    stock_batch = 2

    def __init__(self):
        super().__init__()
        self.shown = {}
        self.answers = {}
        self.calls = []
        self.refuse = {}
        self.lose = 0
        self.absolute = False
        self.numbers = iter(range(2001, 9999))

    def read_stock(self, places):
        self._maybe_fail()
        return [StockReading(inventory_external_id=i, location_external_id=loc, quantity=self._shown(i, loc)) for i, loc in places]

    def _shown(self, item, location):
        return Decimal(self.shown[item, location]) if (item, location) in self.shown else None

    def fetch_stock(self, location, cursor=None):
        rows = sorted(key for key in self.shown if key[1] == location)
        start = int(cursor or 0)
        readings = tuple(
            StockReading(inventory_external_id=i, location_external_id=loc, quantity=self._shown(i, loc)) for i, loc in rows[start : start + 3]
        )
        return StockPage(readings=readings, next_cursor=str(start + 3) if start + 3 < len(rows) else None)

    def push_stock(self, levels):
        self._maybe_fail()
        self.calls.append([(level.key, int(level.quantity)) for level in levels])
        results = [self._set(level) for level in levels]
        if self.lose:
            self.lose -= 1
            raise Retryable("no answer", code="timeout", outcome_unknown=True)
        return results

    def _set(self, level):
        place = level.inventory_external_id, level.location_external_id
        if self.absolute:
            self.shown[place] = int(level.quantity)
            return PushResult(key=level.key)
        if level.key not in self.answers:
            error = self.refuse.get(level.inventory_external_id)
            if not error and level.expected is not None and self.shown[place] != level.expected:
                error = NeedsAttention("stale", code="stale")
            if not error:
                self.shown[place] = int(level.quantity)
            self.answers[level.key] = error
        return PushResult(key=level.key, error=self.answers[level.key])


class StockCommon(ChannelCommon):
    """`self.tea` is sold by `self.channel` under the strict `self.policy`."""

    def setUp(self):
        super().setUp()
        self.shop = StockShop()
        self.shops = {self.channel: self.shop}
        self.startPatcher(patch.object(type(self.env["ec.channel"]), "_connector", lambda channel: self.shops.get(channel) or self.shop))
        self.tea = self.products[0]
        self.policy = self.env["ec.stock.policy"].create(
            {"name": "All", "company_id": self.company.id, "mode": "strict", "line_ids": [(0, 0, {"warehouse_id": self.warehouse.id})]}
        )
        self.open_shop(self.channel)

    # ---- the world

    def open_shop(self, channel, shown=0, products=None):
        """A channel whose only location shows `shown` units of each product."""
        self.shops.setdefault(channel, StockShop())
        channel._refresh_capabilities()
        self.env["ec.mapping"].create(
            {"channel_id": channel.id, "kind": "location", "external_code": "LOC", "warehouse_id": self.warehouse.id, "stock_policy_id": self.policy.id}
        )
        for product in products or self.tea:
            number = product.default_code[-1]
            self.env["ec.listing"].create(
                {"channel_id": channel.id, "external_id": f"V{number}", "inventory_external_id": f"I{number}", "sku": product.default_code,
                 "product_id": product.id}
            )
            self.shops[channel].shown[f"I{number}", "LOC"] = shown
        return channel

    def second_shop(self, **vals):
        return self.open_shop(self._channel("Second"), **vals)

    def set_there(self, units, product=None):
        quant = self.env["stock.quant"].search([("product_id", "=", (product or self.tea).id), ("location_id", "=", self.warehouse.lot_stock_id.id)])
        quant.with_context(inventory_mode=True).inventory_quantity = units
        quant.action_apply_inventory()

    def sell(self, channel, units=1, number=1):
        """A buyer: takes what the shop shows; the order waits in the shop until it is read."""
        shop = self.shops[channel]
        self.assertGreaterEqual(shop.shown[f"I{number}", "LOC"], units, "the shop does not sell what it does not show")
        shop.shown[f"I{number}", "LOC"] -= units
        name = str(next(shop.numbers))
        at = datetime.now(UTC)
        return shop.put(self.document(name, lines=[self.line(number, units)], placed_at=at, updated_at=at))

    def step(self, step):
        handled = step()
        while callable(handled):
            handled = handled()
        return handled

    def read_orders(self):
        for channel in self.shops:
            channel.poll_next_at = False
            channel._poll_page()
        while self.env["ec.inbound.event"]._work_import():
            pass

    def confirm(self):
        for warehouse_id in self.env["sale.order"]._ec_warehouses_to_confirm():
            while self.env["sale.order"]._ec_work_confirm(warehouse_id):
                pass

    def plan(self):
        while self.env["ec.stock.planner"]._work_plan():
            pass

    def settle(self, rounds=12):
        """All lanes until nothing is left to do."""
        for _round in range(rounds):
            self.env.cr.execute("UPDATE ec_stock_level SET due_at = now() AT TIME ZONE 'UTC' WHERE due_at > now() AT TIME ZONE 'UTC'")
            done = 0
            self.plan()
            for channel in self.shops:
                done += self.step(channel._work_stock)
            self.read_orders()
            self.plan()
            if not done:
                break
        self.env.invalidate_all()

    def level(self, channel=None, number=1):
        channel = channel or self.channel
        return self.env["ec.stock.level"].search([("channel_id", "=", channel.id), ("listing_id.external_id", "=", f"V{number}")])

    def shown(self, channel=None, number=1):
        return self.shops[channel or self.channel].shown[f"I{number}", "LOC"]

    def turn_on(self):
        self.settle()
        for channel in self.shops:
            channel.action_stock_on()
        self.settle()

    def plain_order(self, units):
        order = self.env["sale.order"].create(
            {"partner_id": self.env["res.partner"].create({"name": "Walk-in"}).id, "warehouse_id": self.warehouse.id,
             "order_line": [(0, 0, {"product_id": self.tea.id, "product_uom_qty": units})]}
        )
        order.action_confirm()
        return order
