from markupsafe import Markup

from odoo import fields
from odoo.fields import Command
from odoo.tests import new_test_user, tagged

from .test_routing import RoutingCommon


def _rule(condition, code, name="Rule", **args):
    return {
        "name": name, "scope": "hold", "function_ids": [Command.create({"name": condition, "args": args})],
        "action_ids": [Command.create({"name": "hold", "args": {"code": code}})],
    }  # fmt: skip


@tagged("post_install", "-at_install")
class TestBuyerFacts(RoutingCommon):
    """What the buyer wishes and writes."""

    def test_a_salesperson_writes_gift_wishes_and_the_order_is_held_as_a_gift(self):
        self._active(rule_ids=[Command.create(_rule("gift", "gift"))])
        order = self._shop_order(user_id=self.salesman.id)
        self._route()
        self.assertEqual(self._holds(order), [])
        order.with_user(self.salesman).ec_gift = "のし: 御祝"
        self.env.flush_all()
        self.assertEqual(self._todo(), [(order.id, "edited")])
        self._route()
        self.assertEqual(self._holds(order), ["gift"])
        self.assertIn("のし: 御祝", order.ec_hold_ids.reason)
        order.with_user(self.salesman).ec_gift = " "
        self._route()
        self.assertEqual(self._holds(order), [])

    def test_the_form_shows_gift_wishes_to_who_works_with_holds(self):
        for user, shown in ((self.hold_user, True), (self.salesman, False)):
            arch = self.env["sale.order"].with_user(user).get_view(view_type="form")["arch"]
            self.assertEqual('name="ec_gift"' in arch, shown)

    def test_what_the_buyer_writes_in_the_portal_is_a_comment_and_what_staff_write_is_not(self):
        self._active(rule_ids=[Command.create(_rule("comment", "comment"))])
        order = self._shop_order()
        self._route()
        order.message_post(body="A note of ours", message_type="comment", author_id=self.salesman.partner_id.id)
        self.env.flush_all()
        self.assertEqual(self._todo(), [])
        portal = new_test_user(self.env, "rule_portal", groups="base.group_portal")
        order.message_post(body=Markup("<p>Please ring</p><p>twice</p>"), message_type="comment", author_id=portal.partner_id.id)
        self.env.flush_all()
        self.assertEqual(self._todo(), [(order.id, "edited")])
        with self.assertQueryCount(1):
            found = {"order": {"id": order.id, "fact.comment": False}}
            self.env["ec.routing.facts"]._add_comments([found])
        self.assertEqual(found["order"]["fact.comment"].split(), ["Please", "ring", "twice"])
        self._route()
        self.assertEqual(self._holds(order), ["comment"])

    def test_reasons_of_filters_name_fields_in_the_readers_language(self):
        self._active(rule_ids=[Command.create(self._rule_vals(order_domain="[('amount_total', '>', 30000), ('warehouse_id', '!=', False)]"))])
        few, many = self._shop_order(1), self._shop_order(40)
        self._route()
        total, name = few.ec_decision_ids.plan, self.env["sale.order"]._fields["amount_total"]
        self.assertEqual(total["steps"][0]["matched"], False)
        [step] = few.ec_decision_ids._why()["others"]
        self.assertEqual(step["said"], f"(asked for: Total is over 30,000; it is {few.amount_total:,.0f})")
        [step] = many.ec_decision_ids._why()["matched"]
        self.assertIn(f"Total is over 30,000 (it is {many.amount_total:,.0f})", step["said"])
        self.assertIn(f"(it is {self.warehouse.display_name})", step["said"])
        if "ja_JP" in dict(self.env["res.lang"].get_installed()):
            label = name._description_string(self.env(context={"lang": "ja_JP"}))
            self.assertIn(label, few.ec_decision_ids.with_context(lang="ja_JP")._why()["others"][0]["said"])

    def test_domains_that_the_database_answers_are_told_in_words(self):
        self._active(rule_ids=[Command.create(self._rule_vals(order_domain="[('partner_id.name', 'like', 'Suzuki')]"))])
        order = self._shop_order(1)
        self._route()
        [step] = order.ec_decision_ids._why()["others"]
        self.assertNotIn("partner_id", step["said"])
        self.assertIn("Suzuki", step["said"])


@tagged("post_install", "-at_install")
class TestPaymentDeadline(RoutingCommon):
    """The preset: reminded after three days, cancelled after seven where that is wished."""

    def _begin(self, unpaid="remind"):
        rules = self.env["ec.rule.preset"].create({"preset": "shops", "unpaid": unpaid})._draft()
        rules._activate("From the preset")
        order = self._shop_order()
        order.partner_id.email = "sato@example.com"
        return order

    def _let_pass(self, order, hours):
        order.date_order = fields.Datetime.subtract(fields.Datetime.now(), hours=hours)
        self.env["ec.routing"]._now(order)
        self._route()

    def _reminders(self, order):
        return order.message_ids.filtered(lambda message: order.partner_id in message.partner_ids)

    def test_the_buyer_is_reminded_once(self):
        order = self._begin()
        self._route()
        self.assertEqual(self._holds(order), ["payment_pending"])
        self.env.cr.execute("SELECT at FROM ec_routing_clock WHERE order_id = %s", [order.id])
        self.assertEqual(self.env.cr.fetchone()[0], fields.Datetime.add(order.date_order, hours=72).replace(microsecond=0))
        self.assertFalse(self._reminders(order))
        self._let_pass(order, 73)
        self.assertEqual(self._reminders(order).subject, f"Your payment for order {order.name}")
        self.assertIn("has not reached us yet", self._reminders(order).body)
        self._let_pass(order, 200)
        self.assertEqual(len(self._reminders(order)), 1)
        self.assertEqual(order.state, "draft", "cancelling has to be asked for")

    def test_the_reminder_is_in_the_buyers_language(self):
        self.env["res.lang"]._activate_lang("ja_JP")
        template = self.env.ref("ec_order_routing.mail_template_payment_reminder")
        template.with_context(lang="ja_JP").subject = "ご注文 {{ object.name }} のお支払いについて"
        order = self._begin()
        order.partner_id.lang = "ja_JP"
        self._let_pass(order, 73)
        self.assertEqual(self._reminders(order).subject, f"ご注文 {order.name} のお支払いについて")

    def test_cancelled_after_the_second_deadline_where_wished(self):
        order = self._begin("cancel")
        self._let_pass(order, 73)
        self.assertEqual((order.state, len(self._reminders(order))), ("draft", 1))
        self._let_pass(order, 169)
        self.assertEqual((order.state, self._holds(order)), ("cancel", []))

    def test_nothing_happens_where_nothing_is_wished(self):
        order = self._begin("nothing")
        self._let_pass(order, 500)
        self.assertEqual((order.state, self._holds(order)), ("draft", ["payment_pending"]))
        self.assertFalse(self._reminders(order))

    def test_an_order_that_a_person_let_go_unpaid_is_left_alone(self):
        order = self._begin("cancel")
        self._route()
        order.ec_hold_ids.filtered("open")._release("They always pay")
        self._let_pass(order, 500)
        self.assertEqual(order.state, "draft")
        self.assertFalse(self._reminders(order))
