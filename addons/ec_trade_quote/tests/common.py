from datetime import timedelta

from odoo import fields
from odoo.fields import Command
from odoo.tests import new_test_user

from odoo.addons.ec_b2b_portal.tests.order_common import PadWorld


class QuoteWorld(PadWorld):
    """Two customers; the seller has a salesperson. Mixed into test cases."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.seller.portal_confirmation_sign = False
        cls.website = cls.env["website"].search([("company_id", "=", cls.seller.id)], limit=1)
        cls.sam = new_test_user(
            cls.env,
            "sam",
            groups="ec_b2b_portal.group_trade_user,sales_team.group_sale_salesman_all_leads",
            lang="en_US",
        )
        cls.account.user_id = cls.sam
        # every product costs its 100
        cls.pricelist.item_ids.unlink()
        cls.boss = cls._buyer(cls.account, cls.roles["administrator"], "North Boss", cls.head)
        cls.kyo = cls._buyer(cls.account, cls.roles["purchaser"], "North Kyo", cls.kyoto)
        cls.of_kyoto = cls._buyer(cls.account, cls.roles["approver"], "North Kay", cls.kyoto, cls.kyoto)
        cls.stranger = cls._buyer(cls.south[0], cls.roles["administrator"], "South Sid", cls.south[1])
        blind = cls.env["ec.trade.role"].create(
            {
                "name": "Blind",
                "account_id": cls.account.id,
                "can_order": True,
                "can_see_prices": False,
                "orders_seen": "branch",
            }
        )
        cls.blind = cls._buyer(cls.account, blind, "North Blind", cls.head)

    @classmethod
    def _cart(cls, user, units=20, **vals):
        line = {"product_id": cls.cup.id, "product_uom_qty": units, "price_unit": 100, "tax_ids": False}
        return cls.env["sale.order"].create(
            {
                "partner_id": user.partner_id.id,
                "website_id": cls.website.id,
                "user_id": False,
                "order_line": [Command.create(line)],
                **vals,
            }
        )

    @classmethod
    def _requested(cls, user=None, units=20, note="Cheaper, please"):
        user = user or cls.purchaser
        order = cls._cart(user, units)
        order.with_user(user).sudo()._ec_quote_ask(cls.account, "PO-7", None, note)
        return order

    @classmethod
    def _offered(cls, user=None, price=81.5, **vals):
        """A request that the salesperson answered with a price."""
        order = cls._requested(user)
        order.order_line.price_unit = price
        order.write({"validity_date": fields.Date.today() + timedelta(days=9), **vals})
        order.with_user(cls.sam).action_ec_send_offer()
        return order

    def _activities(self, order):
        return order.activity_ids.filtered(
            lambda one: one.activity_type_id == self.env.ref("ec_trade_quote.mail_activity_quote")
        )

    # ---- pages

    def _page(self, order):
        return self.url_open(f"/my/trade/quotes/{order.id}")

    def _send(self, order, what, **form):
        return self._post(f"/my/trade/quotes/{order.id}/{what}", **form)

    def _order_it(self, order, **form):
        return self._send(order, "order", **{"seen": order._ec_quote_fingerprint(), "number": "PO-7", **form})
