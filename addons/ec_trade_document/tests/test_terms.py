from odoo.tests import tagged

from .common import TradeCommon


@tagged("post_install", "-at_install")
class TestTerms(TradeCommon):
    def _facts(self, kind, record):
        return dict(self.documents._documents(kind, record, "en_US")[0].facts)

    def test_shipping_terms_go_down_from_order_to_delivery_to_invoice(self):
        picking = self._delivery(
            [(self.towel, 4, 3)], ec_port_loading="Yokohama", ec_vessel="Northern Star", client_order_ref="PO-1"
        )
        order = picking.sale_id
        self.assertEqual(self._facts("packing_list", picking)["Port of Loading"], "Yokohama")
        picking.write({"ec_vessel": "Southern Cross", "ec_voyage": "12W"})
        self.assertEqual(self._facts("packing_list", picking)["Vessel / Flight"], "Southern Cross")
        self.assertEqual(self._facts("proforma_invoice", order)["Vessel / Flight"], "Northern Star")
        self._done(picking)
        move = order._create_invoices()
        facts = self._facts("commercial_invoice", move)
        self.assertEqual(
            (facts["Vessel / Flight"], facts["Voyage No."], facts["Port of Loading"]),
            ("Southern Cross", "12W", "Yokohama"),
        )
        move.ec_vessel = "By air"
        self.assertEqual(self._facts("commercial_invoice", move)["Vessel / Flight"], "By air")

    def test_deliveries_that_differ_say_nothing_for_the_invoice(self):
        picking = self._delivery([(self.towel, 4, 3), (self.vase, 1, 3)])
        picking.ec_vessel = "One"
        picking.move_ids[0].picked = True
        picking._action_done()
        rest = self.env["stock.picking"].search([("backorder_id", "=", picking.id)])
        rest.action_assign()
        rest.ec_vessel = "Two"
        self._done(rest)
        self.assertFalse(self._facts("commercial_invoice", picking.sale_id._create_invoices())["Vessel / Flight"])

    def test_a_copy_sails_on_another_vessel(self):
        order = self._order(
            [(self.towel, 1, 1)], ec_vessel="One", ec_voyage="1", ec_etd="2026-12-05", ec_port_loading="Kobe"
        )
        copy = order.copy()
        self.assertEqual(
            (copy.ec_vessel, copy.ec_voyage, copy.ec_etd, copy.ec_port_loading), (False, False, False, "Kobe")
        )

    def test_incoterm_and_references(self):
        picking = self._delivery([(self.towel, 4, 3)], client_order_ref="PO-1")
        order = picking.sale_id
        self._done(picking)
        move = order._create_invoices()
        move.action_post()
        for kind, record in (("proforma_invoice", order), ("commercial_invoice", move), ("packing_list", picking)):
            self.assertEqual(self._facts(kind, record)["Incoterm"], "FOB Yokohama", kind)
            self.assertEqual(self._facts(kind, record)["Your Reference"], "PO-1", kind)
        self.assertEqual(self._facts("packing_list", picking)["Invoice No."], move.name)

    def test_parties_are_named_where_they_differ(self):
        ship_to = self.env["res.partner"].create(
            {
                "parent_id": self.buyer.id,
                "type": "delivery",
                "name": "Lager",
                "city": "Bremen",
                "country_id": self.germany.id,
            }
        )
        order = self._order([(self.towel, 1, 1)], partner_shipping_id=ship_to.id)
        parties = self.documents._documents("order_confirmation", order, "en_US")[0].parties
        self.assertEqual([label for label, _text in parties], ["Buyer", "Ship To"])
        self.assertEqual(parties[1][1], "Nordwind Handels GmbH\nLager\nBremen\nGermany")

    def test_bank_details(self):
        bank = self.env["res.bank"].create({"name": "Hatoba Bank", "bic": "HTBKJPJT"})
        self.company.partner_id.bank_ids = [
            (5, 0, 0),
            (0, 0, {"acc_number": "1234567", "bank_id": bank.id, "acc_holder_name": "HATOBA"}),
        ]
        order = self._order([(self.towel, 1, 1)])
        notes = dict(self.documents._documents("proforma_invoice", order, "en_US")[0].notes)
        self.assertEqual(
            notes["Bank Details"], "Hatoba Bank\nSWIFT: HTBKJPJT\nAccount No.: 1234567\nAccount Holder: HATOBA"
        )
        self.company.ec_bank_block = "Our bank"
        notes = dict(self.documents._documents("proforma_invoice", order, "en_US")[0].notes)
        self.assertEqual(notes["Bank Details"], "Our bank")
