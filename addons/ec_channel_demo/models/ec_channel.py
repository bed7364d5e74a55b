import secrets

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..demo.api import ShopSession, connect, webhook
from ..demo.connector import DemoConnector
from ..demo.samples import sample_orders
from ..demo.shop import Refused, new_state

CATALOGUE_SIZE = 12


class EcChannel(models.Model):
    _inherit = "ec.channel"

    # ---- fields

    connector = fields.Selection(selection_add=[("demo", "Demo Shop")], ondelete={"demo": "cascade"})
    demo_token = fields.Char(
        "Demo Shop's Access Token",
        compute="_compute_secret_fields",
        inverse="_inverse_secret_fields",
        groups="ec_channel_base.group_ec_admin",
        help="The demo shop gives it by itself. Change it to see what a refused credential looks like.",
    )
    demo_orders = fields.Text("What the Demo Shop Shows", compute="_compute_demo_orders")

    # ---- compute

    def _compute_demo_orders(self):
        payments = {
            "pending": self.env._("not paid"),
            "paid": self.env._("paid"),
            "partially_refunded": self.env._("partly refunded"),
            "refunded": self.env._("refunded"),
            "voided": self.env._("never paid"),
        }
        for channel in self:
            rows = []
            shop = channel._demo_shop()._load() if channel._demo_shop() else None
            for order in (
                sorted(shop.state["orders"].values(), key=lambda order: order["placed_at"], reverse=True)[:20]
                if shop
                else ()
            ):
                parcels = [
                    ", ".join(parcel["tracking"]) or "–" for parcel in order["shipments"] if not parcel["cancelled"]
                ]
                rows.append(
                    self.env._(
                        "%(number)s: %(total)s %(currency)s, %(payment)s, shipped: %(parcels)s%(cancelled)s",
                        number=order["number"],
                        total=order["current_total"],
                        currency=order["currency"],
                        payment=payments[order["payment_status"]],
                        parcels=" / ".join(parcels) or self.env._("no"),
                        cancelled=self.env._(", cancelled") if order["cancelled_at"] else "",
                    )
                )
            channel.demo_orders = "\n".join(rows) or False

    # ---- the contract with ec_channel_base

    def _connector(self):
        if self.connector != "demo":
            return super()._connector()
        shop = self._demo_shop()
        token, webhook_secret = self._get_secret("demo_token"), self._get_secret("demo_webhook_secret")
        transport = connect(ShopSession(shop._load, shop._save), token, webhook_secret)
        return DemoConnector(transport, token, webhook_secret)

    def _secret_field_names(self):
        return super()._secret_field_names() | {"demo_token": "demo_token"}

    def _check_can_go_live(self):
        super()._check_can_go_live()
        if "demo" in self.mapped("connector"):
            raise UserError(
                self.env._(
                    "A demo shop can never be live: nobody really ordered anything. Use Sandbox, where everything works."
                )
            )

    def _setup_is_live(self):
        # a sandbox is as far as a demo shop ever goes
        return super()._setup_is_live() or (self.connector == "demo" and self.state == "sandbox")

    @api.constrains("state", "connector")
    def _check_demo_is_never_live(self):
        if self.filtered(lambda channel: channel.connector == "demo" and channel.state == "live"):
            raise ValidationError(
                self.env._(
                    "A demo shop can never be live: nobody really ordered anything. Use Sandbox, where everything works."
                )
            )

    # ---- crud

    @api.model_create_multi
    def create(self, vals_list):
        channels = super().create(vals_list)
        for channel in channels.filtered(lambda channel: channel.connector == "demo"):
            channel._demo_open_shop()
        return channels

    # ---- actions

    def action_demo_place_orders(self):
        """Buyers order: one of each kind that a shop has to cope with. The shop tells us by webhook."""
        self.ensure_one()
        shop = self._demo_shop()._load()
        placed = [shop.place(**order) for order in sample_orders(list(shop.state["listings"].values()))]
        self._demo_shop()._save(shop)
        self._demo_deliver(shop, placed)
        return self._notify("success", self.env._("%s orders have been placed in the demo shop.", len(placed)))

    def action_demo_cancel_order(self):
        """The buyer of the newest order that is not shipped thinks again."""
        self.ensure_one()
        shop = self._demo_shop()._load()
        for order_id in sorted(shop.state["orders"], key=int, reverse=True):
            try:
                if not shop.order(order_id)["cancelled_at"]:
                    shop.cancel(order_id, reason="customer")
                    break
            except Refused:
                continue
        else:
            raise UserError(self.env._("The demo shop has no order that could be cancelled. Place some first."))
        self._demo_shop()._save(shop)
        self._demo_deliver(shop, [order_id])
        return self._notify(
            "success", self.env._("%s has been cancelled in the demo shop.", shop.order(order_id)["number"])
        )

    def action_demo_issue_token(self):
        """The shop gives a new access token, and the old one is worth nothing any more."""
        self.ensure_one()
        shop = self._demo_shop()._load()
        shop.state["token"] = secrets.token_urlsafe(24)
        self._demo_shop()._save(shop)
        self._set_secret("demo_token", shop.state["token"])

    # ---- the shop

    def _demo_shop(self):
        return self.env["ec.demo.shop"].search([("channel_id", "=", self.id)])

    def _demo_open_shop(self):
        """A new shop that sells what Odoo sells, in the company's currency."""
        self.ensure_one()
        products = self.env["product.product"].search(
            [("sale_ok", "=", True), ("default_code", "!=", False), ("company_id", "in", (False, self.company_id.id))],
            limit=CATALOGUE_SIZE,
        )
        currency = self.company_id.currency_id
        items = [
            (product.default_code, product.name, f"{product.list_price:.{currency.decimal_places}f}")
            for product in products
        ]
        state = new_state(items, currency=currency.name)
        # whoever may create a channel opens its shop with it
        self.env["ec.demo.shop"].sudo().create({"channel_id": self.id, "state": state})
        self._set_secret("demo_token", state["token"])
        self._set_secret("demo_webhook_secret", state["webhook_secret"])

    def _demo_deliver(self, shop, order_ids):
        """Hand over the webhooks of these orders as the web server would: verified, then stored."""
        connector = self._connector()
        for order_id in order_ids:
            headers, body = webhook(shop, order_id)
            hint = connector.read_webhook({name.lower(): value for name, value in headers.items()}, body)
            # the inbox takes a delivery from a sender that has no user
            self.env["ec.inbound.event"].sudo()._store_webhook(self, hint, body)
