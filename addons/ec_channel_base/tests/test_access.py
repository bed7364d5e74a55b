"""Who may do what, and who sees what, with two companies; nobody sees a secret."""

import base64

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import HttpCase, new_test_user, tagged
from odoo.tools import config, file_path

from ..sdk.documents import OrderCount, WebhookHint
from ..sdk.errors import NeedsAttention
from .common import ChannelCommon

SECRET = "shpat_0123456789abcdef"
MODELS = (
    "ec.channel", "ec.inbound.event", "ec.outbound.message", "ec.listing", "ec.mapping", "ec.partner.binding", "ec.partner.match",
    "ec.order.refund", "ec.channel.audit", "ec.channel.log",
)  # fmt: skip


class AccessCommon(ChannelCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.operator, cls.manager, cls.admin = (cls._user(role, f"ec_channel_base.group_ec_{role}") for role in ("operator", "manager", "admin"))
        cls.salesperson = cls._user("salesperson", "sales_team.group_sale_salesman_all_leads")
        cls.shipper = cls._user("shipper", "stock.group_stock_user")
        cls.other_company = cls.env["res.company"].create({"name": "Elsewhere"})
        cls.stranger = cls._user("stranger", "ec_channel_base.group_ec_admin", company=cls.other_company)

    @classmethod
    def _user(cls, login, *groups, company=None):
        company = company or cls.company
        return new_test_user(
            cls.env, f"ec_{login}", ",".join(("base.group_user", "base.group_allow_export", *groups)), company_id=company.id, company_ids=[(6, 0, company.ids)]
        )

    def as_user(self, records, user):
        return records.with_user(user).with_context(allowed_company_ids=user.company_id.ids)

    def denied(self, call):
        with self.assertRaises(AccessError):
            call()


@tagged("post_install", "-at_install")
class TestAccess(AccessCommon):
    # ---- rows

    def rows(self):
        """One row of each model, of the channel."""
        [order] = self.take_in(self.document())
        order.picking_ids.button_validate()
        self.env["ec.order.refund"].create(
            {"order_id": order.id, "channel_id": self.channel.id, "company_id": self.company.id, "external_id": "R1", "state": "review"}
        )
        self.env["ec.channel.audit"].create({"channel_id": self.channel.id, "day": "2026-11-01"})
        self.env["ec.channel.log"]._note(self.channel, "poll", count=1)
        known = self.env["res.partner"].create({"name": "H. Mori"})
        self.env["ec.partner.match"].create(
            {"channel_id": self.channel.id, "partner_id": order.partner_id.id, "candidate_id": known.id, "reason": "email"}
        )
        self.env["ec.mapping"]._lookup(self.channel, "tag", {"gift": {"external_name": "gift"}})
        rows = {model: self.env[model].search([("channel_id", "=", self.channel.id)], limit=1) for model in MODELS[1:]}
        rows["ec.channel"] = self.channel
        self.assertFalse([model for model, row in rows.items() if not row])
        return rows

    def test_operators_read_everything_of_their_company_and_others_nothing(self):
        for model, row in self.rows().items():
            with self.subTest(model):
                readable = [name for name in row.with_user(self.operator).fields_get() if name != "setup_done"]
                self.assertTrue(self.as_user(row, self.operator).read(readable))
                for user in (self.salesperson, self.shipper, self.stranger):
                    self.denied(lambda user=user, row=row: self.as_user(row, user).read(["display_name"]))
                self.assertFalse(self.as_user(self.env[model], self.stranger).search([("id", "in", row.ids)]))

    def test_queue_rows_are_written_by_the_lanes_only(self):
        rows = self.rows()
        for model in set(MODELS) - {"ec.channel", "ec.listing", "ec.mapping"}:
            for user in (self.operator, self.manager, self.admin):
                with self.subTest(model=model, user=user.login):
                    row = self.as_user(rows[model], user)
                    self.denied(lambda row=row: row.write({"channel_id": self.channel.id}))
                    self.denied(lambda row=row: row.unlink())
                    self.denied(lambda row=row: row.create({"channel_id": self.channel.id}))

    def test_raw_bodies_and_tracebacks_are_the_administrators(self):
        event = self.rows()["ec.inbound.event"]
        for user in (self.operator, self.manager):
            for field in ("body", "body_text", "error_trace"):
                self.denied(lambda user=user, field=field: self.as_user(event, user).read([field]))
                self.denied(lambda user=user, field=field: self.as_user(event, user).export_data([field]))
        self.assertTrue(self.as_user(event, self.admin).read(["body"])[0]["body"])

    def test_salespeople_and_shippers_work_as_they_always_did(self):
        [order] = self.take_in(self.document())
        order.user_id = self.salesperson
        theirs = self.as_user(order, self.salesperson)
        theirs.read(list(theirs.fields_get()))
        self.assertNotIn("ec_channel_id", theirs.fields_get())
        self.denied(lambda: theirs.read(["ec_external_id"]))
        self.assertTrue(theirs.copy())
        picking = self.as_user(order.picking_ids, self.shipper)
        picking.button_validate()
        self.assertEqual(picking.state, "done")
        picking.carrier_tracking_ref = "YM-1"
        self.assertEqual(self.env["ec.outbound.message"].search([("order_id", "=", order.id)]).tracking, "YM-1")

    # ---- methods that anybody can call by RPC

    def test_methods_check_who_calls_them(self):
        rows = self.rows()
        order = self.env["sale.order"].search([("ec_channel_id", "=", self.channel.id)])
        channel, event, message = self.channel, rows["ec.inbound.event"], rows["ec.outbound.message"]
        event.write({"state": "parked", "error_code": "unreadable"})
        message.write({"state": "failed", "error_code": "refused"})
        of_managers = [
            (channel, "action_pause"), (channel, "action_fetch_now"), (channel, "action_backfill"), (channel, "action_pull_catalogue"),
            (channel, "action_test_mappings"), (event, "action_leave_alone"), (message, "action_leave_alone"),
            (message, "action_take_back"), (order, "action_ec_cancel_in_shop"), (rows["ec.mapping"], "action_ignore"),
        ]  # fmt: skip
        of_admins = [(channel, "action_check"), (channel, "action_live"), (channel, "action_sandbox")]
        of_operators = [
            (event, "action_retry"), (event, "action_retry_same_code"), (event, "action_reread"), (message, "action_retry"),
            (message, "action_retry_same_code"), (order, "action_ec_reread"), (rows["ec.listing"], "action_ignore"),
            (rows["ec.listing"], "action_unignore"), (rows["ec.partner.match"], "action_accept"),
            (rows["ec.partner.match"], "action_dismiss"), (rows["ec.channel.audit"], "action_audit"),
        ]  # fmt: skip
        outsiders = (self.salesperson, self.shipper, self.stranger)
        for users, calls in (
            ((*outsiders, self.operator, self.manager), of_admins),
            ((*outsiders, self.operator), of_managers),
            (outsiders, of_operators),
        ):
            for records, method in calls:
                for user in users:
                    with self.subTest(method=method, model=records._name, user=user.login):
                        self.denied(getattr(self.as_user(records, user), method))
        self.assertEqual((channel.state, event.state, message.state, message.cancelled), ("live", "parked", "failed", False))
        self.assertEqual(self.shop.pushed, [])

    def test_each_role_can_do_its_work(self):
        rows = self.rows()
        event, message = rows["ec.inbound.event"], rows["ec.outbound.message"]
        event.write({"state": "parked", "error_code": "unreadable"})
        self.as_user(event, self.operator).action_retry()
        self.assertEqual(event.state, "pending")
        self.as_user(message, self.manager).action_take_back()
        self.assertTrue(message.cancelled)
        self.as_user(self.channel, self.manager).action_pause()
        self.assertEqual(self.channel.state, "paused")
        self.denied(lambda: self.as_user(self.channel, self.manager).write({"state": "live"}))
        self.as_user(self.channel, self.manager).write({"auto_confirm": False, "import_since": "2026-02-01"})
        self.as_user(self.channel, self.admin).action_live()
        self.assertEqual(self.channel.state, "live")

    def test_a_day_is_counted_again_by_an_operator(self):
        audit = self.env["ec.channel.audit"].create({"channel_id": self.channel.id, "day": "2026-11-01"})
        self.shop.count_orders = lambda since, until: OrderCount(count=1, external_ids=("O1",))
        self.as_user(audit, self.operator).action_audit()
        self.assertEqual((audit.there_count, audit.missing_ids), (1, ["O1"]))

        def refuse(since, until):
            raise NeedsAttention("401", code="credentials")

        self.shop.count_orders = refuse
        with self.assertRaisesRegex(UserError, "refuses the credentials"):
            self.as_user(audit, self.operator).action_audit()

    def test_two_contacts_are_only_joined_as_proposed(self):
        match = self.rows()["ec.partner.match"]
        colleague = self.salesperson.partner_id
        self.denied(lambda: self.as_user(match, self.operator).write({"candidate_id": colleague.id}))

    def test_of_an_item_only_the_product_is_chosen(self):
        listing = self.as_user(self.rows()["ec.listing"], self.operator)
        listing.write({"product_id": self.products[1].id})
        self.denied(lambda: listing.write({"external_id": "V9"}))
        self.denied(lambda: listing.write({"channel_id": self._channel("Next").id}))
        listing.action_ignore()
        listing.action_unignore()
        self.as_user(listing, self.operator).action_rematch()

    def test_a_delivery_that_names_no_order_is_kept_for_a_person(self):
        self.env["ec.inbound.event"]._store_webhook(self.channel, WebhookHint(topic="orders", delivery_id="1", kind="order", external_id=""), b"{}")
        self.assertEqual(self.env["ec.inbound.event"].search([("channel_id", "=", self.channel.id)]).mapped("state"), ["parked"])
        self.assertFalse(self.channel._pending_hints())

    def test_a_refund_is_of_an_order_of_a_shop(self):
        plain = self.env["sale.order"].create({"partner_id": self.env["res.partner"].create({"name": "P"}).id})
        wizard = self.as_user(self.env["ec.order.refund.wizard"], self.manager).create({"order_id": plain.id, "amount": 5})
        with self.assertRaises(UserError):
            wizard.action_refund()

    def test_a_channel_with_orders_stays_in_its_company(self):
        empty = self._channel("Empty", warehouse_id=False)
        empty.company_id = self.other_company
        self.take_in(self.document())
        with self.assertRaises(ValidationError):
            self.channel.company_id = self.other_company

    # ---- secrets

    def test_nobody_reads_a_secret(self):
        self.channel._set_secret("token", SECRET)
        row = self.env["ec.channel.secret"].search([("channel_id", "=", self.channel.id)])
        self.assertNotIn(SECRET, row.value)
        system = self._user("system", "base.group_system", "ec_channel_base.group_ec_admin")
        for user in (self.operator, self.manager, self.admin, self.salesperson, self.shipper, self.stranger, system):
            theirs = self.as_user(row, user)
            with self.subTest(user.login):
                self.denied(lambda theirs=theirs: theirs.read(["value"]))
                self.denied(lambda theirs=theirs: theirs.export_data(["value"]))
                self.denied(lambda theirs=theirs: theirs.search([]))
                self.denied(lambda theirs=theirs: theirs.write({"value": "x"}))
                self.denied(lambda theirs=theirs: theirs.unlink())
        channel = self.as_user(self.channel, self.admin)
        self.assertNotIn(SECRET, str(channel.read(list(channel.fields_get()))))
        self.assertNotIn(SECRET, str(channel.copy_data()))
        self.assertEqual(self.channel._get_secret("token"), SECRET)

    def test_another_key_says_what_to_do_and_shows_nothing(self):
        self.channel._set_secret("token", SECRET)
        self.patch(config, "options", dict(config.options, hatoba_secret_key="Xyzzy-42"))
        with self.assertRaises(UserError) as raised:
            self.channel._get_secret("token")
        self.assertIn("hatoba_secret_key", str(raised.exception))
        row = self.env["ec.channel.secret"].search([("channel_id", "=", self.channel.id)])
        for hidden in (SECRET, row.value, "Xyzzy-42"):
            self.assertNotIn(hidden, str(raised.exception))

    def test_a_copy_of_the_database_speaks_to_nobody(self):
        self.channel._set_secret("token", SECRET)
        sandbox = self._channel("Sandbox", state="sandbox")
        token = self.channel.webhook_token
        self.env.flush_all()
        with open(file_path("ec_channel_base/data/neutralize.sql")) as script:
            self.env.cr.execute(script.read())
        self.env.invalidate_all()
        self.assertFalse(self.env["ec.channel.secret"].search([]))
        self.assertFalse(self.env["ec.channel"].with_context(active_test=False).search([("state", "in", ("live", "sandbox"))]))
        self.assertEqual((self.channel.state, sandbox.state), ("paused", "paused"))
        self.assertTrue(self.channel.webhook_token)
        self.assertNotEqual(self.channel.webhook_token, token)
        self.assertFalse(self.env["ec.lane"]._due_channels())

    # ---- what one bad row must not do

    def test_a_bad_notice_is_parked_and_stops_nobody(self):
        Event = self.env["ec.inbound.event"]
        for number in range(3):
            Event.create({"channel_id": self.channel.id, "company_id": self.company.id, "kind": "privacy", "topic": f"t{number}", "body": base64.b64encode(b"{}")})

        def on_request(channel, topic, body):
            if topic == "t1":
                raise NeedsAttention("what is this?", code="unreadable")

        self.patch(type(self.channel), "_on_privacy_request", on_request)
        self.assertEqual(Event._work_notices(self.channel), 3)
        notices = Event.search([("kind", "=", "privacy"), ("channel_id", "=", self.channel.id)], order="id")
        self.assertEqual(notices.mapped("state"), ["done", "parked", "done"])
        self.assertEqual(Event._work_notices(self.channel), 0)


@tagged("post_install", "-at_install")
class TestDoor(AccessCommon, HttpCase):
    """The webhook's address. tests/faults knocks with a shop's own signatures."""

    def knock(self, method="POST", path=None, delivery="D1", **options):
        headers = {"X-Signature": "good", "X-Delivery": delivery, **options.pop("headers", {})}
        path = path or f"/ec_channel/webhook/{self.channel.id}/{self.channel.webhook_token}"
        return self.url_open(path, data=options.pop("data", b"O1"), headers=headers, method=method, timeout=60).status_code

    def stored(self):
        return self.env["ec.inbound.event"].search([("channel_id", "=", self.channel.id)])

    def test_a_delivery_is_stored_once(self):
        self.assertEqual([self.knock() for _ in range(3)], [200, 200, 200])
        self.assertEqual(self.stored().mapped("external_id"), ["O1"])

    def test_what_is_not_genuine_leaves_nothing(self):
        token = self.channel.webhook_token
        self.assertEqual(self.knock(path=f"/ec_channel/webhook/{self.channel.id}/{token[:-1]}"), 404)
        self.assertEqual(self.knock(path=f"/ec_channel/webhook/0/{token}"), 404)
        self.assertEqual(self.knock(headers={"X-Signature": "forged"}), 401)
        self.assertEqual(self.knock(method="GET"), 405)
        self.assertEqual(self.knock(data=b" " * (20 * 1024 * 1024 + 1)), 413)
        self.assertFalse(self.stored())

    def test_a_guessed_address_does_not_shut_out_the_next_channel(self):
        self.env.cr.execute("SELECT last_value + 1 FROM ec_channel_id_seq")
        [number] = self.env.cr.fetchone()
        self.assertEqual(self.knock(path=f"/ec_channel/webhook/{number}/guess"), 404)
        channel = self._channel("Next")
        self.assertEqual(channel.id, number)
        self.assertEqual(self.knock(path=f"/ec_channel/webhook/{number}/{channel.webhook_token}"), 200)
