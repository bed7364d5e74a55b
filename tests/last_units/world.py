"""Two trade accounts with a buyer each, for goods that shops sell too; half of the goods are not sold without stock."""

from odoo.fields import Command

# login → how much of the stock the account is told
ACCOUNTS = {"north@example.com": "exact", "south@example.com": "none"}


def open_portal(env, world):
    """The goods of `world` in the portal, at list prices. One buyer is told the policy's figure, the other what the warehouse has."""
    goods = env["product.product"].browse(world["products"])
    goods.write({"is_published": True, "taxes_id": [Command.clear()]})
    goods[::2].allow_out_of_stock_order = False
    goods[1::2].allow_out_of_stock_order = True
    policy = env["ec.stock.policy"].search([("name", "like", "Policy")], limit=1)
    # of one of each kind, what the shop shows is its customers' alone
    env["ec.stock.rule"].create([{"policy_id": policy.id, "product_id": product.id, "mode": "strict"} for product in goods[-2:]])
    role, portal = env.ref("ec_b2b_portal.role_purchaser"), env.ref("base.group_portal")
    for login, shown in ACCOUNTS.items():
        name = login.partition("@")[0].title()
        company = env["res.partner"].create(
            {"name": name, "is_company": True, "street": "1-2-3", "city": "Osaka", "zip": "530-0001", "country_id": env.ref("base.jp").id}
        )
        contact = env["res.partner"].create({"name": f"{name} buyer", "parent_id": company.id, "email": login})
        env["res.users"].with_context(no_reset_password=True).create(
            {"login": login, "password": login, "partner_id": contact.id, "group_ids": [Command.set(portal.ids)]}
        )
        account = env["ec.trade.account"].create(
            {
                "partner_id": company.id, "stock_shown": shown, "stock_policy_id": policy.id if shown != "none" else False,
                "buyer_ids": [Command.create({"partner_id": contact.id, "role_id": role.id})],
            }
        )  # fmt: skip
        account.action_activate()
    return {**world, "limited": goods[::2].ids}
