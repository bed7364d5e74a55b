import contextlib
import dataclasses
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from unittest.mock import patch

from odoo.tests import tagged
from odoo.tools import mute_logger

from ..models.ec_stock_level import EXPOSURE
from ..sdk.documents import OrderState, StockReading, WebhookHint
from ..sdk.errors import NeedsAttention, Retryable
from .stock_common import StockCommon, StockShop


@tagged("post_install", "-at_install")
class TestStockPublishing(StockCommon):
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

    def test_a_figure_that_is_taken_as_an_upper_bound_has_what_came_back_meanwhile(self):
        self.set_there(5)
        self.turn_on()
        order = self.sell(self.channel, 2)
        self.read_orders()
        self.plan()
        level = self.level()
        level._read_again()
        # so many tries that the next figure is taken, whatever came in between
        self.env.cr.execute("UPDATE ec_stock_level SET attempts = 9 WHERE id = %s", [level.id])
        self.step(self.channel._work_stock)
        shop = self.shops[self.channel]
        shop.put(self.later(order, state=OrderState.CANCELLED, lines=tuple()))
        shop.shown["I1", "LOC"] += 2
        self.read_orders()
        self.plan()
        self.env.invalidate_all()
        self.assertGreaterEqual(level.believed, self.shown())

    def _taken_and_given_back_around_a_reading(self):
        """An order is placed before the figure is read and cancelled after it; both are known at once. Returns the level."""
        self.set_there(5)
        self.turn_on()
        level = self.level()
        level._read_again()
        order = self.sell(self.channel, 2)
        return level, order

    def test_what_was_taken_and_given_back_around_a_reading_is_read_again(self):
        level, order = self._taken_and_given_back_around_a_reading()
        self.step(self.channel._work_stock)
        self.env.invalidate_all()
        self.assertEqual(level.stale_quantity, 3)
        self._cancel_in_shop(order)
        self.read_orders()
        self.plan()
        self.env.invalidate_all()
        self.assertEqual((self.shown(), level.believed, level.state), (5, 5, "stale"))
        self.settle()
        self.assertEqual((self.shown(), level.believed, level.extra, level.state), (5, 5, 0, "ok"))

    def test_a_figure_that_never_settles_keeps_exposed_what_it_exposed_until_it_is_quieter(self):
        level, order = self._taken_and_given_back_around_a_reading()
        self.env.cr.execute("UPDATE ec_stock_level SET attempts = 9 WHERE id = %s", [level.id])
        self.step(self.channel._work_stock)
        self._cancel_in_shop(order)
        self.read_orders()
        self.plan()
        self.env.invalidate_all()
        self.assertEqual((self.shown(), level.believed, level.extra), (5, 3, 2))
        self.env.cr.execute("UPDATE ec_stock_level SET checked_at = checked_at - interval '1 minute' WHERE id = %s", [level.id])
        self.settle()
        self.assertEqual((self.shown(), level.believed, level.extra, level.state), (5, 5, 0, "ok"))

    def test_an_order_that_takes_nothing_is_no_news_while_nothing_is_read(self):
        self.set_there(5)
        self.turn_on()
        self._cancel_in_shop(self.sell(self.channel, 2))
        self.read_orders()
        self.env.cr.execute("SELECT count(*) FROM ec_stock_sale")
        self.assertEqual(self.env.cr.fetchone(), (0,))

    def _cancel_in_shop(self, order):
        shop = self.shops[self.channel]
        shop.put(self.later(order, state=OrderState.CANCELLED, lines=tuple(dataclasses.replace(line, quantity=Decimal(0)) for line in order.lines)))
        shop.shown["I1", "LOC"] += int(order.lines[0].quantity)

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

    def test_a_change_of_stock_wakes_the_lane_after_its_commit_and_never_fails_it(self):
        self.env.cr.postcommit.clear()
        self.env.cr.precommit.data.pop("ec.stock.nudge", None)  # as after a commit
        self.set_there(5)
        self.assertEqual(len(self.env.cr.postcommit._funcs), 1, "once a transaction")
        wake = self.env.cr.postcommit._funcs[0]
        stock = self.env["ec.lane"]._cron_id("stock")
        before = self.env["ir.cron.trigger"].search_count([("cron_id", "=", stock)])
        with patch.object(self.env.registry, "cursor", lambda: contextlib.nullcontext(self.env.cr)):
            wake()
        self.assertGreater(self.env["ir.cron.trigger"].search_count([("cron_id", "=", stock)]), before)
        with patch.object(self.env.registry, "cursor", side_effect=OSError("no connection")), mute_logger("odoo.addons.ec_channel_base.models.ec_lane"):
            wake()
        self.env.cr.postcommit.clear()

    def test_a_fault_of_ours_is_told_and_stops_nobody(self):
        self.set_there(5)
        self.turn_on()
        self.set_there(2)
        self.plan()
        with patch.object(StockShop, "push_stock", side_effect=KeyError("oops")), mute_logger("odoo.addons.ec_channel_base.models.ec_channel_stock"):
            self.step(self.channel._work_stock)
        self.assertEqual((self.channel.last_error_code, self.level().state), ("bug", "flight"))
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

    def test_a_place_that_counts_in_the_shop_is_followed_by_inventory_moves(self):
        self.set_there(5)
        place = self.env["ec.mapping"].search([("channel_id", "=", self.channel.id), ("kind", "=", "location")])
        place.stock_mode = "pull"
        self.shop.shown["I1", "LOC"] = 9
        self.turn_on()
        self.env["ec.stock.level"]._work_pull()
        self.settle()
        quantity = lambda: self.tea.with_context(warehouse_id=self.warehouse.id).qty_available  # noqa: E731
        self.assertEqual((quantity(), self.shown(), self.level().state), (9, 9, "ok"))
        self.sell(self.channel, 2)
        self.settle()
        self.env["ec.stock.level"]._work_pull()
        self.assertEqual(quantity(), 9, "the units sold are promised, not gone")
        self.shop.shown["I1", "LOC"] += 1
        self.hint(8)
        self.settle()
        self.env["ec.stock.level"]._work_pull()
        self.assertEqual(quantity(), 10)
        moves = self.env["stock.move"].search([("product_id", "=", self.tea.id), ("is_inventory", "=", True), ("reference", "like", "Counted in")])
        self.assertEqual(sum(moves.mapped("quantity")), 5)
        self.assertFalse(self.shop.calls, "nothing is told to a place that counts by itself")

    def test_a_count_that_cannot_be_followed_waits_for_a_person(self):
        self.set_there(5)
        self.plain_order(5)
        place = self.env["ec.mapping"].search([("channel_id", "=", self.channel.id), ("kind", "=", "location")])
        place.stock_mode = "pull"
        self.tea.tracking = "none"
        self.policy.line_ids = [(0, 0, {"warehouse_id": self.env["stock.warehouse"].create({"name": "Two", "code": "TWO", "company_id": self.company.id}).id})]
        self.shop.shown["I1", "LOC"] = 3
        self.turn_on()
        self.env["ec.stock.level"]._work_pull()
        self.env.invalidate_all()
        self.assertEqual((self.level().state, self.level().error_code), ("error", "counted_several"))
        self.assertTrue(self.level().fix)

    def test_a_pool_of_one_shop_is_shown_there_beyond_its_share_and_used_by_its_orders(self):
        self.set_there(10)
        other = self.second_shop()
        pool = self.env["ec.stock.pool"].create(
            {"name": "Launch", "product_id": self.tea.id, "warehouse_id": self.warehouse.id, "quantity": 4, "channel_id": self.channel.id}
        )
        self.turn_on()
        self.assertEqual((self.shown(), self.shown(other)), (4 + 3, 3))
        self.sell(self.channel, 2)
        self.read_orders()
        self.confirm()
        self.settle()
        self.assertEqual(pool.consumed, 2)
        self.assertEqual(self.shown() + self.shown(other), 8)
        self.assertGreaterEqual(self.shown(), 2 + 3)
        pool.action_release()
        self.settle()
        self.assertEqual((self.shown(), self.shown(other)), (6, 2), "units follow the sales of late: two there, none here")

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

    # ---- shops that sell from several warehouses

    def wide_shop(self, here, beside):
        """`self.channel` sells from the warehouse, the shop that is returned also from a second one: (shop, second warehouse)."""
        second = self.env["stock.warehouse"].create({"name": "Second", "code": "SEC", "company_id": self.company.id})
        self.env["stock.quant"]._update_available_quantity(self.tea, second.lot_stock_id, beside)
        self.set_there(here)
        shop = self.second_shop()
        wide = self.policy.copy({"name": "Both", "line_ids": [(0, 0, {"warehouse_id": w.id}) for w in self.warehouse | second]})
        self.env["ec.mapping"].search([("channel_id", "=", shop.id), ("kind", "=", "location")]).stock_policy_id = wide
        self.turn_on()
        return shop, second

    def order_of(self, channel):
        return self.env["sale.order"].search([("ec_channel_id", "=", channel.id)])

    def test_an_order_goes_where_its_units_are_left_over(self):
        shop, second = self.wide_shop(2, 2)
        self.assertEqual((self.shown(), self.shown(shop)), (2, 2))
        self.sell(shop, 2)
        self.read_orders()
        order = self.order_of(shop)
        self.assertEqual(order.warehouse_id, self.warehouse)
        self.confirm()
        self.assertEqual((order.warehouse_id, order.picking_ids.move_ids.location_id), (second, second.lot_stock_id), "the other shop shows the units here")
        self.assertEqual(order.picking_ids.state, "assigned")
        self.sell(self.channel, 2)
        self.read_orders()
        self.confirm()
        self.assertEqual(self.order_of(self.channel).picking_ids.move_ids.mapped("quantity"), [2])

    def test_an_order_stays_where_there_is_room(self):
        shop, _second = self.wide_shop(6, 2)
        self.assertEqual((self.shown(), self.shown(shop)), (4, 4))
        self.sell(shop, 2)
        self.read_orders()
        self.confirm()
        order = self.order_of(shop)
        self.assertEqual((order.warehouse_id, order.picking_ids.state), (self.warehouse, "assigned"))

    def test_a_pool_of_the_shop_keeps_its_orders_where_it_is(self):
        shop, _second = self.wide_shop(2, 2)
        self.env["ec.stock.pool"].create(
            {"name": "Launch", "product_id": self.tea.id, "warehouse_id": self.warehouse.id, "quantity": 2, "channel_id": shop.id}
        )
        self.settle()
        self.sell(shop, 2)
        self.read_orders()
        self.confirm()
        order = self.order_of(shop)
        self.assertEqual((order.warehouse_id, order.picking_ids.state), (self.warehouse, "assigned"))

    def test_orders_of_one_warehouse_and_plain_orders_stay_where_they_are(self):
        self.wide_shop(2, 2)
        order = self.plain_order(1)
        self.assertEqual((order.warehouse_id, order.picking_ids.move_ids.quantity), (self.warehouse, 0), "all units are on show")
        self.env["stock.quant"]._update_available_quantity(self.tea, self.warehouse.lot_stock_id, -1)
        self.sell(self.channel, 2)
        self.read_orders()
        self.confirm()
        self.assertEqual(self.order_of(self.channel).warehouse_id, self.warehouse, "its shop does not sell from the other")

    def test_an_order_that_fits_nowhere_leaves_what_another_shop_sold(self):
        shop, second = self.wide_shop(4, 2)
        self.assertEqual((self.shown(), self.shown(shop)), (3, 3))
        self.sell(shop, 3)
        self.sell(self.channel, 3)
        self.read_orders()
        self.plan()
        mine, other = self.order_of(self.channel), self.order_of(shop)
        other._ec_confirm_batch()
        move = other.picking_ids.move_ids
        self.assertEqual((other.warehouse_id, move.quantity, move.ec_set_aside), (self.warehouse, 1, True), "three of four are sold by the other shop")
        plain = self.plain_order(2)
        plain.picking_ids.move_ids._do_unreserve()
        plain.picking_ids.move_ids.location_id = second.lot_stock_id
        plain.picking_ids.move_ids._action_assign()
        self.assertEqual(plain.picking_ids.move_ids.quantity, 0, "both are sold, though their order names the other warehouse")
        mine._ec_confirm_batch()
        self.assertEqual(mine.picking_ids.move_ids.quantity, 3)

    def marked(self):
        """Warehouses whose tea this transaction marked since the last call."""
        self.env.cr.execute("DELETE FROM ec_stock_guard WHERE product_id = %s RETURNING warehouse_id", [self.tea.id])
        found = self.env["stock.warehouse"].browse(sorted(row[0] for row in self.env.cr.fetchall()))
        for name in ("ec.stock.guard", "ec.stock.guard.around"):
            self.env.cr.precommit.data.pop(name, None)  # as in a new transaction
        return found

    def test_whoever_leaves_units_of_two_warehouses_to_others_is_ordered_with_both(self):
        shop, second = self.wide_shop(4, 4)
        self.marked()
        self.plain_order(1)
        self.assertEqual(self.marked(), self.warehouse | second)
        for channel, expected in ((self.channel, self.warehouse), (shop, self.warehouse | second)):
            self.sell(channel)
            self.read_orders()
            self.marked()
            self.confirm()
            self.assertEqual(self.marked(), expected)
