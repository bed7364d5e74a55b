from odoo import models

from ..shopify import privacy

PERSONAL = ("name", "email", "phone", "street", "street2", "city", "zip", "state_id", "country_id", "comment")


class EcChannel(models.Model):
    """Shopify's privacy requests, also as commands for shop-made apps, to which Shopify does not send them."""

    _inherit = "ec.channel"

    def _on_privacy_request(self, topic, body):
        super()._on_privacy_request(topic, body)
        for channel in self.filtered(lambda channel: channel.connector == "shopify"):
            request = privacy.read(topic, body)
            if topic == "customers/data_request":
                channel._shopify_tell_data(request.customer_id, request.order_ids)
            elif topic == "customers/redact":
                channel._shopify_redact(request.customer_id, request.order_ids)
            elif topic == "shop/redact":
                channel._shopify_redact_shop()

    def _shopify_partners(self, customer_id, order_ids=()):
        """The contacts that a customer, and their orders as a guest, became; addresses included."""
        keys = [f"customer:{customer_id}"] if customer_id else []
        keys += [f"guest:{order}" for order in order_ids]
        domain = [("channel_id", "=", self.id), ("key", "in", keys)]
        # a request of the person concerned reaches their data whoever's lane carries it out
        partners = self.env["ec.partner.binding"].sudo().search(domain).partner_id
        return partners | partners.with_context(active_test=False).child_ids

    def _shopify_tell_data(self, customer_id, order_ids=()):
        """Name the records that hold the customer's data, for the person who answers the request within 30 days."""
        self.ensure_one()
        partners = self._shopify_partners(customer_id, order_ids)
        orders = self._shopify_orders(partners, order_ids)
        self.message_post(
            body=self.env._(
                "A customer asks for their data: contacts %(contacts)s; orders %(orders)s. Send it within 30 days.",
                contacts=", ".join(map(str, partners.ids)) or "–",
                orders=", ".join(orders.mapped("name")) or "–",
            ),
            partner_ids=self.user_id.partner_id.ids,
        )

    def _shopify_redact(self, customer_id, order_ids=()):
        """Forget a customer, as superuser: raw messages lose their bodies, contacts lose their personal data.

        Contacts that invoices or open orders name are kept and listed: the law on book-keeping goes before, and goods under way
        need their address. Returns the contacts kept.
        """
        self.ensure_one()
        partners = self._shopify_partners(customer_id, order_ids)
        orders = self._shopify_orders(partners, order_ids)
        wanted = [*order_ids, *filter(None, orders.mapped("ec_external_id"))]
        events = (
            self.env["ec.inbound.event"].sudo().search([("channel_id", "=", self.id), ("external_id", "in", wanted)])
        )
        events.filtered(lambda event: event.state != "pending").write({"body": False})
        kept = self._shopify_bound_partners(partners)
        self._shopify_anonymise(partners - kept)
        if kept:
            self.message_post(
                body=self.env._(
                    "Erasure: the contacts %s are named by invoices or open orders and were kept. Erase them when the law allows.",
                    ", ".join(map(str, kept.ids)),
                ),
                partner_ids=self.user_id.partner_id.ids,
            )
        return kept

    def _shopify_redact_shop(self):
        """Forget the whole shop, as superuser, 48 hours after it removed the app: every customer, every raw message, every credential."""
        self.ensure_one()
        bindings = self.env["ec.partner.binding"].sudo().search([("channel_id", "=", self.id)])
        partners = bindings.partner_id
        kept = self._shopify_bound_partners(partners)
        elsewhere = (
            self.env["ec.partner.binding"]
            .sudo()
            .search([("channel_id", "!=", self.id), ("partner_id", "in", partners.ids)])
        )
        self._shopify_anonymise(partners - kept - elsewhere.partner_id)
        self.env["ec.inbound.event"].sudo().search([("channel_id", "=", self.id), ("kind", "=", "order")]).write(
            {"body": False}
        )
        self.env["ec.channel.secret"].sudo().search([("channel_id", "=", self.id)]).unlink()
        self.write({"state": "disconnected"})
        return kept

    def _shopify_orders(self, partners, order_ids):
        by_person = ("partner_id", "in", partners.ids)
        domain = [("ec_channel_id", "=", self.id), "|", by_person, ("ec_external_id", "in", list(order_ids))]
        # as for contacts: all of the person's orders, of whichever salesperson
        return self.env["sale.order"].sudo().search(domain)

    def _shopify_bound_partners(self, partners):
        """Of these contacts, those that may not be erased yet."""
        # what forbids erasing counts, also what the one who carries it out may not see
        moves = self.env["account.move"].sudo().search([("state", "=", "posted"), ("partner_id", "in", partners.ids)])
        pickings = (
            self.env["stock.picking"]
            .sudo()
            .search([("state", "not in", ("done", "cancel", "draft")), ("partner_id", "in", partners.ids)])
        )
        users = partners.filtered(lambda partner: partner.with_context(active_test=False).user_ids)
        return partners & (moves.partner_id | moves.commercial_partner_id | pickings.partner_id | users)

    def _shopify_anonymise(self, partners):
        for partner in partners:
            partner.write(
                dict.fromkeys(PERSONAL, False) | {"name": self.env._("Erased customer %s", partner.id), "active": False}
            )
