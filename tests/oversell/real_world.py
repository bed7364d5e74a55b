"""The database of a run with real publishing: scarce products, demo shops that live behind HTTP, and the staff's own work."""

import json
import urllib.request
from collections import Counter

from inside_ops import OUTGOING, Hands

import odoo.fields

from odoo.addons.ec_channel_base.sdk.transport import Transport
from odoo.addons.ec_channel_demo.demo.absolute import AbsoluteDemoConnector
from odoo.addons.ec_channel_demo.demo.connector import DemoConnector
from odoo.addons.ec_channel_demo.demo.shop import LOCATION, new_state

PLAIN = "sale_id IN (SELECT id FROM sale_order WHERE ec_channel_id IS NULL)"
SHOPS = "sale_id IN (SELECT id FROM sale_order WHERE ec_channel_id IS NOT NULL)"


def control(url, name, what, **values):
    """The harness's own way to a shop, or to the street."""
    request = urllib.request.Request(f"{url}/{name}/control/{what}", json.dumps(values).encode(), method="PUT")
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.loads(answer.read())


def states(currency, skus, shops):
    """New shops that show nothing yet: {name: state}; `shops`: {name: whether it compares}."""
    made = {}
    for name, compare in shops.items():
        made[name] = new_state([(sku, f"Scarce {sku}", "100") for sku in skus], currency=currency, compare=compare, refuse_oversell=True)
        for item in made[name]["stock"]:
            made[name]["stock"][item] = {LOCATION: 0}
    return made


def reach_by_http(registry, url, shops):
    """Every demo channel of this process speaks HTTP to the shop of its name."""

    def connector(channel):
        state = shops[channel.name]
        secrets = state["token"], state["webhook_secret"]
        kind = DemoConnector if state["compare"] else AbsoluteDemoConnector
        return kind(Transport(f"{url}/{channel.name}", secrets=secrets, allow_private=True, timeout=(5, 10)), *secrets)

    registry["ec.channel"]._connector = connector


def setup(env, shops, skus, units, mode, strict_below, places):
    """Products, policies, channels and their items. `places`: {shop: numbers of the warehouses it sells from}."""
    goods = env["product.product"].create(
        [{"name": f"Scarce {sku}", "default_code": sku, "is_storable": True, "list_price": 100} for sku in skus]
    )
    first = env["stock.warehouse"].search([("company_id", "=", env.company.id)], limit=1)
    warehouses = first
    if any(1 in own for own in places.values()):
        warehouses |= env["stock.warehouse"].create({"name": "Second", "code": "OVS2", "company_id": env.company.id})
    for warehouse in warehouses:
        for product in goods:
            env["stock.quant"]._update_available_quantity(product, warehouse.lot_stock_id, units)
    policies, channels = {}, {}
    for name, own in places.items():
        if own not in policies:
            policies[own] = env["ec.stock.policy"].create(
                {"name": f"Policy {own}", "company_id": env.company.id, "mode": mode, "strict_below": strict_below,
                 "line_ids": [(0, 0, {"warehouse_id": warehouses[n].id}) for n in own]}
            )
        channel = channels[name] = env["ec.channel"].create(
            {"name": name, "connector": "demo", "company_id": env.company.id, "state": "sandbox", "warehouse_id": warehouses[own[0]].id,
             "import_since": odoo.fields.Datetime.now()}
        )
        channel._refresh_capabilities()
        env["ec.mapping"].create(
            {"channel_id": channel.id, "kind": "location", "external_code": LOCATION, "warehouse_id": warehouses[own[0]].id,
             "stock_policy_id": policies[own].id}
        )
        for listing in shops[name]["listings"].values():
            env["ec.listing"].create(
                {"channel_id": channel.id, "external_id": listing["id"], "inventory_external_id": listing["item_id"], "sku": listing["sku"],
                 "product_id": goods[skus.index(listing["sku"])].id}
            )
    partner = env["res.partner"].create({"name": "Walk-in"})
    return {
        "products": goods.ids, "skus": skus, "warehouses": warehouses.ids, "partner": partner.id, "units": units,
        "channels": {name: channel.id for name, channel in channels.items()},
    }


class Staff(Hands):
    """People at Odoo's screens. What they do to the warehouse is never too much: fewer units only of those that are free."""

    weights_of = {
        "confirm": 14, "batch": 3, "cancel": 10, "change": 8, "deliver": 8, "ship": 14, "give_back": 4, "adjust": 24, "remove": 3,
        "unreserve": 4, "assign": 6, "open_inventory": 1,
    }

    def __init__(self, chance, world, url):
        super().__init__(chance, world)
        self.url = url
        self.kinds, self.weights = zip(*self.weights_of.items(), strict=True)

    def _some(self, env, model, query, count=1):
        """Orders and deliveries of people here; those of the shops have their own operation."""
        if "stock_picking" in query and "return_id" not in query:
            query += f" AND {PLAIN}"
        if query.startswith("sale_order "):
            query += " AND ec_channel_id IS NULL"
        return super()._some(env, model, query, count)

    def ship(self, env):
        """Deliveries of the shops' orders: packed in the shop first, so that its buyer cannot change his mind any more."""
        pickings = super()._some(env, "stock.picking", f"stock_picking WHERE state = 'assigned' AND {OUTGOING} AND {SHOPS}", 3)
        sure = pickings.browse()
        for picking in pickings:
            order = picking.sale_id
            here = Counter()
            for line in order.order_line.filtered("ec_external_id"):
                here[line.product_id.default_code] += int(line.product_uom_qty)
            if +here == Counter(control(self.url, order.ec_channel_id.name, "pack", order=order.ec_external_id)):
                sure |= picking
        for picking in sure:
            picking.with_context(skip_backorder=True, skip_sms=True).button_validate()
        return Counter(ship=len(sure))

    def adjust(self, env):
        """Inventory: units more, of what is scarce."""
        product, place = self.chance.choice(self.world["products"]), self.chance.choice(self.world["warehouses"])
        place = env["stock.warehouse"].browse(place).lot_stock_id.id
        quants = env["stock.quant"].with_context(inventory_mode=True)
        quant = quants.search([("product_id", "=", product), ("location_id", "=", place)])
        if len(quant) > 1 or sum(quant.mapped("quantity")) >= 2 * self.world["units"]:
            return Counter()
        wanted = (quant.quantity or 0) + self.chance.randint(1, max(3, self.world["units"] // 2))
        if quant:
            quant.inventory_quantity = wanted
        else:
            quant = quant.create({"product_id": product, "location_id": place, "inventory_quantity": wanted})
        quant.action_apply_inventory()
        return Counter(adjust_up=1)

    def remove(self, env):
        """A unit is broken: taken out only if it is neither promised nor on show, which a reservation finds out."""
        warehouse = env["stock.warehouse"].browse(self.chance.choice(self.world["warehouses"]))
        product = env["product.product"].browse(self.chance.choice(self.world["products"]))
        lost = env["stock.location"].search([("usage", "=", "inventory"), ("company_id", "=", env.company.id)], limit=1)
        move = env["stock.move"].create(
            {"product_id": product.id, "product_uom_qty": 1, "product_uom": product.uom_id.id, "company_id": env.company.id,
             "location_id": warehouse.lot_stock_id.id, "location_dest_id": lost.id, "warehouse_id": warehouse.id}
        )
        move._action_confirm()
        move._action_assign()
        if move.state != "assigned":
            move._action_cancel()
            return Counter()
        move.picked = True
        move._action_done()
        return Counter(remove=1)
