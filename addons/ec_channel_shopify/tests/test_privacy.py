import base64
import json

from odoo.tests import tagged

from .common import ShopifyCase

CUSTOMER = "gid://shopify/Customer/7"
ORDER = "gid://shopify/Order/5"


@tagged("post_install", "-at_install")
class TestPrivacy(ShopifyCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.partner = cls.env["res.partner"].create(
            {"name": "Nagisa", "email": "nagisa@example.com", "street": "Ginza 1", "phone": "03-1"}
        )
        cls.place = cls.env["res.partner"].create({"name": "Office", "street": "Ginza 2", "parent_id": cls.partner.id})
        cls.env["ec.partner.binding"].create(
            {
                "channel_id": cls.channel.id,
                "company_id": cls.channel.company_id.id,
                "key": f"customer:{CUSTOMER}",
                "partner_id": cls.partner.id,
            }
        )
        cls.event = cls.env["ec.inbound.event"].create(
            {
                "channel_id": cls.channel.id,
                "company_id": cls.channel.company_id.id,
                "kind": "order",
                "external_id": ORDER,
                "body": base64.b64encode(b'{"email": "nagisa@example.com"}'),
                "has_body": True,
                "state": "done",
            }
        )

    def ask(self, topic):
        body = json.dumps({"customer": {"id": 7}, "orders_to_redact": [5], "orders_requested": [5]}).encode()
        self.channel._on_privacy_request(topic, body)

    def test_a_request_for_data_changes_nothing_and_names_the_records(self):
        self.ask("customers/data_request")
        self.assertIn(str(self.partner.id), self.channel.message_ids[0].body)
        self.assertEqual(self.partner.email, "nagisa@example.com")

    def test_erasure_empties_contacts_and_raw_messages(self):
        self.ask("customers/redact")
        for partner in self.partner | self.place:
            self.assertFalse(partner.email or partner.street or partner.phone or partner.active)
            self.assertNotIn("Nagisa", partner.name)
        self.assertFalse(self.event.body)

    def test_what_an_invoice_names_is_kept(self):
        move = self.env["account.move"].create({"move_type": "out_invoice", "partner_id": self.partner.id})
        move.state = "posted"
        self.ask("customers/redact")
        self.assertEqual(self.partner.email, "nagisa@example.com")
        self.assertIn(str(self.partner.id), self.channel.message_ids[0].body)
        self.assertFalse(self.event.body)

    def test_erasure_of_a_shop_forgets_its_credentials_too(self):
        self.ask("shop/redact")
        self.assertFalse(self.partner.active or self.channel._get_secret("shopify_client_secret"))
        self.assertEqual(self.channel.state, "disconnected")
