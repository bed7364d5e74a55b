"""What no shop should send and some shop will: it ends parked or held with the fix named, or is taken as it is, and its neighbours
are imported all the same."""

import json
from datetime import UTC, datetime

from odoo.addons.ec_channel_base.sdk.documents import RawEvent

from .common import ShopCase

HOSTILE = "髙﨑 ～①㈱ ﬀ 🐙 Łódź \u200b\u202e İ ك"  # not one of these is in cp932 as a whole
ADDRESS = {
    "firstName": "Ann", "lastName": "Lee", "address1": "1 Quay", "city": "Boston", "provinceCode": "MA", "countryCode": "US", "zip": "02110",
}


def money(amount):
    return {side: {"amount": amount, "currencyCode": "USD"} for side in ("shopMoney", "presentmentMoney")}


class TestBadInput(ShopCase):
    def setUp(self):
        super().setUp()
        self.neighbours = [self.place("TEA-1")]

    def sync_all(self):
        """A neighbour placed before, one after; all of it brought in."""
        self.neighbours.append(self.place("TEA-3"))
        self.sync()
        for neighbour in self.neighbours:
            self.assert_agrees(neighbour)

    def body(self, placed, **changes):
        """The newest stored body of an order as a dict, changed."""
        return {**json.loads(self.events(placed)[:1]._raw().body), **changes}

    def store(self, external_id, body):
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        event = RawEvent(kind="order", external_id=external_id, body=raw, occurred_at=datetime.now(UTC))
        self.env["ec.inbound.event"]._store(self.channel, [event], "poll")
        return self.env["ec.inbound.event"].search([("external_id", "=", external_id)], limit=1)

    def parked(self, event, code, *words):
        """The row waits for a person, says what to do, and can be tried again."""
        self.assertEqual((event.state, event.error_code), ("parked", code))
        for word in words:
            self.assertIn(word, event.fix)
        self.assertFalse(event.order_id)

    # ---- bodies

    def test_unreadable_bodies(self):
        bodies = {
            "empty": b"", "html": b"<html>502</html>", "cut": b'{"id": "gid://shopify/Order/1", "name"', "bytes": b"\xff\xfe\x00\x81",
            "list": b"[]", "null": b"null", "number": b"7", "deep": b"[" * 20_000, "object": b"{}",
            "half": b'{"id":"x","createdAt":"2026-11-01T00:00:00Z","updatedAt":"yesterday"}',
        }
        events = [self.store(f"gid://shopify/Order/{name}", body) for name, body in bodies.items()]
        self.sync_all()
        for event in events:
            with self.subTest(event.external_id):
                self.parked(event, "unreadable", "Ask the Shop Again")
                self.assertTrue(event.body_text is not None)
        # what was unreadable on the way is asked for again, as the fix says
        placed = self.place()
        self.store(placed["id"], b"garbage").action_reread()
        self.sync()
        self.assert_agrees(placed)

    def test_wrong_types_and_missing_parts(self):
        placed = self.place("TEA-2")
        self.fetch()
        body = self.body(placed)
        whole = {"lineItems": None, "currencyCode": None, "totalPriceSet": None, "taxesIncluded": None, "updatedAt": None}
        events = []
        for name, value in whole.items():
            for change in (lambda b, n: b.pop(n), lambda b, n, v=value: b.update({n: v}), lambda b, n: b.update({n: 5})):
                broken = dict(body, id=f"gid://shopify/Order/{len(events)}")
                change(broken, name)
                events.append(self.store(broken["id"], broken))
        self.sync_all()
        for event in events:
            with self.subTest(event=event.external_id):
                self.assertIn(event.state, ("parked", "done"))
                if event.state == "parked":
                    self.assertTrue(event.fix)
                self.assertFalse(event.error_trace)
        self.assertTrue(any(event.state == "parked" for event in events))

    def test_an_order_of_ten_megabytes(self):
        placed = self.place(note="n" * 10_000_000, attributes={f"key {n}": "v" * 1000 for n in range(50)})
        self.sync_all()
        self.assertEqual(len(self.assert_agrees(placed).ec_note), 10_000_000)

    def test_an_order_of_five_hundred_lines(self):
        lines = [{"sku": f"TEA-{n % 3 + 1}", "quantity": n % 4 + 1} for n in range(500)]
        placed = self.place(lines=lines)
        self.sync_all()
        order = self.assert_agrees(placed)
        self.assertEqual(len(order.order_line.filtered("product_id.is_storable")), 500)
        self.assertEqual(len({line.ec_external_id for line in order.order_line}), len(order.order_line))
        self.deliver(order, "BIG-1")
        self.push()
        self.assertEqual(self.message(order).state, "done")
        shop = self.truth(placed)
        self.assertEqual(shop["fulfillment_status"], "FULFILLED")
        self.assertEqual(sum(i["quantity"] for f in shop["fulfillments"] for i in f["items"]), sum(line["quantity"] for line in lines))

    # ---- values

    def test_unknown_enum_values_hold_the_order(self):
        for field in ("displayFinancialStatus", "riskLevel", "restockType"):
            with self.subTest(field):
                placed = self.place(risk="LOW")
                if field == "restockType":
                    self.sim.refund(order=placed["id"], lines={"TEA-1": 1})
                with self.fault(kind="unknown_enum", field=field, value="PAID_IN_SHELLS", count=None):
                    self.sync()
                order = self.order(placed)
                self.assertIn("unknown_value", self.holds(order))
                self.assertIn("PAID_IN_SHELLS", " ".join(order.ec_hold_ids.filtered("open").mapped("reason")))
                self.assertEqual(order.state, "draft")
                # the shop comes to its senses: the hold goes by itself
                self.sim.change_order(order=placed["id"], note="mended")
                self.sync()
                self.assertNotIn("unknown_value", self.holds(order))
        self.sync_all()

    def test_nobody_nowhere_nothing(self):
        """No customer, no address, no variant."""
        placed = self.place(
            lines=[{"title": "Made by hand", "price": "5.00"}], guest=True, email=None, shipping_address=None, billing_address=None,
        )
        gone = self.place("TEA-1")
        with self.fault(kind="null_field", fields=["customer", "shippingAddress", "billingAddress", "email", "phone", "variant", "product"], count=None):
            self.sync()
        order = self.order(placed)
        self.assertEqual((self.holds(order), order.amount_total), (["address"], 5))
        self.assertTrue(order.partner_id.name)
        self.assertIn("no shipping address", order.ec_hold_ids.filtered("open").reason)
        # the item is gone from the shop's catalogue, its SKU on the line is enough
        self.assertEqual(self.order(gone).order_line.product_id.filtered("is_storable"), self.products[0])
        for neighbour in self.neighbours:
            self.sim.change_order(order=neighbour["id"], note="after")
        self.sync_all()

    def test_an_item_nobody_knows(self):
        placed = self.place(lines=[{"sku": "NO-SUCH-TEA", "price": "3.00", "title": "Mystery"}, {"sku": "TEA-1"}])
        self.sync_all()
        order = self.assert_agrees(placed, holds=["unmapped_sku"], state="draft")
        self.assertIn("Mystery", order.ec_hold_ids.filtered("open").reason)
        # the person does what the hold says; the order goes on by itself
        listing = self.env["ec.listing"].search([("channel_id", "=", self.channel.id), ("sku", "=", "NO-SUCH-TEA")])
        listing.product_id = self.products[2]
        self.import_stored()
        self.assert_agrees(placed)
        self.assertIn(self.products[2], order.order_line.product_id)

    def test_ids_of_64_bits(self):
        self.open_shop(id_base=2**60)
        self.neighbours = [self.place("TEA-1", "TEA-2")]
        self.assertGreater(int(self.neighbours[0]["id"].rpartition("/")[2]), 2**60)
        self.sync_all()
        order = self.order(self.neighbours[0])
        self.deliver(order, "64")
        self.push()
        self.sim.refund(order=self.neighbours[0]["id"], lines={"TEA-2": 1})
        self.sync()
        self.assertEqual(order.ec_refund_ids.mapped("state"), ["in_order"])
        self.assertEqual(len(self.truth(self.neighbours[0])["fulfillments"]), 1)

    def test_hostile_names(self):
        address = {**ADDRESS, "firstName": HOSTILE, "lastName": "'; DROP TABLE sale_order; --", "address1": HOSTILE, "city": "<b>🏙</b>"}
        placed = self.place(
            lines=[{"title": HOSTILE * 20, "price": "1.00", "properties": {HOSTILE: HOSTILE}}], note=HOSTILE, tags=["🐙", "ＡＢＣ"],
            email="髙@example.com", shipping_address=address, shipping=[{"title": HOSTILE, "code": HOSTILE, "price": "2.00"}],
            discounts=[{"title": HOSTILE, "amount": "0.10"}],
        )
        self.sync_all()
        order = self.assert_agrees(placed)
        self.assertIn(HOSTILE.replace("\u200b", ""), order.partner_shipping_id.name.replace("\u200b", ""))
        self.assertIn(HOSTILE, order.order_line[0].name)
        self.assertTrue(order.ec_timeline)
        self.deliver(order, "追跡🐙-1")
        self.push()
        self.assertEqual(self.message(order).state, "done")

    def test_a_nul_byte(self):
        """PostgreSQL stores no NUL: a text that carries one must not stop anybody."""
        placed = self.place()
        self.fetch()
        body = self.body(placed, note="a\0b", name="#\0")
        event = self.store(placed["id"], body)
        self.sync_all()
        self.assertIn(event.state, ("done", "parked", "bug"))
        self.assertTrue(event.state == "done" or event.fix)

    # ---- amounts

    def test_currencies_without_and_with_three_decimals(self):
        for name, rate in (("JPY", 150), ("BHD", 0.376)):
            currency = self.env["res.currency"].with_context(active_test=False).search([("name", "=", name)])
            currency.active = True
            self.env["res.currency.rate"].create({"currency_id": currency.id, "company_id": self.company.id, "rate": rate})
        yen = self.place(currency="JPY", lines=[{"sku": "TEA-1", "quantity": 3, "price": "333"}], discounts=[{"title": "x", "amount": "100"}])
        dinar = self.place(
            currency="BHD", lines=[{"sku": "TEA-1", "quantity": 3, "price": "3.333"}], discounts=[{"title": "x", "amount": "1.001"}], shipping="0.125"
        )
        self.sync_all()
        for placed, total in ((yen, 899), (dinar, 9.123)):
            order = self.order(placed)
            self.assertEqual((self.holds(order), order.state), ([], "sale"))
            self.assertEqual(float(self.truth(placed)["total"]), total)
            self.assertEqual(order.currency_id.compare_amounts(order.amount_total, total), 0)

    def test_a_currency_without_a_rate(self):
        currency = self.env.ref("base.CHF")
        currency.active = True
        currency.rate_ids.unlink()
        placed = self.place(currency="CHF", lines=[{"sku": "TEA-1", "price": "9"}])
        self.sync_all()
        [event] = self.events(placed)
        self.parked(event, "no_rate", "exchange rate")
        self.env["res.currency.rate"].create({"currency_id": currency.id, "company_id": self.company.id, "rate": 0.9})
        event.action_retry()
        self.import_stored()
        self.assertEqual(self.order(placed).amount_total, 9)

    def test_negative_and_absurd_totals(self):
        for amount in ("-5.00", "99999999999999.00", "NaN", "Infinity", "1e400"):
            with self.subTest(amount):
                placed = self.place()
                with self.fault(kind="replace_field", field="totalPriceSet", value=money(amount), count=None):
                    self.fetch()
                self.import_stored()
                event = self.events(placed)[:1]
                self.assertEqual(event.state, "parked")
                self.assertIn(event.error_code, ("absurd_amount", "unreadable"))
                self.assertTrue(event.fix)
                self.assertFalse(self.order(placed))
                self.sim.cancel_order(order=placed["id"])
        for neighbour in self.neighbours:
            self.sim.change_order(order=neighbour["id"], note="again")
        self.sync_all()

    def test_a_total_that_does_not_add_up_is_held(self):
        placed = self.place("TEA-2")
        wrong = money("1000.00")
        with self.fault(kind="replace_field", field="totalPriceSet", value=wrong, count=None):
            with self.fault(kind="replace_field", field="currentTotalPriceSet", value=wrong, count=None):
                self.sync()
        self.sim.change_order(order=placed["id"], note="mended")
        order = self.order(placed)
        self.assertEqual((self.holds(order), order.state), (["amount_mismatch"], "draft"))
        self.assertIn("1000", order.ec_hold_ids.filtered("open").reason)
        for neighbour in self.neighbours:
            self.sim.change_order(order=neighbour["id"], note="again")
        self.sync_all()
        self.assert_agrees(placed)
