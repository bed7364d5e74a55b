"""The demo: a Shopify shop is connected, its orders become reserved sale orders, deliveries become fulfilments in the shop.

Everything goes through doors that users have: Odoo's external API, as the administrator would click, and the shop's page.
"""

import argparse
import random
import sys
import time
from decimal import Decimal

import requests
from shopify_simulator.client import Simulator

TOKEN = "shpat_" + "0123456789abcdef" * 2
SECRET = "shpss_" + "fedcba9876543210" * 2
DOMAIN = "hatoba-test.myshopify.com"
TEAS = ["Sencha", "Gyokuro", "Matcha", "Hojicha", "Genmaicha", "Bancha", "Kukicha", "Kamairicha", "Tencha", "Wakoucha"]


class Odoo:
    """Odoo as one user's browser sees it: a session and the web client's calls."""

    def __init__(self, url, database, login, password):
        self.url, self.session = url, requests.Session()
        self.uid = self._post("/web/session/authenticate", db=database, login=login, password=password)["uid"]

    def _post(self, path, **params):
        answer = self.session.post(f"{self.url}{path}", json={"jsonrpc": "2.0", "method": "call", "params": params}, timeout=120).json()
        if "error" in answer:
            sys.exit(f"Odoo: {answer['error']['data']['message']}\n{answer['error']['data']['debug']}")
        return answer.get("result")

    def __call__(self, model, method, *args, **kwargs):
        return self._post(f"/web/dataset/call_kw/{model}/{method}", model=model, method=method, args=list(args), kwargs=kwargs)


def wait(what, test, seconds=120):
    """Poll until `test()` is true; say what was waited for when it never is."""
    deadline = time.monotonic() + seconds
    print(f"  {what} …", end="", flush=True)
    while not test():
        if time.monotonic() > deadline:
            sys.exit(f" not after {seconds} s")
        time.sleep(1)
    print(" done", flush=True)


def prepare_goods(odoo, shop):
    """The same products here and there, prices in yen with tax, goods on the shelf."""
    odoo("ir.config_parameter", "set_param", "web.base.url", "https://erp.example")
    # the administrator's next login at 127.0.0.1 must not make that the address that shops deliver to
    odoo("ir.config_parameter", "set_param", "web.base.url.freeze", "True")
    company = odoo("res.company", "search", [], limit=1)[0]
    japan = odoo("res.country", "search", [["code", "=", "JP"]])[0]
    odoo("res.company", "write", [company], {"name": "Hatoba Tea", "country_id": japan, "has_received_warning_stock_sms": True, "stock_text_confirmation": False})
    odoo("account.chart.template", "try_loading", [], "jp", company, install_demo=False)
    products = [
        {"sku": f"TEA-{n:03}", "barcode": f"49012345{n:05}", "title": f"{TEAS[n % 10]} {50 * (1 + n // 10)} g", "price": str(600 + 30 * n)}
        for n in range(40)
    ]
    shop.seed(
        settings={"currency": "JPY", "taxes_included": True, "tax_rate": "0.1", "tax_title": "消費税"},
        products=[{"title": p["title"], "variants": [{"sku": p["sku"], "barcode": p["barcode"], "price": p["price"]}]} for p in products],
    )
    # Japan's chart has taxes on top of the price only; this shop's prices contain it
    [tax] = odoo("account.tax", "search", [["type_tax_use", "=", "sale"], ["amount", "=", 10], ["company_id", "=", company]], limit=1)
    tax = odoo("account.tax", "copy", [tax], {"name": "10% (in the price)", "price_include_override": "tax_included"})
    ids = odoo(
        "product.product", "create",
        [
            {"name": p["title"], "default_code": p["sku"], "barcode": p["barcode"], "list_price": float(p["price"]), "type": "consu",
             "is_storable": True, "taxes_id": [[6, 0, tax]]}
            for p in products[:-1]  # one is missing on purpose: its orders wait with a hold that says so
        ],
    )
    location = odoo("stock.warehouse", "search_read", [["company_id", "=", company]], ["lot_stock_id"], limit=1)[0]["lot_stock_id"][0]
    quants = odoo("stock.quant", "create", [{"product_id": i, "location_id": location, "inventory_quantity": 500} for i in ids])
    odoo("stock.quant", "action_apply_inventory", quants)


def prepare(odoo, shop, shop_url):
    """Goods in both; the channel connected and live. Returns the channel's id."""
    prepare_goods(odoo, shop)
    channel = odoo(
        "ec.channel", "create",
        {"name": "Tea shop", "connector": "shopify", "shopify_shop_domain": DOMAIN, "shopify_auth": "token", "shopify_token": TOKEN,
         "shopify_client_secret": SECRET, "endpoint_url": shop_url, "allow_private_host": True, "import_since": "2020-01-01 00:00:00"},
    )
    odoo("ec.channel", "action_check", [channel])
    odoo("ec.channel", "action_pull_catalogue", [channel])
    odoo("ec.channel", "action_live", [channel])
    return channel


