from datetime import UTC, datetime, timedelta
from decimal import Decimal
from unittest.mock import patch

from odoo.tests import tagged

from ..models.ec_stock_level import EXPOSURE
from ..sdk.connector import Capability
from ..sdk.documents import OrderState, PushResult, StockPage, StockReading, WebhookHint
from ..sdk.errors import NeedsAttention, Retryable
from .common import ChannelCommon, MemoryConnector


class StockShop(MemoryConnector):
    """A shop that shows units and compares before it changes them, unless `absolute`. `lose`: its answers get lost."""

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


@tagged("post_install", "-at_install")
class TestStockPublishing(ChannelCommon):
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

    # ---- tests

    def test_a_new_shop_is_only_compared(self):
        self.set_there(7)
        self.settle()
        level = self.level()
        self.assertEqual((level.believed, level.desired, level.state, level.differs), (0, 7, "due", True))
        self.assertEqual(self.shops[self.channel].calls, [], "nothing is sent before the user turns it on")

    def test_turned_on_the_shop_shows_what_is_there(self):
        self.set_there(7)
        self.turn_on()
        self.assertEqual(self.shown(), 7)
        level = self.level()
        self.assertEqual((level.believed, level.acknowledged, level.state, level.differs), (7, 7, "ok", False))
        self.set_there(4)
        self.settle()
        self.assertEqual(self.shown(), 4)

    def test_strict_shops_together_never_show_more_than_there_is(self):
        self.set_there(7)
        other = self.second_shop()
        self.turn_on()
        self.assertEqual(self.shown() + self.shown(other), 7)
        self.assertEqual({self.shown(), self.shown(other)}, {3, 4})

    def test_fault_05_sold_but_not_imported_is_not_put_on_show_again(self):
        self.set_there(5)
        self.turn_on()
        self.sell(self.channel, 3)
        self.set_there(6)
        self.settle()
        self.assertEqual(self.shown(), 3)
        self.assertEqual(self.level().believed, 3)

    def test_a_sale_in_one_shop_lowers_the_other_and_units_follow(self):
        self.policy.mode = "shared"
        self.set_there(10)
        other = self.second_shop()
        self.turn_on()
        self.assertEqual((self.shown(), self.shown(other)), (10, 10))
        self.sell(other, 4)
        self.read_orders()
        self.settle()
        self.assertEqual((self.shown(), self.shown(other)), (6, 6))

    def test_an_order_is_counted_once_and_a_cancellation_gives_back(self):
        self.set_there(5)
        self.turn_on()
        order = self.sell(self.channel, 2)
        self.read_orders()
        self.plan()
        level = self.level()
        self.assertEqual((level.believed, level.desired), (3, 3))
        self.read_orders()
        self.plan()
        self.env.invalidate_all()
        self.assertEqual(level.believed, 3)
        shop = self.shops[self.channel]
        shop.put(self.later(order, state=OrderState.CANCELLED, lines=tuple()))
        shop.shown["I1", "LOC"] += 2
        self.read_orders()
        self.settle()
        self.assertEqual((level.believed, self.shown()), (5, 5))

    def test_a_lost_answer_is_sent_again_under_the_same_key(self):
        self.set_there(5)
        self.turn_on()
        shop = self.shops[self.channel]
        shop.lose = 2
        self.set_there(9)
        self.settle()
        self.assertEqual(self.shown(), 9)
        self.assertEqual(shop.calls[-1], shop.calls[-2])
        self.assertEqual(self.level().state, "ok")

    def test_a_lost_answer_and_a_sale_in_between(self):
        self.set_there(5)
        self.turn_on()
        shop = self.shops[self.channel]
        shop.lose = 1
        self.set_there(9)
        self.plan()
        self.step(self.channel._work_stock)
        self.assertEqual(self.shown(), 9)
        self.sell(self.channel, 4)
        self.settle()
        self.assertEqual(self.shown(), 5)
        self.assertEqual(self.level().believed, 5)

    def test_an_outage_stops_nothing_for_ever(self):
        self.set_there(5)
        self.turn_on()
        shop = self.shops[self.channel]
        shop.fail = Retryable("down", code="channel_down")
        self.set_there(2)
        self.plan()
        self.step(self.channel._work_stock)
        self.assertTrue(self.channel.paused_until)
        shop.fail = None
        self.settle()
        self.assertEqual(self.shown(), 2)

    def test_one_bad_item_stops_no_other(self):
        self.open_shop(self._channel("Three"), products=self.products[:3])
        self.set_there(5)
        three = [c for c in self.shops if c.name == "Three"][0]
        shop = self.shops[three]
        shop.refuse["I2"] = NeedsAttention("a bundle", code="immutable_item")
        self.turn_on()
        bad = self.level(three, 2)
        self.assertEqual((bad.state, bad.error_code), ("error", "immutable_item"))
        self.assertTrue(bad.fix)
        self.assertEqual(shop.shown["I3", "LOC"], 100)
        shop.refuse.clear()
        bad.action_retry()
        self.settle()
        self.assertEqual((shop.shown["I2", "LOC"], bad.state), (100, "ok"))

    def test_somebody_changed_the_shop_and_it_is_healed_with_the_reason(self):
        self.set_there(5)
        self.turn_on()
        self.shops[self.channel].shown["I1", "LOC"] = 50
        self.channel.action_stock_read_back()
        self.settle()
        level = self.level()
        self.assertEqual(self.shown(), 5)
        self.assertEqual((level.drift, level.drift_reason), (45, "changed"))

    def hint(self, quantity):
        reading = StockReading(inventory_external_id="I1", location_external_id="LOC", quantity=Decimal(quantity))
        hint = WebhookHint(topic="stock", delivery_id=None, kind="stock", external_id="I1", reading=reading)
        self.env["ec.inbound.event"]._store_webhook(self.channel, hint, b"{}")

    def test_our_own_echo_is_recognised_and_a_foreign_change_is_read(self):
        self.set_there(5)
        self.turn_on()
        self.hint(5)
        self.plan()
        self.assertEqual(self.level().state, "ok")
        self.shop.shown["I1", "LOC"] = 8
        self.hint(8)
        self.plan()
        self.env.invalidate_all()
        self.assertEqual(self.level().state, "stale")
        self.settle()
        self.assertEqual(self.shown(), 5)

    def test_an_item_the_shop_does_not_know_is_found(self):
        self.set_there(5)
        del self.shops[self.channel].shown["I1", "LOC"]
        self.settle()
        self.assertEqual((self.level().state, self.level().error_code), ("error", "unknown_item"))

    def test_sold_out_now_limit_and_pause(self):
        self.set_there(9)
        self.turn_on()
        listing = self.level().listing_id
        listing.stock_rule = "sold_out"
        self.settle()
        self.assertEqual(self.shown(), 0)
        listing.write({"stock_rule": "limit", "stock_units": 4})
        self.settle()
        self.assertEqual(self.shown(), 4)
        listing.stock_rule = "paused"
        self.set_there(1)
        self.settle()
        self.assertEqual(self.shown(), 4, "left alone")
        listing.stock_rule = "follow"
        self.settle()
        self.assertEqual(self.shown(), 1)

    def test_the_kill_switches(self):
        self.set_there(9)
        other = self.second_shop()
        self.turn_on()
        before = self.shown(), self.shown(other)
        self.company.action_ec_stock_stop()
        self.set_there(2)
        self.settle()
        self.assertEqual((self.shown(), self.shown(other)), before)
        self.company.action_ec_stock_go_on()
        self.channel.action_stock_stop()
        self.settle()
        self.assertEqual(self.shown(), before[0])
        self.assertEqual(self.shown(other), 0, "what the stopped shop still shows is set aside for it")

    def test_hybrid_divides_the_last_units(self):
        self.policy.mode = "hybrid"
        self.set_there(10)
        other = self.second_shop()
        self.turn_on()
        self.assertEqual((self.shown(), self.shown(other)), (10, 10))
        self.set_there(2)
        self.settle()
        self.assertEqual((self.shown(), self.shown(other)), (1, 1))
        self.assertTrue(self.level().strict)

    def test_units_are_raised_elsewhere_only_after_the_lower_figure_is_acknowledged(self):
        self.set_there(6)
        other = self.second_shop()
        self.turn_on()
        mine = self.shops[self.channel]
        mine.lose = 99
        self.level().listing_id.stock_rule = "sold_out"
        for _n in range(4):
            self.plan()
            for channel in self.shops:
                self.step(channel._work_stock)
            self.env.cr.execute("UPDATE ec_stock_level SET due_at = now() AT TIME ZONE 'UTC'")
        self.assertEqual((self.shown(), self.shown(other)), (0, 3), "the other waits for the answer")
        mine.lose = 0
        self.settle()
        self.assertEqual((self.shown(), self.shown(other)), (0, 6))

    def plain_order(self, units):
        order = self.env["sale.order"].create(
            {"partner_id": self.env["res.partner"].create({"name": "Walk-in"}).id, "warehouse_id": self.warehouse.id,
             "order_line": [(0, 0, {"product_id": self.tea.id, "product_uom_qty": units})]}
        )
        order.action_confirm()
        return order

    def test_units_that_a_shop_shows_are_not_reserved_by_others_until_it_shows_fewer(self):
        self.set_there(5)
        self.turn_on()
        order = self.plain_order(2)
        move = order.picking_ids.move_ids
        self.assertEqual((move.state, move.quantity), ("confirmed", 0), "all five are on show in the shop")
        self.sell(self.channel, 4)  # before the shop was told
        self.settle()
        self.confirm()
        self.env["ec.stock.planner"]._work_assign()
        self.settle()
        self.env["ec.stock.planner"]._work_assign()
        self.assertEqual(self.shown(), 0)
        self.assertEqual(move.quantity, 1, "what the shop did not sell")
        promised = sum(self.env["stock.quant"].search([("product_id", "=", self.tea.id), ("location_id.usage", "=", "internal")]).mapped("reserved_quantity"))
        self.assertEqual(promised, 5)

    def test_an_order_of_the_shop_takes_what_the_shop_showed(self):
        self.set_there(5)
        self.turn_on()
        self.sell(self.channel, 5)
        self.read_orders()
        self.confirm()
        order = self.env["sale.order"].search([("ec_channel_id", "=", self.channel.id)])
        self.assertEqual(order.picking_ids.move_ids.state, "assigned")

    def test_old_orders_do_not_lower_what_was_read_later(self):
        self.set_there(5)
        self.turn_on()
        shop = self.shops[self.channel]
        at = datetime.now(UTC) - timedelta(days=20)
        old = shop.put(self.document("99", placed_at=at, updated_at=at))
        self.take_in(old, confirm=False)
        self.plan()
        self.assertEqual(self.level().believed, 5)
        self.assertEqual(self.level().desired, 4, "but the unit is promised")

    def test_a_large_first_reading_and_the_audit_go_page_by_page(self):
        three = self.open_shop(self._channel("Three"), products=self.products[:5], shown=2)
        with patch("odoo.addons.ec_channel_base.models.ec_channel_stock.WALK_FROM", 1):
            self.turn_on()
        self.assertEqual({self.shown(three, n) for n in range(2, 6)}, {100})
        self.assertTrue(three.stock_walked_at)
        self.assertFalse(self.env["ec.stock.level"].search([("channel_id", "=", three.id), ("differs", "=", True)]))

    def exposure(self):
        self.env.flush_all()
        self.env.cr.execute(f"SELECT {EXPOSURE.format('level')} FROM ec_stock_level level WHERE id = %s", [self.level().id])
        return self.env.cr.fetchone()[0]

    def lower_without_compare(self):
        """A shop that does not compare shows 5 and shall show 2; the push is stored and not sent."""
        self.set_there(5)
        self.turn_on()
        self.channel.stock_compare = False
        self.shop.absolute = True
        self.set_there(2)
        self.plan()

    def test_an_absolute_push_does_not_forget_what_was_sold_before_it(self):
        self.lower_without_compare()
        self.sell(self.channel, 3)
        self.step(self.channel._work_stock)
        self.assertEqual(self.shown(), 2, "overwritten")
        self.assertGreaterEqual(self.exposure(), 2 + 3, "shown, and sold but not imported")
        self.settle()
        self.assertEqual(self.exposure(), self.shown())

    def test_an_absolute_push_sent_by_a_worker_that_died_counts(self):
        self.lower_without_compare()
        before = self.exposure()
        call = self.channel._work_stock()
        call()  # the shop has it, nobody takes the answer in
        self.sell(self.channel, 2)
        self.step(self.channel._work_stock)
        self.assertEqual(self.shown(), 2)
        self.assertGreaterEqual(self.exposure(), before + 2)

    def test_what_a_shop_sold_from_two_warehouses_is_taken_by_nobody_else(self):
        second = self.env["stock.warehouse"].create({"name": "Second", "code": "SEC", "company_id": self.company.id})
        self.env["stock.quant"]._update_available_quantity(self.tea, second.lot_stock_id, 5)
        self.policy.line_ids = [(0, 0, {"warehouse_id": second.id})]
        self.set_there(5)
        self.turn_on()
        self.assertEqual(self.shown(), 10)
        self.sell(self.channel, 8)
        self.read_orders()
        self.plan()
        for stage in ("claimed", "confirmed"):
            order = self.plain_order(5)
            order.picking_ids.move_ids._do_unreserve()
            order.picking_ids.move_ids.location_id = second.lot_stock_id
            order.picking_ids.move_ids._action_assign()
            self.assertEqual(order.picking_ids.move_ids.quantity, 0, f"8 of 10 are sold ({stage}), 2 are on show")
            order.action_cancel()
            self.confirm()
