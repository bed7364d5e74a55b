from odoo.fields import Command

from odoo.addons.ec_b2b_portal.tests.order_common import PadWorld


class ApprovalWorld(PadWorld):
    """Two customers; the first has a purchaser, two approvers for all branches and one for Kyoto. Mixed into test cases."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["ec.trade.approval.rule"].search([]).active = False
        cls.website = cls.env["website"].search([("company_id", "=", cls.seller.id)], limit=1)
        cls.account.confirm_orders = True
        # every product costs its 100
        cls.pricelist.item_ids.unlink()
        cls.ann = cls._buyer(cls.account, cls.roles["approver"], "North Ann", cls.head)
        cls.bob = cls._buyer(cls.account, cls.roles["approver"], "North Bob", cls.head)
        cls.kay = cls._buyer(cls.account, cls.roles["approver"], "North Kay", cls.kyoto, cls.kyoto)
        cls.kyo = cls._buyer(cls.account, cls.roles["purchaser"], "North Kyo", cls.kyoto)
        cls.stranger = cls._buyer(cls.south[0], cls.roles["administrator"], "South Sid", cls.south[1])

    @classmethod
    def _buyer(cls, account, role, name, parent=None, branches=None):
        user = super()._buyer(account, role, name, parent, branches)
        # new_test_user gives it another one
        user.partner_id.name = name
        return user

    @classmethod
    def _of(cls, user):
        """The buyer of a login."""
        return cls.env["ec.trade.buyer"].search([("partner_id", "=", user.partner_id.id)])

    @classmethod
    def _rule(cls, **vals):
        return cls.env["ec.trade.approval.rule"].create(
            {"name": "Large orders", "account_id": cls.account.id, "min_amount": 1000, **vals}
        )

    @classmethod
    def _cart(cls, user, units=20, product=None, **vals):
        """A buyer's draft of so many units at 100 before tax."""
        line = {"product_id": (product or cls.cup).id, "product_uom_qty": units, "price_unit": 100, "tax_ids": False}
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
    def _ordered(cls, user, units=20, **vals):
        """The same, placed as the pad does."""
        order = cls._cart(user, units, **vals)
        order.with_user(user).sudo()._ec_trade_place(cls._of(user).account_id, "", None, "")
        return order

    def _waiting(self, order):
        return order.ec_approval_ids.filtered(lambda one: one.state == "waiting")

    def _decide(self, user, order, verdict="approved", comment=""):
        approvals = order.ec_approval_ids.with_user(user).sudo()
        return approvals._decide(self._of(user).with_user(user).sudo(), verdict, comment)

    def _told(self, order, kind):
        """Names of those who got a mail of this kind."""
        notices = self.env["ec.trade.approval.notice"].search([("order_id", "=", order.id), ("kind", "=", kind)])
        return sorted(notices.buyer_id.mapped("name"))

    def _mails(self, text):
        return self.env["mail.mail"].search([("subject", "ilike", text)])

    def _open_codes(self, order):
        return sorted(order.ec_hold_ids.filtered("open").mapped("code"))
