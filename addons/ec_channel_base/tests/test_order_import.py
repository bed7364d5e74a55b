from decimal import Decimal

from odoo.exceptions import UserError
from odoo.tests import tagged

from ..sdk.documents import Buyer, LineKind, OrderState, PaymentState, Refund, RefundLine, RiskLevel
from .common import NOW, ChannelCommon


@tagged("post_install", "-at_install")
class TestOrderImport(ChannelCommon):
    def test_paid_order_is_confirmed_and_reserved(self):
        document = self.document(lines=[self.line(1, 2), self.line(2, 1, "20.00")], shipping_lines=(self.shipping(),))
        [order] = self.take_in(document)
        self.assertEqual(order.state, "sale")
        self.assertEqual(order.amount_total, 45.0)
        self.assertEqual(order.ec_name, "#1001")
        self.assertEqual(order.picking_ids.state, "assigned")
        self.assertEqual(order.partner_id.email, "hana@example.com")
        self.assertEqual(self.events(document).mapped("state"), ["done"])
        self.assertEqual(self.holds(order), [])

    def test_same_document_twice_changes_nothing(self):
        document = self.document()
        [order] = self.take_in(document)
        lines = order.order_line.ids
        self.env["ec.inbound.event"].search([]).write({"state": "pending"})
        [again] = self.take_in(document)
        self.assertEqual(again, order)
        self.assertEqual(order.order_line.ids, lines)
        self.assertEqual(len(self.events(document)), 1, "an equal body is stored once")

    def test_older_document_later_changes_nothing(self):
        first = self.document(lines=[self.line(1, 1)])
        second = self.later(first, lines=(self.line(1, 3),), total=Decimal(30), current_total=Decimal(30))
        [order] = self.take_in(second)
        self.take_in(first)
        self.assertEqual(order.order_line.product_uom_qty, 3)

    def test_of_two_waiting_documents_the_newest_counts_in_whatever_order_they_came(self):
        old = self.document(lines=[self.line(1, 1)])
        new = self.later(old, lines=(self.line(1, 3),), total=Decimal(30), current_total=Decimal(30))
        Event = self.env["ec.inbound.event"]
        Event._store(self.channel, [self.shop.raw(new)], "poll")
        Event._store(self.channel, [self.shop.raw(old)], "backfill")
        [order] = self.take_in(new)
        self.assertEqual(order.order_line.product_uom_qty, 3)
        self.assertEqual(self.events(new).filtered(lambda e: e.state != "done"), Event)

    def test_a_parked_body_is_done_with_once_a_newer_one_works(self):
        bad = self.document(lines=[self.line(1, -1)], total="-10")
        self.take_in(bad)
        self.assertEqual(self.events(bad).state, "parked")
        self.take_in(self.later(self.document()))
        self.assertEqual(set(self.events(bad).mapped("state")), {"done"})

    def test_taxes_included_and_excluded(self):
        inside = self.document("1", lines=[self.line(1, 1, "110.00", tax="10.00")])
        outside = self.document("2", lines=[self.line(1, 1, "100.00", tax="10.00")], prices_include_tax=False)
        one, two = self.take_in(inside, outside)
        self.assertEqual((one.amount_untaxed, one.amount_tax, one.amount_total), (100, 10, 110))
        self.assertEqual((two.amount_untaxed, two.amount_tax, two.amount_total), (100, 10, 110))
        self.assertEqual(one.order_line.tax_ids, self.tax_in)
        self.assertEqual(two.order_line.tax_ids, self.tax_ex)

    def test_unmapped_tax_holds_until_it_is_mapped(self):
        from ..sdk.documents import TaxLine

        line = self.line(1, 1, "105.00")
        import dataclasses

        line = dataclasses.replace(line, taxes=(TaxLine(title="GST", rate=Decimal("0.05"), amount=Decimal("5.00")),))
        document = self.document(lines=[line])
        [order] = self.take_in(document)
        self.assertEqual(order.state, "draft")
        self.assertEqual(self.holds(order), ["unmapped_tax"])
        tax = self.tax_in.copy({"name": "GST 5", "amount": 5})
        mapping = self.env["ec.mapping"].search([("channel_id", "=", self.channel.id), ("kind", "=", "tax"), ("external_name", "=", "GST")])
        mapping.tax_id = tax
        self.take_in(document)
        self.assertEqual(self.holds(order), [])
        self.assertEqual((order.state, order.amount_tax), ("sale", 5.0))

    def test_discount_to_the_cent(self):
        document = self.document(lines=[self.line(1, 1, "149.99", discount=Decimal("20.00"))])
        [order] = self.take_in(document)
        self.assertEqual(order.amount_total, 129.99)
        self.assertEqual(self.holds(order), [])
        self.assertEqual(order.order_line[0].price_unit, 149.99)

    def test_percentage_discount_stays_a_percentage(self):
        [order] = self.take_in(self.document(lines=[self.line(1, 2, "50.00", discount=Decimal("10.00"))]))
        self.assertEqual(order.order_line.discount, 10.0)
        self.assertEqual(order.amount_total, 90.0)

    def test_small_difference_is_a_rounding_line_large_one_a_hold(self):
        small, large = self.take_in(self.document("1", total="10.02"), self.document("2", total="12.00"))
        self.assertEqual(small.amount_total, 10.02)
        self.assertEqual(small.order_line.filtered(lambda line: line.ec_external_id == "rounding").price_unit, 0.02)
        self.assertEqual(self.holds(small), [])
        self.assertEqual(large.amount_total, 10.0)
        self.assertEqual(self.holds(large), ["amount_mismatch"])
        self.assertEqual(large.state, "draft")

    def test_unknown_item_is_held_and_repaired_by_matching(self):
        document = self.document(lines=[self.line(1), self.line(9, sku="NEW-9", title="Cup")], total="20.00")
        [order] = self.take_in(document)
        self.assertEqual(self.holds(order), ["unmapped_sku"])
        self.assertEqual(order.amount_total, 20.0)
        listing = self.env["ec.listing"].search([("external_id", "=", "V9")])
        self.assertEqual(listing.state, "unmatched")
        listing.product_id = self.products[4]
        self.take_in(document)
        self.assertEqual(order.order_line[1].product_id, self.products[4])
        self.assertEqual(order.order_line[1].name, "Cup")
        self.assertEqual(order.order_line[1].price_unit, 10.0)
        self.assertEqual(order.state, "sale")

    def test_ignored_item_lets_the_order_go_on_without_shipping_it(self):
        document = self.document(lines=[self.line(1), self.line(9, sku="GIFT-WRAP", title="Wrapping")], total="20.00")
        [order] = self.take_in(document)
        self.assertEqual(self.holds(order), ["unmapped_sku"])
        self.env["ec.listing"].search([("external_id", "=", "V9")]).action_ignore()
        self.take_in()
        self.assertEqual((order.state, self.holds(order)), ("sale", []))
        self.assertEqual(order.picking_ids.move_ids.product_id, self.products[0])

    def test_pending_payment_waits_and_is_confirmed_when_paid(self):
        document = self.document(payment=PaymentState.PENDING)
        [order] = self.take_in(document)
        self.assertEqual((order.state, self.holds(order)), ("draft", ["payment_pending"]))
        self.take_in(self.later(document, payment=PaymentState.PAID))
        self.assertEqual((order.state, self.holds(order)), ("sale", []))

    def test_money_returned_before_shipping_stops_the_delivery(self):
        document = self.document()
        [order] = self.take_in(document)
        self.assertEqual(order.state, "sale")
        self.take_in(self.later(document, payment=PaymentState.REFUNDED))
        self.assertEqual(self.holds(order), ["payment_pending"])
        with self.assertRaises(UserError):
            order.picking_ids.button_validate()

    def test_what_a_person_released_stays_released(self):
        document = self.document(risk=RiskLevel.HIGH)
        [order] = self.take_in(document)
        self.assertEqual(self.holds(order), ["risk"])
        user = self.env["res.users"].create({"name": "Mai", "login": "mai", "group_ids": [(4, self.env.ref("ec_channel_base.group_ec_manager").id), (4, self.env.ref("sales_team.group_sale_salesman_all_leads").id)], "company_ids": [(6, 0, self.company.ids)], "company_id": self.company.id})
        order.with_user(user)._ec_release_holds(codes=["risk"], note="known customer")
        self.take_in(self.later(document, note="please hurry"))
        self.assertEqual(self.holds(order), [])
        self.assertEqual(order.state, "sale")

    def test_kinds_of_lines(self):
        lines = [
            self.line(1),
            self.line(2, kind=LineKind.CUSTOM, title="Engraving", listing_external_id="", sku="", requires_shipping=False),
            self.line(3, kind=LineKind.TIP, listing_external_id="", sku="", price="3.00"),
            self.line(4, kind=LineKind.GIFT_CARD, listing_external_id="", sku="", price="25.00"),
        ]
        [order] = self.take_in(self.document(lines=lines))
        self.assertEqual(order.amount_total, 48.0)
        ref = lambda name: self.env.ref(f"ec_channel_base.{name}")  # noqa: E731
        self.assertEqual(
            order.order_line.product_id, self.products[0] | ref("product_custom_service") | ref("product_tip") | ref("product_gift_card")
        )
        self.assertEqual(len(order.picking_ids.move_ids), 1)

    def test_test_orders_and_old_orders_are_left_alone(self):
        test = self.document("1", test=True)
        old = self.document("2", placed_at=NOW.replace(year=2025))
        one, two = self.take_in(test, old)
        self.assertFalse(one | two)
        self.assertEqual(self.events(test).error_code, "test_order")
        self.assertEqual(self.events(old).error_code, "before_window")

    def test_absurd_documents_are_parked_and_do_not_stop_neighbours(self):
        bad = self.document("1", lines=[self.line(1, -1)], total="-10")
        huge = self.document("2", total=Decimal(10) ** 13)
        unknown = self.document("3", currency="XTS")
        good = self.document("4")
        orders = self.take_in(bad, huge, unknown, good)
        self.assertEqual([bool(o) for o in orders], [False, False, False, True])
        self.assertEqual([self.events(d).error_code for d in (bad, huge, unknown)], ["absurd_amount", "absurd_amount", "currency"])
        self.assertEqual([self.events(d).state for d in (bad, huge, unknown)], ["parked"] * 3)

    def test_unreadable_body_is_parked_and_can_be_retried(self):
        from ..sdk.documents import RawEvent

        event = RawEvent(kind="order", external_id="O1", body=b"{broken")
        self.env["ec.inbound.event"]._store(self.channel, [event], "webhook")
        [order] = self.take_in(self.document("7"))
        self.assertTrue(order)
        row = self.env["ec.inbound.event"].search([("external_id", "=", "O1")])
        self.assertEqual((row.state, row.error_code), ("parked", "unreadable"))
        self.shop.versions[b"{broken"] = self.document("1")
        row.action_retry()
        self.take_in()
        self.assertEqual(row.state, "done")
        self.assertTrue(row.order_id)

    # ---- later changes

    def test_edit_adds_removes_and_changes_on_a_confirmed_order(self):
        document = self.document(lines=[self.line(1, 2), self.line(2, 1)], shipping_lines=(self.shipping(),))
        [order] = self.take_in(document)
        edited = self.later(
            document,
            lines=(self.line(1, 5), self.line(2, 0, original_quantity=Decimal(1)), self.line(3, 1)),
            current_total=Decimal(65),
        )
        self.take_in(edited)
        quantities = {line.ec_external_id: line.product_uom_qty for line in order.order_line}
        self.assertEqual(quantities, {"L1": 5, "L2": 0, "L3": 1, "shipping:SH1": 1})
        self.assertEqual(order.amount_total, 65.0)
        moves = order.picking_ids.move_ids.filtered(lambda m: m.state != "cancel")
        demand = {p.default_code: 0.0 for p in moves.product_id}
        for move in moves:
            demand[move.product_id.default_code] += move.product_uom_qty
        self.assertEqual(demand, {"TEA-1": 5, "TEA-3": 1})
        self.assertEqual(set(moves.mapped("state")), {"assigned"})
        self.assertEqual(self.holds(order), [])

    def test_reduced_quantity_on_a_confirmed_order(self):
        document = self.document(lines=[self.line(1, 5)])
        [order] = self.take_in(document)
        self.take_in(self.later(document, lines=(self.line(1, 2, original_quantity=Decimal(5)),), current_total=Decimal(20)))
        moves = order.picking_ids.move_ids.filtered(lambda m: m.state != "cancel")
        self.assertEqual(sum(moves.mapped("product_uom_qty")), 2)
        self.assertEqual(sum(moves.mapped("quantity")), 2)
        self.assertEqual(order.amount_total, 20.0)

    def test_address_change_reaches_the_open_delivery(self):
        import dataclasses

        document = self.document()
        [order] = self.take_in(document)
        address = dataclasses.replace(document.shipping_address, street="9 Harbour", name="Ken Mori")
        self.take_in(self.later(document, shipping_address=address))
        self.assertEqual(order.partner_shipping_id.street, "9 Harbour")
        self.assertEqual(order.picking_ids.partner_id, order.partner_shipping_id)
        self.assertNotEqual(order.partner_shipping_id, order.partner_id)

    def test_cancelled_before_shipping(self):
        document = self.document()
        [order] = self.take_in(document)
        self.take_in(self.later(document, state=OrderState.CANCELLED, cancel_reason="customer"))
        self.assertEqual(order.state, "cancel")
        self.assertEqual(order.picking_ids.state, "cancel")

    def test_cancelled_after_shipping_asks_a_person(self):
        document = self.document()
        [order] = self.take_in(document)
        order.picking_ids.button_validate()
        self.take_in(self.later(document, state=OrderState.CANCELLED))
        self.assertEqual(order.state, "sale")
        self.assertEqual(self.holds(order), ["channel_edit"])

    def test_cancelled_before_it_was_imported(self):
        [order] = self.take_in(self.document(state=OrderState.CANCELLED))
        self.assertEqual(order.state, "cancel")

    def _refund(self, quantity, subtotal, removed, tax="0", **vals):
        return Refund(
            external_id="R1", created_at=NOW, amount=Decimal(subtotal),
            lines=(RefundLine(line_external_id="L1", quantity=Decimal(quantity), subtotal=Decimal(subtotal), tax=Decimal(tax), removed=removed),),
            **vals,
        )

    def test_refund_before_shipping_is_subtracted_once(self):
        document = self.document(lines=[self.line(1, 3)])
        [order] = self.take_in(document)
        refunded = self.later(
            document, lines=(self.line(1, 2, original_quantity=Decimal(3)),), refunds=(self._refund(1, "10.00", True),),
            payment=PaymentState.PARTIALLY_REFUNDED, current_total=Decimal(20),
        )
        self.take_in(refunded)
        self.take_in(self.later(refunded, note="x"))
        self.assertEqual(order.amount_total, 20.0)
        self.assertEqual(order.ec_refund_ids.mapped("state"), ["covered"])
        invoice = order._create_invoices()
        self.assertEqual(invoice.amount_total, 20.0)

    def test_refund_after_delivery_before_invoicing(self):
        document = self.document(lines=[self.line(1, 3)])
        [order] = self.take_in(document)
        order.picking_ids.button_validate()
        self.take_in(self.later(document, refunds=(self._refund(1, "10.00", False),), payment=PaymentState.PARTIALLY_REFUNDED, current_total=Decimal(20)))
        self.assertEqual(order.amount_total, 20.0)
        self.assertEqual(order.ec_refund_ids.state, "in_order")
        self.assertEqual(order._create_invoices().amount_total, 20.0)

    def test_a_cent_lost_in_a_returned_line_is_settled(self):
        document = self.document(lines=[self.line(1, 3)])
        [order] = self.take_in(document)
        order.picking_ids.button_validate()
        refunded = self.later(document, refunds=(self._refund(1, "10.01", False),), current_total=Decimal(20))
        self.take_in(refunded)
        self.take_in(self.later(refunded, note="x"))
        self.assertEqual(order.amount_total, 20.0)
        self.assertEqual(order.order_line.filtered(lambda line: line.ec_external_id == "rounding").price_unit, 0.01)
        # more than a rounding is left as the lines say
        self.take_in(self.later(refunded, note="y", current_total=Decimal(15)))
        self.assertEqual(order.amount_total, 20.0)

    def test_an_invoiced_order_keeps_its_one_rounding_line(self):
        document = self.document(lines=[self.line(1, 3)], total=Decimal("30.01"), current_total=Decimal("30.01"))
        [order] = self.take_in(document)
        order.picking_ids.button_validate()
        order._create_invoices().action_post()
        self.take_in(self.later(document, total=Decimal("30.02"), current_total=Decimal("30.02")))
        self.assertEqual(len(order.order_line.filtered(lambda line: line.ec_external_id == "rounding")), 1)
        self.assertEqual(order.amount_total, 30.01)
        self.assertIn("amount_mismatch", order.ec_hold_ids.filtered("open").type_id.mapped("code"))

    def test_refund_of_an_unpaid_order_lowers_what_is_owed(self):
        document = self.document(lines=[self.line(1, 3)], shipping_lines=(self.shipping("6.00"),), payment=PaymentState.PENDING)
        [order] = self.take_in(document)
        refund = Refund(external_id="R1", created_at=NOW, amount=Decimal(0), shipping=Decimal("6.00"))
        self.take_in(self.later(document, refunds=(refund,), current_total=Decimal(30)))
        self.assertEqual(order.ec_refund_ids.state, "in_order")
        self.assertEqual(order.amount_total, 30.0)

    def test_refund_after_invoicing_makes_one_draft_credit_note(self):
        document = self.document(lines=[self.line(1, 3)])
        [order] = self.take_in(document)
        order.picking_ids.button_validate()
        order._create_invoices().action_post()
        refunded = self.later(document, refunds=(self._refund(1, "10.00", False),), current_total=Decimal(20))
        self.take_in(refunded)
        self.take_in(self.later(refunded, note="x"))
        self.assertEqual(len(order.ec_refund_ids), 1)
        note = order.ec_refund_ids.move_id
        self.assertEqual((note.move_type, note.state, note.amount_total), ("out_refund", "draft", 10.0))
        self.assertEqual(order.invoice_status, "invoiced")

    def test_credit_note_counts_tax_as_the_mapped_tax_does(self):
        document = self.document(lines=[self.line(1, 2, tax="2.00")], prices_include_tax=False)
        code = self.env["ec.mapping"]._tax_code("VAT", Decimal("0.1"), False)
        row = self.env["ec.mapping"]._lookup(self.channel, "tax", {code: {"external_name": "VAT", "rate": 0.1, "price_include": False}})[code]
        row.tax_id = self.tax_in
        [order] = self.take_in(document)
        self.assertEqual((order.amount_untaxed, order.amount_total), (20.0, 22.0))
        order.picking_ids.button_validate()
        order._create_invoices().action_post()
        self.take_in(self.later(document, refunds=(self._refund(1, "10.00", False, tax="1.00"),), current_total=Decimal(11)))
        self.assertEqual(order.ec_refund_ids.move_id.amount_total, 11.0)

    def test_a_rate_of_another_company_is_none(self):
        euro = self.env.ref("base.EUR")
        euro.active = True
        euro.rate_ids.unlink()
        other = self.env["res.company"].create({"name": "Elsewhere"})
        self.env["res.currency.rate"].create({"currency_id": euro.id, "company_id": other.id, "name": "2026-01-01", "rate": 0.9})
        document = self.document(currency="EUR")
        self.take_in(document)
        self.assertEqual(self.events(document).error_code, "no_rate")
        self.env["res.currency.rate"].create({"currency_id": euro.id, "company_id": self.company.id, "name": "2026-01-01", "rate": 0.9})
        self.events(document).action_retry()
        [order] = self.take_in(document)
        self.assertEqual(order.currency_id, euro)

    def test_guests_each_have_their_own_contact(self):
        one, two = self.take_in(
            self.document("1", buyer=None, email="a@example.com"), self.document("2", buyer=None, email="a@example.com")
        )
        self.assertNotEqual(one.partner_id, two.partner_id)

    def test_known_customer_is_recognised(self):
        one, two = self.take_in(self.document("1"), self.document("2", buyer=Buyer(external_id="C1", name="Hana Mori")))
        self.assertEqual(one.partner_id, two.partner_id)
