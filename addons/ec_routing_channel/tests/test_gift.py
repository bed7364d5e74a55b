from odoo import fields
from odoo.fields import Command
from odoo.tests import tagged

from odoo.addons.ec_channel_base.sdk.documents import PaymentState
from odoo.addons.ec_channel_base.tests.common import ChannelCommon


@tagged("post_install", "-at_install")
class TestShopFacts(ChannelCommon):
    """Gift wishes and late payments of shops' orders, as facts of rules."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["ec.listing"].create(
            [{"channel_id": cls.channel.id, "external_id": f"V{n}", "sku": product.default_code, "product_id": product.id} for n, product in enumerate(cls.products, 1)]
        )
        cls.env["ec.rule.set"].search([("state", "in", ("active", "trial"))])._retire()
        rules = cls.env["ec.rule.preset"].create({"preset": "shops", "company_id": cls.company.id, "unpaid": "cancel"})._draft()
        names = {"gift", "payment_overdue"}
        rules.rule_ids.filtered(lambda rule: not names & set(rule.function_ids.mapped("name"))).active = False
        rules._activate("Gifts and payments")
        cls.env.cr.execute("DELETE FROM ec_routing_todo")

    def route(self):
        self.env.flush_all()
        while self.env["ec.routing"]._work(100):
            pass
        self.env.flush_all()
        self.env.invalidate_all()

    # ---- gifts

    def test_attributes_of_the_order_and_its_lines_are_wishes(self):
        document = self.document(
            attributes=(("のし", "御祝"), ("ギフトメッセージ", "なし"), ("delivery", "morning")),
            lines=[self.line(properties=(("Gift_Wrap", "red"), ("_gift", "no")))],
        )
        [order] = self.take_in(document)
        self.assertEqual(order.ec_gift, "のし: 御祝\nTea 1: Gift_Wrap: red")
        self.route()
        self.assertEqual(self.holds(order), ["gift"])
        self.assertEqual(order.ec_hold_ids.reason, "It is a gift: のし: 御祝\nTea 1: Gift_Wrap: red")

    def test_words_before_a_colon_in_the_note_are_wishes(self):
        [order] = self.take_in(self.document(note="のし： 内祝\n早めにお願いします"))
        self.assertEqual(order.ec_gift, "のし: 内祝")

    def test_an_order_without_wishes_is_no_gift(self):
        [order] = self.take_in(self.document(attributes=(("熨斗", "不要"), ("gift", "false"))))
        self.route()
        self.assertFalse(order.ec_gift)
        self.assertEqual(self.holds(order), [])

    def test_the_channel_says_which_names_mean_a_gift(self):
        self.channel.gift_names = "present*"
        one, two = self.take_in(self.document("1", attributes=(("のし", "御祝"),)), self.document("2", attributes=(("Present for", "Aunt"),)))
        self.assertEqual((one.ec_gift, two.ec_gift), (False, "Present for: Aunt"))

    def test_what_a_person_writes_stays_until_the_shop_says_something_else(self):
        document = self.document(attributes=(("のし", "御祝"),))
        [order] = self.take_in(document)
        order.ec_gift = "のし: 御祝、名入れ 佐藤"
        self.take_in(later := self.later(document, note="Hello"))
        self.assertEqual(order.ec_gift, "のし: 御祝、名入れ 佐藤")
        self.take_in(later := self.later(later, attributes=(("のし", "御礼"),)))
        self.assertEqual(order.ec_gift, "のし: 御礼")
        self.take_in(self.later(later, attributes=()))
        self.assertFalse(order.ec_gift)

    def test_an_order_of_ours_has_its_own_wishes(self):
        order = self.env["sale.order"].create({"partner_id": self.env.user.partner_id.id, "ec_gift": "Ribbon", "order_line": [Command.create({"display_type": "line_note", "name": "x"})]})
        self.env.flush_all()
        self.assertEqual(order.ec_gift, "Ribbon")

    # ---- payments

    def test_a_payment_that_does_not_come_cancels_here_and_in_the_shop(self):
        document = self.document(payment=PaymentState.PENDING)
        [order] = self.take_in(document)
        order.ec_placed_at = "2020-01-01"
        self.assertEqual(self.holds(order), ["payment_pending"])
        self.route()
        self.assertEqual(order.state, "cancel")
        self.assertEqual(order.ec_message_ids.mapped("kind"), ["cancellation"])
        reminder = order.message_ids.filtered(lambda message: "Your payment for order" in (message.subject or ""))
        self.assertEqual(len(reminder), 1)

    def test_a_payment_in_time_leaves_it(self):
        document = self.document(payment=PaymentState.PENDING)
        [order] = self.take_in(document)
        order.ec_placed_at = fields.Datetime.now()
        self.route()
        self.assertEqual((order.state, self.holds(order)), ("draft", ["payment_pending"]))
        self.take_in(self.later(document, payment=PaymentState.PAID), confirm=False)
        order.ec_placed_at = "2020-01-01"
        self.env["ec.routing"]._now(order)
        self.route()
        self.assertEqual((order.state, self.holds(order)), ("draft", []))
        self.assertFalse(order.ec_message_ids)
