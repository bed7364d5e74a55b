from odoo.fields import Command
from odoo.tests import new_test_user


class TradeWorld:
    """Two customers with a head office and two branches each; one has a buyer in every role. Mixed into test cases."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(
            context={**cls.env.context, "tracking_disable": True, "lang": "en_US", "no_reset_password": True}
        )
        # another test's price list or taxes must not matter
        cls.seller = cls.env.company
        cls.product = cls.env["product.product"].create(
            {"name": "Towel", "type": "consu", "is_storable": True, "list_price": 100.0}
        )
        cls.roles = {
            name: cls.env.ref(f"ec_b2b_portal.role_{name}")
            for name in ("viewer", "purchaser", "approver", "accounting", "administrator")
        }
        cls.north = cls._customer("North")
        cls.south = cls._customer("South")

    @classmethod
    def _company(cls, name, parent=None):
        return cls.env["res.partner"].create(
            {
                "name": name,
                "is_company": True,
                "parent_id": parent and parent.id,
                "email": f"{name.lower()}@example.com".replace(" ", "."),
                "street": f"{name} street 1",
                "city": "Osaka",
                "zip": "530-0001",
                "country_id": cls.env.ref("base.jp").id,
                "phone": "06-1234-5678",
            }
        )

    @classmethod
    def _customer(cls, name):
        head = cls._company(name)
        branches = [cls._company(f"{name} {place}", head) for place in ("Kyoto", "Kobe")]
        account = cls.env["ec.trade.account"].create({"partner_id": head.id, "user_id": False})
        account.action_activate()
        return account, head, *branches

    @classmethod
    def _contact(cls, parent, name):
        return cls.env["res.partner"].create(
            {
                "name": name,
                "parent_id": parent.id,
                "email": f"{name}@example.com".replace(" ", ".").lower(),
                "type": "contact",
            }
        )

    @classmethod
    def _login(cls, contact):
        login = contact.email
        return new_test_user(
            cls.env, login, groups="base.group_portal", email=login, partner_id=contact.id, password=login
        )

    @classmethod
    def _buyer(cls, account, role, name, parent=None, branches=None):
        """A login with a buyer record; returns the user."""
        contact = cls._contact(parent or account.partner_id, name)
        user = cls._login(contact)
        cls.env["ec.trade.buyer"].create(
            {
                "account_id": account.id,
                "partner_id": contact.id,
                "role_id": role.id,
                "all_branches": not branches,
                "branch_ids": [Command.set((branches or cls.env["res.partner"]).ids)],
            }
        )
        return user

    @classmethod
    def _order(cls, partner, confirm=True, **vals):
        order = cls.env["sale.order"].create(
            {
                "partner_id": partner.id,
                "user_id": False,
                "order_line": [
                    Command.create(
                        {"product_id": cls.product.id, "product_uom_qty": 1, "price_unit": 100.0, "tax_ids": False}
                    )
                ],
                **vals,
            }
        )
        if confirm:
            order.action_confirm()
        return order

    @classmethod
    def _invoice(cls, partner, **line):
        move = cls.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": partner.id,
                "invoice_line_ids": [
                    Command.create({"name": "Towel", "quantity": 1, "price_unit": 100.0, "tax_ids": False, **line})
                ],
            }
        )
        move.action_post()
        return move