def place_orders(shop, count):
    """Orders of many kinds: several lines, discounts, shipping, guests, pending payment, an unknown item."""
    rng = random.Random(7)
    placed = []
    for number in range(count):
        lines = [{"sku": f"TEA-{rng.randrange(39):03}", "quantity": rng.randint(1, 3)} for _ in range(rng.randint(1, 4))]
        if number % 20 == 7:
            lines.append({"sku": "TEA-039", "quantity": 1})
        order = {"lines": lines, "shipping": "500" if number % 3 else "0"}
        if number % 5 == 0:
            order["discounts"] = [{"code": "SPRING", "percentage": "10"}]
        if number % 7 == 0:
            order["guest"] = True
        order["payment"] = "pending" if number % 10 == 3 else "paid"
        placed.append(shop.place_order(**order))
    return placed


def ship(odoo, channel, share):
    """Validate the deliveries of a share of the confirmed orders, each with its tracking number."""
    orders = odoo("sale.order", "search", [["ec_channel_id", "=", channel], ["state", "=", "sale"]], order="id")
    chosen = orders[: int(len(orders) * share)]
    pickings = odoo("stock.picking", "search_read", [["sale_id", "in", chosen], ["state", "=", "assigned"]], ["name"])
    for number, picking in enumerate(pickings):
        odoo("stock.picking", "write", [picking["id"]], {"carrier_tracking_ref": f"4000-{1000 + number}"})
        answer = odoo("stock.picking", "button_validate", [picking["id"]])
        if answer is not True:
            sys.exit(f"Odoo asks a question instead of shipping {picking['name']}: {answer}")
    return len(pickings)


def summary(odoo, shop, channel, shipped):
    """Print the table; true when every line agrees."""
    there = shop.truth()["orders"]
    here = odoo(
        "sale.order", "search_read", [["ec_channel_id", "=", channel]],
        ["ec_name", "amount_total", "state", "ec_status", "picking_ids", "ec_hold_count"],
    )
    done = odoo("stock.picking", "search_count", [["sale_id.ec_channel_id", "=", channel], ["state", "=", "done"]])
    fulfilled = sum(1 for order in there for f in order["fulfillments"] if f["status"] == "SUCCESS")
    tracked = sum(1 for order in there for f in order["fulfillments"] if f.get("tracking"))
    by_name = {order["ec_name"]: Decimal(str(order["amount_total"])) for order in here}
    unequal = [o["name"] for o in there if by_name.get(o["name"]) != Decimal(o["total"])]
    total_there = sum((Decimal(o["total"]) for o in there), Decimal(0))
    total_here = sum(by_name.values(), Decimal(0))
    rows = [
        ("orders", len(there), len(here)),
        ("money (JPY)", f"{total_there:,.0f}", f"{total_here:,.0f}"),
        ("orders with another total", 0, len(unequal)),
        ("shipped / fulfilled", fulfilled, done),
        ("with tracking number", tracked, done),
    ]
    print(f"\n  {'':28}{'in the shop':>16}{'in Odoo':>16}")
    for label, left, right in rows:
        mark = "ok" if left == right else "DIFFERENT"
        print(f"  {label:28}{left!s:>16}{right!s:>16}  {mark}")
    held = [o for o in here if o["ec_hold_count"]]
    print(f"  {'held, waiting for a person':28}{'':16}{len(held):>16}  (unpaid or with an unknown item: see Sales → Holds)")
    return done == shipped > 0 and all(left == right for _label, left, right in rows)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--odoo", required=True)
    parser.add_argument("--control", required=True)
    parser.add_argument("--shop", required=True)
    parser.add_argument("--orders", type=int, default=60)
    args = parser.parse_args()
    odoo = Odoo(args.odoo, "hatoba_demo", "admin", "admin")
    shop = Simulator(args.shop, args.control)
    channel = prepare(odoo, shop, args.shop)
    placed = place_orders(shop, args.orders)
    print(f"  {len(placed)} orders placed in the shop")
    domain = [["ec_channel_id", "=", channel]]
    wait("orders arrive in Odoo", lambda: odoo("sale.order", "search_count", domain) == len(placed))
    waiting = [*domain, ["state", "=", "draft"], ["ec_hold_count", "=", 0]]
    wait("orders are confirmed and reserved", lambda: not odoo("sale.order", "search_count", waiting))
    shipped = ship(odoo, channel, 0.6)
    print(f"  {shipped} deliveries validated in Odoo, with tracking numbers")
    pending = [["channel_id", "=", channel], ["state", "!=", "done"]]
    wait("the shop shows them as fulfilled", lambda: not odoo("ec.outbound.message", "search_count", pending))
    if not summary(odoo, shop, channel, shipped):
        sys.exit("the two sides differ: see the table")


if __name__ == "__main__":
    main()
