"""The demo's trade customer: 5,000 SKUs at its own prices, two branches, and two buyers whose logins are printed."""

import argparse

from demo import Odoo

PLACES = ["Kyoto 京都店", "Kobe 神戸店"]
GROUPS = {"Cups 湯呑": 60, "Pots 急須": 55, "Trays 盆": 65, "Cloths 布巾": 50, "Caddies 茶筒": 58}  # category: rate (掛け率) in percent
SKUS = 5_000
BUYERS = [("Mori Kana 森 香奈", "mori@example.com", "administrator", "ja_JP"), ("Ken Wada", "wada@example.com", "purchaser", "en_US")]


def ref(odoo, name):
    module, name = name.split(".")
    [row] = odoo("ir.model.data", "search_read", [["module", "=", module], ["name", "=", name]], ["res_id"])
    return row["res_id"]


def goods(odoo):
    """Published products with stock of three thousand of them; returns the categories."""
    categories = dict(zip(GROUPS, odoo("product.category", "create", [{"name": name} for name in GROUPS]), strict=True))
    names = list(GROUPS)
    ids = []
    for start in range(0, SKUS, 1_000):
        ids += odoo(
            "product.product", "create",
            [
                {"name": f"{names[n % 5]} {n:04}", "default_code": f"T-{n:04}", "barcode": f"4909876{n:06}", "list_price": 300 + 7 * (n % 900),
                 "categ_id": categories[names[n % 5]], "type": "consu", "is_storable": True, "is_published": True,
                 "ec_order_multiple": 6 if n % 5 == 0 else 0}
                for n in range(start, start + 1_000)
            ],
        )  # fmt: skip
    location = odoo("stock.warehouse", "search_read", [], ["lot_stock_id"], limit=1, order="id")[0]["lot_stock_id"][0]
    quants = odoo("stock.quant", "create", [{"product_id": i, "location_id": location, "inventory_quantity": 5 + n % 90} for n, i in enumerate(ids[:3_000])])
    odoo("stock.quant", "action_apply_inventory", quants)
    return categories


def account(odoo, categories):
    """A customer with two branches, a price list of rates, and two buyers who may log in; returns the account's id."""
    [japan] = odoo("res.country", "search", [["code", "=", "JP"]])
    company = {"is_company": True, "country_id": japan, "city": "京都市", "zip": "600-8001", "street": "四条通1-2-3", "phone": "075-123-4567"}
    head = odoo("res.partner", "create", {**company, "name": "Yamato Trading 大和商事", "email": "office@example.com"})
    odoo("res.partner", "create", [{**company, "name": name, "parent_id": head, "type": "other"} for name in PLACES])
    rules = [{"applied_on": "2_product_category", "categ_id": categories[name], "compute_price": "percentage", "percent_price": 100 - rate} for name, rate in GROUPS.items()]
    rules.append({"applied_on": "2_product_category", "categ_id": categories["Cups 湯呑"], "compute_price": "percentage", "percent_price": 48, "min_quantity": 60})
    pricelist = odoo("product.pricelist", "create", {"name": "Yamato Trading", "ec_rounding": "down", "item_ids": [[0, 0, rule] for rule in rules]})
    [warehouse] = odoo("stock.warehouse", "search", [], limit=1, order="id")
    policy = odoo("ec.stock.policy", "create", {"name": "Trade customers", "line_ids": [[0, 0, {"warehouse_id": warehouse}]]})
    made = odoo("ec.trade.account", "create", {"partner_id": head, "pricelist_id": pricelist, "stock_shown": "band", "stock_policy_id": policy})
    odoo("ec.trade.account", "action_activate", [made])
    for name, email, role, lang in BUYERS:
        contact = odoo("res.partner", "create", {"name": name, "email": email, "parent_id": head, "lang": lang})
        buyer = odoo("ec.trade.buyer", "create", {"account_id": made, "partner_id": contact, "role_id": ref(odoo, f"ec_b2b_portal.role_{role}")})
        odoo("ec.trade.buyer", "action_invite", [buyer])
        [user] = odoo("res.users", "search", [["partner_id", "=", contact]])
        odoo("res.users", "write", [user], {"password": email, "lang": lang})
    odoo("ec.trade.item", "create", [{"account_id": made, "product_id": i, "code": f"YM-{n:03}"} for n, i in enumerate(odoo("product.product", "search", [["default_code", "like", "T-00"]]))])
    return made


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--odoo", required=True)
    args = parser.parse_args()
    odoo = Odoo(args.odoo, "hatoba_demo", "admin", "admin")
    odoo("website", "write", odoo("website", "search", []), {"language_ids": [[6, 0, odoo("res.lang", "search", [["code", "in", ["en_US", "ja_JP"]]])]]})
    account(odoo, goods(odoo))
    # its first look at 5,000 prices and figures is not the buyer's to wait for
    odoo("ir.cron", "method_direct_trigger", [ref(odoo, "ec_stock_atp.cron_recount")])
    for name, email, role, _lang in BUYERS:
        buyer = Odoo(args.odoo, "hatoba_demo", email, email)
        page = buyer.session.get(f"{args.odoo}/my/trade/catalogue", timeout=60)
        assert page.ok and "T-0000" in page.text, f"{email} sees no catalogue"
        print(f"  {name}, {role}: user {email}, password {email}")


if __name__ == "__main__":
    main()
